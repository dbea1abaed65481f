/* /heal stop: ends the diagnosis or the fix of an incident; the thread says what is left behind. */
#include "clock.h"
#include "fix.h"
#include "github.h"
#include "handler.h"
#include "incident.h"
#include "str.h"

/* --- a diagnosis --- */

static const json *stop_diagnosis_step(struct wf *w, const json *in, struct err *e)
{
	struct heal *h = wf_heal(w);
	struct arena *a = wf_arena(w);
	int64_t id = json_int(in, ".incident", 0);
	struct incident_event ev = {
	        .kind = INCIDENT_EV_DIAGNOSIS_FAILED,
	        .actor = json_str(in, ".user", NULL),
	        .note = "stopped by a person",
	        .key = wf_key(w),
	};

	if (!flow_cancel_key(h->store, arena_printf(a, "investigate:%lld", (long long)id),
	            "stopped by a person", e) ||
	        !incident_apply(h->store, id, &ev, e))
		return NULL;
	return json_obj(a);
}

static bool stop_diagnosis(struct wf *w, const struct call *c, struct err *e)
{
	json *in = json_obj(wf_arena(w));

	json_set_int(in, "incident", c->incident);
	json_set_str(in, "user", c->user);
	if (!wf_step(w, "stop the diagnosis", stop_diagnosis_step, in, e))
		return false;
	return confirm_text(w, c, "reply", e,
	        "The diagnosis of INC-%lld is stopped; what its model calls cost is spent. `/heal "
	        "diagnose %lld` starts another one.",
	        (long long)c->incident, (long long)c->incident);
}

/* --- a fix --- */

/* Ends the run; what it holds outside (the session) is ended by the next step. */
static const json *cancel_step(struct wf *w, const json *in, struct err *e)
{
	if (!flow_cancel(wf_heal(w)->store, json_int(in, ".run", 0), "stopped by a person", e))
		return NULL;
	return json_obj(wf_arena(w));
}

/* Is there a branch already? Then the engineer must know. */
static const json *left_step(struct wf *w, const json *in, struct err *e)
{
	struct heal *h = wf_heal(w);
	json *out = json_obj(wf_arena(w));
	const char *sha;
	struct err gone = {0};

	(void)e;
	if (h->github && github_branch(h->github, wf_arena(w), json_str(in, ".repo", ""),
	                         json_str(in, ".branch", ""), &sha, &gone))
		json_set_str(out, "sha", sha);
	return out;
}

static const json *record_step(struct wf *w, const json *in, struct err *e)
{
	struct fix_row row = {
	        .incident = json_int(in, ".incident", 0),
	        .n = (int)json_int(in, ".n", 0),
	        .state = "stopped",
	        .error = json_str(in, ".left", NULL),
	        .ended_ms = clock_now_ms(),
	        .cost_usd = -1,
	};
	struct incident_event ev = {
	        .kind = INCIDENT_EV_FIX_STOPPED,
	        .actor = json_str(in, ".user", NULL),
	        .note = row.error,
	        .key = wf_key(w),
	};

	row.cost_usd = json_num(in, ".cost", -1);
	if (row.cost_usd >= 0 && !fix_spend(wf_heal(w)->store, row.incident, row.n,
	                                 json_str(in, ".started_by", NULL), row.cost_usd, e))
		return NULL;
	if (!fix_update(wf_heal(w)->store, &row, &ev, e))
		return NULL;
	return json_obj(wf_arena(w));
}

static const char *left_text(struct arena *a, const struct fix_row *fix, const json *left,
        const json *aborted, const struct err *alive)
{
	if (alive->code != ERR_NONE)
		return arena_printf(a,
		        "stopped here, but the agent's session could not be ended (%s); look at the "
		        "OpenCode server and at the branch %s of %s",
		        alive->msg, fix->branch, fix->repo);
	if (!json_bool(aborted, ".stopped", true))
		return arena_printf(a,
		        "stopped here, but the OpenCode server did not end session %s within five "
		        "seconds; it may still be working: restart that server. It has no way to push "
		        "without Heal unless its host holds a token that writes",
		        json_str(aborted, ".session", "?"));
	if (json_str(left, ".sha", NULL))
		return arena_printf(a,
		        "stopped; the branch %s of %s stays for you to look at or delete",
		        fix->branch, fix->repo);
	if (json_str(aborted, ".session", NULL))
		return arena_printf(a,
		        "stopped; nothing was pushed; the work so far is in the folder %s on "
		        "the OpenCode host",
		        json_str(fix->contract, ".folder", "of the fix"));
	return "stopped before it began; nothing is left behind";
}

static bool stop(struct wf *w, const struct call *c, const struct fix_row *fix, struct err *e)
{
	static const struct wf_policy soon = {.attempts = 4, .total_ms = 30000};
	struct arena *a = wf_arena(w);
	json *in = json_obj(a);
	struct err alive = {0};
	const json *left, *aborted;

	json_set_int(in, "run", fix->run);
	if (!wf_step(w, "cancel", cancel_step, in, e))
		return false;
	json_set(in, "contract", fix->contract);
	json_set_str(in, "session", fix->session);
	/* a server that is gone must not keep the incident in "fixing" */
	aborted = wf_step_with(w, "abort", &soon, fix_body_abort, in, &alive);
	if (!aborted && (alive.code == ERR_SUSPENDED || alive.code == ERR_CANCELED)) {
		*e = alive;
		return false;
	}
	json_set_str(in, "repo", fix->repo);
	json_set_str(in, "branch", fix->branch);
	left = wf_step(w, "left", left_step, in, e);
	if (!left)
		return false;
	in = json_obj(a);
	json_set_int(in, "incident", fix->incident);
	json_set_int(in, "n", fix->n);
	json_set_str(in, "user", c->user);
	json_set_str(in, "started_by", fix->started_by);
	if (json_str(aborted, ".session", NULL))
		json_set_num(in, "cost", json_num(aborted, ".cost_usd", 0));
	json_set_str(in, "left", left_text(a, fix, left, aborted, &alive));
	return wf_step(w, "record", record_step, in, e) != NULL;
}

/* The agent's second round on a pull request: its run ends, and with it the session. */
static bool stop_repair(struct wf *w, const struct call *c, int64_t run, struct err *e)
{
	json *in = json_obj(wf_arena(w));

	json_set_int(in, "run", run);
	return wf_step(w, "cancel", cancel_step, in, e) &&
	       confirm_text(w, c, "reply", e,
	               "The agent's work on the pull request of INC-%lld is stopped; the pull request "
	               "stays as it is.",
	               (long long)c->incident);
}

/* Which fix: read once, so that a restart in the middle goes on with the same one. */
static const json *find_step(struct wf *w, const json *in, struct err *e)
{
	struct arena *a = wf_arena(w);
	struct incident *inc = incident_get(wf_heal(w)->store, a, json_int(in, ".incident", 0), e);
	json *out = json_obj(a);
	struct fix_row *fix;

	if (!inc)
		return NULL;
	json_set_str(out, "state", incident_state_name(inc->state));
	if (inc->state != INCIDENT_FIXING && inc->state != INCIDENT_PR_OPEN)
		return out;
	fix = fix_get(wf_heal(w)->store, a, inc->id, 0, e);
	if (!fix)
		return NULL;
	if (inc->state == INCIDENT_PR_OPEN) { /* only the agent's second round can be stopped */
		json_set_int(out, "repair_run", json_int(fix->pr, ".repair_run", 0));
		return out;
	}
	json_set_int(out, "n", fix->n);
	json_set_int(out, "run", fix->run);
	json_set_str(out, "repo", fix->repo);
	json_set_str(out, "branch", fix->branch);
	json_set_str(out, "session", fix->session);
	json_set_str(out, "started_by", fix->started_by);
	json_set(out, "contract", fix->contract);
	return out;
}

static bool run(struct wf *w, const struct call *c, struct err *e)
{
	json *in = json_obj(wf_arena(w));
	const json *found;
	struct fix_row fix;

	json_set_int(in, "incident", c->incident);
	found = wf_step(w, "find", find_step, in, e);
	if (!found)
		return false;
	if (str_eq(json_str(found, ".state", ""), "diagnosing"))
		return stop_diagnosis(w, c, e);
	if (json_int(found, ".repair_run", 0) > 0)
		return stop_repair(w, c, json_int(found, ".repair_run", 0), e);
	if (!json_has(found, ".n"))
		return reply_text(w, c, "reply", e,
		        "INC-%lld has no diagnosis and no fix under way (it is %s); there is nothing to stop.",
		        (long long)c->incident, json_str(found, ".state", ""));
	fix = (struct fix_row){
	        .incident = c->incident,
	        .n = (int)json_int(found, ".n", 0),
	        .run = json_int(found, ".run", 0),
	        .repo = json_str(found, ".repo", ""),
	        .branch = json_str(found, ".branch", ""),
	        .session = json_str(found, ".session", NULL),
	        .started_by = json_str(found, ".started_by", NULL),
	        .contract = json_get(found, ".contract"),
	};
	if (!stop(w, c, &fix, e))
		return false;
	return confirm_text(w, c, "reply", e,
	        "The fix of INC-%lld is stopped; the thread says what is left behind.",
	        (long long)c->incident);
}

const struct command cmd_stop = {
        .name = "stop",
        .args = "ID",
        .help = "stop the diagnosis or the fix under way",
        .example = "stop 42",
        .right = RIGHT_FIXER,
        .needs_incident = true,
        .run = run,
};
