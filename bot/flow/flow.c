/* flow.c - see flow.h: making the engine, waking its workers, stopping it. */
#include "flow/flow.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "clock.h"
#include "flow/flow_impl.h"
#include "log.h"
#include "str.h"

enum { MAX_WORKERS = 256, LEASE_MS = 60000, WAIT_CAP_MS = 60000 };

/* --- waking --- */

static void steer(struct flow *f, int64_t run)
{
	for (int i = 0; i < f->c.workers; i++) {
		if (atomic_load(&f->workers[i].run) == run)
			atomic_store(&f->workers[i].steered, true);
	}
}

static void on_wake(void *ctx, const struct store_wake *w)
{
	struct flow *f = ctx;

	if (w->steer) {
		steer(f, w->run);
		return;
	}
	pthread_mutex_lock(&f->mu);
	f->first.news++;
	f->rest.news++;
	if (w->due_ms > clock_now_ms()) {
		/* Watched by both classes: who is idle then is not known now. */
		if (w->lane == WF_INTERACTIVE)
			idle_due(&f->first, w->due_ms);
		idle_due(&f->rest, w->due_ms);
	} else if (w->lane == WF_INTERACTIVE && f->first.waiting > f->first.calls) {
		idle_call(&f->first);
	} else {
		idle_call(&f->rest);
	}
	pthread_mutex_unlock(&f->mu);
}

void flow_poke(struct flow *f)
{
	pthread_mutex_lock(&f->mu);
	f->first.news++;
	f->rest.news++;
	idle_call(&f->first);
	idle_call(&f->rest);
	pthread_mutex_unlock(&f->mu);
}

void flow_wait_until(pthread_cond_t *cond, pthread_mutex_t *mu, int64_t wall_ms)
{
	int64_t ms = wall_ms - clock_now_ms();
	struct timespec t;

	if (ms <= 0)
		return;
	if (ms > WAIT_CAP_MS)
		ms = WAIT_CAP_MS;
	clock_gettime(CLOCK_MONOTONIC, &t);
	t.tv_sec += ms / 1000;
	t.tv_nsec += ms % 1000 * 1000000;
	if (t.tv_nsec >= 1000000000) {
		t.tv_sec++;
		t.tv_nsec -= 1000000000;
	}
	pthread_cond_timedwait(cond, mu, &t);
}

/* --- starting --- */

static bool continues(const struct workflow *wf, int version)
{
	return wf && version <= wf->version &&
	       version >= (wf->min_version > 0 ? wf->min_version : wf->version);
}

/* "fix!failed" is continued by the program that has fix. */
static const struct workflow *workflow_of(const struct store *s, struct arena *a, const char *name)
{
	return runs_workflow(s, arena_strndup(a, name, strcspn(name, "!")));
}

static bool check_stranded(struct store *s, struct err *e)
{
	struct db *db = store_reader(s, e);
	struct arena *a = arena_new(0);
	struct str list = str_new(a);
	struct run_kind *kinds;
	size_t n;
	bool ok = db && run_kinds(db, a, &kinds, &n, e);

	for (size_t i = 0; ok && i < n; i++) {
		if (!continues(workflow_of(s, a, kinds[i].workflow), kinds[i].version))
			str_addf(&list, "%s%lld of %s version %d", list.len ? ", " : "",
			        (long long)kinds[i].count, kinds[i].workflow, kinds[i].version);
	}
	if (ok && list.len)
		ok = err_set(e, ERR_CONFIG, false,
		        "unfinished runs that this program cannot continue: %s. Start the version of "
		        "healbot that made them until they have ended, or cancel them",
		        list.s);
	arena_free(a);
	return ok;
}

static bool recover(struct store *s, struct err *e)
{
	struct run_recover r = {.boot = store_boot(s)};

	if (!store_write(s, run_recover_tx, &r, e))
		return false;
	if (r.recovered)
		log_info("flow", "taken over from an earlier process: runs=%lld stopped=%lld",
		        (long long)r.recovered, (long long)r.poisoned);
	return true;
}

static void cond_init(pthread_cond_t *c)
{
	pthread_condattr_t attr;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(c, &attr);
	pthread_condattr_destroy(&attr);
}

static void workers_init(struct flow *f)
{
	f->workers = calloc((size_t)f->c.workers, sizeof(*f->workers));
	if (!f->workers)
		abort();
	for (int i = 0; i < f->c.workers; i++) {
		struct worker *k = &f->workers[i];

		k->flow = f;
		k->index = i;
		k->arenas[0] = arena_new(0);
		k->arenas[1] = arena_new(0);
		k->claim.boot = store_boot(f->c.store);
		k->claim.lease_ms = f->c.lease_ms;
		k->claim.interactive_only = i == 0 && f->c.workers > 1;
	}
}

struct flow *flow_new(const struct flow_config *c, struct err *e)
{
	struct flow *f;

	assert(c->workers >= 1 && c->workers <= MAX_WORKERS);
	runs_register(c->store, c->workflows);
	if (!check_stranded(c->store, e) || !recover(c->store, e))
		return NULL;
	f = calloc(1, sizeof(*f));
	if (!f)
		abort();
	f->c = *c;
	if (f->c.lease_ms <= 0)
		f->c.lease_ms = LEASE_MS;
	atomic_store(&f->clock_offset_ms, clock_offset_ms());
	pthread_mutex_init(&f->mu, NULL);
	pthread_mutex_init(&f->clock_mu, NULL);
	cond_init(&f->first.cond);
	cond_init(&f->rest.cond);
	f->first.next_due_ms = f->rest.next_due_ms = RUN_NEVER;
	cond_init(&f->calm);
	workers_init(f);
	store_on_wake(c->store, on_wake, f);
	return f;
}

void flow_free(struct flow *f)
{
	if (!f)
		return;
	store_on_wake(f->c.store, NULL, NULL);
	for (int i = 0; i < f->c.workers; i++) {
		struct worker *k = &f->workers[i];

		for (int slot = 0; slot < FLOW_SLOTS; slot++) {
			if (k->slot_worlds[slot])
				f->c.world_free(f->c.ctx, k->slot_worlds[slot]);
		}
		arena_free(k->arenas[0]);
		arena_free(k->arenas[1]);
	}
	pthread_cond_destroy(&f->first.cond);
	pthread_cond_destroy(&f->rest.cond);
	pthread_cond_destroy(&f->calm);
	pthread_mutex_destroy(&f->mu);
	pthread_mutex_destroy(&f->clock_mu);
	free(f->workers);
	free(f);
}

/* --- stopping --- */

bool flow_stopping(struct flow *f)
{
	return atomic_load(&f->stopping);
}

void flow_stop(struct flow *f)
{
	pthread_mutex_lock(&f->mu);
	atomic_store(&f->stopping, true);
	pthread_cond_broadcast(&f->first.cond);
	pthread_cond_broadcast(&f->rest.cond);
	pthread_cond_broadcast(&f->calm);
	pthread_mutex_unlock(&f->mu);
}

bool flow_drain(struct flow *f, int64_t timeout_ms)
{
	int64_t until = clock_mono_ms() + timeout_ms, left;
	bool calm;

	pthread_mutex_lock(&f->mu);
	while (f->executing > 0 && (left = until - clock_mono_ms()) > 0)
		flow_wait_until(&f->calm, &f->mu, clock_now_ms() + left);
	calm = f->executing == 0;
	pthread_mutex_unlock(&f->mu);
	return calm;
}

void flow_stats(struct flow *f, struct flow_stats *out)
{
	int64_t now = clock_mono_ms();

	out->stalled = 0;
	for (int i = 0; i < f->c.workers; i++) {
		int64_t lease = atomic_load(&f->workers[i].lease_mono_ms);

		out->stalled += lease > 0 && lease < now;
	}
	pthread_mutex_lock(&f->mu);
	out->executing = f->executing;
	pthread_mutex_unlock(&f->mu);
	out->workers = f->c.workers;
	out->entries = atomic_load(&f->entries);
	out->steps = atomic_load(&f->steps);
	out->failures = atomic_load(&f->failures);
	out->store_trouble = atomic_load(&f->store_trouble);
}
