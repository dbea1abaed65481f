/*
 * test_flow_clock.c - durations when somebody sets the wall clock, by an hour, both ways; and the
 * lease: who stopped giving a sign of life is seen, who is only slow is left alone.
 *
 * clock_fake lets time pass; clock_fake_set sets the clock.
 */
#include <stdatomic.h>
#include <unistd.h>

#include "clock.h"
#include "flowkit.h"
#include "str.h"
#include "unit.h"

#define HOUR ((int64_t)3600 * 1000)

static struct {
	_Atomic int calls, fail, hold;
} seen;

static int64_t now; /* the faked wall clock */

static int setup(void **state)
{
	memset(&seen, 0, sizeof(seen));
	now = clock_now_ms();
	clock_fake(now);
	*state = kit_new();
	return 0;
}

static int teardown(void **state)
{
	kit_free(*state);
	clock_fake(0);
	return 0;
}

#define CLOCK_TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

static void pass(struct kit *k, int64_t ms)
{
	clock_fake(now += ms);
	flow_poke(k->flow);
}

static void set_clock(struct kit *k, int64_t ms)
{
	clock_fake_set(now += ms);
	flow_poke(k->flow);
}

/* --- workflows --- */

static const json *body_fails(struct wf *w, const json *in, struct err *e)
{
	(void)in;
	atomic_fetch_add(&seen.calls, 1);
	if (atomic_fetch_sub(&seen.fail, 1) > 0) {
		err_set(e, ERR_STATUS, true, "not now");
		return NULL;
	}
	return json_obj(wf_arena(w));
}

static bool run_nap(struct wf *w, struct err *e)
{
	return wf_sleep(w, "nap", 600000, e);
}

static bool run_until(struct wf *w, struct err *e)
{
	return wf_sleep_until(w, "until", json_int(wf_input(w), ".until", 0), e);
}

static bool run_retry(struct wf *w, struct err *e)
{
	static const struct wf_policy p = {
	        .attempts = 3, .first_ms = 60000, .max_ms = 60000, .total_ms = 600000};

	return wf_step_with(w, "again", &p, body_fails, NULL, e) != NULL;
}

static bool run_wait(struct wf *w, struct err *e)
{
	const json *got = wf_wait(w, "wait", "go", 600000, e);

	wf_result(w, got);
	return got != NULL;
}

static const struct workflow nap = {.name = "nap", .version = 1, .run = run_nap};
static const struct workflow until = {.name = "until", .version = 1, .run = run_until};
static const struct workflow retry = {.name = "retry", .version = 1, .run = run_retry};
static const struct workflow wait_for = {.name = "wait", .version = 1, .run = run_wait};
static const struct workflow *const all[] = {&nap, &until, &retry, &wait_for, NULL};

/* --- tests --- */

/* The run's due time; waits until the moving of the rows has been stored. */
static int64_t due_of(struct kit *k, int64_t run, int64_t want)
{
	struct run_detail *d = NULL;

	for (int i = 0; i < 20000; i++) {
		d = kit_until(k, run, "ready");
		if (d->run.due_ms == want)
			break;
		usleep(500);
	}
	return d->run.due_ms;
}

static void test_set_by_an_hour(void **state)
{
	static const int64_t by[] = {HOUR, -HOUR};

	for (size_t i = 0; i < UNIT_LEN(by); i++) {
		struct kit *k = *state;
		int64_t sleeps, waits;
		struct run_detail *d;

		unit_case("%lld h", (long long)(by[i] / HOUR));
		kit_start(k, all, 2);
		sleeps = kit_run(k, "nap", NULL);
		waits = kit_run(k, "wait", NULL);
		kit_until_waits(k, sleeps, "sleep nap");
		kit_until_waits(k, waits, "signal go");
		pass(k, 300000);
		set_clock(k, by[i]);
		assert_int_equal(due_of(k, sleeps, now + 300000), now + 300000);
		assert_int_equal(due_of(k, waits, now + 300000), now + 300000);
		pass(k, 299000);
		assert_int_equal(due_of(k, sleeps, now + 1000), now + 1000);
		pass(k, 1000);
		kit_until(k, sleeps, "done");
		d = kit_until(k, waits, "done");
		assert_true(json_bool(d->run.result, ".timeout", false));
		/* what is shown is in the new clock's terms */
		assert_int_equal(d->steps[0].started_ms, now - 600000);
		kit_stop(k);
	}
}

static void test_retry_keeps_its_time(void **state)
{
	struct kit *k = *state;
	struct run_detail *d;
	int64_t id, due;

	atomic_store(&seen.fail, 1);
	kit_start(k, all, 1);
	id = kit_run(k, "retry", NULL);
	due = kit_until_waits(k, id, "retry of again")->run.due_ms - now;
	assert_in_range(due, 1, 60000);
	set_clock(k, HOUR); /* total_ms is over in wall time, not in time */
	assert_int_equal(due_of(k, id, now + due), now + due);
	pass(k, due);
	d = kit_until(k, id, "done");
	assert_int_equal(d->steps[0].attempt, 2);
}

static void test_until_means_the_wall(void **state)
{
	struct kit *k = *state;
	json *in = json_obj(k->a);
	int64_t id;

	json_set_int(in, "until", now + 2 * HOUR);
	kit_start(k, all, 1);
	id = kit_run(k, "until", in);
	kit_until_waits(k, id, "sleep until");
	set_clock(k, HOUR);
	assert_int_equal(due_of(k, id, now + HOUR), now + HOUR);
	set_clock(k, HOUR);
	kit_until(k, id, "done");
}

/* What is started after the clock was set and before somebody noticed is due at once, not in an
 * hour. */
static void test_started_before_it_is_noticed(void **state)
{
	struct kit *k = *state;
	int64_t id;

	kit_start(k, all, 1);
	kit_until_waits(k, kit_run(k, "nap", NULL), "sleep nap"); /* the worker is idle */
	clock_fake_set(now += HOUR);
	id = kit_run(k, "nap", NULL); /* wakes the worker, which looks at the clock first */
	kit_until_waits(k, id, "sleep nap");
	clock_fake_set(now += HOUR);
	assert_true(flow_cancel(k->store, id, "enough", NULL));
	kit_until(k, id, "cancelled");
}

static int64_t next_of(struct kit *k)
{
	int64_t next = 0;
	struct err e;

	assert_true(db_get_int(
	        store_reader(k->store, &e), &next, NULL, "SELECT next FROM timer", NULL, &e));
	return next;
}

/* Set back by an hour, a timer of ten minutes does not wait for an hour and more. */
static void test_timer_set_back(void **state)
{
	struct kit *k = *state;
	struct wf_start st = {.workflow = "nap"};
	int64_t first = now + 120000;
	struct err e;

	kit_start(k, all, 1);
	assert_true(flow_every(k->store, "t", &st, 600000, first, &e));
	set_clock(k, -HOUR);
	for (int i = 0; i < 20000 && next_of(k) == first; i++)
		usleep(500);
	assert_int_equal(next_of(k), first - HOUR); /* the phase is kept */
	set_clock(k, -30 * 60000); /* an hour was a whole number of periods; so is this */
	for (int i = 0; i < 20000 && next_of(k) != now + 120000; i++)
		usleep(500);
	assert_int_equal(next_of(k), now + 120000);
	set_clock(k, -5 * 60000); /* still within its period */
	due_of(k, kit_run(k, "nap", NULL), now + 600000);
	assert_int_equal(next_of(k), now + 420000);
}

/* Switched on with a clock that is behind what the store has seen. */
static void test_start_behind(void **state)
{
	struct kit *k = *state;
	int64_t id;

	kit_start(k, all, 1);
	id = kit_run(k, "nap", NULL);
	kit_until_waits(k, id, "sleep nap");
	kit_stop(k);
	clock_fake_set(now -= 1000 * HOUR);
	kit_reopen(k);
	kit_start(k, all, 1);
	assert_int_equal(due_of(k, id, now + 600000), now + 600000);
}

/* --- the lease --- */

static const json *body_slow(struct wf *w, const json *in, struct err *e)
{
	bool beats = json_bool(in, ".beats", false);

	atomic_fetch_add(&seen.calls, 1);
	while (atomic_load(&seen.hold) > 0) {
		if (beats && !wf_heartbeat(w, e))
			return NULL;
		usleep(500);
	}
	return json_obj(wf_arena(w));
}

static bool run_slow(struct wf *w, struct err *e)
{
	return wf_step(w, "slow", body_slow, wf_input(w), e) != NULL;
}

static const struct workflow slow = {.name = "slow", .version = 1, .run = run_slow};
static const struct workflow *const only_slow[] = {&slow, NULL};

static void slow_one(struct kit *k, bool beats, int64_t *id)
{
	struct flow_config c = {.workflows = only_slow, .workers = 3, .lease_ms = 50};
	json *in = json_obj(k->a);

	json_set_bool(in, "beats", beats);
	atomic_store(&seen.hold, 1);
	kit_start_with(k, c, NULL);
	*id = kit_run(k, "slow", in);
	kit_until_count(&seen.calls, 1);
}

static int stalled(struct kit *k)
{
	struct flow_stats s;

	flow_stats(k->flow, &s);
	return s.stalled;
}

/* Slow, but alive: over many leases, and although the clock is set, nobody else takes it. */
static void test_slow_is_left_alone(void **state)
{
	struct kit *k = *state;
	struct run_detail *d;
	int64_t id, lease, end;

	slow_one(k, true, &id);
	lease = kit_until(k, id, "running")->run.lease_ms;
	set_clock(k, -HOUR);
	while ((d = kit_until(k, id, "running"))->run.lease_ms >= lease)
		usleep(500); /* it is renewed by the clock that was set back */
	set_clock(k, HOUR);
	for (end = clock_mono_ms() + 200; clock_mono_ms() < end; usleep(500))
		flow_poke(k->flow);
	assert_int_equal(stalled(k), 0);
	atomic_store(&seen.hold, 0);
	d = kit_until(k, id, "done");
	assert_int_equal(seen.calls, 1);
	assert_int_equal(d->run.entries, 1);
	assert_int_equal(d->steps[0].attempt, 1);
}

/* Without a sign of life it counts as stalled: /healthz fails, and a new process takes it over. */
static void test_dead_is_seen(void **state)
{
	struct kit *k = *state;
	int64_t id, end = clock_mono_ms() + 20000;

	slow_one(k, false, &id);
	while (stalled(k) == 0 && clock_mono_ms() < end)
		usleep(500);
	assert_int_equal(stalled(k), 1);
	atomic_store(&seen.hold, 0);
	kit_until(k, id, "done");
	assert_int_equal(stalled(k), 0);
}

static bool leave_running_fn(struct db *db, void *arg, struct err *e)
{
	return db_exec(db,
	        "UPDATE run SET state = 'running', boot = 'dead', lease = ? WHERE id = 1",
	        DB_ARGS(db_int(*(int64_t *)arg)), e);
}

/* However long the dead one's lease: the file is ours now. */
static void test_taken_over_at_once(void **state)
{
	struct kit *k = *state;
	int64_t lease = now + 24 * HOUR, id;
	struct err e;

	kit_start(k, all, 1);
	id = kit_run(k, "nap", NULL);
	kit_until_waits(k, id, "sleep nap");
	kit_stop(k);
	assert_true(store_write(k->store, leave_running_fn, &lease, &e));
	kit_reopen(k);
	kit_start(k, all, 1);
	kit_until_waits(k, id, "sleep nap");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        CLOCK_TEST(test_set_by_an_hour),
	        CLOCK_TEST(test_retry_keeps_its_time),
	        CLOCK_TEST(test_until_means_the_wall),
	        CLOCK_TEST(test_started_before_it_is_noticed),
	        CLOCK_TEST(test_timer_set_back),
	        CLOCK_TEST(test_start_behind),
	        CLOCK_TEST(test_slow_is_left_alone),
	        CLOCK_TEST(test_dead_is_seen),
	        CLOCK_TEST(test_taken_over_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
