/*
 * all.c - parallel steps of one run.
 *
 * All rows are written in one commit, those of the first bodies as begun. Then the bodies run in up
 * to `at_once` threads (the worker's own among them), each with its own world and arena, and each
 * result is committed as soon as it is there. A later body's attempt is counted when its turn
 * comes, so that a crash is no attempt of what had not begun. After the second death among them
 * they go one by one: the one that kills the process is found out and the others are not its
 * victims.
 *
 * Only the bodies are parallel: records are opened and concluded by the worker.
 */
#include <stdlib.h>
#include <string.h>

#include "flow/flow_impl.h"
#include "log.h"

struct part {
	struct wf_call *call;
	struct step_rec *rec;
	enum step_next next;
	bool begun; /* by the common commit */
};

struct crew {
	struct part *parts;
	size_t n, ncalls;
	int at_once;
	atomic_size_t taken;
};

struct slot {
	struct wf w;
	struct crew *crew;
	pthread_t thread;
	struct err trouble; /* a result could not be stored: the bot stops */
};

/* --- in the slot's thread --- */

static void call_part(struct slot *s, struct part *p)
{
	if (!p->begun) {
		step_begin(p->rec);
		if (!entry_commit_slot(&s->w, p->rec, &s->trouble))
			return;
	}
	step_call(&s->w, p->rec, p->call->policy, p->call->body, p->call->in);
	entry_commit_slot(&s->w, p->rec, &s->trouble);
}

static void *slot_main(void *arg)
{
	struct slot *s = arg;
	struct crew *crew = s->crew;
	size_t i;

	while (s->trouble.code == ERR_NONE && (i = atomic_fetch_add(&crew->taken, 1)) < crew->n) {
		if (crew->parts[i].next == STEP_CALL)
			call_part(s, &crew->parts[i]);
	}
	return NULL;
}

/* --- in the worker --- */

static struct heal *slot_world(struct worker *k, int slot, struct err *e)
{
	const struct flow_config *c = &k->flow->c;

	if (slot == 0 || !c->world_new)
		return k->world;
	if (!k->slot_worlds[slot])
		k->slot_worlds[slot] = c->world_new(c->ctx, k->index, slot, e);
	return k->slot_worlds[slot];
}

static void free_arena(void *a)
{
	arena_free(a);
}

/* False: the slot cannot work; the others do its share. */
static bool slot_start(struct wf *w, struct slot *s, struct crew *crew, int index)
{
	struct entry *en = w->en;
	struct err e;
	int rc;

	s->crew = crew;
	s->w = (struct wf){.en = en, .world = slot_world(en->worker, index, &e)};
	if (!s->w.world && en->worker->world) {
		log_warn("flow", "one parallel slot less: %s", e.msg);
		return false;
	}
	s->w.a = index == 0 ? en->a : arena_new(0);
	if (index == 0)
		return true;
	arena_defer(en->a, free_arena, s->w.a); /* results stay in it until the entry ends */
	rc = pthread_create(&s->thread, NULL, slot_main, s);
	if (rc)
		log_warn("flow", "one parallel slot less: %s", strerror(rc));
	return rc == 0;
}

static void run_crew(struct wf *w, struct crew *crew, struct err *trouble)
{
	struct slot slots[FLOW_SLOTS];
	bool started[FLOW_SLOTS] = {false};
	int n = crew->ncalls < (size_t)crew->at_once ? (int)crew->ncalls : crew->at_once;

	memset(slots, 0, sizeof(slots));
	for (int i = n - 1; i >= 0; i--)
		started[i] = slot_start(w, &slots[i], crew, i);
	slot_main(&slots[0]); /* the worker's own world is always there */
	for (int i = 0; i < n; i++) {
		if (i > 0 && started[i])
			pthread_join(slots[i].thread, NULL);
		if (slots[i].trouble.code != ERR_NONE)
			*trouble = slots[i].trouble;
	}
}

/* Did the process die in one of them, and not for the first time? */
static bool deadly(const struct step_rec *r)
{
	return r->state == STEP_RUNNING && r->attempt >= 2;
}

static bool open_parts(struct wf *w, struct crew *crew, struct wf_call *calls, struct err *e)
{
	int group = 0;

	for (size_t i = 0; i < crew->n; i++) {
		struct part *p = &crew->parts[i];

		p->call = &calls[i];
		p->rec = step_open_body(w, calls[i].name, calls[i].policy, calls[i].in, e);
		if (!p->rec)
			return false;
		if (p->rec->group)
			group = p->rec->group;
		if (deadly(p->rec))
			crew->at_once = 1;
	}
	if (!group)
		group = w->en->next_group++;
	for (size_t i = 0; i < crew->n; i++)
		crew->parts[i].rec->group = group;
	return true;
}

static void begin_parts(struct wf *w, struct crew *crew)
{
	for (size_t i = 0; i < crew->n; i++) {
		struct part *p = &crew->parts[i];

		p->next = step_prepare(w, p->rec, p->call->policy);
		if (p->next != STEP_CALL)
			continue;
		p->begun = crew->ncalls < (size_t)crew->at_once;
		if (p->begun)
			step_begin(p->rec);
		else
			p->rec->state = STEP_WAITING; /* for its turn */
		entry_pend(w->en, p->rec);
		crew->ncalls++;
	}
}

/* The soonest of those that come later decides when the run is entered again. */
static bool collect(struct wf *w, struct crew *crew, bool settle, struct err *e)
{
	const struct step_rec *later = NULL;

	for (size_t i = 0; i < crew->n; i++) {
		struct step_rec *r = crew->parts[i].rec;
		struct wf_call *call = crew->parts[i].call;

		call->result = NULL;
		call->error = (struct err){0};
		if (r->state == STEP_FAILED) {
			step_error(r, &call->error);
			if (!settle) {
				*e = call->error;
				return false;
			}
		} else if (r->state == STEP_DONE) {
			call->result = step_result(w, r, e);
			if (!call->result)
				return false;
		} else if (!later || r->due_ms < later->due_ms) {
			later = r;
		}
	}
	if (!later)
		return true;
	return entry_suspend(
	        w->en, later->due_ms, arena_printf(w->en->a, "retry of %s", later->name), e);
}

static bool carry_out(
        struct wf *w, struct wf_call *calls, size_t n, int at_once, bool settle, struct err *e)
{
	struct run_commit c = {.then = RUN_KEEP};
	struct crew crew = {.n = n, .at_once = at_once};
	struct err trouble = {0};

	if (!entry_gate(w, e))
		return false;
	crew.parts = ARENA_ARRAY(w->a, n, struct part);
	if (!open_parts(w, &crew, calls, e))
		return false;
	begin_parts(w, &crew);
	if (crew.ncalls > 0) {
		if (!entry_commit(w->en, &c, e))
			return false;
		run_crew(w, &crew, &trouble);
	}
	if (trouble.code != ERR_NONE) {
		w->en->abandoned = true;
		return entry_suspend(w->en, 0, NULL, e);
	}
	return collect(w, &crew, settle, e);
}

bool wf_all(struct wf *w, struct wf_call *calls, size_t n, bool settle, struct err *e)
{
	return carry_out(w, calls, n, FLOW_SLOTS, settle, e);
}

/* --- the same step for many things --- */

static const char *item_name(
        struct arena *a, const struct wf_each *x, const json *item, size_t index)
{
	const json *id = x->id ? json_get(item, x->id) : NULL;
	const char *word = json_str(id, "", NULL);

	if (word)
		return arena_printf(a, "%s:%s", x->name, word);
	return arena_printf(
	        a, "%s:%lld", x->name, id ? (long long)json_int(id, "", 0) : (long long)index);
}

static json *results_of(struct arena *a, const struct wf_call *calls, size_t n)
{
	json *out = json_arr(a);

	for (size_t i = 0; i < n; i++)
		json_add(out, calls[i].result); /* NULL = null */
	return out;
}

const json *wf_each(struct wf *w, const struct wf_each *x, const json *items, struct err *e)
{
	int at_once = x->at_once > 0 && x->at_once < FLOW_SLOTS ? x->at_once : FLOW_SLOTS;
	size_t n = json_len(items), i = 0;
	struct wf_call *calls = ARENA_ARRAY(w->a, n + 1, struct wf_call);

	json_each (item, items) {
		calls[i] = (struct wf_call){.name = item_name(w->a, x, item, i),
		        .body = x->body,
		        .in = item,
		        .policy = x->policy};
		i++;
	}
	if (!carry_out(w, calls, n, at_once, x->settle, e))
		return NULL;
	return results_of(w->a, calls, n);
}
