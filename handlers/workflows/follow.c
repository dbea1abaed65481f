/*
 * FOLLOW: a pull request to its end (steward.c), and the proof: once it is merged, the deployment
 * with that commit is waited for, and the same metric is measured before and after. Then the
 * incident is resolved, or opened again.
 */
#include <string.h>

#include "clock.h"
#include "fix.h"
#include "handler.h"
#include "incident.h"
#include "prove.h"
#include "railway.h"
#include "steward.h"
#include "str.h"

enum {
	MINUTE_MS = 60 * 1000,
	DEPLOY_WAIT_MS = 2 * 60 * MINUTE_MS,
};

static struct fix_row row_of(struct wf *w)
{
	return (struct fix_row){
	        .incident = json_int(wf_input(w), ".incident", 0),
	        .n = (int)json_int(wf_input(w), ".n", 0),
	        .cost_usd = -1,
	};
}

static const json *closed_step(struct wf *w, const json *in, struct err *e)
{
	struct fix_row row = row_of(w);
	struct incident_event ev = {.kind = INCIDENT_EV_PR_CLOSED, .key = wf_key(w)};

	(void)in;
	row.state = "closed";
	return fix_settle(wf_heal(w)->store, &row, &ev, NULL, e) ? json_obj(wf_arena(w)) : NULL;
}

/* An incident that ended by itself stays ended; then there is nothing to prove. */
static const json *event_step(struct wf *w, const json *in, struct err *e)
{
	struct incident_event ev = {
	        .kind = (enum incident_event_kind)json_int(in, ".kind", 0),
	        .note = json_str(in, ".note", NULL),
	        .key = wf_key(w),
	};
	struct fix_row row = row_of(w);
	json *out = json_obj(wf_arena(w));
	bool moved;

	row.state = json_str(in, ".state", NULL);
	row.verification = json_get(in, ".verification");
	if (!fix_settle(wf_heal(w)->store, &row, &ev, &moved, e))
		return NULL;
	json_set_bool(out, "ok", moved);
	return out;
}

static const json *event(struct wf *w, const char *step, enum incident_event_kind kind,
        const char *state, const json *verification, struct err *e)
{
	/* The words name settings, which may be others after a restart. */
	static const struct wf_policy policy = {.any_input = true};
	json *in = json_obj(wf_arena(w));

	json_set_int(in, "kind", kind);
	json_set_str(in, "state", state);
	if (verification) {
		json_set(in, "verification", verification);
		json_set_str(in, "note", json_str(verification, ".text", NULL));
	}
	return wf_step_with(w, step, &policy, event_step, in, e);
}

/* --- deployed? --- */

static const json *until_deployed(struct wf *w, const json *in, struct err *e)
{
	struct heal *h = wf_heal(w);
	struct arena *a = wf_arena(w);
	struct incident *inc = incident_get(h->store, a, json_int(in, ".incident", 0), e);
	struct railway_deployments_request q = {.first = 20};
	const struct railway_deployment *list;
	json *out = json_obj(a);
	size_t n;

	if (!inc)
		return NULL;
	q.project_id = inc->project_id;
	q.environment_id = inc->environment_id;
	q.service_id = inc->service_id;
	if (!railway_deployments(h->railway, a, &q, &list, &n, e))
		return NULL;
	for (size_t i = 0; i < n; i++) {
		if (!str_eq(list[i].commit, json_str(in, ".sha", "")) ||
		        list[i].status != RAILWAY_SUCCESS)
			continue;
		json_set_int(
		        out, "at", list[i].changed_ms ? list[i].changed_ms : list[i].created_ms);
		return out;
	}
	if (clock_now_ms() - json_int(wf_state(w), ".since", clock_now_ms()) > DEPLOY_WAIT_MS)
		return out; /* no "at": it never came */
	json_set_int(out, "since", json_int(wf_state(w), ".since", clock_now_ms()));
	return wf_again(w, h->settings->github.poll_ms, out, e);
}

/* --- before and after --- */

static const json *undeployed(struct wf *w)
{
	json *v = json_obj(wf_arena(w));

	json_set_str(v, "verdict", "unknown");
	json_set_str(v, "text",
	        "Merged, but no deployment with that commit came within 2 h: look at Railway.");
	return v;
}

static const json *watching(struct wf *w)
{
	struct arena *a = wf_arena(w);
	json *v = json_obj(a);

	json_set_str(v, "verdict", "watching");
	json_set_str(v, "text",
	        arena_printf(a, "comparing in %s",
	                clock_duration(a, wf_heal(w)->settings->verify.window_ms)));
	return v;
}

static const json *verdict_step(struct wf *w, const json *in, struct err *e)
{
	struct fix_row row = row_of(w);

	row.verification = in;
	return fix_update(wf_heal(w)->store, &row, NULL, e) ? json_obj(wf_arena(w)) : NULL;
}

static enum incident_event_kind kind_of(const char *verdict)
{
	if (str_eq(verdict, "verified"))
		return INCIDENT_EV_VERIFIED;
	return str_eq(verdict, "not verified") ? INCIDENT_EV_NOT_VERIFIED : INCIDENT_EV_UNPROVEN;
}

/* Later once more: what was cured and came back is said where the cure stands. */
static bool look_again(struct wf *w, int64_t at, const json *verdict, struct err *e)
{
	struct arena *a = wf_arena(w);
	const json *before = json_get(wf_input(w), ".contract.before"), *later;
	json *both = json_copy(a, verdict);

	if (!wf_sleep_until(w, "later", at + wf_heal(w)->settings->verify.again_ms, e))
		return false;
	later = prove_now(w, "look again", json_int(wf_input(w), ".incident", 0), before, at, e);
	if (!later)
		return false;
	json_set_str(both, "later", json_str(later, ".verdict", "unknown"));
	json_set_str(both, "text",
	        arena_printf(a, "%s; later once more: %s", json_str(verdict, ".text", ""),
	                json_str(later, ".text", "")));
	return wf_step(w, "record again", verdict_step, both, e) != NULL;
}

static bool prove_fix(struct wf *w, const json *deployed, struct err *e)
{
	int64_t at = json_int(deployed, ".at", 0);
	const json *verdict;
	json *said;

	if (!event(w, "verifying", INCIDENT_EV_VERIFYING, NULL, watching(w), e))
		return false;
	verdict = prove(w, "proof", json_int(wf_input(w), ".incident", 0),
	        json_get(wf_input(w), ".contract.before"), at, e);
	if (!verdict)
		return false;
	said = json_copy(wf_arena(w), verdict);
	if (str_eq(json_str(verdict, ".verdict", ""), "not verified"))
		json_set_str(said, "text",
		        arena_printf(wf_arena(w), "%s: opened again, the diagnosis was wrong",
		                json_str(verdict, ".text", "")));
	if (!event(w, "verdict", kind_of(json_str(verdict, ".verdict", "")), NULL, said, e))
		return false;
	return !str_eq(json_str(verdict, ".verdict", ""), "verified") || look_again(w, at, said, e);
}

static bool follow(struct wf *w, struct err *e)
{
	static const struct wf_policy patient = {
	        .attempts = 100, .first_ms = 5000, .max_ms = 5 * MINUTE_MS};
	json *in = json_copy(wf_arena(w), wf_input(w));
	const json *pr, *deployed;

	pr = steward(w, in, e);
	if (!pr)
		return false;
	if (!json_bool(pr, ".merged", false))
		return wf_step(w, "closed", closed_step, NULL, e) != NULL;
	if (!event(w, "merged", INCIDENT_EV_MERGED, "merged", NULL, e))
		return false;
	json_set_str(in, "sha", json_str(pr, ".merge_sha", ""));
	deployed = wf_step_with(w, "until deployed", &patient, until_deployed, in, e);
	if (!deployed)
		return false;
	if (!json_has(deployed, ".at"))
		return event(w, "no deployment", INCIDENT_EV_UNPROVEN, NULL, undeployed(w), e) !=
		       NULL;
	return prove_fix(w, deployed, e);
}

/* Nobody looks at the pull request any more: the incident does not wait for it, and says why. What
 * the state is decides the event; the other one is refused and changes nothing. */
static const json *lost_step(struct wf *w, const json *in, struct err *e)
{
	struct arena *a = wf_arena(w);
	json *v = json_obj(a);
	struct fix_row row = {
	        .incident = json_int(in, ".input.incident", 0),
	        .n = (int)json_int(in, ".input.n", 0),
	        .cost_usd = -1,
	        .verification = v,
	};
	struct incident_event ev = {.kind = INCIDENT_EV_UNPROVEN, .key = wf_key(w)};
	bool moved;

	ev.note = arena_printf(a,
	        "The pull request is no longer followed: %s. Merging it is not noticed any more; the "
	        "scans decide whether the service recovers.",
	        json_str(in, ".error.message", "unknown"));
	json_set_str(v, "verdict", "unknown");
	json_set_str(v, "text", ev.note);
	if (!fix_settle(wf_heal(w)->store, &row, &ev, &moved, e))
		return NULL;
	ev.kind = INCIDENT_EV_PR_CLOSED;
	row.state = "closed"; /* as far as the limit of open ones goes */
	if (!moved && !fix_settle(wf_heal(w)->store, &row, &ev, &moved, e))
		return NULL;
	return json_obj(a);
}

static bool follow_failed(struct wf *w, struct err *e)
{
	return wf_step(w, "lost", lost_step, wf_input(w), e) != NULL;
}

const struct workflow wf_follow = {
        .name = "follow",
        .version = 2,     /* 2: the proof has steps of its own names, and a second look later */
        .min_version = 1, /* its own steps only measured: a run of 1 measures anew */
        .run = follow,
        .lane = WF_BACKGROUND,
        .on_failure = follow_failed,
};
