/*
 * handler.h - how a handler is called and how it answers.
 *
 * A person's act (slash command, @heal mention, !heal in a thread, button, modal, reaction) becomes
 * one durable run on the interactive lane; the dispatcher finds the handler in handlers/table.c,
 * checks the person's right at that moment and calls it. A handler is a workflow: outside effects
 * go into wf_step bodies (workflow.h). When it fails for good the person is told, in one sentence.
 */
#ifndef HEAL_HANDLER_H
#define HEAL_HANDLER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "blocks.h"
#include "err.h"
#include "heal.h"
#include "json.h"
#include "workflow.h"

enum right { RIGHT_VIEWER, RIGHT_RESPONDER, RIGHT_FIXER, RIGHT_ADMIN };

enum call_via { VIA_SLASH, VIA_MENTION, VIA_BANG, VIA_BUTTON, VIA_MODAL, VIA_REACTION };

struct call {
	enum call_via via;
	const char *verb; /* of the command; action_id of a button; callback_id of a modal */
	int argc;         /* words after the verb, quotes taken off; key=value stays one word */
	const char **argv;
	const char *text;      /* everything after the verb, as typed */
	const char *user;      /* U… */
	const char *user_name; /* for people, plain text */
	const char *channel;
	const char *thread_ts;    /* root of the thread the person is in; NULL outside */
	const char *message_ts;   /* message of a button or reaction; NULL else */
	const char *response_url; /* NULL for mentions, !heal, reactions, modals */
	const char *trigger_id;   /* opens a modal within 3 s; NULL when there is none */
	int64_t incident;         /* of the thread, button or modal; 0 = none */
	const json *payload;      /* Slack's own */
};

/* One verb of /heal. */
struct command {
	const char *name;
	const char *alias;   /* NULL = none */
	const char *args;    /* "ID [30m|4h|tomorrow|until-worse]" */
	const char *help;    /* one line, imperative */
	const char *example; /* what one would type after /heal */
	enum right right;
	bool needs_incident; /* the dispatcher resolves ID, thread or the only open one into
	                        call.incident and takes it out of argv, or answers with the choices
	                      */
	bool (*run)(struct wf *w, const struct call *c, struct err *e);
};

/* A button, menu choice or modal submission, by action_id or callback_id. */
struct action {
	const char *id;
	enum right right;
	bool (*run)(struct wf *w, const struct call *c, struct err *e);
};

/* An event of the Events API that is not a command (reaction_added, app_home_opened …). */
struct event {
	const char *type;
	bool (*run)(struct wf *w, const struct call *c, struct err *e);
};

/* handlers/table.c: the only place to register. Each ends with a {NULL} entry. */
extern const struct command *const handler_commands[];
extern const struct action *const handler_actions[];
extern const struct event *const handler_events[];
extern const struct workflow *const handler_workflows[];

/* handlers/workflows/talk.c: words in the thread of c->incident that are no command; c->text has
 * all of them. */
bool handler_talk(struct wf *w, const struct call *c, struct err *e);

/* Answers the person, once per `step` name: ephemeral (by response_url, else chat.postEphemeral in
 * the same thread). `m` is built outside a step from step results or constants. */
bool reply(struct wf *w, const struct call *c, const char *step, const struct message *m,
        struct err *e);
/* A single paragraph; escaped for mrkdwn except what the format's own text writes. */
bool reply_text(struct wf *w, const struct call *c, const char *step, struct err *e,
        const char *fmt, ...) __attribute__((format(printf, 5, 6)));

/* reply_text for acts that already show in the thread: silent after a button or a reaction. */
bool confirm_text(struct wf *w, const struct call *c, const char *step, struct err *e,
        const char *fmt, ...) __attribute__((format(printf, 5, 6)));

/* incident_apply as a step: once, whatever happens. A refusal (ERR_CONFLICT) is the person's
 * answer. */
struct incident_event;
bool change(struct wf *w, const char *step, int64_t incident, const struct incident_event *ev,
        struct err *e);

/* What the person may do, from [who]; user groups are looked up (cached for 10 min). */
bool right_of(struct wf *w, const char *user, enum right *out, struct err *e);
/* Is the person in a list of user and group ids ([actions])? As a step. Guests, bots and strangers
 * never are. */
bool person_listed(struct wf *w, const char **ids, const char *user, bool *out, struct err *e);
/* The bot's own user id (U…); "" while Slack cannot be asked. */
const char *person_self(struct heal *h, struct arena *a);
/* Display name, plain text, never a mention; the id itself when Slack cannot be asked. */
const char *person_name(struct heal *h, struct arena *a, const char *user);
const char *right_name(enum right r); /* "viewer" "responder" "fixer" "admin" */
/* "Ask Ana or Ben: they are fixers." or what to set when the list is empty. */
const char *right_whom(struct wf *w, enum right r);
/* The names behind such a list; "" when it is empty. */
const char *people_names(struct wf *w, const char **ids);

#endif
