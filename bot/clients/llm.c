/* llm.c - the client object: which server, which wire, what is known about it; see llm.h. */
#include <stdlib.h>
#include <string.h>

#include "clients/llm_i.h"
#include "net/peers.h"
#include "str.h"
#include "tokens.h"

enum {
	DEFAULT_MAX_TOKENS = 4000,
	DEFAULT_TIMEOUT_MS = 300000,
	CHECK_MAX_TOKENS = 600,
};

/* --- life --- */

struct llm_config llm_config_of(
        const struct settings *s, const char *openai_key, const char *anthropic_key)
{
	enum llm_provider p = (enum llm_provider)s->llm.provider;

	return (struct llm_config){
	        .provider = p,
	        .base_url = s->llm.base_url,
	        .key = p == LLM_ANTHROPIC ? anthropic_key : openai_key,
	        .model = s->llm.model,
	        .max_tokens = s->llm.max_tokens,
	        .timeout_ms = s->llm.timeout_ms,
	        .price_in = s->llm.price_in,
	        .price_out = s->llm.price_out,
	        .price_cached = s->llm.price_cached,
	        .anthropic_version = s->llm.anthropic_version,
	        .max_tokens_field = s->llm.max_tokens_field,
	        .prompt_cache = s->llm.prompt_cache,
	};
}

/* "api.openai.com" of "https://api.openai.com/v1". */
static const char *host_of(struct arena *a, const char *url)
{
	const char *p = strstr(url, "://");

	p = p ? p + 3 : url;
	return arena_strndup(a, p, strcspn(p, "/?#"));
}

static const char *trimmed(struct arena *a, const char *url)
{
	size_t n = strlen(url);

	while (n > 0 && url[n - 1] == '/')
		n--;
	return arena_strndup(a, url, n);
}

static void choose_wire(struct llm *l)
{
	const char *base =
	        str_or(l->c.base_url, l->c.provider == LLM_ANTHROPIC ? "https://api.anthropic.com"
	                                                             : "https://api.openai.com/v1");

	base = trimmed(l->a, base);
	l->c.base_url = base;
	l->host = host_of(l->a, base);
	peers_watch("LLM", base);
	switch (l->c.provider) {
	case LLM_OPENAI:
		l->wire = &llm_openai;
		l->own_host = str_eq(l->host, "api.openai.com");
		l->url = arena_printf(l->a, "%s/chat/completions", base);
		return;
	case LLM_ANTHROPIC:
		l->wire = &llm_anthropic;
		l->own_host = str_eq(l->host, "api.anthropic.com");
		l->url = arena_printf(
		        l->a, "%s%s", base, str_ends(base, "/v1") ? "/messages" : "/v1/messages");
		return;
	}
	abort();
}

struct llm *llm_new(struct http *h, const struct llm_config *c, struct llm_shared *s)
{
	struct arena *a = arena_new(0);
	struct llm *l = ARENA_NEW(a, struct llm);

	*l = (struct llm){.http = h, .shared = s, .c = *c, .a = a};
	l->c.key = c->key && *c->key ? arena_strdup(a, c->key) : NULL;
	l->c.model = arena_strdup(a, str_or(c->model, ""));
	l->c.anthropic_version = arena_strdup(a, str_or(c->anthropic_version, "2023-06-01"));
	l->c.max_tokens_field = arena_strdup(a, c->max_tokens_field);
	if (l->c.max_tokens <= 0)
		l->c.max_tokens = DEFAULT_MAX_TOKENS;
	if (l->c.timeout_ms <= 0)
		l->c.timeout_ms = DEFAULT_TIMEOUT_MS;
	choose_wire(l);
	return l;
}

void llm_free(struct llm *l)
{
	if (l)
		arena_free(l->a);
}

const char *llm_model(const struct llm *l)
{
	return l->c.model;
}

size_t llm_tokens(const struct llm *l, const char *model, const char *text)
{
	struct llm_learned v =
	        llm_learned_get(l->shared, l->c.base_url, model ? model : l->c.model);

	return (size_t)((double)tokens_estimate(text, strlen(text)) * v.factor + 0.5);
}

bool llm_check(struct llm *l, struct arena *a, struct llm_answer *out, struct err *e)
{
	static const char schema[] = "{\"type\":\"object\",\"additionalProperties\":false,"
	                             "\"required\":[\"ok\"],"
	                             "\"properties\":{\"ok\":{\"type\":\"boolean\"}}}";
	struct llm_request r = {
	        .system = "You answer a health check.",
	        .user = "Answer with ok = true, as JSON.",
	        .schema = json_parse(a, schema, strlen(schema), NULL),
	        .schema_name = "check",
	        .max_tokens = CHECK_MAX_TOKENS,
	};

	/* A model that thought until the limit has shown that key and name are good. */
	return llm_ask(l, a, &r, out, e) || out->end == LLM_END_CUT;
}
