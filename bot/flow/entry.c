/*
 * entry.c - one entry of a workflow function: load, call, store what became of it.
 *
 * When results are stored. A step's result is committed together with the next thing that has to be
 * on disk: the start of the next step, the park, the end. Between them only the workflow's own code
 * runs, which does nothing but decide; so one sync per step is enough, and the window in which a
 * crash repeats a step is as long as that code.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "flow/flow_impl.h"
#include "log.h"
#include "str.h"

enum { TROUBLE_FIRST_MS = 200, TROUBLE_MAX_MS = 10000 };

/* --- storing --- */

void entry_pend(struct entry *en, struct step_rec *r)
{
	for (size_t i = 0; i < en->npending; i++) {
		if (en->pending[i] == r)
			return;
	}
	if (en->npending == en->pending_cap) {
		size_t cap = en->pending_cap ? en->pending_cap * 2 : 8;
		struct step_rec **p = ARENA_ARRAY(en->a, cap, struct step_rec *);

		if (en->npending)
			memcpy(p, en->pending, en->npending * sizeof(struct step_rec *));
		en->pending = p;
		en->pending_cap = cap;
	}
	en->pending[en->npending++] = r;
}

void entry_unpend(struct entry *en, const struct step_rec *r)
{
	for (size_t i = 0; i < en->npending; i++) {
		if (en->pending[i] == r) {
			en->pending[i] = en->pending[--en->npending];
			return;
		}
	}
}

/* Sleeps before another try; false when the bot stops. */
static bool wait_out_trouble(struct flow *f, int64_t ms)
{
	int64_t until = clock_mono_ms() + ms, left;

	pthread_mutex_lock(&f->mu);
	while (!flow_stopping(f) && (left = until - clock_mono_ms()) > 0)
		flow_wait_until(&f->calm, &f->mu, clock_now_ms() + left);
	pthread_mutex_unlock(&f->mu);
	return !flow_stopping(f);
}

/* A result that cannot be stored is not given up: the effect has happened, the disk may be freed.
 * False with ERR_STORE: the bot stops before it worked. */
static bool write_stubbornly(struct entry *en, struct run_commit *c, struct err *e)
{
	int64_t ms = TROUBLE_FIRST_MS;

	c->run = en->run;
	while (!store_write(en->flow->c.store, run_commit_tx, c, e)) {
		if (e->code != ERR_STORE)
			return false;
		atomic_fetch_add(&en->flow->store_trouble, 1);
		log_error("flow", "run %lld waits for the store: %s", (long long)en->run, e->msg);
		if (!wait_out_trouble(en->flow, ms))
			return false;
		ms = ms * 2 < TROUBLE_MAX_MS ? ms * 2 : TROUBLE_MAX_MS;
	}
	return true;
}

static void committed(const struct entry *en, struct step_rec *r)
{
	if (r->state == STEP_DONE) {
		crash_mark("done", en->run, r->name);
		crash_place(en->name, r->name);
		crash_point("after-commit");
	}
	r->stored = true;
	r->tried = false;
	r->failed.n = 0;
}

static void add_lease(struct entry *en, struct run_commit *c)
{
	int64_t now = clock_mono_ms(), ms = en->flow->c.lease_ms;

	if (atomic_load(&en->worker->lease_mono_ms) - now >= ms / 2)
		return;
	c->lease_until_ms = clock_now_ms() + ms;
	atomic_store(&en->worker->lease_mono_ms, now + ms);
}

bool entry_commit(struct entry *en, struct run_commit *c, struct err *e)
{
	size_t n = en->npending;

	c->a = en->a;
	c->steps = en->pending;
	c->nsteps = n;
	add_lease(en, c);
	if (c->then != RUN_KEEP && !flow_stopping(en->flow)) {
		en->worker->claim.a = en->worker->arenas[!en->worker->arena];
		c->claim = &en->worker->claim;
	}
	for (size_t i = 0; i < n; i++) {
		if (en->pending[i]->tried) {
			crash_place(en->name, en->pending[i]->name);
			crash_point("before-commit");
		}
	}
	if (!write_stubbornly(en, c, e)) {
		en->abandoned = e->code == ERR_STORE;
		return en->abandoned ? entry_suspend(en, 0, NULL, e) : false;
	}
	for (size_t i = 0; i < n; i++)
		committed(en, en->pending[i]);
	en->npending = 0;
	en->parked = !c->goes_on;
	crash_place(en->name, NULL);
	if (en->parked)
		crash_point(c->then == RUN_PARK ? "after-park" : "after-end");
	return true;
}

bool entry_commit_slot(struct wf *w, struct step_rec *r, struct err *e)
{
	struct run_commit c = {.then = RUN_KEEP, .a = w->a, .steps = &r, .nsteps = 1};

	add_lease(w->en, &c);
	if (!write_stubbornly(w->en, &c, e))
		return false;
	committed(w->en, r);
	return true;
}

bool entry_suspend(struct entry *en, int64_t due_ms, const char *waits, struct err *e)
{
	if (!en->suspended) {
		en->suspended = true;
		en->due_ms = due_ms;
		en->waits = waits;
	}
	return err_set(e, ERR_SUSPENDED, false, "run %lld is parked", (long long)en->run);
}

/* --- steering --- */

/* Reads whether somebody cancelled or paused the run, when there is reason to. */
static bool read_steering(struct entry *en, struct err *e)
{
	struct db *db;

	if (!atomic_exchange(&en->worker->steered, false))
		return true;
	db = store_reader(en->flow->c.store, e);
	if (db && run_read_steering(
	                  db, en->run, en->why, sizeof(en->why), &en->cancelled, &en->paused, e))
		return true;
	atomic_store(&en->worker->steered, true); /* asked again next time */
	return false;
}

bool entry_wanted(struct entry *en, struct err *e)
{
	struct err trouble;
	bool wanted;

	pthread_mutex_lock(&en->mu);
	if (!read_steering(en, &trouble))
		log_warn("flow", "run %lld: %s", (long long)en->run, trouble.msg);
	wanted = !en->cancelled || err_set(e, ERR_CANCELED, false, "%s", en->why);
	pthread_mutex_unlock(&en->mu);
	return wanted;
}

bool entry_gate(struct wf *w, struct err *e)
{
	struct entry *en = w->en;

	assert(!w->step); /* steps do not nest: a body calls no wf_step, wf_sleep, wf_wait ... */
	if (en->suspended)
		return entry_suspend(en, 0, NULL, e);
	if (!entry_wanted(en, e))
		return false;
	entry_follow_clock(en);
	if (en->paused || flow_stopping(en->flow))
		return entry_suspend(en, clock_now_ms(), NULL, e);
	return true;
}

/* --- the entry --- */

static wf_fn function_of(const struct workflow *wf, const char *name)
{
	const char *hook = strchr(name, '!');

	if (!wf || !hook)
		return wf ? wf->run : NULL;
	return strcmp(hook, "!failed") == 0 ? wf->on_failure : wf->on_cancel;
}

static bool find_function(struct entry *en, const struct run_claim *c, struct err *e)
{
	int oldest;

	en->wf = runs_workflow(
	        en->flow->c.store, arena_strndup(en->a, c->workflow, strcspn(c->workflow, "!")));
	en->fn = function_of(en->wf, c->workflow);
	if (!en->fn)
		return err_set(
		        e, ERR_CONFIG, false, "this program has no workflow %s", c->workflow);
	oldest = en->wf->min_version > 0 ? en->wf->min_version : en->wf->version;
	if (c->version < oldest || c->version > en->wf->version)
		return err_set(e, ERR_CONFIG, false,
		        "the run was made by version %d of %s; this program continues %d to %d",
		        c->version, c->workflow, oldest, en->wf->version);
	return true;
}

static bool load_steps(struct entry *en, struct err *e)
{
	struct db *db = store_reader(en->flow->c.store, e);
	struct step_rec **recs;
	size_t n;

	if (!db || !run_load_steps(db, en->a, en->run, &recs, &n, e))
		return false;
	for (size_t i = 0; i < n; i++) {
		struct wstep *s = ARENA_NEW(en->a, struct wstep);

		s->rec = recs[i];
		map_put(en->steps, recs[i]->name, s);
		en->unasked += step_counts(recs[i]);
		if (recs[i]->seq >= en->next_seq)
			en->next_seq = recs[i]->seq + 1;
		if (recs[i]->group >= en->next_group)
			en->next_group = recs[i]->group + 1;
	}
	return true;
}

static bool load(struct entry *en, const struct run_claim *c, struct err *e)
{
	en->input = NULL;
	if (c->input) {
		en->input = json_parse(en->a, c->input, strlen(c->input), e);
		if (!en->input)
			return err_wrap(e, "the stored input of the run is damaged");
	}
	/* Who cancelled it between the claim and now did not find it executing. */
	atomic_store(&en->worker->steered, true);
	return find_function(en, c, e) && (c->entries == 1 || load_steps(en, e)) &&
	       entry_wanted(en, e); /* the first time it has no steps */
}

static void decide_failure(struct entry *en, struct run_commit *c, const struct err *why)
{
	c->err_code = arena_strdup(en->a, err_code_name(why->code));
	c->err_msg = arena_strdup(en->a, why->msg[0] ? why->msg : "it failed without saying why");
	c->then = RUN_FAILED;
	if (why->code == ERR_CANCELED && en->cancelled) {
		c->then = RUN_CANCELLED;
		c->err_msg = en->why;
		return;
	}
	atomic_fetch_add(&en->flow->failures, 1);
	log_warn("flow", "run %lld (%s) failed: %s", (long long)en->run,
	        en->wf ? en->wf->name : "?", c->err_msg);
}

static void decide(struct entry *en, bool ok, const struct err *why, struct run_commit *c)
{
	if (en->suspended) {
		c->then = RUN_PARK;
		c->due_ms = en->due_ms;
		c->waits = en->waits;
	} else if (ok) {
		c->then = RUN_DONE;
		c->result = en->result;
	} else if (why->code == ERR_CANCELED && !en->cancelled && flow_stopping(en->flow)) {
		c->then = RUN_PARK;
		c->due_ms = clock_now_ms();
	} else {
		decide_failure(en, c, why);
	}
}

static void end(struct entry *en, bool ok, const struct err *why)
{
	struct run_commit c = {0};
	struct err e;

	if (en->parked || en->abandoned)
		return;
	entry_follow_clock(en);
	decide(en, ok, why, &c);
	crash_place(en->name, NULL);
	crash_point(c.then == RUN_PARK ? "before-park" : "before-end");
	if (!entry_commit(en, &c, &e) && !en->abandoned)
		log_error("flow", "run %lld: its end cannot be stored: %s", (long long)en->run,
		        e.msg);
}

/* Whether the function was entered does not matter to the rest: a run that cannot be loaded fails.
 */
static void enter(struct entry *en, const struct run_claim *c)
{
	struct wf w = {.en = en, .a = en->a, .world = en->worker->world};
	struct err e = {0};
	bool ok = load(en, c, &e);

	if (!ok && e.code == ERR_STORE && e.retryable)
		entry_suspend(en, clock_now_ms() + 1000, "the store", &e);
	else if (ok && flow_stopping(en->flow))
		ok = entry_suspend(en, clock_now_ms(), NULL, &e);
	else if (ok)
		ok = en->fn(&w, &e);
	if (en->unasked > 0 && !en->suspended)
		steps_dropped(&w);
	end(en, ok, &e);
}

void entry_run(struct worker *k)
{
	struct run_claim c = k->claim;
	struct arena *a = k->arenas[k->arena];
	struct entry en = {.flow = k->flow,
	        .worker = k,
	        .a = a,
	        .name = c.workflow,
	        .run = c.id,
	        .created_ms = c.created_ms,
	        .version = c.version,
	        .entries = c.entries,
	        .clock_shift_ms = atomic_load(&k->flow->clock_shift_ms),
	        .next_seq = 1,
	        .next_group = 1};

	k->claim.id = 0;
	atomic_store(&k->lease_mono_ms, clock_mono_ms() + k->flow->c.lease_ms);
	atomic_store(&k->run, c.id);
	atomic_fetch_add(&k->flow->entries, 1);
	crash_place(en.name, NULL);
	crash_point("after-claim");
	en.steps = map_new(a);
	pthread_mutex_init(&en.mu, NULL);
	enter(&en, &c);
	pthread_mutex_destroy(&en.mu);
	atomic_store(&k->run, 0);
	atomic_store(&k->lease_mono_ms, 0);
	arena_reset(a);
	k->arena = !k->arena; /* the next claim's strings are in the other one */
}

/* --- what the workflow may ask --- */

struct arena *wf_arena(struct wf *w)
{
	return w->a;
}

const json *wf_input(const struct wf *w)
{
	return w->en->input;
}

int64_t wf_run_id(const struct wf *w)
{
	return w->en->run;
}

struct heal *wf_heal(const struct wf *w)
{
	return w->world;
}

int wf_version(const struct wf *w)
{
	return w->en->version;
}

int64_t wf_started_ms(const struct wf *w)
{
	return w->en->created_ms;
}

void wf_result(struct wf *w, const json *result)
{
	w->en->result = result ? json_print(w->en->a, result) : NULL;
}
