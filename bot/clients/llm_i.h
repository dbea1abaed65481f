/*
 * llm_i.h - what llm.c shares with the two wires (openai.c, anthropic.c) and their helpers.
 *
 * A wire turns one call into a JSON body and one JSON answer into a reply. Ladder, repair and money
 * are llm.c's, the meaning of failures is llm_errors.c's.
 */
#ifndef CLIENTS_LLM_I_H
#define CLIENTS_LLM_I_H

#include <stdatomic.h>

#include "llm.h"
#include "net/http.h"

enum llm_rung { RUNG_SCHEMA, RUNG_OBJECT, RUNG_TEXT };
enum llm_field { FIELD_UNKNOWN, FIELD_MAX_TOKENS, FIELD_MAX_COMPLETION_TOKENS };

struct llm {
	struct http *http;
	struct llm_shared *shared;
	struct llm_config c; /* strings in `a` */
	const char *url;     /* of the call */
	const char *host;    /* for sentences */
	bool own_host;       /* the provider's own, not a compatible one */
	const struct llm_wire *wire;
	struct arena *a;
};

struct llm_call {
	const struct llm_request *r;
	const json *strict; /* r->schema as strict servers take it */
	const char *model;
	int64_t max_tokens;
	enum llm_rung rung;
	enum llm_field field;
	bool cache;                   /* the fields that ask for caching the constant part */
	const char *answered, *wrong; /* repair turn: what it said and why that is wrong; or NULL */
};

struct llm_reply {
	const json *value; /* already an object (a tool's input); NULL = look into the text */
	const char *text;  /* "" = none */
	const char *model, *id;
	int64_t in, out, cached, cache_write, reasoning; /* -1 = not said */
	double cost_usd;                                 /* said by the server; < 0 = not */
	enum llm_end end;
	const char *why; /* of a refusal, for people; "" */
};

struct llm_wire {
	json *(*body)(struct arena *a, const struct llm_call *c);
	const struct http_header *(*headers)(struct arena *a, const struct llm *l);
	/* False: ERR_PROTO, not the shape of this API. */
	bool (*read)(struct arena *a, const json *answer, struct llm_reply *out, struct err *e);
	const char *key_name; /* OPENAI_API_KEY */
};
extern const struct llm_wire llm_openai, llm_anthropic;

/* Rules and the schema in words, for rungs where the server does not enforce it. */
const char *llm_system_text(struct arena *a, const struct llm_call *c);
/* The user's second turn of a repair. */
const char *llm_repair_text(struct arena *a, const struct llm_call *c);

/* --- llm_errors.c --- */
struct llm_fault {
	enum llm_end end;
	bool refuses_rung;  /* the server cannot do this response format */
	bool refuses_field; /* the server wants the other name of max_tokens */
};
/* An answer that is no success, or a success with an error inside (`status` then says which one is
 * meant). Always false. */
bool llm_fault_of(struct arena *a, const struct llm *l, const struct llm_call *c,
        const struct http_response *r, int status, struct llm_fault *out, struct err *e);

/* --- llm_text.c --- */
/* The largest balanced {…} in a text that parses, with or without a Markdown fence; NULL = none. */
const json *llm_text_json(struct arena *a, const char *text);

/* --- llm_shared.c --- */
struct llm_learned {
	enum llm_rung rung;
	enum llm_field field;
	double factor; /* tokens counted by the server / estimated */
};
struct llm_learned llm_learned_get(struct llm_shared *s, const char *base, const char *model);
void llm_learned_set(
        struct llm_shared *s, const char *base, const char *model, const struct llm_learned *v);
/* llm_breaker.c: may a request be sent now? False: ERR_STATUS with the time to wait. */
bool llm_breaker_pass(const struct llm *l, struct err *e);
/* What became of it; `e` NULL = it was answered. */
void llm_breaker_note(const struct llm *l, const struct err *e);
/* The words of the breaker of this base URL: failures in a row, and when it opened (clock_mono_ms;
 * 0 = closed). */
struct llm_breaker {
	atomic_uint_fast64_t key; /* 0 = free */
	atomic_uint_fast32_t failures;
	atomic_int_fast64_t opened_ms;
};
struct llm_breaker *llm_breaker_of(struct llm_shared *s, const char *base); /* NULL = table full */

#endif
