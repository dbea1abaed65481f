/*
 * llm_errors.c - what a failure means and what to do about it, as one sentence for a person.
 *
 * Both APIs put {"error":{"type","message",…}} into the body; OpenAI adds `code` and `param`,
 * OpenRouter a number as `code` (also inside HTTP 200), Anthropic `details.error_code`. Servers
 * disagree about the status of the same thing, so words are looked at before numbers.
 */
#include <stdlib.h>
#include <string.h>

#include "clients/llm_i.h"
#include "str.h"

enum { QUOTE_BYTES = 140, DEFAULT_LIMIT_MS = 20000, SLOW_DOWN_MS = 60000 };

/* The error of an answer, in words that can be searched. */
struct said {
	const char *message; /* clean and cut, for people */
	const char *all;     /* type, code and message with blanks between */
	const char *param;
};

static bool has(const char *text, const char *word)
{
	return strcasestr(text, word) != NULL;
}

static bool has_any(const char *text, const char *const *words)
{
	for (; *words; words++) {
		if (has(text, *words))
			return true;
	}
	return false;
}

static const char *quote(struct arena *a, const struct llm *l, const char *message)
{
	if (l->c.key && strlen(l->c.key) >= 8 && strstr(message, l->c.key))
		return "no details";
	message = str_clean(a, message, strcspn(message, "\r\n"), QUOTE_BYTES);
	return str_or(message, "no details");
}

static struct said said_of(struct arena *a, const struct llm *l, const struct http_response *r)
{
	const json *j = json_parse(a, r->body, r->len, NULL);
	const char *message = json_str(j, ".error.message", "");
	struct said s = {.param = json_str(j, ".error.param", "")};

	if (!*message)
		message =
		        json_str(j, ".error", json_str(j, ".message", json_str(j, ".detail", "")));
	if (!*message && !j)
		message = str_clean(a, r->body, r->len < 400 ? r->len : 400, 0);
	s.all = arena_printf(a, "%s %s %s %s", json_str(j, ".error.type", ""),
	        json_str(j, ".error.code", ""), json_str(j, ".error.details.error_code", ""),
	        message);
	s.message = quote(a, l, message);
	return s;
}

static const char *const quota_words[] = {"insufficient_quota", "credit_balance", "credit balance",
        "billing", "spend_limit", "spend limit", "spending limit", "usage limit", "usage_limit",
        "exceeded your current quota", "insufficient credits", "insufficient balance", NULL};

static const char *const too_long_words[] = {"context_length_exceeded", "prompt is too long",
        "maximum context length", "context window", "context length", "too many input tokens",
        "exceeds the available context", "request_too_large", "string_above_max_length", NULL};

static const char *const format_words[] = {"response_format", "json_schema", "json_object",
        "output_config", "output_format", "json_validate_failed", "invalid schema",
        "structured output", "tool_choice", "tools", "grammar", NULL};

static bool refuses_field(const struct said *s)
{
	bool named = has(s->all, "max_tokens") || has(s->all, "max_completion_tokens") ||
	             has(s->param, "max_tokens") || has(s->param, "max_completion_tokens");

	return named && (has(s->all, "unsupported") || has(s->all, "not supported") ||
	                        has(s->all, "unrecognized") || has(s->all, "unknown") ||
	                        has(s->all, "extra") || has(s->all, "not permitted") ||
	                        has(s->all, "use '") || has(s->all, "required"));
}

static bool too_long(const struct llm_call *c, struct llm_fault *out, struct err *e)
{
	out->end = LLM_END_TOO_LONG;
	return err_set(e, ERR_PROTO, false,
	        "the evidence does not fit into the context of %s: lower [llm] context_tokens",
	        c->model);
}

/* 400 and its relatives: our request, or money, or something this server cannot do. */
static bool bad_request(const struct llm *l, const struct llm_call *c, const struct said *s,
        struct llm_fault *out, struct err *e)
{
	if (has_any(s->all, too_long_words))
		return too_long(c, out, e);
	out->refuses_field = refuses_field(s);
	out->refuses_rung = !out->refuses_field && c->rung != RUNG_TEXT &&
	                    (has_any(s->all, format_words) || has(s->param, "response_format"));
	if (has(s->all, "content_filter") || has(s->all, "content management policy")) {
		out->end = LLM_END_FILTERED;
		return err_set(e, ERR_PROTO, false,
		        "%s refused the question by its content filter: no plan for this incident",
		        l->host);
	}
	return err_set(e, ERR_CONFIG, false,
	        "%s does not accept the request for model %s (%s): check [llm] provider, model and "
	        "base_url",
	        l->host, c->model, s->message);
}

static bool quota(const struct llm *l, const struct said *s, struct err *e)
{
	return err_set(e, ERR_QUOTA, false,
	        "the credit or spending limit at %s is used up (%s): top it up or raise the limit there",
	        l->host, s->message);
}

static uint32_t wait_of(const struct http_response *r, uint32_t usual)
{
	const char *ms = http_header(r, "retry-after-ms");
	int64_t v =
	        ms && *ms >= '0' && *ms <= '9' ? (int64_t)strtoll(ms, NULL, 10) : r->retry_after_ms;

	if (v < 0)
		return usual;
	return v > 3600000 ? 3600000 : (uint32_t)v;
}

static bool limited(
        const struct llm *l, const struct said *s, const struct http_response *r, struct err *e)
{
	uint32_t usual = has(s->all, "slow_down") ? SLOW_DOWN_MS : DEFAULT_LIMIT_MS;

	err_set(e, ERR_LIMITED, true, "%s limits our rate (%s)", l->host, s->message);
	if (e)
		e->retry_ms = wait_of(r, usual);
	return false;
}

static bool trouble(const struct llm *l, const struct said *s, const struct http_response *r,
        int status, struct err *e)
{
	const char *should = http_header(r, "x-should-retry");

	err_set(e, ERR_STATUS, !should || !str_ieq(should, "false"), "%s %s (HTTP %d: %s)", l->host,
	        status == 529 || has(s->all, "overloaded") ? "is overloaded" : "has a problem",
	        status, s->message);
	if (e)
		e->retry_ms = wait_of(r, 0);
	return false;
}

static bool forbidden(const struct llm *l, const struct llm_call *c, const struct said *s,
        struct llm_fault *out, struct err *e)
{
	if (has(s->all, "moderation") || has(s->all, "flagged")) {
		out->end = LLM_END_FILTERED;
		return err_set(e, ERR_PROTO, false,
		        "the moderation of %s refused the question: no plan for this incident",
		        l->host);
	}
	return err_set(e, ERR_FORBIDDEN, false,
	        "%s does not let this key use model %s (%s): give the key access, or set [llm] model",
	        l->host, c->model, s->message);
}

bool llm_fault_of(struct arena *a, const struct llm *l, const struct llm_call *c,
        const struct http_response *r, int status, struct llm_fault *out, struct err *e)
{
	struct said s = said_of(a, l, r);

	*out = (struct llm_fault){.end = LLM_END_ERROR};
	if (status == 402 ||
	        ((status == 400 || status == 403 || status == 429) && has_any(s.all, quota_words)))
		return quota(l, &s, e);
	if (status == 401)
		return err_set(e, ERR_AUTH, false, "%s refuses the key: set %s to a valid one",
		        l->host, l->wire->key_name);
	if (status == 403)
		return forbidden(l, c, &s, out, e);
	if (status == 404)
		return err_set(e, ERR_NOT_FOUND, false,
		        "%s knows no model %s, or not this address (%s): check [llm] model and base_url",
		        l->host, c->model, s.message);
	if (status == 413)
		return too_long(c, out, e);
	if (status == 429)
		return limited(l, &s, r, e);
	if (status == 408 || status == 409 || status >= 500)
		return trouble(l, &s, r, status, e);
	return bad_request(l, c, &s, out, e);
}
