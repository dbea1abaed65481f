/*
 * test_flow_crash.c - kill -9 at every point: nothing lost, nothing doubled.
 *
 * The program starts itself as a child that carries out a set of runs whose effects are lines
 * appended to a file: the file is the outside world. The child dies at the n-th time a crash point
 * is reached (crash.h), or at a random moment; it is started again until it ends by itself. Then
 * each effect must stand in the file exactly once, each run be done, and the attempts add up.
 *
 * A body appends without looking unless wf_maybe_done says that an earlier attempt may have done
 * it; so the test fails both when the engine repeats a finished step and when it forgets an
 * attempt.
 *
 * CRASH_ROUNDS (1000) random kills, in LANES processes at a time, for CRASH_ROUND_SECONDS (45; 0 =
 * however long it takes); CRASH_SEED repeats them; CRASH_ONLY picks tests by pattern.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "flowkit.h"
#include "log.h"
#include "store/inbox.h"
#include "str.h"
#include "unit.h"

enum { RUNS = 3, PARTS = 4, EFFECTS_EACH = 3 + PARTS + 2 };

/* --- the child: the workflows --- */

static const char *effects_path;

static bool effect_is_there(const char *key)
{
	char line[200];
	FILE *f = fopen(effects_path, "r");
	bool found = false;

	while (f && !found && fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		found = str_eq(line, key);
	}
	if (f)
		fclose(f);
	return found;
}

static const json *body_effect(struct wf *w, const json *in, struct err *e)
{
	json *j = json_obj(wf_arena(w));
	char line[200];
	int n, fd;

	(void)in;
	json_set_str(j, "key", wf_key(w));
	if (wf_maybe_done(w) && effect_is_there(wf_key(w)))
		return j;
	n = snprintf(line, sizeof(line), "%s\n", wf_key(w));
	fd = open(effects_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, line, (size_t)n) != n) {
		err_sys(e, "effect");
		return NULL;
	}
	close(fd);
	return j;
}

/* The answer of the first call is lost after the effect: ambiguous, to be retried. */
static const json *body_lost_answer(struct wf *w, const json *in, struct err *e)
{
	const json *j = body_effect(w, in, e);

	if (j && wf_attempt(w) == 1) {
		err_set(e, ERR_TIMEOUT, true, "no answer");
		e->ambiguous = true;
		return NULL;
	}
	return j;
}

static bool run_child(struct wf *w, struct err *e)
{
	return wf_step(w, "one", body_effect, NULL, e) && wf_sleep(w, "nap", 1, e) &&
	       wf_step(w, "two", body_effect, NULL, e);
}

static bool run_main(struct wf *w, struct err *e)
{
	static const struct wf_policy quick = {.attempts = 100, .first_ms = 1, .max_ms = 2};
	struct wf_call calls[PARTS];
	int64_t child;

	memset(calls, 0, sizeof(calls));
	if (!wf_step_with(w, "a", &quick, body_effect, wf_input(w), e) ||
	        !wf_step_with(w, "b", &quick, body_lost_answer, NULL, e))
		return false;
	for (int i = 0; i < PARTS; i++) {
		calls[i].name = arena_printf(wf_arena(w), "part:%d", i);
		calls[i].body = body_effect;
		calls[i].policy = &quick;
	}
	return wf_all(w, calls, PARTS, false, e) && wf_wait(w, "go", "go", 0, e) &&
	       wf_spawn(w, "child", "child", NULL, &child, e) && wf_join(w, "end", child, e) &&
	       wf_step_with(w, "c", &quick, body_effect, NULL, e);
}

/* --- the child: what kills it each time, among the innocent --- */

enum { SLOW_RUNS = 3, SLOW_MS = 150, MIXED_PARTS = 4, BAD_PART = 1 };

static void pause_ms(long ms)
{
	const struct timespec t = {.tv_nsec = ms * 1000000};

	nanosleep(&t, NULL);
}

static const json *body_kills(struct wf *w, const json *in, struct err *e)
{
	(void)w;
	(void)in;
	(void)e;
	pause_ms(10);
	kill(getpid(), SIGKILL);
	pause();
	return NULL;
}

static const json *body_slow(struct wf *w, const json *in, struct err *e)
{
	pause_ms(SLOW_MS);
	return body_effect(w, in, e);
}

static bool run_poison(struct wf *w, struct err *e)
{
	return wf_step(w, "kills", body_kills, NULL, e) != NULL;
}

static bool run_slow(struct wf *w, struct err *e)
{
	return wf_step(w, "one", body_slow, NULL, e) && wf_step(w, "two", body_slow, NULL, e);
}

/* One of its parallel steps kills; the run goes on without that one. */
static bool run_mixed(struct wf *w, struct err *e)
{
	struct wf_call calls[MIXED_PARTS];

	memset(calls, 0, sizeof(calls));
	for (int i = 0; i < MIXED_PARTS; i++) {
		calls[i].name = arena_printf(wf_arena(w), "part:%d", i);
		calls[i].body = i == BAD_PART ? body_kills : body_effect;
	}
	return wf_all(w, calls, MIXED_PARTS, true, e) && wf_step(w, "after", body_effect, NULL, e);
}

static bool poison_failed(struct wf *w, struct err *e)
{
	return wf_step(w, "told", body_effect, NULL, e) != NULL;
}

static const struct workflow poison_wf = {
        .name = "poison", .version = 1, .run = run_poison, .on_failure = poison_failed};
static const struct workflow slow_wf = {.name = "slow", .version = 1, .run = run_slow};
static const struct workflow mixed_wf = {.name = "mixed", .version = 1, .run = run_mixed};
static const struct workflow main_wf = {.name = "main", .version = 1, .run = run_main};
static const struct workflow child_wf = {
        .name = "child", .version = 1, .run = run_child, .lane = WF_BACKGROUND};
static const struct workflow *const workflows[] = {
        &main_wf, &child_wf, &poison_wf, &slow_wf, &mixed_wf, NULL};

/* --- the child: its life --- */

/* Envelope and signal of run i, each given until it is acknowledged; repeating is harmless. */
static int64_t offer(struct kit *k, int i)
{
	struct inbox_put p = {.kind = "test",
	        .payload = "{}",
	        .payload_len = 2,
	        .received_ms = 1,
	        .workflow = "main"};
	struct inbox_row *row;
	struct err e;
	bool fresh;

	p.keys[0] = arena_printf(k->a, "env:%d", i);
	if (!inbox_write(k->store, &p, &e))
		abort();
	row = inbox_get(k->store, k->a, p.id, &e);
	if (!row)
		abort();
	fresh = run_get(k->store, k->a, row->run, 0, &e)->nsignals == 0;
	if (fresh && !flow_signal(k->store, row->run, "go", NULL, &e) && e.code != ERR_CONFLICT)
		abort();
	return row->run;
}

static void live(struct kit *k)
{
	int64_t runs[RUNS];

	for (int i = 0; i < RUNS; i++)
		runs[i] = offer(k, i);
	for (int i = 0; i < RUNS; i++)
		kit_until(k, runs[i], "done");
}

static int64_t start_once(struct kit *k, const char *workflow, int i)
{
	struct wf_start st = {
	        .workflow = workflow, .key = arena_printf(k->a, "%s:%d", workflow, i)};
	struct err e;
	int64_t id;

	if (!flow_start(k->store, &st, &id, &e))
		abort();
	return id;
}

static void live_with_poison(struct kit *k)
{
	int64_t slow[SLOW_RUNS], bad = start_once(k, "poison", 0), mixed;

	for (int i = 0; i < SLOW_RUNS; i++)
		slow[i] = start_once(k, "slow", i);
	mixed = start_once(k, "mixed", 0);
	for (int i = 0; i < SLOW_RUNS; i++)
		kit_until(k, slow[i], "done");
	kit_until(k, mixed, "done");
	kit_until(k, bad, "failed");
	kit_until(k, start_once(k, "slow", SLOW_RUNS), "done"); /* the hook is done by then too */
}

static int child_main(const char *dir, bool poison)
{
	struct kit *k = calloc(1, sizeof(*k));
	struct err e;

	log_set_level(LOG_ERROR);
	snprintf(k->path, sizeof(k->path), "%s/heal.db", dir);
	k->a = arena_new(0);
	effects_path = arena_printf(k->a, "%s/effects", dir);
	k->store = store_open(k->path, STORE_OWN, &e);
	if (!k->store) {
		fprintf(stderr, "child: %s\n", e.msg);
		arena_free(k->a);
		free(k);
		return 1;
	}
	kit_start(k, workflows, poison ? 6 : 3);
	if (poison)
		live_with_poison(k);
	else
		live(k);
	kit_stop(k);
	store_close(k->store);
	arena_free(k->a);
	free(k);
	return 0;
}

/* --- the parent --- */

static pid_t spawn(const char *what, const char *dir, const char *crash_at)
{
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	if (crash_at)
		setenv("CRASH_AT", crash_at, 1);
	else
		unsetenv("CRASH_AT");
	execl("/proc/self/exe", "test_flow_crash", what, dir, (char *)NULL);
	_exit(127);
}

static pid_t spawn_child(const char *dir, const char *crash_at)
{
	return spawn("child", dir, crash_at);
}

/* True: it ended by itself; false: it was killed. Anything else fails the test. */
static bool wait_child(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
		return false;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		fail_msg("the child ended with status %x", status);
	return true;
}

static int lines_of(struct arena *a, const char *path, const char *lines[], int max)
{
	FILE *f = fopen(path, "r");
	char line[200];
	int n = 0;

	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		assert_true(n < max);
		lines[n++] = arena_strdup(a, line);
	}
	fclose(f);
	return n;
}

static void check_effects(struct kit *k)
{
	const char *lines[RUNS * EFFECTS_EACH + 20];
	int n = lines_of(
	        k->a, arena_printf(k->a, "%s/effects", k->dir), lines, (int)UNIT_LEN(lines));

	for (int i = 0; i < n; i++) {
		for (int j = 0; j < i; j++) {
			if (str_eq(lines[i], lines[j]))
				fail_msg("%s took effect twice", lines[i]);
		}
	}
	assert_int_equal(n, RUNS * EFFECTS_EACH);
}

static void check_store(struct kit *k)
{
	struct run_filter f = {0};
	struct run_row *rows;
	struct err e;
	size_t n;

	k->store = store_open(k->path, STORE_OWN, &e);
	if (!k->store)
		fail_msg("%s", e.msg);
	assert_true(store_check(k->store, &e));
	assert_true(runs_list(k->store, k->a, &f, &rows, &n, &e));
	assert_int_equal(n, 2 * RUNS);
	for (size_t i = 0; i < n; i++) {
		struct run_detail *d = run_get(k->store, k->a, rows[i].id, 0, &e);

		assert_string_equal(d->run.state, "done");
		for (size_t s = 0; s < d->nsteps; s++) {
			assert_string_equal(d->steps[s].state, "done");
			assert_int_equal(d->steps[s].attempt,
			        d->steps[s].nattempts + str_eq(d->steps[s].kind, "step"));
		}
	}
	store_close(k->store);
	k->store = NULL;
}

static struct kit *new_folder(void)
{
	struct kit *k = kit_new();

	store_close(k->store);
	k->store = NULL;
	return k;
}

/* One crash, then on to the end. False: the point was not reached so often. */
static bool crash_once(const char *at)
{
	struct kit *k = new_folder();
	bool finished = wait_child(spawn_child(k->dir, at));

	if (!finished)
		assert_true(wait_child(spawn_child(k->dir, NULL)));
	check_effects(k);
	check_store(k);
	kit_free(k);
	return !finished;
}

static void test_every_point(void **state)
{
	static const char *const points[] = {"before-body", "after-body", "after-commit",
	        "before-commit", "before-park", "after-park", "before-end", "after-end",
	        "after-claim"};
	int crashes = 0;

	(void)state;
#ifndef HEAL_CRASH_POINTS
	skip();
#endif
	for (size_t p = 0; p < UNIT_LEN(points); p++) {
		char at[40];
		int n = 0;

		do {
			snprintf(at, sizeof(at), "%s:%d", points[p], ++n);
			unit_case("%s", at);
		} while (crash_once(at) && ++crashes);
		assert_true(n > RUNS); /* the point exists and was reached by each run */
	}
	print_message("%d crash points\n", crashes);
}

/* --- poison --- */

static void check_step(const struct run_row *run, const struct run_step *s)
{
	bool bad = str_eq(s->name, "kills") || str_eq(s->name, "part:1");

	assert_string_equal(s->state, bad ? "failed" : "done");
	if (bad)
		assert_int_equal(s->attempt, 6);
	else if (s->attempt >
	         4) /* two deaths together, and one for each mistake about who it was */
		fail_msg("%s.%s, which is innocent, needed %d attempts", run->workflow, s->name,
		        s->attempt);
}

static void check_poisoned(struct kit *k)
{
	struct run_filter f = {0};
	struct run_row *rows;
	struct err e;
	size_t n;

	k->store = store_open(k->path, STORE_OWN, &e);
	if (!k->store)
		fail_msg("%s", e.msg);
	assert_true(store_check(k->store, &e));
	assert_true(runs_list(k->store, k->a, &f, &rows, &n, &e));
	assert_int_equal(n, SLOW_RUNS + 1 + 3); /* poison, its hook, mixed */
	for (size_t i = 0; i < n; i++) {
		struct run_detail *d = run_get(k->store, k->a, rows[i].id, 0, &e);

		assert_string_equal(
		        d->run.state, str_eq(d->run.workflow, "poison") ? "failed" : "done");
		for (size_t s = 0; s < d->nsteps; s++)
			check_step(&d->run, &d->steps[s]);
	}
	store_close(k->store);
	k->store = NULL;
}

static void test_poison(void **state)
{
	struct kit *k = new_folder();
	const char *lines[40];
	int deaths = 0, n;

	(void)state;
	while (!wait_child(spawn("poison", k->dir, NULL)))
		assert_true(++deaths <= 2 * 6 + 2);
	assert_true(deaths > 6); /* the first ones count for both that kill */
	n = lines_of(k->a, arena_printf(k->a, "%s/effects", k->dir), lines, (int)UNIT_LEN(lines));
	for (int i = 0; i < n; i++) {
		for (int j = 0; j < i; j++)
			if (str_eq(lines[i], lines[j]))
				fail_msg("%s took effect twice", lines[i]);
	}
	assert_int_equal(n, 2 * (SLOW_RUNS + 1) + MIXED_PARTS - 1 + 1 + 1);
	check_poisoned(k);
	kit_free(k);
}

/* --- random kills --- */

enum { LANES = 4, KILLS_OF_A_SET = 10, LIFE_MS = 60 };

static unsigned next_random(unsigned *seed)
{
	*seed = *seed * 1103515245u + 12345u;
	return *seed >> 8;
}

static unsigned number_of(const char *variable, unsigned otherwise)
{
	const char *s = getenv(variable);

	return s ? (unsigned)strtoul(s, NULL, 10) : otherwise;
}

/* Kills into one set of runs, recovery included, then on to the end. Returns how many struck. */
static int kill_a_set(unsigned *seed, int kills)
{
	struct kit *k = new_folder();
	bool finished = false;
	int struck = 0;

	while (!finished) {
		pid_t pid = spawn_child(k->dir, NULL);

		if (kills-- > 0) {
			pause_ms((long)(next_random(seed) % LIFE_MS));
			kill(pid, SIGKILL);
		}
		finished = wait_child(pid);
		struck += !finished;
	}
	check_effects(k);
	check_store(k);
	kit_free(k);
	return struck;
}

/* One lane; its part of the kills is in CRASH_LANE. A line "struck of rounds" is left in the file.
 */
static void test_lane(void **state)
{
	unsigned seed = number_of("CRASH_SEED", 0), seconds = number_of("CRASH_ROUND_SECONDS", 45);
	int rounds = (int)number_of("CRASH_LANE", 0), done = 0, struck = 0;
	int64_t end = clock_mono_ms() + (int64_t)seconds * 1000;
	FILE *f;

	(void)state;
	while (done < rounds && (seconds == 0 || clock_mono_ms() < end)) {
		int kills = 1 + (int)(next_random(&seed) % KILLS_OF_A_SET);

		kills = kills < rounds - done ? kills : rounds - done;
		struck += kill_a_set(&seed, kills);
		done += kills;
	}
	f = fopen(getenv("CRASH_TALLY"), "a");
	assert_non_null(f);
	fprintf(f, "%d %d\n", struck, done);
	fclose(f);
}

static pid_t spawn_lane(const char *tally, unsigned seed, unsigned rounds)
{
	char number[40];
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	snprintf(number, sizeof(number), "%u", seed);
	setenv("CRASH_SEED", number, 1);
	snprintf(number, sizeof(number), "%u", rounds);
	setenv("CRASH_LANE", number, 1);
	setenv("CRASH_TALLY", tally, 1);
	setenv("CMOCKA_MESSAGE_OUTPUT", "STDOUT", 1); /* not a case of its own */
	execl("/proc/self/exe", "test_flow_crash", (char *)NULL);
	_exit(127);
}

static void add_tally(const char *path, int *struck, int *done)
{
	FILE *f = fopen(path, "r");
	int s, d;

	assert_non_null(f);
	while (fscanf(f, "%d %d", &s, &d) == 2) {
		*struck += s;
		*done += d;
	}
	fclose(f);
}

static void test_random_kills(void **state)
{
	unsigned rounds = number_of("CRASH_ROUNDS", 1000);
	unsigned seed = number_of("CRASH_SEED", (unsigned)clock_now_ms());
	struct kit *k = new_folder();
	const char *tally = arena_printf(k->a, "%s/tally", k->dir);
	int struck = 0, done = 0;
	pid_t lane[LANES];

	(void)state;
	print_message("CRASH_SEED=%u\n", seed);
	for (unsigned i = 0; i < LANES; i++)
		lane[i] = spawn_lane(tally, seed + i, (rounds + i) / LANES);
	for (int i = 0; i < LANES; i++)
		assert_true(wait_child(lane[i]));
	add_tally(tally, &struck, &done);
	print_message("%d rounds, %d of them killed it\n", done, struck);
	assert_true(struck > done / 2);
	kit_free(k);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_every_point),
	        cmocka_unit_test(test_poison),
	        cmocka_unit_test(test_random_kills),
	};
	const struct CMUnitTest a_lane[] = {cmocka_unit_test(test_lane)};

	if (argc == 3)
		return child_main(argv[2], str_eq(argv[1], "poison"));
	if (getenv("CRASH_LANE"))
		return cmocka_run_group_tests(a_lane, NULL, NULL);
	if (getenv("CRASH_ONLY"))
		cmocka_set_test_filter(getenv("CRASH_ONLY"));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
