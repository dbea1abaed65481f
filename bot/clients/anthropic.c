/* anthropic.c - POST {base}/v1/messages. */
#include "clients/llm_i.h"
#include "str.h"

static void add_message(json *messages, const char *role, const char *content)
{
	json *m = json_add_obj(messages);

	json_set_str(m, "role", role);
	json_set_str(m, "content", content);
}

static void set_format(json *b, const struct llm_call *c)
{
	json *f, *t;

	if (c->rung == RUNG_SCHEMA) {
		f = json_set_obj(json_set_obj(b, "output_config"), "format");
		json_set_str(f, "type", "json_schema");
		json_set(f, "schema", c->strict);
	}
	if (c->rung != RUNG_OBJECT)
		return;
	t = json_add_obj(json_set_arr(b, "tools"));
	json_set_str(t, "name", c->r->schema_name);
	json_set_str(t, "description", "Hand in the answer.");
	json_set_bool(t, "strict", true);
	json_set(t, "input_schema", c->strict);
	t = json_set_obj(b, "tool_choice");
	json_set_str(t, "type", "tool");
	json_set_str(t, "name", c->r->schema_name);
	json_set_bool(t, "disable_parallel_tool_use", true);
}

/* The rules are the same for every incident: all up to the mark may be read from the cache. */
static void set_system(json *b, struct arena *a, const struct llm_call *c)
{
	json *part;

	if (!c->cache) {
		json_set_str(b, "system", llm_system_text(a, c));
		return;
	}
	part = json_add_obj(json_set_arr(b, "system"));
	json_set_str(part, "type", "text");
	json_set_str(part, "text", llm_system_text(a, c));
	json_set_str(json_set_obj(part, "cache_control"), "type", "ephemeral");
}

/* No sampling fields, no assistant prefill: newer versions answer both with 400. */
static json *anthropic_body(struct arena *a, const struct llm_call *c)
{
	json *b = json_obj(a), *m;

	json_set_str(b, "model", c->model);
	json_set_int(b, "max_tokens", c->max_tokens);
	set_system(b, a, c);
	m = json_set_arr(b, "messages");
	add_message(m, "user", c->r->user);
	if (c->wrong) {
		add_message(m, "assistant", c->answered);
		add_message(m, "user", llm_repair_text(a, c));
	}
	set_format(b, c);
	return b;
}

/* Compatible servers take the key in one of two places; both get the same key, so nothing more is
 * shown to anybody. Anthropic itself gets its own header only. */
static const struct http_header *anthropic_headers(struct arena *a, const struct llm *l)
{
	struct http_header *h = ARENA_ARRAY(a, 4, struct http_header);
	size_t n = 0;

	h[n++] = (struct http_header){"anthropic-version", l->c.anthropic_version};
	if (l->c.key) {
		h[n++] = (struct http_header){"x-api-key", l->c.key};
		if (!l->own_host)
			h[n++] = (struct http_header){
			        "Authorization", arena_printf(a, "Bearer %s", l->c.key)};
	}
	return h;
}

static enum llm_end end_of(const char *reason)
{
	if (str_eq(reason, "end_turn") || str_eq(reason, "tool_use") ||
	        str_eq(reason, "stop_sequence"))
		return LLM_END_OK;
	if (str_eq(reason, "max_tokens"))
		return LLM_END_CUT;
	if (str_eq(reason, "refusal"))
		return LLM_END_REFUSED;
	if (str_eq(reason, "model_context_window_exceeded"))
		return LLM_END_TOO_LONG;
	return LLM_END_SHAPE;
}

/* input_tokens excludes the cached ones here: the reverse of OpenAI. */
static void read_usage(const json *j, struct llm_reply *out)
{
	int64_t in = json_int(j, ".usage.input_tokens", -1);

	out->cached = json_int(j, ".usage.cache_read_input_tokens", -1);
	out->cache_write = json_int(j, ".usage.cache_creation_input_tokens", -1);
	out->out = json_int(j, ".usage.output_tokens", -1);
	out->reasoning = json_int(j, ".usage.output_tokens_details.thinking_tokens", -1);
	out->cost_usd = -1;
	out->in = in < 0 ? -1
	                 : in + (out->cached > 0 ? out->cached : 0) +
	                           (out->cache_write > 0 ? out->cache_write : 0);
}

static bool anthropic_read(struct arena *a, const json *j, struct llm_reply *out, struct err *e)
{
	struct str text = str_new(a);

	out->model = json_str(j, ".model", "");
	out->id = json_str(j, ".id", "");
	read_usage(j, out);
	if (!json_is_arr(json_get(j, ".content")))
		return err_set(e, ERR_PROTO, true, "the answer of the model has no content");
	json_each (block, json_get(j, ".content")) {
		const char *type = json_str(block, ".type", "");

		if (str_eq(type, "text"))
			str_add(&text, json_str(block, ".text", ""));
		if (str_eq(type, "tool_use") && !out->value)
			out->value = json_get(block, ".input");
	}
	out->text = text.s;
	out->end = end_of(json_str(j, ".stop_reason", ""));
	out->why = json_str(j, ".stop_details.category", json_str(j, ".stop_details.type", ""));
	return true;
}

const struct llm_wire llm_anthropic = {
        .body = anthropic_body,
        .headers = anthropic_headers,
        .read = anthropic_read,
        .key_name = "ANTHROPIC_API_KEY",
};
