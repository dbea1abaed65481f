/* llm_check.c - what the real services refuse: unknown fields, bad roles, schemas that are none. */
#include <string.h>

#include "sandbox/llm.h"

static bool one_of(const char *s, const char *const *words)
{
	for (; *words; words++) {
		if (str_eq(s, *words))
			return true;
	}
	return false;
}

static const char *unknown_member(const json *o, const char *const *known)
{
	json_each (m, o) {
		if (!one_of(json_key(m), known))
			return json_key(m);
	}
	return NULL;
}

/* A strict schema: closed objects, everything required, none of the words that limit. */
static const char *check_schema(struct arena *a, const json *s, int depth)
{
	static const char *const known[] = {"type", "properties", "required",
	        "additionalProperties", "items", "enum", "description", "title", "anyOf", "$ref",
	        "$defs", "const", NULL};
	const char *bad = unknown_member(s, known);
	const char *wrong = NULL;

	if (!json_is_obj(s))
		return "schema must be an object";
	if (depth > 10)
		return "schema is nested deeper than 10 levels";
	if (bad)
		return arena_printf(a, "'%s' is not permitted", bad);
	if (json_has(s, ".properties")) {
		if (!json_has(s, ".additionalProperties") ||
		        json_bool(s, ".additionalProperties", true))
			return "'additionalProperties' is required to be supplied and to be false";
		if (json_len(json_get(s, ".required")) != json_len(json_get(s, ".properties")))
			return "'required' is required to be an array including every key in properties";
	}
	json_each (p, json_get(s, ".properties")) {
		wrong = wrong ? wrong : check_schema(a, p, depth + 1);
	}
	if (!wrong && json_has(s, ".items"))
		wrong = check_schema(a, json_get(s, ".items"), depth + 1);
	return wrong;
}

/* --- OpenAI --- */

static const char *const openai_fields[] = {"model", "messages", "response_format", "max_tokens",
        "max_completion_tokens", "temperature", "top_p", "stream", "stream_options", "tools",
        "tool_choice", "parallel_tool_calls", "n", "stop", "seed", "user", "reasoning_effort",
        "verbosity", "frequency_penalty", "presence_penalty", "logprobs", "top_logprobs",
        "logit_bias", "store", "metadata", "service_tier", "prompt_cache_key", "safety_identifier",
        "modalities", "prediction", NULL};
static const char *const openai_roles[] = {
        "system", "developer", "user", "assistant", "tool", NULL};

static bool has_word_json(const json *messages, struct arena *a)
{
	json_each (m, messages) {
		if (strcasestr(llm_content(a, json_get(m, ".content")), "json"))
			return true;
	}
	return false;
}

static const char *check_message(struct arena *a, const json *m, size_t i)
{
	const char *role = json_str(m, ".role", "");

	if (!one_of(role, openai_roles))
		return arena_printf(a,
		        "Invalid value: '%s'. Supported values are: 'system', 'assistant', 'user', "
		        "'function', 'tool', and 'developer'.",
		        role);
	if (str_eq(role, "tool") && !json_str(m, ".tool_call_id", NULL))
		return arena_printf(a, "Missing parameter 'messages[%zu].tool_call_id'.", i);
	if (str_eq(role, "assistant") && json_has(m, ".tool_calls"))
		return NULL;
	if (!json_is_str(json_get(m, ".content")) && !json_is_arr(json_get(m, ".content")))
		return arena_printf(a,
		        "Invalid value for 'content': expected a string, got null. (messages[%zu])",
		        i);
	return NULL;
}

/* Every tool message answers a call that was made before. */
static const char *check_tool_answers(struct arena *a, const json *messages)
{
	json_each (m, messages) {
		const char *id = json_str(m, ".tool_call_id", NULL);
		bool found = false;

		if (!str_eq(json_str(m, ".role", ""), "tool"))
			continue;
		json_each (before, messages) {
			json_each (c, json_get(before, ".tool_calls")) {
				found = found || str_eq(json_str(c, ".id", ""), id);
			}
		}
		if (!found)
			return arena_printf(a,
			        "messages with role 'tool' must be a response to a preceding message "
			        "with 'tool_calls' (%s)",
			        id);
	}
	return NULL;
}

static const char *check_format(
        struct arena *a, const json *b, const char *model, const char **code)
{
	const json *f = json_get(b, ".response_format");
	const char *type = json_str(f, ".type", ""), *name, *wrong;

	if (!f || str_eq(type, "text"))
		return NULL;
	if (str_starts(model, "bare") ||
	        (str_starts(model, "plain") && str_eq(type, "json_schema")))
		return arena_printf(a, "This model does not support response format `%s`.", type);
	if (str_eq(type, "json_object"))
		return has_word_json(json_get(b, ".messages"), a)
		               ? NULL
		               : "'messages' must contain the word 'json' in some form, to use "
		                 "'response_format' of type 'json_object'.";
	if (!str_eq(type, "json_schema"))
		return arena_printf(a, "Invalid value: '%s'.", type);
	name = json_str(f, ".json_schema.name", "");
	if (!json_is_obj(json_get(f, ".json_schema")) || !*name)
		return "Missing required parameter: 'response_format.json_schema'.";
	if (strlen(name) > 64 ||
	        strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") !=
	                strlen(name))
		return "Invalid 'response_format.json_schema.name'.";
	wrong = check_schema(a, json_get(f, ".json_schema.schema"), 0);
	if (!wrong)
		return NULL;
	*code = "invalid_json_schema";
	return arena_printf(
	        a, "Invalid schema for response_format '%s': In context=(): %s.", name, wrong);
}

static const char *check_reasoning(
        const json *b, const char *model, const char **param, const char **code)
{
	if (!str_starts(model, "gpt-6") && !str_starts(model, "o3"))
		return NULL;
	*code = "unsupported_parameter";
	if (json_has(b, ".max_tokens")) {
		*param = "max_tokens";
		return "Unsupported parameter: 'max_tokens' is not supported with this model. Use "
		       "'max_completion_tokens' instead.";
	}
	if (json_num(b, ".temperature", 1) != 1) {
		*param = "temperature";
		*code = "unsupported_value";
		return "Unsupported value: 'temperature' does not support this value with this model.";
	}
	return NULL;
}

static bool bad_limit(const json *b, const char *path)
{
	return json_has(b, path) && json_int(b, path, 0) < 1;
}

const char *llm_check_openai(struct arena *a, const json *b, const char **param, const char **code)
{
	const json *messages = json_get(b, ".messages");
	const char *model = json_str(b, ".model", ""), *bad = unknown_member(b, openai_fields);
	const char *wrong = NULL;
	size_t i = 0;

	*param = *code = NULL;
	if (!*model)
		return "you must provide a model parameter";
	if (bad)
		return arena_printf(a, "Unrecognized request argument supplied: %s", bad);
	*param = "messages";
	if (!json_is_arr(messages) || json_len(messages) == 0)
		return "Missing required parameter: 'messages'.";
	json_each (m, messages) {
		wrong = wrong ? wrong : check_message(a, m, i++);
	}
	if (!wrong)
		wrong = check_tool_answers(a, messages);
	if (wrong)
		return wrong;
	*param = "max_tokens";
	if (bad_limit(b, ".max_tokens") || bad_limit(b, ".max_completion_tokens"))
		return "Invalid value: expected an integer above 0 for max_tokens.";
	if (json_has(b, ".max_tokens") && json_has(b, ".max_completion_tokens"))
		return "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.";
	wrong = check_reasoning(b, model, param, code);
	if (wrong)
		return wrong;
	*param = "response_format";
	*code = NULL;
	return check_format(a, b, model, code);
}

/* --- Anthropic --- */

static const char *const anthropic_fields[] = {"model", "messages", "max_tokens", "system",
        "metadata", "stop_sequences", "stream", "tools", "tool_choice", "thinking", "output_config",
        "service_tier", "container", "context_management", "mcp_servers", NULL};

static const char *check_turns(struct arena *a, const json *messages)
{
	const char *before = "assistant";
	size_t i = 0;

	json_each (m, messages) {
		const char *role = json_str(m, ".role", "");

		if (!str_eq(role, "user") && !str_eq(role, "assistant"))
			return arena_printf(a,
			        "messages.%zu: role must be \"user\" or \"assistant\", not \"%s\"",
			        i, role);
		if (i == 0 && !str_eq(role, "user"))
			return "messages: first message must use the \"user\" role";
		if (!*llm_content(a, json_get(m, ".content")))
			return arena_printf(
			        a, "messages.%zu: all messages must have non-empty content", i);
		before = role;
		i++;
	}
	return str_eq(before, "user")
	               ? NULL
	               : "This model does not support assistant message prefill. The "
	                 "conversation must end with a user message.";
}

static const char *check_tools(struct arena *a, const json *b)
{
	const char *choice = json_str(b, ".tool_choice.name", NULL), *wrong = NULL;
	bool found = false;

	json_each (t, json_get(b, ".tools")) {
		const char *name = json_str(t, ".name", "");

		if (!*name || !json_is_obj(json_get(t, ".input_schema")))
			return "tools.0: name and input_schema are required";
		if (json_bool(t, ".strict", false) && !wrong)
			wrong = check_schema(a, json_get(t, ".input_schema"), 0);
		found = found || str_eq(name, choice);
	}
	if (wrong)
		return arena_printf(a, "tools.0.input_schema: %s", wrong);
	if (choice && !found)
		return arena_printf(a, "tool_choice: tool \"%s\" is not among tools", choice);
	return NULL;
}

const char *llm_check_anthropic(struct arena *a, const json *b)
{
	const char *bad = unknown_member(b, anthropic_fields), *wrong;
	const char *model = json_str(b, ".model", "");
	const json *format = json_get(b, ".output_config.format");

	if (!*model)
		return "model: Field required";
	if (json_has(b, ".temperature") || json_has(b, ".top_p") || json_has(b, ".top_k"))
		return "`temperature`, `top_p` and `top_k` are not supported by this API version";
	if (bad)
		return arena_printf(a, "%s: Extra inputs are not permitted", bad);
	if (json_int(b, ".max_tokens", 0) < 1)
		return "max_tokens: Field required";
	if (json_len(json_get(b, ".messages")) == 0)
		return "messages: at least one message is required";
	wrong = check_turns(a, json_get(b, ".messages"));
	if (!wrong)
		wrong = check_tools(a, b);
	if (wrong || !format)
		return wrong;
	if (str_starts(model, "plain") || str_starts(model, "bare"))
		return "output_config: this model does not support structured outputs";
	if (!str_eq(json_str(format, ".type", ""), "json_schema"))
		return "output_config.format.type: Input should be 'json_schema'";
	wrong = check_schema(a, json_get(format, ".schema"), 0);
	return wrong ? arena_printf(a, "output_config.format.schema: %s", wrong) : NULL;
}
