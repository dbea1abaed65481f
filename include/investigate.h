/*
 * investigate.h - starting a diagnosis. The workflow is handlers/workflows/investigate.c.
 */
#ifndef HEAL_INVESTIGATE_H
#define HEAL_INVESTIGATE_H

#include "workflow.h"

/* One diagnosis at a time per incident; others queue. `key` makes the start idempotent; hint and
 * user may be NULL. */
bool investigate_start(struct store *s, struct arena *a, int64_t incident, const char *key,
        const char *hint, const char *user, int64_t *run_out, struct err *e);

/* The same as a step, for a person: the thread shows it at once, and where it is not possible (the
 * incident is over, or being fixed) ERR_CONFLICT carries the sentence for the person. */
bool investigate_ask(
        struct wf *w, int64_t incident, const char *hint, const char *user, struct err *e);

/* Is it time for a diagnosis that nobody asked for? The first one at once. Another one when the
 * incident was reopened, was not cured by its fix or got worse, but not sooner than
 * limits.diagnose_cooldown after the last one; none while `trouble` says why there is none. */
struct incident;
bool investigate_due(struct wf *w, const struct incident *inc, bool *due, struct err *e);

#endif
