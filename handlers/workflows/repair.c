/*
 * REPAIR: a pull request of ours whose checks fail, or that conflicts with its base, goes back to
 * the agent's session with what failed. Started by FOLLOW, a few times at most; one agent at a time
 * in a repository, as for fixes. The result is a commit on top of the same branch, or a reason.
 */
#include <string.h>

#include "clock.h"
#include "fix.h"
#include "handler.h"
#include "incident.h"
#include "str.h"

static const json *clock_step(struct wf *w, const json *in, struct err *e)
{
	json *out = json_obj(wf_arena(w));
	int64_t ms = json_int(in, ".contract.work_ms", 0);

	(void)e;
	if (ms <= 0)
		ms = wf_heal(w)->settings->opencode.deadline_ms;
	json_set_int(out, "deadline", clock_now_ms() + ms);
	return out;
}

static bool give_up(struct wf *w, const char *why)
{
	json *out = json_obj(wf_arena(w));

	json_set_bool(out, "pushed", false);
	json_set_str(out, "why", why);
	wf_result(w, out);
	return true;
}

/* What the agent is told; NULL when there is nothing to say ("" when it failed). */
static const char *task(struct wf *w, const json *in, const json *contract, struct err *e)
{
	struct arena *a = wf_arena(w);
	struct fix_contract c;
	const json *ci;

	if (!fix_contract_parse(a, contract, &c, e))
		return NULL;
	if (str_eq(json_str(in, ".why", ""), "conflict"))
		return fix_prompt_repair(a, &c,
		        arena_printf(a,
		                "The branch %s has moved, and your pull request conflicts with it. Run git "
		                "fetch origin, merge origin/%s into your Branch (no rebase), and resolve "
		                "the conflicts in the sense of both",
		                c.base, c.base),
		        "mergeable: no", "");
	ci = wf_step(w, "failing check", fix_body_ci, in, e);
	if (!ci)
		return NULL;
	return fix_prompt_repair(a, &c, "A check of your pull request fails",
	        json_str(ci, ".name", "?"),
	        json_str(ci, ".text", "it printed nothing that could be read"));
}

static const json *cost_step(struct wf *w, const json *in, struct err *e)
{
	struct fix_row row = {
	        .incident = json_int(in, ".contract.incident", 0),
	        .n = (int)json_int(in, ".contract.n", 0),
	        .cost_usd = json_num(in, ".cost_usd", 0),
	};

	if (!fix_spend(wf_heal(w)->store, row.incident, row.n, json_str(in, ".user", NULL),
	            row.cost_usd, e) ||
	        !fix_update(wf_heal(w)->store, &row, NULL, e))
		return NULL;
	return json_obj(wf_arena(w));
}

/* The agent's turn: told, followed to its end, tested. */
static const json *agent(struct wf *w, json *in, const json *session, struct err *e)
{
	static const struct wf_policy patient = {.attempts = 40, .first_ms = 2000, .max_ms = 15000};
	const json *said, *end;
	const char *text = task(w, in, json_get(in, ".contract"), e);

	if (!text)
		return NULL;
	json_set_str(in, "text", text);
	json_set_int(in, "after_ms", json_int(session, ".last_ms", 0));
	said = wf_step(w, "say", fix_body_say, in, e);
	json_del(in, "text");
	json_del(in, "after_ms");
	if (!said)
		return NULL;
	json_set_str(in, "message", json_str(said, ".message", NULL));
	end = wf_step_with(w, "follow", &patient, fix_body_follow, in, e);
	if (!end)
		return NULL;
	json_set_num(in, "cost_usd", json_num(end, ".cost_usd", 0));
	return wf_step(w, "cost", cost_step, in, e) ? end : NULL;
}

static bool finish(struct wf *w, json *in, const json *end, struct err *e)
{
	json *out = json_obj(wf_arena(w));
	const json *pub;
	bool by_bot = str_eq(json_str(in, ".contract.publish", ""), "bot");

	if (!str_eq(json_str(end, ".end", ""), "finished"))
		return give_up(w, json_str(end, ".why", "the agent did not end by itself"));
	json_set_str(in, "known", json_str(in, ".sha", ""));
	pub = by_bot ? wf_step(w, "publish", fix_body_publish, in, e) : json_obj(wf_arena(w));
	if (!pub)
		return false;
	if (by_bot && !str_eq(json_str(pub, ".end", ""), "pushed"))
		return give_up(w, json_str(pub, ".left", "the agent committed nothing new"));
	json_set_bool(out, "pushed", true);
	json_set_str(out, "sha", json_str(pub, ".sha", NULL));
	wf_result(w, out);
	return true;
}

static bool repair(struct wf *w, struct err *e)
{
	json *in = json_copy(wf_arena(w), wf_input(w)), *contract;
	const json *clock = wf_step(w, "clock", clock_step, in, e), *session, *end;

	if (!clock)
		return false;
	contract = json_copy(wf_arena(w), json_get(in, ".contract"));
	json_set_int(contract, "deadline_ms", json_int(clock, ".deadline", 0));
	json_set(in, "contract", contract);
	session = wf_step(w, "session", fix_body_session, in, e);
	if (!session)
		return false;
	if (!json_bool(session, ".found", false))
		return give_up(w, "the agent's session is gone from the OpenCode server");
	end = agent(w, in, session, e);
	return end && finish(w, in, end, e);
}

/* Stopped or broken: the session is idle again, so that it costs nothing. A server that is away
 * ends it at its own limits; the sweep looks too. */
static bool end_session(struct wf *w, struct err *e)
{
	json *in = json_obj(wf_arena(w));
	struct err away = {0};

	json_set(in, "contract", json_get(wf_input(w), ".input.contract"));
	json_set_str(in, "session", json_str(wf_input(w), ".input.session", NULL));
	if (wf_step(w, "abort", fix_body_abort, in, &away) ||
	        (away.code != ERR_SUSPENDED && away.code != ERR_CANCELED))
		return true;
	*e = away;
	return false;
}

const struct workflow wf_repair = {
        .name = "repair",
        .version = 1,
        .run = repair,
        .lane = WF_BACKGROUND,
        .on_failure = end_session,
        .on_cancel = end_session,
};
