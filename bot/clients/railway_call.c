/* railway_call.c - one paced request to Railway. See railway_private.h. */
#include <assert.h>
#include <string.h>

#include "base/embed.h"
#include "clients/railway_private.h"
#include "clock.h"
#include "log.h"
#include "str.h"

enum { MAX_WAIT_MS = 30000, ALIVE_MS = 60000 };

static const char pace_key[] = "railway";

static bool send(struct railway *r, struct arena *a, const char *document, const json *variables,
        struct railway_reply *out, struct err *e)
{
	const char *text = embed_get(arena_printf(a, "bot/clients/%s.graphql", document), NULL);
	struct http_header headers[] = {{"User-Agent", r->user_agent}, {NULL, NULL}, {NULL, NULL}};
	json *body = json_obj(a);
	struct http_request q = {
	        .url = r->url,
	        .headers = headers,
	        .body_json = body,
	        .timeout_ms = r->timeout_ms,
	        .max_bytes = RAILWAY_MAX_BODY,
	};
	struct http_response answer;

	assert(text);
	json_set_str(body, "query", text);
	json_set(body, "variables", variables);
	if (r->kind == RAILWAY_TOKEN_BEARER)
		q.bearer = r->token;
	else
		headers[1] = (struct http_header){"Project-Access-Token", r->token};
	memset(out, 0, sizeof(*out));
	if (!pace_wait(r->shared->pace, pace_key, &r->shared->rule, MAX_WAIT_MS, e))
		return false;
	r->sent++;
	__atomic_add_fetch(&r->shared->requests, 1, __ATOMIC_RELAXED);
	if (!http_do(r->http, a, &q, &answer, e))
		return false;
	return railway_reply(a, &answer, clock_now_ms(), out, e);
}

static const char *probe_document(const struct railway *r)
{
	return r->kind == RAILWAY_TOKEN_PROJECT ? "railway_whoami_project"
	                                        : "railway_whoami_bearer";
}

/* "Not Authorized" is said of a dead token and of a missing right alike. */
static bool tell_apart(struct railway *r, struct arena *a, const char *document, struct err *e)
{
	struct railway_reply probe;
	struct err why;
	bool alive = clock_mono_ms() < r->alive_until_ms;

	if (!alive && !str_eq(document, probe_document(r))) {
		alive = send(r, a, probe_document(r), json_obj(a), &probe, &why);
		if (!alive && why.code != ERR_AUTH && !probe.denied)
			return false; /* could not ask: keep the first answer */
		if (alive)
			r->alive_until_ms = clock_mono_ms() + ALIVE_MS;
	}
	if (alive)
		return err_set(e, ERR_FORBIDDEN, false,
		        "Railway knows the token but refuses this (%s): the token has no access to "
		        "this project or environment%s",
		        document,
		        r->kind == RAILWAY_TOKEN_PROJECT
		                ? "; a project token opens one environment only: make one for it, or use "
		                  "RAILWAY_API_TOKEN"
		                : "; use a token of the workspace that owns it");
	r->alive_until_ms = 0;
	return err_set(e, ERR_AUTH, false,
	        r->kind == RAILWAY_TOKEN_PROJECT
	                ? "Railway refuses RAILWAY_TOKEN: make a new project token in the project's "
	                  "settings, Tokens"
	                : "Railway refuses RAILWAY_API_TOKEN: make a new one at "
	                  "railway.com/account/tokens");
}

static bool call(struct railway *r, struct arena *a, const char *document, const json *variables,
        struct railway_reply *out, struct err *e)
{
	if (send(r, a, document, variables, out, e))
		return true;
	if (e->code == ERR_LIMITED && e->retry_ms > 0)
		pace_hold(r->shared->pace, pace_key, e->retry_ms);
	if (out->denied)
		return tell_apart(r, a, document, e);
	return false;
}

bool railway_call(struct railway *r, struct arena *a, const char *document, const json *variables,
        struct railway_reply *out, struct err *e)
{
	struct err mine = {0};

	if (!e)
		e = &mine;
	if (call(r, a, document, variables, out, e))
		return true;
	e->ambiguous = false; /* only read: repeating it does no harm */
	return false;
}

/* A gateway's 5xx and "Problem processing request" do not say whether the resolver had begun. */
bool railway_mutate(struct railway *r, struct arena *a, const char *document, const json *variables,
        struct railway_reply *out, struct err *e)
{
	struct err mine = {0};

	if (!e)
		e = &mine;
	if (call(r, a, document, variables, out, e))
		return true;
	e->ambiguous = e->ambiguous || e->code == ERR_STATUS || e->code == ERR_PROTO;
	return false;
}
