/*
 * test_chart.c - the PNG is well formed, shows its data, and is the same for the same input.
 */
#include <math.h>
#include <zlib.h>

#include "chart.h"
#include "unit/unit.h"

static uint32_t be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* Unpacks our own subset of PNG, checking signature, checksums and sizes. RGB rows. */
static uint8_t *decode(struct arena *a, const uint8_t *png, size_t len)
{
	size_t row = CHART_WIDTH * 3;
	uLongf raw_len = (row + 1) * CHART_HEIGHT, got = raw_len;
	uint8_t *raw = arena_alloc(a, raw_len), *rgb = arena_alloc(a, row * CHART_HEIGHT);
	int chunks = 0;
	assert_memory_equal(png, "\x89PNG\r\n\x1a\n", 8);
	for (size_t at = 8; at < len; chunks++) {
		size_t n = be32(png + at);
		assert_true(at + 12 + n <= len);
		assert_int_equal(be32(png + at + 8 + n), crc32(0, png + at + 4, (uInt)(n + 4)));
		if (memcmp(png + at + 4, "IHDR", 4) == 0) {
			assert_int_equal(be32(png + at + 8), CHART_WIDTH);
			assert_int_equal(be32(png + at + 12), CHART_HEIGHT);
		} else if (memcmp(png + at + 4, "IDAT", 4) == 0) {
			assert_int_equal(uncompress(raw, &got, png + at + 8, n), Z_OK);
		}
		at += 12 + n;
	}
	assert_int_equal(chunks, 3);
	assert_int_equal(got, raw_len);
	for (size_t y = 0; y < CHART_HEIGHT; y++) {
		assert_int_equal(raw[y * (row + 1)], 0);
		memcpy(rgb + y * row, raw + y * (row + 1) + 1, row);
	}
	return rgb;
}

/* The mean height (0 bottom … 1 top of the picture) of pixels of a colour in the columns [x0, x1);
 * -1 when there are none. */
static double height_of(const uint8_t *rgb, uint32_t color, int x0, int x1)
{
	double sum = 0;
	int n = 0;
	for (int y = 30; y < CHART_HEIGHT; y++) {
		for (int x = x0; x < x1; x++) {
			const uint8_t *p = rgb + ((size_t)y * CHART_WIDTH + (size_t)x) * 3;
			if (p[0] == color >> 16 && p[1] == (color >> 8 & 255) &&
			        p[2] == (color & 255)) {
				sum += 1.0 - (double)y / CHART_HEIGHT;
				n++;
			}
		}
	}
	return n ? sum / n : -1;
}

static void test_chart(void **state)
{
	struct arena *a = *state;
	enum { N = 30 };
	int64_t t[N], mark = 1700000000000 + 12 * 60000;
	double v[N];
	for (int i = 0; i < N; i++) {
		t[i] = 1700000000000 + i * 60000;
		v[i] = i < 10 ? 0.002 : i < 20 ? (double)NAN : 0.12;
	}
	const struct chart_series s = {"5xx", t, v, N};
	const struct chart c = {.title = "api: HTTP 5xx",
	        .unit = "share",
	        .series = &s,
	        .nseries = 1,
	        .limit = 0.05,
	        .marks_ms = &mark,
	        .nmarks = 1};
	size_t len, again;
	const uint8_t *png = chart_png(a, &c, &len);
	assert_true(len > 500 && len < 40000);
	assert_memory_equal(png, chart_png(a, &c, &again), len);
	assert_int_equal(len, again);
	const uint8_t *rgb = decode(a, png, len);
	const uint32_t line = 0x1264a3, limit = 0xd0342c, deploy = 0x7a4fbf;
	double low = height_of(rgb, line, 70, 230), high = height_of(rgb, line, 430, 580);
	assert_true(low > 0.1 && low < 0.25);
	assert_true(high > 0.7);
	assert_true(height_of(rgb, line, 260, 400) < 0); /* a gap is a gap */
	double at = height_of(rgb, limit, 200, 580);
	assert_true(at > low && at < high);
	assert_true(height_of(rgb, deploy, 270, 300) > 0);
	assert_true(height_of(rgb, deploy, 400, 580) < 0);
}

static void test_odd_charts(void **state)
{
	struct arena *a = *state;
	const int64_t t[] = {INT64_MIN / 2, 0, INT64_MAX / 2};
	const double v[] = {1e300, -INFINITY, 1e-300};
	const struct chart_series odd = {
	        "a name that is far too long for the legend \xf0\x9f\x94\xb4", t, v, 3};
	const struct chart_series none = {NULL, NULL, NULL, 0};
	const struct chart_series many[] = {odd, none, odd, odd, odd, odd};
	const struct chart charts[] = {
	        {.limit = NAN},
	        {.title = "empty", .series = &none, .nseries = 1, .limit = 1e18, .unit = "ms"},
	        {.title = "odd", .series = many, .nseries = 6, .limit = NAN, .unit = "gb"},
	        {.title = "one",
	                .series = &(struct chart_series){"x", t + 1, v + 2, 1},
	                .nseries = 1},
	        {.title = "range", .series = &odd, .nseries = 1, .from_ms = -5, .to_ms = 7},
	};
	for (size_t i = 0; i < UNIT_LEN(charts); i++) {
		size_t len;
		unit_case("chart %zu", i);
		const uint8_t *png = chart_png(a, &charts[i], &len);
		decode(a, png, len);
	}
}

static void test_many_points_keep_the_peak(void **state)
{
	struct arena *a = *state;
	enum { N = 20000 };
	int64_t *t = arena_array(a, N, sizeof *t);
	double *v = arena_array(a, N, sizeof *v);
	for (int i = 0; i < N; i++) {
		t[i] = i * 1000ll;
		v[i] = i == 10007 ? 100 : 1;
	}
	const struct chart_series s = {"n", t, v, N};
	const struct chart c = {.unit = "count", .series = &s, .nseries = 1, .limit = NAN};
	size_t len;
	const uint8_t *png = chart_png(a, &c, &len), *rgb = decode(a, png, len);
	assert_true(height_of(rgb, 0x1264a3, 315, 340) > 0.3);
	assert_true(height_of(rgb, 0x1264a3, 100, 300) < 0.2);
}

UNIT_MAIN(UNIT_ARENA(test_chart), UNIT_ARENA(test_odd_charts),
        UNIT_ARENA(test_many_points_keep_the_peak))
