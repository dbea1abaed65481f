/*
 * fix_start.h - from an engineer's wish to a running fix. The workflow is handlers/workflows/fix.c.
 */
#ifndef HEAL_FIX_START_H
#define HEAL_FIX_START_H

#include "handler.h"

struct fix_ask {
	int64_t incident;
	int plan_version;          /* the one the person saw; 0 = the newest */
	const char *plan_hash;     /* of that one; NULL = not shown */
	const char *approval;      /* of a dialog: good once; NULL = typed */
	const char *extra;         /* one more instruction; NULL */
	const char *repo, *branch; /* override what Railway and the settings say; NULL */
	double budget_usd;         /* 0 = limits.fix_usd; never above it */
	bool draft;
	const char *tests;   /* command instead of the service's; NULL */
	int64_t deadline_ms; /* how long it may take; 0 = opencode.deadline, never more */
	const json *allowed, *forbidden; /* arrays of globs; NULL = the usual ones */
	const json *skip; /* array of step numbers (1-based) that shall not be done; NULL */
};

/* As a step: builds the contract, takes the number, starts the run, once. The answer is shown to
 * the person: {"n","repo","base","branch","plan_version","plan_hash","run"}. ERR_CONFLICT and
 * ERR_INPUT carry the sentence for the person (plan is now v2, no repository, a fix is under way
 * …). */
const json *fix_start(struct wf *w, const struct call *c, const struct fix_ask *ask, struct err *e);

#endif
