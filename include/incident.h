/*
 * incident.h - incidents: one per fingerprint, their states, timeline, and what the thread shows.
 *
 * All changes of state go through incident_apply: one function, every state named, the timeline
 * written and the publish run started in the same transaction. Reading is from the caller's read
 * connection. Structs and strings live in the given arena. Thread: workers, the loop (pages).
 */
#ifndef HEAL_INCIDENT_H
#define HEAL_INCIDENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "err.h"
#include "json.h"
#include "watch.h"

struct store;

/* ux: open → diagnosing → diagnosed | inconclusive → fixing → pr_open → merged → verifying →
 * resolved; any → resolved by hand or dismissed; resolved → open again within reopen_ms. */
enum incident_state {
	INCIDENT_OPEN,
	INCIDENT_DIAGNOSING,
	INCIDENT_DIAGNOSED,
	INCIDENT_INCONCLUSIVE,
	INCIDENT_FIXING,
	INCIDENT_PR_OPEN,
	INCIDENT_MERGED,
	INCIDENT_VERIFYING,
	INCIDENT_RESOLVED,
	INCIDENT_DISMISSED,
	INCIDENT_STATE_COUNT
};
const char *incident_state_name(enum incident_state s);                /* "open" "diagnosing" … */
bool incident_state_over(enum incident_state s);                       /* resolved or dismissed */
bool incident_state_parse(const char *name, enum incident_state *out); /* false: unknown word */

struct incident {
	int64_t id;
	const char *fingerprint;
	const char *project_id, *environment_id, *environment, *service_id, *service;
	enum signal signal; /* the leading one */
	enum incident_state state;
	enum severity severity;
	int64_t opened_ms, began_ms, changed_ms,
	        ended_ms;     /* began = onset of the symptom; 0 = not yet */
	const char *headline; /* "HTTP 5xx 12.4 %", rendered from facts by our code */
	const json *facts;    /* incident_facts shape: numbers, series, change; see facts.h */
	const char *acked_by, *owner; /* user ids; NULL */
	int64_t acked_ms;
	int64_t snoozed_until_ms; /* 0 = not; INT64_MAX = until worse */
	bool quiet;               /* no traffic: neither bad nor recovered */
	bool drill;
	int good_streak;
	int reopened;          /* how often */
	int64_t previous;      /* earlier incident of the same fingerprint; 0 = none */
	int occurrences_30d;   /* of the fingerprint, this one included */
	const char *how_ended; /* "auto" "by hand" "verified" "dismissed"; NULL */
	const char *ended_by, *end_note;
	const char *channel, *root_ts; /* NULL until posted */
	int diagnosis;                 /* newest version; 0 = none */
	const char *trouble; /* why the diagnosis or the fix is missing, for the thread; NULL */
	int64_t revision;    /* raised by every change */
};

enum incident_event_kind {
	INCIDENT_EV_OPENED,   /* by incident_open only */
	INCIDENT_EV_MEASURED, /* new facts, no change of state */
	INCIDENT_EV_WORSE,    /* severity rose: one notification */
	INCIDENT_EV_BETTER,
	INCIDENT_EV_QUIET, /* traffic stopped */
	INCIDENT_EV_DIAGNOSING,
	INCIDENT_EV_DIAGNOSED,
	INCIDENT_EV_INCONCLUSIVE,
	INCIDENT_EV_DIAGNOSIS_FAILED, /* state returns to open; `note` says why */
	INCIDENT_EV_FIX_STARTED,
	INCIDENT_EV_FIX_FAILED, /* back to diagnosed; note = what happened, what is left behind */
	INCIDENT_EV_FIX_STOPPED,
	INCIDENT_EV_PR_OPENED,
	INCIDENT_EV_PR_CLOSED, /* unmerged: back to diagnosed */
	INCIDENT_EV_MERGED,
	INCIDENT_EV_VERIFYING,
	INCIDENT_EV_VERIFIED,     /* → resolved */
	INCIDENT_EV_NOT_VERIFIED, /* → open, diagnosis marked wrong */
	INCIDENT_EV_RECOVERED,    /* close_n good scans → resolved (auto) */
	INCIDENT_EV_RESOLVED,     /* by hand */
	INCIDENT_EV_DISMISSED,
	INCIDENT_EV_REOPENED,
	INCIDENT_EV_ACKED,
	INCIDENT_EV_UNACKED,
	INCIDENT_EV_SNOOZED, /* until_ms */
	INCIDENT_EV_UNSNOOZED,
	INCIDENT_EV_ASSIGNED, /* note = user id */
	INCIDENT_EV_NOTE,     /* timeline only */
	INCIDENT_EV_UNPROVEN, /* too little traffic to verify the fix: open, the scans decide */
	INCIDENT_EV_REMINDED, /* its pull request waits for a decision: one notification */
	INCIDENT_EV_COUNT
};

struct incident_event {
	enum incident_event_kind kind;
	const char *actor;      /* user id; NULL = the bot */
	const char *note;       /* shown in the timeline; already clean and redacted */
	enum severity severity; /* WORSE, BETTER */
	int64_t until_ms;       /* SNOOZED */
	const char *headline;   /* MEASURED, WORSE, BETTER, QUIET: NULL = keep */
	const json *facts;      /* the same */
	int64_t if_revision;    /* > 0: only when the incident is still at this revision */
	const char *key; /* of a step (wf_key): an event of this kind and key that took effect
	                    before is not repeated; NULL = may be repeated */
};

/* The change in one transaction. ERR_NOT_FOUND; ERR_CONFLICT with a sentence for a person when the
 * state does not allow it ("INC-42 is already resolved") or if_revision does not match. Repeating
 * an event that already took effect (the same key, or ack by the same person …) is true and changes
 * nothing, whatever has become of the incident since. */
bool incident_apply(struct store *s, int64_t id, const struct incident_event *ev, struct err *e);

struct incident_new {
	const char *project_id, *environment_id, *environment, *service_id, *service;
	enum signal signal;
	const char *detail; /* top template or route for the fingerprint; NULL = none yet */
	enum severity severity;
	int64_t began_ms;
	const char *headline;
	const json *facts;
	const char *channel;
	int64_t reopen_ms; /* settings.scan.reopen_ms */
	bool drill;
};
/* Finds the unfinished incident of the service (several signals of one service are one incident),
 * or reopens the one of the same fingerprint that ended less than reopen_ms ago, or makes a new
 * one. *opened tells whether this call opened or reopened it. */
bool incident_open(struct store *s, const struct incident_new *n, int64_t *id_out, bool *opened,
        struct err *e);

/* Stable over numbers, deployments and wording: project, environment, service, signal class, masked
 * detail. 16 hex digits. */
const char *incident_fingerprint(struct arena *a, const struct incident_new *n);

/* Reading. NULL and ERR_NOT_FOUND ("there is no INC-42; /heal list shows the open ones"). */
struct incident *incident_get(struct store *s, struct arena *a, int64_t id, struct err *e);

struct incident_filter {
	const char *which;   /* "open" (default) "mine" "snoozed" "resolved" "all" */
	const char *user;    /* for "mine" */
	const char *service; /* NULL = any */
	int64_t since_ms;    /* 0 = any */
	int limit, offset;   /* 0 = 20 */
};
bool incident_list(struct store *s, struct arena *a, const struct incident_filter *f,
        struct incident **out, size_t *n_out, struct err *e);
/* The unfinished incident of a service; 0 when there is none. */
bool incident_of_service(struct store *s, const char *service_id, int64_t *id_out, struct err *e);
/* By a message of ours (root or any reply in its thread); 0 when it is none of ours. `slot_out`
 * (may be NULL): "root" "plan" "pr" … */
bool incident_of_message(struct store *s, struct arena *a, const char *channel, const char *ts,
        int64_t *id_out, const char **slot_out, struct err *e);

struct timeline_row {
	int64_t id;
	int64_t ts_ms;
	const char *kind, *actor, *note; /* actor NULL = the bot */
};
bool incident_timeline(struct store *s, struct arena *a, int64_t id, struct timeline_row **out,
        size_t *n_out, struct err *e);

/* --- diagnoses --- */
struct diagnosis {
	int64_t incident;
	int version;         /* plan v1, v2 … */
	const json *plan;    /* diagnose.h: plan_json; NULL when there is none */
	const char *trouble; /* then: why, as a sentence for the thread; else NULL */
	const char *plan_hash;
	const json *evidence;   /* [{id,kind,value,window,link}] as shown */
	const char *confidence; /* "high" "medium" "low" "none" */
	const char *remedy;     /* "code" … */
	const char *prompt_version, *model;
	const char
	        *rung; /* llm.h's "schema" "object" "text"; "stored" "known": no model was asked */
	double cost_usd; /* < 0 = unknown */
	int64_t tokens_in, tokens_out;
	int64_t masked;     /* values masked in what was sent */
	const char *prompt; /* of diagnoses older than the table of prompts; NULL */
	const char *hint;   /* NULL */
	int64_t created_ms;
};
/* Stores the next version and applies DIAGNOSED or INCONCLUSIVE (without a plan: DIAGNOSIS_FAILED
 * with its trouble) in the same transaction. `key` (wf_key) makes it idempotent. */
bool diagnosis_add(struct store *s, const char *key, const struct diagnosis *d, bool conclusive,
        int *version_out, struct err *e);
struct diagnosis *diagnosis_get(struct store *s, struct arena *a, int64_t incident, int version,
        struct err *e); /* version 0 = newest; NULL + ERR_NOT_FOUND */

/* Of the newest other incident of the same fingerprint that ended "verified" and whose diagnosis
 * was rated right and never wrong; NULL + ERR_NOT_FOUND. */
struct diagnosis *diagnosis_cured(
        struct store *s, struct arena *a, int64_t incident, struct err *e);

/* --- what went to a model, and what people said --- */
struct prompt_row {
	int64_t incident;
	const char *purpose; /* "diagnosis" "cross-check" "answer" */
	const char *model;
	const char *body; /* of the request as it left, byte for byte; kept for 90 days */
	int64_t ts_ms;
};
bool prompt_add(struct store *s, const char *key, const struct prompt_row *p,
        struct err *e); /* idempotent by key */
/* In the order of sending, at most 100. */
bool prompt_list(struct store *s, struct arena *a, int64_t incident, struct prompt_row **out,
        size_t *n_out, struct err *e);

struct remark {
	int64_t incident;    /* 0 = of a service without an open incident */
	const char *service; /* name */
	const char *kind;    /* "hint" "report" */
	const char *user;    /* U…; NULL */
	const char *text;    /* redacted and clean */
	const char *link;    /* to the message; NULL */
	int64_t ts_ms;
};
bool remark_add(struct store *s, const char *key, const struct remark *r,
        struct err *e); /* idempotent by key */
/* Those of the incident, and those about the service since a time; oldest first, the newest 30. */
bool remark_list(struct store *s, struct arena *a, int64_t incident, const char *service,
        int64_t since_ms, struct remark **out, size_t *n_out, struct err *e);

/* --- ratings --- */
/* vote: "right" "wrong" "useless"; NULL takes it back. target: "diagnosis" or "fix" and its number.
 * One per person and target; the latest by `at_ms` (when the person did it) wins, in whatever order
 * they are handled. */
struct vote {
	int64_t incident;
	const char *target;
	int number;
	const char *user, *vote;
	int64_t at_ms;
};
bool vote_set(struct store *s, const struct vote *v, struct err *e);
struct vote_count {
	const char *prompt_version, *model, *target;
	int right, wrong, useless, diagnoses;
	double cost_usd;
};
bool vote_stats(struct store *s, struct arena *a, int64_t since_ms, struct vote_count **out,
        size_t *n_out, struct err *e);
struct vote_row {
	const char *user, *vote, *target;
	int number;
	int64_t ts_ms;
};
bool vote_list(struct store *s, struct arena *a, int64_t incident, struct vote_row **out,
        size_t *n_out, struct err *e);

/* --- fixes --- */
struct fix_row {
	int64_t incident;
	int n;             /* 1, 2 … : branch heal/inc-<id>-<n> */
	const char *state; /* queued running stopping pr_open merged closed failed stopped */
	int64_t run;       /* the fix workflow's run */
	const char *repo, *base, *branch;
	const json *contract; /* what was approved */
	const char *session;  /* OpenCode session id; NULL */
	const json *progress; /* todo list, step, tests: what the fix message shows */
	double cost_usd;
	int pr_number;
	const char *pr_url, *pr_title;
	const json *pr; /* last known: checks, reviews, files, merged_at, sha */
	const char *started_by;
	int64_t started_ms, ended_ms, deadline_ms;
	const char *error;        /* what happened, what is left behind; NULL */
	const json *verification; /* before/after; NULL */
};
/* Begins fix number n+1 unless one of the incident is unfinished or open (ERR_CONFLICT with its
 * state in words) or the repository has too many open ones (max_open; ERR_LIMITED). Idempotent by
 * key. Applies FIX_STARTED. */
bool fix_begin(struct store *s, const char *key, const struct fix_row *f, int max_open, int *n_out,
        struct err *e);
struct fix_row *fix_get(struct store *s, struct arena *a, int64_t incident, int n, struct err *e);
/* Changes the fields given (NULL / 0 / <0 keep) and starts a publish run, in one transaction with
 * the incident's event when `ev` is not NULL. */
bool fix_update(
        struct store *s, const struct fix_row *f, const struct incident_event *ev, struct err *e);
/* The same for what the outside world decided (a pull request is there, a run broke): the row is
 * written even when the incident does not take the event any more, because a person resolved or
 * dismissed it meanwhile. *moved (may be NULL): whether it took it. */
bool fix_settle(struct store *s, const struct fix_row *f, const struct incident_event *ev,
        bool *moved, struct err *e);

/* --- acts at Railway (act.h) --- */
enum act_kind {
	ACT_RESTART,
	ACT_ROLLBACK,
	ACT_REDEPLOY,
	ACT_SCALE,
	ACT_LIMITS,
	ACT_VARIABLE,
	ACT_KIND_COUNT
};
struct act_row {
	int64_t incident;
	int n; /* 1, 2 … of the incident */
	const char *service_id;
	const json *ask, *proposal; /* what was wanted, what was approved */
	const char *state;          /* running done unknown failed */
	const char *note;           /* what came of it, a sentence; NULL */
	const json *metric;         /* act_begin only: prove_before() */
	const json *proof;          /* before and after; NULL */
	const char *started_by;
	int64_t started_ms, ended_ms;
};
/* Stores it and starts the run "act" in one transaction. ERR_CONFLICT while another act on that
 * service is under way, or when the incident is over. Idempotent by key. */
bool act_begin(
        struct store *s, const char *key, const struct act_row *row, int *n_out, struct err *e);
/* n = 0: the newest. NULL and ERR_NOT_FOUND. */
struct act_row *act_get(struct store *s, struct arena *a, int64_t incident, int n, struct err *e);
/* Changes the fields given (NULL / 0 keep), with a line of the timeline when `event` is not NULL,
 * and starts a publish run. */
bool act_update(struct store *s, const struct act_row *row, const char *event, struct err *e);

/* --- money --- */
bool spend_add(struct store *s, const char *key, int64_t incident, const char *kind,
        const char *user, double usd, int64_t tokens, struct err *e); /* idempotent by key */
/* What the fixes that wait or run may spend: their budgets. None of it is in `spend` yet. */
bool fix_reserved(struct store *s, double *usd, struct err *e);
/* Puts the fix on an OpenCode host (contract.host) unless `most` others are at work there: in one
 * transaction, so that two at the same moment do not both take the last place. *took: it is there
 * now. */
bool fix_take_host(struct store *s, int64_t incident, int n, const char *host, int most, bool *took,
        struct err *e);
/* What a fix has cost so far: one row, whoever ends it and however often it is told. */
bool fix_spend(
        struct store *s, int64_t incident, int n, const char *user, double usd, struct err *e);
/* Sum since a time; kind NULL = all. */
bool spend_sum(struct store *s, int64_t since_ms, const char *kind, int64_t incident, double *usd,
        struct err *e);

/* What was spent since a time by "day" (UTC), "service" or "person", at most 40 rows: days newest
 * first, the others by money. `name` NULL: no incident, or nobody asked. ERR_INPUT for another
 * word. */
struct spend_row {
	const char *name;
	double diagnosis_usd, fix_usd;
	int64_t tokens;
};
bool spend_by(struct store *s, struct arena *a, int64_t since_ms, const char *by,
        struct spend_row **out, size_t *n_out, struct err *e);

/* How many entries of a kind there are since a time. Kind "lost": a model was asked and the answer
 * was lost (crash, time-out), so that it may have been paid and was asked for again. */
bool spend_count(struct store *s, int64_t since_ms, const char *kind, int64_t *n, struct err *e);

/* --- memory of the scan --- */
/* The watch state of a service and what `why` shows. Stored per environment and service. */
struct scan_row {
	const char *environment_id, *service_id, *service;
	const void *watch; /* watch_save */
	size_t watch_len;
	const json *view; /* the last evaluation, for status and why */
	int64_t scanned_ms;
};
bool scan_save(struct store *s, const struct scan_row *rows, size_t n, struct err *e);
bool scan_load(struct store *s, struct arena *a, const char *environment_id, struct scan_row **out,
        size_t *n_out, struct err *e); /* NULL environment = all */
/* Key/value memory: last scan, pauses, caches. value NULL deletes. */
bool memo_set(struct store *s, const char *key, const json *value, struct err *e);
const json *memo_get(struct store *s, struct arena *a, const char *key); /* NULL = none */

/* --- what the thread shows: one row per message ("slot") of an incident --- */
struct slot_row {
	const char *slot; /* root evidence plan fix pr verify closing note:<n> */
	const char *ts;   /* NULL = not posted yet */
	const char *channel;
	uint64_t hash; /* of the content Slack shows */
	int64_t posted_ms, updated_ms;
};
bool slot_list(struct store *s, struct arena *a, int64_t incident, struct slot_row **out,
        size_t *n_out, struct err *e);
bool slot_set(struct store *s, int64_t incident, const struct slot_row *row, struct err *e);
/* The thread is gone (its root was deleted): its messages are to be posted anew. Notifications that
 * were shown stay shown. */
bool slot_forget(struct store *s, int64_t incident, struct err *e);

/* --- who changed what: every outgoing write and every refused click --- */
/* One row for each key (wf_key; NULL = none), however often the step is repeated. */
bool audit_add(struct store *s, const char *key, const char *user, const char *what,
        int64_t incident, const json *detail, struct err *e);

#endif
