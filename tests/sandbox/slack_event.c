/* slack_event.c - what happened, as the Events API tells it. */
#include <stdio.h>

#include "slack_i.h"

json *event_wrap(struct slack *s, struct arena *a, const json *event, const char *event_id)
{
	json *o = json_obj(a), *list, *who;
	json_set_str(o, "token", "sandbox-legacy-token");
	json_set_str(o, "team_id", SLACK_TEAM);
	json_set_str(o, "api_app_id", SLACK_APP);
	json_set(o, "event", event);
	json_set_str(o, "type", "event_callback");
	json_set_str(o, "event_id", event_id);
	json_set_int(o, "event_time", sb_now_ms(s->sb) / 1000);
	list = json_set_arr(o, "authorizations");
	who = json_add_obj(list);
	json_set_null(who, "enterprise_id");
	json_set_str(who, "team_id", SLACK_TEAM);
	json_set_str(who, "user_id", SLACK_BOT);
	json_set_bool(who, "is_bot", true);
	json_set_bool(who, "is_enterprise_install", false);
	json_set_bool(o, "is_ext_shared_channel", false);
	return o;
}

static void deliver(struct slack *s, struct arena *a, json *event)
{
	if (!slack_word(s->cfg.events, json_str(event, ".type", "")))
		return;
	const char *id = arena_printf(a, "Ev%s", slack_id(s, a, 'X'));
	struct envelope_spec spec = {.type = "events_api", .payload = event_wrap(s, a, event, id)};
	envelope_send(s, &spec);
}

static const char *channel_type(const struct channel *c)
{
	return c->im_user ? "im" : c->is_private ? "group" : "channel";
}

static json *base(struct slack *s, struct arena *a, const char *type)
{
	json *o = json_obj(a);
	char ts[32];
	model_ts(s, ts);
	json_set_str(o, "type", type);
	json_set_str(o, "event_ts", ts);
	return o;
}

static json *message_event(struct slack *s, struct arena *a, const struct msg *m, const char *type)
{
	json *o = model_msg_json(s, a, m, false);
	json_set_str(o, "type", type);
	json_set_str(o, "channel", m->channel->id);
	json_set_str(o, "event_ts", m->ts);
	if (str_eq(type, "message"))
		json_set_str(o, "channel_type", channel_type(m->channel));
	return o;
}

/* A mention comes twice, as app_mention and as message, with two event ids. */
void event_message(struct slack *s, const struct msg *m)
{
	if (!m->channel->member || m->for_user)
		return;
	struct arena *a = arena_new(0);
	deliver(s, a, message_event(s, a, m, "message"));
	bool mentioned = strstr(json_str(m->o, ".text", ""), "<@" SLACK_BOT ">") != NULL;
	if (mentioned && !m->ours && !m->channel->im_user)
		deliver(s, a, message_event(s, a, m, "app_mention"));
	arena_free(a);
}

void event_message_deleted(struct slack *s, const struct channel *c, const char *ts)
{
	if (!c->member)
		return;
	struct arena *a = arena_new(0);
	json *o = base(s, a, "message");
	json_set_str(o, "subtype", "message_deleted");
	json_set_bool(o, "hidden", true);
	json_set_str(o, "channel", c->id);
	json_set_str(o, "channel_type", channel_type(c));
	json_set_str(o, "deleted_ts", ts);
	json_set_str(o, "ts", json_str(o, ".event_ts", ""));
	deliver(s, a, o);
	arena_free(a);
}

void event_message_changed(struct slack *s, const struct msg *m)
{
	if (!m->channel->member || m->for_user)
		return;
	struct arena *a = arena_new(0);
	json *o = base(s, a, "message");
	json_set_str(o, "subtype", "message_changed");
	json_set_bool(o, "hidden", true);
	json_set_str(o, "channel", m->channel->id);
	json_set_str(o, "channel_type", channel_type(m->channel));
	json_set_str(o, "ts", json_str(o, ".event_ts", ""));
	json_set(o, "message", model_msg_json(s, a, m, false));
	deliver(s, a, o);
	arena_free(a);
}

void event_reaction(
        struct slack *s, const struct msg *m, const char *user, const char *name, bool added)
{
	if (!m->channel->member)
		return;
	struct arena *a = arena_new(0);
	json *o = base(s, a, added ? "reaction_added" : "reaction_removed"), *item;
	json_set_str(o, "user", user);
	json_set_str(o, "reaction", name);
	json_set_str(o, "item_user", m->user);
	item = json_set_obj(o, "item");
	json_set_str(item, "type", "message");
	json_set_str(item, "channel", m->channel->id);
	json_set_str(item, "ts", m->ts);
	deliver(s, a, o);
	arena_free(a);
}

void event_home(struct slack *s, const char *user, const char *tab)
{
	struct arena *a = arena_new(0);
	json *o = base(s, a, "app_home_opened");
	struct view *v = view_home(s, user);
	json_set_str(o, "user", user);
	json_set_str(o, "channel", model_dm(s, user)->id);
	json_set_str(o, "tab", tab);
	if (v && str_eq(tab, "home"))
		json_set(o, "view", v->o);
	deliver(s, a, o);
	arena_free(a);
}
