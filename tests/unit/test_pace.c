/* test_pace.c - back-off and pacing. */
#include "unit.h"

#include <pthread.h>
#include <stdatomic.h>

#include "clock.h"
#include "net/backoff.h"
#include "net/http.h"
#include "net/pace.h"

static void test_backoff(void **state)
{
	(void)state;
	assert_int_equal(backoff_full_ms(0, 1000, 60000, UINT32_MAX), 1000);
	assert_int_equal(backoff_full_ms(0, 1000, 60000, 0), 0);
	assert_int_equal(backoff_full_ms(3, 1000, 60000, UINT32_MAX), 8000);
	assert_int_equal(backoff_full_ms(3, 1000, 60000, UINT32_MAX / 2), 3999);
	assert_int_equal(backoff_full_ms(10, 1000, 60000, UINT32_MAX), 60000);
	assert_int_equal(backoff_full_ms(UINT32_MAX, 1, INT64_MAX, 0), 0);
	assert_int_equal(backoff_full_ms(5, 0, 0, UINT32_MAX), 0);
	assert_int_equal(backoff_spread_ms(1000, 0.2, 0), 800);
	assert_int_equal(backoff_spread_ms(1000, 0.2, UINT32_MAX), 1200);
	assert_int_equal(backoff_spread_ms(0, 0.2, 77), 0);
}

static void test_gcra(void **state)
{
	const struct pace_rule rule = {.per_second = 10, .burst = 3};
	double due = 0;

	(void)state;
	/* three at once, then one each 100 ms */
	assert_int_equal(pace_gcra_ms(&due, 1000, &rule, 1000), 0);
	assert_int_equal(pace_gcra_ms(&due, 1000, &rule, 1000), 0);
	assert_int_equal(pace_gcra_ms(&due, 1000, &rule, 1000), 0);
	assert_int_equal(pace_gcra_ms(&due, 1000, &rule, 1000), 100);
	assert_int_equal(pace_gcra_ms(&due, 1000, &rule, 1000), 200);
	/* what may not wait so long reserves nothing */
	assert_int_equal(pace_gcra_ms(&due, 1000, &rule, 299), 300);
	assert_int_equal(pace_gcra_ms(&due, 1000, &rule, 300), 300);
	/* after a rest the burst is back, and no more than the burst */
	for (int i = 0; i < 3; i++)
		assert_int_equal(pace_gcra_ms(&due, 100000, &rule, 0), 0);
	assert_int_equal(pace_gcra_ms(&due, 100000, &rule, 0), 100);
}

static void test_keys_and_holds(void **state)
{
	const struct pace_rule slow = {.per_second = 0.1, .burst = 1};
	struct pace *p = pace_new();
	int64_t ms;
	struct err e;

	(void)state;
	assert_int_equal(pace_wait_ms(p, "a", &slow, 0), 0);
	assert_int_equal(pace_wait_ms(p, "b", &slow, 0), 0);
	ms = pace_wait_ms(p, "a", &slow, 0);
	assert_in_range(ms, 9000, 10000);
	assert_false(pace_wait(p, "a", &slow, 100, &e));
	assert_int_equal(e.code, ERR_LIMITED);
	assert_true(e.retryable);
	assert_in_range(e.retry_ms, 9000, 10000);

	assert_int_equal(pace_held_ms(p, "c"), 0);
	pace_hold(p, "c", 5000);
	pace_hold(p, "c", 10); /* an earlier end changes nothing */
	pace_hold(p, "c", -1);
	assert_in_range(pace_held_ms(p, "c"), 4000, 5000);
	assert_in_range(pace_wait_ms(p, "c", &slow, 0), 4000, 5000);
	/* turns are counted from the end of the hold on */
	assert_in_range(pace_wait_ms(p, "c", &slow, 60000), 4000, 5000);
	assert_in_range(pace_wait_ms(p, "c", &slow, 60000), 14000, 15000);
	pace_free(p);
	pace_free(NULL);
}

static void test_wait(void **state)
{
	const struct pace_rule rule = {.per_second = 50, .burst = 1};
	volatile bool stop = true;
	struct pace *p = pace_new();
	int64_t start = clock_mono_ms();
	struct err e;

	(void)state;
	for (int i = 0; i < 4; i++)
		assert_true(pace_wait(p, "k", &rule, 1000, &e));
	assert_in_range(clock_mono_ms() - start, 55, 5000);
	http_set_stop(&stop);
	pace_hold(p, "k", 1000);
	assert_false(pace_wait(p, "k", &rule, 60000, &e));
	assert_int_equal(e.code, ERR_CANCELED);
	http_set_stop(NULL);
	pace_free(p);
}

static void test_many_keys(void **state)
{
	const struct pace_rule rule = {.per_second = 1e9, .burst = 1};
	struct pace *p = pace_new();
	char key[32];

	(void)state;
	pace_hold(p, "held", 60000);
	for (int i = 0; i < 10000; i++) {
		snprintf(key, sizeof(key), "channel %d", i);
		assert_in_range(pace_wait_ms(p, key, &rule, 10), 0, 1);
	}
	assert_true(pace_held_ms(p, "held") > 0); /* pruning forgets no hold */
	pace_free(p);
}

struct crowd {
	struct pace *p;
	atomic_llong longest;
};

static void *one_of_crowd(void *arg)
{
	const struct pace_rule rule = {.per_second = 1000, .burst = 1};
	struct crowd *c = arg;

	for (int i = 0; i < 250; i++) {
		long long ms = pace_wait_ms(c->p, "k", &rule, 1000000);
		long long seen = atomic_load(&c->longest);

		while (ms > seen && !atomic_compare_exchange_weak(&c->longest, &seen, ms))
			;
	}
	return NULL;
}

/* 1,000 turns at 1,000/s reserved by four threads end about a second from now: none is given out
 * twice, none is lost. */
static void test_threads(void **state)
{
	struct crowd c = {.p = pace_new()};
	int64_t start = clock_mono_ms(), took;
	pthread_t t[4];

	(void)state;
	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&t[i], NULL, one_of_crowd, &c), 0);
	for (int i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
	took = clock_mono_ms() - start;
	assert_in_range(atomic_load(&c.longest) + took, 990, 1010 + took);
	pace_free(c.p);
}

UNIT_MAIN(cmocka_unit_test(test_backoff), cmocka_unit_test(test_gcra),
        cmocka_unit_test(test_keys_and_holds), cmocka_unit_test(test_wait),
        cmocka_unit_test(test_many_keys), cmocka_unit_test(test_threads))
