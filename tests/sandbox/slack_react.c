/* slack_react.c - reactions.add, get, remove. */
#include "slack_i.h"

static struct msg *target(struct call *c, const char **error)
{
	const char *ts = arg_str(c, "timestamp");
	if (!arg_str(c, "channel") || !ts) {
		*error = "no_item_specified";
		return NULL;
	}
	struct channel *ch = arg_channel(c, error);
	struct msg *m = ch ? model_msg(ch, ts) : NULL;
	if (ch && !m)
		*error = "message_not_found";
	if (m && ch->archived) {
		*error = "is_archived";
		return NULL;
	}
	return m;
}

static const char *good_name(struct call *c, const char **name)
{
	*name = arg_str(c, "name");
	if (!*name)
		return missing(c, "name");
	size_t n = strspn(*name, "abcdefghijklmnopqrstuvwxyz0123456789_+-':");
	return **name && !(*name)[n] && **name != ':' ? NULL : "invalid_name";
}

static const char *add(struct call *c)
{
	const char *name, *error = good_name(c, &name);
	struct msg *m = error ? NULL : target(c, &error);
	if (!m)
		return error;
	if (!model_react(c->s, m, SLACK_BOT, name))
		return "already_reacted";
	slack_effect(c->s, "react", "channel", m->channel->id, "ts", m->ts, "name", name, NULL);
	event_reaction(c->s, m, SLACK_BOT, name, true);
	return NULL;
}

static const char *take_away(struct call *c)
{
	const char *name, *error = good_name(c, &name);
	struct msg *m = error ? NULL : target(c, &error);
	if (!m)
		return error;
	if (!model_unreact(c->s, m, SLACK_BOT, name))
		return "no_reaction";
	slack_effect(c->s, "unreact", "channel", m->channel->id, "ts", m->ts, "name", name, NULL);
	event_reaction(c->s, m, SLACK_BOT, name, false);
	return NULL;
}

static const char *get(struct call *c)
{
	const char *error = NULL;
	struct msg *m = target(c, &error);
	if (!m)
		return error;
	json_set_str(c->out, "type", "message");
	json_set_str(c->out, "channel", m->channel->id);
	json *o = model_msg_json(c->s, c->a, m, false);
	/* Without full=true Slack may cut the users; the count stays right. */
	if (!arg_bool(c, "full", false) && m->reactions) {
		json *cut = json_arr(c->a);
		json_each (r, json_get(o, ".reactions")) {
			json *one = json_add_obj(cut), *users;
			json_set_str(one, "name", json_str(r, ".name", ""));
			json_set_int(one, "count", json_int(r, ".count", 0));
			users = json_set_arr(one, "users");
			json_add(users, json_first(json_get(r, ".users")));
		}
		json_set(o, "reactions", cut);
	}
	json_set(c->out, "message", o);
	return NULL;
}

const struct method slack_react_methods[] = {
        {"reactions.add", "reactions:write", TOKEN_BOT, 3, BODY_JSON, add},
        {"reactions.remove", "reactions:write", TOKEN_BOT, 2, BODY_JSON, take_away},
        {"reactions.get", "reactions:read", TOKEN_BOT, 3, BODY_FORM_ONLY, get},
        {0},
};
