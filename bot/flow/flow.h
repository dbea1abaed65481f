/*
 * flow.h - the engine: workers enter runs that are due. What a workflow sees is include/workflow.h.
 *
 * A worker claims a run (a row, by lease), enters its function, and parks, finishes or fails it;
 * the same transaction claims the next one. Nothing polls: a start, a signal, a child's end wakes a
 * worker through the store's wake-up hook, sleeps and retries through the earliest due time.
 *
 * Who died. One process owns the file (store.h), so at start every run of another boot id is
 * known to be nobody's: it is taken over at once, however long its lease; and a slow one of this
 * process is never taken away. The lease says whether a worker of this process still lives: one
 * that gave no sign of life in time counts as stalled (flow_stats; /healthz fails), and the
 * supervisor's restart is its end. A run whose process died twice in the same step is suspect: the
 * suspects are carried out one at a time, so that the one that kills is found out and the attempts
 * of its neighbours are not used up.
 *
 * Clocks. What waits for a duration (sleep, retry, poll, time-out, delay) waits that long, also
 * when somebody sets the wall clock meanwhile: such a step of more than 2 s is noticed and what
 * waits is moved with it. wf_sleep_until means the wall clock and is not moved; a timer keeps its
 * phase, but never waits longer than its period. At start a clock behind what the store has seen
 * counts as set back; one that is ahead counts as time that passed.
 *
 * Lanes: with two workers or more, worker 0 takes interactive runs only, the others prefer them, so
 * a click never waits for a long LLM call.
 *
 * Order of use: flow_new (checks and recovers), threads call flow_work, flow_stop from any thread,
 * join the threads, flow_free.
 */
#ifndef FLOW_FLOW_H
#define FLOW_FLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"
#include "store/store.h"
#include "workflow.h"

struct flow;

struct flow_config {
	struct store *store;
	const struct workflow *const *workflows; /* NULL-terminated, lives as long as the flow */
	int workers;                             /* 1..256 */
	/* The world of a slot of parallel steps (wf_all): made when first needed, kept per worker,
	 * used by one thread at a time. NULL = such steps see the worker's own world (tests). NULL
	 * returned = failure: the step fails with e. */
	struct heal *(*world_new)(void *ctx, int worker, int slot, struct err *e);
	void (*world_free)(void *ctx, struct heal *world);
	/* Called before a body with its `w` and after it with NULL, on the thread that calls the
	 * body, with the world it uses: what blocks in there (HTTP) asks wf_heartbeat(w) now and
	 * then, so that every body can be cancelled, has its time limit and keeps its lease. NULL =
	 * bodies do it themselves. */
	void (*watch)(void *ctx, struct heal *world, struct wf *w);
	void *ctx;
	int64_t lease_ms; /* 0 = 60 s; a live body renews it by wf_heartbeat and by every step */
};

/* Registers the workflows with the store, takes over the runs of an earlier process (those
 * executing when it died are due at once) and refuses with ERR_CONFIG when unfinished runs exist
 * that no workflow of this program can continue; the message names them and says what to do. */
struct flow *flow_new(const struct flow_config *c, struct err *e);
void flow_free(struct flow *f); /* all flow_work calls have returned; NULL is fine */

/* The life of worker `index` (0..workers-1); `world` is its own and outlives the call. Returns
 * after flow_stop. Thread: one of the pool. */
void flow_work(struct flow *f, int index, struct heal *world);

/* No new entries; bodies see wf_heartbeat fail and should return; runs are parked, due at once at
 * the next start, the interrupted attempt not counted. Does not wait. Thread: any, also a
 * signal-driven loop (not a signal handler). */
void flow_stop(struct flow *f);
/* Waits until no worker executes a run, at most timeout_ms; false = some still do: then
 * the process ends with _exit, without flow_free (their steps count as interrupted). */
bool flow_drain(struct flow *f, int64_t timeout_ms);

/* Looks at the clock again: tests, after clock_fake. */
void flow_poke(struct flow *f);

/* --- steering, beside flow_start, flow_signal, flow_cancel of workflow.h; any thread --- */
/* A paused run is not entered; an executing one stops at its next step. */
bool flow_pause(struct store *s, int64_t run, struct err *e);
bool flow_resume(struct store *s, int64_t run, struct err *e);
/* A finished run starts again: from_step and everything first started after it is forgotten, the
 * rest stays done; a signal that a forgotten wait took can be taken again. NULL = from its failed
 * steps (their attempts start anew). ERR_CONFLICT: it has not ended. ERR_NOT_FOUND: no such run or
 * step. */
bool flow_retry(struct store *s, int64_t run, const char *from_step, struct err *e);

struct flow_where {
	const char *workflow;    /* NULL = any */
	const char *concurrency; /* NULL = any; a prefix when it ends in '*' */
	int64_t before_ms;       /* created before; 0 = any */
};
/* Cancels every unfinished run that matches (at least one condition is needed), in small batches;
 * clean-up and failure hooks go on. */
bool flow_cancel_where(struct store *s, const struct flow_where *w, const char *why,
        int64_t *count_out, struct err *e);

/* A durable clock: starts the run each `every_ms`, first at `first_ms` (wall; 0 = now). Missed
 * times are made up for by one run. While the previous run of the timer has not ended the next one
 * waits (and only one waits). Of st, workflow, input and concurrency count; without a concurrency
 * key the timer has its own. Naming an existing timer changes it; every_ms = 0 removes it. */
bool flow_every(struct store *s, const char *timer, const struct wf_start *st, int64_t every_ms,
        int64_t first_ms, struct err *e);

struct flow_stats {
	int64_t entries, steps, failures; /* since start */
	int64_t store_trouble;            /* tries to store a result that failed: disk full ... */
	int executing, workers;
	int stalled; /* executing and without a sign of life for longer than the lease */
};
void flow_stats(struct flow *f, struct flow_stats *out);

#endif
