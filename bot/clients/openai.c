/* openai.c - POST {base}/chat/completions, as OpenAI and its compatible servers speak it. */
#include "clients/llm_i.h"
#include "str.h"

static void add_message(json *messages, const char *role, const char *content)
{
	json *m = json_add_obj(messages);

	json_set_str(m, "role", role);
	json_set_str(m, "content", content);
}

static void set_format(json *body, const struct llm_call *c)
{
	json *f, *s;

	if (c->rung == RUNG_TEXT)
		return;
	f = json_set_obj(body, "response_format");
	json_set_str(f, "type", c->rung == RUNG_SCHEMA ? "json_schema" : "json_object");
	if (c->rung != RUNG_SCHEMA)
		return;
	s = json_set_obj(f, "json_schema");
	json_set_str(s, "name", c->r->schema_name);
	json_set_bool(s, "strict", true);
	json_set(s, "schema", c->strict);
}

/* `system`, not `developer`: compatible servers do not know that role. No sampling fields:
 * reasoning models refuse them. */
static json *openai_body(struct arena *a, const struct llm_call *c)
{
	json *b = json_obj(a), *m;

	json_set_str(b, "model", c->model);
	m = json_set_arr(b, "messages");
	add_message(m, "system", llm_system_text(a, c));
	add_message(m, "user", c->r->user);
	if (c->wrong) {
		add_message(m, "assistant", c->answered);
		add_message(m, "user", llm_repair_text(a, c));
	}
	set_format(b, c);
	/* Requests with the same key go to the same cache: one per kind of question. */
	if (c->cache)
		json_set_str(b, "prompt_cache_key", arena_printf(a, "heal-%s", c->r->schema_name));
	json_set_int(b, c->field == FIELD_MAX_TOKENS ? "max_tokens" : "max_completion_tokens",
	        c->max_tokens);
	return b;
}

static const struct http_header *openai_headers(struct arena *a, const struct llm *l)
{
	struct http_header *h = ARENA_ARRAY(a, 2, struct http_header);

	if (l->c.key)
		h[0] = (struct http_header){
		        "Authorization", arena_printf(a, "Bearer %s", l->c.key)};
	return h;
}

static enum llm_end end_of(const char *finish)
{
	if (str_eq(finish, "stop"))
		return LLM_END_OK;
	if (str_eq(finish, "length"))
		return LLM_END_CUT;
	if (str_eq(finish, "content_filter"))
		return LLM_END_FILTERED;
	return LLM_END_SHAPE;
}

/* prompt_tokens includes the cached ones; reasoning is inside completion_tokens. */
static void read_usage(const json *j, struct llm_reply *out)
{
	out->in = json_int(j, ".usage.prompt_tokens", -1);
	out->out = json_int(j, ".usage.completion_tokens", -1);
	out->cached = json_int(j, ".usage.prompt_tokens_details.cached_tokens", -1);
	out->cache_write = json_int(j, ".usage.prompt_tokens_details.cache_write_tokens", -1);
	out->reasoning = json_int(j, ".usage.completion_tokens_details.reasoning_tokens", -1);
	out->cost_usd = json_num(j, ".usage.cost", -1); /* OpenRouter */
}

static bool openai_read(struct arena *a, const json *j, struct llm_reply *out, struct err *e)
{
	const json *choice = json_get(j, ".choices[0]");
	const char *refusal = json_str(choice, ".message.refusal", "");

	(void)a;
	out->model = json_str(j, ".model", "");
	out->id = json_str(j, ".id", "");
	read_usage(j, out);
	if (!json_is_obj(json_get(choice, ".message")))
		return err_set(e, ERR_PROTO, true, "the answer of the model has no choices");
	out->text = json_str(choice, ".message.content", "");
	out->end = end_of(json_str(choice, ".finish_reason", ""));
	if (*refusal) {
		out->end = LLM_END_REFUSED;
		out->why = refusal;
	}
	return true;
}

const struct llm_wire llm_openai = {
        .body = openai_body,
        .headers = openai_headers,
        .read = openai_read,
        .key_name = "OPENAI_API_KEY",
};
