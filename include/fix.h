/*
 * fix.h - handing a plan to a coding agent and knowing what came of it.
 *
 * The contract says what was approved; the prompt, the session's rules, every decision while the
 * agent works and the verification afterwards are functions of it. What the agent says is only a
 * hint: branch and pull request are verified at GitHub, and the bot opens the pull request itself
 * when only the branch is there.
 *
 * The first half is pure (values in, values out, any thread). The second half are bodies for
 * wf_step: the workflow in handlers/workflows/fix.c strings them together and owns the store.
 */
#ifndef HEAL_FIX_H
#define HEAL_FIX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "err.h"
#include "github.h"
#include "json.h"
#include "opencode.h"
#include "redact.h"
#include "workflow.h"

/* --- the contract: what a person approved --- */

/* Who pushes and opens the pull request. FIX_BY_BOT: the agent has no token that writes; it
 * commits, the bot reads the commit through the OpenCode server, checks it, and makes the branch by
 * GitHub's Git data API. FIX_BY_AGENT: the agent pushes and runs publish_cmd; the bot looks
 * afterwards. */
enum fix_publish { FIX_BY_BOT, FIX_BY_AGENT };
/* What becomes of a change that breaks the contract. A forbidden kind (workflows, keys, secrets) is
 * always stopped. */
enum fix_breach { FIX_BREACH_DRAFT, FIX_BREACH_STOP, FIX_BREACH_FLAG };

struct fix_contract {
	enum fix_publish publish;
	enum fix_breach breach;
	int test_rounds;      /* failing tests go back to the agent so often */
	bool tests_must_pass; /* false: else a draft with "tests fail" on top; true: nothing */
	int ci_rounds;        /* the same for the checks of its pull request */
	int64_t incident;
	int n; /* 1, 2 … of the incident */
	const char *service;
	const char *headline;      /* of the incident: our own words and numbers */
	const char *repo;          /* owner/name */
	const char *clone_url;     /* without a token */
	const char *base, *branch; /* branch: fix_branch() */
	const char *folder;        /* of the work tree on the OpenCode host; NULL = "inc-42-1" */
	const char *directory;     /* of the service inside the repository; NULL = the whole */
	const char *tests;         /* command; NULL = the agent finds it */
	const char *publish_cmd;   /* how the agent opens the pull request: "gh" */
	int plan_version;
	const char *plan_hash;
	const char *plan;     /* text of the chosen steps, made by a model: fenced in the prompt */
	const json *evidence; /* [{id,kind,value,window}] as shown in the thread; NULL */
	const char *cause;    /* suspected, of the plan; NULL */
	const char *thread;   /* address of the incident's thread; NULL */
	const char *extra;    /* what the engineer added; NULL */
	const char *requested_by; /* name for people */
	const char **allowed;     /* globs (fix_glob); empty or NULL = everything not forbidden */
	const char **forbidden;   /* NULL = fix_forbidden_default */
	int max_files, max_lines; /* 0 = 20 files, 800 lines */
	double budget_usd;        /* <= 0 = no limit */
	int64_t deadline_ms;      /* wall: moved when the work really begins */
	int64_t work_ms;          /* how long it may take; 0 = opencode.deadline */
	int64_t idle_ms;          /* without any change: given up */
	int max_turns;            /* 0 = 120 */
	bool draft;
	const char *agent, *model; /* NULL = the server's default */
};

/* Workflows, secrets, keys, lock files, container and deploy configuration; NULL-terminated. */
extern const char *const fix_forbidden_default[];

/* "heal/inc-42-1" */
const char *fix_branch(struct arena *a, int64_t incident, int n);
/* The work tree's folder, relative to the server's. */
const char *fix_folder(struct arena *a, const struct fix_contract *c);
/* "heal:inc-42-1:acme/api": the session's title, by which it is found again. */
const char *fix_title(struct arena *a, const struct fix_contract *c);

/* Everything that will stand in a URL, a ref or a command line is checked here, so that nothing a
 * model or a log wrote can be anything but text. ERR_INPUT names the field. */
bool fix_contract_check(const struct fix_contract *c, struct err *e);
json *fix_contract_json(struct arena *a, const struct fix_contract *c);
/* Of everything a person approved, the time excepted: 12 hex digits, shown where it is approved. */
const char *fix_contract_hash(struct arena *a, const struct fix_contract *c);
/* Strings are copied into the arena. ERR_PROTO on a row that is no contract. */
bool fix_contract_parse(struct arena *a, const json *j, struct fix_contract *out, struct err *e);

/* Glob on a repository path: * within a part, ** across parts, ? one character; without a slash it
 * matches the last part anywhere. */
bool fix_glob(const char *pattern, const char *path);

/* --- what the agent is told --- */

/* The prompt of deploy/prompts/fix.v2.md filled in. `folder` (settings.heal.prompts; NULL = none)
 * may hold another fix.v2.md. Foreign parts are fenced by a mark made of the contract's hash.
 * *version_out: "fix.v2" or "fix.v2+<hash>" for an overridden one. */
const char *fix_prompt(struct arena *a, const struct fix_contract *c, const char *folder,
        const char **version_out, struct err *e);
/* For a session that was interrupted or ended without a result. */
const char *fix_prompt_continue(
        struct arena *a, const struct fix_contract *c, enum opencode_state why);
/* After failing tests or checks: what failed, the command, what it printed (fenced). */
const char *fix_prompt_repair(struct arena *a, const struct fix_contract *c, const char *what,
        const char *command, const char *output);
/* What the engineer adds while the agent works. */
const char *fix_prompt_instruction(
        struct arena *a, const struct fix_contract *c, const char *who, const char *text);
/* Rules that win over the server's and the repository's: nothing that waits for a person, nothing
 * outside the work tree, no forced push, no push but to the branch. */
const struct opencode_rule *fix_rules(struct arena *a, const struct fix_contract *c, size_t *n_out);

/* --- driving: a pure decision per poll --- */

enum fix_do {
	FIX_DO_WAIT,   /* look again in wait_ms */
	FIX_DO_ANSWER, /* refuse what is asked (all view.asks), then wait */
	FIX_DO_PROMPT, /* send `text` as the next prompt */
	FIX_DO_ABORT,  /* stop the session, then finish with `why` */
	FIX_DO_NEW,    /* the session is lost: make another */
	FIX_DO_FINISH  /* ended: verify at GitHub */
};

/* Carried from poll to poll as JSON. */
struct fix_drive {
	struct opencode_memory memory;
	int prompts;   /* sent so far, the first included */
	int continues; /* after interruptions; at most 2 */
	int nudges;    /* after an end without a result; at most 1 */
	int asks;      /* refused so far */
	int sessions;  /* made so far; at most 2 */
	bool aborting; /* an abort was sent: waiting for the end */
	int64_t abort_ms;
	const char *abort_why;
	const json *progress; /* fix_progress */
};
json *fix_drive_json(struct arena *a, const struct fix_drive *d);
void fix_drive_parse(struct arena *a, const json *j, struct fix_drive *d);

struct fix_move {
	enum fix_do what;
	int64_t wait_ms;
	const char *text; /* PROMPT */
	const char *why;  /* for people: what happened; "" when all is well */
	bool ok;          /* FINISH: the agent ended by itself and claims a result */
};
/* `poll_ms` is the usual distance of polls. Never asks for anything after the deadline but the end.
 */
void fix_decide(struct arena *a, const struct fix_contract *c, const struct opencode_poll *p,
        struct fix_drive *d, int64_t poll_ms, struct fix_move *out);

/* What the fix message shows, told from what was really seen in the tools:
 * {"steps":[{"name":"workspace|clone|reproduce|edit|tests|push|pr","state":"done|now|todo|failed|skipped",
 *  "detail":"orders.ts, pool.ts"}],"todo":[{"text","state"}],"last":"npm test","turns":9,
 *  "cost_usd":0.41,"state":"running","note":"…","tests":{"command","passed":bool,"tail":"…"}} */
json *fix_progress(struct arena *a, const struct fix_contract *c, const struct opencode_poll *p,
        const json *before, const struct fix_drive *d);

/* The progress as it stands at the end: what the bot itself tested, and whether it published. `end`
 * as in fix_outcome_json. */
json *fix_progress_end(struct arena *a, const json *progress, const json *tests, const char *end);

/* What the agent claims, from its last text ("RESULT {json}") and from /pull/N in the tools'
 * output. Never believed without github. */
struct fix_claim {
	const char *status;  /* pr_opened committed pushed nothing failed; "" = it did not say */
	int pr_number;       /* 0 = none seen */
	const char *summary; /* one line, clean; "" */
	const char *tests;   /* passed failed none; "" */
	const json *tested;  /* of fix_body_tests: what the bot itself saw; NULL */
	const json *refused; /* array: what the agent tried and was not let through; NULL */
	double cost_usd;     /* of the agent's session */
};
void fix_claim_of(struct arena *a, const struct fix_contract *c, const struct opencode_view *v,
        struct fix_claim *out);

/* --- the gate: what changed against what was allowed --- */

struct fix_gate {
	bool ok;
	bool stop;  /* not even as a draft: nothing, a path that runs by itself, a secret */
	bool draft; /* the contract's breach: as a draft */
	int files, additions, deletions;
	const char **flags; /* sentences for people, NULL-terminated */
	size_t nflags;
};
/* Looks at paths, numbers, modes and, where there is a patch, at the lines: tests weakened,
 * secrets, dependencies, hidden characters. `r` finds the secrets; NULL = not looked for. */
void fix_gate_check(struct arena *a, const struct fix_contract *c, const struct github_diff *d,
        struct redact *r, struct fix_gate *out);
/* A text that will be published (commit message, title, body): a secret in it stops. */
void fix_gate_text(struct arena *a, const struct fix_contract *c, const char *what,
        const char *text, struct redact *r, struct fix_gate *out);

/* --- after: GitHub has the last word --- */

enum fix_end {
	FIX_END_PR,      /* a pull request of ours is open (or merged already) */
	FIX_END_BRANCH,  /* a branch, but no pull request could be opened: error says why */
	FIX_END_REFUSED, /* the branch breaks the contract: no pull request by us */
	FIX_END_NOTHING  /* no branch, or nothing on it */
};
struct fix_outcome {
	enum fix_end end;
	struct github_pr pr;
	bool opened_by_bot;
	const char *sha; /* of the branch */
	struct fix_gate gate;
	const char *left; /* sentence: what is left behind and what to do; "" */
};
/* Looks at branch, pull request and diff; opens the pull request when only the branch is there.
 * `claim` is a hint. False only for errors that are worth a retry, or cannot be said as an end. */
/* `published` (of fix_body_publish; NULL = the agent published): the bot has judged the work
 * already; what it refused gets no pull request. */
bool fix_verify(struct github *g, struct arena *a, const struct fix_contract *c,
        const struct fix_claim *claim, const json *published, struct redact *r,
        struct fix_outcome *out, struct err *e);
json *fix_outcome_json(struct arena *a, const struct fix_outcome *o);

/* Title and body of a pull request that the bot opens; foreign text cannot mention, close or
 * include anything. */
const char *fix_pr_title(struct arena *a, const struct fix_contract *c);
const char *fix_pr_body(struct arena *a, const struct fix_contract *c,
        const struct fix_claim *claim, const struct fix_gate *gate, double cost_usd);

/* --- bodies for wf_step. Input: {"contract":…} and what is named below --- */

/* Server, agent, model, repository and base branch are there. →
 * {"version","base_sha","repo","base", "branch_sha"}: branch_sha "" when the branch does not exist
 * yet. */
const json *fix_body_check(struct wf *w, const json *in, struct err *e);
/* Finds or makes the session and sends the prompt, once. in.attempt (1, 2: after a lost session).
 * → {"session","message","prompt_version"} */
const json *fix_body_start(struct wf *w, const json *in, struct err *e);
/* Follows the session to its end by wf_again, writes progress with fix_update (and so the thread).
 * in.session, in.message; settings.opencode.poll_ms. A cancel of the run aborts the session.
 * → {"end":"finished|aborted|lost","why","claim":{…},"progress":{…},"cost_usd","turns",
 * "last_ms"}: last_ms is the server's time of the newest message */
const json *fix_body_follow(struct wf *w, const json *in, struct err *e);
/* Stops the session, children first, and looks that it stopped, for about five seconds; also when
 * it is gone. in.session may be null: then it is looked for by title. →
 * {"stopped":bool,"session","cost_usd"}; stopped false: the server goes on all the same. */
const json *fix_body_abort(struct wf *w, const json *in, struct err *e);
/* Runs the contract's tests on the agent's host, in its work tree, and waits for their end by
 * wf_again. Without a command in the contract: in.command, what the agent itself ran.
 * → {"ran":bool,"passed","exit","command","agents_own","tail","why"} */
const json *fix_body_tests(struct wf *w, const json *in, struct err *e);
/* One more prompt to an idle session, once. in.session, in.text, in.after_ms (of the end before).
 * → {"message"} */
const json *fix_body_say(struct wf *w, const json *in, struct err *e);
/* Only with FIX_BY_BOT: reads the agent's commit, checks it, makes the branch. in.known: the commit
 * the branch may hold already (there before the fix, or pushed by an earlier round); "" = none.
 * → {"end":"pushed|refused|nothing","sha","tree","left","dirty","gate":{…}} */
const json *fix_body_publish(struct wf *w, const json *in, struct err *e);
/* fix_verify. in.claim, in.published (of fix_body_publish; absent with FIX_BY_AGENT). →
 * fix_outcome_json */
const json *fix_body_verify(struct wf *w, const json *in, struct err *e);
/* One look at the pull request. in.number. → {"number","url","title","state","draft","merged",
 * "merge_sha","head_sha","merged_ms","files","additions","deletions","ci":{"verdict","passed",
 * "failed","pending","failing":[{"name","url"}]},"mergeable","reviews":{"approved","changes","by",
 * "wants_changes"}} */
const json *fix_body_pr(struct wf *w, const json *in, struct err *e);
/* What the first failing check of in.sha that says anything printed. → {"failing","name","text"} */
const json *fix_body_ci(struct wf *w, const json *in, struct err *e);
/* Is in.session still there? → {"found","busy","last_ms"} */
const json *fix_body_session(struct wf *w, const json *in, struct err *e);

#endif
