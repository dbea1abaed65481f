/*
 * bench_flow.c - how fast the durable engine is, beside what the disk allows.
 *
 *	build/release/bench/bench_flow [FOLDER]      (default: the current one; not a tmpfs)
 *
 * floor     transactions like a step's (one insert, one update), one per commit, straight on SQLite
 * single    10-step runs, one at a time: the next starts when the last has ended
 * parallel  10-step runs, 100 in flight
 * first     from the call of flow_start to the first step's body, engine idle
 * resume    a store with 10,000 parked runs and one that was executing: from opening the file to
 *the first step
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "flow/flow.h"
#include "log.h"
#include "store/runs_engine.h"

enum { STEPS = 10, SINGLE_RUNS = 1000, PARALLEL_RUNS = 4000, IN_FLIGHT = 100, PARKED = 10000 };

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

static const struct workflow ten = {
        .name = "ten", .version = 1, .run = run_ten, .lane = WF_BACKGROUND};
static const struct workflow parked = {
        .name = "parked", .version = 1, .run = run_parked, .lane = WF_BACKGROUND};
static const struct workflow *const workflows[] = {&ten, &parked, NULL};

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

/* --- measurements --- */

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

static double bench_floor(const char *path)
{
	enum { COMMITS = 5000 };
	struct err e;
	int64_t i = 0, began;
	double rate;

	b.store = store_open(path, STORE_OWN, &e);
	if (!b.store)
		die("open", &e);
	began = now_us();
	for (int n = 0; n < COMMITS; n++) {
		if (!store_write(b.store, floor_fn, &i, &e))
			die("floor", &e);
	}
	rate = COMMITS * 1e6 / (double)(now_us() - began);
	store_close(b.store);
	remove_db(path);
	return rate;
}

static double bench_single(void)
{
	int64_t began = now_us(), base = b.ended;

	for (int i = 1; i <= SINGLE_RUNS; i++) {
		start_run("ten");
		wait_ended(base + i);
	}
	return (double)SINGLE_RUNS * STEPS * 1e6 / (double)(now_us() - began);
}

static double bench_parallel(void)
{
	int64_t began = now_us(), base = b.ended;

	for (int i = 0; i < PARALLEL_RUNS; i++) {
		wait_ended(base + i + 1 - IN_FLIGHT);
		start_run("ten");
	}
	wait_ended(base + PARALLEL_RUNS);
	return (double)PARALLEL_RUNS * STEPS * 1e6 / (double)(now_us() - began);
}

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

static void bench_first(void)
{
	enum { N = 300 };
	static int64_t us[N];
	struct timespec rest = {.tv_nsec = 5000000};

	for (int i = 0; i < N; i++) {
		int64_t base = b.ended, began;

		nanosleep(&rest, NULL); /* the engine shall be idle */
		atomic_store(&b.first_body_us, 0);
		began = now_us();
		start_run("ten");
		wait_ended(base + 1);
		us[i] = atomic_load(&b.first_body_us) - began;
	}
	qsort(us, N, sizeof(us[0]), compare);
	printf("first step after start   p50 %.2f ms   p99 %.2f ms   max %.2f ms\n",
	        percentile(us, N, 50), percentile(us, N, 99), percentile(us, N, 100));
}

static void park_many(void)
{
	struct run_counts counts;
	struct timespec rest = {.tv_nsec = 5000000};
	struct err e;

	for (int i = 0; i < PARKED; i++)
		start_run("parked");
	do {
		nanosleep(&rest, NULL);
		if (!runs_count(b.store, &counts, &e))
			die("count", &e);
	} while (counts.running > 0 || counts.due_now > 0);
}

/* What SIGKILL leaves: the run is still marked as executing by a process that is no more. */
static bool leave_running_fn(struct db *db, void *arg, struct err *e)
{
	struct wf_start st = {.workflow = "ten"};
	int64_t run;

	(void)arg;
	return flow_start_tx(db, &st, &run, e) &&
	       db_exec(db, "UPDATE run SET state = 'running', boot = 'dead' WHERE id = ?",
	               DB_ARGS(db_int(run)), e);
}

static void bench_resume(const char *path)
{
	struct err e;
	int64_t began, base;

	start(path, 4);
	park_many();
	stop();
	b.store = store_open(path, STORE_OWN, &e);
	if (!b.store)
		die("open", &e);
	runs_register(b.store, workflows);
	if (!store_write(b.store, leave_running_fn, NULL, &e))
		die("prepare", &e);
	store_close(b.store);
	atomic_store(&b.first_body_us, 0);
	began = now_us();
	base = b.ended;
	start(path, 4);
	wait_ended(base + 1);
	printf("resume with %d parked runs: first step after %.1f ms\n", PARKED,
	        (double)(atomic_load(&b.first_body_us) - began) / 1e3);
	stop();
}

int main(int argc, char **argv)
{
	static const int workers[] = {4, 8, 16, 32};
	char path[512];
	struct store_stats stats;

	log_set_level(LOG_ERROR);
	snprintf(path, sizeof(path), "%s/bench-flow-%ld.db", argc > 1 ? argv[1] : ".",
	        (long)getpid());
	printf("floor: SQLite WAL+FULL   %8.0f commits/s\n", bench_floor(path));
	start(path, 4);
	printf("one run at a time        %8.0f steps/s (4 workers)\n", bench_single());
	bench_first();
	stop();
	for (size_t i = 0; i < sizeof(workers) / sizeof(workers[0]); i++) {
		struct store_stats before;
		double rate;

		start(path, workers[i]);
		store_stats(b.store, &before);
		rate = bench_parallel();
		store_stats(b.store, &stats);
		printf("100 runs in flight       %8.0f steps/s (%d workers; %.1f writes per commit)\n",
		        rate, workers[i],
		        (double)(stats.jobs - before.jobs) /
		                (double)(stats.commits - before.commits));
		stop();
	}
	remove_db(path);
	bench_resume(path);
	remove_db(path);
	return 0;
}
