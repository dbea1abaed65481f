/*
 * test_flow_change.c - what a re-entered function finds in the store and may not believe: another
 * signal, another child, damaged values; and the input that may differ.
 */
#include <stdatomic.h>
#include <unistd.h>

#include "clock.h"
#include "flowkit.h"
#include "str.h"
#include "unit.h"

static struct {
	_Atomic int calls, edition;
} seen;

static int setup(void **state)
{
	memset(&seen, 0, sizeof(seen));
	*state = kit_new();
	return 0;
}

static int teardown(void **state)
{
	kit_free(*state);
	return 0;
}

#define CHANGE_TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

static bool sql_fn(struct db *db, void *arg, struct err *e)
{
	return db_script(db, arg, e);
}

static void sql(struct kit *k, const char *text)
{
	struct err e;

	if (!store_write(k->store, sql_fn, (void *)(uintptr_t)text, &e))
		fail_msg("%s", e.msg);
}

/* --- workflows that are edited while a run waits --- */

static const json *body_count(struct wf *w, const json *in, struct err *e)
{
	json *j = json_obj(wf_arena(w));

	(void)e;
	json_set_int(j, "n", atomic_fetch_add(&seen.calls, 1) + 1);
	json_set_str(j, "text", json_str(in, ".text", NULL));
	return j;
}

static bool run_signal(struct wf *w, struct err *e)
{
	return wf_wait(w, "wait", seen.edition ? "merged" : "go", 0, e) != NULL;
}

static bool run_child(struct wf *w, struct err *e)
{
	(void)w;
	(void)e;
	return true;
}

static bool run_spawn(struct wf *w, struct err *e)
{
	int64_t child;

	return wf_spawn(w, "child", seen.edition ? "signal" : "child", NULL, &child, e) &&
	       wf_wait(w, "wait", "go", 0, e);
}

/* Its text is rendered from what changes; the policy says so. */
static bool run_says(struct wf *w, struct err *e)
{
	struct wf_policy any = {.any_input = seen.edition != 2};
	json *in = json_obj(wf_arena(w));

	json_set_str(in, "text", seen.edition ? "after" : "before");
	return wf_step_with(w, "say", &any, body_count, in, e) && wf_wait(w, "wait", "go", 0, e);
}

static const json *body_poll(struct wf *w, const json *in, struct err *e)
{
	json *state = json_obj(wf_arena(w));

	(void)in;
	json_set_int(state, "looks", json_int(wf_state(w), ".looks", 0) + 1);
	atomic_fetch_add(&seen.calls, 1);
	return seen.edition ? state : wf_again(w, 3600000, state, e);
}

static bool run_poll(struct wf *w, struct err *e)
{
	return wf_step(w, "poll", body_poll, NULL, e) != NULL;
}

static const json *body_large_state(struct wf *w, const json *in, struct err *e)
{
	size_t n = 2 * 1024 * 1024;
	char *s = arena_alloc(wf_arena(w), n + 1);
	json *state = json_obj(wf_arena(w));

	(void)in;
	memset(s, 'x', n);
	s[n] = '\0';
	json_set_str(state, "s", s);
	return wf_again(w, 1, state, e);
}

static bool run_large_state(struct wf *w, struct err *e)
{
	return wf_step(w, "poll", body_large_state, NULL, e) != NULL;
}

static const struct workflow signal_wf = {.name = "signal", .version = 1, .run = run_signal};
static const struct workflow child = {.name = "child", .version = 1, .run = run_child};
static const struct workflow spawn = {.name = "spawn", .version = 1, .run = run_spawn};
static const struct workflow text = {.name = "text", .version = 1, .run = run_says};
static const struct workflow poll_wf = {.name = "poll", .version = 1, .run = run_poll};
static const struct workflow large = {.name = "large", .version = 1, .run = run_large_state};
static const struct workflow *const all[] = {
        &signal_wf, &child, &spawn, &text, &poll_wf, &large, NULL};

/* The run after its program was exchanged while it waited. */
static struct run_detail *edited(
        struct kit *k, const char *workflow, const char *waits, int edition)
{
	int64_t id;
	struct err e;

	atomic_store(&seen.edition, 0);
	kit_start(k, all, 1);
	id = kit_run(k, workflow, NULL);
	kit_until_waits(k, id, waits);
	kit_stop(k);
	atomic_store(&seen.edition, edition);
	assert_true(flow_signal(k->store, id, "go", NULL, &e));
	kit_start(k, all, 1);
	sql(k, "UPDATE run SET due = 0 WHERE ended = 0 AND state = 'ready'");
	flow_poke(k->flow);
	for (int i = 0; i < 20000; i++) {
		struct run_detail *d = run_get(k->store, k->a, id, 0, &e);

		if (d->run.ended_ms) {
			kit_stop(k);
			return d;
		}
		usleep(500);
	}
	fail_msg("%s does not end", workflow);
	return NULL;
}

static void test_other_signal(void **state)
{
	struct run_detail *d = edited(*state, "signal", "signal go", 1);

	assert_string_equal(d->run.error_code, "conflict");
	assert_non_null(strstr(d->run.error, "waited for the signal go and not merged"));
}

static void test_other_child(void **state)
{
	struct run_detail *d = edited(*state, "spawn", "signal go", 1);

	assert_string_equal(d->run.error_code, "conflict");
	assert_non_null(strstr(d->run.error, "started child and not signal"));
	assert_int_equal(d->nchildren, 1); /* no second one */
}

static void test_any_input(void **state)
{
	struct run_detail *d = edited(*state, "text", "signal go", 1);

	assert_string_equal(d->run.state, "done");
	assert_int_equal(seen.calls, 1);
	assert_string_equal(json_str(kit_step(d, "say")->output, ".text", ""), "before");
	assert_null(kit_step(d, "say")->input); /* not stored either */
	/* without the word it is a changed program */
	d = edited(*state, "text", "signal go", 2);
	assert_string_equal(d->run.error_code, "conflict");
}

static void test_damaged_state(void **state)
{
	struct kit *k = *state;
	struct run_detail *d;
	int64_t id;

	kit_start(k, all, 1);
	id = kit_run(k, "poll", NULL);
	kit_until_waits(k, id, "poll of poll");
	kit_stop(k);
	sql(k, "UPDATE step SET due = 0, memo = '{\"looks\":'; UPDATE run SET due = 0");
	atomic_store(&seen.edition, 1);
	kit_start(k, all, 1);
	d = kit_until(k, id, "failed");
	assert_non_null(strstr(d->run.error, "the stored state of step poll is damaged"));
	assert_int_equal(seen.calls, 1); /* it did not begin again from nothing */
}

static void test_missing_result(void **state)
{
	struct kit *k = *state;
	struct run_detail *d;
	struct err e;
	int64_t id;

	kit_start(k, all, 1);
	id = kit_run(k, "text", NULL);
	kit_until_waits(k, id, "signal go");
	sql(k, "UPDATE step SET out = NULL WHERE name = 'say'");
	assert_true(flow_signal(k->store, id, "go", NULL, &e));
	d = kit_until(k, id, "failed");
	assert_non_null(strstr(d->run.error, "the stored result of step say is missing"));
}

static void test_damaged_input(void **state)
{
	struct kit *k = *state;
	struct run_detail *d;
	struct err e;
	int64_t id;

	kit_start(k, all, 1);
	id = kit_run(k, "text", NULL);
	kit_until_waits(k, id, "signal go");
	sql(k, "UPDATE run SET input = '{\"incident\":4' WHERE ended = 0");
	assert_true(flow_signal(k->store, id, "go", NULL, &e));
	d = kit_until(k, id, "failed");
	assert_non_null(strstr(d->run.error, "the stored input of the run is damaged"));
}

static void test_large_state(void **state)
{
	struct kit *k = *state;
	struct run_detail *d;

	kit_start(k, all, 1);
	d = kit_until(k, kit_run(k, "large", NULL), "failed");
	assert_string_equal(d->run.error, "the state of step poll is larger than 1 MiB");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        CHANGE_TEST(test_other_signal),
	        CHANGE_TEST(test_other_child),
	        CHANGE_TEST(test_any_input),
	        CHANGE_TEST(test_damaged_state),
	        CHANGE_TEST(test_missing_result),
	        CHANGE_TEST(test_damaged_input),
	        CHANGE_TEST(test_large_state),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
