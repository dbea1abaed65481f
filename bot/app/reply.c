/* How a handler answers the person: ephemeral, once. See handler.h. */
#include <stdarg.h>

#include "handler.h"
#include "incident.h"
#include "slack.h"
#include "str.h"

/* A dialog and App Home are in no channel: the answer comes as a direct message. */
static const json *reply_direct(
        struct wf *w, const char *user, const struct slack_answer *answer, struct err *e)
{
	const struct slack_message m = {
	        .channel = user,
	        .text = answer->text,
	        .blocks = answer->blocks,
	        .key = wf_key(w),
	};
	struct slack_posted posted;

	if (!slack_post_once(wf_heal(w)->slack, wf_arena(w), &m, wf_maybe_done(w), wf_started_ms(w),
	            &posted, e))
		return NULL;
	return json_obj(wf_arena(w));
}

/* response_url when there is one that still lives, else an ephemeral message in the same thread. */
static const json *reply_step(struct wf *w, const json *in, struct err *e)
{
	struct slack *s = wf_heal(w)->slack;
	struct arena *a = wf_arena(w);
	struct slack_answer answer = {
	        .text = json_str(in, ".text", ""),
	        .blocks = json_get(in, ".blocks"),
	};
	const char *url = json_str(in, ".url", NULL);
	struct err first = {0};

	if (url && slack_respond(s, a, url, &answer, &first))
		return json_obj(a);
	if (url && first.retryable) {
		*e = first;
		return NULL;
	}
	if (!json_str(in, ".channel", NULL))
		return reply_direct(w, json_str(in, ".user", ""), &answer, e);
	const struct slack_message m = {
	        .channel = json_str(in, ".channel", ""),
	        .thread_ts = json_str(in, ".thread", NULL),
	        .text = answer.text,
	        .blocks = answer.blocks,
	};
	if (!slack_ephemeral(s, a, json_str(in, ".user", ""), &m, e))
		return NULL;
	return json_obj(a);
}

bool reply(struct wf *w, const struct call *c, const char *step, const struct message *m,
        struct err *e)
{
	static const struct wf_policy policy = {
	        .attempts = 4, .total_ms = 60000, .any_input = true};
	json *in = json_obj(wf_arena(w));

	json_set_str(in, "text", message_text(m));
	json_set(in, "blocks", message_blocks(m));
	json_set_str(in, "url", c->response_url);
	json_set_str(in, "channel", c->channel);
	json_set_str(in, "user", c->user);
	json_set_str(in, "thread", c->thread_ts);
	return wf_step_with(w, step, &policy, reply_step, in, e) != NULL;
}

static bool reply_v(struct wf *w, const struct call *c, const char *step, struct err *e,
        const char *fmt, va_list ap)
{
	char *text = mrk_v(wf_arena(w), fmt, ap);
	struct message *m = message_new(wf_arena(w), text);

	message_section(m, KEEP_ALWAYS, text);
	return reply(w, c, step, m, e);
}

bool reply_text(
        struct wf *w, const struct call *c, const char *step, struct err *e, const char *fmt, ...)
{
	va_list ap;
	bool ok;

	va_start(ap, fmt);
	ok = reply_v(w, c, step, e, fmt, ap);
	va_end(ap);
	return ok;
}

bool confirm_text(
        struct wf *w, const struct call *c, const char *step, struct err *e, const char *fmt, ...)
{
	va_list ap;
	bool ok;

	if (c->via == VIA_BUTTON || c->via == VIA_REACTION)
		return true; /* the thread shows it */
	va_start(ap, fmt);
	ok = reply_v(w, c, step, e, fmt, ap);
	va_end(ap);
	return ok;
}

static const json *change_step(struct wf *w, const json *in, struct err *e)
{
	struct incident_event ev = {
	        .kind = (enum incident_event_kind)json_int(in, ".kind", 0),
	        .actor = json_str(in, ".actor", NULL),
	        .note = json_str(in, ".note", NULL),
	        .until_ms = json_int(in, ".until", 0),
	        .severity = (enum severity)json_int(in, ".severity", 0),
	        .key = wf_key(w),
	};

	if (json_bool(in, ".forever", false))
		ev.until_ms = INT64_MAX;
	if (!incident_apply(wf_heal(w)->store, json_int(in, ".incident", 0), &ev, e))
		return NULL;
	return json_obj(wf_arena(w));
}

bool change(struct wf *w, const char *step, int64_t incident, const struct incident_event *ev,
        struct err *e)
{
	json *in = json_obj(wf_arena(w));

	json_set_int(in, "incident", incident);
	json_set_int(in, "kind", ev->kind);
	json_set_str(in, "actor", ev->actor);
	json_set_str(in, "note", ev->note);
	json_set_int(in, "severity", ev->severity);
	if (ev->until_ms == INT64_MAX)
		json_set_bool(in, "forever", true);
	else
		json_set_int(in, "until", ev->until_ms);
	return wf_step(w, step, change_step, in, e) != NULL;
}
