/*
 * slack_state.c - the workspace as JSON, and a stream of changes for the page.
 *
 * GET /_control/slack/state?user=U…&channel=C…: users, channels with their messages (threads nested
 * under their roots as "replies"), ephemerals, views, sockets, envelopes on their way, config.
 * With a user only what he sees. GET /_control/slack/changes: server-sent events, one for each
 * change.
 */
#include <stdio.h>
#include <stdlib.h>

#include "slack_i.h"

struct watcher {
	struct watcher *next;
	struct slack *s;
	struct sb_response *rs;
};

/* ---- changes -------------------------------------------------------------------------------- */

static void watcher_gone(void *arg)
{
	struct watcher *w = arg;
	struct watcher **p = &w->s->watchers;
	while (*p && *p != w)
		p = &(*p)->next;
	if (*p)
		*p = w->next;
	free(w);
}

static void keep_alive(struct sb_response *rs, void *arg)
{
	sb_stream_str(rs, ": still here\n\n");
	sb_later(rs, 15000, keep_alive, arg);
}

void state_watch(struct slack *s, struct sb_response *rs)
{
	struct watcher *w = calloc(1, sizeof *w);
	if (!w)
		abort();
	w->s = s;
	w->rs = rs;
	w->next = s->watchers;
	s->watchers = w;
	sb_on_gone(rs, watcher_gone, w);
	sb_set_header(rs, "Cache-Control", "no-store");
	sb_stream_begin(rs, 200, "text/event-stream");
	sb_stream_str(rs, "retry: 1000\n\n");
	keep_alive(rs, NULL);
}

void state_notify(struct slack *s)
{
	for (struct watcher *w = s->watchers, *next; w; w = next) {
		char line[40];
		next = w->next;
		snprintf(line, sizeof line, "data: %lld\n\n", (long long)s->rev);
		sb_stream_str(w->rs, line);
	}
}

/* ---- state ---------------------------------------------------------------------------------- */

static json *message_json(struct slack *s, struct arena *a, const struct msg *m)
{
	json *o = model_msg_json(s, a, m, true);
	json_set_bool(o, "ours", m->ours);
	if (m->edits)
		json_set_int(o, "edits", m->edits);
	if (m->for_user)
		json_set_str(o, "for_user", m->for_user);
	return o;
}

static bool sees(const char *user, const struct msg *m)
{
	return !m->for_user || !user || str_eq(m->for_user, user);
}

static void add_thread(
        struct slack *s, struct arena *a, json *root, const struct msg *m, const char *user)
{
	json *replies = json_set_arr(root, "replies");
	for (const struct msg *r = m; r; r = r->next)
		if (strcmp(r->thread_ts, m->ts) == 0 && sees(user, r))
			json_add(replies, message_json(s, a, r));
}

static bool has_root(const struct msg *m)
{
	for (const struct msg *r = m->channel->first; r; r = r->next)
		if (strcmp(r->ts, m->thread_ts) == 0)
			return true;
	return false;
}

static json *channel_json(
        struct slack *s, struct arena *a, const struct channel *c, const char *user)
{
	json *o = model_channel_json(s, a, c), *list = json_set_arr(o, "messages");
	if (c->im_user)
		json_set_str(o, "name", model_user(s, c->im_user)->name);
	for (const struct msg *m = c->first; m; m = m->next) {
		if (!sees(user, m) || (*m->thread_ts && !m->broadcast && has_root(m)))
			continue;
		json *one = message_json(s, a, m);
		if (!*m->thread_ts && !m->for_user)
			add_thread(s, a, one, m, user);
		json_add(list, one);
	}
	return o;
}

static void add_views(struct slack *s, json *o, const char *user)
{
	json *views = json_set_arr(o, "views"), *homes = json_set_arr(o, "homes");
	for (struct view *v = s->views; v; v = v->next) {
		if (!v->open || (user && !str_eq(user, v->user)))
			continue;
		json *one = json_add_obj(v->home ? homes : views);
		json_set_str(one, "user", v->user);
		json_set(one, "view", v->o);
	}
}

static void add_config(struct slack *s, json *o)
{
	json *c = json_set_obj(o, "config");
	json_set_str(c, "scopes", s->cfg.scopes);
	json_set_str(c, "commands", s->cfg.commands);
	json_set_bool(c, "socket_mode", s->cfg.socket_mode);
	json_set_bool(c, "revoked", s->cfg.revoked);
	json_set_bool(c, "rate", s->cfg.rate);
}

void state_answer(struct slack *s, const struct sb_request *rq, struct sb_response *rs)
{
	const char *user = sb_query(rq, "user"), *only = sb_query(rq, "channel");
	json *o = json_obj(rq->a), *list;
	json_set_int(o, "rev", s->rev);
	json_set_str(o, "bot", SLACK_BOT);
	list = json_set_arr(o, "users");
	for (struct user *u = s->users; u; u = u->next)
		json_add(list, model_user_json(s, rq->a, u));
	list = json_set_arr(o, "channels");
	for (struct channel *c = s->channels; c; c = c->next)
		if ((!only || str_eq(only, c->id)) &&
		        (!user || !c->im_user || str_eq(user, c->im_user)))
			json_add(list, channel_json(s, rq->a, c, user));
	add_views(s, o, user);
	json_set(o, "sockets", socket_json(s, rq->a));
	json_set(o, "envelopes", envelope_json(s, rq->a));
	add_config(s, o);
	sb_send_json(rs, 200, o);
}
