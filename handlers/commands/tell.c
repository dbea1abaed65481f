/* /heal tell: one more instruction for the agent that works on a fix. In the thread, `@heal` and
 * the text are enough. */
#include <string.h>

#include "fix.h"
#include "handler.h"
#include "incident.h"
#include "redact.h"
#include "str.h"

static const json *find_step(struct wf *w, const json *in, struct err *e)
{
	struct heal *h = wf_heal(w);
	struct arena *a = wf_arena(w);
	struct fix_row *f = fix_get(h->store, a, json_int(in, ".incident", 0), 0, e);
	json *next = json_obj(a), *out;
	const json *seen;

	if (!f)
		return NULL;
	if (!str_eq(f->state, "running") || !f->session) {
		err_set(e, ERR_CONFLICT, false,
		        "no agent works on INC-%lld now (fix %d is %s), so there is nobody to tell",
		        (long long)f->incident, f->n, f->state);
		return NULL;
	}
	json_set_str(next, "session", f->session);
	json_set(next, "contract", f->contract);
	seen = fix_body_session(w, next, e);
	if (!seen)
		return NULL;
	out = json_copy(a, seen);
	json_set(out, "contract", f->contract);
	json_set_str(out, "session", f->session);
	return out;
}

static const json *note_step(struct wf *w, const json *in, struct err *e)
{
	struct incident_event ev = {
	        .kind = INCIDENT_EV_NOTE,
	        .actor = json_str(in, ".user", NULL),
	        .note = arena_printf(wf_arena(w), "told the agent: %s", json_str(in, ".said", "")),
	        .key = wf_key(w),
	};

	return incident_apply(wf_heal(w)->store, json_int(in, ".incident", 0), &ev, e)
	               ? json_obj(wf_arena(w))
	               : NULL;
}

static const char *said(struct wf *w, const struct call *c)
{
	struct str b = str_new(wf_arena(w));

	for (int i = 0; i < c->argc; i++)
		str_addf(&b, "%s%s", i ? " " : "", c->argv[i]);
	return redact_text(
	        wf_heal(w)->redact, wf_arena(w), str_clean(wf_arena(w), b.s, b.len, 1000));
}

static bool run(struct wf *w, const struct call *c, struct err *e)
{
	struct arena *a = wf_arena(w);
	json *in = json_obj(a);
	const char *text = said(w, c);
	struct fix_contract contract;
	const json *found;

	if (!*text)
		return err_set(e, ERR_INPUT, false,
		        "say what the agent shall know: `/heal tell %lld \"keep the public API "
		        "stable\"`",
		        (long long)c->incident);
	json_set_int(in, "incident", c->incident);
	found = wf_step(w, "find", find_step, in, e);
	if (!found || !fix_contract_parse(a, json_get(found, ".contract"), &contract, e))
		return false;
	json_set(in, "contract", json_get(found, ".contract"));
	json_set_str(in, "session", json_str(found, ".session", NULL));
	json_set_int(in, "after_ms", json_int(found, ".last_ms", 0));
	json_set_str(in, "text", fix_prompt_instruction(a, &contract, c->user_name, text));
	if (!wf_step(w, "say", fix_body_say, in, e))
		return false;
	in = json_obj(a);
	json_set_int(in, "incident", c->incident);
	json_set_str(in, "user", c->user);
	json_set_str(in, "said", text);
	return wf_step(w, "note", note_step, in, e) &&
	       reply_text(w, c, "reply", e,
	               "Told the agent of INC-%lld; it reads that after its present step.",
	               (long long)c->incident);
}

const struct command cmd_tell = {
        .name = "tell",
        .args = "ID \"instruction\"",
        .help = "add an instruction for the agent at work",
        .example = "tell 42 \"keep the public API stable\"",
        .right = RIGHT_FIXER,
        .needs_incident = true,
        .run = run,
};
