/*
 * history_pack.c - samples as bytes and back. See include/history.h.
 *
 * A sample: the time since the one before in seconds, a word of bits that says which fields are
 * there (and that they differ from before, for those that seldom change), then each as the
 * difference to its last value. Numbers are zigzag varints: small differences are one byte. Counts
 * are themselves; everything else is a logarithm in steps of 0.1 %, zero is zero.
 */
#include <math.h>
#include <string.h>

#include "history.h"
#include "str.h"

enum { VERSION = 1, FIELDS = 12, DEPLOY_BIT = 1 << FIELDS, LIMIT_BITS = 1 << 1 | 1 << 3 | 1 << 5 };

#define LOG_STEP  1000.0 /* steps per e-fold: 0.1 % */
#define SMALLEST  1e-6   /* of what is not a count: below it is zero */
#define MAX_COUNT 1e15

static const struct field {
	size_t at;
	bool count;
} fields[FIELDS] = {
        {offsetof(struct watch_sample, cpu), false},
        {offsetof(struct watch_sample, cpu_limit), false},
        {offsetof(struct watch_sample, mem_gb), false},
        {offsetof(struct watch_sample, mem_limit_gb), false},
        {offsetof(struct watch_sample, disk_gb), false},
        {offsetof(struct watch_sample, disk_limit_gb), false},
        {offsetof(struct watch_sample, requests), true},
        {offsetof(struct watch_sample, errors_4xx), true},
        {offsetof(struct watch_sample, errors_5xx), true},
        {offsetof(struct watch_sample, p50_ms), false},
        {offsetof(struct watch_sample, p95_ms), false},
        {offsetof(struct watch_sample, p99_ms), false},
};

/* What the next sample is a difference to. */
struct last {
	int64_t ts_s, v[FIELDS];
	unsigned known; /* bits: a limit has been told */
};

static double *field_of(struct watch_sample *s, int i)
{
	return (double *)(void *)((char *)s + fields[i].at);
}

static int64_t quantize(double v, bool count)
{
	if (count)
		return (int64_t)(fmin(fmax(v, 0), MAX_COUNT) + 0.5);
	if (v < SMALLEST)
		return 0;
	return (int64_t)(log(fmin(v, MAX_COUNT) / SMALLEST) * LOG_STEP + 0.5) + 1;
}

static double restore(int64_t q, bool count)
{
	if (count)
		return (double)q;
	return q <= 0 ? 0 : SMALLEST * exp((double)(q - 1) / LOG_STEP);
}

/* --- varints --- */

static void put(struct str *b, uint64_t v)
{
	for (; v > 127; v >>= 7)
		str_addc(b, (char)(unsigned char)(v | 128));
	str_addc(b, (char)(unsigned char)v);
}

static void put_signed(struct str *b, int64_t v)
{
	put(b, (uint64_t)v << 1 ^ (v < 0 ? UINT64_MAX : 0));
}

struct reader {
	const unsigned char *p, *end;
	bool bad;
};

static uint64_t take(struct reader *r)
{
	uint64_t v = 0;

	for (int shift = 0; shift < 63; shift += 7) {
		if (r->p == r->end)
			break;
		v |= (uint64_t)(*r->p & 127) << shift;
		if (!(*r->p++ & 128))
			return v;
	}
	r->bad = true;
	return 0;
}

static int64_t take_signed(struct reader *r)
{
	uint64_t v = take(r);

	return (int64_t)(v >> 1) ^ -(int64_t)(v & 1);
}

/* --- one sample --- */

static unsigned present(const struct watch_sample *s, const struct last *l, int64_t *q)
{
	struct watch_sample copy = *s;
	unsigned bits = s->deploy ? DEPLOY_BIT : 0;

	for (int i = 0; i < FIELDS; i++) {
		double v = *field_of(&copy, i);
		unsigned bit = 1U << i;

		if (isnan(v) || v < 0)
			continue;
		q[i] = quantize(v, fields[i].count);
		if (!(bit & LIMIT_BITS) || !(l->known & bit) || q[i] != l->v[i])
			bits |= bit;
	}
	return bits;
}

static void write_sample(struct str *b, const struct watch_sample *s, struct last *l)
{
	int64_t q[FIELDS] = {0}, ts = s->ts_ms / 1000;
	unsigned bits = present(s, l, q);

	put(b, (uint64_t)(ts - l->ts_s));
	put(b, bits);
	l->ts_s = ts;
	l->known |= bits & LIMIT_BITS;
	for (int i = 0; i < FIELDS; i++) {
		if (!(bits >> i & 1))
			continue;
		put_signed(b, q[i] - l->v[i]);
		l->v[i] = q[i];
	}
}

/* A limit that is not told is the last one. */
static bool read_sample(struct reader *r, struct watch_sample *s, struct last *l)
{
	int64_t far = (int64_t)1 << 50;
	uint64_t step = take(r), bits = take(r);

	if (r->bad || step > (uint64_t)far || l->ts_s + (int64_t)step > far ||
	        bits >= DEPLOY_BIT * 2)
		return false;
	l->ts_s += (int64_t)step;
	l->known |= (unsigned)bits & LIMIT_BITS;
	*s = (struct watch_sample){.ts_ms = l->ts_s * 1000, .deploy = (bits & DEPLOY_BIT) != 0};
	for (int i = 0; i < FIELDS; i++) {
		unsigned bit = 1U << i;

		if (bits & bit) {
			int64_t d = take_signed(r);

			if (r->bad || d > far || d < -far || l->v[i] + d < 0 || l->v[i] + d > far)
				return false;
			l->v[i] += d;
		}
		*field_of(s, i) = bits & bit || l->known & bit & LIMIT_BITS
		                          ? restore(l->v[i], fields[i].count)
		                          : (double)NAN;
	}
	return true;
}

static struct reader reader_of(const void *blob, size_t len)
{
	struct reader r = {.p = blob, .end = (const unsigned char *)blob + len};

	if (len == 0 || *r.p != VERSION)
		r.bad = true;
	else
		r.p++;
	return r;
}

/* Reads as far as it makes sense; returns how many bytes that is. */
static size_t skip(const void *blob, size_t len, struct last *l, size_t *n)
{
	struct reader r = reader_of(blob, len);
	const unsigned char *good = r.p;
	struct watch_sample unused;

	*n = 0;
	if (r.bad)
		return 0;
	while (r.p < r.end) {
		struct last before = *l;

		if (!read_sample(&r, &unused, l)) {
			*l = before;
			break;
		}
		good = r.p;
		(*n)++;
	}
	return (size_t)(good - (const unsigned char *)blob);
}

const void *history_pack(struct arena *a, const void *blob, size_t len,
        const struct watch_sample *samples, size_t n, size_t *len_out)
{
	struct str b = str_new(a);
	struct last l = {0};
	size_t have, keep = blob ? skip(blob, len, &l, &have) : 0;

	if (keep > 0)
		str_addn(&b, blob, keep);
	else
		str_addc(&b, VERSION);
	for (size_t i = 0; i < n; i++)
		if (samples[i].ts_ms / 1000 > l.ts_s && samples[i].ts_ms > 0)
			write_sample(&b, &samples[i], &l);
	*len_out = b.len;
	return b.s;
}

struct watch_sample *history_unpack(struct arena *a, const void *blob, size_t len, size_t *n_out)
{
	struct reader r = reader_of(blob, len);
	struct watch_sample *out;
	struct last l = {0};
	size_t n;

	skip(blob, len, &l, &n);
	l = (struct last){0};
	out = ARENA_ARRAY(a, n + 1, struct watch_sample);
	for (size_t i = 0; i < n; i++)
		read_sample(&r, &out[i], &l);
	*n_out = n;
	return out;
}

/* --- coarser --- */

struct sums {
	double v[FIELDS], weight[FIELDS];
	bool deploy;
};

static void add(struct sums *s, struct watch_sample in)
{
	double requests = in.requests > 0 ? in.requests : 1;

	for (int i = 0; i < FIELDS; i++) {
		double v = *field_of(&in, i), weight = i >= 9 ? requests : 1;

		if (isnan(v))
			continue;
		s->v[i] += fields[i].count ? v : v * weight;
		s->weight[i] += weight;
	}
	s->deploy |= in.deploy;
}

static struct watch_sample mean_of(const struct sums *s, int64_t ts_ms)
{
	struct watch_sample out = {.ts_ms = ts_ms, .deploy = s->deploy};

	for (int i = 0; i < FIELDS; i++)
		*field_of(&out, i) = s->weight[i] <= 0 ? (double)NAN
		                     : fields[i].count ? s->v[i]
		                                       : s->v[i] / s->weight[i];
	return out;
}

struct watch_sample *history_coarsen(
        struct arena *a, const struct watch_sample *in, size_t n, int64_t step_ms, size_t *n_out)
{
	struct watch_sample *out = ARENA_ARRAY(a, n + 1, struct watch_sample);
	struct sums s = {0};
	size_t m = 0;

	for (size_t i = 0; i < n; i++) {
		int64_t at = in[i].ts_ms / step_ms;

		add(&s, in[i]);
		if (i + 1 < n && in[i + 1].ts_ms / step_ms == at)
			continue;
		out[m++] = mean_of(&s, at * step_ms);
		s = (struct sums){0};
	}
	*n_out = m;
	return out;
}
