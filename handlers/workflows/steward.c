/*
 * The steward of a pull request: its line in the thread is kept current (checks, reviews,
 * conflicts), what fails goes back to the agent a few times (repair.c), and after days without a
 * decision people are reminded once. See steward.h.
 */
#include "steward.h"

#include <string.h>

#include "clock.h"
#include "fix.h"
#include "handler.h"
#include "incident.h"
#include "str.h"

enum { PR_DAYS = 14, MINUTE_MS = 60 * 1000 };

static int64_t days(int64_t n)
{
	return n * 24 * 60 * MINUTE_MS;
}

static struct fix_row row_of(struct wf *w)
{
	return (struct fix_row){
	        .incident = json_int(wf_input(w), ".incident", 0),
	        .n = (int)json_int(wf_input(w), ".n", 0),
	        .cost_usd = -1,
	};
}

/* Seldom while nothing happens, often while checks run. */
static int64_t next_look(const struct settings *s, const json *pr)
{
	int64_t quick = s->github.poll_ms;

	return str_eq(json_str(pr, ".ci.verdict", ""), "pending") ? quick : quick * 5;
}

static bool record_pr(struct wf *w, const json *pr, struct err *e)
{
	struct fix_row row = row_of(w), *old;
	json *card = json_copy(wf_arena(w), pr);

	old = fix_get(wf_heal(w)->store, wf_arena(w), row.incident, row.n, e);
	if (!old)
		return false;
	json_set(card, "flags", json_get(old->pr, ".flags"));
	json_set(card, "repair", json_get(old->pr, ".repair"));
	json_set(card, "repair_run", json_get(old->pr, ".repair_run"));
	row.pr = card;
	return fix_update(wf_heal(w)->store, &row, NULL, e);
}

/* The symptom went away by itself: is the change still wanted? */
static bool is_gone(struct wf *w, bool *gone, struct err *e)
{
	struct incident *inc = incident_get(
	        wf_heal(w)->store, wf_arena(w), json_int(wf_input(w), ".incident", 0), e);

	if (!inc)
		return false;
	*gone = incident_state_over(inc->state) ||
	        inc->good_streak >= wf_heal(w)->settings->scan.close_n;
	return true;
}

/* Once, after days without a decision. */
static bool remind(struct wf *w, const json *pr, json *state, struct err *e)
{
	struct arena *a = wf_arena(w);
	int64_t after = wf_heal(w)->settings->fix.remind_ms,
	        age = clock_now_ms() - wf_started_ms(w);
	/* Of the run, not of the step: a repair begins a new one. */
	struct incident_event ev = {
	        .kind = INCIDENT_EV_REMINDED,
	        .key = arena_printf(a, "run-%lld.reminded", (long long)wf_run_id(w)),
	};
	struct fix_row row = row_of(w);

	json_set_bool(state, "reminded", json_bool(wf_state(w), ".reminded", false));
	if (after <= 0 || age < after || json_bool(state, ".reminded", false))
		return true;
	ev.note = arena_printf(a, "PR #%d has been waiting for a decision for %s",
	        (int)json_int(pr, ".number", 0), clock_duration(a, age));
	json_set_bool(state, "reminded", true);
	return fix_settle(wf_heal(w)->store, &row, &ev, NULL, e);
}

/* Something the agent can do about it, that was not tried with this very commit. */
static const char *wants(const json *in, const json *pr)
{
	if (str_eq(json_str(in, ".tried", ""), json_str(pr, ".head_sha", "?")))
		return NULL;
	if (str_eq(json_str(pr, ".mergeable", ""), "conflict"))
		return json_bool(in, ".conflict_asked", false) ? NULL : "conflict";
	if (str_eq(json_str(pr, ".ci.verdict", ""), "red") &&
	        json_int(in, ".rounds", 0) < json_int(in, ".contract.ci_rounds", 0))
		return "ci";
	return NULL;
}

/* Looks until it is merged or closed, or the agent can do something for it (.wants). */
static const json *until_decided(struct wf *w, const json *in, struct err *e)
{
	struct heal *h = wf_heal(w);
	const json *before = wf_state(w), *seen = fix_body_pr(w, in, e);
	json *state = json_obj(wf_arena(w)), *pr;
	bool gone = false;

	if (!seen || !is_gone(w, &gone, e))
		return NULL;
	pr = json_copy(wf_arena(w), seen);
	json_set_bool(pr, "gone", gone);
	if (json_hash(wf_arena(w), pr) != json_hash(wf_arena(w), json_get(before, ".pr")) &&
	        !record_pr(w, pr, e))
		return NULL;
	if (json_bool(pr, ".merged", false) || str_eq(json_str(pr, ".state", ""), "closed"))
		return pr;
	if (clock_now_ms() - wf_started_ms(w) > days(PR_DAYS))
		return pr; /* still open: nobody wants it */
	if (wants(in, pr)) {
		json_set_str(pr, "wants", wants(in, pr));
		return pr;
	}
	json_set(state, "pr", pr);
	if (!remind(w, pr, state, e))
		return NULL;
	return wf_again(w, next_look(h->settings, pr), state, e);
}

/* --- the agent once more --- */

static const json *told_step(struct wf *w, const json *in, struct err *e)
{
	struct fix_row row = row_of(w), *old;
	json *card;

	old = fix_get(wf_heal(w)->store, wf_arena(w), row.incident, row.n, e);
	if (!old)
		return NULL;
	card = json_copy(wf_arena(w), old->pr);
	json_set_str(card, "repair", json_str(in, ".text", ""));
	json_set_int(card, "repair_run", json_int(in, ".run", 0)); /* what /heal stop ends */
	row.pr = card;
	return fix_update(wf_heal(w)->store, &row, NULL, e) ? json_obj(wf_arena(w)) : NULL;
}

static bool tell(struct wf *w, const char *step, const char *text, int64_t run, struct err *e)
{
	json *in = json_obj(wf_arena(w));

	json_set_str(in, "text", text);
	json_set_int(in, "run", run);
	return wf_step(w, step, told_step, in, e) != NULL;
}

static bool spawn(
        struct wf *w, const json *in, const json *pr, int round, int64_t *run, struct err *e)
{
	struct arena *a = wf_arena(w);
	json *input = json_obj(a);
	struct wf_start st = {
	        .workflow = "repair",
	        .input = input,
	        .concurrency = arena_printf(a, "fix:%s", json_str(in, ".contract.repo", "")),
	};

	json_set(input, "contract", json_get(in, ".contract"));
	json_set_str(input, "user", json_str(in, ".user", NULL));
	json_set_str(input, "session", json_str(pr, ".session", NULL));
	json_set_str(input, "sha", json_str(pr, ".head_sha", ""));
	json_set_str(input, "why", json_str(pr, ".wants", ""));
	return wf_spawn_with(w, arena_printf(a, "repair:%d", round), &st, run, e);
}

/* The session's name is in the fix's row. */
static const json *session_step(struct wf *w, const json *in, struct err *e)
{
	json *out = json_copy(wf_arena(w), in);
	struct fix_row row = row_of(w), *old;

	old = fix_get(wf_heal(w)->store, wf_arena(w), row.incident, row.n, e);
	if (!old)
		return NULL;
	json_set_str(out, "session", old->session);
	return out;
}

static bool repair(struct wf *w, json *in, const json *pr, int round, struct err *e)
{
	struct arena *a = wf_arena(w);
	bool conflict = str_eq(json_str(pr, ".wants", ""), "conflict");
	const char *what = conflict ? "the conflict" : "the failing check";
	const json *with = wf_step(w, arena_printf(a, "session:%d", round), session_step, pr, e);
	const json *end;
	int64_t run;

	if (!with || !spawn(w, in, with, round, &run, e) ||
	        !tell(w, arena_printf(a, "say:%d", round),
	                arena_printf(a, "the agent looks at %s", what), run, e) ||
	        !(end = wf_join(w, arena_printf(a, "repaired:%d", round), run, e)))
		return false;
	if (conflict)
		json_set_bool(in, "conflict_asked", true);
	else
		json_set_int(in, "rounds", json_int(in, ".rounds", 0) + 1);
	json_set_str(in, "tried", json_str(pr, ".head_sha", ""));
	if (json_bool(end, ".result.pushed", false))
		return tell(w, arena_printf(a, "told:%d", round),
		        arena_printf(a, "the agent worked on %s and pushed once more", what), 0, e);
	return tell(w, arena_printf(a, "told:%d", round),
	        arena_printf(a, "%s is left to you: %s", what,
	                json_str(end, ".result.why", json_str(end, ".error", "it failed"))),
	        0, e);
}

const json *steward(struct wf *w, json *in, struct err *e)
{
	static const struct wf_policy patient = {
	        .attempts = 100, .first_ms = 5000, .max_ms = 5 * MINUTE_MS};

	for (int round = 0;; round++) {
		const char *step = round ? arena_printf(wf_arena(w), "until decided:%d", round)
		                         : "until decided";
		const json *pr = wf_step_with(w, step, &patient, until_decided, in, e);

		if (!pr || !json_has(pr, ".wants"))
			return pr;
		if (!repair(w, in, pr, round, e))
			return NULL;
	}
}
