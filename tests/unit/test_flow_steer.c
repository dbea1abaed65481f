/* test_flow_steer.c - waiting, signals, children, keys, cancel, pause, retry, timers, lanes, stop.
 */
#include <pthread.h>
#include <stdatomic.h>

#include "clock.h"
#include "flowkit.h"
#include "str.h"
#include "unit.h"

static struct {
	_Atomic int calls, inside, most, hold, cleaned;
} seen;

static int setup(void **state)
{
	memset(&seen, 0, sizeof(seen));
	*state = kit_new();
	return 0;
}

static int teardown(void **state)
{
	clock_fake(0);
	kit_free(*state);
	return 0;
}

#define FLOW_TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

static json *number(struct arena *a, int n)
{
	json *j = json_obj(a);

	json_set_int(j, "n", n);
	return j;
}

/* --- workflows --- */

static const json *body_count(struct wf *w, const json *in, struct err *e)
{
	(void)in;
	(void)e;
	return number(wf_arena(w), atomic_fetch_add(&seen.calls, 1) + 1);
}

static bool run_nap(struct wf *w, struct err *e)
{
	return wf_sleep(w, "nap", 3600000, e) && wf_step(w, "after", body_count, NULL, e);
}
static const struct workflow nap = {.name = "nap", .version = 1, .run = run_nap};

static bool run_ask(struct wf *w, struct err *e)
{
	const json *first = wf_wait(w, "first", "answer", 60000, e), *second;
	json *both = json_obj(wf_arena(w));

	if (!first || !(second = wf_wait(w, "second", "answer", 60000, e)))
		return false;
	json_set(both, "first", first);
	json_set(both, "second", second);
	wf_result(w, both);
	return true;
}
static const struct workflow ask = {.name = "ask", .version = 1, .run = run_ask};

/* Executes until it is told to stop, cancelled or the bot stops. */
static const json *body_hold(struct wf *w, const json *in, struct err *e)
{
	(void)in;
	atomic_fetch_add(&seen.calls, 1);
	atomic_fetch_add(&seen.inside, 1);
	while (atomic_load(&seen.hold) > 0) {
		if (!wf_heartbeat(w, e)) {
			atomic_fetch_sub(&seen.inside, 1);
			return NULL;
		}
		sched_yield();
	}
	atomic_fetch_sub(&seen.inside, 1);
	return number(wf_arena(w), 1);
}

static bool run_hold(struct wf *w, struct err *e)
{
	return wf_step(w, "hold", body_hold, NULL, e) != NULL;
}

static bool on_hold_cancelled(struct wf *w, struct err *e)
{
	(void)e;
	assert_string_equal(json_str(wf_input(w), ".error.code", ""), "canceled");
	atomic_fetch_add(&seen.cleaned, 1);
	return true;
}
static const struct workflow hold = {
        .name = "hold", .version = 1, .run = run_hold, .on_cancel = on_hold_cancelled};
static const struct workflow slow = {
        .name = "slow", .version = 1, .run = run_hold, .lane = WF_BACKGROUND};

static bool run_parent(struct wf *w, struct err *e)
{
	int64_t child;
	const json *end;

	if (!wf_spawn(w, "child", json_str(wf_input(w), ".child", "ask"), NULL, &child, e))
		return false;
	end = wf_join(w, "end", child, e);
	if (!end)
		return false;
	wf_result(w, end);
	return true;
}
static const struct workflow parent = {.name = "parent", .version = 1, .run = run_parent};

static bool run_fails(struct wf *w, struct err *e)
{
	if (!wf_step(w, "first", body_count, NULL, e))
		return false;
	if (seen.hold)
		return err_set(e, ERR_INPUT, false, "not today");
	return wf_step(w, "second", body_count, NULL, e) != NULL;
}
static const struct workflow fails = {.name = "fails", .version = 1, .run = run_fails};

static const struct workflow *const all[] = {&nap, &ask, &hold, &slow, &parent, &fails, NULL};

/* --- sleep --- */

static void test_sleep(void **state)
{
	struct kit *k = *state;
	int64_t now = clock_now_ms(), id;
	struct run_detail *d;

	clock_fake(now);
	kit_start(k, all, 2);
	id = kit_run(k, "nap", NULL);
	d = kit_until_waits(k, id, "sleep nap");
	assert_int_equal(d->run.due_ms, now + 3600000);
	/* The clock counts from the moment the sleep was first reached, over a restart too. */
	clock_fake(now + 1800000);
	kit_reopen(k);
	kit_start(k, all, 2);
	d = kit_until_waits(k, id, "sleep nap");
	assert_int_equal(d->run.due_ms, now + 3600000);
	assert_int_equal(seen.calls, 0);
	clock_fake(now + 3600000);
	flow_poke(k->flow);
	kit_until(k, id, "done");
	assert_int_equal(seen.calls, 1);
}

/* --- signals --- */

static void test_signals(void **state)
{
	struct kit *k = *state;
	struct run_detail *d;
	struct err e;
	int64_t id;

	kit_start(k, all, 2);
	id = kit_run(k, "ask", NULL);
	kit_until_waits(k, id, "signal answer");
	/* The second one is early: kept, taken in order, each once. */
	assert_true(flow_signal(k->store, id, "answer", number(k->a, 1), &e));
	assert_true(flow_signal(k->store, id, "answer", number(k->a, 2), &e));
	d = kit_until(k, id, "done");
	assert_int_equal(json_int(d->run.result, ".first.n", 0), 1);
	assert_int_equal(json_int(d->run.result, ".second.n", 0), 2);
	assert_int_equal(d->nsignals, 2);
	assert_string_equal(d->signals[0].taken_by, "first");
	assert_string_equal(d->signals[1].taken_by, "second");
	assert_false(flow_signal(k->store, id, "answer", NULL, &e));
	assert_int_equal(e.code, ERR_CONFLICT);
	assert_false(flow_signal(k->store, 999, "answer", NULL, &e));
	assert_int_equal(e.code, ERR_NOT_FOUND);
}

static void test_signal_before_entry(void **state)
{
	struct kit *k = *state;
	struct wf_start st = {.workflow = "ask"};
	struct run_detail *d;
	struct err e;
	int64_t id;

	runs_register(k->store, all);
	assert_true(flow_start(k->store, &st, &id, &e));
	assert_true(flow_signal(k->store, id, "answer", number(k->a, 1), &e));
	assert_true(flow_signal(k->store, id, "other", number(k->a, 9), &e));
	assert_true(flow_signal(k->store, id, "answer", number(k->a, 2), &e));
	kit_start(k, all, 2);
	d = kit_until(k, id, "done");
	assert_int_equal(json_int(d->run.result, ".second.n", 0), 2);
	assert_null(d->signals[1].taken_by);
	assert_int_equal(d->run.entries, 1); /* never parked */
}

static void test_wait_timeout(void **state)
{
	struct kit *k = *state;
	int64_t now = clock_now_ms(), id;
	struct run_detail *d;
	struct err e;

	clock_fake(now);
	kit_start(k, all, 2);
	id = kit_run(k, "ask", NULL);
	kit_until_waits(k, id, "signal answer");
	clock_fake(now + 60000);
	flow_poke(k->flow);
	d = kit_until_waits(k, id, "signal answer");
	while (d->nsteps < 2)
		d = kit_until_waits(k, id, "signal answer");
	assert_true(flow_signal(k->store, id, "answer", number(k->a, 7), &e));
	d = kit_until(k, id, "done");
	assert_true(json_bool(d->run.result, ".first.timeout", false));
	assert_int_equal(json_int(d->run.result, ".second.n", 0), 7);
}

/* --- children --- */

static void test_children(void **state)
{
	struct kit *k = *state;
	struct run_detail *d;
	struct err e;
	int64_t id, child;
	json *in = json_obj(k->a);

	kit_start(k, all, 2);
	id = kit_run(k, "parent", NULL);
	d = kit_until(k, id, "ready");
	while (d->nsteps < 2)
		d = kit_until(k, id, "ready");
	child = kit_step(d, "child")->child;
	assert_int_equal(d->nchildren, 1);
	assert_int_equal(d->children[0].id, child);
	assert_true(flow_signal(k->store, child, "answer", number(k->a, 1), &e));
	assert_true(flow_signal(k->store, child, "answer", number(k->a, 2), &e));
	d = kit_until(k, id, "done");
	assert_string_equal(json_str(d->run.result, ".state", ""), "done");
	assert_int_equal(json_int(d->run.result, ".result.second.n", 0), 2);
	/* A child that fails is a result, not a failure of the parent. */
	atomic_store(&seen.hold, 1);
	json_set_str(in, "child", "fails");
	d = kit_until(k, kit_run(k, "parent", in), "done");
	assert_string_equal(json_str(d->run.result, ".state", ""), "failed");
	assert_string_equal(json_str(d->run.result, ".error.message", ""), "not today");
	/* A child that does not exist is. */
	json_set_str(in, "child", "nobody");
	d = kit_until(k, kit_run(k, "parent", in), "failed");
	assert_non_null(strstr(d->run.error, "no workflow named nobody"));
}

/* --- keys --- */

static int64_t start_with(struct kit *k, const struct wf_start *st)
{
	struct err e;
	int64_t id;

	if (!flow_start(k->store, st, &id, &e))
		fail_msg("start: %s", e.msg);
	return id;
}

static void test_idempotency(void **state)
{
	struct kit *k = *state;
	struct wf_start st = {.workflow = "fails", .key = "click-1"};
	struct wf_start other = {.workflow = "nap", .key = "click-1"};
	struct err e;
	int64_t id;

	kit_start(k, all, 2);
	id = start_with(k, &st);
	assert_int_equal(start_with(k, &st), id);
	kit_until(k, id, "done");
	assert_int_equal(start_with(k, &st), id);
	assert_int_equal(seen.calls, 2);
	assert_false(flow_start(k->store, &other, NULL, &e));
	assert_int_equal(e.code, ERR_CONFLICT);
}

static void test_concurrency(void **state)
{
	struct kit *k = *state;
	struct wf_start st = {.workflow = "hold", .concurrency = "repo:a"};
	struct wf_start free_one = {.workflow = "hold", .concurrency = "repo:b"};
	struct wf_start merged = {.workflow = "hold", .concurrency = "repo:a", .coalesce = true};
	int64_t first, second, third, other;
	struct run_detail *d;
	struct err e;

	atomic_store(&seen.hold, 1);
	kit_start(k, all, 4);
	first = start_with(k, &st);
	kit_until_count(&seen.inside, 1);
	second = start_with(k, &st);
	third = start_with(k, &st);
	d = kit_until(k, second, "queued");
	assert_string_equal(d->run.concurrency, "repo:a");
	assert_int_equal(start_with(k, &merged), second); /* joins the oldest that waits */
	other = start_with(k, &free_one);
	kit_until_count(&seen.inside, 2); /* another key is not held up */
	kit_until(k, other, "running");
	kit_until(k, third, "queued");
	/* A cancelled queued run does not stop the one behind it. */
	assert_true(flow_cancel(k->store, second, "no longer", &e));
	atomic_store(&seen.hold, 0);
	kit_until(k, first, "done");
	kit_until(k, third, "done");
	d = kit_until(k, second, "cancelled");
	assert_string_equal(d->run.error, "no longer");
	assert_int_equal(seen.cleaned, 0); /* it was never entered: nothing to clean up */
}

/* Merged into one that waits for its key and for a later time: the sooner time is kept. */
static void test_coalesce_brings_forward(void **state)
{
	struct kit *k = *state;
	struct wf_start now = {.workflow = "hold", .concurrency = "inc:1", .coalesce = true};
	struct wf_start later = now;
	int64_t first, waits;

	later.delay_ms = 3600 * 1000;
	atomic_store(&seen.hold, 1);
	kit_start(k, all, 2);
	first = start_with(k, &now);
	kit_until_count(&seen.inside, 1);
	waits = start_with(k, &later);
	kit_until(k, waits, "queued");
	assert_int_equal(start_with(k, &now), waits);
	atomic_store(&seen.hold, 0);
	kit_until(k, first, "done");
	kit_until(k, waits, "done"); /* not in an hour */
}

static void test_coalesce_and_debounce(void **state)
{
	struct kit *k = *state;
	int64_t now = clock_now_ms(), id;
	struct wf_start st = {
	        .workflow = "fails", .concurrency = "inc:1", .coalesce = true, .debounce_ms = 1000};
	struct run_detail *d;

	clock_fake(now);
	kit_start(k, all, 2);
	id = start_with(k, &st);
	for (int i = 1; i <= 30; i++) {
		clock_fake(now + 500 * i);
		assert_int_equal(start_with(k, &st), id);
		d = kit_until(k, id, "ready");
		assert_int_equal(
		        d->run.due_ms, now + (500 * i + 1000 > 10000 ? 10000 : 500 * i + 1000));
		if (500 * i >= 9500)
			break;
	}
	clock_fake(now + 10000);
	flow_poke(k->flow);
	kit_until(k, id, "done");
	assert_int_not_equal(start_with(k, &st), id);
}

static void test_spacing(void **state)
{
	struct kit *k = *state;
	int64_t now = clock_now_ms(), second;
	struct wf_start st = {.workflow = "fails", .concurrency = "scan", .spacing_ms = 5000};

	clock_fake(now);
	kit_start(k, all, 2);
	kit_until(k, start_with(k, &st), "done");
	clock_fake(now + 1000);
	second = start_with(k, &st);
	assert_int_equal(kit_until(k, second, "ready")->run.due_ms, now + 5000);
	assert_int_equal(kit_until(k, start_with(k, &st), "ready")->run.due_ms, now + 10000);
}

/* --- cancel --- */

static void test_cancel_executing(void **state)
{
	struct kit *k = *state;
	struct run_detail *d;
	struct err e;
	int64_t id;

	atomic_store(&seen.hold, 1);
	kit_start(k, all, 2);
	id = kit_run(k, "hold", NULL);
	kit_until_count(&seen.inside, 1);
	assert_true(flow_cancel(k->store, id, "stopped by Ana", &e));
	d = kit_until(k, id, "cancelled");
	assert_string_equal(d->run.error, "stopped by Ana");
	kit_until_count(&seen.cleaned, 1);
	assert_int_equal(seen.inside, 0);
	assert_true(flow_cancel(k->store, id, "again", &e)); /* ended already: true */
	assert_string_equal(kit_until(k, id, "cancelled")->run.error, "stopped by Ana");
	assert_false(flow_cancel(k->store, 4711, "x", &e));
	assert_int_equal(e.code, ERR_NOT_FOUND);
}

static void test_cancel_tree(void **state)
{
	struct kit *k = *state;
	struct run_detail *d;
	struct err e;
	int64_t id;

	kit_start(k, all, 2);
	id = kit_run(k, "parent", NULL);
	d = kit_until(k, id, "ready");
	while (d->nsteps < 2)
		d = kit_until(k, id, "ready");
	kit_until_waits(k, d->children[0].id, "signal answer");
	assert_true(flow_cancel(k->store, id, "enough", &e));
	d = kit_until(k, id, "cancelled");
	assert_string_equal(d->children[0].state, "cancelled");
}

static void test_cancel_where(void **state)
{
	struct kit *k = *state;
	struct wf_start a = {.workflow = "nap", .concurrency = "svc:a"};
	struct wf_start b = {.workflow = "nap", .concurrency = "svc:b"};
	struct flow_where none = {0}, by_key = {.concurrency = "svc:*"},
	                  by_name = {.workflow = "ask"};
	int64_t n, kept;
	struct err e;

	kit_start(k, all, 2);
	start_with(k, &a);
	start_with(k, &a);
	start_with(k, &b);
	kept = kit_run(k, "nap", NULL);
	kit_run(k, "ask", NULL);
	assert_false(flow_cancel_where(k->store, &none, "x", &n, &e));
	assert_true(flow_cancel_where(k->store, &by_key, "x", &n, &e));
	assert_int_equal(n, 3);
	assert_true(flow_cancel_where(k->store, &by_name, "x", &n, &e));
	assert_int_equal(n, 1);
	kit_until_waits(k, kept, "sleep nap");
}

/* More than one batch, one that executes among them; the clean-up that this starts goes on. */
static void test_cancel_many(void **state)
{
	struct kit *k = *state;
	struct flow_where old = {.before_ms = clock_now_ms() + 60000};
	struct run_counts c;
	int64_t n, executing;
	struct err e;

	atomic_store(&seen.hold, 1);
	kit_start(k, all, 2);
	executing = kit_run(k, "hold", NULL);
	kit_until_count(&seen.inside, 1);
	for (int i = 0; i < 450; i++)
		kit_run(k, "nap", NULL);
	assert_true(flow_cancel_where(k->store, &old, "spring cleaning", &n, &e));
	assert_int_equal(n, 451);
	assert_string_equal(kit_until(k, executing, "cancelled")->run.error, "spring cleaning");
	kit_until_count(&seen.cleaned, 1);
	assert_true(flow_cancel_where(k->store, &old, "again", &n, &e));
	assert_true(runs_count(k->store, &c, &e));
	assert_int_equal(c.cancelled, 451);
}

/* --- pause, retry --- */

static void test_pause(void **state)
{
	struct kit *k = *state;
	struct run_detail *d;
	struct err e;
	int64_t id;

	kit_start(k, all, 2);
	id = kit_run(k, "ask", NULL);
	kit_until_waits(k, id, "signal answer");
	assert_true(flow_pause(k->store, id, &e));
	assert_true(flow_signal(k->store, id, "answer", number(k->a, 1), &e));
	assert_true(flow_signal(k->store, id, "answer", number(k->a, 2), &e));
	kit_until(k, kit_run(k, "fails", NULL), "done"); /* others go on */
	d = kit_until(k, id, "ready");
	assert_true(d->run.paused);
	assert_int_equal(d->run.entries, 1);
	assert_true(flow_resume(k->store, id, &e));
	kit_until(k, id, "done");
	assert_false(flow_pause(k->store, id, &e));
	assert_int_equal(e.code, ERR_CONFLICT);
}

static void test_retry_from(void **state)
{
	struct kit *k = *state;
	struct run_detail *d;
	struct err e;
	int64_t id;

	atomic_store(&seen.hold, 1);
	kit_start(k, all, 2);
	id = kit_run(k, "fails", NULL);
	kit_until(k, id, "failed");
	assert_int_equal(seen.calls, 1);
	atomic_store(&seen.hold, 0);
	assert_true(flow_retry(k->store, id, NULL, &e));
	d = kit_until(k, id, "done");
	assert_int_equal(seen.calls, 2); /* the first step stayed done */
	assert_null(d->run.error);
	assert_true(flow_retry(k->store, id, "first", &e));
	d = kit_until(k, id, "done");
	while (seen.calls < 4)
		d = kit_until(k, id, "done");
	assert_int_equal(json_int(kit_step(d, "first")->output, ".n", 0), 3);
	assert_false(flow_retry(k->store, id, "fifth", &e));
	assert_int_equal(e.code, ERR_NOT_FOUND);
	id = kit_run(k, "nap", NULL);
	assert_false(flow_retry(k->store, id, NULL, &e));
	assert_int_equal(e.code, ERR_CONFLICT);
}

/* --- timers --- */

static void test_timer(void **state)
{
	struct kit *k = *state;
	int64_t now = clock_now_ms();
	struct wf_start st = {.workflow = "fails"};
	struct run_filter f = {.workflow = "fails"};
	struct run_row *rows;
	struct err e;
	size_t n;

	clock_fake(now);
	kit_start(k, all, 2);
	assert_true(flow_every(k->store, "scan", &st, 600000, now + 600000, &e));
	clock_fake(now + 600000);
	flow_poke(k->flow);
	kit_until_count(&seen.calls, 2);
	/* Three periods pass while it is off: one run makes up for them, and the beat stays. */
	kit_reopen(k);
	clock_fake(now + 4 * 600000 + 5000);
	kit_start(k, all, 2);
	assert_true(flow_every(k->store, "scan", &st, 600000, now + 4 * 600000 + 5000, &e));
	kit_until_count(&seen.calls, 4);
	clock_fake(now + 5 * 600000);
	flow_poke(k->flow);
	kit_until_count(&seen.calls, 6);
	assert_true(runs_list(k->store, k->a, &f, &rows, &n, &e));
	assert_int_equal(n, 3);
	assert_true(flow_every(k->store, "scan", &st, 0, 0, &e));
	clock_fake(now + 6 * 600000);
	flow_poke(k->flow);
	kit_until(k, kit_run(k, "fails", NULL), "done");
	assert_int_equal(seen.calls, 8);
}

/* The clock's run and one started by hand exclude each other when they have the same key. */
static void test_timer_key(void **state)
{
	struct kit *k = *state;
	int64_t now = clock_now_ms(), by_hand;
	struct wf_start st = {.workflow = "hold", .concurrency = "scan"};
	struct run_filter f = {.workflow = "hold", .state = "queued"};
	struct run_row *rows;
	struct err e;
	size_t n = 0;

	clock_fake(now);
	atomic_store(&seen.hold, 1);
	kit_start(k, all, 3);
	by_hand = start_with(k, &st);
	kit_until_count(&seen.inside, 1);
	assert_true(flow_every(k->store, "scan", &st, 600000, now, &e));
	while (n == 0)
		assert_true(runs_list(k->store, k->a, &f, &rows, &n, &e));
	assert_int_equal(n, 1);
	clock_fake(now + 600000); /* the next beat finds one waiting: still one */
	flow_poke(k->flow);
	kit_until_waits(k, kit_run(k, "nap", NULL), "sleep nap");
	assert_true(runs_list(k->store, k->a, &f, &rows, &n, &e));
	assert_int_equal(n, 1);
	assert_int_equal(seen.inside, 1);
	atomic_store(&seen.hold, 0);
	kit_until(k, by_hand, "done");
	kit_until(k, rows[0].id, "done");
}

/* --- lanes, stop --- */

static void test_lanes(void **state)
{
	struct kit *k = *state;
	struct run_counts counts;
	struct err e;

	atomic_store(&seen.hold, 1);
	kit_start(k, all, 3);
	for (int i = 0; i < 5; i++)
		kit_run(k, "slow", NULL);
	kit_until_count(&seen.inside, 2); /* all that background runs may take */
	atomic_store(&seen.hold, 1);
	/* A click still finds a worker. */
	kit_until_waits(k, kit_run(k, "nap", NULL), "sleep nap");
	assert_int_equal(seen.inside, 2);
	assert_true(runs_count(k->store, &counts, &e));
	assert_int_equal(counts.running, 2);
	assert_int_equal(counts.due_now, 3);
	atomic_store(&seen.hold, 0);
	kit_until_count(&seen.calls, 5);
}

static void test_stop_is_not_an_attempt(void **state)
{
	struct kit *k = *state;
	struct run_detail *d;
	int64_t id;

	atomic_store(&seen.hold, 1);
	kit_start(k, all, 2);
	id = kit_run(k, "hold", NULL);
	kit_until_count(&seen.inside, 1);
	flow_stop(k->flow);
	assert_true(flow_drain(k->flow, 10000));
	kit_reopen(k);
	d = kit_until(k, id, "ready");
	assert_int_equal(kit_step(d, "hold")->attempt, 0);
	assert_string_equal(kit_step(d, "hold")->state, "waiting");
	atomic_store(&seen.hold, 0);
	kit_start(k, all, 2);
	d = kit_until(k, id, "done");
	assert_int_equal(kit_step(d, "hold")->attempt, 1);
	assert_int_equal(kit_step(d, "hold")->calls, 2);
}

static void test_many_at_once(void **state)
{
	enum { MANY = 500 };
	struct kit *k = *state;
	int64_t id[MANY];
	struct err e;

	/* Signals race with entries: none is lost. */
	kit_start(k, all, 8);
	for (int i = 0; i < MANY; i++) {
		id[i] = kit_run(k, "ask", NULL);
		assert_true(flow_signal(k->store, id[i], "answer", number(k->a, i), &e));
	}
	for (int i = 0; i < MANY; i++)
		assert_true(flow_signal(k->store, id[i], "answer", number(k->a, -i), &e));
	for (int i = 0; i < MANY; i++) {
		struct run_detail *d = kit_until(k, id[i], "done");

		assert_int_equal(json_int(d->run.result, ".first.n", -1), i);
		assert_int_equal(json_int(d->run.result, ".second.n", 1), -i);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        FLOW_TEST(test_sleep),
	        FLOW_TEST(test_signals),
	        FLOW_TEST(test_signal_before_entry),
	        FLOW_TEST(test_wait_timeout),
	        FLOW_TEST(test_children),
	        FLOW_TEST(test_idempotency),
	        FLOW_TEST(test_concurrency),
	        FLOW_TEST(test_coalesce_brings_forward),
	        FLOW_TEST(test_coalesce_and_debounce),
	        FLOW_TEST(test_spacing),
	        FLOW_TEST(test_cancel_executing),
	        FLOW_TEST(test_cancel_tree),
	        FLOW_TEST(test_cancel_where),
	        FLOW_TEST(test_cancel_many),
	        FLOW_TEST(test_pause),
	        FLOW_TEST(test_retry_from),
	        FLOW_TEST(test_timer),
	        FLOW_TEST(test_timer_key),
	        FLOW_TEST(test_lanes),
	        FLOW_TEST(test_stop_is_not_an_attempt),
	        FLOW_TEST(test_many_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
