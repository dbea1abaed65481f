/* test_flow_steps.c - polling, parallel steps, large results, changed programs, poison. */
#include <stdatomic.h>

#include "clock.h"
#include "flowkit.h"
#include "store/db.h"
#include "str.h"
#include "unit.h"

static struct {
	_Atomic int calls, other, side, most;
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

static bool sql_fn(struct db *db, void *arg, struct err *e)
{
	return db_script(db, arg, e);
}

static void sql(struct kit *k, const char *text)
{
	struct err e;
	char *copy = arena_strdup(k->a, text);

	if (!store_write(k->store, sql_fn, copy, &e))
		fail_msg("%s: %s", text, e.msg);
}

/* --- wf_again --- */

static const json *body_poll(struct wf *w, const json *in, struct err *e)
{
	int n = (int)json_int(wf_state(w), ".n", 0);

	(void)in;
	atomic_fetch_add(&seen.calls, 1);
	assert_int_equal(wf_attempt(w), 1);
	if (n == 5)
		return number(wf_arena(w), n);
	return wf_again(w, 1, number(wf_arena(w), n + 1), e);
}

static bool run_poll(struct wf *w, struct err *e)
{
	/* fewer attempts than polls: polls are not attempts */
	const struct wf_policy p = {.attempts = 2};
	const json *j = wf_step_with(w, "poll", &p, body_poll, NULL, e);

	wf_result(w, j);
	return j != NULL;
}

static const struct workflow poll_wf = {.name = "poll", .version = 1, .run = run_poll};
static const struct workflow *const only_poll[] = {&poll_wf, NULL};

static void test_poll(void **state)
{
	struct kit *k = *state;
	struct run_detail *d;

	kit_start(k, only_poll, 1);
	d = kit_until(k, kit_run(k, "poll", NULL), "done");
	assert_int_equal(seen.calls, 6);
	assert_int_equal(json_int(d->run.result, ".n", 0), 5);
	assert_int_equal(d->nsteps, 1);
	assert_int_equal(d->steps[0].calls, 6);
	assert_int_equal(d->steps[0].nattempts, 0);
}

static const json *body_never(struct wf *w, const json *in, struct err *e)
{
	(void)in;
	atomic_fetch_add(&seen.calls, 1);
	return wf_again(w, 3600000, NULL, e);
}

static bool run_deadline(struct wf *w, struct err *e)
{
	const struct wf_policy p = {.total_ms = 5000};

	return wf_step_with(w, "poll", &p, body_never, NULL, e) != NULL;
}

static const struct workflow deadline = {.name = "deadline", .version = 1, .run = run_deadline};
static const struct workflow *const only_deadline[] = {&deadline, NULL};

static void test_poll_deadline(void **state)
{
	struct kit *k = *state;
	int64_t now = clock_now_ms(), id;
	struct run_detail *d;

	clock_fake(now);
	kit_start(k, only_deadline, 1);
	id = kit_run(k, "deadline", NULL);
	d = kit_until_waits(k, id, "poll of poll");
	assert_int_equal(d->run.due_ms, now + 5000);
	clock_fake(now + 5000);
	flow_poke(k->flow);
	d = kit_until(k, id, "failed");
	assert_string_equal(d->run.error_code, "timeout");
	assert_int_equal(seen.calls, 2);
}

/* --- wf_all --- */

static const json *body_part(struct wf *w, const json *in, struct err *e)
{
	int now = atomic_fetch_add(&seen.side, 1) + 1, n = (int)json_int(in, ".n", 0);
	int most = atomic_load(&seen.most);

	while (now > most && !atomic_compare_exchange_weak(&seen.most, &most, now))
		;
	atomic_fetch_add(&seen.calls, 1);
	/* Eight execute side by side: the first ones leave when all eight are there. */
	if (n < 8)
		kit_until_count(&seen.calls, 8);
	atomic_fetch_sub(&seen.side, 1);
	if (n == 9) {
		err_set(e, ERR_INPUT, false, "nine is refused");
		return NULL;
	}
	if (n == 10 && wf_attempt(w) == 1) {
		err_set(e, ERR_NET, true, "ten fails once");
		return NULL;
	}
	return number(wf_arena(w), n * n);
}

static bool fan_out(struct wf *w, bool settle, struct err *e)
{
	static const struct wf_policy quick = {.first_ms = 1, .max_ms = 1};
	struct wf_call calls[12];

	memset(calls, 0, sizeof(calls));
	for (int i = 0; i < 12; i++) {
		calls[i].name = arena_printf(wf_arena(w), "part:%d", i);
		calls[i].body = body_part;
		calls[i].in = number(wf_arena(w), i);
		calls[i].policy = &quick;
	}
	if (!wf_all(w, calls, 12, settle, e))
		return false;
	assert_true(settle);
	for (int i = 0; i < 12; i++) {
		if (i == 9) {
			assert_null(calls[i].result);
			assert_int_equal(calls[i].error.code, ERR_INPUT);
			assert_string_equal(calls[i].error.msg, "nine is refused");
		} else {
			assert_int_equal(json_int(calls[i].result, ".n", -1), i * i);
		}
	}
	return true;
}

static bool run_settled(struct wf *w, struct err *e)
{
	return fan_out(w, true, e);
}

static bool run_strict(struct wf *w, struct err *e)
{
	return fan_out(w, false, e);
}

static const struct workflow settled = {.name = "settled", .version = 1, .run = run_settled};
static const struct workflow strict = {.name = "strict", .version = 1, .run = run_strict};
static const struct workflow *const fans[] = {&settled, &strict, NULL};

static void test_all_settled(void **state)
{
	struct kit *k = *state;
	struct run_detail *d;

	kit_start(k, fans, 2);
	d = kit_until(k, kit_run(k, "settled", NULL), "done");
	assert_int_equal(seen.calls, 13); /* the tenth twice, no other again */
	assert_int_equal(seen.most, 8);
	assert_int_equal(d->nsteps, 12);
	for (int i = 0; i < 12; i++)
		assert_int_equal(d->steps[i].group, 1);
	assert_string_equal(kit_step(d, "part:9")->state, "failed");
	assert_int_equal(kit_step(d, "part:10")->attempt, 2);
}

static void test_all_strict(void **state)
{
	struct kit *k = *state;
	struct run_detail *d;

	kit_start(k, fans, 2);
	d = kit_until(k, kit_run(k, "strict", NULL), "failed");
	assert_string_equal(d->run.error, "nine is refused");
	assert_string_equal(kit_step(d, "part:11")->state, "done");
}

/* --- large results --- */

enum { LARGE = 300000 };

static const json *body_large(struct wf *w, const json *in, struct err *e)
{
	char *s = arena_alloc(wf_arena(w), LARGE + 1);
	json *j = json_obj(wf_arena(w));

	(void)in;
	(void)e;
	memset(s, 'x', LARGE);
	json_set_str(j, "s", s);
	return j;
}

static const json *body_measure(struct wf *w, const json *in, struct err *e)
{
	(void)e;
	return number(wf_arena(w), (int)strlen(json_str(in, ".s", "")));
}

static bool run_large(struct wf *w, struct err *e)
{
	const json *large = wf_step(w, "large", body_large, NULL, e), *j;

	if (!large || !wf_wait(w, "wait", "go", 0, e))
		return false;
	j = wf_step(w, "measure", body_measure, large, e);
	if (!j)
		return false;
	wf_result(w, large);
	return true;
}

static const struct workflow large_wf = {.name = "large", .version = 1, .run = run_large};
static const struct workflow *const only_large[] = {&large_wf, NULL};

static void test_large(void **state)
{
	struct kit *k = *state;
	struct run_detail *d;
	const char *text;
	struct err e;
	int64_t id, blobs = 0;

	kit_start(k, only_large, 1);
	id = kit_run(k, "large", NULL);
	kit_until_waits(k, id, "signal go");
	flow_signal(k->store, id, "go", NULL, &e);
	kit_until(k, id, "done");
	d = run_get(k->store, k->a, id, 1000, &e);
	assert_non_null(d);
	assert_null(kit_step(d, "large")->output); /* left out, but its size is known */
	assert_int_equal(kit_step(d, "large")->output_bytes, LARGE + 8);
	assert_int_equal(json_int(kit_step(d, "measure")->output, ".n", 0), LARGE);
	assert_null(d->run.result);
	assert_int_equal(d->run.result_bytes, LARGE + 8);
	text = run_text(k->store, k->a, id, "large", RUN_OUTPUT, &e);
	assert_int_equal(strlen(text), LARGE + 8);
	assert_true(db_get_int(store_reader(k->store, &e), &blobs, NULL,
	        "SELECT count(*) FROM blob WHERE run = ?", DB_ARGS(db_int(id)), &e));
	assert_int_equal(blobs, 3); /* result of large, input of measure, result of the run */
	/* Pruning takes all of it. */
	assert_true(runs_prune(k->store, clock_now_ms() + 1000, 10, &blobs, &e));
	assert_int_equal(blobs, 1);
	assert_true(db_get_int(store_reader(k->store, &e), &blobs, NULL,
	        "SELECT (SELECT count(*) FROM blob) + (SELECT count(*) FROM step)"
	        " + (SELECT count(*) FROM signal)",
	        NULL, &e));
	assert_int_equal(blobs, 0);
}

static const struct workflow *const large_and_settled[] = {&large_wf, &settled, NULL};

/* By number: the latest of each workflow stay. And what a retry forgets takes its blobs along. */
static void test_keep_latest(void **state)
{
	struct kit *k = *state;
	struct run_counts c;
	int64_t n, blobs = 0, last = 0, other;
	struct err e;

	kit_start(k, large_and_settled, 1);
	other = kit_run(k, "settled", NULL);
	kit_until(k, other, "done");
	for (int i = 0; i < 5; i++) {
		last = kit_run(k, "large", NULL);
		kit_until_waits(k, last, "signal go");
		assert_true(flow_signal(k->store, last, "go", NULL, &e));
		kit_until(k, last, "done");
	}
	assert_true(runs_prune_to(k->store, 2, 2, &n, &e));
	assert_int_equal(n, 2); /* a batch */
	assert_true(runs_prune_to(k->store, 2, 100, &n, &e));
	assert_int_equal(n, 1);
	assert_true(runs_prune_to(k->store, 2, 100, &n, &e));
	assert_int_equal(n, 0);
	assert_true(runs_count(k->store, &c, &e));
	assert_int_equal(c.done, 3);
	assert_non_null(run_get(
	        k->store, k->a, other, 0, &e)); /* the oldest, and the only one of its kind */
	assert_non_null(run_get(k->store, k->a, last, 0, &e));
	assert_true(flow_retry(k->store, last, "large", &e));
	kit_until(k, last, "done"); /* the signal that a forgotten wait took is there again */
	assert_true(db_get_int(store_reader(k->store, &e), &blobs, NULL,
	        "SELECT count(*) FROM blob WHERE run = ?", DB_ARGS(db_int(last)), &e));
	assert_int_equal(blobs, 3); /* those of this life, none of the one before */
}

static const json *body_huge(struct wf *w, const json *in, struct err *e)
{
	size_t n = 17 * 1024 * 1024;
	char *s = arena_alloc(wf_arena(w), n + 1);
	json *j = json_obj(wf_arena(w));

	(void)in;
	(void)e;
	memset(s, 'x', n);
	json_set_str(j, "s", s);
	return j;
}

static bool run_huge(struct wf *w, struct err *e)
{
	return wf_step(w, "huge", body_huge, NULL, e) != NULL;
}

static const struct workflow huge = {.name = "huge", .version = 1, .run = run_huge};
static const struct workflow *const only_huge[] = {&huge, NULL};

static void test_too_large(void **state)
{
	struct kit *k = *state;
	struct run_detail *d;

	kit_start(k, only_huge, 1);
	d = kit_until(k, kit_run(k, "huge", NULL), "failed");
	assert_string_equal(d->run.error, "the result of step huge is larger than 16 MiB");
}

/* --- a changed program --- */

static _Atomic int program; /* which edition of the workflow is "compiled in" */

static const json *body_plain(struct wf *w, const json *in, struct err *e)
{
	(void)in;
	(void)e;
	atomic_fetch_add(&seen.calls, 1);
	return number(wf_arena(w), 1);
}

static bool run_edited(struct wf *w, struct err *e)
{
	int edition = atomic_load(&program);

	if (!wf_step(w, "a", body_plain, number(wf_arena(w), edition == 1 ? 2 : 1), e))
		return false;
	if (edition == 2 ? !wf_sleep(w, "b", 1, e) : !wf_step(w, "b", body_plain, NULL, e))
		return false;
	if (edition == 3 && !wf_step(w, "a", body_plain, number(wf_arena(w), 1), e))
		return false;
	return wf_wait(w, "wait", "go", 0, e) != NULL;
}

static const struct workflow edited = {.name = "edited", .version = 1, .run = run_edited};
static const struct workflow *const only_edited[] = {&edited, NULL};

static void test_changed_program(void **state)
{
	static const char *const say[] = {NULL, "another input", "another kind", "asked for twice"};
	struct kit *k = *state;
	struct run_detail *d;
	struct err e;

	for (int edition = 1; edition <= 3; edition++) {
		int64_t id;

		unit_case("edition %d", edition);
		atomic_store(&program, 0);
		kit_start(k, only_edited, 1);
		id = kit_run(k, "edited", NULL);
		kit_until_waits(k, id, "signal go");
		kit_stop(k);
		atomic_store(&program, edition);
		kit_start(k, only_edited, 1);
		assert_true(flow_signal(k->store, id, "go", NULL, &e));
		d = kit_until(k, id, "failed");
		assert_string_equal(d->run.error_code, "conflict");
		assert_non_null(strstr(d->run.error, say[edition]));
		kit_stop(k);
	}
	assert_int_equal(seen.calls, 6); /* nothing ran on top of a mismatch */
}

static void test_damaged_result(void **state)
{
	struct kit *k = *state;
	struct run_detail *d;
	struct err e;
	int64_t id;

	atomic_store(&program, 0);
	kit_start(k, only_edited, 1);
	id = kit_run(k, "edited", NULL);
	kit_until_waits(k, id, "signal go");
	sql(k, "UPDATE step SET out = '{\"n\":' WHERE name = 'a'");
	assert_true(flow_signal(k->store, id, "go", NULL, &e));
	d = kit_until(k, id, "failed");
	assert_non_null(strstr(d->run.error, "the stored result of step a is damaged"));
}

/* --- versions --- */

static _Atomic int version_seen;

static bool run_versioned(struct wf *w, struct err *e)
{
	atomic_store(&version_seen, wf_version(w));
	return wf_wait(w, "wait", "go", 0, e) != NULL;
}

static const struct workflow v1 = {.name = "v", .version = 1, .run = run_versioned};
static const struct workflow v3 = {.name = "v", .version = 3, .run = run_versioned};
static const struct workflow v3_min1 = {
        .name = "v", .version = 3, .min_version = 1, .run = run_versioned};
static const struct workflow *const with_v1[] = {&v1, NULL};
static const struct workflow *const with_v3[] = {&v3, NULL};
static const struct workflow *const with_v3_min1[] = {&v3_min1, NULL};
static const struct workflow *const with_none[] = {NULL};

static void refused(struct kit *k, const struct workflow *const *workflows)
{
	struct flow_config c = {.store = k->store, .workflows = workflows, .workers = 1};
	struct err e;

	assert_null(flow_new(&c, &e));
	assert_int_equal(e.code, ERR_CONFIG);
	assert_non_null(strstr(e.msg, "2 of v version 1"));
}

static void test_versions(void **state)
{
	struct kit *k = *state;
	struct err e;
	int64_t id;

	kit_start(k, with_v1, 1);
	id = kit_run(k, "v", NULL);
	kit_until_waits(k, kit_run(k, "v", NULL), "signal go");
	kit_until_waits(k, id, "signal go");
	kit_reopen(k);
	refused(k, with_v3);
	refused(k, with_none);
	kit_start(k, with_v3_min1, 1);
	assert_true(flow_signal(k->store, id, "go", NULL, &e));
	kit_until(k, id, "done");
	assert_int_equal(version_seen, 1); /* it finishes under its own */
}

/* --- a step, or code between steps, that kills the process --- */

/* The run after what flow_new alone does: no worker enters it. */
static struct run_detail *recovered(struct kit *k, int64_t id)
{
	struct flow_config c = {.store = k->store, .workflows = only_deadline, .workers = 1};
	struct err e;
	struct flow *f = flow_new(&c, &e);

	assert_non_null(f);
	flow_free(f);
	return run_get(k->store, k->a, id, 0, &e);
}

static void test_poison(void **state)
{
	struct kit *k = *state;
	struct run_detail *d;
	int64_t id;

	/* As the process left it: in the last attempt of a step. */
	kit_start(k, only_deadline, 1);
	id = kit_run(k, "deadline", NULL);
	kit_until_waits(k, id, "poll of poll");
	kit_stop(k);
	sql(k, "UPDATE run SET state = 'running', boot = 'dead';"
	       "UPDATE step SET state = 'running', attempt = 6, calls = 6, due = 0");
	kit_start(k, only_deadline, 1);
	d = kit_until(k, id, "failed");
	assert_string_equal(d->run.error,
	        "the bot died in attempt 6 of step poll, its last; it is not tried again");
	assert_int_equal(seen.calls, 1);
	assert_string_equal(d->steps[0].attempts[0].code, "died");
	kit_stop(k);

	/* Between steps: ten times without progress. */
	for (int i = 1; i <= 9; i++) {
		kit_start(k, only_deadline, 1);
		kit_stop(k);
		sql(k, "INSERT INTO run(id, workflow, version, lane, state, due, created, crashes)"
		       " SELECT 77, 'deadline', 1, 0, 'ready', 0, 1, 0 WHERE NOT EXISTS"
		       " (SELECT 1 FROM run WHERE id = 77);"
		       "UPDATE run SET state = 'running', boot = 'dead' WHERE id = 77");
		d = recovered(k, 77);
		assert_string_equal(d->run.state, "ready");
		assert_int_equal(d->run.crashes, i);
		/* later and later, so that it does not hold up the others */
		assert_in_range(d->run.due_ms - clock_now_ms() + 1000, i < 2 ? 0 : 900, 61000);
		/* no worker of the next round shall get it done before it "dies" again */
		sql(k, "UPDATE run SET due = 9000000000000000 WHERE id = 77");
	}
	sql(k, "UPDATE run SET state = 'running', boot = 'dead' WHERE id = 77");
	kit_start(k, only_deadline, 1);
	d = kit_until(k, 77, "failed");
	assert_non_null(strstr(d->run.error, "the bot died 10 times"));
	assert_int_equal(seen.calls, 1);
}

/* --- pruning does not take what is still wanted --- */

static bool run_short(struct wf *w, struct err *e)
{
	(void)e;
	wf_result(w, number(wf_arena(w), 7));
	return true;
}

static bool run_parent(struct wf *w, struct err *e)
{
	const json *end;
	int64_t child;

	if (!wf_spawn(w, "child", "short", NULL, &child, e) || !wf_wait(w, "wait", "go", 0, e) ||
	        !(end = wf_join(w, "end", child, e)))
		return false;
	wf_result(w, end);
	return true;
}

static const struct workflow short_wf = {.name = "short", .version = 1, .run = run_short};
static const struct workflow parent_wf = {.name = "parent", .version = 1, .run = run_parent};
static const struct workflow *const family[] = {&short_wf, &parent_wf, NULL};

static void test_keep_children(void **state)
{
	struct kit *k = *state;
	int64_t id, n = 0;
	struct run_detail *d;
	struct err e;

	kit_start(k, family, 2);
	id = kit_run(k, "parent", NULL);
	d = kit_until_waits(k, id, "signal go");
	kit_until(k, d->children[0].id, "done");
	assert_true(runs_prune(k->store, clock_now_ms() + 1000, 10, &n, &e));
	assert_int_equal(n, 0);
	assert_true(flow_signal(k->store, id, "go", NULL, &e));
	d = kit_until(k, id, "done");
	assert_string_equal(json_str(d->run.result, ".state", ""), "done");
	assert_int_equal(json_int(d->run.result, ".result.n", 0), 7);
	assert_true(
	        runs_prune(k->store, clock_now_ms() + 1000, 1, &n, &e)); /* the child ended first */
	assert_true(runs_prune(k->store, clock_now_ms() + 1000, 10, &n, &e));
	assert_null(run_get(k->store, k->a, id, 0, &e));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        FLOW_TEST(test_poll),
	        FLOW_TEST(test_poll_deadline),
	        FLOW_TEST(test_all_settled),
	        FLOW_TEST(test_all_strict),
	        FLOW_TEST(test_large),
	        FLOW_TEST(test_too_large),
	        FLOW_TEST(test_keep_latest),
	        FLOW_TEST(test_keep_children),
	        FLOW_TEST(test_changed_program),
	        FLOW_TEST(test_damaged_result),
	        FLOW_TEST(test_versions),
	        FLOW_TEST(test_poison),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
