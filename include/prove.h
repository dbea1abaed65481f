/*
 * prove.h - measuring one metric of an incident's service after a change and judging it (proof.h).
 * The steps are in handlers/workflows/prove.c; a fix and an act end in the same proof.
 */
#ifndef HEAL_PROVE_H
#define HEAL_PROVE_H

#include "incident.h"
#include "workflow.h"

/* What the metric is now: {"metric","unit","value","requests","ms"}, kept with what is started. */
json *prove_before(struct arena *a, const struct incident *inc);

/* Waits settings.verify.window_ms, measures what came after `at_ms` and judges; again, window by
 * window, while it cannot be told (8 times at most). Durable; step names begin with `name`.
 * → {"verdict":"verified"|"not verified"|"unknown","before","after","text"} */
const json *prove(struct wf *w, const char *name, int64_t incident, const json *before,
        int64_t at_ms, struct err *e);

/* One look, now, as a step: the same answer. */
const json *prove_now(struct wf *w, const char *step, int64_t incident, const json *before,
        int64_t at_ms, struct err *e);

#endif
