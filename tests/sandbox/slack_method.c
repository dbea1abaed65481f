/*
 * slack_method.c - one call of the Web API: token, rate, arguments, scope, answer.
 *
 * The order of the checks and the error strings are those of docs.slack.dev; every answer but a
 * rate limit is HTTP 200.
 */
#include <stdlib.h>
#include <strings.h>

#include "slack_i.h"

static const struct method *const tables[] = {slack_chat_methods, slack_conv_methods,
        slack_react_methods, slack_view_methods, slack_file_methods};

static const struct method *method_named(const char *name)
{
	for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
		for (const struct method *m = tables[i]; m->name; m++)
			if (str_eq(m->name, name))
				return m;
	return NULL;
}

/* ---- arguments ------------------------------------------------------------------------------ */

const char *arg_str(struct call *c, const char *name)
{
	json_each (it, c->args)
		if (str_eq(json_key(it), name))
			return json_str(it, "", NULL);
	return NULL;
}

static const json *arg_raw(struct call *c, const char *name)
{
	json_each (it, c->args)
		if (str_eq(json_key(it), name))
			return json_is_null(it) ? NULL : it;
	return NULL;
}

bool arg_bool(struct call *c, const char *name, bool def)
{
	const char *s = arg_str(c, name);
	if (s)
		return str_eq(s, "true") || str_eq(s, "1");
	return json_bool(arg_raw(c, name), "", def);
}

int64_t arg_int(struct call *c, const char *name, int64_t def)
{
	const char *s = arg_str(c, name);
	return s ? strtoll(s, NULL, 10) : json_int(arg_raw(c, name), "", def);
}

/* In a form, structured arguments are JSON text; in a JSON body they may be. */
const json *arg_json(struct call *c, const char *name)
{
	const json *v = arg_raw(c, name);
	const char *s = json_str(v, "", NULL);
	if (!s)
		return v;
	json *parsed = *s ? json_parse(c->a, s, strlen(s), NULL) : NULL;
	return parsed ? parsed : v;
}

void messages_out(struct call *c, const json *lines)
{
	json *meta = json_set_obj(c->out, "response_metadata");
	json_set(meta, "messages", lines);
}

const char *missing(struct call *c, const char *name)
{
	json *lines = json_arr(c->a);
	json_add_str(lines, arena_printf(c->a, "[ERROR] missing required field: %s", name));
	messages_out(c, lines);
	return "invalid_arguments";
}

const char *need_scope(struct call *c, const char *scope)
{
	if (!*scope || slack_word(c->s->cfg.scopes, scope))
		return NULL;
	json_set_str(c->out, "needed", scope);
	json_set_str(c->out, "provided", c->s->cfg.scopes);
	return "missing_scope";
}

struct channel *arg_channel(struct call *c, const char **error)
{
	const char *id = arg_str(c, "channel");
	struct channel *ch = id ? model_channel(c->s, id) : NULL;
	if (!id)
		*error = missing(c, "channel");
	else if (!ch || (ch->is_private && !ch->member))
		*error = "channel_not_found"; /* what one may not see is not there */
	else
		return ch;
	return NULL;
}

/* ---- checks --------------------------------------------------------------------------------- */

static const char *check_token(struct call *c, const struct method *m)
{
	const struct config *cfg = &c->s->cfg;
	const char *token = sb_bearer(c->rq);
	bool as_parameter = !token && arg_str(c, "token");
	if (as_parameter && m->token == TOKEN_APP)
		return "not_authed";
	if (!token)
		token = arg_str(c, "token");
	if (!token || !*token)
		return "not_authed";
	if (sb_query(c->rq, "token"))
		slack_violation(c->s, "%s: token in the URL", m->name);
	bool app = str_eq(token, cfg->app_token), bot = str_eq(token, cfg->bot_token);
	if (cfg->revoked && (app || bot))
		return "token_revoked";
	if (str_starts(token, "xoxp-") || (app && m->token == TOKEN_BOT) ||
	        (bot && m->token == TOKEN_APP))
		return "not_allowed_token_type";
	return app || bot ? NULL : "invalid_auth";
}

/* Tiers are calls per minute; a short burst above the pace is tolerated. */
static int check_rate(struct call *c, const struct method *m)
{
	static const double per_minute[] = {600, 1, 20, 50, 100};
	if (!c->s->cfg.rate)
		return 0;
	double n = per_minute[m->tier];
	int wait = rate_take(c->s, m->name, n / 60, n < 10 ? 2 : n);
	const char *channel = arg_str(c, "channel");
	if (!wait && str_eq(m->name, "chat.postMessage") && channel)
		wait = rate_take(c->s, arena_printf(c->a, "post %s", channel), 1, 4);
	return wait;
}

static void merge(json *to, const json *from)
{
	json_each (it, from)
		json_set(to, json_key(it), it);
}

static const char *read_json(struct call *c, const char *type)
{
	json *body = json_parse(c->a, c->rq->body, c->rq->len, NULL);
	if (!body)
		return "invalid_json";
	if (!json_is_obj(body))
		return "json_not_object";
	if (!strcasestr(type, "charset"))
		json_set_str(c->out, "warning", "missing_charset");
	merge(c->args, body);
	return NULL;
}

static const char *read_args(struct call *c, const struct method *m)
{
	const char *type = sb_header(c->rq, "Content-Type");
	merge(c->args, sb_params(c->a, c->rq->query));
	if (str_eq(c->rq->method, "GET") || !c->rq->len)
		return NULL;
	if (!type)
		return "missing_post_type";
	if (strncasecmp(type, "application/x-www-form-urlencoded", 33) == 0) {
		merge(c->args, sb_params(c->a, c->rq->body));
		return NULL;
	}
	if (strncasecmp(type, "application/json", 16) != 0)
		return "invalid_post_type";
	if (m->body == BODY_FORM_ONLY) { /* Slack does not look into it: arguments are missing */
		slack_violation(c->s, "%s takes no JSON body", m->name);
		return NULL;
	}
	return read_json(c, type);
}

static void answer(struct call *c, const char *error)
{
	json *o = json_obj(c->a);
	json_set_bool(o, "ok", !error);
	if (error)
		json_set_str(o, "error", error);
	merge(o, c->out);
	sb_send_json(c->rs, 200, o);
}

static void too_fast(struct call *c, const struct method *m, int wait_s)
{
	slack_violation(c->s, "%s: rate limit", m->name);
	sb_set_header(c->rs, "Retry-After", arena_printf(c->a, "%d", wait_s));
	sb_sendf(c->rs, 429, "application/json; charset=utf-8",
	        "{\"ok\":false,\"error\":\"ratelimited\"}");
}

void method_handle(struct slack *s, const struct sb_request *rq, struct sb_response *rs)
{
	struct call c = {.s = s, .rq = rq, .rs = rs, .a = rq->a};
	const char *name = sb_part(rq, 1);
	const struct method *m = name ? method_named(name) : NULL;
	c.args = json_obj(c.a);
	c.out = json_obj(c.a);
	if (!m) {
		json_set_str(c.out, "req_method", str_or(name, ""));
		answer(&c, "unknown_method");
		return;
	}
	const char *error = read_args(&c, m);
	if (!error)
		error = check_token(&c, m);
	int wait = error ? 0 : check_rate(&c, m);
	if (wait) {
		too_fast(&c, m, wait);
		return;
	}
	if (!error)
		error = need_scope(&c, m->scope);
	if (m->token != TOKEN_APP)
		sb_set_header(rs, "x-oauth-scopes", s->cfg.scopes);
	answer(&c, error ? error : m->fn(&c));
}
