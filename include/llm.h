/*
 * llm.h - asking a language model for one JSON value of a given shape.
 *
 * Two wires: chat completions (OpenAI and everything compatible with it) and Anthropic Messages.
 * Whatever the server can do, the caller gets a value that fits its schema, checked in C, or an
 * error. The ladder:
 *
 *   schema   the server enforces the schema (json_schema strict / output_config)
 *   object   the server promises JSON, the schema stands in the prompt (json_object / one forced
 *            strict tool)
 *   text     nothing is promised: the largest balanced {…} of the answer is taken
 *
 * A server that refuses a rung (HTTP 400 that names it) is asked again one rung lower, and the rung
 * that works is remembered per base URL and model. An answer that does not fit gets one repair turn
 * with the validator's sentence; after that the call fails.
 *
 * Nothing else is retried here: errors are classified and the flow engine repeats. Codes:
 * ERR_AUTH and ERR_FORBIDDEN (key), ERR_NOT_FOUND (model or path), ERR_CONFIG (the request can
 * never work as configured), ERR_QUOTA (money or spend limit is used up, also when it comes as
 * HTTP 429: never retryable), ERR_LIMITED (rate limit, with Retry-After), ERR_STATUS (5xx, 529,
 * retryable), ERR_PROTO (answer cut, refused, filtered, not of the shape), ERR_NET, ERR_TIMEOUT
 * (ambiguous: may have been billed), ERR_CANCELED. out->end says what kind of ERR_PROTO it was.
 *
 * A circuit breaker per base URL, shared by all threads: after LLM_BREAKER_FAILURES failures in a
 * row (network, time-out, 5xx) nothing is sent for LLM_BREAKER_MS and calls fail at once with
 * ERR_STATUS (retryable, with the rest of that time); then one call is let through as a probe,
 * whose success closes it and whose failure opens it again.
 *
 * Every string that leaves passes the gate of net/http (redaction). Model text that comes back is
 * foreign: not trusted, not executed, to be escaped where it is shown.
 */
#ifndef HEAL_LLM_H
#define HEAL_LLM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "err.h"
#include "json.h"
#include "settings.h"

struct http;
struct llm;        /* one per worker thread */
struct llm_shared; /* one per process: what is learned about servers; any thread, lock-free */

struct llm_config {
	enum llm_provider provider;
	const char *base_url; /* NULL = https://api.openai.com/v1 or https://api.anthropic.com */
	const char *key;      /* never logged, never in an error; NULL = none (a local server) */
	const char *model;
	int64_t max_tokens; /* of an answer; 0 = 4,000 */
	int64_t timeout_ms; /* whole answer; 0 = 300,000 */
	/* $ per million tokens; < 0 = from the built-in table (llm_price), else unknown */
	double price_in, price_out, price_cached;
	const char *anthropic_version; /* NULL = 2023-06-01 */
	int prompt_cache;              /* enum llm_prompt_cache (settings.h) */
	const char *
	        max_tokens_field; /* NULL = max_completion_tokens at api.openai.com, else
	                             max_tokens; a server that refuses it is asked with the other */
};

/* From the settings and the two keys (the one of the provider is used). */
struct llm_config llm_config_of(
        const struct settings *s, const char *openai_key, const char *anthropic_key);

struct llm_shared *llm_shared_new(void);
void llm_shared_free(struct llm_shared *s);

/* `c` is copied; `h` and `s` outlive the result. */
struct llm *llm_new(struct http *h, const struct llm_config *c, struct llm_shared *s);
void llm_free(struct llm *l);

enum llm_end {
	LLM_END_OK,
	LLM_END_TOO_LONG, /* the prompt does not fit the model's context: ask with less */
	LLM_END_CUT,      /* the answer hit max_tokens */
	LLM_END_REFUSED,  /* the model declined */
	LLM_END_FILTERED, /* the provider's content filter */
	LLM_END_SHAPE,    /* not the JSON that was asked for, also after the repair turn */
	LLM_END_ERROR     /* any other error */
};

struct llm_request {
	const char *system, *user;
	const json *schema;      /* the subset of bot/base/schema.h; root is a closed object */
	const char *schema_name; /* [a-zA-Z0-9_-]{1,64} */
	int64_t max_tokens;      /* 0 = the config's */
	const char *model;       /* NULL = the config's */
};

enum { LLM_MAX_REQUESTS = 6 }; /* of a call: one rung down twice, the other field, a repair */

struct llm_answer {
	const json *value; /* fits the schema */
	const char *model; /* the real one, as the server names it */
	/* All requests of this call added up, failed ones that were billed too. -1 = not said.
	 * tokens_in includes cached ones; reasoning is part of tokens_out. */
	int64_t tokens_in, tokens_out, tokens_cached, tokens_reasoning;
	double cost_usd;        /* < 0 = unknown price or usage */
	const char *rung;       /* "schema" "object" "text" */
	bool repaired;          /* by the repair turn */
	int requests;           /* sent */
	const char *request_id; /* of the last answer; "" = none. For the provider's support. */
	int64_t ms;
	enum llm_end end;
	/* Each request as it left, byte for byte, behind the gate (arena). */
	const char *sent[LLM_MAX_REQUESTS];
	size_t nsent;
};

enum { LLM_BREAKER_FAILURES = 5, LLM_BREAKER_MS = 30000 };
/* "closed", "closed, 2 failures in a row", "open for 12 s more", "open, the next call is a probe".
 */
const char *llm_breaker_state(const struct llm *l, struct arena *a);

/* `out` is always filled in, also on failure: money is counted either way. */
bool llm_ask(struct llm *l, struct arena *a, const struct llm_request *r, struct llm_answer *out,
        struct err *e);

/* Checks key and model with the smallest question there is (doctor). Costs a few tokens. */
bool llm_check(struct llm *l, struct arena *a, struct llm_answer *out, struct err *e);

/* Tokens of a text for this model: tokens_estimate times the factor learned from what the server
 * counted (1.0 before the first answer). */
size_t llm_tokens(const struct llm *l, const char *model, const char *text);

/* --- money --- */

struct llm_price {
	double in, out, cached, cache_write; /* $ per million tokens */
};
/* The date of the built-in table: "2026-09-23". */
const char *llm_price_date(void);
/* By the name without "vendor/" and without the date of a snapshot; false = unknown. */
bool llm_price_find(const char *model, struct llm_price *out);
/* What the config says, else the table. */
bool llm_price_of(const struct llm *l, const char *model, struct llm_price *out);
/* Upper estimate in $ of one request; < 0 = unknown price. model NULL = the config's. */
double llm_estimate_usd(
        const struct llm *l, const char *model, size_t tokens_in, int64_t max_tokens);
const char *llm_model(const struct llm *l); /* the config's */

#endif
