/*
 * The Fix… button: a dialog that shows the plan with a checkbox for each step. What is submitted is
 * the contract; when the plan has changed since the message was shown, it is refused.
 */
#include <stdlib.h>
#include <string.h>

#include "diagnose.h"
#include "fix_start.h"
#include "handler.h"
#include "incident.h"
#include "redact.h"
#include "slack.h"
#include "str.h"

enum { MAX_STEPS = 10 };

static json *dialog_of(struct wf *w, const struct incident *inc, const struct diagnosis *dx,
        const struct plan *p, const char *channel)
{
	struct arena *a = wf_arena(w);
	json *data = json_obj(a);
	struct modal v = {
	        .callback = "fix_submit",
	        .title = arena_printf(a, "Fix INC-%lld", (long long)inc->id),
	        .submit = "Start the fix",
	        .close = "Cancel",
	};
	struct option steps[MAX_STEPS];
	struct option draft = {.text = "Open as a draft", .value = "draft"};
	struct input extra = {
	        .id = "extra",
	        .label = "Extra instruction",
	        .placeholder = "keep the public API stable",
	        .optional = true,
	        .multiline = true,
	        .max = 1000,
	};
	struct message *m;
	size_t n = p->nsteps < MAX_STEPS ? p->nsteps : MAX_STEPS;

	json_set_int(data, "incident", inc->id);
	json_set_int(data, "version", dx->version);
	json_set_str(data, "channel", channel);
	json_set_int(data, "steps", (int64_t)n);
	v.data = json_print(a, data);
	m = message_modal(a, &v);
	message_section(m, KEEP_ALWAYS,
	        mrk(a, "*%s* · %s\nPlan v%d: %s", inc->service, inc->headline, dx->version,
	                str_or(p->summary, "")));
	for (size_t i = 0; i < n; i++)
		steps[i] = (struct option){
		        .text = str_ellipsis(a, p->steps[i].text, 72),
		        .value = arena_printf(a, "%zu", i + 1),
		        .selected = true,
		};
	if (n > 0)
		message_checks(m, "steps", "Steps to be done", steps, n);
	message_input(m, &extra);
	message_checks(m, "options", "Options", &draft, 1);
	message_context(m, KEEP_NORMAL,
	        "The agent gets these steps, the evidence and your instruction; no raw logs. It "
	        "opens a pull request; nothing merges by itself.");
	return json_copy(a, message_json(m));
}

static const json *open_step(struct wf *w, const json *in, struct err *e)
{
	struct heal *h = wf_heal(w);
	struct arena *a = wf_arena(w);
	struct incident *inc = incident_get(h->store, a, json_int(in, ".incident", 0), e);
	struct diagnosis *dx;
	struct plan p;

	if (!inc)
		return NULL;
	dx = diagnosis_get(h->store, a, inc->id, 0, e);
	if (!dx)
		return NULL;
	if (json_int(in, ".version", 0) > 0 && json_int(in, ".version", 0) != dx->version) {
		err_set(e, ERR_CONFLICT, false,
		        "the plan is now v%d; look at it in the thread and press Fix… again",
		        dx->version);
		return NULL;
	}
	if (!plan_parse(a, dx->plan, &p, e) ||
	        !slack_view_open(h->slack, a, json_str(in, ".trigger", ""),
	                dialog_of(w, inc, dx, &p, json_str(in, ".channel", "")), NULL, e))
		return NULL;
	return json_obj(a);
}

static bool open_dialog(struct wf *w, const struct call *c, struct err *e)
{
	static const struct wf_policy again_after_crash = {.attempts = 2, .any_input = true};
	json *in = json_obj(wf_arena(w));

	json_set_int(in, "incident", c->incident);
	json_set_int(in, "version", c->argc > 0 ? strtol(c->argv[0], NULL, 10) : 0);
	json_set_str(in, "trigger", c->trigger_id);
	json_set_str(in, "channel", c->channel);
	return wf_step_with(w, "dialog", &again_after_crash, open_step, in, e) != NULL;
}

const struct action action_fix = {.id = "fix", .right = RIGHT_FIXER, .run = open_dialog};

/* --- submitted --- */

static json *skipped(struct arena *a, const json *view, int64_t n)
{
	json *skip = json_arr(a);

	for (int64_t i = 1; i <= n; i++) {
		const char *value = arena_printf(a, "%lld", (long long)i);

		if (!view_checked(view, "steps", value))
			json_add_num(skip, (double)i);
	}
	return skip;
}

static bool submit(struct wf *w, const struct call *c, struct err *e)
{
	struct arena *a = wf_arena(w);
	const json *view = json_get(c->payload, ".view"), *data;
	const char *text = json_str(view, ".private_metadata", "{}");
	const char *extra = view_value(view, "extra");
	struct call where = *c;
	struct fix_ask ask = {0};
	const json *got;

	data = json_parse(a, text, strlen(text), e);
	if (!data)
		return false;
	ask.incident = json_int(data, ".incident", 0);
	ask.plan_version = (int)json_int(data, ".version", 0);
	ask.draft = view_checked(view, "options", "draft");
	ask.skip = skipped(a, view, json_int(data, ".steps", 0));
	if (extra && *extra)
		ask.extra = redact_text(
		        wf_heal(w)->redact, a, str_clean(a, extra, strlen(extra), 1000));
	where.channel = json_str(data, ".channel", NULL);
	got = fix_start(w, &where, &ask, e);
	if (!got)
		return e->code == ERR_SUSPENDED || e->retryable
		               ? false
		               : reply_text(w, &where, "refused", e, "The fix was not started: %s.",
		                         e->msg);
	return true;
}

const struct action action_fix_submit = {
        .id = "fix_submit",
        .right = RIGHT_FIXER,
        .run = submit,
};
