/*
 * render.h - what Slack shows of an incident: one function per message ("slot"), from stored state
 * only. Every figure is ours; model text is shown as opinion. Pure but for the name lookup.
 *
 * The functions return NULL when the slot has nothing to show yet. Messages live in the arena.
 */
#ifndef HEAL_RENDER_H
#define HEAL_RENDER_H

#include "blocks.h"
#include "incident.h"
#include "settings.h"

/* A remedy that is not code, offered below the plan (act.h). */
struct act_button {
	const char *text;  /* "↩️ Roll back…" */
	const char *value; /* words of the button "act" after the incident */
};

struct render {
	struct arena *a;
	const struct incident *inc;
	const struct diagnosis *dx;    /* newest; NULL = none */
	const struct fix_row *fix;     /* newest; NULL = none */
	const struct act_row *act;     /* for render_act: the one to show */
	const struct act_button *fits; /* acts that the evidence suggests */
	size_t nfits;
	const struct vote_row *votes;
	size_t nvotes;
	const struct settings *settings;
	int64_t now_ms;
	/* Display name of a user id, plain text. */
	const char *(*name)(void *ctx, struct arena *a, const char *user);
	void *name_ctx;
};

struct message *render_root(const struct render *r);
struct message *render_evidence(const struct render *r);
struct message *render_plan(const struct render *r);
struct message *render_fix(const struct render *r);
struct message *render_pr(const struct render *r);
struct message *render_act(const struct render *r);
struct message *render_verify(const struct render *r);
struct message *render_closing(const struct render *r);
/* "INC-42 got worse: critical now" … for a timeline row that notifies; NULL when it does not. */
struct message *render_note(const struct render *r, const struct timeline_row *row);

/* Parts that commands show as well. */
const char *render_title(struct arena *a, const struct incident *inc); /* "🔴 INC-42 · api · …" */
const char *render_plan_text(struct arena *a, const struct diagnosis *dx);     /* mrkdwn */
const char *render_evidence_text(struct arena *a, const struct diagnosis *dx); /* fixed width */

/* Is a code fix possible for it: NULL = yes, else why not, with what to do instead. */
const char *render_no_fix(struct arena *a, const struct settings *s, const struct incident *inc,
        const struct diagnosis *dx);

#endif
