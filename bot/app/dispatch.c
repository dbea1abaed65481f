/*
 * From an envelope to its handler. One durable run per envelope: the workflow "envelope", entered
 * with what Slack sent, finds command, action or event in handlers/table.c, checks the person's
 * right and calls it. What fails for good is told to the person, in one sentence.
 */
#include "app/dispatch.h"

#include <string.h>

#include "app/grammar.h"
#include "app/people.h"
#include "incident.h"
#include "log.h"
#include "slack.h"
#include "store/inbox.h"
#include "str.h"

enum { MAX_CHOICES = 5 };

static const struct command *find_command(const char *verb)
{
	for (size_t i = 0; handler_commands[i]; i++)
		if (str_eq(handler_commands[i]->name, verb) ||
		        (handler_commands[i]->alias && str_eq(handler_commands[i]->alias, verb)))
			return handler_commands[i];
	return NULL;
}

static const struct command *nearest_command(const char *verb)
{
	const struct command *best = NULL;
	unsigned d, best_d = 4;

	for (size_t i = 0; handler_commands[i]; i++) {
		d = str_distance(handler_commands[i]->name, verb);
		if (d < best_d) {
			best_d = d;
			best = handler_commands[i];
		}
	}
	return best;
}

/* What was typed, the nearest command, three examples. */
static bool answer_unknown(struct wf *w, const struct call *c, struct err *e)
{
	struct arena *a = wf_arena(w);
	const struct command *near = nearest_command(c->verb);
	struct str b = str_new(a);
	struct message *m;

	mrk_add(&b, "I don't know “%s”.", str_ellipsis(a, c->verb, 40));
	if (near)
		mrk_add(&b, " Did you mean `/heal %s`?", near->name);
	str_add(&b, "\nExamples: ");
	if (near)
		mrk_add(&b, "`/heal %s` · ", near->example);
	str_add(&b, "`/heal status` · `/heal list`");
	str_add(&b, near ? "" : " · `/heal show 42`");
	str_add(&b, "\n`/heal help` lists everything.");
	m = message_new(a, "Unknown command");
	message_section(m, KEEP_ALWAYS, b.s);
	return reply(w, c, "unknown", m, e);
}

static bool refuse_right(
        struct wf *w, const struct call *c, enum right need, enum right has, struct err *e)
{
	return reply_text(w, c, "refused", e, "`%s` needs a %s; you are %s. Ask: %s.", c->verb,
	        right_name(need), right_name(has), right_whom(w, need));
}

static bool allowed(struct wf *w, const struct call *c, enum right need, bool *ok, struct err *e)
{
	enum right has;

	*ok = true;
	if (need == RIGHT_VIEWER)
		return true;
	if (!right_of(w, c->user, &has, e))
		return false;
	*ok = has >= need;
	return *ok || refuse_right(w, c, need, has, e);
}

/* --- which incident is meant --- */

static void drop_first_word(struct call *c)
{
	if (c->argc > 0) {
		c->argc--;
		c->argv++;
	}
}

/* By the first word: an id or a message link. */
static bool incident_by_word(struct wf *w, struct call *c, struct err *e)
{
	const char *channel, *ts;

	if (c->argc == 0)
		return true;
	if (grammar_id(c->argv[0], &c->incident)) {
		drop_first_word(c);
		return true;
	}
	if (!grammar_link(wf_arena(w), c->argv[0], &channel, &ts))
		return true;
	drop_first_word(c);
	if (!incident_of_message(
	            wf_heal(w)->store, wf_arena(w), channel, ts, &c->incident, NULL, e))
		return false;
	if (c->incident == 0)
		return err_set(e, ERR_INPUT, false,
		        "that message is not in the thread of one of my incidents");
	return true;
}

static bool offer_choices(struct wf *w, const struct call *c, const struct command *cmd,
        const struct incident *list, size_t n, struct err *e)
{
	struct arena *a = wf_arena(w);
	struct message *m = message_new(a, "Which incident?");

	message_section(m, KEEP_ALWAYS, mrk(a, "Which incident? `/heal %s`", cmd->example));
	for (size_t i = 0; i < n && i < MAX_CHOICES; i++) {
		struct button b = {
		        .action = "cmd",
		        .text = arena_printf(
		                a, "INC-%lld %s", (long long)list[i].id, list[i].service),
		        .value = arena_printf(
		                a, "%s %lld %s", cmd->name, (long long)list[i].id, c->text),
		};

		message_button(m, &b);
	}
	return reply(w, c, "choices", m, e);
}

/* Word, thread, or the only open one. *found false: the person was answered. */
static bool resolve_incident(
        struct wf *w, struct call *c, const struct command *cmd, bool *found, struct err *e)
{
	struct incident_filter open = {.limit = MAX_CHOICES + 1};
	struct incident *list;
	size_t n;
	int64_t of_thread = c->incident;

	c->incident = 0;
	*found = true;
	if (!incident_by_word(w, c, e))
		return false;
	if (c->incident == 0)
		c->incident = of_thread;
	if (c->incident != 0)
		return incident_get(wf_heal(w)->store, wf_arena(w), c->incident, e) != NULL;
	if (!incident_list(wf_heal(w)->store, wf_arena(w), &open, &list, &n, e))
		return false;
	if (n == 1) {
		c->incident = list[0].id;
		return true;
	}
	*found = false;
	if (n == 0)
		return reply_text(w, c, "none", e,
		        "There is no open incident. `/heal list all` shows earlier ones.");
	return offer_choices(w, c, cmd, list, n, e);
}

/* --- commands --- */

static const json *fixing_step(struct wf *w, const json *in, struct err *e)
{
	json *out = json_obj(wf_arena(w));
	struct incident *inc =
	        incident_get(wf_heal(w)->store, wf_arena(w), json_int(in, ".incident", 0), e);

	if (!inc)
		return NULL;
	json_set_bool(out, "fixing", inc->state == INCIDENT_FIXING);
	return out;
}

/* A sentence in the thread of an incident on which an agent works is for the agent. */
static bool is_for_agent(struct wf *w, const struct call *c, bool *yes, struct err *e)
{
	json *in = json_obj(wf_arena(w));
	const json *got;

	*yes = false;
	if (c->incident == 0 || c->argc < 2 || (c->via != VIA_MENTION && c->via != VIA_BANG))
		return true;
	json_set_int(in, "incident", c->incident);
	got = wf_step(w, "for the agent?", fixing_step, in, e);
	*yes = json_bool(got, ".fixing", false);
	return got != NULL;
}

static void put_back_verb(struct wf *w, struct call *c)
{
	const char **argv = ARENA_ARRAY(wf_arena(w), (size_t)c->argc + 1, const char *);

	argv[0] = c->verb;
	for (int i = 0; i < c->argc; i++)
		argv[i + 1] = c->argv[i];
	c->argv = argv;
	c->argc++;
}

static bool run_command(struct wf *w, struct call *c, struct err *e)
{
	const struct command *cmd = find_command(*c->verb ? c->verb : "status");
	bool ok;

	if (!cmd) {
		if (!is_for_agent(w, c, &ok, e))
			return false;
		if (!ok)
			return answer_unknown(w, c, e);
		cmd = find_command("tell");
		put_back_verb(w, c);
	}
	c->verb = cmd->name;
	if (!allowed(w, c, cmd->right, &ok, e))
		return false;
	if (!ok)
		return true;
	if (cmd->needs_incident) {
		if (!resolve_incident(w, c, cmd, &ok, e))
			return false;
		if (!ok)
			return true;
	}
	return cmd->run(w, c, e);
}

static void take_words(struct wf *w, struct call *c, const char *text)
{
	struct words words = grammar_split(wf_arena(w), text);

	c->verb = words.verb;
	c->text = words.rest;
	c->argc = words.argc;
	c->argv = words.argv;
}

static bool thread_incident(struct wf *w, struct call *c, struct err *e)
{
	if (!c->thread_ts || !c->channel)
		return true;
	return incident_of_message(
	        wf_heal(w)->store, wf_arena(w), c->channel, c->thread_ts, &c->incident, NULL, e);
}

static bool on_slash(struct wf *w, struct call *c, struct err *e)
{
	const json *p = c->payload;

	c->via = VIA_SLASH;
	c->user = json_str(p, ".user_id", "");
	c->user_name = json_str(p, ".user_name", "");
	c->channel = json_str(p, ".channel_id", "");
	c->response_url = json_str(p, ".response_url", NULL);
	c->trigger_id = json_str(p, ".trigger_id", NULL);
	take_words(w, c, json_str(p, ".text", ""));
	return run_command(w, c, e);
}

/* --- events --- */

/* A sentence in an incident's thread, no command and no misspelt one. */
static bool is_talk(const struct call *c, const char *text)
{
	const struct command *near = nearest_command(c->verb);

	if (c->incident == 0 || !*c->verb)
		return false;
	if (c->argc > 1 && str_ends(text, "?"))
		return true; /* "why is it slow?" is not "why SERVICE" */
	if (find_command(c->verb))
		return false;
	if (strchr(text, '?'))
		return true;
	return c->argc >= (near && str_distance(near->name, c->verb) == 1 ? 4 : 2);
}

static bool talk(struct wf *w, struct call *c, const char *text, struct err *e)
{
	bool ok;

	c->text = text + strspn(text, " \t\r\n");
	if (!allowed(w, c, RIGHT_RESPONDER, &ok, e))
		return false;
	return ok ? handler_talk(w, c, e) : true;
}

static bool on_message(struct wf *w, struct call *c, const json *ev, bool mention, struct err *e)
{
	const char *text =
	        grammar_addressed(json_str(ev, ".text", ""), person_self(wf_heal(w), wf_arena(w)));

	if (!text || json_has(ev, ".bot_id") || json_has(ev, ".subtype"))
		return true; /* people talk freely; other bots and edits are not for us */
	if (!mention && str_starts(json_str(ev, ".text", ""), "<@"))
		return true; /* comes as app_mention too */
	c->via = mention ? VIA_MENTION : VIA_BANG;
	c->thread_ts = json_str(ev, ".thread_ts", NULL);
	c->message_ts = json_str(ev, ".ts", NULL);
	if (!thread_incident(w, c, e))
		return false;
	take_words(w, c, text);
	return is_talk(c, text) ? talk(w, c, text, e) : run_command(w, c, e);
}

static bool on_event(struct wf *w, struct call *c, struct err *e)
{
	const json *ev = json_get(c->payload, ".event");
	const char *type;

	if (!ev)
		ev = c->payload; /* some payloads come without the wrapper */
	type = json_str(ev, ".type", "");
	c->payload = ev;
	c->user = json_str(ev, ".user", "");
	c->channel = json_str(ev, ".channel", json_str(ev, ".item.channel", NULL));
	if (str_eq(type, "app_mention") || str_eq(type, "message"))
		return on_message(w, c, ev, str_eq(type, "app_mention"), e);
	for (size_t i = 0; handler_events[i]; i++)
		if (str_eq(handler_events[i]->type, type))
			return handler_events[i]->run(w, c, e);
	return true;
}

/* --- buttons, menus, modals --- */

static const char *action_value(const json *action)
{
	return json_str(action, ".value", json_str(action, ".selected_option.value", ""));
}

static bool run_action(struct wf *w, struct call *c, const char *id, struct err *e)
{
	bool ok;

	for (size_t i = 0; handler_actions[i]; i++) {
		if (!action_is(id, handler_actions[i]->id))
			continue;
		if (!allowed(w, c, handler_actions[i]->right, &ok, e))
			return false;
		return ok ? handler_actions[i]->run(w, c, e) : true;
	}
	log_warn("dispatch", "no handler for action %s: an old message's button?", id);
	return reply_text(w, c, "old", e,
	        "That button is from an older version of me. `/heal help` shows what there is.");
}

static bool on_block_action(struct wf *w, struct call *c, struct err *e)
{
	const json *action = json_first(json_get(c->payload, ".actions"));
	const char *id = json_str(action, ".action_id", "");

	c->via = VIA_BUTTON;
	c->thread_ts = json_str(c->payload, ".message.thread_ts",
	        json_str(c->payload, ".container.thread_ts", NULL));
	c->message_ts = json_str(c->payload, ".container.message_ts", NULL);
	if (json_has(action, ".url"))
		return true; /* a link: nothing to do */
	if (!action_is(id, "cmd"))
		c->verb = id;
	take_words(w, c, action_value(action));
	if (action_is(id, "cmd"))
		return run_command(w, c, e);
	/* other actions carry the incident first in their value */
	grammar_id(c->verb, &c->incident);
	c->verb = id;
	return run_action(w, c, id, e);
}

static bool on_interactive(struct wf *w, struct call *c, struct err *e)
{
	const json *p = c->payload;
	const char *type = json_str(p, ".type", "");
	const char *callback = json_str(p, ".view.callback_id", json_str(p, ".callback_id", ""));

	c->user = json_str(p, ".user.id", "");
	c->user_name = json_str(p, ".user.username", json_str(p, ".user.name", ""));
	c->channel = json_str(p, ".channel.id", json_str(p, ".container.channel_id", NULL));
	c->response_url = json_str(p, ".response_url", NULL);
	c->trigger_id = json_str(p, ".trigger_id", NULL);
	if (str_eq(type, "block_actions"))
		return on_block_action(w, c, e);
	if (str_eq(type, "view_closed"))
		return true;
	c->via = VIA_MODAL;
	c->verb = callback;
	return run_action(w, c, callback, e);
}

/* What Slack sent; the inbox keeps {"type","payload"}. */
static const json *sent(const struct inbox_row *in)
{
	return json_get(in->payload, ".payload");
}

static bool dispatch(struct wf *w, const struct inbox_row *in, struct err *e)
{
	struct call c = {
	        .verb = "",
	        .text = "",
	        .user = "",
	        .user_name = "",
	        .payload = sent(in),
	};

	if (str_eq(in->kind, "slash_commands"))
		return on_slash(w, &c, e);
	if (str_eq(in->kind, "events_api"))
		return on_event(w, &c, e);
	if (str_eq(in->kind, "interactive"))
		return on_interactive(w, &c, e);
	log_info("dispatch", "envelope of type %s is not for us", in->kind);
	return true;
}

static const char *addressee(const json *p, const char *slash, const char *other)
{
	return json_str(p, slash, json_str(p, other, json_str(p, ".event.user", NULL)));
}

/* Says `text` to whoever sent the envelope, where they were. */
static bool tell(struct wf *w, const json *p, const char *text, struct err *e)
{
	struct call c = {
	        .verb = "",
	        .user = addressee(p, ".user_id", ".user.id"),
	        .channel = json_str(p, ".channel_id",
	                json_str(p, ".channel.id", json_str(p, ".event.channel", NULL))),
	        .thread_ts =
	                json_str(p, ".event.thread_ts", json_str(p, ".message.thread_ts", NULL)),
	        .response_url = json_str(p, ".response_url", NULL),
	};

	if (!c.user || !*c.user)
		return true;
	text = arena_strdup(wf_arena(w), text);
	return reply_text(w, &c, "tell", e, "%s", text);
}

/* A person's mistake is answered at once and is no failure of the run. */
static bool run_envelope(struct wf *w, struct err *e)
{
	struct inbox_row *in =
	        inbox_get(wf_heal(w)->store, wf_arena(w), json_int(wf_input(w), ".inbox", 0), e);

	if (!in)
		return false;
	if (dispatch(w, in, e))
		return true;
	if (e->retryable || (e->code != ERR_INPUT && e->code != ERR_CONFLICT &&
	                            e->code != ERR_NOT_FOUND && e->code != ERR_BUDGET))
		return false;
	return tell(w, sent(in), e->msg, e);
}

static bool tell_failure(struct wf *w, struct err *e)
{
	struct inbox_row *in = inbox_get(
	        wf_heal(w)->store, wf_arena(w), json_int(wf_input(w), ".input.inbox", 0), e);

	return in && tell(w, sent(in),
	                     arena_printf(wf_arena(w),
	                             "That did not work: %s. Nothing more will "
	                             "happen; please try again.",
	                             json_str(wf_input(w), ".error.message", "unknown")),
	                     e);
}

const struct workflow wf_envelope = {
        .name = "envelope",
        .version = 1,
        .run = run_envelope,
        .lane = WF_INTERACTIVE,
        .unordered = true,
        .on_failure = tell_failure,
};
