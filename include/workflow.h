/*
 * workflow.h - durable runs: what a workflow may do and what is promised to it.
 *
 * A workflow is a plain C function that is re-entered from its top. `wf_step` runs a body once and
 * stores its JSON result; when the function is entered again (after a wait, a retry, a crash) the
 * stored result is returned instead. So code between steps must be a function of the input and of
 * step results only: no clock, no random number, no read of the store outside a step.
 *
 * Promises: a finished step never runs again. A step may run twice only when the process died (or
 * the answer was lost) after its outside effect and before its result was committed, so a body with
 * an outside effect looks before it acts, with wf_key() as the key. The attempt counter is stored
 * before the body runs: a step that kills the process is stopped after its attempts.
 *
 * ERR_SUSPENDED: the run is parked (sleep, wait, retry later). Return false/NULL upward at once
 * with `e` unchanged; the function will be entered again. Every wf_* call that can fail may do
 * that.
 *
 * Thread: the worker that runs the workflow. Memory: results live in wf_arena(w), one arena per
 * entry of the function.
 */
#ifndef HEAL_WORKFLOW_H
#define HEAL_WORKFLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "err.h"
#include "json.h"

struct wf;
struct heal; /* the worker's world: settings, clients, store (heal.h) */
struct store;

/* The workflow itself. True: the run is done. */
typedef bool (*wf_fn)(struct wf *w, struct err *e);

/* A step's body: takes its input, returns its result (a tree of wf_arena(w); NULL = failed). */
typedef const json *(*wf_body)(struct wf *w, const json *in, struct err *e);

enum wf_lane { WF_INTERACTIVE, WF_BACKGROUND }; /* a person waits for it / nobody does */

struct workflow {
	const char *name; /* stored with every run: never rename, never reuse */
	int version;      /* raise when a change would confuse runs in flight */
	wf_fn run;
	enum wf_lane lane;
	/* Called (as a durable run of its own) when the run failed for good; may be NULL.
	 * wf_input = {run, workflow, input, error: {code, message}}. */
	wf_fn on_failure;
	/* Called (as a durable run of its own) when a run that had been entered was cancelled:
	 * cleaning up. May be NULL. wf_input as for on_failure. */
	wf_fn on_cancel;
	/* The oldest version whose unfinished runs this function can continue; 0 = only `version`.
	 * The bot refuses to start when the store holds unfinished runs that nothing can continue.
	 */
	int min_version;
	/* Code between steps reads the store, so that entries may ask for different steps (the
	 * dispatcher of commands). Else, in a run of the same version, a new step while one that
	 * was begun is not asked for any more is ERR_CONFLICT: the program changed under the run.
	 */
	bool unordered;
};

/* --- inside a workflow or a body --- */
struct arena *wf_arena(struct wf *w);
const json *wf_input(const struct wf *w);
int64_t wf_run_id(const struct wf *w);
struct heal *wf_heal(const struct wf *w);
/* The version of the workflow under which the run was started: a changed function branches on it.
 */
int wf_version(const struct wf *w);
/* When the run was created, wall ms: the only clock a workflow may read outside a step. */
int64_t wf_started_ms(const struct wf *w);
/* Idempotency key of the step being executed: "run-<id>.<step>"; stable over retries and crashes.
 */
const char *wf_key(const struct wf *w);
/* Attempt of the step being executed, 1-based. */
int wf_attempt(const struct wf *w);
/* True when an earlier attempt of this step may have had its outside effect (it died or ended with
 * e->ambiguous): look before acting. */
bool wf_maybe_done(const struct wf *w);
/* The body saw that an earlier attempt had its effect and repeats nothing: the step is shown as
 * "done (found after crash)". Without an earlier attempt it says nothing. */
void wf_found(struct wf *w);
/* A long body calls this now and then: extends the lease; false with ERR_CANCELED when the run was
 * cancelled or the bot stops (then return at once; a stop is not counted as an attempt). */
bool wf_heartbeat(struct wf *w, struct err *e);
/* For a body that polls: "not yet, call me again after `ms`". Parks the run without holding a
 * thread; not counted as a failed attempt, the step stays one row. `state` (may be NULL) is stored
 * and handed to the next call by wf_state. Returns NULL with ERR_SUSPENDED: return that. */
const json *wf_again(struct wf *w, int64_t ms, const json *state, struct err *e);
/* What the previous call of this body gave to wf_again; NULL at the first call. */
const json *wf_state(const struct wf *w);

struct wf_policy {
	int attempts;     /* 0 = 6; those ended by ERR_LIMITED do not count (at most 50 of them) */
	int64_t first_ms; /* first delay; 0 = 1,000; doubles, with full jitter */
	int64_t max_ms;   /* ceiling of a delay; 0 = 60,000 */
	int64_t total_ms; /* give up when this long since the step's first attempt; 0 = no limit */
	int64_t timeout_ms; /* a body is cancelled (heartbeat fails) after this; 0 = 10 min */
	bool any_input;     /* the input may differ between entries (text rendered from the store):
	                       it is neither hashed nor stored */
};

/* Runs `body` with `in` (may be NULL) once and returns its stored result. Step names are unique in
 * a run; loops add an index ("post:3"). A stored step whose input hash or kind differs from today's
 * is ERR_CONFLICT: the program changed under the run. A step that failed for good gives its stored
 * error at every entry, so a workflow may go on without it. Results are at most 16 MiB. Retries by
 * policy (NULL = default) as long as the body's error is retryable; retry_ms (Retry-After) is
 * obeyed and capped at 15 min. */
const json *wf_step(struct wf *w, const char *name, wf_body body, const json *in, struct err *e);
const json *wf_step_with(struct wf *w, const char *name, const struct wf_policy *p, wf_body body,
        const json *in, struct err *e);

/* Parallel steps: all bodies run side by side (at most 8 at once), each memoised by itself. True
 * when all are done; the results are in call[i].result. With `settle`, a call that failed for good
 * leaves result NULL and its error in call[i].error instead of failing the whole. */
struct wf_call {
	const char *name;
	wf_body body;
	const json *in;
	const json *result;
	struct err error;
	const struct wf_policy *policy; /* NULL = default */
};
bool wf_all(struct wf *w, struct wf_call *calls, size_t n, bool settle, struct err *e);

/* The same body for each item of an array, which is its input: fan-out over services, incidents ...
 * with a bound. Any number of items; a later one's attempt is counted when its turn comes. Returns
 * the array of results in the order of the items (null in place of one that failed for good, with
 * `settle`; else that error fails the whole). */
struct wf_each {
	const char *name; /* step names are "name:id" */
	const char *id;   /* path in an item to what tells it apart, a string or an integer; NULL:
	                     its place, 0-based */
	wf_body body;
	int at_once; /* 1..8 side by side; 0 = 8 */
	bool settle;
	const struct wf_policy *policy; /* NULL = default */
};
const json *wf_each(struct wf *w, const struct wf_each *x, const json *items, struct err *e);

/* Durable sleep, counted from the moment this call was first reached; it lasts as long although the
 * wall clock be set meanwhile. wf_sleep_until means the wall clock, whoever sets it. */
bool wf_sleep(struct wf *w, const char *name, int64_t ms, struct err *e);
bool wf_sleep_until(struct wf *w, const char *name, int64_t wall_ms, struct err *e);

/* Waits for a signal of that name on this run; signals that came early are kept, each is taken
 * once, oldest first. Time-out (ms; 0 = never): returns {"timeout":true}. */
const json *wf_wait(
        struct wf *w, const char *name, const char *signal, int64_t timeout_ms, struct err *e);

/* Starts a child run (once) and gives its id; wf_join waits for its end and returns
 * {"state":"done"|"failed"|"cancelled","result":…,"error":…}. */
bool wf_spawn(struct wf *w, const char *name, const char *workflow, const json *in,
        int64_t *run_out, struct err *e);
const json *wf_join(struct wf *w, const char *name, int64_t run, struct err *e);
struct wf_start;
/* wf_spawn with a key, a concurrency key, a delay ... (input of st). */
bool wf_spawn_with(
        struct wf *w, const char *name, const struct wf_start *st, int64_t *run_out, struct err *e);

/* The run's own result, shown by `healbot runs` and given to wf_join. */
void wf_result(struct wf *w, const json *result);

/* --- starting and steering runs; any worker thread, in or outside a workflow --- */
struct wf_start {
	const char *workflow;
	const json *input;
	/* Idempotency: a second start with the same key gives the first run, ended or not, as long
	 * as the store has it: a finished run is kept for 30 days, but only the latest 10,000 of
	 * its workflow (housekeeping). After that the key starts a new run; what must hold for
	 * longer is asked of the world or of the incident. ERR_CONFLICT: the first run is of
	 * another workflow. */
	const char *key;
	const char *concurrency; /* at most one unfinished *executing* run per key; others queue */
	bool coalesce;           /* with concurrency: when a run of this workflow and key is still
	                            waiting for its first entry, that one is used instead */
	int64_t delay_ms;        /* not before */
	int64_t debounce_ms; /* with coalesce: each start puts the waiting run off to this long from
	                        now, but never beyond ten times this since its first start */
	int64_t spacing_ms;  /* with concurrency: at least this long between first entries of the
	                        key's runs */
};
bool flow_start(struct store *s, const struct wf_start *st, int64_t *run_out, struct err *e);
bool flow_signal(
        struct store *s, int64_t run, const char *signal, const json *payload, struct err *e);
/* Cancel: a parked run ends now, an executing one at its next heartbeat or step. Its children
 * first. `why` is shown. True also when it had ended already. */
bool flow_cancel(struct store *s, int64_t run, const char *why, struct err *e);
/* The same for every unfinished run of this concurrency key. */
bool flow_cancel_key(struct store *s, const char *concurrency, const char *why, struct err *e);

#endif
