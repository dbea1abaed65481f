/* Samples kept for 35 days: the packed form, down-sampling, the rows, their size, and the replay.
 */
#include "unit.h"

#include <math.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/config.h"
#include "clock.h"
#include "history.h"
#include "incident.h"
#include "replay.h"
#include "store/store.h"
#include "str.h"

enum { MIN_MS = 60000, DAY_MS = 86400000, EMPTY = 400000 /* bytes of a store without samples */ };

static const int64_t start_ms = 1700006400000; /* a midnight */

struct ground {
	char dir[64];
	struct store *s;
	struct arena *a;
	const struct settings *settings;
};

static int setup(void **state)
{
	struct ground *g = calloc(1, sizeof(*g));
	struct config_source none = {0};
	struct err e = {0};
	struct str problems;

	strcpy(g->dir, "/tmp/heal-history-XXXXXX");
	assert_non_null(mkdtemp(g->dir));
	g->a = arena_new(0);
	problems = str_new(g->a);
	g->settings = config_load(g->a, &none, &problems);
	g->s = store_open(arena_printf(g->a, "%s/heal.db", g->dir), STORE_OWN, &e);
	if (!g->s)
		fail_msg("%s", e.msg);
	*state = g;
	return 0;
}

static int teardown(void **state)
{
	struct ground *g = *state;
	char cmd[128];

	clock_fake(0);
	store_close(g->s);
	arena_free(g->a);
	snprintf(cmd, sizeof(cmd), "rm -rf %s", g->dir);
	assert_int_equal(system(cmd), 0);
	free(g);
	return 0;
}

static double noise(uint32_t *seed) /* -1 … 1 */
{
	*seed = *seed * 1664525U + 1013904223U;
	return (double)(*seed >> 8) / (1 << 23) - 1;
}

/* A service with traffic, noise, gaps and deployments: no two samples are alike. */
static struct watch_sample lively(uint32_t *seed, int64_t minute)
{
	double wave = 1 + 0.5 * sin((double)minute * 2 * 3.14159265 / 1440);
	struct watch_sample s = {
	        .ts_ms = start_ms + minute * MIN_MS,
	        .cpu = 0.4 * wave * (1 + 0.1 * noise(seed)),
	        .cpu_limit = 2,
	        .mem_gb = 0.8 + 0.01 * noise(seed),
	        .mem_limit_gb = 2,
	        .disk_gb = 3.1 + (double)minute * 1e-5,
	        .disk_limit_gb = 5,
	        .requests = round(600 * wave * (1 + 0.1 * noise(seed))),
	        .errors_4xx = round(12 + 5 * noise(seed)),
	        .errors_5xx = noise(seed) > 0.8 ? 1 : 0,
	        .p50_ms = 40 * (1 + 0.07 * noise(seed)),
	        .p95_ms = 140 * (1 + 0.1 * noise(seed)),
	        .p99_ms = 300 * (1 + 0.2 * noise(seed)),
	        .deploy = minute % 1500 == 7,
	};

	return s;
}

static bool near(double a, double b)
{
	return (isnan(a) && isnan(b)) || fabs(a - b) <= 0.0006 * fabs(b) + 1e-6;
}

static void assert_same(const struct watch_sample *a, const struct watch_sample *b)
{
	assert_int_equal(a->ts_ms, b->ts_ms);
	assert_true(near(a->cpu, b->cpu) && near(a->cpu_limit, b->cpu_limit));
	assert_true(near(a->mem_gb, b->mem_gb) && near(a->mem_limit_gb, b->mem_limit_gb));
	assert_true(near(a->disk_gb, b->disk_gb) && near(a->disk_limit_gb, b->disk_limit_gb));
	if (!isnan(b->requests)) /* counts are exact */
		assert_true(a->requests == b->requests && a->errors_4xx == b->errors_4xx &&
		            a->errors_5xx == b->errors_5xx);
	assert_true(near(a->p50_ms, b->p50_ms) && near(a->p95_ms, b->p95_ms));
	assert_true(near(a->p99_ms, b->p99_ms) && a->deploy == b->deploy);
}

static void test_packed_and_back(void **state)
{
	struct ground *g = *state;
	struct watch_sample in[300], *out;
	const void *blob = NULL;
	size_t len = 0, n;
	uint32_t seed = 7;

	for (int i = 0; i < 300; i++) {
		in[i] = lively(&seed, i + i / 50 * 9); /* with gaps */
		if (i % 7 == 3)
			in[i].p50_ms = in[i].p95_ms = in[i].p99_ms = in[i].requests =
			        in[i].errors_4xx = in[i].errors_5xx = NAN;
		if (i == 100)
			in[i].requests = 0, in[i].cpu = 0;
	}
	for (int i = 0; i < 300; i += 10) /* as scans add them, overlapping */
		blob = history_pack(g->a, blob, len, in + (i ? i - 5 : 0), i ? 15 : 10, &len);
	out = history_unpack(g->a, blob, len, &n);
	assert_int_equal(n, 300);
	for (int i = 0; i < 300; i++)
		assert_same(&out[i], &in[i]);
	assert_true(len < 300 * 20);
	/* cut anywhere: what is whole is read, and it can be continued */
	for (size_t cut = 0; cut < len; cut += 13) {
		const void *again = history_pack(g->a, blob, cut, in, 300, &n);
		size_t m;

		out = history_unpack(g->a, again, n, &m);
		assert_int_equal(m, 300);
	}
}

static void test_coarser(void **state)
{
	struct ground *g = *state;
	struct watch_sample in[10] = {0}, *out;
	size_t n;

	for (int i = 0; i < 10; i++)
		in[i] = (struct watch_sample){.ts_ms = start_ms + i * MIN_MS,
		        .cpu = i,
		        .cpu_limit = 8,
		        .mem_gb = NAN,
		        .mem_limit_gb = NAN,
		        .disk_gb = NAN,
		        .disk_limit_gb = NAN,
		        .requests = i < 5 ? 10 : NAN,
		        .errors_4xx = 1,
		        .errors_5xx = 2,
		        .p50_ms = NAN,
		        .p95_ms = i == 0 ? 1000 : 100,
		        .p99_ms = NAN,
		        .deploy = i == 3};
	in[0].requests = 90;
	out = history_coarsen(g->a, in, 10, 5 * MIN_MS, &n);
	assert_int_equal(n, 2);
	assert_true(out[0].cpu == 2 && out[1].cpu == 7 && out[0].cpu_limit == 8);
	assert_true(out[0].requests == 130 && isnan(out[1].requests) && out[0].errors_5xx == 10);
	assert_true(fabs(out[0].p95_ms - (90. * 1000 + 40 * 100) / 130) < 1e-9); /* by requests */
	assert_true(out[0].deploy && !out[1].deploy && isnan(out[0].mem_gb));
}

static void append_day(struct ground *g, const char *service, int64_t day, uint32_t *seed)
{
	static struct watch_sample s[1440];
	struct history_add add = {"e", service, s, 1440};
	struct err e = {0};

	for (int i = 0; i < 1440; i++)
		s[i] = lively(seed, day * 1440 + i);
	assert_true(history_append(g->s, &add, 1, &e));
	assert_true(
	        history_append(g->s, &add, 1, &e)); /* a scan's window overlaps: nothing twice */
}

static void thin_until(struct ground *g, int64_t now)
{
	struct err e = {0};
	int64_t done = 100;

	while (done == 100)
		assert_true(history_thin(g->s, now, 100, &done, &e));
}

/*
 *   days ago   40 ─────── 35 ─────────── 15 ──────── 2 ─────── 0
 *              gone        an hour each   5 min each   as scanned
 */
static void test_thinned_and_bounded(void **state)
{
	struct ground *g = *state;
	struct err e = {0};
	struct watch_sample *s;
	struct stat file;
	const char *copy;
	uint32_t seed = 1;
	size_t n;
	int64_t now = 0, sum = 0, in_order = 0;

	for (int64_t day = 0; day < 40; day++) {
		for (int k = 0; k < 3; k++)
			append_day(g, arena_printf(g->a, "s%d", k), day, &seed);
		now = start_ms + (day + 1) * DAY_MS;
		thin_until(g, now);
	}
	assert_true(history_read(
	        g->s, g->a, &(struct history_range){"e", "s1", 0, INT64_MAX}, &s, &n, &e));
	/* two days by the minute, 13 in fives, 20 by the hour; what is a stretch goes as one */
	assert_in_range(n, 2 * 1440 + 12 * 288 + 18 * 24, 3 * 1440 + 14 * 288 + 22 * 24);
	for (size_t i = 1; i < n; i++)
		in_order += s[i].ts_ms > s[i - 1].ts_ms;
	assert_int_equal(in_order, n - 1);
	assert_true(s[0].ts_ms >= now - HISTORY_KEEP_MS - 8LL * DAY_MS);
	assert_true(history_read(
	        g->s, g->a, &(struct history_range){"e", "s1", now - DAY_MS, now}, &s, &n, &e));
	assert_int_equal(n, 1440);
	/* counts survive down-sampling: a day 20 days ago has its requests */
	assert_true(history_read(g->s, g->a,
	        &(struct history_range){"e", "s1", now - 20LL * DAY_MS, now - 19LL * DAY_MS}, &s,
	        &n, &e));
	assert_int_equal(n, 24);
	for (size_t i = 0; i < n; i++)
		sum += (int64_t)s[i].requests;
	assert_in_range(sum, 1440 * 590, 1440 * 610);
	copy = arena_printf(g->a, "%s/copy.db", g->dir);
	assert_true(store_backup(g->s, copy, &e) && stat(copy, &file) == 0);
	print_message("%lld bytes a service\n", (long long)(file.st_size - EMPTY) / 3);
	assert_in_range(file.st_size, 3 * 50000, 3 * 200000 + EMPTY);
	assert_true(history_read(
	        g->s, g->a, &(struct history_range){"e", "nobody", 0, INT64_MAX}, &s, &n, &e));
	assert_int_equal(n, 0);
}

/*   5xx   ____▁▁▁▁▁____________▇▇▇▇▇_______   1 % for an hour, later 20 % for an hour */
static void test_replay_and_difference(void **state)
{
	struct ground *g = *state;
	static struct watch_sample s[1440];
	struct history_add add = {"e", "s1", s, 1440};
	struct scan_row row = {"e", "s1", "api", NULL, 0, NULL, start_ms};
	const struct settings *tried;
	struct replay_diff d;
	struct replay r;
	struct err e = {0};
	uint32_t seed = 3;

	for (int i = 0; i < 1440; i++) {
		s[i] = lively(&seed, i);
		s[i].errors_5xx = i >= 300 && i < 360   ? s[i].requests / 100
		                  : i >= 900 && i < 960 ? s[i].requests / 5
		                                        : 0;
	}
	assert_true(history_append(g->s, &add, 1, &e) && scan_save(g->s, &row, 1, &e));
	assert_true(settings_try(
	        g->a, g->settings, (const char *[]){"error_rate=0.5%/30%"}, 1, &tried, &e));
	assert_true(replay_stored(g->s, g->a, g->settings, tried, NULL, 0, &r, &e));
	assert_int_equal(r.samples, 1440);
	assert_int_equal(r.now.n, 1);
	assert_int_equal(r.now.v[0].severity, SEVERITY_CRIT);
	assert_in_range(r.now.v[0].from_ms, start_ms + 900 * MIN_MS, start_ms + 930 * MIN_MS);
	assert_int_equal(r.then.n, 2);
	replay_compare(g->a, &r.now, &r.then, &d);
	assert_int_equal(d.nadded, 1);
	assert_int_equal(d.ngone, 0);
	assert_int_equal(d.added[0]->signal, SIGNAL_ERROR_RATE);
	assert_true(d.added[0]->from_ms < start_ms + 400 * MIN_MS);
	assert_false(replay_stored(g->s, g->a, g->settings, tried, "web", 0, &r, &e));
	assert_int_equal(e.code, ERR_INPUT);
}

static void test_what_may_be_tried(void **state)
{
	static const struct {
		const char *pair, *error;
	} cases[] = {
	        {"p95=2s/4s", NULL},
	        {"memory=80%/90%", NULL},
	        {"open=1/1", NULL},
	        {"every=5m", NULL},
	        {"p96=2s", "did you mean “p95"},
	        {"p95=fast", "p95"},
	        {"token=x", "nothing to try"},
	        {"db=/tmp/x", "nothing to try"},
	        {"p95", "nothing to try"},
	        {"cpu=90%/80%", "cpu"},
	};
	struct ground *g = *state;

	for (size_t i = 0; i < UNIT_LEN(cases); i++) {
		const struct settings *out = NULL;
		struct err e = {0};

		unit_case("%s", cases[i].pair);
		assert_int_equal(settings_try(g->a, g->settings, &cases[i].pair, 1, &out, &e),
		        cases[i].error == NULL);
		if (cases[i].error)
			assert_non_null(strstr(e.msg, cases[i].error));
		else
			assert_ptr_not_equal(out, g->settings);
	}
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        CASE(test_packed_and_back),
	        CASE(test_coarser),
	        CASE(test_thinned_and_bounded),
	        CASE(test_replay_and_difference),
	        CASE(test_what_may_be_tried),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
