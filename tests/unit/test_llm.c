/*
 * test_llm.c - the ladder, the repair turn, every failure's sentence and the bill, against a
 * scripted server on loopback.
 */
#include <pthread.h>

#include "clients/llm_i.h"
#include "clock.h"
#include "json.h"
#include "net/http.h"
#include "str.h"
#include "unit/loopback.h"
#include "unit/unit.h"

static bool near(double a, double b)
{
	return a - b < 1e-9 && b - a < 1e-9;
}

#define MAX_STEPS 8

struct step {
	int status; /* 0: the connection is cut after the request was read */
	const char *headers, *body;
};

struct peer {
	struct step steps[MAX_STEPS];
	size_t n, at;
	char *seen[MAX_STEPS]; /* whole requests */
	struct arena *a;
	struct loopback *lb;
	struct http *http;
	struct llm_shared *shared;
	struct llm *llm;
	pthread_mutex_t lock;
};

static void play(struct lb_conn *c, void *arg)
{
	struct peer *p = arg;

	for (const char *rq; (rq = lb_request(c)) != NULL;) {
		struct step s = {500, "", "script over"};

		pthread_mutex_lock(&p->lock);
		if (p->at < p->n) {
			p->seen[p->at] = strdup(rq);
			s = p->steps[p->at++];
		}
		pthread_mutex_unlock(&p->lock);
		if (s.status == 0) {
			lb_reset(c);
			return;
		}
		lb_answer(c, s.status, s.headers ? s.headers : "", s.body);
	}
}

/* The i-th request, from the server's thread. */
static const char *seen(struct peer *p, size_t i)
{
	const char *rq;

	pthread_mutex_lock(&p->lock);
	rq = p->seen[i];
	pthread_mutex_unlock(&p->lock);
	return rq;
}

static int setup(void **state)
{
	struct peer *p = calloc(1, sizeof(*p));

	http_set_gate(http_gate_none, NULL);
	pthread_mutex_init(&p->lock, NULL);
	p->a = arena_new(0);
	p->http = http_new();
	p->shared = llm_shared_new();
	*state = p;
	return 0;
}

static int teardown(void **state)
{
	struct peer *p = *state;

	llm_free(p->llm);
	if (p->lb)
		lb_stop(p->lb);
	http_free(p->http);
	llm_shared_free(p->shared);
	for (size_t i = 0; i < MAX_STEPS; i++)
		free(p->seen[i]);
	arena_free(p->a);
	pthread_mutex_destroy(&p->lock);
	free(p);
	return 0;
}

static void begin(struct peer *p, enum llm_provider provider, const char *model)
{
	struct llm_config c = {.provider = provider,
	        .key = "secret-key-1",
	        .model = model,
	        .timeout_ms = 5000,
	        .price_in = -1,
	        .price_out = -1,
	        .price_cached = -1};

	p->lb = lb_start(play, p, NULL, NULL);
	c.base_url =
	        arena_strdup(p->a, lb_url(p->lb, "http", provider == LLM_OPENAI ? "/v1/" : ""));
	p->llm = llm_new(p->http, &c, p->shared);
}

static void script(struct peer *p, int status, const char *headers, const char *body)
{
	pthread_mutex_lock(&p->lock);
	p->steps[p->n++] = (struct step){status, headers, body};
	pthread_mutex_unlock(&p->lock);
}

static const char schema_text[] =
        "{\"type\":\"object\",\"additionalProperties\":false,\"required\":"
        "[\"remedy\"],\"properties\":{\"remedy\":{\"type\":\"string\","
        "\"maxLength\":20,\"enum\":[\"code\",\"nothing\"]}}}";

static bool ask(struct peer *p, struct llm_answer *out, struct err *e)
{
	struct llm_request r = {.system = "rules",
	        .user = "question",
	        .schema = json_parse(p->a, schema_text, strlen(schema_text), NULL),
	        .schema_name = "plan"};

	*e = (struct err){0};
	return llm_ask(p->llm, p->a, &r, out, e);
}

static const json *sent(struct peer *p, size_t i)
{
	const char *body = lb_body(seen(p, i));
	const json *j = json_parse(p->a, body, strlen(body), NULL);

	assert_non_null(j);
	return j;
}

/* A whole answer of the OpenAI wire around a content. */
static const char *said(struct peer *p, const char *content, const char *finish)
{
	json *j = json_obj(p->a), *c, *m, *u;

	json_set_str(j, "id", "chatcmpl-1");
	json_set_str(j, "model", "gpt-4.1-2025-04-14");
	c = json_add_obj(json_set_arr(j, "choices"));
	m = json_set_obj(c, "message");
	json_set_str(m, "role", "assistant");
	json_set_str(m, "content", content);
	json_set_str(c, "finish_reason", finish);
	u = json_set_obj(j, "usage");
	json_set_int(u, "prompt_tokens", 1000);
	json_set_int(u, "completion_tokens", 100);
	json_set_int(json_set_obj(u, "prompt_tokens_details"), "cached_tokens", 400);
	json_set_int(json_set_obj(u, "completion_tokens_details"), "reasoning_tokens", 60);
	return json_print(p->a, j);
}

#define GOOD "{\"remedy\":\"code\"}"

/* --- the wires --- */

static void test_openai(void **state)
{
	struct peer *p = *state;
	struct llm_answer out;
	struct err e;

	begin(p, LLM_OPENAI, "gpt-4.1");
	script(p, 200, "x-request-id: req_7\r\n", said(p, GOOD, "stop"));
	assert_true(ask(p, &out, &e));
	assert_string_equal(json_str(out.value, ".remedy", ""), "code");
	assert_string_equal(out.rung, "schema");
	assert_string_equal(out.request_id, "req_7");
	assert_string_equal(out.model, "gpt-4.1-2025-04-14");
	assert_int_equal(out.tokens_in, 1000);
	assert_int_equal(out.tokens_out, 100);
	assert_int_equal(out.tokens_cached, 400);
	assert_int_equal(out.tokens_reasoning, 60);
	/* 600 × $2 + 400 × $0.5 + 100 × $8, per million */
	assert_true(near(out.cost_usd, 0.0012 + 0.0002 + 0.0008));
	assert_int_equal(out.end, LLM_END_OK);
	assert_true(str_starts(seen(p, 0), "POST /v1/chat/completions "));
	assert_non_null(strstr(seen(p, 0), "Authorization: Bearer secret-key-1\r\n"));
	assert_string_equal(json_str(sent(p, 0), ".response_format.type", ""), "json_schema");
	assert_true(json_bool(sent(p, 0), ".response_format.json_schema.strict", false));
	assert_null(strstr(seen(p, 0), "maxLength"));
	assert_null(strstr(seen(p, 0), "temperature"));
	assert_int_equal(json_int(sent(p, 0), ".max_tokens", 0), 4000);
	assert_string_equal(json_str(sent(p, 0), ".messages[0].role", ""), "system");
}

static void test_anthropic(void **state)
{
	struct peer *p = *state;
	struct llm_answer out;
	struct err e;

	begin(p, LLM_ANTHROPIC, "claude-sonnet-5");
	script(p, 200, "request-id: req_9\r\n",
	        "{\"id\":\"msg_1\",\"type\":\"message\",\"role\":\"assistant\",\"model\":"
	        "\"claude-sonnet-5\",\"content\":[{\"type\":\"thinking\",\"thinking\":\"hm\"},"
	        "{\"type\":\"text\",\"text\":\"{\\\"remedy\\\":\\\"nothing\\\"}\"}],\"stop_reason\":"
	        "\"end_turn\",\"usage\":{\"input_tokens\":500,\"cache_creation_input_tokens\":100,"
	        "\"cache_read_input_tokens\":400,\"output_tokens\":50}}");
	assert_true(ask(p, &out, &e));
	assert_string_equal(json_str(out.value, ".remedy", ""), "nothing");
	assert_int_equal(out.tokens_in, 1000); /* the three of them together */
	/* 500 × $2 + 400 × $0.2 + 100 × $2.5 + 50 × $10 */
	assert_true(near(out.cost_usd, 0.001 + 0.00008 + 0.00025 + 0.0005));
	assert_string_equal(out.request_id, "req_9");
	assert_true(str_starts(seen(p, 0), "POST /v1/messages "));
	assert_non_null(strstr(seen(p, 0), "x-api-key: secret-key-1\r\n"));
	assert_non_null(strstr(seen(p, 0), "anthropic-version: 2023-06-01\r\n"));
	assert_string_equal(json_str(sent(p, 0), ".output_config.format.type", ""), "json_schema");
	assert_string_equal(json_str(sent(p, 0), ".system", ""), "rules");
	assert_int_equal(json_len(json_get(sent(p, 0), ".messages")), 1);
}

/* --- the ladder --- */

static void test_ladder_openai(void **state)
{
	struct peer *p = *state;
	struct llm_answer out;
	struct err e;

	begin(p, LLM_OPENAI, "m");
	script(p, 400, "",
	        "{\"error\":{\"message\":\"This model does not support response format "
	        "`json_schema`\"}}");
	script(p, 400, "", "{\"error\":{\"message\":\"json_object is not supported\"}}");
	script(p, 200, "", said(p, "Sure {x}: ```json\n" GOOD "\n``` {}", "stop"));
	assert_true(ask(p, &out, &e));
	assert_int_equal(e.code, ERR_NONE); /* what was done in another way is no error */
	assert_string_equal(out.rung, "text");
	assert_int_equal(out.requests, 3);
	assert_string_equal(json_str(sent(p, 1), ".response_format.type", ""), "json_object");
	assert_non_null(strstr(json_str(sent(p, 1), ".messages[0].content", ""), "JSON Schema"));
	assert_null(json_get(sent(p, 2), ".response_format"));
	/* Remembered: the next question goes there at once. */
	script(p, 200, "", said(p, GOOD, "stop"));
	assert_true(ask(p, &out, &e));
	assert_int_equal(out.requests, 1);
	assert_string_equal(out.rung, "text");
}

static void test_ladder_anthropic(void **state)
{
	struct peer *p = *state;
	struct llm_answer out;
	struct err e;

	begin(p, LLM_ANTHROPIC, "m");
	script(p, 400, "",
	        "{\"type\":\"error\",\"error\":{\"type\":\"invalid_request_error\",\"message\":"
	        "\"output_config: Extra inputs are not permitted\"}}");
	script(p, 200, "",
	        "{\"id\":\"msg_1\",\"model\":\"m\",\"content\":[{\"type\":\"tool_use\",\"id\":\"t\","
	        "\"name\":\"plan\",\"input\":{\"remedy\":\"code\"}}],\"stop_reason\":\"tool_use\"}");
	assert_true(ask(p, &out, &e));
	assert_string_equal(out.rung, "object");
	assert_string_equal(json_str(sent(p, 1), ".tool_choice.name", ""), "plan");
	assert_true(json_bool(sent(p, 1), ".tools[0].strict", false));
	/* No usage: unknown, not zero. */
	assert_int_equal(out.tokens_in, -1);
	assert_true(out.cost_usd < 0);
}

static void test_field(void **state)
{
	struct peer *p = *state;
	struct llm_answer out;
	struct err e;

	begin(p, LLM_OPENAI, "gpt-6-sol");
	script(p, 400, "",
	        "{\"error\":{\"message\":\"Unsupported parameter: 'max_tokens' is not supported with "
	        "this model. Use 'max_completion_tokens' instead.\",\"param\":\"max_tokens\",\"code\":"
	        "\"unsupported_parameter\"}}");
	script(p, 200, "", said(p, GOOD, "stop"));
	script(p, 200, "", said(p, GOOD, "stop"));
	assert_true(ask(p, &out, &e));
	assert_string_equal(out.rung, "schema");
	assert_true(json_has(sent(p, 0), ".max_tokens"));
	assert_int_equal(json_int(sent(p, 1), ".max_completion_tokens", 0), 4000);
	assert_false(json_has(sent(p, 1), ".max_tokens"));
	assert_true(ask(p, &out, &e));
	assert_int_equal(out.requests, 1);
}

static void test_repair(void **state)
{
	struct peer *p = *state;
	struct llm_answer out;
	struct err e;

	begin(p, LLM_OPENAI, "gpt-4.1");
	script(p, 200, "", said(p, "{\"remedy\":\"pray\"}", "stop"));
	script(p, 200, "", said(p, GOOD, "stop"));
	assert_true(ask(p, &out, &e));
	assert_true(out.repaired);
	assert_int_equal(out.tokens_in, 2000); /* both are paid for */
	assert_true(near(out.cost_usd, 2 * 0.0022));
	assert_string_equal(json_str(sent(p, 1), ".messages[2].role", ""), "assistant");
	assert_string_equal(
	        json_str(sent(p, 1), ".messages[2].content", ""), "{\"remedy\":\"pray\"}");
	assert_non_null(strstr(json_str(sent(p, 1), ".messages[3].content", ""),
	        "$.remedy: must be one of code, nothing"));
}

static void test_repair_fails(void **state)
{
	struct peer *p = *state;
	struct llm_answer out;
	struct err e;

	begin(p, LLM_OPENAI, "m");
	script(p, 200, "", said(p, "I cannot say.", "stop"));
	script(p, 200, "", said(p, "{\"remedy\":1}", "stop"));
	assert_false(ask(p, &out, &e));
	assert_int_equal(e.code, ERR_PROTO);
	assert_false(e.retryable);
	assert_int_equal(out.end, LLM_END_SHAPE);
	assert_int_equal(out.requests, 2);
	assert_int_equal(out.tokens_out, 200);
	assert_null(out.value);
}

/* An extra member and a forgotten null are no reason to pay twice. */
static void test_tidied(void **state)
{
	struct peer *p = *state;
	struct llm_answer out;
	struct err e;

	begin(p, LLM_OPENAI, "m");
	script(p, 200, "", said(p, "{\"remedy\":\"code\",\"mood\":\"good\"}", "stop"));
	assert_true(ask(p, &out, &e));
	assert_string_equal(json_print(p->a, out.value), GOOD);
	assert_int_equal(out.requests, 1);
}

/* --- failures --- */

static const struct {
	int status;
	const char *headers, *body;
	enum err_code code;
	bool retryable;
	uint32_t retry_ms;
	enum llm_end end;
	const char *words; /* that stand in the sentence */
} failures[] = {
        {401, "", "{\"error\":{\"message\":\"Incorrect API key provided: secret-key-1\"}}",
                ERR_AUTH, false, 0, LLM_END_ERROR, "set OPENAI_API_KEY"},
        {403, "", "{\"error\":{\"message\":\"Project has no access to model m\"}}", ERR_FORBIDDEN,
                false, 0, LLM_END_ERROR, "give the key access"},
        {403, "", "{\"error\":{\"message\":\"Input was flagged by moderation\"}}", ERR_PROTO, false,
                0, LLM_END_FILTERED, "moderation"},
        {404, "", "{\"error\":{\"message\":\"The model m does not exist\"}}", ERR_NOT_FOUND, false,
                0, LLM_END_ERROR, "[llm] model"},
        {402, "", "{\"error\":{\"code\":402,\"message\":\"Insufficient credits\"}}", ERR_QUOTA,
                false, 0, LLM_END_ERROR, "top it up"},
        {429, "Retry-After: 7\r\n", "{\"error\":{\"code\":\"rate_limit_exceeded\"}}", ERR_LIMITED,
                true, 7000, LLM_END_ERROR, "rate"},
        {429, "retry-after-ms: 350\r\nRetry-After: 7\r\n", "{}", ERR_LIMITED, true, 350,
                LLM_END_ERROR, "rate"},
        {429, "", "{\"error\":{\"type\":\"rate_limit_error\"}}", ERR_LIMITED, true, 20000,
                LLM_END_ERROR, "rate"},
        {429, "",
                "{\"error\":{\"code\":\"insufficient_quota\",\"message\":\"You exceeded your current "
                "quota\"}}",
                ERR_QUOTA, false, 0, LLM_END_ERROR, "credit or spending limit"},
        {429, "",
                "{\"type\":\"error\",\"error\":{\"type\":\"rate_limit_error\",\"details\":"
                "{\"error_code\":\"enforced_spend_limit_reached\"}}}",
                ERR_QUOTA, false, 0, LLM_END_ERROR, "credit or spending limit"},
        {400, "",
                "{\"type\":\"error\",\"error\":{\"type\":\"invalid_request_error\",\"message\":\"Your "
                "credit balance is too low\"}}",
                ERR_QUOTA, false, 0, LLM_END_ERROR, "credit or spending limit"},
        {400, "", "{\"error\":{\"code\":\"context_length_exceeded\",\"message\":\"too long\"}}",
                ERR_PROTO, false, 0, LLM_END_TOO_LONG, "context_tokens"},
        {400, "", "{\"type\":\"error\",\"error\":{\"message\":\"prompt is too long: 9 > 8\"}}",
                ERR_PROTO, false, 0, LLM_END_TOO_LONG, "context_tokens"},
        {413, "", "{\"error\":{\"type\":\"request_too_large\"}}", ERR_PROTO, false, 0,
                LLM_END_TOO_LONG, "context_tokens"},
        {400, "", "{\"error\":{\"message\":\"metadata is wrong\"}}", ERR_CONFIG, false, 0,
                LLM_END_ERROR, "metadata is wrong"},
        {422, "", "{\"detail\":\"model field is odd\"}", ERR_CONFIG, false, 0, LLM_END_ERROR,
                "model field is odd"},
        {500, "", "oops", ERR_STATUS, true, 0, LLM_END_ERROR, "HTTP 500"},
        {503, "", "{\"error\":{\"message\":\"slow_down\"}}", ERR_STATUS, true, 0, LLM_END_ERROR,
                "HTTP 503"},
        {529, "", "{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\"}}", ERR_STATUS,
                true, 0, LLM_END_ERROR, "overloaded"},
        {500, "x-should-retry: false\r\n", "{}", ERR_STATUS, false, 0, LLM_END_ERROR, "HTTP 500"},
        {200, "", "{\"error\":{\"code\":502,\"message\":\"Provider returned error\"}}", ERR_STATUS,
                true, 0, LLM_END_ERROR, "Provider returned error"},
        {200, "", "{\"error\":{\"code\":429,\"message\":\"slow\"}}", ERR_LIMITED, true, 20000,
                LLM_END_ERROR, "rate"},
        {200, "", "<html>hello</html>", ERR_PROTO, true, 0, LLM_END_ERROR, "base_url"},
        {200, "", "{\"choices\":[]}", ERR_PROTO, true, 0, LLM_END_ERROR, "no choices"},
        {200, "",
                "{\"choices\":[{\"message\":{\"content\":null,\"refusal\":\"I can't\"},"
                "\"finish_reason\":\"stop\"}]}",
                ERR_PROTO, false, 0, LLM_END_REFUSED, "declined to answer (I can't)"},
        {200, "",
                "{\"choices\":[{\"message\":{\"content\":\"{\\\"rem\"},\"finish_reason\":\"length\"}]}",
                ERR_PROTO, false, 0, LLM_END_CUT, "raise [llm] max_tokens"},
        {200, "",
                "{\"choices\":[{\"message\":{\"content\":\"\"},\"finish_reason\":\"content_filter\"}]}",
                ERR_PROTO, false, 0, LLM_END_FILTERED, "content filter"},
        {200, "", "{\"choices\":[{\"message\":{\"content\":\"\"},\"finish_reason\":\"surprise\"}]}",
                ERR_PROTO, false, 0, LLM_END_SHAPE, "unknown way"},
        {0, "", "", ERR_NET, true, 0, LLM_END_ERROR, "asking m: 127.0.0.1"},
};

static void test_failures(void **state)
{
	struct peer *p = *state;

	begin(p, LLM_OPENAI, "m");
	for (size_t i = 0; i < UNIT_LEN(failures); i++) {
		struct llm_answer out;
		struct err e;

		unit_case("%d %s", failures[i].status, failures[i].body);
		llm_breaker_note(p->llm, NULL); /* each on its own */
		pthread_mutex_lock(&p->lock);
		free(p->seen[0]);
		p->seen[0] = NULL;
		p->at = p->n = 0;
		pthread_mutex_unlock(&p->lock);
		script(p, failures[i].status, failures[i].headers, failures[i].body);
		assert_false(ask(p, &out, &e));
		unit_case("  says: %s", e.msg);
		assert_int_equal(e.code, failures[i].code);
		assert_int_equal(e.retryable, failures[i].retryable);
		assert_int_equal(e.retry_ms, failures[i].retry_ms);
		assert_int_equal(out.end, failures[i].end);
		assert_int_equal(out.requests, 1);
		assert_non_null(strstr(e.msg, failures[i].words));
		assert_null(strstr(e.msg, "secret-key-1"));
	}
}

static void test_no_model(void **state)
{
	struct peer *p = *state;
	struct llm_answer out;
	struct err e;

	begin(p, LLM_OPENAI, NULL);
	assert_false(ask(p, &out, &e));
	assert_int_equal(e.code, ERR_CONFIG);
	assert_int_equal(out.requests, 0);
}

/* A model that thought until the limit has still shown that key and name are good. */
static void test_check(void **state)
{
	struct peer *p = *state;
	struct llm_answer out;
	struct err e = {0};

	begin(p, LLM_OPENAI, "m");
	script(p, 200, "", said(p, "", "length"));
	assert_true(llm_check(p->llm, p->a, &out, &e));
	script(p, 401, "", "{}");
	assert_false(llm_check(p->llm, p->a, &out, &e));
	assert_int_equal(e.code, ERR_AUTH);
}

/* The server counts more than the estimate: later estimates follow. */
static void test_factor(void **state)
{
	struct peer *p = *state;
	struct llm_answer out;
	struct err e;
	size_t before, after;

	begin(p, LLM_OPENAI, "m");
	before = llm_tokens(p->llm, NULL, "one two three four five six seven eight nine ten");
	for (int i = 0; i < 3; i++) {
		script(p, 200, "", said(p, GOOD, "stop"));
		assert_true(ask(p, &out, &e));
	}
	after = llm_tokens(p->llm, NULL, "one two three four five six seven eight nine ten");
	assert_true(after > before && after <= 2 * before);
}

/* --- text --- */

static void test_text_json(void **state)
{
	static const struct {
		const char *text, *json; /* NULL = none */
	} t[] = {
	        {GOOD, GOOD},
	        {"a {b} " GOOD " {", GOOD},
	        {"```json\n" GOOD "\n```", GOOD},
	        {"{\"a\":\"}{\"} tail", "{\"a\":\"}{\"}"},
	        {"{\"a\":1} {\"a\":1,\"b\":{\"c\":2}}", "{\"a\":1,\"b\":{\"c\":2}}"},
	        {"{{{{", NULL},
	        {"{\"a\":\"\\", NULL},
	        {"no", NULL},
	        {"", NULL},
	};
	struct peer *p = *state;

	for (size_t i = 0; i < UNIT_LEN(t); i++) {
		const json *j = llm_text_json(p->a, t[i].text);

		unit_case("%s", t[i].text);
		assert_int_equal(j != NULL, t[i].json != NULL);
		if (j)
			assert_string_equal(json_print(p->a, j), t[i].json);
	}
}

/* --- the constant part of a prompt is cached --- */

static void begin_caching(struct peer *p, enum llm_provider provider)
{
	struct llm_config c = {.provider = provider,
	        .key = "secret-key-1",
	        .model = "m",
	        .timeout_ms = 5000,
	        .prompt_cache = PROMPT_CACHE_YES};

	p->lb = lb_start(play, p, NULL, NULL);
	c.base_url =
	        arena_strdup(p->a, lb_url(p->lb, "http", provider == LLM_OPENAI ? "/v1/" : ""));
	p->llm = llm_new(p->http, &c, p->shared);
}

static void test_cache_openai(void **state)
{
	struct peer *p = *state;
	struct llm_answer out;
	struct err e;

	begin_caching(p, LLM_OPENAI);
	script(p, 200, "", said(p, GOOD, "stop"));
	assert_true(ask(p, &out, &e));
	assert_string_equal(json_str(sent(p, 0), ".prompt_cache_key", ""), "heal-plan");
}

static void test_cache_anthropic(void **state)
{
	struct peer *p = *state;
	struct llm_answer out;
	struct err e;
	const json *body;

	begin_caching(p, LLM_ANTHROPIC);
	script(p, 400, "", "{\"error\":{\"type\":\"invalid_request_error\",\"message\":\"x\"}}");
	assert_false(ask(p, &out, &e));
	body = sent(p, 0);
	assert_string_equal(json_str(body, ".system[0].cache_control.type", ""), "ephemeral");
	assert_string_equal(json_str(body, ".system[0].text", ""), "rules");
}

/* Other servers may refuse fields that they do not know. */
static void test_no_cache_elsewhere(void **state)
{
	struct peer *p = *state;
	struct llm_answer out;
	struct err e;

	begin(p, LLM_OPENAI, "gpt-4.1");
	script(p, 200, "", said(p, GOOD, "stop"));
	assert_true(ask(p, &out, &e));
	assert_false(json_has(sent(p, 0), ".prompt_cache_key"));
}

/* --- the circuit breaker --- */

static void test_breaker(void **state)
{
	struct peer *p = *state;
	struct llm_answer out;
	struct err e;

	begin(p, LLM_OPENAI, "gpt-4.1");
	assert_string_equal(llm_breaker_state(p->llm, p->a), "closed");
	for (int i = 0; i < LLM_BREAKER_FAILURES; i++) {
		assert_true(llm_breaker_pass(p->llm, &e));
		script(p, 503, "", "{}");
		assert_false(ask(p, &out, &e));
	}
	assert_non_null(strstr(llm_breaker_state(p->llm, p->a), "open for"));
	assert_false(ask(p, &out, &e)); /* nothing is scripted: nothing is sent */
	assert_int_equal(out.requests, 0);
	assert_int_equal(e.code, ERR_STATUS);
	assert_true(e.retryable && e.retry_ms > 0 && e.retry_ms <= LLM_BREAKER_MS);
	/* The pause is over: one probe, the others wait; its success closes it. */
	atomic_store(&llm_breaker_of(p->shared, p->llm->c.base_url)->opened_ms,
	        clock_mono_ms() - LLM_BREAKER_MS - 1);
	assert_string_equal(llm_breaker_state(p->llm, p->a), "open, the next call is a probe");
	assert_true(llm_breaker_pass(p->llm, &e));
	assert_false(llm_breaker_pass(p->llm, &e));
	llm_breaker_note(p->llm, NULL);
	assert_string_equal(llm_breaker_state(p->llm, p->a), "closed");
}

/* A refusal is an answer: it neither opens the breaker nor is it counted. */
static void test_breaker_refusals(void **state)
{
	struct peer *p = *state;
	struct llm_answer out;
	struct err e;

	begin(p, LLM_OPENAI, "gpt-4.1");
	for (int i = 0; i < LLM_BREAKER_FAILURES; i++) {
		script(p, 401, "", "{}");
		assert_false(ask(p, &out, &e));
	}
	assert_string_equal(llm_breaker_state(p->llm, p->a), "closed");
}

#define WITH_PEER(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

UNIT_MAIN(WITH_PEER(test_openai), WITH_PEER(test_anthropic), WITH_PEER(test_ladder_openai),
        WITH_PEER(test_ladder_anthropic), WITH_PEER(test_field), WITH_PEER(test_repair),
        WITH_PEER(test_repair_fails), WITH_PEER(test_tidied), WITH_PEER(test_failures),
        WITH_PEER(test_no_model), WITH_PEER(test_check), WITH_PEER(test_factor),
        WITH_PEER(test_text_json), WITH_PEER(test_cache_openai), WITH_PEER(test_cache_anthropic),
        WITH_PEER(test_no_cache_elsewhere), WITH_PEER(test_breaker),
        WITH_PEER(test_breaker_refusals))
