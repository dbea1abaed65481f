/* "What was it?": a dialog after 👎 and after "cause not found"; the line leads to a new diagnosis.
 */
#include <string.h>

#include "handler.h"
#include "incident.h"
#include "investigate.h"
#include "redact.h"
#include "slack.h"
#include "str.h"

static const json *open_step(struct wf *w, const json *in, struct err *e)
{
	struct arena *a = wf_arena(w);
	json *data = json_obj(a);
	struct modal v = {.callback = "hint_submit",
	        .title = "What was it?",
	        .submit = "Send",
	        .close = "Cancel"};
	struct input hint = {
	        .id = "hint",
	        .label = "One line of context",
	        .placeholder = "it is the nightly batch",
	        .max = 500,
	};
	struct message *m;

	json_set_int(data, "incident", json_int(in, ".incident", 0));
	json_set_str(data, "channel", json_str(in, ".channel", NULL));
	v.data = json_print(a, data);
	m = message_modal(a, &v);
	message_section(m, KEEP_ALWAYS, "I diagnose once more with what you know.");
	message_input(m, &hint);
	if (!slack_view_open(
	            wf_heal(w)->slack, a, json_str(in, ".trigger", ""), message_json(m), NULL, e))
		return NULL;
	return json_obj(a);
}

static bool open_dialog(struct wf *w, const struct call *c, struct err *e)
{
	static const struct wf_policy again_after_crash = {.attempts = 2};
	json *in = json_obj(wf_arena(w));

	json_set_int(in, "incident", c->incident);
	json_set_str(in, "trigger", c->trigger_id);
	json_set_str(in, "channel", c->channel);
	return wf_step_with(w, "dialog", &again_after_crash, open_step, in, e) != NULL;
}

const struct action action_hint = {.id = "hint", .right = RIGHT_RESPONDER, .run = open_dialog};

static bool submit(struct wf *w, const struct call *c, struct err *e)
{
	struct arena *a = wf_arena(w);
	const json *view = json_get(c->payload, ".view"), *data;
	const char *text = json_str(view, ".private_metadata", "{}");
	const char *hint = view_value(view, "hint");

	data = json_parse(a, text, strlen(text), e);
	if (!data)
		return false;
	if (!hint || !*hint)
		return true;
	hint = redact_text(wf_heal(w)->redact, a, str_clean(a, hint, strlen(hint), 500));
	return investigate_ask(w, json_int(data, ".incident", 0), hint, c->user, e);
}

const struct action action_hint_submit = {
        .id = "hint_submit",
        .right = RIGHT_RESPONDER,
        .run = submit,
};
