/* flowkit.c - see flowkit.h. Waiting is by looking again every half millisecond, with a deadline.
 */
#include "flowkit.h"

#include <dirent.h>
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "str.h"
#include "unit.h"

enum { PATIENCE_MS = 20000 };

static void fail_now(const char *what, const struct err *e)
{
	fprintf(stderr, "flowkit: %s: %s\n", what, e->msg);
	abort();
}

static void breathe(void)
{
	struct timespec t = {.tv_nsec = 500000};

	nanosleep(&t, NULL);
}

struct kit *kit_new(void)
{
	struct kit *k = calloc(1, sizeof(*k));
	const char *tmp = getenv("TMPDIR");
	struct err e;

	snprintf(k->dir, sizeof(k->dir), "%s/heal-kit.XXXXXX", tmp ? tmp : "/tmp");
	if (!mkdtemp(k->dir))
		abort();
	snprintf(k->path, sizeof(k->path), "%s/heal.db", k->dir);
	k->a = arena_new(0);
	k->store = store_open(k->path, STORE_OWN, &e);
	if (!k->store)
		fail_now("open", &e);
	return k;
}

static void remove_dir(const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *f;
	char path[512];

	while (d && (f = readdir(d))) {
		snprintf(path, sizeof(path), "%s/%s", dir, f->d_name);
		if (f->d_name[0] != '.')
			unlink(path);
	}
	if (d)
		closedir(d);
	rmdir(dir);
}

void kit_free(struct kit *k)
{
	kit_stop(k);
	store_close(k->store);
	remove_dir(k->dir);
	arena_free(k->a);
	free(k);
}

static void *worker_main(void *arg)
{
	struct kit_worker *w = arg;

	flow_work(w->kit->flow, w->index, w->world);
	return NULL;
}

void kit_start(struct kit *k, const struct workflow *const *workflows, int workers)
{
	struct flow_config c = {.workflows = workflows, .workers = workers};

	kit_start_with(k, c, NULL);
}

void kit_start_with(struct kit *k, struct flow_config c, struct heal **worlds)
{
	struct err e;

	c.store = k->store;
	k->flow = flow_new(&c, &e);
	if (!k->flow)
		fail_now("flow_new", &e);
	k->workers = c.workers;
	for (int i = 0; i < c.workers; i++) {
		pthread_t t;

		k->worker[i].kit = k;
		k->worker[i].index = i;
		k->worker[i].world = worlds ? worlds[i] : NULL;
		if (pthread_create(&t, NULL, worker_main, &k->worker[i]) != 0)
			abort();
		k->worker[i].thread = (unsigned long)t;
	}
}

void kit_stop(struct kit *k)
{
	if (!k->flow)
		return;
	flow_stop(k->flow);
	for (int i = 0; i < k->workers; i++)
		pthread_join((pthread_t)k->worker[i].thread, NULL);
	flow_free(k->flow);
	k->flow = NULL;
}

void kit_reopen(struct kit *k)
{
	struct err e;

	kit_stop(k);
	store_close(k->store);
	k->store = store_open(k->path, STORE_OWN, &e);
	if (!k->store)
		fail_now("reopen", &e);
}

int64_t kit_run(struct kit *k, const char *workflow, const json *input)
{
	struct wf_start st = {.workflow = workflow, .input = input};
	struct err e;
	int64_t id;

	if (!flow_start(k->store, &st, &id, &e))
		fail_now("start", &e);
	return id;
}

static struct run_detail *look(struct kit *k, int64_t run)
{
	struct err e;
	struct run_detail *d = run_get(k->store, k->a, run, 0, &e);

	if (!d)
		fail_now("run_get", &e);
	return d;
}

static struct run_detail *until(struct kit *k, int64_t run, const char *state, const char *waits)
{
	int64_t end = clock_mono_ms() + PATIENCE_MS;
	struct run_detail *d;

	for (;;) {
		d = look(k, run);
		if (str_eq(d->run.state, state) && (!waits || str_eq(d->run.waits, waits)))
			return d;
		if (clock_mono_ms() > end)
			break;
		breathe();
	}
	fprintf(stderr, "run %lld (%s) is %s, waits for %s, error %s; wanted %s %s\n",
	        (long long)run, d->run.workflow, d->run.state, str_or(d->run.waits, "nothing"),
	        str_or(d->run.error, "none"), state, str_or(waits, ""));
	abort();
}

struct run_detail *kit_until(struct kit *k, int64_t run, const char *state)
{
	return until(k, run, state, NULL);
}

struct run_detail *kit_until_waits(struct kit *k, int64_t run, const char *waits)
{
	return until(k, run, "ready", waits);
}

void kit_until_count(const _Atomic int *n, int min)
{
	int64_t end = clock_mono_ms() + PATIENCE_MS;

	while (atomic_load(n) < min) {
		if (clock_mono_ms() > end) {
			fprintf(stderr, "count is %d, wanted %d\n", atomic_load(n), min);
			abort();
		}
		breathe();
	}
}

struct run_step *kit_step(struct run_detail *d, const char *name)
{
	for (size_t i = 0; i < d->nsteps; i++) {
		if (str_eq(d->steps[i].name, name))
			return &d->steps[i];
	}
	fprintf(stderr, "run %lld has no step %s\n", (long long)d->run.id, name);
	abort();
}
