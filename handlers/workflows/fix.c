/*
 * FIX: the contract is checked, a session made, the plan handed over, the agent followed to its
 * end, and what it left verified at GitHub. Then the pull request's card stands in the thread and
 * FOLLOW takes over. One fix at a time per repository; others wait in the queue, visibly.
 */
#include "fix.h"

#include <string.h>

#include "clock.h"
#include "handler.h"
#include "incident.h"
#include "log.h"
#include "redact.h"
#include "str.h"

/* The clock of the deadline starts here: a fix may have waited in its repository's queue. */
static const json *running_step(struct wf *w, const json *in, struct err *e)
{
	json *out = json_obj(wf_arena(w));
	struct fix_row row = {
	        .incident = json_int(in, ".incident", 0),
	        .n = (int)json_int(in, ".n", 0),
	        .state = "running",
	        .deadline_ms = clock_now_ms() + json_int(in, ".contract.work_ms",
	                                                wf_heal(w)->settings->opencode.deadline_ms),
	        .cost_usd = -1,
	};

	if (!fix_update(wf_heal(w)->store, &row, NULL, e))
		return NULL;
	json_set_int(out, "deadline", row.deadline_ms);
	return out;
}

static const json *session_step(struct wf *w, const json *in, struct err *e)
{
	const json *got = fix_body_start(w, in, e);
	struct fix_row row = {
	        .incident = json_int(in, ".contract.incident", 0),
	        .n = (int)json_int(in, ".contract.n", 0),
	        .session = json_str(got, ".session", NULL),
	        .cost_usd = -1,
	};

	if (!got || !fix_update(wf_heal(w)->store, &row, NULL, e))
		return NULL;
	return got;
}

/* The contract has the deadline; here a server may be away for long. */
static const struct wf_policy patient = {.attempts = 40, .first_ms = 2000, .max_ms = 15000};

/* A session, and the agent's work in it to its end; once more when the server lost it. What is
 * needed to go on with that session is left in `in`. */
static const json *work(struct wf *w, json *in, struct err *e)
{
	struct arena *a = wf_arena(w);
	const json *end = NULL;

	for (int attempt = 1; attempt <= 2; attempt++) {
		const json *session;

		json_del(in, "session");
		json_del(in, "message");
		json_set_int(in, "attempt", attempt);
		session = wf_step(w, arena_printf(a, "session:%d", attempt), session_step, in, e);
		if (!session)
			return NULL;
		json_set_str(in, "session", json_str(session, ".session", NULL));
		json_set_str(in, "message", json_str(session, ".message", NULL));
		end = wf_step_with(
		        w, arena_printf(a, "follow:%d", attempt), &patient, fix_body_follow, in, e);
		if (!end || !str_eq(json_str(end, ".end", ""), "lost"))
			return end;
	}
	return end;
}

/* One more prompt in the same session, and the agent's answer to it. */
static const json *go_on(struct wf *w, json *in, const json *end, const char *name, int round,
        const char *text, struct err *e)
{
	struct arena *a = wf_arena(w);
	const json *said;

	json_set_str(in, "text", text);
	json_set_int(in, "after_ms", json_int(end, ".last_ms", 0));
	said = wf_step(w, arena_printf(a, "%s:%d", name, round), fix_body_say, in, e);
	json_del(in, "text");
	json_del(in, "after_ms");
	if (!said)
		return NULL;
	json_set_str(in, "message", json_str(said, ".message", NULL));
	return wf_step_with(
	        w, arena_printf(a, "follow %s:%d", name, round), &patient, fix_body_follow, in, e);
}

static bool failing(const json *tests)
{
	return json_bool(tests, ".ran", false) && !json_bool(tests, ".passed", false);
}

static const char *repair_text(struct wf *w, const json *contract, const json *tests, struct err *e)
{
	struct fix_contract c;

	if (!fix_contract_parse(wf_arena(w), contract, &c, e))
		return NULL;
	return fix_prompt_repair(wf_arena(w), &c, "The tests of the contract fail",
	        json_str(tests, ".command", ""), json_str(tests, ".tail", ""));
}

/* The contract's tests, run by us; what fails goes back to the agent, a few times. */
static bool test(struct wf *w, json *in, const json **end, const json **tests, struct err *e)
{
	const json *contract = json_get(in, ".contract");
	int rounds = (int)json_int(contract, ".test_rounds", 0);

	for (int round = 0;; round++) {
		const char *text;

		json_set_str(in, "command", json_str(*end, ".progress.tests.command", NULL));
		*tests = wf_step(
		        w, arena_printf(wf_arena(w), "tests:%d", round), fix_body_tests, in, e);
		json_del(in, "command");
		if (!*tests)
			return false;
		if (!failing(*tests) || round >= rounds ||
		        !str_eq(json_str(*end, ".end", ""), "finished"))
			return true;
		text = repair_text(w, contract, *tests, e);
		if (!text || !(*end = go_on(w, in, *end, "send back", round, text, e)))
			return false;
	}
}

static struct fix_row row_of(struct wf *w)
{
	return (struct fix_row){
	        .incident = json_int(wf_input(w), ".incident", 0),
	        .n = (int)json_int(wf_input(w), ".n", 0),
	        .cost_usd = -1,
	        .ended_ms = clock_now_ms(),
	};
}

static bool record_pr(struct wf *w, const json *in, struct fix_row *row, struct err *e)
{
	const json *pr = json_get(in, ".outcome.pr");
	json *card = json_copy(wf_arena(w), pr);
	struct incident_event ev = {.kind = INCIDENT_EV_PR_OPENED, .key = wf_key(w)};

	row->state = "pr_open";
	row->pr_number = (int)json_int(pr, ".number", 0);
	row->pr_url = json_str(pr, ".url", NULL);
	row->pr_title = json_str(pr, ".title", NULL);
	json_set(card, "flags", json_get(in, ".outcome.gate.flags"));
	row->pr = card;
	ev.note = arena_printf(wf_arena(w), "%s#%d", json_str(in, ".repo", ""), row->pr_number);
	return fix_settle(wf_heal(w)->store, row, &ev, NULL, e);
}

static const char *failure_text(struct arena *a, const json *in)
{
	const char *why = json_str(in, ".end.why", "");
	const char *left = json_str(in, ".outcome.left", "");

	if (!*why && !*left)
		return "the agent ended without a pull request; nothing was pushed";
	return arena_printf(a, "%s%s%s", why, *why && *left ? ". " : "", left);
}

/* What came of it, once: the card, or what happened and what is left behind. */
static const json *record_step(struct wf *w, const json *in, struct err *e)
{
	struct heal *h = wf_heal(w);
	struct arena *a = wf_arena(w);
	struct fix_row row = row_of(w);
	struct incident_event ev = {.kind = INCIDENT_EV_FIX_FAILED, .key = wf_key(w)};
	bool pr = str_eq(json_str(in, ".outcome.end", ""), "pr");
	json *out = json_obj(a);

	row.cost_usd = json_num(in, ".end.cost_usd", 0);
	row.progress = fix_progress_end(a, json_get(in, ".end.progress"), json_get(in, ".tests"),
	        json_str(in, ".outcome.end", ""));
	if (!fix_spend(h->store, row.incident, row.n, json_str(wf_input(w), ".user", NULL),
	            row.cost_usd, e))
		return NULL;
	json_set_bool(out, "pr", pr);
	json_set_int(out, "number", json_int(in, ".outcome.pr.number", 0));
	if (pr)
		return record_pr(w, in, &row, e) ? out : NULL;
	row.state = "failed";
	row.error = ev.note = redact_text(h->redact, a, failure_text(a, in));
	return fix_settle(h->store, &row, &ev, NULL, e) ? out : NULL;
}

static bool start_follow(struct wf *w, int number, struct err *e)
{
	json *in = json_copy(wf_arena(w), wf_input(w));
	int64_t run;

	json_set_int(in, "number", number);
	return wf_spawn(w, "follow the pull request", "follow", in, &run, e);
}

static json *refused(struct wf *w, const char *why)
{
	json *j = json_obj(wf_arena(w));

	json_set_str(j, "end", "refused");
	json_set_str(j, "left", why);
	return j;
}

static const json *published(struct wf *w, json *in, const json *tests, struct err *e)
{
	if (failing(tests) && json_bool(in, ".contract.tests_must_pass", false))
		return refused(w,
		        "the tests fail, so nothing was published ([fix] tests_must_pass); the work is on "
		        "the OpenCode host");
	return str_eq(json_str(in, ".contract.publish", ""), "bot")
	               ? wf_step(w, "publish", fix_body_publish, in, e)
	               : json_obj(wf_arena(w));
}

/* The agent's commit becomes a branch of ours (unless the agent pushes itself), and GitHub is asked
 * what is there. */
static const json *publish(struct wf *w, const json *contract, const json *check, const json *end,
        const json *tests, struct err *e)
{
	json *in = json_obj(wf_arena(w));
	const json *pub;

	json_set(in, "contract", contract);
	json_set(in, "claim", json_get(end, ".claim"));
	json_set(in, "tests", tests);
	json_set_num(in, "cost_usd", json_num(end, ".cost_usd", 0));
	json_set_str(in, "known", json_str(check, ".branch_sha", ""));
	pub = published(w, in, tests, e);
	if (!pub)
		return NULL;
	if (json_has(pub, ".end"))
		json_set(in, "published", pub);
	return wf_step(w, "verify", fix_body_verify, in, e);
}

static bool fix(struct wf *w, struct err *e)
{
	struct arena *a = wf_arena(w);
	json *in = json_obj(a), *contract = json_copy(a, json_get(wf_input(w), ".contract"));
	const json *running = wf_step(w, "running", running_step, wf_input(w), e);
	const json *check, *end, *tests, *outcome, *recorded;

	if (!running)
		return false;
	json_set_int(contract, "deadline_ms", json_int(running, ".deadline", 0));
	json_set(in, "contract", contract);
	check = wf_step(w, "check", fix_body_check, in, e);
	if (!check)
		return false;
	end = work(w, in, e);
	if (!end || !test(w, in, &end, &tests, e))
		return false;
	outcome = publish(w, contract, check, end, tests, e);
	if (!outcome)
		return false;
	in = json_obj(a);
	json_set(in, "end", end);
	json_set(in, "tests", tests);
	json_set(in, "outcome", outcome);
	json_set_str(in, "repo", json_str(wf_input(w), ".contract.repo", ""));
	recorded = wf_step(w, "record", record_step, in, e);
	if (!recorded)
		return false;
	return !json_bool(recorded, ".pr", false) ||
	       start_follow(w, (int)json_int(recorded, ".number", 0), e);
}

/* The run failed for good: the session is ended, the thread says what happened. */
static const json *failed_step(struct wf *w, const json *in, struct err *e)
{
	struct fix_row row = {
	        .incident = json_int(in, ".input.incident", 0),
	        .n = (int)json_int(in, ".input.n", 0),
	        .state = "failed",
	        .error =
	                arena_printf(wf_arena(w), "%s. The session is ended; start again with Fix…",
	                        json_str(in, ".error.message", "the fix failed")),
	        .ended_ms = clock_now_ms(),
	        .cost_usd = -1,
	};
	struct incident_event ev = {
	        .kind = INCIDENT_EV_FIX_FAILED, .note = row.error, .key = wf_key(w)};
	struct fix_row *old = fix_get(wf_heal(w)->store, wf_arena(w), row.incident, row.n, e);

	if (!old || !fix_spend(wf_heal(w)->store, row.incident, row.n, old->started_by,
	                    old->cost_usd, e))
		return NULL;
	return fix_settle(wf_heal(w)->store, &row, &ev, NULL, e) ? json_obj(wf_arena(w)) : NULL;
}

/* True also when the server cannot be reached: then the session ends at its own limits. */
static bool end_session(struct wf *w, struct err *e)
{
	json *in = json_obj(wf_arena(w));
	struct err unreachable = {0};

	json_set(in, "contract", json_get(wf_input(w), ".input.contract"));
	json_set_null(in, "session");
	if (wf_step(w, "abort", fix_body_abort, in, &unreachable))
		return true;
	if (unreachable.code == ERR_SUSPENDED || unreachable.code == ERR_CANCELED) {
		*e = unreachable;
		return false;
	}
	log_warn("fix", "the session could not be ended: %s", unreachable.msg);
	return true;
}

static bool fix_failed(struct wf *w, struct err *e)
{
	return end_session(w, e) && wf_step(w, "record", failed_step, wf_input(w), e) != NULL;
}

/* Stopped while a step was on its way: the session it may just have made is ended too. Who stopped
 * it has recorded why. */
static bool fix_cancelled(struct wf *w, struct err *e)
{
	return end_session(w, e);
}

const struct workflow wf_fix = {
        .name = "fix",
        .version = 2,
        .run = fix,
        .lane = WF_BACKGROUND,
        .on_failure = fix_failed,
        .on_cancel = fix_cancelled,
        .min_version = 1, /* its steps have the same names and inputs; the new ones only follow */
};
