/*
 * slack.c - one call of the Web API: pacing, body, answer, classification.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clients/slack_looks.h"
#include "clients/slack_private.h"
#include "log.h"
#include "str.h"

/* How long to look away after an answer was lost, so that the message can be found by then. */
#define LOST_RETRY_MS 4000

/* When Slack says 429 without Retry-After. */
#define LIMITED_MS 30000

/* Slack's tiers are calls a minute: 1, 20, 50, 100. A burst and the rate together stay below. */
#define TIER2                                                                                      \
	{                                                                                          \
		12.0 / 60, 8                                                                       \
	}
#define TIER3                                                                                      \
	{                                                                                          \
		35.0 / 60, 15                                                                      \
	}
#define TIER4                                                                                      \
	{                                                                                          \
		70.0 / 60, 30                                                                      \
	}
#define UNPACED                                                                                    \
	{                                                                                          \
		0, 0                                                                               \
	}

/* One message a second in a channel; short bursts are documented as fine. */
static const struct pace_rule channel_rule = {1.0, 3};

static const struct slack_method methods[] = {
        {"apps.connections.open", SLACK_FORM, UNPACED, false, false},
        {"auth.test", SLACK_JSON, UNPACED, false, false},
        {"chat.delete", SLACK_JSON, TIER3, false, false},
        {"chat.getPermalink", SLACK_FORM, TIER4, false, false},
        {"chat.postEphemeral", SLACK_JSON, TIER4, true, false},
        {"chat.postMessage", SLACK_JSON, {4.0, 20}, true, true},
        {"chat.update", SLACK_JSON, TIER3, false, true},
        {"conversations.history", SLACK_FORM, TIER3, false, false},
        {"conversations.info", SLACK_FORM, TIER3, false, false},
        {"conversations.join", SLACK_JSON, TIER3, false, false},
        {"conversations.open", SLACK_JSON, TIER3, false, false},
        {"conversations.replies", SLACK_FORM, TIER3, false, false},
        {"files.completeUploadExternal", SLACK_JSON, TIER4, true, false},
        {"files.getUploadURLExternal", SLACK_FORM, TIER4, false, false},
        {"reactions.add", SLACK_JSON, TIER3, false, false},
        {"reactions.get", SLACK_FORM, TIER3, false, false},
        {"reactions.remove", SLACK_JSON, TIER2, false, false},
        {"usergroups.users.list", SLACK_FORM, TIER2, false, false},
        {"users.info", SLACK_FORM, TIER4, false, false},
        /* A trigger lives 3 s: waiting for a turn would spend it. */
        {"views.open", SLACK_JSON, UNPACED, true, false},
        {"views.publish", SLACK_JSON, TIER4, false, false},
        {"views.update", SLACK_JSON, TIER4, false, false},
};

const struct slack_method *slack_method(const char *name)
{
	for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++)
		if (str_eq(methods[i].name, name))
			return &methods[i];
	abort(); /* a call of a method that is not in the table */
}

/* --- objects --- */

struct slack_shared *slack_shared_new(void)
{
	struct slack_shared *sh = calloc(1, sizeof *sh);
	assert(sh);
	sh->pace = pace_new();
	sh->looks = slack_looks_new();
	return sh;
}

void slack_shared_free(struct slack_shared *sh)
{
	if (!sh)
		return;
	pace_free(sh->pace);
	slack_looks_free(sh->looks);
	free(sh);
}

struct slack *slack_new(
        struct http *h, const char *api_url, const char *bot_token, struct slack_shared *sh)
{
	struct slack *s = calloc(1, sizeof *s);
	assert(s);
	size_t n = strlen(api_url);
	s->http = h;
	s->api_url = malloc(n + 2);
	s->token = strdup(bot_token);
	assert(s->api_url && s->token);
	memcpy(s->api_url, api_url, n + 1);
	if (n == 0 || api_url[n - 1] != '/')
		memcpy(s->api_url + n, "/", 2);
	s->shared = sh;
	return s;
}

void slack_free(struct slack *s)
{
	if (!s)
		return;
	explicit_bzero(s->token, strlen(s->token));
	free(s->token);
	free(s->api_url);
	free(s);
}

/* --- pacing --- */

static char *channel_key(struct arena *a, const char *channel)
{
	return arena_printf(a, "slack channel %s", channel);
}

/* The longer of two waits is looked at first, so that no turn is reserved and then not used. */
static bool wait_turn(struct slack *s, struct arena *a, const struct slack_method *m,
        const char *channel, struct err *e)
{
	struct pace *p = s->shared ? s->shared->pace : NULL;
	int64_t held = p ? pace_held_ms(p, m->name) : 0;
	if (!p || (m->rule.per_second <= 0 && held == 0))
		return true;
	if (held > SLACK_MAX_WAIT_MS || m->rule.per_second <= 0) {
		err_set(e, ERR_LIMITED, true, "Slack has asked to slow down with %s", m->name);
		if (e)
			e->retry_ms = (uint32_t)held;
		return false;
	}
	if (m->per_channel && channel &&
	        !pace_wait(p, channel_key(a, channel), &channel_rule, SLACK_MAX_WAIT_MS, e))
		return err_wrap(e, "Slack %s waits for its turn in the channel", m->name);
	if (!pace_wait(p, m->name, &m->rule, SLACK_MAX_WAIT_MS, e))
		return err_wrap(e, "Slack %s waits for its turn", m->name);
	return true;
}

/* --- body and answer --- */

static const char *form_body(struct arena *a, const json *args, struct err *e)
{
	struct str b = str_new(a);
	json *safe = json_copy(a, args);

	if (!http_gate(a, safe, "slack")) {
		err_set(e, ERR_CONFIG, false,
		        "nothing may leave: the redaction gate is not installed");
		return NULL;
	}
	json_each (it, safe) {
		if (json_is_null(it))
			continue;
		str_add(&b, b.len ? "&" : "");
		str_url(&b, json_key(it));
		str_addc(&b, '=');
		str_url(&b, json_is_str(it) ? json_str(it, "", "") : json_print(a, it));
	}
	return str_or(b.s, "");
}

static bool limited(struct slack *s, const struct slack_method *m, int64_t retry_ms, struct err *e)
{
	int64_t ms = retry_ms >= 0 ? retry_ms : LIMITED_MS;
	if (s->shared)
		pace_hold(s->shared->pace, m->name, ms);
	err_set(e, ERR_LIMITED, true, "Slack asks to slow down with %s for %lld s", m->name,
	        (long long)((ms + 999) / 1000));
	if (e)
		e->retry_ms = (uint32_t)ms;
	return false;
}

/* Only what would happen twice is ambiguous; then time passes before the look for it. */
static void settle(const struct slack_method *m, struct err *e)
{
	if (!e)
		return;
	e->ambiguous = e->ambiguous && m->twice;
	if (e->ambiguous && e->retry_ms < LOST_RETRY_MS)
		e->retry_ms = LOST_RETRY_MS;
}

/* Not JSON: a proxy's or a load balancer's page. */
static bool not_json(const struct slack_method *m, const struct http_response *r, struct err *e)
{
	char who[64];
	snprintf(who, sizeof who, "Slack %s", m->name);
	if (r->status < 200 || r->status >= 300)
		return http_status_err(r, who, e);
	err_set(e, ERR_PROTO, true,
	        "%s answered %d with something that is not JSON; check [slack] api_url", who,
	        r->status);
	if (e)
		e->ambiguous = true;
	return false;
}

static const json *judge(struct slack *s, struct arena *a, const struct slack_method *m,
        const struct http_response *r, struct err *e)
{
	s->status = r->status;
	s->scopes = http_header(r, "x-oauth-scopes");
	const json *j = json_parse(a, r->body, r->len, NULL);
	const char *word = json_str(j, ".error", "");
	if (r->status == 429 || str_eq(word, "ratelimited") || str_eq(word, "rate_limited")) {
		limited(s, m, r->retry_after_ms, e);
		return NULL;
	}
	if (!json_is_obj(j) || !json_has(j, ".ok")) {
		not_json(m, r, e);
		return NULL;
	}
	if (json_bool(j, ".ok", false))
		return j;
	snprintf(s->error, sizeof s->error, "%s", word);
	slack_refused(m->name, j, e);
	json_each (it, json_get(j, ".response_metadata.messages"))
		log_warn("slack", "%s %s: %s", m->name, word, json_str(it, "", ""));
	return NULL;
}

const json *slack_call(struct slack *s, struct arena *a, const char *method, const json *args,
        const char *channel, struct err *e)
{
	const struct slack_method *m = slack_method(method);
	struct err own = {0};
	struct err *why = e ? e : &own;
	s->error[0] = '\0';
	s->status = 0;
	s->scopes = NULL;
	if (!wait_turn(s, a, m, channel, why))
		return NULL;
	struct http_request rq = {.method = "POST",
	        .url = arena_printf(a, "%s%s", s->api_url, m->name),
	        .bearer = s->token};
	if (m->body == SLACK_JSON)
		rq.body_json = args;
	else if (!(rq.body_form = form_body(a, args, why)))
		return NULL;
	struct http_response r;
	if (!http_do(s->http, a, &rq, &r, why)) {
		err_wrap(why, "Slack %s", m->name);
		settle(m, why);
		return NULL;
	}
	const json *j = judge(s, a, m, &r, why);
	if (!j)
		settle(m, why);
	return j;
}
