/*
 * ACT: a remedy that is not code. What was approved is compared with the service as it is now, sent
 * once, watched until it serves, and proven by the metric. See include/act.h.
 */
#include "act.h"

#include "clock.h"
#include "handler.h"
#include "prove.h"
#include "str.h"

static struct act_row row_of(struct wf *w)
{
	return (struct act_row){
	        .incident = json_int(wf_input(w), ".incident", 0),
	        .n = (int)json_int(wf_input(w), ".n", 0),
	};
}

/* What came of it, for the thread and the timeline. in: {"state","note","end","proof"} */
static const json *note_step(struct wf *w, const json *in, struct err *e)
{
	struct act_row row = row_of(w);
	bool end = json_bool(in, ".end", false);

	row.state = json_str(in, ".state", NULL);
	row.note = json_str(in, ".note", NULL);
	row.proof = json_get(in, ".proof");
	row.ended_ms = end ? clock_now_ms() : 0;
	if (!act_update(wf_heal(w)->store, &row, end ? "act ended" : NULL, e))
		return NULL;
	return json_obj(wf_arena(w));
}

static bool note(struct wf *w, const char *step, const char *state, const char *text,
        const json *proof, struct err *e)
{
	json *in = json_obj(wf_arena(w));

	json_set_str(in, "state", state);
	json_set_str(in, "note", text);
	json_set_bool(in, "end", state != NULL);
	json_set(in, "proof", proof);
	return wf_step(w, step, note_step, in, e) != NULL;
}

/* --- how it was sent --- */

static const char *sent_text(const char *how)
{
	if (str_eq(how, "done"))
		return "Railway confirmed it.";
	if (str_eq(how, "found"))
		return "Done (its answer was lost; found by looking).";
	if (str_eq(how, "not done"))
		return "Not done: the answer was lost, and Railway shows no change. Ask for it again "
		       "if it is still wanted.";
	return "Unknown: the answer was lost and nothing shows whether it was done. Please look at "
	       "Railway; I do not repeat it.";
}

static bool sent(const char *how)
{
	return str_eq(how, "done") || str_eq(how, "found");
}

/* --- what it led to --- */

static const char *effect_text(struct arena *a, const json *until, const char *how)
{
	const char *state = json_str(until, ".state", "");

	if (str_eq(state, "serving"))
		return arena_printf(a, "%s It serves since %s UTC; watching the metric.",
		        sent_text(how), clock_hhmm(a, json_int(until, ".at", 0)));
	if (str_eq(state, "failed"))
		return arena_printf(a,
		        "%s But the deployment ended as %s: look at its log in Railway.",
		        sent_text(how), json_str(until, ".status", "FAILED"));
	return arena_printf(a, "%s After 15 min it still does not serve (%s): look at Railway.",
	        sent_text(how), json_str(until, ".status", "UNKNOWN"));
}

static bool prove_act(struct wf *w, const json *until, const char *how, struct err *e)
{
	const json *verdict = prove(w, "proof", json_int(wf_input(w), ".incident", 0),
	        json_get(wf_input(w), ".metric"), json_int(until, ".at", 0), e);
	const char *text;

	if (!verdict)
		return false;
	text = arena_printf(wf_arena(w), "%s %s.", sent_text(how), json_str(verdict, ".text", ""));
	return note(w, "proven", NULL, text, verdict, e);
}

static bool act(struct wf *w, struct err *e)
{
	static const struct wf_policy patient = {.attempts = 20, .max_ms = 30000};
	const json *in = wf_input(w), *got, *until;
	const char *how, *state;

	if (!wf_step(w, "guard", act_body_guard, in, e))
		return false;
	got = wf_step(w, "do", act_body_do, in, e);
	if (!got)
		return false;
	how = json_str(got, ".how", "unknown");
	if (!sent(how))
		return note(w, "not sent", str_eq(how, "unknown") ? "unknown" : "failed",
		        sent_text(how), NULL, e);
	if (!note(w, "sent", NULL, sent_text(how), NULL, e))
		return false;
	until = wf_step_with(w, "until it serves", &patient, act_body_until, in, e);
	if (!until)
		return false;
	state = json_str(until, ".state", "");
	if (!str_eq(state, "serving"))
		return note(
		        w, "no effect", "failed", effect_text(wf_arena(w), until, how), NULL, e);
	/* from here on it may be undone, or another act begun: the proof takes half an hour */
	return note(w, "serves", "done", effect_text(wf_arena(w), until, how), NULL, e) &&
	       prove_act(w, until, how, e);
}

static const json *failed_step(struct wf *w, const json *in, struct err *e)
{
	struct act_row row = {
	        .incident = json_int(in, ".input.incident", 0),
	        .n = (int)json_int(in, ".input.n", 0),
	        .state = "failed",
	        .note = json_str(in, ".error", "it failed"),
	        .ended_ms = clock_now_ms(),
	};

	if (!act_update(wf_heal(w)->store, &row, "act ended", e))
		return NULL;
	return json_obj(wf_arena(w));
}

static bool act_failed(struct wf *w, struct err *e)
{
	return wf_step(w, "record", failed_step, wf_input(w), e) != NULL;
}

const struct workflow wf_act = {
        .name = "act",
        .version = 1,
        .run = act,
        .lane = WF_BACKGROUND,
        .on_failure = act_failed,
        .on_cancel = act_failed,
};
