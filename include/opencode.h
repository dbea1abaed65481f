/*
 * opencode.h - a remote OpenCode server (major version 1, measured with 1.18), typed.
 *
 * A `struct opencode` belongs to one worker thread (it uses that thread's struct http). Results
 * live in the arena given to each call. Times are wall ms, money US dollars. Texts (titles, tool
 * output, model text) are foreign: redact before storing, escape when showing.
 *
 * Rules of the wire that shape this interface (observed on the real server):
 *  - HTTP 200 proves nothing: an unknown path answers 200 text/html. Only JSON (or 204) counts.
 *  - 204 to a prompt means accepted, not started: an unknown agent or model is dropped in silence,
 *    so opencode_check() asks for both first.
 *  - Sessions and messages are durable, the status is not: after a restart everybody looks idle.
 *    The status lists only those that are not idle. Truth comes from polling; events are a hint.
 *  - A run may end with finish "tool-calls" (a refused question), and a killed server leaves its
 *    last message open for ever.
 *  - A request that arrives while the server starts may never be answered: every call has a
 * timeout.
 *  - Message ids are ordered; the server takes an answer older than its question for unfinished.
 *    So ids of our prompts are made from the *server's* time (opencode_message_id).
 *
 * Errors of every call: ERR_AUTH (password), ERR_NOT_FOUND, ERR_STATUS (retryable: 5xx), ERR_PROTO
 * (not OpenCode, not JSON), and those of http_do(). Never retries.
 */
#ifndef HEAL_OPENCODE_H
#define HEAL_OPENCODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "err.h"
#include "json.h"

struct http;
struct opencode;

struct opencode_config {
	const char *url;      /* "http://host:4096" */
	const char *user;     /* NULL = "opencode" */
	const char *password; /* NULL = the server is open; never logged, never in an error */
	const char *
	        directory; /* absolute, on the OpenCode host; NULL = where the server was started */
	uint32_t timeout_ms; /* of each request; 0 = 20,000 */
};

/* `c` is copied; `h` outlives the result. */
struct opencode *opencode_new(struct http *h, const struct opencode_config *c);
void opencode_free(struct opencode *o);

/* --- before anything is asked for --- */

/* The server's version ("1.18.33"). ERR_CONFIG when it speaks another major version (2.x is another
 * protocol), ERR_PROTO when it is not an OpenCode server; both say what to do. */
bool opencode_health(struct opencode *o, struct arena *a, const char **version_out, struct err *e);

/* The agent and the model ("provider/model") exist on this server; NULL = not asked for.
 * ERR_CONFIG names the ones that do. */
bool opencode_check(
        struct opencode *o, struct arena *a, const char *agent, const char *model, struct err *e);

/* --- sessions --- */

/* The last matching rule wins; rules of a session win over the server's configuration and over
 * whatever a repository brings along. */
struct opencode_rule {
	const char *permission; /* bash edit webfetch question external_directory … */
	const char *pattern;    /* "*", "git push --force*" */
	const char *action;     /* "allow" "deny" "ask"; ask hangs a server without people */
};

struct opencode_session {
	const char *id, *title, *directory;
	const json *metadata; /* as given at create; NULL */
	double cost_usd;      /* adds up over the run; 0 also when the model has no price */
	int64_t tokens_in, tokens_out, tokens_cached;
	int64_t created_ms, updated_ms; /* server's clock */
};

struct opencode_new_session {
	const char *title; /* "heal:<key>": found again by opencode_find(); saves a title call */
	const json *metadata;
	const struct opencode_rule *rules;
	size_t nrules;
};

/* Look before you create: the newest session with exactly this title. NULL and ERR_NOT_FOUND. */
struct opencode_session *opencode_find(
        struct opencode *o, struct arena *a, const char *title, struct err *e);
/* The newest sessions (at most 100) with this in their titles, children left out. */
bool opencode_sessions(struct opencode *o, struct arena *a, const char *title,
        struct opencode_session **out, size_t *n_out, struct err *e);
/* NULL on failure; e->ambiguous when it may have been created. */
struct opencode_session *opencode_create(
        struct opencode *o, struct arena *a, const struct opencode_new_session *n, struct err *e);
struct opencode_session *opencode_get(
        struct opencode *o, struct arena *a, const char *session, struct err *e);
/* True also when it is gone already. Ends its commands. */
bool opencode_delete(struct opencode *o, struct arena *a, const char *session, struct err *e);

/* --- prompting --- */

/* A message id in the server's own scheme: ordered by time, unique by key. `after_ms` is server
 * time: created_ms of the session for its first prompt, created_ms of the newest message for a
 * later one. Same arguments, same id. */
const char *opencode_message_id(struct arena *a, int64_t after_ms, const char *key);

struct opencode_prompt {
	const char *message_id; /* opencode_message_id(); required */
	const char *text;
	const char *system; /* appended to the agent's own prompt; NULL */
	const char *agent;  /* NULL = the server's default */
	const char *model;  /* "provider/model"; NULL = the server's default */
};

/* Sends the prompt unless a message of this id is already there. True: the server has accepted it
 * (which says nothing about its start). One prompt per session at a time: a second one steers. */
bool opencode_prompt(struct opencode *o, struct arena *a, const char *session,
        const struct opencode_prompt *p, struct err *e);

/* --- looking --- */

#define OPENCODE_NO_EXIT INT32_MIN

struct opencode_tool {
	const char *tool;         /* bash read edit write … */
	const char *status;       /* pending running completed error */
	const char *input;        /* the command of bash, the path of file tools, else "" */
	const char *output;       /* of the tool, or its error; cut by the server to about 14 KB */
	int32_t exit;             /* of bash: a failing command is "completed" */
	int64_t start_ms, end_ms; /* server's clock; 0 = not yet */
};

struct opencode_message {
	const char *id, *role, *parent; /* role: user assistant */
	int64_t created_ms, completed_ms;
	const char *finish;             /* stop tool-calls length content-filter …; NULL */
	const char *error, *error_text; /* APIError MessageAbortedError …; NULL */
	bool error_retryable;
	const char *text; /* the *last* text part: a retried turn leaves broken ones before; "" */
	struct opencode_tool *tools;
	size_t ntools, nparts;
};

struct opencode_todo {
	const char *content, *status; /* pending in_progress completed cancelled */
};

/* Something that waits for a person. */
struct opencode_ask {
	const char *id, *session;
	bool question;          /* else a permission */
	const char *permission; /* bash external_directory …; "question" */
	const char *what;       /* the command, pattern or question, one line */
	size_t nquestions;      /* a question request may hold several */
};

enum opencode_status { OPENCODE_IDLE, OPENCODE_BUSY, OPENCODE_RETRY };

struct opencode_view {
	int64_t at_ms; /* our clock */
	bool found;    /* false: the server does not know the session */
	enum opencode_status status;
	int retry_attempt;
	int64_t retry_in_ms; /* until the model is asked again */
	const char *retry_text;
	struct opencode_session session;
	struct opencode_message *messages; /* the newest few, oldest first */
	size_t nmessages;
	struct opencode_todo *todos;
	size_t ntodos;
	struct opencode_ask *asks; /* of this session and its children */
	size_t nasks;
};

enum opencode_state {
	OPENCODE_STARTING, /* accepted, nothing yet */
	OPENCODE_RUNNING,
	OPENCODE_RETRYING, /* its model fails; view.retry_* */
	OPENCODE_DONE,     /* ended by itself with a text */
	OPENCODE_FAILED,   /* why says it: the model's error, cut answer, empty answer */
	OPENCODE_ABORTED,
	OPENCODE_STOPPED,     /* ended on a refused permission or question */
	OPENCODE_INTERRUPTED, /* the server died under it; a new prompt continues */
	OPENCODE_DROPPED,     /* the prompt never arrived or never started */
	OPENCODE_LOST         /* session is gone (volume lost) */
};
const char *opencode_state_name(enum opencode_state s);

/* What has to be remembered from poll to poll; kept as JSON by the caller (wf_again). */
struct opencode_memory {
	const char *prompt_id; /* of our newest prompt */
	int64_t prompted_ms;   /* our clock, when it was accepted */
	const char *last_id;   /* newest message seen */
	uint64_t mark;         /* hash of what was last seen: message, parts, todo */
	int64_t mark_ms;       /* our clock, since when it has not changed */
	int same;              /* polls in a row that saw it */
	int turns;             /* model turns counted so far */
	bool stuck_busy;       /* ended, but the server still says busy: abort it */
};
json *opencode_memory_json(struct arena *a, const struct opencode_memory *m);
void opencode_memory_parse(struct arena *a, const json *j, struct opencode_memory *m);

struct opencode_timing {
	int64_t start_ms;  /* a prompt that has not started by then is dropped; 0 = 20,000 */
	int64_t settle_ms; /* an ending without an end is believed after this; 0 = 5,000 */
	int64_t stuck_ms;  /* busy after the end is disbelieved after this; 0 = 60,000 */
};

/* Pure: what the view means, given what was seen before. Updates `m`. `why_out` (may be NULL) is a
 * sentence (arena) for every state that is not a success, else "". */
enum opencode_state opencode_decide(struct arena *a, const struct opencode_view *v,
        struct opencode_memory *m, const struct opencode_timing *t, const char **why_out);

/* One look: status, newest messages, todo, permissions, questions and cost, side by side. A session
 * the server does not know is a view with found = false, not an error. */
bool opencode_look(struct opencode *o, struct arena *a, const char *session,
        struct opencode_view *out, struct err *e);

/* opencode_look and opencode_decide in one. */
struct opencode_poll {
	struct opencode_view view;
	enum opencode_state state;
	const char *why;
};
bool opencode_poll(struct opencode *o, struct arena *a, const char *session,
        struct opencode_memory *m, const struct opencode_timing *t, struct opencode_poll *out,
        struct err *e);

/* --- steering --- */

/* Answers a permission: reply "once" or "reject". A reject *with* message is read by the model,
 * which goes on; without, the run ends. True also when somebody answered already. */
bool opencode_permit(struct opencode *o, struct arena *a, const char *id, const char *reply,
        const char *message, struct err *e);
/* Answers every question of the request with `text`, so that the run goes on (a rejected question
 * ends it). */
bool opencode_answer(struct opencode *o, struct arena *a, const struct opencode_ask *q,
        const char *text, struct err *e);
/* Ends the run, its children first. True also when it was idle. Whether it really stopped is told
 * by the next poll. */
bool opencode_abort(struct opencode *o, struct arena *a, const char *session, struct err *e);

/* Runs a command of ours (never of a model) by the host's shell in the session's directory and
 * waits for it, at most `timeout_ms`. `output`: what it printed, both streams, whole. Rules of the
 * session do not hold for it; its exit status is not told, so print it. The session must be idle
 * (ERR_CONFLICT), so use one of its own. `agent`: any the server has; required by the protocol.
 * 1.18 passes the command through an eval of a double-quoted string: no $, no backslash in it. */
bool opencode_shell(struct opencode *o, struct arena *a, const char *session, const char *agent,
        const char *command, uint32_t timeout_ms, const char **output, struct err *e);

struct opencode_file {
	const char *path, *status, *patch; /* status: added modified deleted */
	int additions, deletions;
};
/* What a prompt changed in the session's directory; empty unless that is a git work tree. */
bool opencode_diff(struct opencode *o, struct arena *a, const char *session, const char *message_id,
        struct opencode_file **out, size_t *n_out, struct err *e);

/* --- events: only a hint to poll sooner --- */

enum opencode_event_kind {
	OPENCODE_EV_OTHER, /* unknown types are no error */
	OPENCODE_EV_HEARTBEAT,
	OPENCODE_EV_ACTIVITY, /* message, part, todo, file */
	OPENCODE_EV_STATUS,
	OPENCODE_EV_IDLE,
	OPENCODE_EV_ERROR,
	OPENCODE_EV_ASK,
	OPENCODE_EV_DISPOSED
};
struct opencode_event {
	enum opencode_event_kind kind;
	const char *type;    /* as sent */
	const char *session; /* "" = not about one */
};

/* A parser of server-sent events: bytes in, in pieces of any size; fn is called for each complete
 * event (its strings live until it returns). fn returns false to stop; then feed returns false.
 * Frames over 1 MiB are skipped. */
struct opencode_sse;
typedef bool (*opencode_event_fn)(void *ctx, const struct opencode_event *ev);
struct opencode_sse *opencode_sse_new(opencode_event_fn fn, void *ctx);
void opencode_sse_free(struct opencode_sse *s);
bool opencode_sse_feed(struct opencode_sse *s, const char *p, size_t n);

/* Listens until something of this session asks for a poll (status, idle, error, a question) or
 * `max_ms` passed. True in both cases; *hint tells which. Holds the thread. */
bool opencode_wait(struct opencode *o, struct arena *a, const char *session, int64_t max_ms,
        bool *hint, struct err *e);

#endif
