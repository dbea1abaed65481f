/*
 * sandbox.h - the other side of every wire, in one process on one loopback port.
 *
 * The program `sandbox` plays Slack, Railway, the LLM services, GitHub, git and status pages for
 * tests and for the demo. A peer is one `struct peer` in a file of its own, listed in peers.c:
 *
 *   http://127.0.0.1:PORT/<name>/…          the peer; its handle() gets the rest of the path
 *   http://127.0.0.1:PORT/_control/<name>/… its control(): what a test or the page asks of it
 *   http://127.0.0.1:PORT/_control/{faults,records,reset,time,state}   common to all (router.c)
 *   http://127.0.0.1:PORT/                  the page for a person
 *
 * One thread, one poll loop: a callback must not block. Work that takes long goes into a child
 * process (sb_cgi) or is finished later by a timer. Nothing here is shared with other threads.
 *
 * Faults are applied around handle() by the framework, so a peer does not have to know them, and
 * every request is recorded before and after. What a request really changed is recorded by the peer
 * with sb_record(): that list, not the bot's own word, is what tests compare with.
 */
#ifndef HEAL_SANDBOX_H
#define HEAL_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "err.h"
#include "json.h"
#include "str.h"

struct sb;          /* the sandbox */
struct sb_response; /* one answer in the making */
struct sb_timer;
struct sb_ws; /* one WebSocket connection, seen from the server */

/* ---- peers ---------------------------------------------------------------------------------- */

/* A request, complete with its body. Valid until its response is finished or its connection is
 * gone; everything in it lives in `a`. */
struct sb_request {
	struct sb *sb;
	struct arena *a;
	const char *method; /* "GET" */
	const char *path;   /* after the peer's name, starts with "/", percent-encoding kept */
	const char *query;  /* without "?", "" if there was none */
	const char *target; /* the whole request target as sent */
	const char *body;   /* NUL-terminated, `len` bytes; "" if there was none */
	size_t len;
	bool tls;
};

struct peer {
	const char *name; /* "slack": first part of the path */
	/* Makes the peer's state. Called once at start, in the order of the table. May not fail. */
	void *(*init)(struct sb *sb);
	/* Answers a request. It finishes rs now, or keeps rs and finishes it later. */
	void (*handle)(void *state, const struct sb_request *rq, struct sb_response *rs);
	/* The same for /_control/<name><rq->path>. NULL: the peer has no controls. */
	void (*control)(void *state, const struct sb_request *rq, struct sb_response *rs);
	/* Back to the state after init. Open responses and sockets may be cut. */
	void (*reset)(void *state);
	void (*exit)(void *state); /* frees it all; NULL = nothing to free */
};

/* ---- reading a request ---------------------------------------------------------------------- */

const char *sb_header(const struct sb_request *rq, const char *name); /* any case; NULL = absent */
/* A decoded parameter of the query, or of a form body; NULL = absent. In rq->a. */
const char *sb_query(const struct sb_request *rq, const char *name);
const char *sb_form(const struct sb_request *rq, const char *name);
/* All parameters of an urlencoded text as a flat JSON object of strings. */
json *sb_params(struct arena *a, const char *urlencoded);
/* Percent-decoded copy. plus: "+" is a blank. */
char *sb_unescape(struct arena *a, const char *s, size_t n, bool plus);
/* The body as JSON; NULL and *e when it is none. */
json *sb_json(const struct sb_request *rq, struct err *e);
/* "token" of "Authorization: Bearer token"; NULL when absent or of another kind. */
const char *sb_bearer(const struct sb_request *rq);
/* User and password of "Authorization: Basic …"; false when absent or malformed. */
bool sb_basic(const struct sb_request *rq, const char **user, const char **password);
/* Splits the path: part 0 of "/repos/acme/api" is "repos"; decoded; NULL beyond the end. */
const char *sb_part(const struct sb_request *rq, unsigned i);

/* ---- answering ------------------------------------------------------------------------------ */

struct arena *sb_arena(struct sb_response *rs); /* the request's arena */
/* Before the answer is sent; the last value of a name wins. Copies. */
void sb_set_header(struct sb_response *rs, const char *name, const char *value);

/* Each of these finishes the response; rs must not be used afterwards. */
void sb_send(struct sb_response *rs, int status, const char *type, const void *body, size_t n);
void sb_send_json(struct sb_response *rs, int status, const json *j);
void sb_sendf(struct sb_response *rs, int status, const char *type, const char *fmt, ...)
        __attribute__((format(printf, 4, 5)));
void sb_cut(struct sb_response *rs); /* closes the connection without (the rest of) an answer */

/* A streamed answer (chunked): begin, any number of writes, end. */
void sb_stream_begin(struct sb_response *rs, int status, const char *type);
void sb_stream(struct sb_response *rs, const void *data, size_t n);
void sb_stream_str(struct sb_response *rs, const char *s);
void sb_stream_end(struct sb_response *rs); /* finishes */

/* Calls fn(rs, arg) in `ms` (not scaled), unless the response finished or the client left before.
 * Any number may be pending. Memory for `arg`: sb_arena(rs). */
void sb_later(struct sb_response *rs, uint32_t ms, void (*fn)(struct sb_response *rs, void *arg),
        void *arg);
/* Calls fn(arg) once when the response can no longer be used: finished, cut, or client gone. */
void sb_on_gone(struct sb_response *rs, void (*fn)(void *arg), void *arg);

/* Runs a CGI program (RFC 3875: "Status:" and headers, blank line, body) with the request's body on
 * its standard input and streams what it prints; 502 if it prints no headers. `argv` and `env`
 * ("NAME=value") are NULL-terminated and complete: nothing of our environment is passed on. The
 * child is killed when the client leaves. `done` (may be NULL) gets the exit status, after the
 * answer is complete: the place to look at what a push changed. */
struct sb_cgi {
	const char *const *argv;
	const char *const *env;
	void (*done)(void *arg, int exit_status);
	void *arg;
};
void sb_cgi(const struct sb_request *rq, struct sb_response *rs, const struct sb_cgi *c);

/* ---- time ----------------------------------------------------------------------------------- */

int64_t sb_now_ms(
        struct sb *sb); /* wall clock, plus what POST /_control/time {"advance_ms"} added */
int64_t sb_mono_ms(struct sb *sb); /* for durations; not moved by advance_ms */
/* A duration of the real world shortened by the time factor (POST /_control/time {"factor":60}).
 * Use it for waits of the story (a build takes 3 min), not for limits of the protocol. */
uint32_t sb_scaled(struct sb *sb, int64_t real_ms);

/* fn(arg) in `ms`, once. The timer is gone when it has fired. */
struct sb_timer *sb_timer(struct sb *sb, uint32_t ms, void (*fn)(void *arg), void *arg);
void sb_timer_cancel(struct sb *sb, struct sb_timer *t); /* NULL is fine */

/* ---- what happened -------------------------------------------------------------------------- */

/* Adds {"seq","at_ms","peer","kind",…members of what} to the record. kind: "effect" for what the
 * outside world would see (message posted, PR opened, session ran), anything else for remarks.
 * Requests are recorded by the framework as kind "request". Returns the sequence number. */
int64_t sb_record(struct sb *sb, const char *peer, const char *kind, const json *what);

/* A counter behind the ids a peer gives out; starts at 1, back to 1 at reset. */
int64_t sb_next(struct sb *sb);
/* Base URL of the sandbox, "http://127.0.0.1:4711"; ws: the same with ws or wss. */
const char *sb_url(struct sb *sb);
const char *sb_ws_url(struct sb *sb);
/* Value of "--set NAME=VALUE" on the command line (repository folder, scenario …) or of
 * POST /_control/set {"NAME":"VALUE"}; NULL when not given. */
const char *sb_setting(struct sb *sb, const char *name);
/* State of another peer by name (git tells github about a push); NULL when absent. */
void *sb_peer_state(struct sb *sb, const char *name);

/* Takes a scripted fault of `peer` that matches `what`, for things that are no HTTP request (a
 * WebSocket envelope, a tool call inside a stream). NULL = none; else its "action" object, valid
 * until the next call. Counts like a request. */
const json *sb_fault(struct sb *sb, const char *peer, const char *what);
/* Adds a script as POST /_control/faults does; NULL, or what is wrong with it. */
const char *sb_fault_add(struct sb *sb, const json *script);

/* ---- WebSocket ------------------------------------------------------------------------------ */

enum sb_pong { SB_PONG_NOW, SB_PONG_LATE, SB_PONG_NEVER };

struct sb_ws_ops {
	void (*message)(void *arg, struct sb_ws *ws, const char *text, size_t n, bool binary);
	void (*pong)(void *arg, struct sb_ws *ws); /* may be NULL */
	void (*closed)(
	        void *arg, struct sb_ws *ws, int code); /* last call; code 1006 = no close frame */
};

/* Answers an upgrade request with 101. NULL (and a 400 sent) when it is none. Finishes rs. */
struct sb_ws *sb_ws_accept(const struct sb_request *rq, struct sb_response *rs,
        const struct sb_ws_ops *ops, void *arg);
void sb_ws_text(struct sb_ws *ws, const char *s, size_t n);
/* Any frame: opcode 0 continuation, 1 text, 2 binary, 9 ping, 10 pong. */
void sb_ws_frame(struct sb_ws *ws, bool fin, int opcode, const void *data, size_t n);
void sb_ws_raw(struct sb_ws *ws, const void *bytes, size_t n);    /* bytes as they are */
void sb_ws_close(struct sb_ws *ws, int code, const char *reason); /* close frame, then TCP */
void sb_ws_cut(struct sb_ws *ws);                                 /* TCP reset, no close frame */
void sb_ws_hang_up(struct sb_ws *ws); /* after what is written, without a close frame */
void sb_ws_pong(struct sb_ws *ws, enum sb_pong mode, uint32_t late_ms);
void sb_ws_deaf(struct sb_ws *ws, bool deaf); /* stops reading: a peer that fell silent */

#endif
