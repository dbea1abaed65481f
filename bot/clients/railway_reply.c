/* railway_reply.c - what an answer of Railway, or of the edge before it, means. See railway.h. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clients/railway_private.h"
#include "clock.h"
#include "str.h"

enum { NO_HINT_MS = 60000, MAX_HINT_MS = 3600000, MAX_QUOTE = 200 };

static bool has(const char *text, const char *word)
{
	return strcasestr(text, word) != NULL;
}

/* X-RateLimit-Reset: Unix seconds; a small number is taken as seconds from now. -1 = none. */
static int64_t reset_ms(const struct http_response *r, int64_t now_ms)
{
	const char *v = http_header(r, "X-RateLimit-Reset");
	char *end;
	double s;

	if (!v)
		return -1;
	s = strtod(v, &end);
	if (end == v || !(s >= 0) || s > 1e11)
		return -1;
	if (s < 1e8)
		return (int64_t)(s * 1000);
	return (int64_t)(s * 1000) > now_ms ? (int64_t)(s * 1000) - now_ms : 0;
}

/* "... try again in 17 seconds"; -1 = none. */
static int64_t text_ms(const char *text)
{
	const char *p = strcasestr(text, "try again in ");
	char *end;
	long n;

	if (!p)
		p = strcasestr(text, "retry after ");
	if (!p)
		return -1;
	while (*p && !isdigit((unsigned char)*p))
		p++;
	n = strtol(p, &end, 10);
	if (end == p || n < 0 || n > MAX_HINT_MS)
		return -1;
	while (*end == ' ')
		end++;
	if (strncasecmp(end, "ms", 2) == 0 || strncasecmp(end, "milli", 5) == 0)
		return n;
	return (strncasecmp(end, "m", 1) == 0 ? 60 : 1) * (int64_t)n * 1000;
}

static bool limited(const struct http_response *r, const char *text, int64_t now_ms, struct err *e)
{
	int64_t ms = r->retry_after_ms;

	if (ms < 0)
		ms = reset_ms(r, now_ms);
	if (ms < 0)
		ms = text_ms(text);
	if (ms < 0)
		ms = NO_HINT_MS;
	if (ms > MAX_HINT_MS)
		ms = MAX_HINT_MS;
	err_set(e, ERR_LIMITED, true,
	        "Railway's rate limit is reached; next try in %lld s. Scan less often "
	        "([scan] every) if this repeats",
	        (long long)((ms + 999) / 1000));
	if (e)
		e->retry_ms = ms > 0 ? (uint32_t)ms : 1;
	return false;
}

/* Not JSON: the edge (Cloudflare) or something on the way answered. */
static bool edge(const struct http_response *r, int64_t now_ms, struct err *e)
{
	if (r->status == 429 || has(r->body, "error code: 1015")) {
		limited(r, "", now_ms, e);
		return err_wrap(e, "Railway's edge refuses (error 1015)");
	}
	if (r->status == 403)
		return err_set(e, ERR_FORBIDDEN, false,
		        "Railway's edge refuses us (HTTP 403%s): a proxy may strip the User-Agent, or "
		        "this address is blocked",
		        has(r->body, "1010") ? ", error 1010" : "");
	if (r->status >= 300 && r->status < 400)
		return err_set(e, ERR_CONFIG, false,
		        "[railway] api_url answers with a redirect (HTTP %d); redirects are not "
		        "followed with a token: set the final address",
		        r->status);
	if (r->status == 404)
		return err_set(e, ERR_CONFIG, false,
		        "[railway] api_url answers HTTP 404: it must end in /graphql/v2");
	if (r->status >= 200 && r->status < 300)
		return err_set(e, ERR_PROTO, true,
		        "Railway answered HTTP %d with something that is not JSON", r->status);
	return http_status_err(r, "Railway", e);
}

static const char *trace_of(const json *error)
{
	const char *t = json_str(error, ".traceId", NULL);

	return t ? t : json_str(error, ".extensions.traceId", NULL);
}

static void note_root(struct railway_reply *out, const json *error)
{
	const char *root = json_str(error, ".path[0]", NULL);

	out->nested = out->nested && json_len(json_get(error, ".path")) > 1;
	if (!root)
		return;
	for (size_t i = 0; i < out->nroots; i++)
		if (str_eq(out->root[i], root))
			return;
	if (out->nroots < RAILWAY_ROOTS)
		out->root[out->nroots++] = root;
}

struct meaning {
	const char *word; /* in the message, or the extension's code */
	enum err_code code;
	bool retryable;
	const char *said; /* NULL = quote the message */
};

static const struct meaning meanings[] = {
        {"project token not found", ERR_AUTH, false,
                "Railway does not know this project token: make a new one in the project's settings, "
                "Tokens, and set RAILWAY_TOKEN"},
        {"invalid token", ERR_AUTH, false, NULL},
        {"two factor", ERR_FORBIDDEN, false, NULL},
        {"not found", ERR_NOT_FOUND, false, NULL},
        {"problem processing request", ERR_STATUS, true,
                "Railway says “Problem processing request”: too much at once, or a window "
                "beyond its retention"},
        {"exceeds maximum", ERR_PROTO, false, NULL},
        {"GRAPHQL_PARSE_FAILED", ERR_PROTO, false, NULL},
        {"GRAPHQL_VALIDATION_FAILED", ERR_PROTO, false, NULL},
        {"cannot query field", ERR_PROTO, false, NULL},
        {"unknown argument", ERR_PROTO, false, NULL},
        {"BAD_USER_INPUT", ERR_INPUT, false, NULL},
};

static const struct meaning *meaning_of(const char *message, const char *code)
{
	for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++)
		if (has(message, meanings[i].word) || str_eq(code, meanings[i].word))
			return &meanings[i];
	return NULL;
}

static bool denied(const char *message, int status)
{
	return status == 401 || has(message, "not authorized") || has(message, "unauthorized") ||
	       has(message, "unauthenticated");
}

static bool explain(struct arena *a, const struct http_response *r, const json *error,
        int64_t now_ms, struct railway_reply *out, struct err *e)
{
	const char *message = json_str(error, ".message", "");
	const char *code = json_str(error, ".extensions.code", "");
	const char *trace = trace_of(error);
	const struct meaning *m = meaning_of(message, code);
	const char *quote = str_clean(a, message, strlen(message), MAX_QUOTE);

	if (r->status == 429 || has(message, "rate limit") || has(message, "too many requests") ||
	        has(message, "try again in "))
		return limited(r, message, now_ms, e);
	out->graphql = true;
	if (denied(message, r->status)) {
		out->denied = true;
		err_set(e, ERR_FORBIDDEN, false, "Railway says “%s”", quote);
	} else if (m && m->said) {
		err_set(e, m->code, m->retryable, "%s", m->said);
	} else if (m && m->code == ERR_PROTO) {
		err_set(e, m->code, m->retryable,
		        "Railway does not take our query: “%s”. Its API has changed: update Heal",
		        quote);
	} else if (m) {
		err_set(e, m->code, m->retryable, "Railway says “%s”", quote);
	} else if (r->status == 400) {
		err_set(e, ERR_PROTO, false, "Railway rejects the request: “%s”", quote);
	} else {
		err_set(e, ERR_STATUS, true, "Railway failed: “%s”%s%s",
		        quote[0] ? quote : "no reason given", code[0] ? ", " : "",
		        str_clean(a, code, strlen(code), 40));
	}
	if (e && trace && strlen(e->msg) + 60 < sizeof(e->msg)) {
		size_t n = strlen(e->msg);

		snprintf(e->msg + n, sizeof(e->msg) - n, " (trace %s)",
		        str_clean(a, trace, strlen(trace), 40));
	}
	return false;
}

bool railway_reply(struct arena *a, const struct http_response *r, int64_t now_ms,
        struct railway_reply *out, struct err *e)
{
	const json *body, *errors, *data;

	memset(out, 0, sizeof(*out));
	body = json_parse(a, r->body, r->len, NULL);
	if (!json_is_obj(body))
		return edge(r, now_ms, e);
	errors = json_get(body, ".errors");
	data = json_get(body, ".data");
	out->data = json_is_obj(data) ? data : NULL;
	if (json_len(errors) > 0) {
		out->nested = true;
		json_each (it, errors)
			note_root(out, it);
		return explain(a, r, json_first(errors), now_ms, out, e);
	}
	if (r->status < 200 || r->status >= 300)
		return edge(r, now_ms, e);
	if (!out->data)
		return err_set(
		        e, ERR_PROTO, true, "Railway answered without data and without a reason");
	return true;
}
