/*
 * runs.h - durable runs as rows: starting, steering, looking. The engine that executes them is
 * bot/flow/. This half is below it so that any table family can start or signal a run in the same
 * transaction as its own change (incidents.c: new state + publish run, or neither).
 *
 * States of a run:
 *
 *	ready    may be entered at `due_ms` (a sleeping, waiting or retrying run is ready, later)
 *	queued   another run holds its concurrency key
 *	running  entered by a worker of the process `boot`
 *	done, failed, cancelled
 *
 * and `paused` beside ready or queued: not entered until resumed.
 *
 * *_tx functions run inside a write function (store_write). Thread: as the connection.
 */
#ifndef STORE_RUNS_H
#define STORE_RUNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "err.h"
#include "json.h"
#include "store/store.h"
#include "workflow.h"

/* What the store knows of the program's workflows: set by flow_new before anything is started. The
 * array is borrowed, NULL-terminated. */
void runs_register(struct store *s, const struct workflow *const *workflows);
const struct workflow *runs_workflow(const struct store *s, const char *name); /* NULL = unknown */

/* --- steering, inside a transaction --- */
/* As flow_start (workflow.h). ERR_NOT_FOUND: no such workflow; ERR_CONFLICT: the key belongs to a
 * run of another workflow. `run_out` may be NULL. */
bool flow_start_tx(struct db *db, const struct wf_start *st, int64_t *run_out, struct err *e);
bool flow_signal_tx(
        struct db *db, int64_t run, const char *signal, const json *payload, struct err *e);
bool flow_cancel_tx(struct db *db, int64_t run, const char *why, struct err *e);
bool flow_pause_tx(struct db *db, int64_t run, bool paused, struct err *e);
/* See flow_retry in flow/flow.h. */
bool flow_retry_tx(struct db *db, int64_t run, const char *from_step, struct err *e);

/* --- looking: the calling thread's read connection; rows live in `a` --- */
struct run_row {
	int64_t id, parent; /* parent 0 = none */
	const char *workflow;
	int version;
	enum wf_lane lane;
	const char *state; /* "ready" "queued" "running" "done" "failed" "cancelled" */
	bool paused;
	const char *waits; /* what it waits for, for people: "sleep nap", "signal merged",
	                      "retry of post", "run 12"; NULL */
	const char *key, *concurrency;            /* NULL = none */
	int64_t created_ms, entered_ms, ended_ms; /* 0 = not yet */
	int64_t due_ms;   /* ready: when; INT64_MAX = only a signal wakes it */
	int64_t lease_ms; /* running: until */
	int entries;      /* how often the function was entered */
	int crashes;      /* entries that ended with the process outside a step */
	int steps, steps_done;
	const char *error_code, *error; /* failed, cancelled: why */
	int64_t incident;               /* what it is about, by its input; 0 = none */
	const json *input, *result;     /* only by run_get; NULL = none, or left out as large */
	int64_t input_bytes, result_bytes;
};

struct run_attempt {
	int n;
	int64_t started_ms, ended_ms;
	const char *code, *error; /* "died" = the process ended during it */
};

struct run_step {
	const char *name;
	const char *kind;  /* "step" "sleep" "wait" "spawn" "join" */
	const char *state; /* "running" "waiting" "done" "failed" */
	/* The state, honestly: "done (found after crash)" = an earlier attempt had the effect, a
	 * later one saw it and repeated nothing; "failed (effect unknown: please look)" = it was
	 * given up and one of its attempts may have had its effect. Else the same as state. */
	const char *outcome;
	int seq;            /* order of first start */
	int group;          /* parallel steps share a number; 0 = alone */
	int attempt;        /* counted attempts */
	int calls;          /* times the body was called, polls and limited ones included */
	int64_t started_ms; /* first start */
	int64_t begun_ms;   /* start of the latest attempt */
	int64_t ended_ms, due_ms;
	int64_t child;      /* spawn, join: the run */
	const char *signal; /* wait */
	const json *input, *output;
	int64_t input_bytes,
	        output_bytes; /* also when the value was left out because it is large */
	const char *error_code, *error;
	struct run_attempt *attempts; /* those that failed, oldest first */
	size_t nattempts;
};

struct run_signal {
	const char *name;
	const json *payload;
	int64_t sent_ms;
	const char *taken_by; /* step; NULL = not taken */
};

struct run_detail {
	struct run_row run;
	struct run_step *steps; /* by seq */
	size_t nsteps;
	struct run_row *children;
	size_t nchildren;
	struct run_signal *signals;
	size_t nsignals;
};

struct run_filter {
	const char *workflow; /* NULL = any */
	const char
	        *state; /* one of the six, or "unfinished" "finished" "paused" "due"; NULL = any */
	const char *search;  /* part of key, concurrency or input; NULL = any */
	int64_t parent;      /* 0 = any */
	int64_t since_ms;    /* created at or after; 0 = any */
	int64_t until_ms;    /* created before; 0 = any */
	int64_t incident;    /* about this incident; 0 = any */
	const char *service; /* about an incident of this service; NULL = any */
	int64_t before,
	        after;     /* only ids below, or above; 0 = any: the page after, or before, one */
	int limit, offset; /* 0 = 50 */
};
/* Newest first; "due": soonest first. With `after`, those next to it. */
bool runs_list(struct store *s, struct arena *a, const struct run_filter *f, struct run_row **out,
        size_t *n_out, struct err *e);
/* Values larger than `max_bytes` (0 = no limit) are left out: run_text reads one. NULL and
 * ERR_NOT_FOUND. */
struct run_detail *run_get(
        struct store *s, struct arena *a, int64_t id, int64_t max_bytes, struct err *e);
enum run_part { RUN_OUTPUT, RUN_INPUT };
/* The stored text of a step's result or input ("" = the run's own); NULL and ERR_NOT_FOUND. */
const char *run_text(struct store *s, struct arena *a, int64_t id, const char *step,
        enum run_part part, struct err *e);

struct run_counts {
	int64_t ready, queued, running, paused, done, failed, cancelled;
	int64_t due_now;       /* ready, due, not entered */
	int64_t next_due_ms;   /* soonest future due; 0 = none */
	int64_t oldest_due_ms; /* how long the most overdue one has waited; 0 = none */
};
bool runs_count(struct store *s, struct run_counts *out, struct err *e);

/* The names of the workflows that have runs, at most 100. */
bool runs_workflows(
        struct store *s, struct arena *a, const char ***out, size_t *n_out, struct err *e);

struct run_timer_row {
	const char *name, *workflow;
	int64_t every_ms, next_ms;
};
/* The durable clocks, soonest first. */
bool runs_timers(
        struct store *s, struct arena *a, struct run_timer_row **out, size_t *n_out, struct err *e);

/* Deletes at most `max` runs that ended before `before_ms`, with their steps, signals and blobs. A
 * child stays as long as its parent, which may yet ask for its result, has not ended. */
bool runs_prune(struct store *s, int64_t before_ms, int max, int64_t *deleted, struct err *e);
/* The same by number: of the finished ones of each workflow the `keep` (> 0) that ended last stay.
 */
bool runs_prune_to(struct store *s, int64_t keep, int max, int64_t *deleted, struct err *e);

#endif
