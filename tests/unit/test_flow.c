/* test_flow.c - the engine's promises, one workflow each. */
#include <sched.h>
#include <stdatomic.h>

#include "clock.h"
#include "flowkit.h"
#include "heal.h"
#include "str.h"
#include "unit.h"

/* What bodies were called with; workflows are C functions without closures, so it is here. */
static struct {
	_Atomic int calls, other, entries;
	_Atomic int fail; /* how many calls fail before one works */
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

/* --- memoisation, results --- */

static const json *body_count(struct wf *w, const json *in, struct err *e)
{
	(void)e;
	atomic_fetch_add(&seen.calls, 1);
	return number(wf_arena(w), (int)json_int(in, ".n", 0) + 1);
}

static bool run_chain(struct wf *w, struct err *e)
{
	const json *a, *b, *got;

	atomic_fetch_add(&seen.entries, 1);
	a = wf_step(w, "one", body_count, wf_input(w), e);
	if (!a)
		return false;
	b = wf_step(w, "two", body_count, a, e);
	if (!b)
		return false;
	got = wf_wait(w, "ask", "go", 0, e);
	if (!got)
		return false;
	b = wf_step(w, "three", body_count, b, e);
	if (!b)
		return false;
	wf_result(w, b);
	return true;
}

static const struct workflow chain = {.name = "chain", .version = 1, .run = run_chain};
static const struct workflow *const only_chain[] = {&chain, NULL};

static void test_memoised(void **state)
{
	struct kit *k = *state;
	struct run_detail *d;
	struct err e;
	int64_t id;

	kit_start(k, only_chain, 2);
	id = kit_run(k, "chain", number(k->a, 10));
	d = kit_until_waits(k, id, "signal go");
	assert_int_equal(seen.calls, 2);
	assert_int_equal(d->nsteps, 3);
	/* A new process re-enters it from the top: nothing runs again. */
	kit_reopen(k);
	kit_start(k, only_chain, 2);
	assert_true(flow_signal(k->store, id, "go", NULL, &e));
	d = kit_until(k, id, "done");
	assert_int_equal(seen.calls, 3);
	assert_int_equal(seen.entries, 2);
	assert_int_equal(json_int(d->run.result, ".n", 0), 13);
	assert_int_equal(json_int(kit_step(d, "two")->output, ".n", 0), 12);
	assert_int_equal(json_int(kit_step(d, "two")->input, ".n", 0), 11);
	assert_int_equal(kit_step(d, "two")->attempt, 1);
	assert_true(json_is_null(kit_step(d, "ask")->output));
	assert_int_equal(d->run.entries, 2);
	assert_true(store_check(k->store, &e));
}

/* --- retry --- */

static const json *body_flaky(struct wf *w, const json *in, struct err *e)
{
	int n = atomic_fetch_add(&seen.calls, 1) + 1;

	(void)in;
	assert_int_equal(wf_attempt(w), n);
	if (n > seen.fail)
		return number(wf_arena(w), n);
	err_set(e, ERR_NET, true, "call %d failed", n);
	e->ambiguous = n == 2;
	assert_int_equal(wf_maybe_done(w), n > 2);
	return NULL;
}

static bool run_flaky(struct wf *w, struct err *e)
{
	const struct wf_policy p = {.attempts = 4, .first_ms = 2, .max_ms = 4};

	return wf_step_with(w, "call", &p, body_flaky, NULL, e) != NULL;
}

static _Atomic int hook_calls;

static bool on_flaky_failed(struct wf *w, struct err *e)
{
	(void)e;
	assert_string_equal(json_str(wf_input(w), ".workflow", ""), "flaky");
	assert_string_equal(json_str(wf_input(w), ".error.code", ""), "net");
	atomic_fetch_add(&hook_calls, 1);
	return true;
}

static const struct workflow flaky = {
        .name = "flaky", .version = 1, .run = run_flaky, .on_failure = on_flaky_failed};
static const struct workflow *const only_flaky[] = {&flaky, NULL};

static void test_retry(void **state)
{
	struct kit *k = *state;
	struct run_detail *d;
	struct run_step *s;
	int64_t id;

	seen.fail = 3;
	kit_start(k, only_flaky, 2);
	id = kit_run(k, "flaky", NULL);
	d = kit_until(k, id, "done");
	s = kit_step(d, "call");
	assert_int_equal(seen.calls, 4);
	assert_int_equal(s->attempt, 4);
	assert_int_equal(s->nattempts, 3);
	assert_string_equal(s->attempts[1].error, "call 2 failed");
	assert_string_equal(s->attempts[1].code, "net");
	assert_int_equal(d->run.entries, 4);
}

static void test_gives_up(void **state)
{
	struct kit *k = *state;
	struct run_detail *d;
	int64_t id;

	seen.fail = 100;
	atomic_store(&hook_calls, 0);
	kit_start(k, only_flaky, 2);
	id = kit_run(k, "flaky", NULL);
	d = kit_until(k, id, "failed");
	assert_int_equal(seen.calls, 4);
	assert_string_equal(d->run.error_code, "net");
	assert_string_equal(d->run.error, "after 4 attempts: call 4 failed");
	kit_until_count(&hook_calls, 1);
	d = kit_until(k, id, "failed");
	assert_int_equal(d->nchildren, 1);
	assert_string_equal(d->children[0].workflow, "flaky!failed");
}

/* --- worlds of parallel slots --- */

enum { SLOTS = 8 };

static struct heal worlds[SLOTS + 1]; /* [SLOTS] is the worker's own */
static _Atomic int in_use[SLOTS + 1], made, freed;

static struct heal *world_new(void *ctx, int worker, int slot, struct err *e)
{
	assert_ptr_equal(ctx, worlds);
	assert_int_equal(worker, 0);
	assert_in_range(slot, 1, SLOTS - 1);
	if (slot == 3) { /* one slot less, not a failure */
		err_set(e, ERR_SYS, false, "no more worlds");
		return NULL;
	}
	atomic_fetch_add(&made, 1);
	return &worlds[slot];
}

static void world_free(void *ctx, struct heal *world)
{
	(void)ctx;
	assert_true(world >= worlds && world < worlds + SLOTS);
	atomic_fetch_add(&freed, 1);
}

static const json *body_in_world(struct wf *w, const json *in, struct err *e)
{
	ptrdiff_t i = wf_heal(w) - worlds;

	(void)e;
	/* Nobody else is in this world now. */
	assert_in_range(i, 0, SLOTS);
	assert_int_equal(atomic_fetch_add(&in_use[i], 1), 0);
	sched_yield();
	assert_int_equal(atomic_fetch_sub(&in_use[i], 1), 1);
	return in;
}

static bool run_worlds(struct wf *w, struct err *e)
{
	struct wf_call calls[40];

	memset(calls, 0, sizeof(calls));
	for (int i = 0; i < 40; i++) {
		calls[i].name = arena_printf(wf_arena(w), "w:%d", i);
		calls[i].body = body_in_world;
		calls[i].in = number(wf_arena(w), i);
	}
	return wf_all(w, calls, 40, false, e);
}

static const struct workflow worlds_wf = {.name = "worlds", .version = 1, .run = run_worlds};
static const struct workflow *const only_worlds[] = {&worlds_wf, NULL};

static void test_worlds(void **state)
{
	struct kit *k = *state;
	struct heal *own = &worlds[SLOTS];
	struct flow_config c = {.workflows = only_worlds,
	        .workers = 1,
	        .world_new = world_new,
	        .world_free = world_free,
	        .ctx = worlds};

	kit_start_with(k, c, &own);
	for (int i = 0; i < 5; i++)
		kit_until(k, kit_run(k, "worlds", NULL), "done");
	assert_int_equal(made, SLOTS - 2); /* kept from run to run */
	kit_stop(k);
	assert_int_equal(freed, SLOTS - 2);
}

/* --- a body that takes too long --- */

static const json *body_too_long(struct wf *w, const json *in, struct err *e)
{
	(void)in;
	atomic_fetch_add(&seen.calls, 1);
	assert_int_equal(wf_maybe_done(w), wf_attempt(w) > 1);
	while (wf_heartbeat(w, e))
		sched_yield();
	return NULL;
}

static bool run_too_long(struct wf *w, struct err *e)
{
	const struct wf_policy p = {.attempts = 2, .first_ms = 1, .max_ms = 1, .timeout_ms = 20};

	return wf_step_with(w, "long", &p, body_too_long, NULL, e) != NULL;
}

static const struct workflow too_long = {.name = "too long", .version = 1, .run = run_too_long};
static const struct workflow *const slow_ones[] = {&too_long, NULL};

static void test_time_limit(void **state)
{
	struct kit *k = *state;
	struct run_detail *d;

	kit_start(k, slow_ones, 2);
	d = kit_until(k, kit_run(k, "too long", NULL), "failed");
	assert_int_equal(seen.calls, 2);
	assert_string_equal(d->run.error_code, "timeout");
	assert_string_equal(d->run.error, "after 2 attempts: step long took too long");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        FLOW_TEST(test_memoised),
	        FLOW_TEST(test_retry),
	        FLOW_TEST(test_gives_up),
	        FLOW_TEST(test_worlds),
	        FLOW_TEST(test_time_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
