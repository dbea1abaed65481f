/*
 * bench_flow.c - how fast the durable engine is, beside what the disk allows.
 *
 *	build/release/bench/bench_flow [FOLDER [PART]]   (default: the current one, all; no tmpfs)
 *
 * floor     transactions like a step's (one insert, one update), one per commit, straight on SQLite
 * single    10-step runs, one at a time: the next starts when the last has ended
 * parallel  10-step runs, 100 in flight
 * signal    from flow_signal for a parked run to the body of its next step, engine idle
 * start     from flow_start to the first step's body, engine idle
 * resume    10,000 parked runs and one in a step; the process is killed (SIGKILL); from the start
 *of the next process (before fork and exec) to the call of that step's body
 *
 * Other programs disturb such figures, so rates are the best of several short rounds, each with the
 * floor measured beside it, and the CPU time per step is told: what it costs, however busy the
 * machine is.
 */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "flow/flow.h"
#include "log.h"
#include "store/runs_engine.h"

enum {
	STEPS = 10,
	ROUNDS = 5,
	SINGLE_RUNS = 200,
	PARALLEL_RUNS = 800,
	IN_FLIGHT = 100,
	PARKED = 10000,
	WORKERS = 16, /* of the parallel part */
};

static struct {
	struct store *store;
	struct flow *flow;
	int workers;
	pthread_t threads[256];
	pthread_mutex_t mu;
	pthread_cond_t cond;
	int64_t ended;
	_Atomic int64_t first_body_us;
} b = {.mu = PTHREAD_MUTEX_INITIALIZER, .cond = PTHREAD_COND_INITIALIZER};

static int64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void die(const char *what, const struct err *e)
{
	fprintf(stderr, "bench_flow: %s: %s\n", what, e->msg);
	exit(1);
}

/* --- workflows --- */

static const json *body_small(struct wf *w, const json *in, struct err *e)
{
	static const char text[] =
	        "0123456789012345678901234567890123456789012345678901234567890123456789"
	        "0123456789012345678901234567890123456789012345678901234567890123456789"
	        "0123456789012345678901234567890123456789";
	json *j = json_obj(wf_arena(w));
	int64_t zero = 0;

	(void)in;
	(void)e;
	atomic_compare_exchange_strong(&b.first_body_us, &zero, now_us());
	json_set_str(j, "value", text);
	return j;
}

static const json *body_ended(struct wf *w, const json *in, struct err *e)
{
	(void)in;
	(void)e;
	pthread_mutex_lock(&b.mu);
	b.ended++;
	pthread_cond_signal(&b.cond);
	pthread_mutex_unlock(&b.mu);
	return json_obj(wf_arena(w));
}

static bool run_ten(struct wf *w, struct err *e)
{
	char name[16];

	for (int i = 0; i < STEPS - 1; i++) {
		snprintf(name, sizeof(name), "step:%d", i);
		if (!wf_step(w, name, body_small, NULL, e))
			return false;
	}
	return wf_step(w, "last", body_ended, NULL, e) != NULL;
}

static bool run_parked(struct wf *w, struct err *e)
{
	return wf_step(w, "before", body_small, NULL, e) && wf_wait(w, "wait", "never", 0, e);
}

static bool run_signal(struct wf *w, struct err *e)
{
	return wf_wait(w, "wait", "go", 0, e) && wf_step(w, "then", body_small, NULL, e) &&
	       wf_step(w, "last", body_ended, NULL, e);
}

static const char *mark_path; /* resume: the body says there when it was called */

static const json *body_killed(struct wf *w, const json *in, struct err *e)
{
	char text[40];
	int n = snprintf(text, sizeof(text), "%d %lld\n", wf_attempt(w), (long long)now_us());
	int fd = open(mark_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

	(void)in;
	if (fd < 0 || write(fd, text, (size_t)n) != n)
		abort();
	close(fd);
	while (wf_heartbeat(w, e)) { /* until killed, or stopped */
		struct timespec t = {.tv_nsec = 1000000};

		nanosleep(&t, NULL);
	}
	return NULL;
}

static bool run_killed(struct wf *w, struct err *e)
{
	return wf_step(w, "killed", body_killed, NULL, e) != NULL;
}

static const struct workflow ten = {
        .name = "ten", .version = 1, .run = run_ten, .lane = WF_BACKGROUND};
static const struct workflow parked = {
        .name = "parked", .version = 1, .run = run_parked, .lane = WF_BACKGROUND};
static const struct workflow signalled = {
        .name = "signal", .version = 1, .run = run_signal, .lane = WF_INTERACTIVE};
static const struct workflow killed = {
        .name = "killed", .version = 1, .run = run_killed, .lane = WF_INTERACTIVE};
static const struct workflow *const workflows[] = {&ten, &parked, &signalled, &killed, NULL};

/* --- the engine --- */

static void *worker_main(void *arg)
{
	flow_work(b.flow, (int)(intptr_t)arg, NULL);
	return NULL;
}

static void start(const char *path, int workers)
{
	struct flow_config c = {.workflows = workflows, .workers = workers};
	struct err e;

	b.store = store_open(path, STORE_OWN, &e);
	if (!b.store)
		die("open", &e);
	c.store = b.store;
	b.flow = flow_new(&c, &e);
	if (!b.flow)
		die("flow_new", &e);
	b.workers = workers;
	for (int i = 0; i < workers; i++)
		pthread_create(&b.threads[i], NULL, worker_main, (void *)(intptr_t)i);
}

static void stop(void)
{
	flow_stop(b.flow);
	for (int i = 0; i < b.workers; i++)
		pthread_join(b.threads[i], NULL);
	flow_free(b.flow);
	store_close(b.store);
}

static void start_run(const char *workflow)
{
	struct wf_start st = {.workflow = workflow};
	struct err e;

	if (!flow_start(b.store, &st, NULL, &e))
		die("start", &e);
}

static void wait_ended(int64_t n)
{
	pthread_mutex_lock(&b.mu);
	while (b.ended < n)
		pthread_cond_wait(&b.cond, &b.mu);
	pthread_mutex_unlock(&b.mu);
}

static void remove_db(const char *path)
{
	static const char *const ends[] = {"", "-wal", "-shm", ".lock"};
	char name[600];

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		snprintf(name, sizeof(name), "%s%s", path, ends[i]);
		unlink(name);
	}
}

/* --- rates --- */

static int64_t cpu_us(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return (int64_t)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1000000 + u.ru_utime.tv_usec +
	       u.ru_stime.tv_usec;
}

static bool floor_fn(struct db *db, void *arg, struct err *e)
{
	int64_t *i = arg;

	++*i;
	return db_exec(db, "INSERT INTO meta(key, value) VALUES (?, ?)",
	               DB_ARGS(db_int(*i),
	                       db_text("0123456789012345678901234567890123456789"
	                               "01234567890123456789012345678901234567890123456789"
	                               "01234567890123456789012345678901234567890123456789"
	                               "01234567890123456789012345678901234567890123456789")),
	               e) &&
	       db_exec(db, "UPDATE meta SET value = ? WHERE key = 'a'", DB_ARGS(db_int(*i)), e);
}

/* In the store that is open: the same file, the same moment. */
static double floor_rate(void)
{
	enum { COMMITS = 600 };
	static int64_t i;
	int64_t began = now_us();
	struct err e;

	for (int n = 0; n < COMMITS; n++) {
		if (!store_write(b.store, floor_fn, &i, &e))
			die("floor", &e);
	}
	return COMMITS * 1e6 / (double)(now_us() - began);
}

static int64_t one_at_a_time(void)
{
	int64_t base = b.ended;

	for (int i = 1; i <= SINGLE_RUNS; i++) {
		start_run("ten");
		wait_ended(base + i);
	}
	return (int64_t)SINGLE_RUNS * STEPS;
}

static int64_t in_flight(void)
{
	int64_t base = b.ended;

	for (int i = 0; i < PARALLEL_RUNS; i++) {
		wait_ended(base + i + 1 - IN_FLIGHT);
		start_run("ten");
	}
	wait_ended(base + PARALLEL_RUNS);
	return (int64_t)PARALLEL_RUNS * STEPS;
}

static void bench_rate(
        const char *path, const char *name, int64_t (*load)(void), int workers, double target)
{
	double best = 0, best_floor = 0, best_ratio = 0, least_cpu = 1e9;

	start(path, workers);
	for (int i = 0; i < ROUNDS; i++) {
		double floor = floor_rate(), rate, cpu;
		int64_t c = cpu_us(), t = now_us(), steps = load();

		rate = (double)steps * 1e6 / (double)(now_us() - t);
		cpu = (double)(cpu_us() - c) / (double)steps;
		best = rate > best ? rate : best;
		best_floor = floor > best_floor ? floor : best_floor;
		best_ratio = rate / floor > best_ratio ? rate / floor : best_ratio;
		least_cpu = cpu < least_cpu ? cpu : least_cpu;
	}
	stop();
	remove_db(path);
	printf("%-22s %8.0f steps/s (target %.0f%s); floor %.0f commits/s; best ratio %.2f; %.0f us "
	       "CPU a step\n",
	        name, best, target, best >= target ? ", met" : "", best_floor, best_ratio,
	        least_cpu);
	fflush(stdout);
}

/* --- latencies --- */

static int compare(const void *x, const void *y)
{
	int64_t a = *(const int64_t *)x, c = *(const int64_t *)y;

	return a < c ? -1 : a > c;
}

static double percentile(const int64_t *us, int n, int percent)
{
	int i = (n - 1) * percent / 100;

	return (double)us[i] / 1e3;
}

static void until_parked(int64_t run)
{
	struct timespec rest = {.tv_nsec = 1000000};
	struct arena *a = arena_new(0);
	struct run_detail *d;
	struct err e;

	do {
		nanosleep(&rest, NULL);
		d = run_get(b.store, a, run, 0, &e);
	} while (d && !d->run.waits);
	arena_free(a);
}

static int64_t after_start(void)
{
	int64_t began = now_us();

	start_run("ten");
	return began;
}

static int64_t after_signal(void)
{
	struct wf_start st = {.workflow = "signal"};
	int64_t began, run;
	struct err e;

	if (!flow_start(b.store, &st, &run, &e))
		die("start", &e);
	until_parked(run);
	began = now_us();
	if (!flow_signal(b.store, run, "go", NULL, &e))
		die("signal", &e);
	return began;
}

static void bench_latency(const char *path, const char *name, int64_t (*act)(void))
{
	enum { N = 300 };
	static int64_t us[N];
	struct timespec rest = {.tv_nsec = 3000000};

	start(path, 4);
	for (int i = 0; i < N; i++) {
		int64_t base = b.ended, began;

		nanosleep(&rest, NULL); /* the engine shall be idle */
		atomic_store(&b.first_body_us, 0);
		began = act();
		wait_ended(base + 1);
		us[i] = atomic_load(&b.first_body_us) - began;
	}
	stop();
	remove_db(path);
	qsort(us, N, sizeof(us[0]), compare);
	printf("%-22s p50 %.2f ms   p99 %.2f ms   max %.2f ms (target p99 2 ms%s)\n", name,
	        percentile(us, N, 50), percentile(us, N, 99), percentile(us, N, 100),
	        percentile(us, N, 99) <= 2 ? ", met" : "");
	fflush(stdout);
}

/* --- resume --- */

static bool park_fn(struct db *db, void *arg, struct err *e)
{
	struct wf_start st = {.workflow = "parked"};
	int64_t run;

	(void)arg;
	for (int i = 0; i < 500; i++) {
		if (!flow_start_tx(db, &st, &run, e))
			return false;
	}
	return true;
}

static void park_many(void)
{
	struct run_counts counts;
	struct timespec rest = {.tv_nsec = 5000000};
	struct err e;

	for (int i = 0; i < PARKED / 500; i++) {
		if (!store_write(b.store, park_fn, NULL, &e))
			die("park", &e);
	}
	do {
		nanosleep(&rest, NULL);
		if (!runs_count(b.store, &counts, &e))
			die("count", &e);
	} while (counts.running > 0 || counts.due_now > 0);
}

/* The process that is killed, or goes on: bench_flow child PATH MARK PARK */
static int child_main(char **argv)
{
	struct timespec rest = {.tv_sec = 60};

	log_set_level(LOG_ERROR);
	mark_path = argv[3];
	start(argv[2], 4);
	if (argv[4][0] == '1') {
		park_many();
		start_run("killed");
	}
	nanosleep(&rest, NULL);
	return 1; /* nobody killed it */
}

/* Kills it as soon as the body has been called; returns when that was, 0 = never. */
static int64_t run_and_kill(const char *path, const char *mark, bool park, int attempt)
{
	struct timespec rest = {.tv_nsec = 500000};
	pid_t pid = fork();
	int64_t at = 0;
	int n;

	if (pid == 0) {
		execl("/proc/self/exe", "bench_flow", "child", path, mark, park ? "1" : "0",
		        (char *)NULL);
		_exit(127);
	}
	for (int i = 0; i < 120000 && !at; i++) {
		FILE *f = fopen(mark, "r");
		long long us;

		while (f && fscanf(f, "%d %lld", &n, &us) == 2)
			at = n == attempt ? us : 0;
		if (f)
			fclose(f);
		nanosleep(&rest, NULL);
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return at;
}

static void bench_resume(const char *path)
{
	enum { KILLS = 5 };
	int64_t us[KILLS];
	char mark[600];

	snprintf(mark, sizeof(mark), "%s.mark", path);
	if (!run_and_kill(path, mark, true, 1)) {
		fprintf(stderr, "bench_flow: the run to be killed never began\n");
		exit(1);
	}
	for (int i = 0; i < KILLS; i++) {
		int64_t began = now_us();

		us[i] = run_and_kill(path, mark, false, i + 2) - began;
	}
	unlink(mark);
	remove_db(path);
	qsort(us, KILLS, sizeof(us[0]), compare);
	printf("resume after SIGKILL   best %.1f ms   median %.1f ms   worst %.1f ms from process start,"
	       " %d parked runs (target 200 ms%s)\n",
	        (double)us[0] / 1e3, (double)us[KILLS / 2] / 1e3, (double)us[KILLS - 1] / 1e3,
	        PARKED, us[KILLS / 2] <= 200000 ? ", met" : "");
	fflush(stdout);
}

static bool wanted(const char *part, const char *name)
{
	return !part || strcmp(part, name) == 0;
}

int main(int argc, char **argv)
{
	const char *part = argc > 2 ? argv[2] : NULL;
	char path[512];

	if (argc == 5 && strcmp(argv[1], "child") == 0)
		return child_main(argv);
	log_set_level(LOG_ERROR);
	snprintf(path, sizeof(path), "%s/bench-flow-%ld.db", argc > 1 ? argv[1] : ".",
	        (long)getpid());
	if (wanted(part, "single"))
		bench_rate(path, "one run at a time", one_at_a_time, 4, 5000);
	if (wanted(part, "parallel"))
		bench_rate(path, "100 runs in flight", in_flight, WORKERS, 20000);
	if (wanted(part, "signal"))
		bench_latency(path, "first step of a signal", after_signal);
	if (wanted(part, "start"))
		bench_latency(path, "first step of a run", after_start);
	if (wanted(part, "resume"))
		bench_resume(path);
	return 0;
}
