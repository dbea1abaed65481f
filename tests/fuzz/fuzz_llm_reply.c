/* fuzz_llm_reply.c - any bytes as a server's answer, on both wires, as success and as failure. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "base/utf8.h"
#include "clients/llm_i.h"
#include "str.h"
#include "tokens.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void as_success(struct arena *a, const struct llm_wire *w, const json *j)
{
	struct llm_reply r = {.text = "", .why = ""};
	struct err e = {0};

	if (!j)
		return;
	if (w->read(a, j, &r, &e)) {
		assert(r.text && r.model && r.id);
		(void)llm_text_json(a, r.text);
	} else {
		assert(e.code == ERR_PROTO && e.msg[0]);
	}
}

static void as_failure(
        struct arena *a, enum llm_provider provider, const char *text, size_t n, int status)
{
	static const struct http_header none[] = {{NULL, NULL}};
	struct llm_config c = {.provider = provider, .key = "secret-key-1", .model = "m"};
	struct llm_shared *s = llm_shared_new();
	struct llm *l = llm_new(NULL, &c, s);
	struct llm_request rq = {.system = "s", .user = "u", .schema_name = "n"};
	struct llm_call call = {.r = &rq, .model = "m"};
	struct http_response r = {.status = status,
	        .body = text,
	        .len = n,
	        .content_type = "",
	        .retry_after_ms = -1,
	        .headers = none};
	struct llm_fault f;
	struct err e = {0};

	assert(!llm_fault_of(a, l, &call, &r, status, &f, &e));
	assert(e.code != ERR_NONE && e.msg[0] && utf8_valid(e.msg, strlen(e.msg)));
	assert(!strstr(e.msg, "secret-key-1"));
	assert(e.code != ERR_QUOTA || !e.retryable);
	llm_free(l);
	llm_shared_free(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const int statuses[] = {400, 401, 402, 403, 404, 413, 422, 429, 500, 529, 502, 302};
	struct arena *a = arena_new(0);
	const char *text = arena_strndup(a, (const char *)data, size);
	size_t n = strlen(text), fit;
	const json *j = json_parse(a, text, n, NULL);
	int status = statuses[(size ? data[0] : 0) % (sizeof(statuses) / sizeof(*statuses))];

	as_success(a, &llm_openai, j);
	as_success(a, &llm_anthropic, j);
	as_failure(a, LLM_OPENAI, text, n, status);
	as_failure(a, LLM_ANTHROPIC, text, n, status);
	fit = tokens_fit(text, n, 50);
	assert(fit <= n && tokens_estimate(text, fit) <= 50);
	arena_free(a);
	return 0;
}
