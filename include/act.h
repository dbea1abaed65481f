/*
 * act.h - remedies that are not code: restart, roll back, redeploy, more replicas, higher limits,
 * one variable. A person approves exactly what will be sent; it is sent once; what came of it is
 * read from Railway and from the metrics.
 *
 *   ask       what a person wants: "rollback", "scale replicas=3"
 *   proposal  the ask against the service as it is now: the mutation, what it changes, what undoes
 *             it, and a hash of all that. The approval is bound to the hash; when the service has
 *             changed meanwhile the act is refused.
 *
 * Each kind has its own list of people in [actions]; an empty list means nobody, the default. A
 * lost answer is never answered by sending again: the service is read until it is clear whether it
 * was done, else the thread says "unknown, please look".
 *
 * The first half is pure. Memory: the given arena. The bodies are for wf_step.
 */
#ifndef HEAL_ACT_H
#define HEAL_ACT_H

#include "incident.h"
#include "railway_act.h"
#include "redact.h"
#include "render.h"
#include "settings.h"
#include "workflow.h"

struct act_ask {
	enum act_kind kind;
	const char
	        *deployment; /* rollback: where to; NULL = the last one that can be gone back to */
	int replicas;        /* scale: wanted in all; 0 = one more */
	double cpu, memory_gb;    /* limits; 0 = keep, both 0 = twice what is there */
	const char *name, *value; /* variable */
};

const char *act_kind_name(enum act_kind k); /* "restart" "rollback" … */
bool act_kind_parse(const char *name, enum act_kind *out);
/* Who may do it: the list of [actions]. */
const char **act_people(const struct settings *s, enum act_kind k);

/* Words after the verb: "replicas=3", "memory=2" "cpu=4" (vCPU, GB), "NAME=value", a deployment's
 * id or commit for rollback. ERR_INPUT with an example. `value` must not look like a secret
 * (redact): such a variable belongs into Railway's own page. */
bool act_parse(struct arena *a, enum act_kind kind, int argc, const char **argv, struct redact *r,
        struct act_ask *out, struct err *e);
json *act_ask_json(struct arena *a, const struct act_ask *ask);
bool act_ask_of(struct arena *a, const json *j, struct act_ask *out, struct err *e);

/* What is known when a proposal is made. */
struct act_scene {
	const struct incident *inc;
	const struct railway_instance *now;
	const struct railway_deployment *deployments; /* newest first */
	size_t ndeployments;
	int64_t written_ms; /* of the variable; 0 = there is none */
	bool volume;
};
/* {"kind","title","sends","changes","undo","undo_ask","warn","hash","target","region","value",
 *  "before":{"latest","changed","replicas","cpu","memory_gb","written"}}: texts for people and what
 * the bodies need. ERR_CONFLICT when it makes no sense now (no deployment to go back to, replicas
 * with a volume, …): the sentence says why. */
json *act_propose(
        struct arena *a, const struct act_ask *ask, const struct act_scene *s, struct err *e);

/* Was it done? Compares the service with "before". ACT_UNKNOWN: it cannot be seen yet. */
enum act_seen { ACT_DONE, ACT_NOT_DONE, ACT_UNKNOWN };
enum act_seen act_look(const json *proposal, const struct act_scene *s);

/* The acts that fit an incident's evidence and that somebody may do, best first; at most 3. */
size_t act_fits(const struct settings *s, const struct incident *inc, const struct diagnosis *dx,
        struct act_button out[3]);

/* --- bodies for wf_step --- */

/* in: {"incident","ask"} → the proposal. */
const json *act_body_propose(struct wf *w, const json *in, struct err *e);
/* in: {"incident","ask","hash"} → the proposal; ERR_CONFLICT when its hash is another one now. */
const json *act_body_guard(struct wf *w, const json *in, struct err *e);
/* in: {"incident","ask","proposal"} → {"how":"done"|"found"|"not done"|"unknown"}. */
const json *act_body_do(struct wf *w, const json *in, struct err *e);
/* Waits until it has taken effect. The same input → {"state":"serving"|"failed"|"slow","status",
 * "deployment","at"}. */
const json *act_body_until(struct wf *w, const json *in, struct err *e);

#endif
