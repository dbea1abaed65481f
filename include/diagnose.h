/*
 * diagnose.h - from evidence to a plan that an engineer can believe.
 *
 * Facts are collected as a list of evidence items, each with an id (e1, e2 …), rendered by our
 * code. The model sees that list and refers to items by id. What comes back passes plan_validate:
 * closed schema; a claim without a valid id is dropped; numbers that do not stand in the evidence
 * are taken out; links, mentions, commands for the agent and paths that leave the repository are
 * taken out; the confidence word is computed here from what was cited, and the model may only lower
 * it. So nothing that a log line made the model say can become a target, a command or a mention.
 *
 * Evidence values are foreign text that was redacted when it was ingested. Pure but for
 * diagnose_run. Memory: the given arena. Thread: the caller's.
 */
#ifndef HEAL_DIAGNOSE_H
#define HEAL_DIAGNOSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "digest.h"
#include "err.h"
#include "json.h"
#include "llm.h"
#include "railway.h"
#include "settings.h"
#include "statuspage.h"

/* --- evidence --- */

enum evidence_kind {
	EVIDENCE_METRIC,       /* a bad signal of this service, against limit and usual */
	EVIDENCE_FINE,         /* what was measured and is fine: rules out, never supports */
	EVIDENCE_LOG,          /* a log template with its count */
	EVIDENCE_ROUTES,       /* HTTP log: which routes fail or are slow */
	EVIDENCE_DEPLOY,       /* a deployment with its commit */
	EVIDENCE_COMMITS,      /* what a deployment changed: commits, files, lines */
	EVIDENCE_CODE,         /* source at a place that the logs name */
	EVIDENCE_TRACE,        /* a request through the services, put together from their logs */
	EVIDENCE_BUILD,        /* the build log or a deployment step that failed */
	EVIDENCE_RESTART,      /* crashed instances, restarts, out of memory */
	EVIDENCE_NEIGHBOUR,    /* a database or another service of the project */
	EVIDENCE_ARCHITECTURE, /* what the project consists of */
	EVIDENCE_UPSTREAM,     /* a provider's status page */
	EVIDENCE_EARLIER,      /* an earlier incident of the same fingerprint */
	EVIDENCE_PERSON,       /* a hint or report of a person */
	EVIDENCE_MISSING,      /* what could not be read; has no id and cannot be cited */
	EVIDENCE_KIND_COUNT
};
const char *evidence_kind_name(enum evidence_kind k); /* "metric" "fine" "log" … */
bool evidence_kind_parse(const char *name, enum evidence_kind *out);

/* What an item is worth as support for a cause. Decided by our code when it is added. */
enum evidence_strength { EVIDENCE_CONTEXT, EVIDENCE_WEAK, EVIDENCE_DECISIVE };

struct evidence {
	const char *id; /* "e1"; "" for EVIDENCE_MISSING */
	enum evidence_kind kind;
	const char *value;  /* what a person reads: text with its numbers */
	const char *window; /* "14:02–14:32 UTC", "30 min"; "" */
	const char *link;   /* https, made by our code; NULL */
	enum evidence_strength strength;
	bool timely;     /* a change shortly before the onset */
	bool suspicious; /* holds text that reads like an instruction to a machine: shown to
	                    people with a flag, never decisive */
	double weight;   /* value for the prompt when not everything fits; higher stays */
};

struct evidence_list;
struct evidence_list *evidence_new(struct arena *a);
/* Adds a copy (id and suspicious are set here; value is cleaned and cut to 4 KiB). NULL when the
 * value is empty or the list has 60 items. */
const struct evidence *evidence_add(struct evidence_list *l, const struct evidence *item);
size_t evidence_count(const struct evidence_list *l);
const struct evidence *evidence_at(const struct evidence_list *l, size_t i); /* NULL past the end */
const struct evidence *evidence_find(const struct evidence_list *l, const char *id);
/* [{"id","kind","value","window","link","strength","timely","suspicious","weight"}]: for step
 * results and the store. evidence_append reads it back; ids are given anew. */
json *evidence_json(const struct evidence_list *l, struct arena *a);
void evidence_append(struct evidence_list *l, const json *items);
/* The same with values as a machine may read them (evidence_for_machine): for the agent. */
json *evidence_json_for_machine(struct arena *a, const json *items);
/* True when the text reads like an instruction to a model or an agent, or pipes something into a
 * shell; also behind escapes, look-alike letters, base64, and in the commonest languages. */
bool evidence_suspicious(const char *text);
/* What a model or an agent gets to read of a value: the same without what is suspicious, which a
 * note stands for. People see the whole. The result is never suspicious. */
const char *evidence_for_machine(struct arena *a, const char *value);

/* A raw log line of n bytes as evidence reads it: fit to be shown, and where it is longer than 2
 * KiB its beginning and its end, cut between words so that no half of a secret is left for the
 * redactor to miss. The bound of what a log storm costs. Redact it next. */
const char *evidence_line(struct arena *a, const char *raw, size_t n);

/* Typed inputs. `window` is what people read. */

/* From the facts of an incident (facts.h): each bad signal as metric, restarts, the serving
 * deployment as a change, and what is fine (CPU, memory, disk, HTTP). */
void evidence_add_facts(struct evidence_list *l, const json *facts, int64_t began_ms);
/* The top templates. `since`: what they are compared with, "the deploy" or "the onset"; NULL = no
 * line from before it was read, so that nothing is known to be new. A template of errors that is
 * new since then (before = 0) is decisive, others are weak. */
void evidence_add_logs(struct evidence_list *l, const struct digest_template *t, size_t n,
        const struct digest_totals *totals, const char *since, const char *window,
        const char *link);
/* The rest of the digest as one item, for the model (context). */
void evidence_add_digest(struct evidence_list *l, const char *text, const char *window);
/* table: routes_render. Weak, when any route fails. */
void evidence_add_routes(struct evidence_list *l, const char *table, size_t failing,
        const char *window, const char *link);
/* Newest first as from railway_deployments. The one that serves since shortly before the onset
 * (at most within_ms before, 2 min after) is timely; failed ones are decisive for the rollout. */
void evidence_add_deployments(struct evidence_list *l, const struct railway_deployment *d, size_t n,
        int64_t began_ms, int64_t within_ms);
/* What a deployment changed: the first line for people, then the change itself. Weak: a change is
 * no cause by itself. */
void evidence_add_commits(struct evidence_list *l, const char *text, const char *link);
/* Source at a place that the logs name. Context. */
void evidence_add_code(struct evidence_list *l, const char *text, const char *link);
/* A waterfall of requests through the services. Weak. */
void evidence_add_trace(struct evidence_list *l, const char *text, const char *window);
/* A failed step, or the end of a build log. Decisive. */
void evidence_add_build(struct evidence_list *l, const char *text, const char *link);
struct evidence_neighbour {
	const char *name, *kind;  /* "Postgres" "database" */
	double cpu, memory, disk; /* shares of the limit; NAN = unknown */
	int crashed, restarts;    /* -1 = unknown */
	const char *note;         /* NULL = none */
};
/* Beyond 90 % of a limit or crashed: decisive. Calm: what is fine. */
void evidence_add_neighbour(struct evidence_list *l, const struct evidence_neighbour *n,
        const char *window, const char *link);
void evidence_add_architecture(struct evidence_list *l, const char *text);
/* A provider with an open problem is decisive when `strong` (the operator named it, or failing
 * lines do), else weak; "reports nothing" is context; unknown is missing. why: the sign of it;
 * NULL. */
void evidence_add_upstream(
        struct evidence_list *l, const struct status_report *r, const char *why, bool strong);
struct evidence_earlier {
	int64_t incident;
	const char *headline, *cause; /* cause NULL = none was found */
	const char *ended;            /* how it ended, "fixed by acme/api#88"; NULL */
	const char *vote;             /* "right" "wrong"; NULL */
	int64_t when_ms;
};
void evidence_add_earlier(
        struct evidence_list *l, const struct evidence_earlier *x, const char *link);
void evidence_add_person(
        struct evidence_list *l, const char *who, const char *text, int64_t when_ms);
/* What could not be read, as people should hear it: "HTTP logs: Railway did not answer". */
void evidence_add_missing(struct evidence_list *l, const char *what);

/* The table of the evidence message, one line per item: "e3  log  1,204× timeout …  (30 min)".
 * Lines are at most `columns` characters. */
const char *evidence_table(const struct evidence_list *l, struct arena *a, size_t columns);
/* "errors, deploys, CPU and memory, Postgres": what was looked at, for "Cause not found". */
const char *evidence_checked(const struct evidence_list *l, struct arena *a);

/* --- confidence ---
 *
 * Computed from the cited evidence only. Sources: measurements (metric, routes), logs (log), change
 * (deploy, commits), build, instances (restart), neighbour, traces (trace), upstream, earlier,
 * people (person). Several items of one source count once, with the strongest. fine, code,
 * architecture and missing never count.
 *
 *   high    a change that matches in time is cited, and at least two other sources agree, one of
 *           them decisive (people do not count here)
 *   medium  one decisive item, or two sources
 *   low     one weak source: only correlation
 *   none    nothing that counts
 *
 * A decisive item cited against the cause takes one step away. The model may lower the word, never
 * raise it; so may the cross-check (plan_doubt). Low and none are "Cause not found": what was
 * checked, one question to a human, no fix. */
enum confidence { CONFIDENCE_NONE, CONFIDENCE_LOW, CONFIDENCE_MEDIUM, CONFIDENCE_HIGH };
const char *confidence_name(enum confidence c); /* "none" "low" "medium" "high" */
bool confidence_parse(const char *name, enum confidence *out);
/* `reason` (may be NULL) gets a sentence for people: "logs and measurements agree, and deploy …
 * came 3 min before". */
enum confidence confidence_of(const struct evidence *const *cited, size_t n,
        const struct evidence *const *against, size_t nagainst, struct arena *a,
        const char **reason);

/* --- the plan --- */

enum remedy {
	REMEDY_CODE,
	REMEDY_CONFIGURATION,
	REMEDY_INFRASTRUCTURE,
	REMEDY_CAPACITY,
	REMEDY_UPSTREAM, /* wait for the provider */
	REMEDY_NOTHING,  /* expected load, a known job */
	REMEDY_COUNT
};
const char *remedy_name(enum remedy r); /* "code" "configuration" … */
bool remedy_parse(const char *name, enum remedy *out);
/* Is there evidence for this kind of remedy? upstream: a provider's open problem is cited.
 * capacity: a measurement or a neighbour at its limit is cited. nothing: a person's word is cited,
 * or nothing decisive was found at all. code: logs, build, deploy, routes, instances or
 * measurements are cited. Others need nothing. A plan whose remedy has none is not conclusive. */
bool remedy_backed(enum remedy r, const struct evidence *const *cited, size_t n,
        const struct evidence_list *all);

/* The files of the repository at the deployed commit: the only ones that a plan may name. */
struct plan_tree {
	const char *const *paths;
	size_t n;
};

struct plan_hypothesis {
	const char *text;
	const char **for_ids, **against_ids; /* NULL-terminated */
	const char *verdict;                 /* "leading" "possible" "ruled_out" */
};
struct plan_step {
	const char *text;
	const char *file;   /* path in the repository's tree; NULL */
	const char *risk;   /* "low" "medium" "high" */
	const char *verify; /* how to see that it worked; "" */
};
/* Every list of strings is NULL-terminated and never NULL. Texts are model text: clean, without
 * links, mentions and control characters, still to be escaped for where they go. */
struct plan {
	const char *summary;
	const char *cause; /* with [e3] in it; NULL when not found */
	const char **cause_ids;
	struct plan_hypothesis *hypotheses;
	size_t nhypotheses;
	enum confidence confidence;
	const char *confidence_reason; /* by our code */
	const char *doubt;             /* the model's own reason, ""; an opinion */
	const char **debugging, **reproduce, **avoid, **missing, **checked;
	struct plan_step *steps;
	size_t nsteps;
	enum remedy remedy;
	const char *question;  /* to a human; never NULL when nothing conclusive was found */
	const char **notes;    /* what was taken out of the model's answer, for people */
	const char *objection; /* of the cross-check, with [e3] in it; NULL */
	const char *
	        checked_by; /* "the cross-check found nothing against it" …; NULL = none was made */
	const char *changed; /* against the version before, by plan_changes; NULL */
	bool conclusive;     /* a cause of at least medium confidence stands */
};

/* The schema that is sent to the model: closed, everything required. Parsed into the arena. */
const json *plan_schema(struct arena *a);
/* A model's answer (any JSON at all) to a plan. `tree` NULL: it could not be read, so no file is
 * named. False with ERR_PROTO only when it does not fit the schema; everything else is dropped,
 * lowered or noted. */
bool plan_validate(struct arena *a, const json *answer, const struct evidence_list *l,
        const struct plan_tree *tree, struct plan *out, struct err *e);

/* --- the cross-check: a second, cheap question that tries to break the leading hypothesis --- */

const json *plan_doubt_schema(struct arena *a);
/* What it answered, applied to the plan. It can only lower: "weak" takes one step, "refuted" makes
 * it low, and only with an item that the sceptic cites; without one, or with an answer that does
 * not fit the schema, the plan stands as it is. True when the word was lowered. */
bool plan_doubt(struct arena *a, struct plan *p, const json *answer, const struct evidence_list *l);
/* For the store, and back. plan_parse accepts what plan_json made (any version). */
json *plan_json(struct arena *a, const struct plan *p);
bool plan_parse(struct arena *a, const json *j, struct plan *out, struct err *e);
/* 12 hex digits over everything a person approves: cause, remedy, steps, what to avoid. */
const char *plan_hash(struct arena *a, const struct plan *p);

/* Plain text, not escaped. */
/* "Suspected cause (medium: …)" and its text, or the "Cause not found · checked … · missing …"
 * line. */
const char *plan_verdict(struct arena *a, const struct plan *p);
/* "1 Roll back …   2 Fix: …   3 Check …": the first steps in one line, at most max_chars. */
const char *plan_next(struct arena *a, const struct plan *p, size_t max_chars);
/* Numbered steps with file, risk and verification; the alternatives; what not to do. */
const char *plan_lines(struct arena *a, const struct plan *p);
/* The same in pieces, so that each fits a block of Slack: one per step, one per list. */
const char *const *plan_pieces(struct arena *a, const struct plan *p, size_t *n_out);
/* What is new in `p` against the version before: "cause found; confidence low → medium; remedy code
 * → upstream; 2 steps instead of 3"; "the same as before" when nothing is. `old` NULL gives NULL.
 */
const char *plan_changes(struct arena *a, const struct plan *old, const struct plan *p);
/* What the coding agent gets: cause, steps, files, verification, what not to do; no debugging
 * steps, no questions. For fix_contract.plan. */
const char *plan_for_agent(struct arena *a, const struct plan *p);

/* --- asking --- */

struct diagnose_request {
	int64_t incident;
	const char *service, *environment, *headline, *severity;
	int64_t began_ms, now_ms;
	const char *repo; /* owner/name; NULL = none known */
	const struct evidence_list *evidence;
	const json *previous; /* plan_json of the version before, when a person asked again; NULL */
	double spent_today_usd, spent_month_usd, spent_incident_usd; /* 24 hours, 30 days */
	const char
	        *model; /* NULL = settings.llm.model; the cross-check and answers: triage_model */
	const struct plan_tree *tree; /* NULL = unknown: the plan names no files */
};

/* What is asked about the evidence; each has a prompt file and a schema of its own. */
enum diagnose_ask { DIAGNOSE_PLAN, DIAGNOSE_DOUBT, DIAGNOSE_ANSWER, DIAGNOSE_ASK_COUNT };
struct diagnose_question {
	enum diagnose_ask ask;
	const char *about;    /* a plan's cause (DOUBT), a person's question (ANSWER), NULL */
	size_t budget_tokens; /* of the whole prompt; 0 = settings.llm.context_tokens */
	const char *fence;    /* NULL = a random one */
};

struct diagnose_prompt {
	const char *system, *user;
	const struct evidence_list *sent; /* what fitted: only this can be cited */
	const char *version; /* "diagnose.v1", or "diagnose.v1+<hash>" from the folder */
	const char *hash;    /* of the system prompt's text */
	size_t tokens;       /* of both, estimated */
	size_t fixed;        /* of them, what is no evidence */
	size_t left_out;     /* evidence items that did not fit */
	double estimate_usd; /* upper bound; < 0 = unknown */
};
/* Serialises within the budget, dropping the items with the least weight per token, or cutting
 * them, and saying so. ERR_CONFIG when the override folder's prompt cannot be read. */
bool diagnose_prompt(const struct llm *l, const struct settings *s, struct arena *a,
        const struct diagnose_request *q, const struct diagnose_question *k,
        struct diagnose_prompt *out, struct err *e);

struct diagnose_result {
	struct plan plan;
	const json *plan_json;
	const char *plan_hash;
	const json *evidence; /* as sent, evidence_json */
	struct diagnose_prompt prompt;
	struct llm_answer answer; /* also on failure: money is counted either way */
};
/* Budget check, prompt, question, validation. ERR_BUDGET with the sentence for the thread when the
 * estimate breaks limits.diagnosis_usd, limits.day_usd or limits.month_usd (nothing was sent). A
 * prompt that is too long for the model is halved, at most twice. Other errors are llm_ask's. */
bool diagnose_run(struct llm *l, const struct settings *s, struct arena *a,
        const struct diagnose_request *q, struct diagnose_result *out, struct err *e);

/* The cross-check of a plan by the cheap model: plan_doubt with its answer. `p` gets a new
 * confidence, reason and objection. A plan that is not conclusive is not asked about (true, nothing
 * sent). False: it could not be made; the plan stands, and p->checked_by says so. */
bool diagnose_doubt(struct llm *l, const struct settings *s, struct arena *a,
        const struct diagnose_request *q, struct plan *p, struct diagnose_result *out,
        struct err *e);

/* A person's question, answered from the evidence by the cheap model: *text_out is clean text whose
 * sentences stand on cited items, or says that the evidence does not tell. ERR_BUDGET as above. */
bool diagnose_answer(struct llm *l, const struct settings *s, struct arena *a,
        const struct diagnose_request *q, const char *question, const char **text_out,
        struct diagnose_result *out, struct err *e);
const json *diagnose_answer_schema(struct arena *a);

/* The plan of an earlier incident (plan_json `old`) as an answer about today's evidence, through
 * plan_validate: it stands on the item that tells of that incident and on today's measurements, and
 * names only files that there are now. False: there is no such item, or it would not be conclusive.
 */
bool diagnose_known(struct arena *a, const json *old, int64_t incident,
        const struct evidence_list *l, const struct plan_tree *tree, struct plan *out);

/* Wilson's 95 % interval of a share (Wilson 1927): 0 … 1 without any. */
void score_interval(int hits, int of, double *low, double *high);

/* A prompt file by its name ("diagnose.v1.md"): from the folder when it is there, else the compiled
 * one. *version_out and *hash_out may be NULL. NULL and ERR_CONFIG when unreadable or unknown. */
const char *prompt_load(struct arena *a, const char *folder, const char *name,
        const char **version_out, const char **hash_out, struct err *e);

#endif
