/*
 * test_flow_each.c - fan-out with a bound, and a step that kills the process: the others of its
 * group and of other runs are not its victims.
 *
 * Deaths are real: the program starts itself as a child that one of the bodies kills.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "flowkit.h"
#include "log.h"
#include "str.h"
#include "unit.h"

enum { ITEMS = 20 };

static struct {
	_Atomic int calls, inside, most, fail;
} seen;

/* --- the bound --- */

static const json *body_item(struct wf *w, const json *in, struct err *e)
{
	int inside = atomic_fetch_add(&seen.inside, 1) + 1, most = atomic_load(&seen.most);
	json *out = json_obj(wf_arena(w));

	atomic_fetch_add(&seen.calls, 1);
	while (inside > most && !atomic_compare_exchange_weak(&seen.most, &most, inside))
		;
	usleep(1000);
	atomic_fetch_sub(&seen.inside, 1);
	if (json_int(in, ".n", 0) == 7 && atomic_load(&seen.fail)) {
		err_set(e, ERR_INPUT, false, "seven is out of order");
		return NULL;
	}
	json_set_int(out, "double", 2 * json_int(in, ".n", 0));
	return out;
}

static json *items(struct arena *a)
{
	json *arr = json_arr(a);

	for (int i = 0; i < ITEMS; i++) {
		json *o = json_add_obj(arr);

		json_set_int(o, "n", i);
		json_set_str(o, "service", arena_printf(a, "svc-%d", i));
	}
	return arr;
}

static bool run_each(struct wf *w, struct err *e)
{
	struct wf_each x = {.name = "look",
	        .id = ".service",
	        .body = body_item,
	        .at_once = (int)json_int(wf_input(w), ".at_once", 0),
	        .settle = json_bool(wf_input(w), ".settle", false)};
	const json *got = wf_each(w, &x, items(wf_arena(w)), e);

	if (!got || !wf_wait(w, "wait", "go", 0, e))
		return false;
	wf_result(w, got);
	return true;
}

static const struct workflow each = {.name = "each", .version = 1, .run = run_each};
static const struct workflow *const only_each[] = {&each, NULL};

static struct run_detail *through(struct kit *k, int at_once, bool settle)
{
	json *in = json_obj(k->a);
	struct err e;
	int64_t id;

	memset(&seen, 0, sizeof(seen));
	atomic_store(&seen.fail, settle);
	json_set_int(in, "at_once", at_once);
	json_set_bool(in, "settle", settle);
	id = kit_run(k, "each", in);
	kit_until_waits(k, id, "signal go");
	assert_true(flow_signal(k->store, id, "go", NULL, &e)); /* entered again */
	return kit_until(k, id, "done");
}

static void test_bound(void **state)
{
	static const int bounds[] = {1, 3, 0};
	struct kit *k = kit_new();

	(void)state;
	kit_start(k, only_each, 1);
	for (size_t i = 0; i < UNIT_LEN(bounds); i++) {
		struct run_detail *d = through(k, bounds[i], false);

		unit_case("at once %d", bounds[i]);
		assert_int_equal(seen.calls, ITEMS); /* once each, although entered twice */
		assert_in_range(seen.most, 1, bounds[i] ? bounds[i] : 8);
		assert_int_equal(json_len(d->run.result), ITEMS);
		for (int n = 0; n < ITEMS; n++) {
			const char *path = arena_printf(k->a, "[%d].double", n);
			struct run_step *s = kit_step(d, arena_printf(k->a, "look:svc-%d", n));

			assert_int_equal(json_int(d->run.result, path, -1), 2 * n);
			assert_int_equal(s->attempt, 1);
			assert_int_equal(s->group, 1);
		}
	}
	kit_free(k);
}

static void test_settle(void **state)
{
	struct kit *k = kit_new();
	struct run_detail *d;

	(void)state;
	kit_start(k, only_each, 1);
	d = through(k, 4, true);
	assert_int_equal(json_len(d->run.result), ITEMS);
	assert_true(json_is_null(json_get(d->run.result, "[7]")));
	assert_int_equal(json_int(d->run.result, "[8].double", 0), 16);
	kit_free(k);
}

/* --- the child: one item, or one run, kills the process --- */

static const json *body_deadly(struct wf *w, const json *in, struct err *e)
{
	(void)e;
	if (json_bool(in, ".kills", false)) {
		usleep(3000); /* the others shall be under way */
		kill(getpid(), SIGKILL);
	}
	usleep(20000);
	return json_obj(wf_arena(w));
}

static json *deadly_items(struct arena *a)
{
	json *arr = items(a);

	json_set_bool((json *)(uintptr_t)json_get(arr, "[5]"), "kills", true);
	return arr;
}

static bool run_group(struct wf *w, struct err *e)
{
	static const struct wf_policy p = {.attempts = 4};
	struct wf_each x = {.name = "item",
	        .id = ".n",
	        .body = body_deadly,
	        .at_once = 8,
	        .settle = true,
	        .policy = &p};

	return wf_each(w, &x, deadly_items(wf_arena(w)), e) != NULL;
}

static bool run_one(struct wf *w, struct err *e)
{
	static const struct wf_policy p = {.attempts = 4};

	return wf_step_with(w, "only", &p, body_deadly, wf_input(w), e) != NULL;
}

static const struct workflow group = {.name = "group", .version = 1, .run = run_group};
static const struct workflow one = {
        .name = "one", .version = 1, .run = run_one, .lane = WF_BACKGROUND};
static const struct workflow *const deadly_ones[] = {&group, &one, NULL};

static void until_all_ended(struct kit *k)
{
	struct run_counts c;
	struct err e;

	do {
		usleep(500);
		if (!runs_count(k->store, &c, &e))
			abort();
	} while (c.ready + c.queued + c.running > 0);
}

static int child_main(const char *path)
{
	struct kit k = {.a = arena_new(0)};
	struct err e;

	log_set_level(LOG_ERROR);
	k.store = store_open(path, STORE_OWN, &e);
	if (!k.store)
		abort();
	kit_start(&k, deadly_ones, 4);
	until_all_ended(&k);
	kit_stop(&k);
	store_close(k.store);
	arena_free(k.a);
	return 0;
}

/* Starts the child until it ends by itself; how often it was killed. */
static int deaths(struct kit *k)
{
	for (int n = 0; n < 30; n++) {
		pid_t pid = fork();
		int status;

		if (pid == 0) {
			execl("/proc/self/exe", "test_flow_each", "child", k->path, (char *)NULL);
			_exit(127);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		if (WIFEXITED(status)) {
			assert_int_equal(WEXITSTATUS(status), 0);
			return n;
		}
	}
	fail_msg("it never ended");
	return 0;
}

/* Starts a run without carrying it out. */
static int64_t put_run(struct kit *k, const char *workflow, bool kills)
{
	json *in = json_obj(k->a);
	struct wf_start st = {.workflow = workflow, .input = in};
	struct err e;
	int64_t id;

	runs_register(k->store, deadly_ones);
	json_set_bool(in, "kills", kills);
	assert_true(flow_start(k->store, &st, &id, &e));
	return id;
}

static void reopen(struct kit *k)
{
	struct err e;

	k->store = store_open(k->path, STORE_OWN, &e);
	assert_non_null(k->store);
}

static void close_store(struct kit *k)
{
	store_close(k->store);
	k->store = NULL;
}

static void test_deadly_item(void **state)
{
	struct kit *k = kit_new();
	int64_t id = put_run(k, "group", false);
	struct run_detail *d;
	struct err e;

	(void)state;
	close_store(k);
	assert_int_equal(deaths(k), 4);
	reopen(k);
	d = run_get(k->store, k->a, id, 0, &e);
	assert_string_equal(d->run.state, "done");
	for (int n = 0; n < ITEMS; n++) {
		struct run_step *s = kit_step(d, arena_printf(k->a, "item:%d", n));

		unit_case("item %d", n);
		assert_string_equal(s->state, n == 5 ? "failed" : "done");
		/* its neighbours died with it twice, not four times; the late ones never */
		assert_in_range(s->attempt, 1, n == 5 ? 4 : n < 8 + 5 ? 3 : 1);
	}
	assert_string_equal(kit_step(d, "item:5")->outcome, "failed (effect unknown: please look)");
	assert_non_null(strstr(kit_step(d, "item:5")->error, "the bot died in attempt 4"));
	kit_free(k);
}

static void test_deadly_run(void **state)
{
	struct kit *k = kit_new();
	int64_t ids[6];
	struct err e;

	(void)state;
	for (int i = 0; i < 6; i++)
		ids[i] = put_run(k, "one", i == 2);
	close_store(k);
	assert_int_equal(deaths(k), 4);
	reopen(k);
	for (int i = 0; i < 6; i++) {
		struct run_detail *d = run_get(k->store, k->a, ids[i], 0, &e);

		unit_case("run %d", i);
		assert_string_equal(d->run.state, i == 2 ? "failed" : "done");
		assert_in_range(d->steps[0].attempt, 1, i == 2 ? 4 : 3);
	}
	kit_free(k);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_bound),
	        cmocka_unit_test(test_settle),
	        cmocka_unit_test(test_deadly_item),
	        cmocka_unit_test(test_deadly_run),
	};

	if (argc == 3 && str_eq(argv[1], "child"))
		return child_main(argv[2]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
