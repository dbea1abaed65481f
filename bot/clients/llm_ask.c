/* llm_ask.c - the ladder, the repair turn and the bill; see llm.h. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/schema.h"
#include "clients/llm_i.h"
#include "clock.h"
#include "str.h"
#include "tokens.h"

enum {
	MAX_ANSWER_BYTES = 4 << 20,
};

static const char *const rung_names[] = {"schema", "object", "text"};

/* --- texts that both wires need --- */

const char *llm_system_text(struct arena *a, const struct llm_call *c)
{
	if (c->rung == RUNG_SCHEMA)
		return c->r->system;
	return arena_printf(a,
	        "%s\n\nAnswer with exactly one JSON object that fits this JSON Schema, and nothing "
	        "else: no Markdown, no text before or after it.\n%s",
	        c->r->system, json_print(a, c->r->schema));
}

const char *llm_repair_text(struct arena *a, const struct llm_call *c)
{
	return arena_printf(a,
	        "That answer does not fit the JSON Schema: %s. Send the whole object again, "
	        "corrected, as JSON and nothing else.",
	        c->wrong);
}

/* --- one request --- */

struct ask {
	struct llm *l;
	struct arena *a;
	struct llm_call call;
	struct llm_learned learned;
	struct llm_answer *out;
	bool switched;    /* the other max_tokens field was tried */
	size_t estimated; /* tokens of the first request, before the factor */
	bool unpriced;    /* a request whose price or usage is not known was made */
};

static int64_t sum(int64_t total, int64_t more)
{
	if (more < 0)
		return total;
	return (total < 0 ? 0 : total) + more;
}

static double cost_of(const struct ask *k, const struct llm_reply *r)
{
	struct llm_price p;
	double cached = r->cached > 0 ? (double)r->cached : 0;
	double written = r->cache_write > 0 ? (double)r->cache_write : 0;
	double plain = (double)r->in - cached - written;

	if (r->cost_usd >= 0)
		return r->cost_usd;
	if (r->in < 0 || r->out < 0 || !llm_price_of(k->l, k->call.model, &p))
		return -1;
	return ((plain > 0 ? plain : 0) * p.in + cached * p.cached + written * p.cache_write +
	               (double)r->out * p.out) /
	       1e6;
}

static void account(struct ask *k, const struct llm_reply *r)
{
	struct llm_answer *o = k->out;
	double cost = cost_of(k, r);

	o->tokens_in = sum(o->tokens_in, r->in);
	o->tokens_out = sum(o->tokens_out, r->out);
	o->tokens_cached = sum(o->tokens_cached, r->cached);
	o->tokens_reasoning = sum(o->tokens_reasoning, r->reasoning);
	if (cost < 0)
		k->unpriced = true;
	o->cost_usd = k->unpriced ? -1 : (o->cost_usd < 0 ? 0 : o->cost_usd) + cost;
	if (r->model && *r->model)
		o->model = arena_strdup(k->a, r->model);
	/* The factor of the model: a moving average, bounded against a server that counts oddly. */
	if (r->in > 0 && k->estimated > 0 && o->requests == 1) {
		double f = (double)r->in / (double)k->estimated;

		f = f < 0.5 ? 0.5 : f > 2 ? 2 : f;
		k->learned.factor = k->learned.factor * 0.75 + f * 0.25;
	}
}

static void set_request_id(struct ask *k, const struct http_response *r, const char *id)
{
	const char *h = http_header(r, "x-request-id");

	if (!h)
		h = http_header(r, "request-id");
	k->out->request_id = str_clean(k->a, h ? h : id, strlen(h ? h : id), 100);
}

/* An error object inside HTTP 200: OpenRouter sends it when the model failed after it had begun. */
static bool error_inside(const json *j, int *status)
{
	const json *err = json_get(j, ".error");
	int64_t code = json_int(err, ".code", 0);

	if (!json_is_obj(err))
		return false;
	*status = code >= 400 && code < 600 ? (int)code : 502;
	return true;
}

static bool send(struct ask *k, struct llm_reply *reply, struct llm_fault *fault, struct err *e)
{
	struct llm *l = k->l;
	struct http_response r = {0};
	struct http_request q = {
	        .url = l->url,
	        .headers = l->wire->headers(k->a, l),
	        .body_json = l->wire->body(k->a, &k->call),
	        .timeout_ms = (uint32_t)l->c.timeout_ms,
	        .max_bytes = MAX_ANSWER_BYTES,
	};
	const json *j;
	int status;
	bool ok;

	*reply = (struct llm_reply){.text = "", .why = "", .cost_usd = -1};
	*fault = (struct llm_fault){.end = LLM_END_ERROR};
	k->out->requests++;
	ok = http_do(l->http, k->a, &q, &r, e);
	if (r.sent)
		k->out->sent[k->out->nsent++] = r.sent;
	if (!ok)
		return err_wrap(e, "asking %s", k->call.model);
	set_request_id(k, &r, "");
	if (r.status < 200 || r.status > 299)
		return llm_fault_of(k->a, l, &k->call, &r, r.status, fault, e);
	j = json_parse(k->a, r.body, r.len, NULL);
	if (!json_is_obj(j))
		return err_set(e, ERR_PROTO, true,
		        "%s answered something else than JSON: check [llm] base_url", l->host);
	if (error_inside(j, &status))
		return llm_fault_of(k->a, l, &k->call, &r, status, fault, e);
	if (!l->wire->read(k->a, j, reply, e))
		return err_wrap(e, "%s", l->host);
	set_request_id(k, &r, reply->id);
	account(k, reply);
	return true;
}

/* --- the ladder --- */

static bool ended_badly(struct ask *k, const struct llm_reply *r, struct err *e)
{
	const char *model = k->call.model, *why = "";

	k->out->end = r->end;
	switch (r->end) {
	case LLM_END_CUT:
		return err_set(e, ERR_PROTO, false,
		        "the answer of %s was cut at %lld tokens: raise [llm] max_tokens", model,
		        (long long)k->call.max_tokens);
	case LLM_END_REFUSED:
		why = str_clean(k->a, str_or(r->why, "no reason given"),
		        strlen(str_or(r->why, "no reason given")), 120);
		return err_set(e, ERR_PROTO, false, "%s declined to answer (%s)", model, why);
	case LLM_END_FILTERED:
		return err_set(e, ERR_PROTO, false, "the content filter of %s stopped the answer",
		        k->l->host);
	case LLM_END_TOO_LONG:
		return err_set(e, ERR_PROTO, false,
		        "the evidence does not fit into the context of %s: lower [llm] "
		        "context_tokens",
		        model);
	case LLM_END_SHAPE:
		return err_set(e, ERR_PROTO, false, "%s ended its answer in an unknown way", model);
	case LLM_END_OK:
	case LLM_END_ERROR:
		break;
	}
	abort();
}

/* What a server refused is done another way; false = nothing is left to try. */
static bool step_down(struct ask *k, const struct llm_fault *f)
{
	if (f->refuses_field && !k->switched) {
		k->switched = true;
		k->call.field = k->call.field == FIELD_MAX_TOKENS ? FIELD_MAX_COMPLETION_TOKENS
		                                                  : FIELD_MAX_TOKENS;
		return true;
	}
	if (f->refuses_rung && k->call.rung < RUNG_TEXT) {
		k->call.rung++;
		return true;
	}
	return false;
}

/* The value when it fits the schema; else NULL and the validator's sentence in *why. */
static const json *fitting(struct ask *k, const struct llm_reply *r, const char **why)
{
	const json *v = r->value ? r->value : llm_text_json(k->a, r->text);
	struct err bad;

	if (!v) {
		*why = "there is no JSON object in it";
		return NULL;
	}
	v = schema_tidy(k->a, k->call.r->schema, v);
	if (schema_check(k->call.r->schema, v, &bad))
		return v;
	*why = arena_strdup(k->a, bad.msg);
	return NULL;
}

static void begin_repair(struct ask *k, const struct llm_reply *r, const char *why)
{
	const char *said = r->value ? json_print(k->a, r->value) : r->text;

	k->out->repaired = true;
	k->call.answered = *said ? said : "{}";
	k->call.wrong = why;
	/* A server that takes a schema and does not keep it gets it in words from now on. */
	if (k->call.rung == RUNG_SCHEMA)
		k->call.rung = RUNG_OBJECT;
}

static bool finish(struct ask *k, const json *value)
{
	k->out->value = value;
	k->out->rung = rung_names[k->call.rung];
	k->out->end = LLM_END_OK;
	k->learned.rung = k->call.rung;
	k->learned.field = k->call.field;
	llm_learned_set(k->l->shared, k->l->c.base_url, k->call.model, &k->learned);
	return true;
}

static bool climb(struct ask *k, struct err *e)
{
	struct llm_reply reply;
	struct llm_fault fault;
	struct err bad; /* of a request that is done in another way is none of the caller's */
	const char *why = "";
	const json *value;

	while (k->out->requests < LLM_MAX_REQUESTS) {
		if (!send(k, &reply, &fault, &bad)) {
			k->out->end = fault.end;
			if (step_down(k, &fault))
				continue;
			if (e)
				*e = bad;
			return false;
		}
		if (reply.end != LLM_END_OK)
			return ended_badly(k, &reply, e);
		value = fitting(k, &reply, &why);
		if (value)
			return finish(k, value);
		if (k->out->repaired)
			break;
		begin_repair(k, &reply, why);
	}
	k->out->end = LLM_END_SHAPE;
	return err_set(e, ERR_PROTO, false,
	        "%s did not answer in the form that was asked for (%s): try another model",
	        k->call.model, why);
}

static enum llm_field first_field(const struct llm *l, const struct llm_learned *v)
{
	if (v->field != FIELD_UNKNOWN)
		return v->field;
	if (l->c.max_tokens_field)
		return str_eq(l->c.max_tokens_field, "max_tokens") ? FIELD_MAX_TOKENS
		                                                   : FIELD_MAX_COMPLETION_TOKENS;
	return l->own_host ? FIELD_MAX_COMPLETION_TOKENS : FIELD_MAX_TOKENS;
}

static size_t schema_tokens(struct arena *a, const json *schema)
{
	const char *text = json_print(a, schema);

	return tokens_estimate(text, strlen(text));
}

bool llm_ask(struct llm *l, struct arena *a, const struct llm_request *r, struct llm_answer *out,
        struct err *e)
{
	const char *model = str_or(r->model, l->c.model);
	struct ask k = {.l = l, .a = a, .out = out};
	struct err bad = {0};
	int64_t from = clock_mono_ms();
	bool ok;

	assert(r->system && r->user && r->schema && r->schema_name);
	*out = (struct llm_answer){.model = model,
	        .tokens_in = -1,
	        .tokens_out = -1,
	        .tokens_cached = -1,
	        .tokens_reasoning = -1,
	        .cost_usd = -1,
	        .rung = "schema",
	        .request_id = "",
	        .end = LLM_END_ERROR};
	if (!*model)
		return err_set(e, ERR_CONFIG, false, "no model is set: set [llm] model");
	if (!l->c.key && l->own_host)
		return err_set(e, ERR_CONFIG, false, "%s is not set", l->wire->key_name);
	k.learned = llm_learned_get(l->shared, l->c.base_url, model);
	k.call = (struct llm_call){.r = r,
	        .strict = schema_strict(a, r->schema),
	        .model = model,
	        .max_tokens = r->max_tokens > 0 ? r->max_tokens : l->c.max_tokens,
	        .rung = k.learned.rung,
	        .field = first_field(l, &k.learned),
	        .cache = l->c.prompt_cache == PROMPT_CACHE_YES ||
	                 (l->c.prompt_cache == PROMPT_CACHE_AUTO && l->own_host)};
	k.estimated = tokens_estimate(r->system, strlen(r->system)) +
	              tokens_estimate(r->user, strlen(r->user)) + schema_tokens(a, r->schema);
	if (!llm_breaker_pass(l, e))
		return false;
	ok = climb(&k, &bad);
	llm_breaker_note(l, ok ? NULL : &bad);
	if (!ok && e)
		*e = bad;
	out->ms = clock_mono_ms() - from;
	return ok;
}
