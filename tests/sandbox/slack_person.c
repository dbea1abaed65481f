/*
 * slack_person.c - what a person in the workspace does, and what Slack shows him.
 *
 * POST /_control/slack/<verb> with JSON; "user" (default Ana) and "channel" (default #incidents)
 * everywhere:
 *   command  {"text":"list","command":"/heal","thread_ts":…}   message {"text":…,"thread_ts":…}
 *   mention  {"text":"fix","thread_ts":…}                      edit    {"ts":…,"text":…}
 *   reaction, unreact {"ts":…,"name":"+1"}                     delete_message {"ts":…}
 *   open_home {"tab":"home"}                                   click, select, submit, close_view,
 *   shortcut: see slack_click.c                                flood: see slack_flood.c
 * Verbs that wait for the bot answer when it has acknowledged: {"ok","acked","ack_ms","payload",
 * "shown"}; shown is the error a person would see, or what the bot answered.
 */
#include <strings.h>

#include "slack_i.h"

/* ---- those who wait ------------------------------------------------------------------------- */

static void asker_gone(void *arg)
{
	struct asker *k = arg;
	k->rs = NULL;
	envelope_forget(k->s, k);
}

struct asker *asker_new(struct slack *s, const struct sb_request *rq, struct sb_response *rs)
{
	struct asker *k = ARENA_NEW(rq->a, struct asker);
	*k = (struct asker){.s = s, .rs = rs, .a = rq->a, .out = json_obj(rq->a)};
	json_set_bool(k->out, "ok", true);
	sb_on_gone(rs, asker_gone, k);
	return k;
}

void asker_shown(struct asker *k, const struct ack *ack)
{
	json_set_bool(k->out, "acked", ack->acked);
	json_set_num(k->out, "ack_ms", (double)ack->took_us / 1000);
	if (ack->payload)
		json_set(k->out, "payload", ack->payload);
	if (ack->trouble) {
		json_set_bool(k->out, "ok", false);
		json_set_str(k->out, "error", ack->trouble);
	}
}

void asker_send(struct asker *k)
{
	if (k->rs)
		sb_send_json(k->rs, 200, k->out);
}

static void command_done(void *arg, const struct ack *ack)
{
	struct asker *k = arg;
	asker_shown(k, ack);
	if (ack->trouble)
		json_set_str(k->out, "shown",
		        arena_printf(k->a, "/heal failed with the error \"%s\"", ack->trouble));
	if (ack->payload) {
		const char *error = hook_apply(k->s, k->hook, k->a, ack->payload);
		if (error)
			json_set_str(k->out, "error", error);
		json_set_str(k->out, "shown", json_str(ack->payload, ".text", ""));
	}
	asker_send(k);
}

/* ---- common parts --------------------------------------------------------------------------- */

json *person_payload(struct slack *s, struct arena *a, const char *type, const char *user)
{
	json *o = json_obj(a), *u, *t;
	json_set_str(o, "type", type);
	u = json_set_obj(o, "user");
	json_set_str(u, "id", user);
	json_set_str(u, "username", model_user(s, user)->name);
	json_set_str(u, "name", model_user(s, user)->name);
	json_set_str(u, "team_id", SLACK_TEAM);
	json_set_str(o, "api_app_id", SLACK_APP);
	json_set_str(o, "token", "sandbox-legacy-token");
	t = json_set_obj(o, "team");
	json_set_str(t, "id", SLACK_TEAM);
	json_set_str(t, "domain", "sandbox");
	json_set_null(o, "enterprise");
	json_set_bool(o, "is_enterprise_install", false);
	return o;
}

static const char *who(struct slack *s, const json *arg)
{
	const char *id = json_str(arg, ".user", "U0ANA00001");
	const struct user *u = model_user(s, id);
	return u ? u->id : NULL;
}

static struct channel *where(struct slack *s, const json *arg, const char *user)
{
	const char *id = json_str(arg, ".channel", SLACK_MAIN);
	if (str_eq(id, "dm"))
		return model_dm(s, user);
	return model_channel(s, id);
}

/* ---- verbs ---------------------------------------------------------------------------------- */

static const char *command(struct asker *k, const json *arg)
{
	struct slack *s = k->s;
	const char *user = who(s, arg), *name = json_str(arg, ".command", "/heal");
	struct channel *ch = where(s, arg, user);
	const char *refusal = NULL;
	if (*json_str(arg, ".thread_ts", ""))
		refusal = "is not supported in threads. Sorry!";
	else if (!slack_word(s->cfg.commands, name))
		refusal = "is not a valid command.";
	if (refusal) {
		json_set_bool(k->out, "ok", false);
		json_set_str(k->out, "shown", arena_printf(k->a, "%s %s", name, refusal));
		asker_send(k);
		return NULL;
	}
	const char *url = hook_new(s, user, ch, NULL);
	k->hook = hook_by_url(s, url);
	json *p = json_obj(k->a);
	json_set_str(p, "token", "sandbox-legacy-token");
	json_set_str(p, "team_id", SLACK_TEAM);
	json_set_str(p, "team_domain", "sandbox");
	json_set_str(p, "channel_id", ch->id);
	json_set_str(p, "channel_name", ch->im_user ? "directmessage" : ch->name);
	json_set_str(p, "user_id", user);
	json_set_str(p, "user_name", model_user(s, user)->name);
	json_set_str(p, "command", name);
	json_set_str(p, "text", json_str(arg, ".text", ""));
	json_set_str(p, "api_app_id", SLACK_APP);
	json_set_str(p, "is_enterprise_install", "false");
	json_set_str(p, "response_url", url);
	json_set_str(p, "trigger_id", trigger_new(s, user, NULL));
	struct envelope_spec spec = {.type = "slash_commands",
	        .payload = p,
	        .accepts_payload = true,
	        .done = command_done,
	        .arg = k};
	envelope_send(s, &spec);
	return NULL;
}

/* What the client makes of typed text: "@heal" becomes a mention, the rest is escaped. */
static json *typed(struct arena *a, const char *text, bool mention)
{
	json *body = json_obj(a), *block, *section, *part;
	struct str s = str_new(a);
	if (mention)
		str_add(&s, "<@" SLACK_BOT "> ");
	for (const char *p = text; *p;) {
		bool token = strncmp(p, "<@" SLACK_BOT ">", strlen("<@" SLACK_BOT ">")) == 0;
		bool at = strncasecmp(p, "@heal", 5) == 0 &&
		          !strchr("abcdefghijklmnopqrstuvwxyz", p[5] ? p[5] : ' ');
		if (token || at) {
			str_add(&s, "<@" SLACK_BOT ">");
			p += token ? strlen("<@" SLACK_BOT ">") : 5;
			continue;
		}
		char one[2] = {*p++, 0};
		if ((unsigned char)one[0] < 128)
			str_mrkdwn(&s, one);
		else
			str_addc(&s, one[0]);
	}
	json_set_str(body, "text", s.s);
	block = json_add_obj(json_set_arr(body, "blocks"));
	json_set_str(block, "type", "rich_text");
	section = json_add_obj(json_set_arr(block, "elements"));
	json_set_str(section, "type", "rich_text_section");
	part = json_add_obj(json_set_arr(section, "elements"));
	json_set_str(part, "type", "text");
	json_set_str(part, "text", *text ? text : " ");
	return body;
}

static const char *say(struct asker *k, const json *arg, bool mention)
{
	struct slack *s = k->s;
	const char *user = who(s, arg), *thread = json_str(arg, ".thread_ts", NULL);
	struct channel *ch = where(s, arg, user);
	if (ch->archived)
		return "the channel is archived";
	if (thread && *thread && !model_any_msg(ch, thread))
		return "no such thread";
	struct msg *m =
	        model_post(s, &(struct new_msg){.channel = ch,
	                              .user = user,
	                              .thread_ts = thread && *thread ? thread : NULL,
	                              .body = typed(k->a, json_str(arg, ".text", ""), mention)});
	event_message(s, m);
	json_set_str(k->out, "channel", ch->id);
	json_set_str(k->out, "ts", m->ts);
	asker_send(k);
	return NULL;
}

static const char *mention(struct asker *k, const json *arg)
{
	return say(k, arg, true);
}

static const char *message(struct asker *k, const json *arg)
{
	return say(k, arg, false);
}

static struct msg *which(struct slack *s, const json *arg)
{
	struct channel *ch = where(s, arg, who(s, arg));
	return model_msg(ch, json_str(arg, ".ts", NULL));
}

static const char *react_to(struct asker *k, const json *arg, bool add)
{
	struct msg *m = which(k->s, arg);
	const char *name = json_str(arg, ".name", NULL), *user = who(k->s, arg);
	if (!m || !name)
		return m ? "name is missing" : "no such message";
	bool did = add ? model_react(k->s, m, user, name) : model_unreact(k->s, m, user, name);
	if (did)
		event_reaction(k->s, m, user, name, add);
	json_set_bool(k->out, "changed", did);
	asker_send(k);
	return NULL;
}

static const char *reaction(struct asker *k, const json *arg)
{
	return react_to(k, arg, true);
}

static const char *unreact(struct asker *k, const json *arg)
{
	return react_to(k, arg, false);
}

static const char *delete_message(struct asker *k, const json *arg)
{
	struct msg *m = which(k->s, arg);
	if (!m)
		return "no such message";
	struct channel *ch = m->channel;
	model_delete(k->s, m);
	event_message_deleted(k->s, ch, json_str(arg, ".ts", ""));
	asker_send(k);
	return NULL;
}

static const char *edit(struct asker *k, const json *arg)
{
	struct msg *m = which(k->s, arg);
	if (!m || m->ours)
		return m ? "not the person's own message" : "no such message";
	model_edit(k->s, m, typed(k->a, json_str(arg, ".text", ""), false));
	event_message_changed(k->s, m);
	asker_send(k);
	return NULL;
}

static const char *open_home(struct asker *k, const json *arg)
{
	const char *user = who(k->s, arg);
	event_home(k->s, user, json_str(arg, ".tab", "home"));
	struct view *v = view_home(k->s, user);
	if (v)
		json_set(k->out, "view", v->o);
	asker_send(k);
	return NULL;
}

/* ---- dispatch ------------------------------------------------------------------------------- */

static const struct {
	const char *verb;
	const char *(*fn)(struct asker *k, const json *arg);
} verbs[] = {{"command", command}, {"mention", mention}, {"message", message},
        {"reaction", reaction}, {"unreact", unreact}, {"delete_message", delete_message},
        {"edit", edit}, {"open_home", open_home}, {"click", click_control},
        {"select", click_control}, {"submit", submit_control}, {"close_view", close_view_control},
        {"shortcut", shortcut_control}};

static void wrong(struct sb_response *rs, const char *why)
{
	json *o = json_obj(sb_arena(rs));
	json_set_bool(o, "ok", false);
	json_set_str(o, "error", why);
	sb_send_json(rs, 400, o);
}

void person_control(struct slack *s, const struct sb_request *rq, struct sb_response *rs)
{
	const char *verb = sb_part(rq, 0);
	struct err e = {0};
	const json *arg = rq->len ? sb_json(rq, &e) : json_obj(rq->a);
	if (!arg || !str_eq(rq->method, "POST")) {
		wrong(rs, arg ? "POST is needed" : e.msg);
		return;
	}
	if (str_eq(verb, "flood")) {
		flood_control(s, rq, rs);
		return;
	}
	if (!who(s, arg) || !where(s, arg, who(s, arg))) {
		wrong(rs, "no such user or channel");
		return;
	}
	for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
		if (!str_eq(verbs[i].verb, verb))
			continue;
		const char *why = verbs[i].fn(asker_new(s, rq, rs), arg);
		if (why)
			wrong(rs, why);
		return;
	}
	wrong(rs, "no such verb");
}
