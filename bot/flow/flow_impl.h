/*
 * flow_impl.h - the engine's inside, for bot/flow/ only.
 *
 *	flow    one; its mutex guards the idle classes, `stopping` and `executing`
 *
 *	worker  one per pool thread: what it executes, its arenas, the worlds of its parallel slots
 *
 *	entry   one entry of a workflow function: the run's steps, what is not stored yet
 *
 *	wf      what the workflow or a body holds: the entry, and the slot's arena, world, step
 */
#ifndef FLOW_FLOW_IMPL_H
#define FLOW_FLOW_IMPL_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/crash.h"
#include "base/map.h"
#include "flow/flow.h"
#include "store/runs_engine.h"

enum { FLOW_SLOTS = 8 }; /* parallel steps of one run */

/* Workers that may take the same runs wait together; see work.c. */
struct idle_class {
	pthread_cond_t cond;
	int waiting;
	int calls;           /* of the waiting ones, how many shall go and look */
	bool keeper;         /* one of them watches the clock */
	uint64_t news;       /* raised by everything that may have made a run due */
	int64_t next_due_ms; /* what the keeper waits for */
};

struct worker {
	struct flow *flow;
	int index;
	struct heal *world;
	struct heal *slot_worlds[FLOW_SLOTS];
	_Atomic int64_t run;           /* being executed; 0 = none */
	_Atomic int64_t lease_mono_ms; /* it promised to give a sign of life until then */
	atomic_bool steered;           /* somebody cancelled or paused it: look into the store */
	struct run_claim claim;        /* the next one */
	struct arena *arenas[2];       /* of this entry and, meanwhile, of the next claim */
	int arena;
};

struct flow {
	struct flow_config c;
	pthread_mutex_t mu;
	struct idle_class first, rest; /* worker 0 (interactive only) and the others */
	pthread_cond_t calm;           /* nobody executes, or the bot stops */
	atomic_bool stopping;
	int executing;
	struct worker *workers;
	_Atomic int64_t entries, steps, failures, store_trouble;
	_Atomic int64_t clock_offset_ms; /* as it was when last looked at; see flow_clock.c */
	_Atomic int64_t clock_shift_ms;  /* by how much the wall clock was set since the start */
	pthread_mutex_t clock_mu; /* held while rows are moved; taken before mu, never under it */
};

/* A step during an entry. */
struct wstep {
	struct step_rec *rec;
	bool seen; /* already asked for in this entry */
};

struct entry {
	struct flow *flow;
	struct worker *worker;
	struct arena *a;
	const struct workflow *wf;
	wf_fn fn;
	const char *name; /* of the workflow or its hook, "fix!failed" */
	int64_t run, created_ms;
	int version, entries;
	const json *input;
	struct map *steps;      /* name -> struct wstep */
	int unasked;            /* steps that were begun (step_counts), not asked for yet */
	int64_t clock_shift_ms; /* the flow's, that due times in `steps` follow */
	int next_seq, next_group;
	struct step_rec **pending; /* changed, not stored yet: committed with whatever comes next */
	size_t npending, pending_cap;
	const char *result; /* text; NULL = none */
	pthread_mutex_t mu; /* guards the next two while parallel steps execute */
	bool cancelled, paused;
	char why[200];     /* it was cancelled */
	bool suspended;    /* the function shall return */
	bool parked;       /* and that is stored already */
	bool abandoned;    /* the bot stops and the store does not work */
	int64_t due_ms;    /* when to enter it again */
	bool due_is_wall;  /* of wf_sleep_until */
	const char *waits; /* for people */
};

struct wf {
	struct entry *en;
	struct arena *a;
	struct heal *world;
	/* the body being executed */
	struct step_rec *step;
	const char *key;
	int64_t give_up_mono_ms; /* its time limit */
	const json *memo;        /* what wf_state gives */
	bool again;
	int64_t again_ms;
	const char *again_memo;
};

/* flow.c */
bool flow_stopping(struct flow *f);
/* Both with the flow's mutex held: one waiting worker shall look; something is due then. */
void idle_call(struct idle_class *c);
void idle_due(struct idle_class *c, int64_t due_ms);
/* Waits on a condition until a wall time, at most 60 s (the wall clock may jump). */
void flow_wait_until(pthread_cond_t *cond, pthread_mutex_t *mu, int64_t wall_ms);

/* flow_clock.c */
/* Was the wall clock set? Then what waits for a duration is moved with it. No lock is held. */
void flow_watch_clock(struct flow *f);
bool flow_clock_was_set(struct flow *f); /* and nobody has seen to it yet; any thread */
/* The same, and what the entry has in memory. */
void entry_follow_clock(struct entry *en);

/* entry.c */
void entry_run(struct worker *k); /* executes k->claim; leaves the next claim there */
/* Stores the pending steps and what becomes of the run (c->then ...); claims the next run when this
 * one is let go. Goes on trying while the store has trouble and the bot does not stop. False: e
 * says why; return it at once. */
bool entry_commit(struct entry *en, struct run_commit *c, struct err *e);
/* One step of several that execute side by side; from the slot's thread. */
bool entry_commit_slot(struct wf *w, struct step_rec *r, struct err *e);
void entry_pend(struct entry *en, struct step_rec *r);
void entry_unpend(struct entry *en, const struct step_rec *r);
/* The function shall return and be entered again at due_ms. Returns false. */
bool entry_suspend(struct entry *en, int64_t due_ms, const char *waits, struct err *e);
/* May the workflow go on? False: it is suspended, cancelled, paused, or the bot stops. */
bool entry_gate(struct wf *w, struct err *e);
/* False and ERR_CANCELED when the run was cancelled. Any thread of the entry. */
bool entry_wanted(struct entry *en, struct err *e);

/* step.c */
/* The record of a step that is asked for now; made when new. NULL and ERR_CONFLICT. */
struct step_rec *step_open(
        struct wf *w, const char *name, enum step_kind kind, const json *in, struct err *e);
struct step_rec *step_open_body(
        struct wf *w, const char *name, const struct wf_policy *p, const json *in, struct err *e);
bool step_counts(const struct step_rec *r); /* its effect is, or may be, in the world */
/* The function ended: what was being executed and is not asked for any more is said to be. */
void steps_dropped(struct wf *w);
const json *step_result(struct wf *w, struct step_rec *r, struct err *e);
/* Where a body step stands before it is called. */
enum step_next { STEP_CALL, STEP_HAS_RESULT, STEP_HAS_ERROR, STEP_LATER };
enum step_next step_prepare(struct wf *w, struct step_rec *r, const struct wf_policy *p);
void step_begin(struct step_rec *r); /* counts the attempt; then to be committed */
void step_error(const struct step_rec *r, struct err *e);
/* The result, the stored error, or the suspension that follows from the record's state. */
const json *step_conclude(struct wf *w, struct step_rec *r, struct err *e);

/* call.c */
struct wf_policy step_policy(const struct wf_policy *p); /* zeros replaced by defaults */
void step_failed(struct wf *w, struct step_rec *r, const struct err *why);
void step_call(
        struct wf *w, struct step_rec *r, const struct wf_policy *p, wf_body body, const json *in);

#endif
