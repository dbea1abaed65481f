/* /heal report, and the message shortcut of the same name: what a person saw, as evidence. */
#include <string.h>

#include "clock.h"
#include "handler.h"
#include "incident.h"
#include "redact.h"
#include "slack.h"
#include "str.h"

enum { MAX_TEXT = 600, MAX_SERVICES = 100 };

static const char *safe(struct wf *w, const char *text)
{
	return redact_text(wf_heal(w)->redact, wf_arena(w),
	        str_clean(wf_arena(w), text, strlen(text), MAX_TEXT));
}

/* The service as Railway calls it, of those the last scan saw. */
static bool find_service(struct wf *w, const char *name, const struct scan_row **out, struct err *e)
{
	struct arena *a = wf_arena(w);
	struct str known = str_new(a);
	struct scan_row *rows;
	size_t n;

	if (!scan_load(wf_heal(w)->store, a, NULL, &rows, &n, e))
		return false;
	for (size_t i = 0; i < n; i++) {
		if (str_ieq(rows[i].service, name)) {
			*out = &rows[i];
			return true;
		}
		if (i < 20)
			str_addf(&known, "%s%s", i ? ", " : "", rows[i].service);
	}
	return err_set(e, ERR_INPUT, false, "which service? I know %s",
	        known.len ? known.s : "none yet: no scan has run");
}

/* {"service","text","user","link"}: kept, and told in the timeline of an open incident. */
static const json *keep_step(struct wf *w, const json *in, struct err *e)
{
	struct store *s = wf_heal(w)->store;
	struct arena *a = wf_arena(w);
	const struct scan_row *row = NULL;
	struct remark r = {.kind = "report",
	        .user = json_str(in, ".user", NULL),
	        .text = json_str(in, ".text", NULL),
	        .link = json_str(in, ".link", NULL),
	        .ts_ms = clock_now_ms()};
	struct incident_event ev = {.kind = INCIDENT_EV_NOTE, .actor = r.user, .key = wf_key(w)};
	json *out = json_obj(a);

	if (!find_service(w, json_str(in, ".service", ""), &row, e) || !row ||
	        !incident_of_service(s, row->service_id, &r.incident, e))
		return NULL;
	r.service = row->service;
	ev.note = arena_printf(a, "report: %s", r.text);
	if (!remark_add(s, wf_key(w), &r, e) ||
	        (r.incident && !incident_apply(s, r.incident, &ev, e)))
		return NULL;
	json_set_int(out, "incident", r.incident);
	json_set_str(out, "service", r.service);
	return out;
}

static bool keep(struct wf *w, const struct call *c, const json *in, struct err *e)
{
	const json *got = wf_step(w, "keep", keep_step, in, e);
	long long id = (long long)json_int(got, ".incident", 0);

	if (!got)
		return false;
	if (id)
		return reply_text(w, c, "reply", e,
		        "Noted for INC-%lld; its next diagnosis has it as evidence, with your name. "
		        "`/heal diagnose %lld` makes one now.",
		        id, id);
	return reply_text(w, c, "reply", e,
	        "Noted for %s. Nothing is open there; if something is found within a day, your report "
	        "is part of its evidence.",
	        json_str(got, ".service", ""));
}

static bool run(struct wf *w, const struct call *c, struct err *e)
{
	json *in = json_obj(wf_arena(w));
	const char *text = c->argc == 2 ? c->argv[1] : NULL;
	size_t at = c->argc > 1 ? strcspn(c->text, " \t") : 0;

	if (c->argc > 2) /* without quotes: everything after the service */
		text = c->text + at + strspn(c->text + at, " \t");
	if (!text || !*text)
		return err_set(e, ERR_INPUT, false,
		        "write what you saw: `/heal report api \"checkout hangs after Pay\"`");
	json_set_str(in, "service", c->argv[0]);
	json_set_str(in, "text", safe(w, text));
	json_set_str(in, "user", c->user);
	return keep(w, c, in, e);
}

const struct command cmd_report = {
        .name = "report",
        .args = "SERVICE \"what you saw\"",
        .help = "add what you saw to the evidence of a service",
        .example = "report api \"checkout hangs after Pay\"",
        .right = RIGHT_VIEWER,
        .run = run,
};

/* --- the shortcut: a dialog with the message's text --- */

static json *dialog(struct wf *w, const json *in, struct err *e)
{
	struct arena *a = wf_arena(w);
	struct option *o;
	struct input text = {.id = "text",
	        .label = "What was seen",
	        .initial = json_str(in, ".text", ""),
	        .multiline = true,
	        .max = MAX_TEXT};
	struct modal v = {.callback = "report_submit",
	        .title = "Report to Heal",
	        .submit = "Report",
	        .close = "Cancel"};
	struct scan_row *rows;
	struct message *m;
	size_t n;

	if (!scan_load(wf_heal(w)->store, a, NULL, &rows, &n, e))
		return NULL;
	if (n == 0) {
		err_set(e, ERR_INPUT, false, "no scan has run yet, so I know no service");
		return NULL;
	}
	n = n > MAX_SERVICES ? MAX_SERVICES : n;
	o = ARENA_ARRAY(a, n, struct option);
	for (size_t i = 0; i < n; i++)
		o[i] = (struct option){.text = rows[i].service, .value = rows[i].service};
	v.data = json_print(a, in);
	m = message_modal(a, &v);
	message_choice(m, "service", "Service", o, n);
	message_input(m, &text);
	message_context(m, KEEP_NORMAL,
	        "It becomes evidence of the service's incident, with your name; secrets are masked.");
	return json_copy(a, message_json(m));
}

static const json *open_step(struct wf *w, const json *in, struct err *e)
{
	struct arena *a = wf_arena(w);
	json *keep = json_obj(a);
	const json *view;

	json_set_str(keep, "link", json_str(in, ".link", NULL));
	json_set_str(keep, "channel", json_str(in, ".channel", NULL));
	json_set_str(keep, "text", json_str(in, ".text", NULL));
	view = dialog(w, keep, e);
	if (!view ||
	        !slack_view_open(wf_heal(w)->slack, a, json_str(in, ".trigger", ""), view, NULL, e))
		return NULL;
	return json_obj(a);
}

/* The link to the message; none when Slack does not say. */
static const json *link_step(struct wf *w, const json *in, struct err *e)
{
	json *o = json_obj(wf_arena(w));
	struct err none = {0};
	const char *link;

	(void)e;
	if (slack_permalink(wf_heal(w)->slack, wf_arena(w), json_str(in, ".channel", ""),
	            json_str(in, ".ts", ""), &link, &none))
		json_set_str(o, "link", link);
	return o;
}

static bool shortcut(struct wf *w, const struct call *c, struct err *e)
{
	static const struct wf_policy again_after_crash = {.attempts = 2};
	json *in = json_obj(wf_arena(w));
	const char *text = json_str(c->payload, ".message.text", "");
	const json *got;

	json_set_str(in, "trigger", c->trigger_id);
	json_set_str(in, "channel", c->channel);
	json_set_str(in, "text", safe(w, text));
	json_set_str(in, "ts", json_str(c->payload, ".message.ts", NULL));
	got = wf_step_with(w, "link", &again_after_crash, link_step, in, e);
	if (!got)
		return false;
	json_set_str(in, "link", json_str(got, ".link", NULL));
	return wf_step_with(w, "dialog", &again_after_crash, open_step, in, e) != NULL;
}

const struct action action_report = {.id = "report", .right = RIGHT_VIEWER, .run = shortcut};

static bool submit(struct wf *w, const struct call *c, struct err *e)
{
	struct arena *a = wf_arena(w);
	const json *view = json_get(c->payload, ".view");
	const char *text = json_str(view, ".private_metadata", "{}");
	const json *data = json_parse(a, text, strlen(text), e);
	struct call where = *c;
	json *in = json_obj(a);

	if (!data)
		return false;
	json_set_str(in, "service", view_value(view, "service"));
	json_set_str(in, "text", safe(w, str_or(view_value(view, "text"), "")));
	json_set_str(in, "link", json_str(data, ".link", NULL));
	json_set_str(in, "user", c->user);
	where.channel = json_str(data, ".channel", NULL);
	return keep(w, &where, in, e);
}

const struct action action_report_submit = {
        .id = "report_submit",
        .right = RIGHT_VIEWER,
        .run = submit,
};
