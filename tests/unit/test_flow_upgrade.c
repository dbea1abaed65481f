/*
 * test_flow_upgrade.c - a run of program A, killed in each of its steps, goes on in program B.
 *
 * The program starts itself as a child that is edition A (steps one, two, three, four) or an
 * edition B in which a step was added, removed or renamed; B comes under the same version, under a
 * raised one that names A's as its oldest, and under a raised one that does not. A's child dies by
 * SIGKILL before or after the body of its n-th step. B must end the run, or stop it with a clear
 * message, or refuse to start with one; no effect may happen twice, and no run stand still.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "flowkit.h"
#include "log.h"
#include "str.h"
#include "unit.h"

enum { REFUSED = 3 };

static const char *effects_path;
static const char *edition; /* "A", "added", "removed", "renamed" */

/* --- the child --- */

static void write_line(const char *text)
{
	char line[600];
	int n = snprintf(line, sizeof(line), "%s\n", text);
	int fd = open(effects_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

	if (fd < 0 || write(fd, line, (size_t)n) != n)
		abort();
	close(fd);
}

static bool is_there(const char *text)
{
	char line[600];
	FILE *f = fopen(effects_path, "r");
	bool found = false;

	while (f && !found && fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		found = str_eq(line, text);
	}
	if (f)
		fclose(f);
	return found;
}

/* Looks before it acts, as a body with an effect does; the effect is named by its input, so that a
 * renamed step would show as doubled. */
static const json *body_effect(struct wf *w, const json *in, struct err *e)
{
	const char *what = json_str(in, ".do", "?");

	(void)e;
	if (wf_maybe_done(w) && is_there(what))
		wf_found(w);
	else
		write_line(what);
	return json_obj(wf_arena(w));
}

static bool step(struct wf *w, const char *name, const char *what, struct err *e)
{
	json *in = json_obj(wf_arena(w));

	json_set_str(in, "do", what);
	return wf_step(w, name, body_effect, in, e) != NULL;
}

static bool run_program(struct wf *w, struct err *e)
{
	bool renamed = str_eq(edition, "renamed");

	return step(w, "one", "1", e) &&
	       (!str_eq(edition, "added") || step(w, "extra", "extra", e)) &&
	       (str_eq(edition, "removed") || step(w, renamed ? "second" : "two", "2", e)) &&
	       step(w, "three", "3", e) && step(w, "four", "4", e);
}

static bool program_failed(struct wf *w, struct err *e)
{
	(void)e;
	write_line(arena_printf(
	        wf_arena(w), "told: %s", json_str(wf_input(w), ".error.message", "nothing")));
	return true;
}

static void until_ended(struct kit *k)
{
	struct run_counts c;
	struct err e;

	for (int i = 0; i < 20000; i++) {
		if (!runs_count(k->store, &c, &e))
			abort();
		if (c.ready + c.queued + c.running == 0)
			return;
		usleep(500);
	}
	fprintf(stderr, "child: a run stands still\n");
	abort();
}

/* argv: child DIR EDITION VERSION MIN_VERSION */
static int child_main(char **argv)
{
	static struct workflow program = {
	        .name = "program", .run = run_program, .on_failure = program_failed};
	static const struct workflow *const workflows[] = {&program, NULL};
	struct flow_config c = {.workflows = workflows, .workers = 1};
	struct wf_start st = {.workflow = "program", .key = "the one"};
	struct kit k = {.a = arena_new(0)};
	struct err e;
	int64_t id;

	log_set_level(LOG_ERROR + 1);
	edition = argv[3];
	program.version = atoi(argv[4]);
	program.min_version = atoi(argv[5]);
	effects_path = arena_printf(k.a, "%s/effects", argv[2]);
	k.store = store_open(arena_printf(k.a, "%s/heal.db", argv[2]), STORE_OWN, &e);
	if (!k.store)
		abort();
	c.store = k.store;
	k.flow = flow_new(&c, &e);
	if (!k.flow) {
		write_line(arena_printf(k.a, "refused: %s", e.msg));
		store_close(k.store);
		arena_free(k.a);
		return REFUSED;
	}
	flow_free(k.flow);
	kit_start_with(&k, c, NULL);
	if (!flow_start(k.store, &st, &id, &e))
		abort();
	until_ended(&k);
	kit_stop(&k);
	store_close(k.store);
	arena_free(k.a);
	return 0;
}

/* --- the parent --- */

static int run_child(
        struct kit *k, const char *crash_at, const char *ed, const char *version, const char *min)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		if (crash_at)
			setenv("CRASH_AT", crash_at, 1);
		else
			unsetenv("CRASH_AT");
		execl("/proc/self/exe", "test_flow_upgrade", "child", k->dir, ed, version, min,
		        (char *)NULL);
		_exit(127);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

struct outcome {
	int one, two, three, four, extra, told, refused;
	const char *text; /* the last told or refused line */
};

static struct outcome read_effects(struct kit *k)
{
	FILE *f = fopen(arena_printf(k->a, "%s/effects", k->dir), "r");
	struct outcome o = {.text = ""};
	char line[600];

	while (f && fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		o.one += str_eq(line, "1");
		o.two += str_eq(line, "2");
		o.three += str_eq(line, "3");
		o.four += str_eq(line, "4");
		o.extra += str_eq(line, "extra");
		o.told += str_starts(line, "told: ");
		o.refused += str_starts(line, "refused: ");
		if (str_starts(line, "told: ") || str_starts(line, "refused: "))
			o.text = arena_strdup(k->a, line);
	}
	if (f)
		fclose(f);
	return o;
}

static struct run_row the_run(struct kit *k)
{
	struct run_filter f = {.workflow = "program"};
	struct run_row *rows;
	struct err e;
	size_t n;

	k->store = store_open(k->path, STORE_OWN, &e);
	assert_non_null(k->store);
	assert_true(runs_list(k->store, k->a, &f, &rows, &n, &e));
	assert_int_equal(n, 1);
	return rows[0];
}

static void no_effect_twice(const struct outcome *o)
{
	assert_in_range(o->one, 0, 1);
	assert_in_range(o->two, 0, 1);
	assert_in_range(o->three, 0, 1);
	assert_in_range(o->four, 0, 1);
	assert_in_range(o->extra, 0, 1);
}

/* Everything that B asks for was done, once. */
static void ended_well(const struct outcome *o, const char *ed)
{
	assert_int_equal(o->told, 0);
	assert_int_equal(o->one + o->three + o->four, 3);
	assert_int_equal(o->extra, str_eq(ed, "added"));
	if (!str_eq(ed, "removed"))
		assert_int_equal(o->two, 1);
}

static void stopped_loudly(const struct run_row *r, const struct outcome *o)
{
	assert_string_equal(r->state, "failed");
	assert_string_equal(r->error_code, "conflict");
	assert_non_null(strstr(r->error, "the program changed under run"));
	assert_int_equal(o->told, 1); /* and the hook says the same */
	assert_non_null(strstr(o->text, "the program changed under run"));
}

/* Killed after the effect of step one: the second attempt saw it. */
static void says_found(struct kit *k, int64_t run)
{
	struct err e;
	struct run_detail *d = run_get(k->store, k->a, run, 0, &e);

	assert_string_equal(kit_step(d, "one")->outcome, "done (found after crash)");
	assert_string_equal(kit_step(d, "three")->outcome, "done");
}

/* Returns whether it ended well. */
static bool upgrade(const char *crash_at, const char *ed, const char *version, const char *min)
{
	struct kit *k = kit_new();
	struct outcome o;
	struct run_row r;
	int status;
	bool well;

	unit_case("%s, then %s version %s from %s", crash_at, ed, version, min);
	store_close(k->store);
	status = run_child(k, crash_at, "A", "1", "0");
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	status = run_child(k, NULL, ed, version, min);
	assert_true(WIFEXITED(status));
	o = read_effects(k);
	no_effect_twice(&o);
	if (WEXITSTATUS(status) == REFUSED) {
		assert_int_equal(o.refused, 1);
		assert_non_null(strstr(o.text, "1 of program version 1"));
		assert_non_null(strstr(o.text, "Start the version of healbot that made them"));
		/* The old program still ends it. */
		status = run_child(k, NULL, "A", "1", "0");
		o = read_effects(k);
		no_effect_twice(&o);
		assert_int_equal(o.one + o.two + o.three + o.four, 4);
	}
	assert_int_equal(status, 0);
	r = the_run(k);
	well = str_eq(r.state, "done");
	if (well && str_eq(version, "1") && str_eq(ed, "added") && str_eq(crash_at, "after-body:1"))
		says_found(k, r.id);
	if (!well)
		stopped_loudly(&r, &o);
	else if (!o.refused)
		ended_well(&o, ed);
	kit_free(k);
	return well;
}

static void test_upgrades(void **state)
{
	static const char *const points[] = {"before-body", "after-body"};
	static const char *const editions[] = {"added", "removed", "renamed"};
	int well = 0, loud = 0;

	(void)state;
#ifndef HEAL_CRASH_POINTS
	skip();
#endif
	for (size_t p = 0; p < UNIT_LEN(points); p++) {
		for (int n = 1; n <= 4; n++) {
			for (size_t i = 0; i < UNIT_LEN(editions); i++) {
				char at[40];

				snprintf(at, sizeof(at), "%s:%d", points[p], n);
				*(upgrade(at, editions[i], "1", "0") ? &well : &loud) += 1;
				assert_true(upgrade(at, editions[i], "2", "0"));
			}
		}
	}
	print_message("same version: %d ended, %d stopped with a message\n", well, loud);
	assert_true(well > 0 && loud > 0);
}

/* Raised, and A's runs may be continued: the author has said that the names still mean the same. */
static void test_migrated(void **state)
{
	(void)state;
#ifndef HEAL_CRASH_POINTS
	skip();
#endif
	assert_true(upgrade("before-body:3", "added", "2", "1"));
	assert_true(upgrade("before-body:4", "removed", "2", "1"));
	assert_true(upgrade("after-body:2", "added", "2", "1"));
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_upgrades),
	        cmocka_unit_test(test_migrated),
	};

	if (argc == 6 && str_eq(argv[1], "child"))
		return child_main(argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
