/*
 * bench_inbox.c - from "an envelope is here" to "it is on disk and may be acknowledged".
 *
 *	build/release/bench/bench_inbox [FOLDER]      (default: the current one; not a tmpfs)
 *
 * steady   200 envelopes a second for 10 s, each 2 dedupe keys, 1 kB, a run started and carried out
 * maximum  20,000 envelopes, 64 outstanding
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
#include "store/inbox.h"

enum { STEADY = 2000, RATE = 200, MOST = 20000, OUTSTANDING = 64, WORKERS = 4 };

struct envelope {
	struct inbox_put put;
	char env[40], event[40];
	int64_t sent_us, stored_us;
};

static struct {
	struct store *store;
	struct flow *flow;
	pthread_t threads[WORKERS];
	pthread_mutex_t mu;
	pthread_cond_t cond;
	int64_t stored;
	_Atomic int64_t handled;
	char payload[1024];
} b = {.mu = PTHREAD_MUTEX_INITIALIZER, .cond = PTHREAD_COND_INITIALIZER};

static int64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void die(const char *what, const struct err *e)
{
	fprintf(stderr, "bench_inbox: %s: %s\n", what, e->msg);
	exit(1);
}

static bool run_handle(struct wf *w, struct err *e)
{
	(void)w;
	(void)e;
	atomic_fetch_add(&b.handled, 1);
	return true;
}

static const struct workflow handle = {.name = "handle", .version = 1, .run = run_handle};
static const struct workflow *const workflows[] = {&handle, NULL};

static void *worker_main(void *arg)
{
	flow_work(b.flow, (int)(intptr_t)arg, NULL);
	return NULL;
}

static void start(const char *path)
{
	struct flow_config c = {.workflows = workflows, .workers = WORKERS};
	struct err e;

	b.store = store_open(path, STORE_OWN, &e);
	if (!b.store)
		die("open", &e);
	c.store = b.store;
	b.flow = flow_new(&c, &e);
	if (!b.flow)
		die("flow_new", &e);
	for (int i = 0; i < WORKERS; i++)
		pthread_create(&b.threads[i], NULL, worker_main, (void *)(intptr_t)i);
	memset(b.payload, 'x', sizeof(b.payload));
	memcpy(b.payload, "{\"t\":\"", 6);
	memcpy(b.payload + sizeof(b.payload) - 3, "\"}", 3);
}

static void stop(void)
{
	flow_stop(b.flow);
	for (int i = 0; i < WORKERS; i++)
		pthread_join(b.threads[i], NULL);
	flow_free(b.flow);
	store_close(b.store);
}

static void on_stored(void *arg, const struct err *e)
{
	struct envelope *v = arg;

	if (e)
		die("store", e);
	v->stored_us = now_us();
	pthread_mutex_lock(&b.mu);
	b.stored++;
	pthread_cond_signal(&b.cond);
	pthread_mutex_unlock(&b.mu);
}

static void offer(struct envelope *v, const char *set, int i)
{
	snprintf(v->env, sizeof(v->env), "env:%s-%d", set, i);
	snprintf(v->event, sizeof(v->event), "event:%s-%d", set, i);
	v->put = (struct inbox_put){.keys = {v->env, v->event},
	        .kind = "events_api",
	        .payload = b.payload,
	        .payload_len = sizeof(b.payload) - 1,
	        .received_ms = 1,
	        .workflow = "handle"};
	v->sent_us = now_us();
	inbox_submit(b.store, &v->put, on_stored);
}

static void wait_stored(int64_t n)
{
	pthread_mutex_lock(&b.mu);
	while (b.stored < n)
		pthread_cond_wait(&b.cond, &b.mu);
	pthread_mutex_unlock(&b.mu);
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

static void report(const char *what, const struct envelope *v, int n)
{
	int64_t *us = calloc((size_t)n, sizeof(*us));

	for (int i = 0; i < n; i++)
		us[i] = v[i].stored_us - v[i].sent_us;
	qsort(us, (size_t)n, sizeof(us[0]), compare);
	printf("%s p50 %.2f ms   p99 %.2f ms   max %.2f ms\n", what, percentile(us, n, 50),
	        percentile(us, n, 99), percentile(us, n, 100));
	free(us);
}

static void sleep_until(int64_t us)
{
	struct timespec t = {.tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000};

	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
}

static void bench_steady(void)
{
	struct envelope *v = calloc(STEADY, sizeof(*v));
	int64_t began = now_us();

	for (int i = 0; i < STEADY; i++) {
		sleep_until(began + (int64_t)i * 1000000 / RATE);
		offer(&v[i], "steady", i);
	}
	wait_stored(STEADY);
	report("200 envelopes/s, committed:", v, STEADY);
	free(v);
}

static void bench_maximum(void)
{
	struct envelope *v = calloc(MOST, sizeof(*v));
	int64_t began = now_us(), base = b.stored, took;

	for (int i = 0; i < MOST; i++) {
		wait_stored(base + i + 1 - OUTSTANDING);
		offer(&v[i], "most", i);
	}
	wait_stored(base + MOST);
	took = now_us() - began;
	printf("64 outstanding:             %.0f envelopes/s committed, %lld of %d handled by then\n",
	        MOST * 1e6 / (double)took, (long long)(atomic_load(&b.handled) - STEADY), MOST);
	report("                           ", v, MOST);
	free(v);
}

int main(int argc, char **argv)
{
	static const char *const ends[] = {"", "-wal", "-shm", ".lock"};
	char path[512], name[600];

	log_set_level(LOG_ERROR);
	snprintf(path, sizeof(path), "%s/bench-inbox-%ld.db", argc > 1 ? argv[1] : ".",
	        (long)getpid());
	start(path);
	bench_steady();
	bench_maximum();
	stop();
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		snprintf(name, sizeof(name), "%s%s", path, ends[i]);
		unlink(name);
	}
	return 0;
}
