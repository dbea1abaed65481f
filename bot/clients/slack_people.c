/*
 * slack_people.c - who we are, who they are, where we may speak.
 */
#include <stdio.h>
#include <string.h>

#include "clients/slack_private.h"
#include "str.h"

/* --- ourselves --- */

bool slack_auth_test(struct slack *s, struct arena *a, struct slack_auth *out, struct err *e)
{
	const json *j = slack_call(s, a, "auth.test", json_obj(a), NULL, e);
	if (!j)
		return false;
	out->team_id = json_str(j, ".team_id", "");
	out->team = json_str(j, ".team", "");
	out->user_id = json_str(j, ".user_id", "");
	out->bot_id = json_str(j, ".bot_id", "");
	out->url = json_str(j, ".url", "");
	out->scopes = str_or(s->scopes, "");
	snprintf(s->team, sizeof s->team, "%s", out->team_id);
	if (!*out->bot_id)
		return err_set(e, ERR_CONFIG, false,
		        "SLACK_BOT_TOKEN is a person's token; use the xoxb- token of OAuth & Permissions");
	return true;
}

bool slack_has_scope(const struct slack_auth *auth, const char *scope)
{
	const char *p = auth->scopes;
	size_t n = strlen(scope);
	if (!*p)
		return true;
	for (; *p; p += *p == ',') {
		p += strspn(p, " ");
		size_t len = strcspn(p, ",");
		if (len == n && strncmp(p, scope, n) == 0)
			return true;
		p += len;
	}
	return false;
}

bool slack_connections_open(struct http *h, const char *api_url, const char *app_token,
        struct arena *a, const char **url, struct err *e)
{
	struct slack *s = slack_new(h, api_url, app_token, NULL);
	const json *j = slack_call(s, a, "apps.connections.open", json_obj(a), NULL, e);
	slack_free(s);
	if (!j)
		return false;
	*url = json_str(j, ".url", "");
	if (str_starts(*url, "wss://") || str_starts(*url, "ws://"))
		return true;
	return err_set(
	        e, ERR_PROTO, true, "Slack apps.connections.open answered without an address");
}

/* --- people --- */

static const json *get_one(struct slack *s, struct arena *a, const char *method, const char *key,
        const char *value, struct err *e)
{
	json *o = json_obj(a);
	json_set_str(o, key, value);
	return slack_call(s, a, method, o, NULL, e);
}

bool slack_user(
        struct slack *s, struct arena *a, const char *user, struct slack_user *out, struct err *e)
{
	const json *j = get_one(s, a, "users.info", "user", user, e);
	if (!j)
		return false;
	const json *u = json_get(j, ".user");
	const char *name = json_str(u, ".profile.display_name", "");
	name = str_or(name, json_str(u, ".profile.real_name", ""));
	name = str_or(name, json_str(u, ".real_name", ""));
	name = str_or(name, json_str(u, ".name", ""));
	name = str_clean(a, name, strlen(name), 80);
	const char *team = json_str(u, ".team_id", "");
	*out = (struct slack_user){
	        .id = json_str(u, ".id", user),
	        .name = str_or(name, user),
	        .tz = json_str(u, ".tz", ""),
	        .tz_offset_s = (int)json_int(u, ".tz_offset", 0),
	        .is_bot = json_bool(u, ".is_bot", false),
	        .deleted = json_bool(u, ".deleted", false),
	        .guest = json_bool(u, ".is_restricted", false) ||
	                 json_bool(u, ".is_ultra_restricted", false) ||
	                 json_bool(u, ".is_stranger", false) ||
	                 (*s->team && *team && !str_eq(team, s->team)),
	};
	return true;
}

bool slack_usergroup(
        struct slack *s, struct arena *a, const char *group, const char ***users, struct err *e)
{
	const json *j = get_one(s, a, "usergroups.users.list", "usergroup", group, e);
	if (!j)
		return false;
	const json *all = json_get(j, ".users");
	const char **list = ARENA_ARRAY(a, json_len(all) + 1, const char *);
	size_t n = 0;
	if (json_is_arr(all))
		json_each (it, all)
			if (json_is_str(it))
				list[n++] = json_str(it, "", "");
	*users = list;
	return true;
}

/* --- places --- */

bool slack_channel(struct slack *s, struct arena *a, const char *channel, struct slack_channel *out,
        struct err *e)
{
	const json *j = get_one(s, a, "conversations.info", "channel", channel, e);
	if (!j)
		return false;
	const json *c = json_get(j, ".channel");
	*out = (struct slack_channel){
	        .id = json_str(c, ".id", channel),
	        .name = json_str(c, ".name", ""),
	        .is_private = json_bool(c, ".is_private", false),
	        .is_im = json_bool(c, ".is_im", false),
	        .is_member = json_bool(c, ".is_member", false) || json_bool(c, ".is_im", false),
	        .is_archived = json_bool(c, ".is_archived", false),
	        .is_shared = json_bool(c, ".is_ext_shared", false) ||
	                     json_bool(c, ".is_org_shared", false) ||
	                     json_bool(c, ".is_pending_ext_shared", false),
	};
	return true;
}

bool slack_join(struct slack *s, struct arena *a, const char *channel, struct err *e)
{
	return get_one(s, a, "conversations.join", "channel", channel, e);
}

bool slack_open_dm(
        struct slack *s, struct arena *a, const char *user, const char **channel, struct err *e)
{
	const json *j = get_one(s, a, "conversations.open", "users", user, e);
	if (!j)
		return false;
	*channel = json_str(j, ".channel.id", "");
	return **channel ||
	       err_set(e, ERR_PROTO, true, "Slack conversations.open answered without a channel");
}
