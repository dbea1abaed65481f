/* bench_pages.c - the pages over 100,000 runs (one in a hundred failed, one in ten about an
 * incident): how long each takes to be made, the redactor included. `bench_pages [DIR]`: where the
 * store is made. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "app/gate.h"
#include "clock.h"
#include "log.h"
#include "pages/site.h"
#include "store/runs_engine.h"
#include "str.h"

enum { RUNS = 100000, AT_ONCE = 2000, TIMES = 21 };

static bool nothing(struct wf *w, struct err *e)
{
	(void)w;
	(void)e;
	return true;
}

static const struct workflow scan = {.name = "scan", .version = 1, .run = nothing};
static const struct workflow publish = {.name = "publish", .version = 1, .run = nothing};
static const struct workflow *const workflows[] = {&scan, &publish, NULL};

/* ---- the store ------------------------------------------------------------------------------- */

static bool one(struct db *db, struct arena *a, int i, struct err *e)
{
	json *in = json_obj(a);
	struct wf_start st = {.workflow = i % 10 ? "scan" : "publish", .input = in};
	int64_t id;

	json_set_int(in, i % 10 ? "n" : "incident", 1 + i / 100);
	if (!flow_start_tx(db, &st, &id, e))
		return false;
	if (i >= RUNS - 50) /* not ended */
		return true;
	return run_end_tx(db, id, i % 100 == 7 ? RUN_FAILED : RUN_DONE,
	        i % 100 == 7 ? "status" : NULL, i % 100 == 7 ? "the peer answered 503" : NULL, e);
}

static bool some(struct db *db, void *arg, struct err *e)
{
	int from = *(int *)arg;
	bool ok = true;

	for (int i = from; ok && i < from + AT_ONCE; i++) {
		struct arena *a = arena_new(0);

		ok = one(db, a, i, e);
		arena_free(a);
	}
	return ok;
}

static struct store *fill(const char *path)
{
	struct err e = {0};
	struct store *s = store_open(path, STORE_OWN, &e);

	if (!s)
		goto failed;
	runs_register(s, workflows);
	for (int i = 0; i < RUNS; i += AT_ONCE)
		if (!store_write(s, some, &i, &e))
			goto failed;
	return s;
failed:
	fprintf(stderr, "bench_pages: %s\n", e.msg);
	exit(1);
}

/* ---- pages ----------------------------------------------------------------------------------- */

static const struct page_route *route_of(const char *path)
{
	const struct page_route *found = NULL;

	for (const struct page_route *r = site_routes; r->path; r++) {
		size_t n = strlen(r->path);

		if (!found && (str_eq(r->path, path) || (n > 1 && r->path[n - 1] == '/' &&
		                                                str_starts(path, r->path))))
			found = r;
	}
	if (!found)
		abort();
	return found;
}

/* Microseconds; *bytes = its size. */
static int64_t make(struct site *site, const char *path, const char *param, size_t *bytes)
{
	const char *params[] = {param, NULL};
	const struct page_route *r = route_of(path);
	struct arena *a = arena_new(0);
	struct page_request q = {.a = a, .path = path, .params = params, .trusted = true};
	struct page_answer out = {.status = 200};
	struct timespec from, to;

	q.rest = path + strlen(r->path);
	q.seen = r->look ? r->look(site, a) : NULL;
	clock_gettime(CLOCK_MONOTONIC, &from);
	r->fn(site, &q, &out);
	clock_gettime(CLOCK_MONOTONIC, &to);
	*bytes = out.status == 200 ? out.len : 0;
	arena_free(a);
	return (to.tv_sec - from.tv_sec) * 1000000 + (to.tv_nsec - from.tv_nsec) / 1000;
}

static int smaller(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static void measure(struct site *site, const char *path, const char *param)
{
	int64_t us[TIMES];
	size_t bytes = 0, middle = TIMES / 2;

	for (int i = 0; i < TIMES; i++)
		us[i] = make(site, path, param, &bytes);
	qsort(us, TIMES, sizeof(us[0]), smaller);
	printf("%-12s %-24s %6.2f ms median, %6.2f ms worst, %zu bytes\n", path, str_or(param, ""),
	        (double)us[middle] * 1e-3, (double)us[TIMES - 1] * 1e-3, bytes);
}

int main(int argc, char **argv)
{
	static const char *const ends[] = {"", "-wal", "-shm", ".lock"};
	static const char *const params[] = {NULL, "state=failed", "state=done", "state=unfinished",
	        "workflow=publish", "incident=500", "service=none", "since=1h", "until=1h",
	        "before=50000", "after=50000", "search=nowhere"};
	struct site site = {.mask = gate_text, .version = "bench", .started_ms = clock_now_ms()};
	char path[512], name[600];

	log_set_level(LOG_ERROR);
	snprintf(path, sizeof(path), "%s/bench-pages-%ld.db", argc > 1 ? argv[1] : ".",
	        (long)getpid());
	site.store = fill(path);
	printf("%d runs; build/release/bench/bench_pages\n", RUNS);
	measure(&site, "/", NULL);
	for (size_t i = 0; i < sizeof(params) / sizeof(params[0]); i++)
		measure(&site, "/runs", params[i]);
	measure(&site, "/runs/500", NULL);
	measure(&site, "/queue", NULL);
	store_close(site.store);
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		snprintf(name, sizeof(name), "%s%s", path, ends[i]);
		unlink(name);
	}
	return 0;
}
