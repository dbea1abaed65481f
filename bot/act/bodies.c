/*
 * bodies.c - the steps of an act: read, compare with what was approved, send once, watch it take
 * effect. See include/act.h; the workflow is handlers/workflows/act.c.
 */
#include <math.h>
#include <string.h>

#include "act.h"
#include "clock.h"
#include "heal.h"
#include "log.h"
#include "str.h"

enum {
	LOOKS = 6,             /* after a lost answer, before "not done" is believed */
	SLOW_MS = 15 * 60000,  /* longer than this no deployment takes */
	RESTART_MS = 15 * 1000 /* a restart shows no new deployment: given this long to begin */
};

static const char *service_id_of(const struct incident *inc)
{
	return inc->service_id;
}

/* Everything a proposal is made of, as it is now. */
static bool read_scene(struct wf *w, const struct incident *inc, const struct act_ask *ask,
        struct act_scene *out, struct err *e)
{
	struct railway *r = wf_heal(w)->railway;
	struct arena *a = wf_arena(w);
	struct railway_instance *now = ARENA_NEW(a, struct railway_instance);
	struct railway_deployments_request q = {
	        .project_id = inc->project_id,
	        .environment_id = inc->environment_id,
	        .service_id = service_id_of(inc),
	        .first = 30,
	};

	*out = (struct act_scene){.inc = inc, .now = now, .volume = json_has(inc->facts, ".disk")};
	if (!railway_instance(r, a, inc->environment_id, service_id_of(inc), now, e))
		return false;
	if (ask->kind == ACT_ROLLBACK &&
	        !railway_deployments(r, a, &q, &out->deployments, &out->ndeployments, e))
		return false;
	return ask->kind != ACT_VARIABLE ||
	       railway_variable_written(r, a, inc->environment_id, service_id_of(inc), ask->name,
	               &out->written_ms, e);
}

/* What all bodies begin with. */
static bool begin(struct wf *w, const json *in, const struct incident **inc, struct act_ask *ask,
        struct act_scene *s, struct err *e)
{
	*inc = incident_get(wf_heal(w)->store, wf_arena(w), json_int(in, ".incident", 0), e);
	return *inc && act_ask_of(wf_arena(w), json_get(in, ".ask"), ask, e) &&
	       read_scene(w, *inc, ask, s, e);
}

const json *act_body_propose(struct wf *w, const json *in, struct err *e)
{
	const struct incident *inc;
	struct act_scene s;
	struct act_ask ask;

	if (!begin(w, in, &inc, &ask, &s, e))
		return NULL;
	return act_propose(wf_arena(w), &ask, &s, e);
}

const json *act_body_guard(struct wf *w, const json *in, struct err *e)
{
	const json *p = act_body_propose(w, in, e);

	if (!p || str_eq(json_str(p, ".hash", ""), json_str(in, ".hash", "-")))
		return p;
	err_set(e, ERR_CONFLICT, false,
	        "the service has changed since this was shown (another deployment?); look again and "
	        "approve what stands there now");
	return NULL;
}

/* --- sending --- */

static bool send(struct wf *w, const struct incident *inc, const struct act_ask *ask, const json *p,
        struct err *e)
{
	struct railway *r = wf_heal(w)->railway;
	struct arena *a = wf_arena(w);
	const char *target = json_str(p, ".target", ""), *env = inc->environment_id;
	const char *svc = service_id_of(inc);
	const char *why = arena_printf(a, "Heal INC-%lld", (long long)inc->id);
	struct railway_variable_change v = {inc->project_id, env, svc, ask->name, ask->value};
	double cpu = json_num(p, ".cpu", 0), mem = json_num(p, ".memory_gb", 0);

	switch (ask->kind) {
	case ACT_RESTART:
		return railway_restart(r, a, target, e);
	case ACT_ROLLBACK:
		return railway_rollback(r, a, target, e);
	case ACT_REDEPLOY:
		return railway_redeploy(r, a, target, e);
	case ACT_SCALE:
		return railway_scale(r, a, env, svc, json_str(p, ".region", ""),
		        (int)json_int(p, ".value", 1), why, e);
	case ACT_LIMITS:
		return railway_limit(r, a, env, svc, cpu > 0 ? cpu : (double)NAN,
		        mem > 0 ? mem : (double)NAN, e);
	case ACT_VARIABLE:
		return railway_set_variable(r, a, &v, e);
	case ACT_KIND_COUNT:
		break;
	}
	return err_set(e, ERR_PROTO, false, "no such act");
}

static const json *told(struct wf *w, const char *how)
{
	json *out = json_obj(wf_arena(w));

	json_set_str(out, "how", how);
	return out;
}

/* The answer was lost, or the bot died: looks until it is clear, and never sends again. */
static const json *look_on(struct wf *w, const json *p, const struct act_scene *s, struct err *e)
{
	int64_t looks = json_int(wf_state(w), ".looks", 0) + 1;
	enum act_seen seen = act_look(p, s);
	json *state = json_obj(wf_arena(w));

	if (seen == ACT_DONE)
		return told(w, "found");
	if (looks >= LOOKS)
		return told(w, seen == ACT_NOT_DONE ? "not done" : "unknown");
	json_set_int(state, "looks", looks);
	return wf_again(w, wf_heal(w)->settings->actions.poll_ms, state, e);
}

const json *act_body_do(struct wf *w, const json *in, struct err *e)
{
	const json *p = json_get(in, ".proposal");
	const struct incident *inc;
	struct act_scene s;
	struct act_ask ask;

	if (!begin(w, in, &inc, &ask, &s, e))
		return NULL;
	if (wf_maybe_done(w) || wf_state(w))
		return look_on(w, p, &s, e);
	if (send(w, inc, &ask, p, e))
		return told(w, "done");
	log_warn("act", "%s of %s: %s", act_kind_name(ask.kind), inc->service, e->msg);
	if (e->ambiguous)
		e->retryable = true; /* the next attempt only looks */
	return NULL;
}

/* --- taking effect --- */

static const char *state_of(const json *p, const struct railway_service *svc, int64_t since_ms)
{
	enum railway_status st = svc->latest.status;
	bool same = str_eq(svc->latest.id, json_str(p, ".before.latest", NULL));
	int64_t waited = clock_now_ms() - since_ms;

	if (!same && (st == RAILWAY_FAILED || st == RAILWAY_CRASHED))
		return "failed";
	if (same && !str_eq(json_str(p, ".kind", ""), "restart"))
		return waited > SLOW_MS ? "slow" : NULL; /* its deployment has not appeared */
	if (same && waited < RESTART_MS && svc->latest.changed_ms <= since_ms)
		return NULL;
	if (st == RAILWAY_SUCCESS || st == RAILWAY_SLEEPING)
		return "serving";
	return waited > SLOW_MS ? "slow" : NULL;
}

const json *act_body_until(struct wf *w, const json *in, struct err *e)
{
	const json *p = json_get(in, ".proposal");
	int64_t since = json_int(wf_state(w), ".since", clock_now_ms());
	json *out = json_obj(wf_arena(w));
	const struct incident *inc;
	struct act_scene s;
	struct act_ask ask;
	const char *state;

	if (!begin(w, in, &inc, &ask, &s, e))
		return NULL;
	state = state_of(p, &s.now->service, since);
	json_set_int(out, "since", since);
	if (!state)
		return wf_again(w, wf_heal(w)->settings->actions.poll_ms, out, e);
	json_set_str(out, "state", state);
	json_set_str(out, "status", railway_status_name(s.now->service.latest.status));
	json_set_str(out, "deployment", s.now->service.latest.id);
	json_set_int(out, "at", clock_now_ms());
	return out;
}
