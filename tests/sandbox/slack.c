/* slack.c - the Slack peer: routes, configuration, reset. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "slack_i.h"

static void set_defaults(struct slack *s)
{
	const char *bot = sb_setting(s->sb, "slack.bot_token");
	const char *app = sb_setting(s->sb, "slack.app_token");
	s->cfg = (struct config){
	        .socket_mode = true,
	        .home_tab = true,
	        .rate = true,
	        .connection_ms = 18060000,
	        .warning_ms = 10000,
	        .ping_ms = 10000,
	        .retry_ms = {100, 60000, 300000},
	        .copies = 1,
	};
	snprintf(s->cfg.bot_token, sizeof s->cfg.bot_token, "%s", bot ? bot : "xoxb-sandbox");
	snprintf(s->cfg.app_token, sizeof s->cfg.app_token, "%s", app ? app : "xapp-sandbox");
	snprintf(s->cfg.scopes, sizeof s->cfg.scopes,
	        "app_mentions:read,channels:history,channels:join,channels:read,chat:write,"
	        "chat:write.public,commands,files:write,files:read,groups:history,groups:read,"
	        "im:history,im:read,im:write,metadata.message:read,reactions:read,"
	        "reactions:write,team:read,usergroups:read,users:read");
	snprintf(s->cfg.commands, sizeof s->cfg.commands, "/heal");
	snprintf(s->cfg.events, sizeof s->cfg.events,
	        "app_mention,message,reaction_added,reaction_removed,app_home_opened");
}

static void start(struct slack *s, struct sb *sb)
{
	*s = (struct slack){.sb = sb, .a = arena_new(0)};
	set_defaults(s);
	model_init(s);
}

static void *slack_init(struct sb *sb)
{
	struct slack *s = calloc(1, sizeof *s);
	if (!s)
		abort();
	start(s, sb);
	return s;
}

static void stop(struct slack *s)
{
	sockets_free(s);
	envelopes_free(s);
	views_free(s);
	files_free(s);
	rate_free(s);
	model_free(s);
	sb_timer_cancel(s->sb, s->notify);
	s->notify = NULL;
	arena_free(s->a);
}

static void slack_reset(void *state)
{
	struct slack *s = state;
	struct sb *sb = s->sb;
	struct watcher *watchers = s->watchers;
	int64_t rev = s->rev;
	stop(s);
	start(s, sb);
	s->watchers = watchers;
	s->rev = rev;
	slack_changed(s);
}

static void slack_exit(void *state)
{
	stop(state);
	free(state);
}

static void slack_handle(void *state, const struct sb_request *rq, struct sb_response *rs)
{
	struct slack *s = state;
	const char *first = sb_part(rq, 0);
	if (str_eq(first, "api"))
		method_handle(s, rq, rs);
	else if (str_eq(first, "link"))
		socket_upgrade(s, rq, rs);
	else if (str_eq(first, "response"))
		hook_receive(s, rq, rs);
	else if (str_eq(first, "upload"))
		file_receive(s, rq, rs);
	else if (str_eq(first, "files"))
		file_serve(s, rq, rs);
	else
		sb_sendf(rs, 404, "text/html", "<h1>Not found</h1>");
}

static void set_text(char *to, size_t cap, const json *arg, const char *path)
{
	const char *v = json_str(arg, path, NULL);
	if (v)
		snprintf(to, cap, "%s", v);
}

/* POST /_control/slack/config: what an administrator of the workspace or of the app changes. */
static void configure(struct slack *s, const json *arg)
{
	struct config *c = &s->cfg;
	set_text(c->scopes, sizeof c->scopes, arg, ".scopes");
	set_text(c->events, sizeof c->events, arg, ".events");
	set_text(c->commands, sizeof c->commands, arg, ".commands");
	set_text(c->bot_token, sizeof c->bot_token, arg, ".bot_token");
	set_text(c->app_token, sizeof c->app_token, arg, ".app_token");
	c->revoked = json_bool(arg, ".revoked", c->revoked);
	c->socket_mode = json_bool(arg, ".socket_mode", c->socket_mode);
	c->home_tab = json_bool(arg, ".home_tab", c->home_tab);
	c->rate = json_bool(arg, ".rate", c->rate);
	c->connection_ms = json_int(arg, ".connection_ms", c->connection_ms);
	c->warning_ms = json_int(arg, ".warning_ms", c->warning_ms);
	c->ping_ms = json_int(arg, ".ping_ms", c->ping_ms);
	c->copies = json_int(arg, ".copies", c->copies);
	for (int i = 0; i < 3; i++) {
		char path[24];
		snprintf(path, sizeof path, ".retry_ms[%d]", i);
		c->retry_ms[i] = json_int(arg, path, c->retry_ms[i]);
	}
	const char *id = json_str(arg, ".channel.id", NULL);
	struct channel *ch = id ? model_channel(s, id) : NULL;
	if (ch) {
		ch->archived = json_bool(arg, ".channel.archived", ch->archived);
		ch->member = json_bool(arg, ".channel.member", ch->member);
	}
	slack_changed(s);
}

static void slack_control(void *state, const struct sb_request *rq, struct sb_response *rs)
{
	struct slack *s = state;
	const char *verb = sb_part(rq, 0);
	struct err e = {0};
	if (str_eq(verb, "state")) {
		state_answer(s, rq, rs);
	} else if (str_eq(verb, "changes")) {
		state_watch(s, rs);
	} else if (str_eq(verb, "file")) {
		file_serve(s, rq, rs);
	} else if (str_eq(verb, "config") || str_eq(verb, "socket")) {
		const json *arg = rq->len ? sb_json(rq, &e) : json_obj(rq->a);
		const char *wrong = arg ? NULL : e.msg;
		if (arg && str_eq(verb, "config"))
			configure(s, arg);
		else if (arg)
			wrong = socket_control(s, arg);
		json *out = json_obj(rq->a);
		json_set_bool(out, "ok", !wrong);
		if (wrong)
			json_set_str(out, "error", wrong);
		sb_send_json(rs, wrong ? 400 : 200, out);
	} else {
		person_control(s, rq, rs);
	}
}

const struct peer peer_slack = {
        .name = "slack",
        .init = slack_init,
        .handle = slack_handle,
        .control = slack_control,
        .reset = slack_reset,
        .exit = slack_exit,
};

/* ---- small things for all files ------------------------------------------------------------- */

char *slack_id(struct slack *s, struct arena *a, char prefix)
{
	return arena_printf(a, "%c0%08llX", prefix, (unsigned long long)++s->seq);
}

bool slack_word(const char *list, const char *word)
{
	size_t n = strlen(word);
	for (const char *p = list; *p;) {
		size_t len = strcspn(p, ", ");
		if (len == n && memcmp(p, word, n) == 0)
			return true;
		p += len;
		p += strspn(p, ", ");
	}
	return false;
}

void slack_effect(struct slack *s, const char *what, ...)
{
	struct arena *a = arena_new(0);
	json *o = json_obj(a);
	json_set_str(o, "what", what);
	va_list ap;
	va_start(ap, what);
	for (const char *name; (name = va_arg(ap, const char *));)
		json_set_str(o, name, va_arg(ap, const char *));
	va_end(ap);
	sb_record(s->sb, "slack", "effect", o);
	arena_free(a);
	slack_changed(s);
}

void slack_violation(struct slack *s, const char *fmt, ...)
{
	struct arena *a = arena_new(0);
	json *o = json_obj(a);
	va_list ap;
	va_start(ap, fmt);
	json_set_str(o, "what", arena_vprintf(a, fmt, ap));
	va_end(ap);
	sb_record(s->sb, "slack", "violation", o);
	arena_free(a);
}

static void notify(void *arg)
{
	struct slack *s = arg;
	s->notify = NULL;
	state_notify(s);
}

void slack_changed(struct slack *s)
{
	s->rev++;
	if (s->watchers && !s->notify)
		s->notify = sb_timer(s->sb, 40, notify, s);
}
