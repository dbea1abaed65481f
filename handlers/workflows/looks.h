/*
 * looks.h - where INVESTIGATE looks: step bodies that turn what can be read into evidence.
 *
 * Input: {"incident","now","hint","user"}. Result: {"items": evidence, "masked": n}, of some also
 * {"signs": of providers, "places": "file:line" that logs name}. What cannot be
 * read becomes an item that says what is missing; only what a retry may heal fails the step.
 */
#ifndef HEAL_LOOKS_H
#define HEAL_LOOKS_H

#include "workflow.h"

const json *look_memory(struct wf *w, const json *in, struct err *e); /* facts, before, hint */
const json *look_logs(struct wf *w, const json *in, struct err *e);
const json *look_routes(struct wf *w, const json *in, struct err *e);
const json *look_deploys(struct wf *w, const json *in, struct err *e);
const json *look_neighbours(struct wf *w, const json *in, struct err *e);

/* The second round, with what the first one found: also {"signs","places"}. */
const json *look_code(struct wf *w, const json *in, struct err *e);     /* source, manifests */
const json *look_traces(struct wf *w, const json *in, struct err *e);   /* failing requests */
const json *look_upstream(struct wf *w, const json *in, struct err *e); /* status pages */

#endif
