/* llm_wire.c - answers as the two APIs put them on the wire, whole or as server-sent events. */
#include <string.h>

#include "sandbox/llm.h"
#include "tokens.h"

const char *llm_content(struct arena *a, const json *content)
{
	struct str b = str_new(a);

	if (json_is_str(content))
		return json_str(content, "", "");
	json_each (part, content) {
		str_addf(&b, "%s%s", b.len ? "\n" : "",
		        json_str(part, ".text", json_str(part, ".content", "")));
	}
	return b.s;
}

void llm_error(struct sb_response *rs, enum llm_api api, int status, const char *type,
        const char *code, const char *param, const char *message)
{
	struct arena *a = sb_arena(rs);
	json *o = json_obj(a), *e;

	if (api == API_ANTHROPIC) {
		json_set_str(o, "type", "error");
		json_set_str(o, "request_id", "req_sandbox");
		sb_set_header(rs, "request-id", "req_sandbox");
	}
	e = json_set_obj(o, "error");
	json_set_str(e, "message", message);
	json_set_str(e, "type", type);
	if (api == API_OPENAI) {
		json_set_str(e, "param", param);
		json_set_str(e, "code", code);
		sb_set_header(rs, "x-request-id", "req_sandbox");
	} else if (code) {
		json_set_str(json_set_obj(e, "details"), "error_code", code);
	}
	sb_send_json(rs, status, o);
}

static int64_t count(const char *s)
{
	return (int64_t)tokens_estimate(s, strlen(s));
}

static int64_t cached_of(const struct llm_in *in)
{
	uint64_t h = str_hash(in->system, strlen(in->system));
	bool again = in->peer->seen_system == h;

	in->peer->seen_system = h;
	return again && count(in->system) >= 1024 ? count(in->system) / 128 * 128 : 0;
}

/* The answer's text: a value is printed, and wrapped where nothing but text was promised. */
static const char *text_of(const struct llm_in *in, const struct llm_out *o)
{
	const char *printed;

	if (!o->value || in->forced_tool)
		return o->text;
	printed = json_print(in->a, o->value);
	if (in->schema || in->json_only)
		return printed;
	return arena_printf(in->a,
	        "Here is what I found.\n\n```json\n%s\n```\n\nLet me know if you need more.",
	        printed);
}

static int64_t out_tokens(const struct llm_in *in, const struct llm_out *o)
{
	int64_t n = count(text_of(in, o)) + 4;

	if (o->value && in->forced_tool)
		n += count(json_print(in->a, o->value));
	if (o->call.name)
		n += count(json_print(in->a, o->call.args));
	return n;
}

/* --- OpenAI --- */

static void openai_usage(json *to, const struct llm_in *in, const struct llm_out *o)
{
	json *u = json_set_obj(to, "usage");
	int64_t out = out_tokens(in, o);

	json_set_int(u, "prompt_tokens", in->tokens);
	json_set_int(u, "completion_tokens", out);
	json_set_int(u, "total_tokens", in->tokens + out);
	json_set_int(json_set_obj(u, "prompt_tokens_details"), "cached_tokens", cached_of(in));
	json_set_int(json_set_obj(u, "completion_tokens_details"), "reasoning_tokens", 0);
}

static const char *finish_of(const struct llm_out *o)
{
	if (o->finish)
		return o->finish;
	return o->call.name ? "tool_calls" : "stop";
}

static json *openai_frame(const struct llm_in *in, const char *object, int64_t id)
{
	json *j = json_obj(in->a);

	json_set_str(j, "id", arena_printf(in->a, "chatcmpl-%lld", (long long)id));
	json_set_str(j, "object", object);
	json_set_int(j, "created", sb_now_ms(in->peer->sb) / 1000);
	json_set_str(j, "model", in->model);
	return j;
}

static void set_call(
        json *to, const struct llm_in *in, const struct llm_out *o, int64_t id, const char *args)
{
	json *f;

	json_set_str(to, "id", arena_printf(in->a, "call_%lld", (long long)id));
	json_set_str(to, "type", "function");
	f = json_set_obj(to, "function");
	json_set_str(f, "name", o->call.name);
	json_set_str(f, "arguments", args);
}

static void openai_whole(const struct llm_in *in, const struct llm_out *o, struct sb_response *rs)
{
	int64_t id = sb_next(in->peer->sb);
	json *j = openai_frame(in, "chat.completion", id);
	json *c = json_add_obj(json_set_arr(j, "choices")), *m;
	const char *text = text_of(in, o);

	json_set_int(c, "index", 0);
	m = json_set_obj(c, "message");
	json_set_str(m, "role", "assistant");
	json_set_str(m, "content", *text ? text : NULL);
	json_set_str(m, "refusal", o->refusal);
	if (o->call.name)
		set_call(json_add_obj(json_set_arr(m, "tool_calls")), in, o, id,
		        json_print(in->a, o->call.args));
	json_set_str(c, "finish_reason", finish_of(o));
	if (!o->no_usage)
		openai_usage(j, in, o);
	sb_set_header(rs, "x-request-id", arena_printf(in->a, "req_%lld", (long long)id));
	sb_send_json(rs, 200, j);
}

static json *chunk(const struct llm_in *in, int64_t id, json **delta, json **choice)
{
	json *j = openai_frame(in, "chat.completion.chunk", id);
	json *c = json_add_obj(json_set_arr(j, "choices"));

	json_set_int(c, "index", 0);
	*delta = json_set_obj(c, "delta");
	json_set_null(c, "finish_reason");
	if (choice)
		*choice = c;
	return j;
}

static void event(struct sb_response *rs, const char *data)
{
	sb_stream_str(rs, "data: ");
	sb_stream_str(rs, data);
	sb_stream_str(rs, "\n\n");
}

/* A tool's arguments come in two pieces, as from the real ones. */
static void stream_call(
        const struct llm_in *in, const struct llm_out *o, int64_t id, struct sb_response *rs)
{
	const char *args = json_print(in->a, o->call.args);
	size_t half = strlen(args) / 2;
	json *d, *j, *t;

	while (half > 0 && ((unsigned char)args[half] & 0xc0) == 0x80)
		half--;
	j = chunk(in, id, &d, NULL);
	t = json_add_obj(json_set_arr(d, "tool_calls"));
	json_set_int(t, "index", 0);
	set_call(t, in, o, id, arena_strndup(in->a, args, half));
	event(rs, json_print(in->a, j));
	j = chunk(in, id, &d, NULL);
	t = json_add_obj(json_set_arr(d, "tool_calls"));
	json_set_int(t, "index", 0);
	json_set_str(json_set_obj(t, "function"), "arguments", args + half);
	event(rs, json_print(in->a, j));
}

static void openai_stream(const struct llm_in *in, const struct llm_out *o, struct sb_response *rs)
{
	int64_t id = sb_next(in->peer->sb);
	const char *text = text_of(in, o);
	json *d, *c, *j = chunk(in, id, &d, NULL);

	sb_stream_begin(rs, 200, "text/event-stream");
	json_set_str(d, "role", "assistant");
	json_set_str(d, "content", "");
	event(rs, json_print(in->a, j));
	for (const char *s = text; *s;) {
		size_t n = strcspn(s, " \n");

		n += strspn(s + n, " \n");
		j = chunk(in, id, &d, NULL);
		json_set_str(d, "content", arena_strndup(in->a, s, n));
		event(rs, json_print(in->a, j));
		s += n;
	}
	if (o->call.name)
		stream_call(in, o, id, rs);
	j = chunk(in, id, &d, &c);
	json_set_str(c, "finish_reason", finish_of(o));
	event(rs, json_print(in->a, j));
	if (in->stream_usage && !o->no_usage) {
		j = openai_frame(in, "chat.completion.chunk", id);
		json_set_arr(j, "choices");
		openai_usage(j, in, o);
		event(rs, json_print(in->a, j));
	}
	event(rs, "[DONE]");
	sb_stream_end(rs);
}

/* --- Anthropic --- */

static const char *stop_of(const struct llm_in *in, const struct llm_out *o)
{
	if (o->refusal)
		return "refusal";
	if (str_eq(o->finish, "length"))
		return "max_tokens";
	if (str_eq(o->finish, "content_filter"))
		return "refusal";
	return in->forced_tool && o->value ? "tool_use" : "end_turn";
}

static void anthropic_send(const struct llm_in *in, const struct llm_out *o, struct sb_response *rs)
{
	int64_t id = sb_next(in->peer->sb), cached = cached_of(in);
	json *j = json_obj(in->a), *content, *block, *u;
	const char *text = text_of(in, o);

	json_set_str(j, "id", arena_printf(in->a, "msg_%lld", (long long)id));
	json_set_str(j, "type", "message");
	json_set_str(j, "role", "assistant");
	json_set_str(j, "model", in->model);
	content = json_set_arr(j, "content");
	if (*text) {
		block = json_add_obj(content);
		json_set_str(block, "type", "text");
		json_set_str(block, "text", text);
	}
	if (in->forced_tool && o->value) {
		block = json_add_obj(content);
		json_set_str(block, "type", "tool_use");
		json_set_str(block, "id", arena_printf(in->a, "toolu_%lld", (long long)id));
		json_set_str(block, "name", json_str(in->body, ".tool_choice.name", "answer"));
		json_set(block, "input", o->value);
	}
	json_set_str(j, "stop_reason", stop_of(in, o));
	if (o->refusal)
		json_set_str(json_set_obj(j, "stop_details"), "category", "cyber");
	if (!o->no_usage) {
		u = json_set_obj(j, "usage");
		json_set_int(u, "input_tokens", in->tokens - cached);
		json_set_int(u, "cache_creation_input_tokens", 0);
		json_set_int(u, "cache_read_input_tokens", cached);
		json_set_int(u, "output_tokens", out_tokens(in, o));
	}
	sb_set_header(rs, "request-id", arena_printf(in->a, "req_%lld", (long long)id));
	sb_send_json(rs, 200, j);
}

void llm_reply_send(const struct llm_in *in, const struct llm_out *out, struct sb_response *rs)
{
	if (in->api == API_ANTHROPIC)
		anthropic_send(in, out, rs);
	else if (in->stream)
		openai_stream(in, out, rs);
	else
		openai_whole(in, out, rs);
}
