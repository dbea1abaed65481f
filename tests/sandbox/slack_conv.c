/* slack_conv.c - auth.test, apps.connections.open, conversations.*, users.*, usergroups.*. */
#include <stdlib.h>

#include "slack_i.h"

static const char *auth_test(struct call *c)
{
	const char *token = sb_bearer(c->rq);
	if (str_eq(token, c->s->cfg.app_token)) {
		json_set_str(c->out, "app_name", "Heal");
		json_set_str(c->out, "app_id", SLACK_APP);
		return NULL;
	}
	json_set_str(c->out, "url", arena_printf(c->a, "%s/", sb_url(c->s->sb)));
	json_set_str(c->out, "team", "Sandbox");
	json_set_str(c->out, "user", "heal");
	json_set_str(c->out, "team_id", SLACK_TEAM);
	json_set_str(c->out, "user_id", SLACK_BOT);
	json_set_str(c->out, "bot_id", SLACK_BOT_ID);
	json_set_bool(c->out, "is_enterprise_install", false);
	return NULL;
}

/* ---- history -------------------------------------------------------------------------------- */

struct window {
	const char *oldest, *latest, *thread_ts; /* thread_ts NULL = roots */
	bool inclusive;
};

/* Timestamps have one length until the year 2286, so their order is that of the text. */
static bool inside(const struct window *w, const struct msg *m)
{
	int low = w->oldest && *w->oldest && !str_eq(w->oldest, "0") ? strcmp(m->ts, w->oldest) : 1;
	int high = w->latest && *w->latest ? strcmp(m->ts, w->latest) : -1;
	return (low > 0 || (low == 0 && w->inclusive)) && (high < 0 || (high == 0 && w->inclusive));
}

static bool listed(const struct window *w, const struct msg *m)
{
	if (m->for_user)
		return false;
	if (w->thread_ts) /* the root is always shown */
		return strcmp(m->ts, w->thread_ts) == 0 ||
		       (strcmp(m->thread_ts, w->thread_ts) == 0 && inside(w, m));
	return (!*m->thread_ts || m->broadcast) && inside(w, m);
}

static struct msg **collect(struct call *c, struct channel *ch, const struct window *w, size_t *n)
{
	size_t all = 0;
	for (struct msg *m = ch->first; m; m = m->next)
		all++;
	struct msg **list = arena_array(c->a, all + 1, sizeof *list);
	*n = 0;
	for (struct msg *m = ch->first; m; m = m->next)
		if (listed(w, m))
			list[(*n)++] = m;
	for (size_t i = 0; !w->thread_ts && i < *n / 2; i++) { /* newest first */
		struct msg *x = list[i];
		list[i] = list[*n - 1 - i];
		list[*n - 1 - i] = x;
	}
	return list;
}

static const char *page(struct call *c, struct channel *ch, const struct window *w)
{
	int64_t limit = arg_int(c, "limit", 100);
	if (limit < 1 || limit > 999)
		return "invalid_limit";
	const char *cursor = arg_str(c, "cursor");
	size_t at = 0, n = 0;
	if (cursor && *cursor) {
		if (!str_starts(cursor, "page:"))
			return "invalid_cursor";
		at = (size_t)strtoul(cursor + 5, NULL, 10);
	}
	struct msg **list = collect(c, ch, w, &n);
	json *out = json_set_arr(c->out, "messages");
	size_t end = at + (size_t)limit < n ? at + (size_t)limit : n;
	for (size_t i = at; i < end; i++)
		json_add(out, model_msg_json(c->s, c->a, list[i],
		                      arg_bool(c, "include_all_metadata", false)));
	json_set_bool(c->out, "has_more", end < n);
	if (end < n) {
		json *meta = json_set_obj(c->out, "response_metadata");
		json_set_str(meta, "next_cursor", arena_printf(c->a, "page:%zu", end));
	}
	return NULL;
}

static const char *history_scope(struct call *c, const struct channel *ch)
{
	return need_scope(c, ch->im_user      ? "im:history"
	                     : ch->is_private ? "groups:history"
	                                      : "channels:history");
}

static const char *history(struct call *c)
{
	const char *error = NULL;
	struct channel *ch = arg_channel(c, &error);
	if (!ch || (error = history_scope(c, ch)))
		return error;
	if (!ch->member)
		return "not_in_channel";
	struct window w = {.oldest = arg_str(c, "oldest"),
	        .latest = arg_str(c, "latest"),
	        .inclusive = arg_bool(c, "inclusive", false)};
	return page(c, ch, &w);
}

static const char *replies(struct call *c)
{
	const char *error = NULL, *ts = arg_str(c, "ts");
	struct channel *ch = arg_channel(c, &error);
	if (!ch || (error = history_scope(c, ch)))
		return error;
	if (!ts)
		return missing(c, "ts");
	if (!ch->member)
		return "not_in_channel";
	if (!model_any_msg(ch, ts))
		return "thread_not_found";
	struct window w = {.oldest = arg_str(c, "oldest"),
	        .latest = arg_str(c, "latest"),
	        .thread_ts = ts,
	        .inclusive = arg_bool(c, "inclusive", false)};
	return page(c, ch, &w);
}

/* ---- channels ------------------------------------------------------------------------------- */

static const char *info(struct call *c)
{
	const char *error = NULL;
	struct channel *ch = arg_channel(c, &error);
	if (!ch)
		return error;
	error = need_scope(c, ch->im_user      ? "im:read"
	                      : ch->is_private ? "groups:read"
	                                       : "channels:read");
	if (!error)
		json_set(c->out, "channel", model_channel_json(c->s, c->a, ch));
	return error;
}

static const char *list(struct call *c)
{
	json *out = json_set_arr(c->out, "channels");
	for (struct channel *ch = c->s->channels; ch; ch = ch->next)
		if (!ch->im_user && (!ch->is_private || ch->member))
			json_add(out, model_channel_json(c->s, c->a, ch));
	json *meta = json_set_obj(c->out, "response_metadata");
	json_set_str(meta, "next_cursor", "");
	return NULL;
}

static const char *members(struct call *c)
{
	const char *error = NULL;
	struct channel *ch = arg_channel(c, &error);
	if (!ch)
		return error;
	json *out = json_set_arr(c->out, "members");
	for (struct user *u = c->s->users; u; u = u->next)
		if (ch->im_user ? str_eq(u->id, ch->im_user) : !u->bot && !u->deleted)
			json_add_str(out, u->id);
	if (ch->member)
		json_add_str(out, SLACK_BOT);
	json *meta = json_set_obj(c->out, "response_metadata");
	json_set_str(meta, "next_cursor", "");
	return NULL;
}

static const char *open_dm(struct call *c)
{
	const char *id = arg_str(c, "users");
	if (!id)
		return missing(c, "users");
	struct user *u = model_user(c->s, id);
	if (!u)
		return "user_not_found";
	if (u->deleted)
		return "user_disabled";
	if (u->bot)
		return "cannot_dm_bot";
	struct channel *dm = model_dm(c->s, id);
	json *ch = json_set_obj(c->out, "channel");
	json_set_str(ch, "id", dm->id);
	return NULL;
}

static const char *join(struct call *c)
{
	const char *error = NULL;
	struct channel *ch = arg_channel(c, &error);
	if (!ch)
		return error;
	if (ch->im_user || ch->is_private)
		return "method_not_supported_for_channel_type";
	if (ch->archived)
		return "is_archived";
	if (ch->member)
		json_set_str(c->out, "warning", "already_in_channel");
	else
		slack_effect(c->s, "join", "channel", ch->id, NULL);
	ch->member = true;
	json_set(c->out, "channel", model_channel_json(c->s, c->a, ch));
	return NULL;
}

/* ---- people --------------------------------------------------------------------------------- */

static const char *user_info(struct call *c)
{
	const char *id = arg_str(c, "user");
	if (!id)
		return missing(c, "user");
	struct user *u = model_user(c->s, id);
	if (!u)
		return "user_not_found";
	json_set(c->out, "user", model_user_json(c->s, c->a, u));
	return NULL;
}

static const char *group_users(struct call *c)
{
	const char *id = arg_str(c, "usergroup");
	if (!id)
		return missing(c, "usergroup");
	if (!str_eq(id, "S0ONCALL01") && !str_eq(id, "S0DISABLED"))
		return "no_such_subteam";
	json *out = json_set_arr(c->out, "users");
	if (str_eq(id, "S0ONCALL01")) {
		json_add_str(out, "U0BEN00001");
		json_add_str(out, "U0CHO00001");
	}
	return NULL;
}

static const char *group_list(struct call *c)
{
	static const struct {
		const char *id, *handle;
		int64_t deleted;
	} groups[] = {{"S0ONCALL01", "oncall", 0}, {"S0DISABLED", "retired", 1700000000}};
	json *out = json_set_arr(c->out, "usergroups");
	for (size_t i = 0; i < 2; i++) {
		json *g = json_add_obj(out);
		json_set_str(g, "id", groups[i].id);
		json_set_str(g, "team_id", SLACK_TEAM);
		json_set_str(g, "name", groups[i].handle);
		json_set_str(g, "handle", groups[i].handle);
		json_set_int(g, "date_delete", groups[i].deleted);
	}
	return NULL;
}

static const char *team_info(struct call *c)
{
	json *t = json_set_obj(c->out, "team");
	json_set_str(t, "id", SLACK_TEAM);
	json_set_str(t, "name", "Sandbox");
	json_set_str(t, "domain", "sandbox");
	return NULL;
}

/* Scopes that depend on the kind of channel are checked in the function. */
const struct method slack_conv_methods[] = {
        {"auth.test", "", TOKEN_ANY, 0, BODY_JSON, auth_test},
        {"apps.connections.open", "", TOKEN_APP, 3, BODY_JSON, socket_open},
        {"conversations.history", "", TOKEN_BOT, 3, BODY_JSON, history},
        {"conversations.replies", "", TOKEN_BOT, 3, BODY_FORM_ONLY, replies},
        {"conversations.info", "", TOKEN_BOT, 3, BODY_FORM_ONLY, info},
        {"conversations.list", "channels:read", TOKEN_BOT, 2, BODY_FORM_ONLY, list},
        {"conversations.members", "channels:read", TOKEN_BOT, 4, BODY_FORM_ONLY, members},
        {"conversations.open", "im:write", TOKEN_BOT, 3, BODY_JSON, open_dm},
        {"conversations.join", "channels:join", TOKEN_BOT, 3, BODY_JSON, join},
        {"users.info", "users:read", TOKEN_BOT, 4, BODY_FORM_ONLY, user_info},
        {"usergroups.users.list", "usergroups:read", TOKEN_BOT, 2, BODY_FORM_ONLY, group_users},
        {"usergroups.list", "usergroups:read", TOKEN_BOT, 2, BODY_FORM_ONLY, group_list},
        {"team.info", "team:read", TOKEN_BOT, 3, BODY_FORM_ONLY, team_info},
        {0},
};
