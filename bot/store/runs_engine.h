/*
 * runs_engine.h - the transactions of the flow engine; for bot/flow/ and bot/store/runs_*.c only.
 *
 * A worker keeps its run's steps in memory (step_rec), changes them there, and commits with
 * run_commit: the changed steps, what becomes of the run, and the claim of the next run, in one
 * transaction.
 */
#ifndef STORE_RUNS_ENGINE_H
#define STORE_RUNS_ENGINE_H

#include "store/runs.h"

#define RUN_NEVER ((int64_t)1 << 62) /* a due time that never comes */

enum { RUN_INLINE_BYTES = 64 * 1024, RUN_OUT_MAX = 16 * 1024 * 1024, RUN_SIGNAL_MAX = 1024 * 1024 };

enum step_kind { STEP_BODY, STEP_SLEEP, STEP_WAIT, STEP_SPAWN, STEP_JOIN };
enum step_state { STEP_RUNNING, STEP_WAITING, STEP_DONE, STEP_FAILED };
/* Did an earlier call of the body have its effect? Yes: it may have. Found: a later one saw it. */
enum step_maybe { MAYBE_NO, MAYBE_YES, MAYBE_FOUND };

struct step_rec {
	const char *name;
	enum step_kind kind;
	enum step_state state;
	int seq, group, attempt, limited, calls;
	enum step_maybe maybe;
	bool stored; /* a row exists */
	bool tried;  /* wait, join, spawn: this commit looks whether it can be done */
	int64_t started_ms, begun_ms, ended_ms, due_ms;
	int64_t in_hash;
	const char *input; /* text; written with the first row only */
	const char *memo;  /* of wf_again */
	const char *out;   /* text; NULL until done, or when it is in a blob */
	int64_t out_blob;
	const char *signal; /* wait: its signal; spawn: the workflow */
	int64_t ref; /* spawn, join: the other run; sleep: 1 = until a wall time, see run_shift_tx
	              */
	const char *err_code, *err_msg;
	/* a failed call to be added to the attempt table; n = 0: none */
	struct run_attempt failed;
	const struct wf_start *start; /* STEP_SPAWN: started by this commit */
};

struct run_claim {
	const char *boot;
	int64_t lease_ms; /* how long a promise lasts */
	bool interactive_only;
	struct arena *a; /* for the strings below */
	/* results */
	int64_t id;          /* 0 = nothing is due */
	int64_t next_due_ms; /* when something (else) will be; RUN_NEVER */
	int64_t created_ms, parent;
	const char *workflow, *input;
	int version, entries, lane;
};

enum run_then { RUN_KEEP, RUN_PARK, RUN_DONE, RUN_FAILED, RUN_CANCELLED };

struct run_commit {
	int64_t run;
	const char *boot;
	/* Rows to write. When one marked `tried` becomes done, a RUN_PARK is not carried out. */
	struct step_rec **steps;
	size_t nsteps;
	struct arena *a;
	enum run_then then;
	int64_t due_ms;                 /* RUN_PARK */
	const char *waits;              /* RUN_PARK: for people */
	const char *result;             /* RUN_DONE */
	const char *err_code, *err_msg; /* RUN_FAILED, RUN_CANCELLED */
	int64_t lease_until_ms;         /* RUN_KEEP: > 0 = renew */
	struct run_claim *claim;        /* NULL = none; only when the worker lets the run go */
	bool goes_on;                   /* result: the worker still has the run */
};

/* store_fn: arg is a struct run_commit / run_claim. */
bool run_commit_tx(struct db *db, void *arg, struct err *e);
bool run_claim_tx(struct db *db, void *arg, struct err *e);

/* The steps of a run, by seq, in `a`. Large outputs are not loaded: run_blob reads one. */
bool run_load_steps(struct db *db, struct arena *a, int64_t run, struct step_rec ***out, size_t *n,
        struct err *e);
/* NULL and ERR_STORE. */
const char *run_blob(struct db *db, struct arena *a, int64_t id, struct err *e);

/* Was the run cancelled (why, cut to n bytes) or paused meanwhile? */
bool run_read_steering(struct db *db, int64_t run, char *why, size_t n, bool *cancelled,
        bool *paused, struct err *e);

/* At start. Runs that executed in another process are due at once; a crash between steps is
 * counted, and a run that made no step of progress over RUN_CRASHES crashes is failed. arg: struct
 * run_recover. */
enum { RUN_CRASHES = 10 };
struct run_recover {
	const char *boot;
	int64_t recovered, poisoned; /* results */
};
bool run_recover_tx(struct db *db, void *arg, struct err *e);

/* The wall clock was set by so much: what waits for a duration waits as long as before, so its due
 * times move; a step of wf_sleep_until stays. Timers keep their phase. arg: struct run_shift. */
struct run_shift {
	int64_t by_ms;
};
bool run_shift_tx(struct db *db, void *arg, struct err *e);
/* At start: is the clock behind what the store has seen? Then it was set back. */
bool run_clock_check_tx(struct db *db, struct err *e);

/* Unfinished runs by workflow and version. */
struct run_kind {
	const char *workflow;
	int version;
	int64_t count;
};
bool run_kinds(struct db *db, struct arena *a, struct run_kind **out, size_t *n, struct err *e);

/* For runs_*.c: */
bool run_end_tx(struct db *db, int64_t run, enum run_then how, const char *code, const char *msg,
        struct err *e);
bool run_poke_tx(struct db *db, int64_t run, struct err *e);
bool run_cleared_tx(struct db *db, int64_t run, struct err *e); /* no suspect any more: the next */
bool run_promote_tx(struct db *db, const char *ckey, struct err *e);
/* A start with its place in the tree; workflow may be a hook's name ("fix!failed"). */
struct run_insert {
	const struct wf_start *start;
	const char *input; /* text */
	int version, lane;
	int64_t parent; /* 0 = none */
};
bool run_insert_tx(struct db *db, const struct run_insert *in, int64_t *run_out, struct err *e);
bool run_start_child_tx(
        struct db *db, const struct wf_start *st, int64_t parent, int64_t *run_out, struct err *e);
int64_t run_put_blob(struct db *db, int64_t run, const char *text, struct err *e); /* 0 = failed */
/* Starts the runs of timers that are due. */
bool run_timers_tx(struct db *db, int64_t now_ms, struct err *e);

struct run_timer {
	const char *name;
	const struct wf_start *start;
	int64_t every_ms, first_ms;
};
bool run_timer_set_tx(struct db *db, void *arg, struct err *e); /* arg: struct run_timer */

struct run_cancel_where {
	const char *workflow, *concurrency;
	int64_t before_ms;
	const char *why;
	int64_t count; /* results */
	bool more;     /* come again */
};
bool run_cancel_where_tx(struct db *db, void *arg, struct err *e);

#endif
