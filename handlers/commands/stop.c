/* /heal stop: ends the diagnosis or the fix of an incident; the thread says what is left behind. */
#include "fix.h"
#include "handler.h"
#include "incident.h"

/* The workflow that is at work listens to this signal, or is cancelled. */
static const json *stop_step(struct wf *w, const json *in, struct err *e)
{
	struct store *s = wf_heal(w)->store;
	struct arena *a = wf_arena(w);
	struct fix_row *fix = fix_get(s, a, json_int(in, ".incident", 0), 0, e);
	json *out = json_obj(a);

	if (!fix)
		return NULL;
	json_set_str(out, "user", json_str(in, ".user", NULL));
	if (!flow_signal(s, fix->run, FIX_SIGNAL_STOP, out, e))
		return NULL;
	return out;
}

static bool run(struct wf *w, const struct call *c, struct err *e)
{
	struct incident *inc = incident_get(wf_heal(w)->store, wf_arena(w), c->incident, e);
	json *in = json_obj(wf_arena(w));

	if (!inc)
		return false;
	if (inc->state != INCIDENT_FIXING)
		return reply_text(w, c, "reply", e,
			"INC-%lld has no fix under way (it is %s); there is nothing to stop.",
			(long long)inc->id, incident_state_name(inc->state));
	json_set_int(in, "incident", inc->id);
	json_set_str(in, "user", c->user);
	if (!wf_step(w, "stop", stop_step, in, e))
		return false;
	return confirm_text(w, c, "reply", e,
		"Stopping the fix of INC-%lld; the thread will say what is left behind.",
		(long long)inc->id);
}

const struct command cmd_stop = {
	.name = "stop",
	.args = "ID",
	.help = "stop the fix under way",
	.example = "stop 42",
	.right = RIGHT_FIXER,
	.needs_incident = true,
	.run = run,
};
