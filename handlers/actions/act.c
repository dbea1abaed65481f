/*
 * Roll back…, Restart… and the like: the dialog that shows exactly what will be sent and what
 * undoes it. What is submitted is the approval, bound to the proposal's hash. See
 * include/act_start.h.
 */
#include "act_start.h"

#include <string.h>

#include "clock.h"
#include "prove.h"
#include "slack.h"
#include "str.h"

/* --- the right --- */

static bool allowed(struct wf *w, const struct call *c, enum act_kind kind, bool *ok, struct err *e)
{
	const char **ids = act_people(wf_heal(w)->settings, kind);
	const char *name = act_kind_name(kind);

	*ok = false;
	if (!ids[0])
		return reply_text(w, c, "refused", e,
		        "Nobody may do that from here yet: an operator sets %s in [actions] of heal.ini.",
		        name);
	if (!person_listed(w, ids, c->user, ok, e))
		return false;
	return *ok || reply_text(w, c, "refused", e, "You may not do that from here. Ask: %s.",
	                      people_names(w, ids));
}

/* --- what it looks like --- */

static void show(struct message *m, struct arena *a, const json *p)
{
	message_section(m, KEEP_ALWAYS,
	        mrk(a, "*%s*\n%s", json_str(p, ".title", ""), json_str(p, ".changes", "")));
	if (json_has(p, ".warn"))
		message_section(m, KEEP_ALWAYS, mrk(a, "⚠️ %s", json_str(p, ".warn", "")));
	message_context(m, KEEP_ALWAYS, "This is sent to Railway, once:");
	message_pre(m, KEEP_ALWAYS, json_str(p, ".sends", ""));
	message_context(
	        m, KEEP_ALWAYS, mrk(a, "*Undo*   %s", json_str(p, ".undo", "not possible")));
}

static const json *dialog_step(struct wf *w, const json *in, struct err *e)
{
	struct arena *a = wf_arena(w);
	json *data = json_obj(a);
	const json *p = json_get(in, ".proposal");
	struct modal v = {
	        .callback = "act_submit",
	        .title = arena_printf(a, "INC-%lld", (long long)json_int(in, ".incident", 0)),
	        .submit = "Do it",
	        .close = "Cancel",
	};
	struct message *m;

	json_set_int(data, "incident", json_int(in, ".incident", 0));
	json_set_str(data, "channel", json_str(in, ".channel", NULL));
	json_set(data, "ask", json_get(in, ".ask"));
	json_set_str(data, "hash", json_str(p, ".hash", ""));
	v.data = json_print(a, data);
	m = message_modal(a, &v);
	show(m, a, p);
	if (!slack_view_open(
	            wf_heal(w)->slack, a, json_str(in, ".trigger", ""), message_json(m), NULL, e))
		return NULL;
	return json_obj(a);
}

static bool dialog(
        struct wf *w, const struct call *c, const json *ask, const json *proposal, struct err *e)
{
	static const struct wf_policy again_after_crash = {.attempts = 2, .any_input = true};
	json *in = json_obj(wf_arena(w));

	json_set_int(in, "incident", c->incident);
	json_set_str(in, "channel", c->channel);
	json_set_str(in, "trigger", c->trigger_id);
	json_set(in, "ask", ask);
	json_set(in, "proposal", proposal);
	return wf_step_with(w, "dialog", &again_after_crash, dialog_step, in, e) != NULL;
}

/* A mention or !heal opens no dialog: its button does. */
static bool preview(struct wf *w, const struct call *c, const json *proposal, struct err *e)
{
	struct arena *a = wf_arena(w);
	struct message *m = message_new(a, json_str(proposal, ".title", ""));
	struct button b = {.action = "act",
	        .text = "Do it…",
	        .style = STYLE_DANGER,
	        .value = arena_printf(a, "%lld %s %s", (long long)c->incident,
	                json_str(proposal, ".kind", ""), c->text)};

	show(m, a, proposal);
	message_button(m, &b);
	return reply(w, c, "preview", m, e);
}

/* --- approved --- */

static const json *begin_step(struct wf *w, const json *in, struct err *e)
{
	struct heal *h = wf_heal(w);
	struct arena *a = wf_arena(w);
	struct incident *inc = incident_get(h->store, a, json_int(in, ".incident", 0), e);
	const json *p = inc ? act_body_guard(w, in, e) : NULL;
	struct act_row row = {
	        .ask = json_get(in, ".ask"),
	        .proposal = p,
	        .started_by = json_str(in, ".user", NULL),
	        .started_ms = clock_now_ms(),
	};
	json *out = json_obj(a);
	int n;

	if (!p)
		return NULL;
	row.incident = inc->id;
	row.metric = prove_before(a, inc);
	if (!act_begin(h->store, wf_key(w), &row, &n, e) ||
	        !audit_add(h->store, wf_key(w), row.started_by, json_str(p, ".sends", ""), inc->id,
	                row.ask, e))
		return NULL;
	json_set_int(out, "n", n);
	return out;
}

static bool begin(
        struct wf *w, const struct call *c, const json *ask, const char *hash, struct err *e)
{
	json *in = json_obj(wf_arena(w));

	json_set_int(in, "incident", c->incident);
	json_set(in, "ask", ask);
	json_set_str(in, "hash", hash);
	json_set_str(in, "user", c->user);
	if (!wf_step(w, "begin", begin_step, in, e))
		return false;
	return confirm_text(w, c, "reply", e, "It is on its way; the thread of INC-%lld shows it.",
	        (long long)c->incident);
}

/* --- asked for --- */

static bool says_yes(const struct call *c)
{
	for (int i = 0; i < c->argc; i++)
		if (str_ieq(c->argv[i], "yes"))
			return true;
	return false;
}

bool act_ask(struct wf *w, const struct call *c, enum act_kind kind, struct err *e)
{
	struct arena *a = wf_arena(w);
	json *in = json_obj(a);
	struct act_ask ask;
	const json *p;
	bool ok;

	if (!allowed(w, c, kind, &ok, e))
		return false;
	if (!ok)
		return true;
	if (!act_parse(a, kind, c->argc, c->argv, wf_heal(w)->redact, &ask, e))
		return false;
	json_set_int(in, "incident", c->incident);
	json_set(in, "ask", act_ask_json(a, &ask));
	p = wf_step(w, "propose", act_body_propose, in, e);
	if (!p)
		return false;
	if (says_yes(c))
		return begin(w, c, json_get(in, ".ask"), json_str(p, ".hash", ""), e);
	return c->trigger_id ? dialog(w, c, json_get(in, ".ask"), p, e) : preview(w, c, p, e);
}

bool act_ask_words(struct wf *w, const struct call *c, struct err *e)
{
	struct call rest = *c;
	enum act_kind kind;

	if (c->argc < 1 || !act_kind_parse(c->argv[0], &kind))
		return err_set(e, ERR_INPUT, false, "that button is from another version of me");
	rest.argc--;
	rest.argv++;
	return act_ask(w, &rest, kind, e);
}

const struct action action_act = {.id = "act", .right = RIGHT_RESPONDER, .run = act_ask_words};

static bool submit(struct wf *w, const struct call *c, struct err *e)
{
	const char *text = json_str(c->payload, ".view.private_metadata", "{}");
	struct call where = *c;
	struct act_ask ask;
	const json *data;
	bool ok;

	data = json_parse(wf_arena(w), text, strlen(text), e);
	if (!data || !act_ask_of(wf_arena(w), json_get(data, ".ask"), &ask, e))
		return false;
	where.incident = json_int(data, ".incident", 0);
	where.channel = json_str(data, ".channel", NULL);
	if (!allowed(w, &where, ask.kind, &ok, e))
		return false;
	return !ok || begin(w, &where, json_get(data, ".ask"), json_str(data, ".hash", "-"), e);
}

const struct action action_act_submit = {
        .id = "act_submit",
        .right = RIGHT_RESPONDER,
        .run = submit,
};
