/*
 * steer.h - orders of a person at the terminal: retry, cancel, pause and resume runs.
 *
 * An order and its answer are JSON, because beside a running bot they travel (control.h):
 *
 *	{"do":"retry","runs":[12],"from":"post"}          from: optional
 *	{"do":"cancel","runs":[12,13],"why":"…"}
 *	{"do":"cancel","where":{"workflow":"fix","concurrency":"…*","before_ms":…},"why":"…"}
 *	{"do":"pause","runs":[12]}  {"do":"resume","runs":[12]}
 *
 *	{"done":["run 12 is cancelled", …],"failed":["there is no run 13", …]}
 *
 * Each run is a transaction of its own: what can be done is done.
 */
#ifndef APP_STEER_H
#define APP_STEER_H

#include "arena.h"
#include "err.h"
#include "json.h"
#include "store/store.h"
#include "workflow.h"

/* Carries it out. NULL and ERR_INPUT when it is no order. Thread: any but the loop. */
json *steer(struct store *s, struct arena *a, const json *order, struct err *e);

/* Every workflow of this program, NULL-terminated: runs_register wants them before runs are
 * steered, flow_new before they are run. Before threads. */
const struct workflow *const *all_workflows(void);

#endif
