/* test_metrics.c - metrics as Prometheus reads them, and the pool of workers. */
#include "unit.h"

#include <stdatomic.h>

#include "app/metrics.h"
#include "app/pool.h"
#include "app/trim.h"

static void extra(void *ctx, struct str *out)
{
	metrics_sample(out, "heal_extra", "gauge", "From a collector.", *(double *)ctx);
}

static void test_print(void **state)
{
	struct metrics *m = metrics_new();
	struct metric *c = metrics_counter(m, "heal_things_total", "Things.");
	struct metric *g = metrics_gauge(m, "heal_level", "Level.");
	struct metric *h = metrics_latency(m, "heal_wait_seconds", "Waiting.");
	struct str out = str_new(*state);
	double v = 0.25;

	assert_ptr_equal(metrics_counter(m, "heal_things_total", "Things."), c);
	metric_add(c, 2);
	metric_add(c, 1);
	metric_set(g, -7);
	metric_observe_us(h, 500);
	metric_observe_us(h, 501);
	metric_observe_us(h, 60000000);
	metrics_collector(m, extra, &v);
	assert_int_equal(metric_value(c), 3);
	assert_int_equal(metric_value(h), 3);
	metrics_print(m, &out);
	assert_non_null(strstr(out.s, "# HELP heal_things_total Things.\n"
	                              "# TYPE heal_things_total counter\n"
	                              "heal_things_total 3\n"));
	assert_non_null(strstr(out.s, "# TYPE heal_level gauge\nheal_level -7\n"));
	assert_non_null(strstr(out.s, "# TYPE heal_wait_seconds histogram\n"
	                              "heal_wait_seconds_bucket{le=\"0.0005\"} 1\n"
	                              "heal_wait_seconds_bucket{le=\"0.001\"} 2\n"));
	assert_non_null(strstr(out.s, "heal_wait_seconds_bucket{le=\"30\"} 2\n"
	                              "heal_wait_seconds_bucket{le=\"+Inf\"} 3\n"
	                              "heal_wait_seconds_sum 60.001001\n"
	                              "heal_wait_seconds_count 3\n"));
	assert_non_null(strstr(out.s, "heal_extra 0.25\n"));
	metrics_free(m);
}

struct crew {
	struct metric *c;
	atomic_uint seen;
};

static void work(void *arg, size_t index)
{
	struct crew *crew = arg;

	atomic_fetch_or(&crew->seen, 1u << index);
	for (int i = 0; i < 10000; i++)
		metric_add(crew->c, 1);
}

static void test_pool(void **state)
{
	struct metrics *m = metrics_new();
	struct crew crew = {.c = metrics_counter(m, "heal_x_total", "x")};
	struct pool *p;
	struct err e;

	(void)state;
	p = pool_start(4, work, &crew, NULL, &e);
	assert_non_null(p);
	pool_join(p);
	pool_join(NULL);
	assert_int_equal(metric_value(crew.c), 40000);
	assert_int_equal(atomic_load(&crew.seen), 15);
	metrics_free(m);
}

/* Code pages come back by themselves: whatever ran before still runs. */
static void test_trim(void **state)
{
	int64_t before = metrics_rss_bytes();
	struct str out = str_new(*state);

	assert_true(before > 0);
	trim_memory();
	str_addf(&out, "%s %.3f", "still", 1.5);
	assert_string_equal(out.s, "still 1.500");
	assert_true(metrics_rss_bytes() > 0);
}

UNIT_MAIN(UNIT_ARENA(test_print), UNIT_ARENA(test_pool), UNIT_ARENA(test_trim))
