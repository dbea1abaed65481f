/* Judging: each signal with a drawn case, and what must hold for any samples. */
#include <math.h>
#include <string.h>

#include "app/config.h"
#include "unit.h"
#include "watch.h"

enum { MIN_MS = 60000 };

static const int64_t start_ms = 1700006400000; /* a midnight */

struct bench {
	struct arena *a;
	const struct settings *settings;
	struct watch *w;
	struct watch_facts facts;
	struct watch_sample base; /* a good minute */
	int64_t minute;
	uint32_t seed;
	unsigned opened, closed, worse, better; /* bits of signals */
	int64_t since_ms;
	double eta_s;
	enum severity severity;
};

static double noise(struct bench *b) /* -1 … 1 */
{
	b->seed = b->seed * 1664525U + 1013904223U;
	return (double)(b->seed >> 8) / (1 << 23) - 1;
}

static void setup(struct bench *b)
{
	struct config_source none = {0};
	struct str problems;
	struct watch_rules r;

	memset(b, 0, sizeof(*b));
	b->a = arena_new(0);
	problems = str_new(b->a);
	b->settings = config_load(b->a, &none, &problems);
	assert_non_null(b->settings);
	r = (struct watch_rules){
	        &b->settings->thresholds, 10 * MIN_MS, 30 * MIN_MS, 2, 3, 3, false};
	b->w = watch_new(b->a, &r);
	b->facts = (struct watch_facts){.has_http = true, .running = 1, .expected = 1};
	b->base = (struct watch_sample){.cpu = 0.3,
	        .cpu_limit = 2,
	        .mem_gb = 0.8,
	        .mem_limit_gb = 2,
	        .disk_gb = NAN,
	        .disk_limit_gb = NAN,
	        .requests = 300,
	        .errors_4xx = 6,
	        .errors_5xx = 0,
	        .p50_ms = 30,
	        .p95_ms = 120,
	        .p99_ms = NAN};
}

static void evaluate(struct bench *b)
{
	size_t n;
	const struct watch_event *ev;

	b->facts.now_ms = start_ms + b->minute * MIN_MS;
	ev = watch_evaluate(b->w, b->a, &b->facts, &n);
	for (size_t i = 0; i < n; i++) {
		unsigned bit = 1U << ev[i].signal;

		b->opened |= ev[i].kind == WATCH_OPEN ? bit : 0;
		b->closed |= ev[i].kind == WATCH_CLOSE ? bit : 0;
		b->worse |= ev[i].kind == WATCH_WORSE ? bit : 0;
		b->better |= ev[i].kind == WATCH_BETTER ? bit : 0;
		b->since_ms = ev[i].finding.since_ms;
		b->eta_s = ev[i].finding.eta_s;
		b->severity = ev[i].finding.severity;
	}
}

/* `minutes` like b->base, memory rising by `climb_gb` a minute; a scan every ten minutes. */
static void run(struct bench *b, int minutes, double climb_gb)
{
	for (int i = 0; i < minutes; i++) {
		struct watch_sample s = b->base;

		s.ts_ms = start_ms + b->minute++ * MIN_MS;
		s.mem_gb *= 1 + 0.005 * noise(b);
		s.p95_ms *= 1 + 0.05 * noise(b);
		b->base.mem_gb += climb_gb;
		watch_feed(b->w, &s);
		if (b->minute % 10 == 0)
			evaluate(b);
	}
}

static const char *rule(struct bench *b, enum signal s)
{
	return watch_view(b->w)->signal[s].rule;
}

#define BIT(s) (1U << SIGNAL_##s)

static void test_errors_open_and_close(void **state)
{
	struct bench b;

	(void)state;
	setup(&b);
	run(&b, 120, 0);
	assert_int_equal(b.opened, 0);
	assert_string_equal(rule(&b, SIGNAL_ERROR_RATE),
	        "5xx 0 % (0 of 9 000 requests in 30 min), warns at 2 %, critical from 10 %");
	b.base.errors_5xx = 36; /* 12 % */
	run(&b, 10, 0);
	assert_int_equal(b.opened, 0); /* one of three */
	run(&b, 10, 0);
	assert_int_equal(b.opened, BIT(ERROR_RATE));
	assert_int_equal(b.severity, SEVERITY_CRIT);
	assert_int_equal(b.since_ms, start_ms + 120 * MIN_MS);
	b.base.errors_5xx = 0;
	run(&b, 60, 0);
	assert_int_equal(b.closed, BIT(ERROR_RATE));
	assert_int_equal(watch_view(b.w)->severity, SEVERITY_NONE);
	arena_free(b.a);
}

static void test_outage_opens_at_once(void **state)
{
	struct bench b;

	(void)state;
	setup(&b);
	run(&b, 126, 0);
	b.base.errors_5xx = 300;
	run(&b, 4, 0); /* the scan at 130 is the first to see it */
	assert_int_equal(b.opened & BIT(ERROR_RATE), BIT(ERROR_RATE));
	assert_int_equal(b.since_ms, start_ms + 126 * MIN_MS);
	arena_free(b.a);
}

static void test_few_requests_are_no_rate(void **state)
{
	struct bench b;

	(void)state;
	setup(&b);
	b.base.requests = 1;
	b.base.errors_5xx = 1; /* all of 30 */
	run(&b, 240, 0);
	assert_int_equal(b.opened, 0);
	assert_non_null(strstr(rule(&b, SIGNAL_ERROR_RATE), "from 50 requests on"));
	arena_free(b.a);
}

static void test_no_traffic_is_not_recovery(void **state)
{
	struct bench b;

	(void)state;
	setup(&b);
	run(&b, 60, 0);
	b.base.errors_5xx = 60;
	run(&b, 60, 0);
	assert_int_equal(b.opened, BIT(ERROR_RATE));
	b.base.requests = b.base.errors_5xx = b.base.errors_4xx = 0;
	b.base.p95_ms = NAN;
	run(&b, 300, 0);
	assert_int_equal(b.closed, 0);
	assert_true(watch_view(b.w)->no_traffic);
	b.minute += 300; /* nothing at all */
	for (int i = 0; i < 6; i++, b.minute += 10)
		evaluate(&b);
	assert_true(watch_view(b.w)->blind);
	assert_int_equal(b.closed, 0);
	assert_true(watch_view(b.w)->open[SIGNAL_ERROR_RATE]);
	arena_free(b.a);
}

static void test_latency_against_the_usual(void **state)
{
	struct bench b;

	(void)state;
	setup(&b);
	run(&b, 1500, 0);
	b.base.p95_ms = 620; /* five times as usual, though under a second */
	run(&b, 30, 0);
	assert_int_equal(b.opened, BIT(LATENCY));
	assert_int_equal(b.severity, SEVERITY_CRIT);
	assert_true(fabs(watch_view(b.w)->signal[SIGNAL_LATENCY].baseline - 120) < 10);
	arena_free(b.a);
	setup(&b);
	b.base.p95_ms = 2500; /* slow by nature: reported until that is known */
	run(&b, 1440, 0);
	assert_int_equal(b.closed, BIT(LATENCY));
	b.opened = 0;
	run(&b, 1440, 0);
	assert_int_equal(b.opened, 0);
	arena_free(b.a);
}

static void test_leak_is_forecast(void **state)
{
	struct bench b;
	double left;

	(void)state;
	setup(&b);
	run(&b, 1440, 0);
	assert_int_equal(b.opened, 0);
	run(&b, 300, 1.2 / 600); /* full ten hours after it began */
	assert_int_equal(b.opened, BIT(MEMORY));
	left = 300 * 60;
	assert_true(fabs(b.eta_s - left) < 0.2 * left);
	assert_non_null(strstr(rule(&b, SIGNAL_MEMORY), "if it goes on"));
	arena_free(b.a);
}

static void test_high_flat_memory_is_usual(void **state)
{
	struct bench b;

	(void)state;
	setup(&b);
	b.base.mem_gb = 1.8;
	run(&b, 1440, 0);
	assert_int_equal(b.closed, BIT(MEMORY));
	assert_non_null(strstr(rule(&b, SIGNAL_MEMORY), "as usual here"));
	arena_free(b.a);
}

static void test_silence(void **state)
{
	struct bench b;

	(void)state;
	setup(&b);
	run(&b, 1800, 0);
	b.base.requests = b.base.errors_4xx = 0;
	b.base.p95_ms = NAN;
	run(&b, 20, 0);
	assert_int_equal(b.opened, BIT(SILENT));
	assert_int_equal(b.since_ms, start_ms + 1800 * MIN_MS);
	arena_free(b.a);
}

static void test_crash_and_grace(void **state)
{
	struct bench b;

	(void)state;
	setup(&b);
	run(&b, 60, 0);
	b.facts.deployed_ms = start_ms + 68 * MIN_MS;
	b.facts.crashed = 1;
	b.base.errors_5xx = 30;
	run(&b, 10, 0);
	assert_int_equal(b.opened, BIT(CRASH_LOOP));
	assert_true(watch_view(b.w)->in_grace);
	assert_int_equal(b.severity, SEVERITY_CRIT);
	arena_free(b.a);
}

static void test_deploy_and_cron(void **state)
{
	struct bench b;

	(void)state;
	setup(&b);
	b.facts.deploy_failed = true;
	b.facts.is_cron = b.facts.cron_missed = true;
	run(&b, 20, 0);
	assert_int_equal(b.opened, BIT(DEPLOY) | BIT(CRON));
	arena_free(b.a);
}

static void test_severity_goes_up_and_down(void **state)
{
	struct bench b;

	(void)state;
	setup(&b);
	run(&b, 60, 0);
	b.base.errors_5xx = 12;
	run(&b, 60, 0);
	assert_int_equal(b.severity, SEVERITY_WARN);
	b.base.errors_5xx = 60;
	run(&b, 60, 0);
	assert_int_equal(b.worse, BIT(ERROR_RATE));
	b.base.errors_5xx = 12;
	run(&b, 120, 0);
	assert_int_equal(b.better, BIT(ERROR_RATE));
	assert_int_equal(b.closed, 0);
	arena_free(b.a);
}

/* Saved and loaded at any point, and fed every sample twice: the same state to the last bit. */
static void test_saving_and_overlap_change_nothing(void **state)
{
	struct bench b, c;
	size_t n, m;
	const void *x, *y;

	(void)state;
	setup(&b);
	setup(&c);
	for (int i = 0; i < 300; i++) {
		int64_t from = c.minute;

		b.base.errors_5xx = c.base.errors_5xx = i % 7 > 4 ? 40 : 0;
		b.base.p95_ms = c.base.p95_ms = i % 11 > 7 ? 2000 : 120;
		run(&b, 10, i % 50 * 1e-5);
		run(&c, 10, i % 50 * 1e-5);
		for (int64_t k = from; k < c.minute; k++) {
			struct watch_sample s = b.base;

			s.ts_ms = start_ms + k * MIN_MS;
			watch_feed(c.w, &s);
		}
		x = watch_save(b.w, b.a, &n);
		y = watch_save(c.w, c.a, &m);
		assert_int_equal(n, m);
		assert_memory_equal(x, y, n);
		{
			struct watch_rules r = {
			        &c.settings->thresholds, 10 * MIN_MS, 30 * MIN_MS, 2, 3, 3, false};

			c.w = watch_new(c.a, &r);
			assert_true(watch_load(c.w, y, m));
			assert_false(watch_load(c.w, y, m - 1));
		}
		assert_int_equal(b.opened, c.opened);
		assert_int_equal(b.closed, c.closed);
		assert_true(n < 8192);
	}
	assert_true(b.opened & BIT(ERROR_RATE));
	arena_free(b.a);
	arena_free(c.a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_errors_open_and_close),
	        cmocka_unit_test(test_outage_opens_at_once),
	        cmocka_unit_test(test_few_requests_are_no_rate),
	        cmocka_unit_test(test_no_traffic_is_not_recovery),
	        cmocka_unit_test(test_latency_against_the_usual),
	        cmocka_unit_test(test_leak_is_forecast),
	        cmocka_unit_test(test_high_flat_memory_is_usual),
	        cmocka_unit_test(test_silence),
	        cmocka_unit_test(test_crash_and_grace),
	        cmocka_unit_test(test_deploy_and_cron),
	        cmocka_unit_test(test_severity_goes_up_and_down),
	        cmocka_unit_test(test_saving_and_overlap_change_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
