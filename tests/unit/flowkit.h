/*
 * flowkit.h - a store in a temporary folder and an engine with its worker threads, for tests.
 *
 * Thread: the test's. A failure to set up ends the program.
 */
#ifndef FLOWKIT_H
#define FLOWKIT_H

#include <stdbool.h>
#include <stdint.h>

#include "flow/flow.h"
#include "store/runs.h"
#include "store/store.h"
#include "workflow.h"

enum { KIT_WORKERS_MAX = 32 };

struct kit {
	char dir[200], path[240];
	struct arena *a;
	struct store *store;
	struct flow *flow;
	int workers;
	struct kit_worker {
		struct kit *kit;
		int index;
		struct heal *world;
		unsigned long thread;
	} worker[KIT_WORKERS_MAX];
};

/* $TMPDIR/heal-kit.XXXXXX with a new store in it; no engine yet. */
struct kit *kit_new(void);
void kit_free(struct kit *k); /* stops, closes, removes the folder */

/* Starts and stops the engine; the store stays open. */
void kit_start(struct kit *k, const struct workflow *const *workflows, int workers);
/* The same with a configuration of the test's own (store is filled in); worlds[i] for worker i,
 * NULL = none. */
void kit_start_with(struct kit *k, struct flow_config c, struct heal **worlds);
void kit_stop(struct kit *k);
/* Closes and opens the store again: another boot id, like a new process. Engine stopped. */
void kit_reopen(struct kit *k);

int64_t kit_run(struct kit *k, const char *workflow, const json *input);
/* Waits until the run is in that state (at most 20 s; then the test fails) and returns it. */
struct run_detail *kit_until(struct kit *k, int64_t run, const char *state);
/* Until it is ready (parked) and waits for that ("signal go"). */
struct run_detail *kit_until_waits(struct kit *k, int64_t run, const char *waits);
/* Until *n is at least min. */
void kit_until_count(const _Atomic int *n, int min);
struct run_step *kit_step(struct run_detail *d, const char *name); /* fails when there is none */

#endif
