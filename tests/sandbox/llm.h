/*
 * llm.h - inside the LLM peer: one request of either API, and what is answered.
 *
 *   POST /v1/chat/completions   OpenAI's wire, also streamed, with tools
 *   GET  /v1/models
 *   POST /v1/messages           Anthropic's wire
 *
 * Any key is good that does not begin with "bad" (setting llm_key: exactly that one). Models whose
 * name begins with "gpt-6" or "o3" are reasoning models: they refuse max_tokens and temperature.
 * A model named "unknown…" does not exist; one named "small…" has a context of 2,000 tokens; one
 * named "plain…" knows no json_schema, one named "bare…" no response format at all.
 *
 * Faults: script them for {"peer":"llm","match":"answer diagnosis"} ("answer agent <step>", "answer
 * other") with {"name":…}:
 *   refusal length filter empty prose fenced wrong_shape wrong_once not_json error_inside no_usage
 *   obey (does what hostile text in the evidence would want), made_up (invents ids and figures),
 *   gullible (believes "value" when any piece of it reached the prompt, else answers honestly),
 *   unsure (cause null), slow (value = ms), rate (429 with Retry-After), quota (429 without),
 *   overloaded (529), too_long
 * For "answer doubt" also weak, refuted, groundless (refuted without an item); "answer question".
 * and for the agent: give_up no_push no_pr wrong_branch forbidden endless
 * Failures of the wire itself (status, drop, hang, truncate) are the framework's: match "POST
 * /v1/…".
 */
#ifndef SANDBOX_LLM_H
#define SANDBOX_LLM_H

#include "sandbox/sandbox.h"

enum llm_api { API_OPENAI, API_ANTHROPIC };

struct llm_peer {
	struct sb *sb;
	uint64_t seen_system; /* hash of the last system prompt: the next same one is cached */
};

struct llm_in {
	enum llm_api api;
	struct llm_peer *peer;
	struct arena *a;
	const json *body;
	const char *model;
	const char *system; /* all of it */
	const char *user;   /* the text with the evidence, else the last one */
	const json *schema; /* that the answer has to fit; NULL = none */
	bool forced_tool;   /* Anthropic: the answer is a tool's input */
	bool json_only;     /* some JSON was promised */
	bool stream, stream_usage;
	int64_t tokens;    /* of the input */
	const json *fault; /* {"name":…}; NULL */
};

struct llm_tool_call {
	const char *name;
	const json *args;
};

struct llm_out {
	const char *text;          /* "" = none */
	const json *value;         /* answer as JSON; printed into the text or a tool's input */
	struct llm_tool_call call; /* name NULL = none */
	const char *finish;        /* OpenAI's word; NULL = stop or tool_calls */
	const char *refusal;
	bool no_usage;
};

/* llm_check.c: NULL when the real one would take it, else the message; *param, *code for OpenAI. */
const char *llm_check_openai(
        struct arena *a, const json *body, const char **param, const char **code);
const char *llm_check_anthropic(struct arena *a, const json *body);

enum { LLM_MAX_ITEMS = 80 };
struct llm_item {
	const char *id, *kind, *value;
};
struct llm_items {
	struct llm_item v[LLM_MAX_ITEMS];
	size_t n;
};
/* The evidence between the marks of a prompt. */
void llm_read_items(struct arena *a, const char *user, struct llm_items *out);

/* llm_second.c: the cross-check and people's questions; NULL = the schema is neither's. `kind` gets
 * "doubt" or "question". */
const json *llm_second(struct arena *a, struct llm_in *in, const json *schema, const char **kind);

/* llm_doctor.c: is there evidence in the prompt, and what does it say? NULL = no evidence. */
const json *llm_diagnose(struct arena *a, const struct llm_in *in, const char *fault);

void llm_add_step(
        json *steps, const char *text, const char *file, const char *risk, const char *verify);

/* llm_spoil.c: a plan that obeys or invents, an answer of another shape, a refusal (true = sent).
 */
void llm_obey(json *plan);
void llm_make_up(json *plan);
/* Did anything of the fault's "value", what an attacker wrote, reach the prompt? */
bool llm_reached(struct arena *a, const struct llm_in *in);
/* A plan that fits the schema and does what the attacker wants: another remedy, another target. */
void llm_believe(json *plan, const struct llm_items *it);
void llm_spoil(struct llm_in *in, struct llm_out *o, const char *name);
bool llm_refuse(const struct llm_in *in, const char *name, struct sb_response *rs);

/* llm_agent.c: the next turn of the coding agent; false when this is no such conversation. */
bool llm_agent(struct llm_in *in, struct llm_out *out);
/* The contract's line "Name: value" in a text; NULL when absent. */
const char *llm_contract(struct arena *a, const char *text, const char *name);

/* llm_wire.c */
void llm_reply_send(const struct llm_in *in, const struct llm_out *out, struct sb_response *rs);
void llm_error(struct sb_response *rs, enum llm_api api, int status, const char *type,
        const char *code, const char *param, const char *message);
/* The text of a message's content: a string, or parts. */
const char *llm_content(struct arena *a, const json *content);

#endif
