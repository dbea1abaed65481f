/* llm.c - the LLM peer: who may ask, what is asked, which trouble is scripted. See llm.h. */
#include "sandbox/llm.h"

#include <stdlib.h>
#include <string.h>

#include "tokens.h"

static void *llm_init(struct sb *sb)
{
	struct llm_peer *p = calloc(1, sizeof(*p));

	if (!p)
		abort();
	p->sb = sb;
	return p;
}

static void llm_reset(void *state)
{
	struct llm_peer *p = state;

	p->seen_system = 0;
}

static void llm_exit(void *state)
{
	free(state);
}

/* --- who --- */

static bool good_key(struct llm_peer *p, const char *key)
{
	const char *only = sb_setting(p->sb, "llm_key");

	if (!key || !*key)
		return false;
	return only ? str_eq(key, only) : !str_starts(key, "bad");
}

static bool may_ask(const struct llm_in *in, const struct sb_request *rq, struct sb_response *rs)
{
	const char *version = sb_header(rq, "anthropic-version");
	const char *key = in->api == API_ANTHROPIC ? sb_header(rq, "x-api-key") : sb_bearer(rq);

	if (!good_key(in->peer, key)) {
		llm_error(rs, in->api, 401,
		        in->api == API_ANTHROPIC ? "authentication_error" : "invalid_request_error",
		        in->api == API_ANTHROPIC ? NULL : "invalid_api_key", NULL,
		        key ? "Incorrect API key provided."
		        : in->api == API_ANTHROPIC
		                ? "x-api-key header is required"
		                : "You didn't provide an API key. You need to provide it in an "
		                  "Authorization header using Bearer auth.");
		return false;
	}
	if (in->api == API_ANTHROPIC && !str_eq(version, "2023-06-01") &&
	        !str_eq(version, "2026-10-21")) {
		llm_error(rs, in->api, 400, "invalid_request_error", NULL, NULL,
		        version ? "anthropic-version: not a valid version"
		                : "anthropic-version: header is required");
		return false;
	}
	if (!str_starts(str_or(sb_header(rq, "content-type"), ""), "application/json")) {
		llm_error(rs, in->api, 400, "invalid_request_error", NULL, NULL,
		        "Content-Type must be application/json");
		return false;
	}
	return true;
}

/* --- what --- */

/* A repair turn has the evidence in an earlier message. */
static bool holds_evidence(const char *user)
{
	return strstr(user, "\nEVIDENCE-") != NULL;
}

static void read_openai(struct llm_in *in)
{
	const json *b = in->body;
	struct str system = str_new(in->a);

	json_each (m, json_get(b, ".messages")) {
		const char *role = json_str(m, ".role", "");
		const char *text = llm_content(in->a, json_get(m, ".content"));

		if (str_eq(role, "system") || str_eq(role, "developer"))
			str_add(&system, text);
		else if (str_eq(role, "user") && !holds_evidence(in->user))
			in->user = text;
	}
	in->system = system.s;
	in->schema = json_get(b, ".response_format.json_schema.schema");
	in->json_only = str_eq(json_str(b, ".response_format.type", ""), "json_object");
	in->stream = json_bool(b, ".stream", false);
	in->stream_usage = json_bool(b, ".stream_options.include_usage", false);
}

static void read_anthropic(struct llm_in *in)
{
	const json *b = in->body;

	in->system = llm_content(in->a, json_get(b, ".system"));
	json_each (m, json_get(b, ".messages")) {
		if (str_eq(json_str(m, ".role", ""), "user") && !holds_evidence(in->user))
			in->user = llm_content(in->a, json_get(m, ".content"));
	}
	in->schema = json_get(b, ".output_config.format.schema");
	in->forced_tool = str_eq(json_str(b, ".tool_choice.type", ""), "tool");
	if (in->forced_tool)
		in->schema = json_get(b, ".tools[0].input_schema");
}

static void fill_all(json *o, const json *schema);

/* The smallest value that fits a schema: for questions that are neither diagnosis nor agent. */
static void fill(json *to, const char *key, const json *s)
{
	const char *type = json_str(s, ".type", json_str(s, ".type[0]", "null"));

	if (json_has(s, ".enum"))
		json_set(to, key, json_get(s, ".enum[0]"));
	else if (str_eq(type, "boolean"))
		json_set_bool(to, key, true);
	else if (str_eq(type, "string"))
		json_set_str(to, key, "ok");
	else if (str_eq(type, "number") || str_eq(type, "integer"))
		json_set_int(to, key, 1);
	else if (str_eq(type, "array"))
		json_set_arr(to, key);
	else if (!str_eq(type, "object"))
		json_set_null(to, key);
	else
		fill_all(json_set_obj(to, key), s);
}

static void fill_all(json *o, const json *schema)
{
	json_each (p, json_get(schema, ".properties")) {
		fill(o, json_key(p), p);
	}
}

static const json *smallest(struct arena *a, const json *schema)
{
	json *o = json_obj(a);

	fill_all(o, schema);
	return o;
}

/* A schema that stands in words at the end of the system prompt. */
static const json *schema_in_words(const struct llm_in *in)
{
	const char *at = strstr(in->system, "\n{\"type\":\"object\"");

	return at ? json_parse(in->a, at + 1, strlen(at + 1), NULL) : NULL;
}

static void answer(struct llm_in *in, struct llm_out *out, const char **kind)
{
	const json *schema = in->schema ? in->schema : schema_in_words(in);
	const char *fault;

	*kind = "agent";
	if (in->api == API_OPENAI && llm_agent(in, out))
		return;
	out->value = llm_second(in->a, in, schema, kind);
	if (out->value)
		return;
	*kind = "diagnosis";
	in->fault = strstr(in->user, "\nEVIDENCE-")
	                    ? sb_fault(in->peer->sb, "llm", "answer diagnosis")
	                    : NULL;
	fault = json_str(in->fault, ".name", "");
	out->value = llm_diagnose(in->a, in, fault);
	if (out->value)
		return;
	*kind = "other";
	in->fault = sb_fault(in->peer->sb, "llm", "answer other");
	if (schema)
		out->value = smallest(in->a, schema);
	else
		out->text = "Sandbox";
}

/* --- the answer --- */

struct late {
	struct llm_in *in;
	struct llm_out *out;
};

static void send_late(struct sb_response *rs, void *arg)
{
	struct late *l = arg;

	llm_reply_send(l->in, l->out, rs);
}

static void record(const struct llm_in *in, const char *kind, const char *fault)
{
	json *o = json_obj(in->a);

	json_set_str(o, "answer", kind);
	json_set_str(o, "api", in->api == API_OPENAI ? "openai" : "anthropic");
	json_set_str(o, "model", in->model);
	json_set_str(o, "mode",
	        in->forced_tool ? "tool"
	        : in->schema    ? "schema"
	        : in->json_only ? "object"
	                        : "text");
	json_set_int(o, "tokens", in->tokens);
	json_set_str(o, "fault", *fault ? fault : NULL);
	sb_record(in->peer->sb, "llm", "answer", o);
}

static void serve(struct llm_in *in, struct sb_response *rs)
{
	struct llm_out *out = ARENA_NEW(in->a, struct llm_out);
	struct late *late = ARENA_NEW(in->a, struct late);
	const char *kind, *fault;

	out->text = "";
	answer(in, out, &kind);
	fault = arena_strdup(in->a, json_str(in->fault, ".name", ""));
	record(in, kind, fault);
	if (llm_refuse(in, fault, rs))
		return;
	llm_spoil(in, out, fault);
	if (!str_eq(fault, "slow")) {
		llm_reply_send(in, out, rs);
		return;
	}
	*late = (struct late){in, out};
	sb_later(rs, (uint32_t)json_int(in->fault, ".value", 1000), send_late, late);
}

/* --- the routes --- */

static bool fits_context(const struct llm_in *in, struct sb_response *rs)
{
	if (!str_starts(in->model, "small") || in->tokens <= 2000)
		return true;
	llm_refuse(in, "too_long", rs);
	return false;
}

static void ask(struct llm_in *in, const struct sb_request *rq, struct sb_response *rs)
{
	const char *wrong, *param = NULL, *code = NULL;

	in->body = sb_json(rq, NULL);
	if (!may_ask(in, rq, rs))
		return;
	if (!json_is_obj(in->body))
		wrong = "We could not parse the JSON body of your request.";
	else if (in->api == API_OPENAI)
		wrong = llm_check_openai(in->a, in->body, &param, &code);
	else
		wrong = llm_check_anthropic(in->a, in->body);
	if (wrong) {
		llm_error(rs, in->api, 400, "invalid_request_error", code, param, wrong);
		return;
	}
	in->model = json_str(in->body, ".model", "");
	if (str_starts(in->model, "unknown")) {
		llm_error(rs, in->api, 404,
		        in->api == API_OPENAI ? "invalid_request_error" : "not_found_error",
		        in->api == API_OPENAI ? "model_not_found" : NULL, NULL,
		        arena_printf(in->a, "The model `%s` does not exist.", in->model));
		return;
	}
	in->user = in->system = "";
	if (in->api == API_OPENAI)
		read_openai(in);
	else
		read_anthropic(in);
	in->tokens = (int64_t)tokens_estimate(rq->body, rq->len);
	if (fits_context(in, rs))
		serve(in, rs);
}

static void llm_handle(void *state, const struct sb_request *rq, struct sb_response *rs)
{
	struct llm_in *in = ARENA_NEW(rq->a, struct llm_in);

	in->peer = state;
	in->a = rq->a;
	if (str_eq(rq->path, "/v1/models") && str_eq(rq->method, "GET")) {
		sb_sendf(rs, 200, "application/json",
		        "{\"object\":\"list\",\"data\":[{\"id\":\"sandbox\",\"object\":\"model\"}]}");
		return;
	}
	in->api = str_eq(rq->path, "/v1/messages") ? API_ANTHROPIC : API_OPENAI;
	if (!str_eq(rq->method, "POST") ||
	        (in->api == API_OPENAI && !str_eq(rq->path, "/v1/chat/completions"))) {
		llm_error(rs, in->api, 404, "invalid_request_error", "unknown_url", NULL,
		        arena_printf(rq->a, "Invalid URL (%s %s)", rq->method, rq->path));
		return;
	}
	ask(in, rq, rs);
}

const struct peer peer_llm = {
        .name = "llm",
        .init = llm_init,
        .handle = llm_handle,
        .reset = llm_reset,
        .exit = llm_exit,
};
