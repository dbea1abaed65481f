/*
 * http.h - blocking HTTP on libcurl: the only way out of the process besides the WebSocket.
 *
 * Never retries, never follows a redirect (a redirect would carry the token). Connections are kept
 * alive per `struct http`; one struct per worker thread. Proxy by https_proxy / http_proxy /
 * no_proxy. TLS verifies the chain and the name. Every string value of a JSON body passes the gate
 * (redaction) before it is printed: there is no other way to send JSON. Nothing of a request or an
 * answer is logged but method, host, path without query, status and time.
 */
#ifndef HEAL_NET_HTTP_H
#define HEAL_NET_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "err.h"
#include "json.h"

struct http; /* belongs to one thread */

struct http *http_new(void);
void http_free(struct http *h);

/* Asked every tenth of a second while a transfer of h is under way: false ends it with e (which
 * go_on fills; `ambiguous` is set when the request had been written). NULL = none. Thread: h's. */
typedef bool (*http_go_on_fn)(void *ctx, struct err *e);
void http_set_go_on(struct http *h, http_go_on_fn fn, void *ctx);

/* Once per process, before and after everything else. */
void http_global_init(void);
void http_global_fini(void);

/* The gate: called for every string value of every JSON body that leaves, with the destination's
 * host. Set once at start, before threads. Without a gate, JSON bodies are refused (ERR_CONFIG), so
 * that a program that forgot it cannot leak. http_gate_none is for tests. */
typedef const char *(*http_gate_fn)(void *ctx, struct arena *a, const char *host, const char *text);
void http_set_gate(http_gate_fn fn, void *ctx);
/* Every string of body through the gate, for bodies that are no JSON in the end (forms, uploads of
 * text). False: there is none, and nothing may leave. */
bool http_gate(struct arena *a, json *body, const char *host);
const char *http_gate_none(void *ctx, struct arena *a, const char *host, const char *text);

/* When set and true, transfers under way end within a tenth of a second with ERR_CANCELED
 * (shutdown). Write it with __atomic_store_n. Set once at start, before threads; NULL = never. */
void http_set_stop(const volatile bool *stop);
/* What it says. Thread: any. */
bool http_stopping(void);

struct http_header {
	const char *name;
	const char *value; /* may hold a secret: never logged, never in an error */
};

struct http_request {
	const char *method; /* NULL = GET without a body, POST with one */
	const char *url;
	const struct http_header *headers; /* ended by {NULL, NULL}; NULL = none */
	const char *bearer;                /* Authorization: Bearer …; NULL = none */
	const char *basic_user, *basic_password;
	const json *body_json; /* at most one of the three bodies; sets Content-Type */
	const char *body_form; /* already encoded by str_url */
	const void *body_raw;  /* uploads */
	size_t body_raw_len;
	bool secret_path; /* the address itself is a secret (response_url): only its host is logged
	                   */
	uint32_t connect_timeout_ms; /* 0 = 5,000 */
	uint32_t timeout_ms;         /* whole request; 0 = 20,000 */
	size_t max_bytes;            /* of the answer; 0 = 8 MiB; more is ERR_PROTO */
	/* Streaming (server-sent events): called with each piece of a 2xx answer; return false to
	 * end the transfer normally. With on_data, `timeout_ms` is the longest silence and the body
	 * is not kept; an answer that is not 2xx comes as a body, as always. */
	bool (*on_data)(void *ctx, const char *p, size_t n);
	void *on_data_ctx;
};

struct http_response {
	int status;
	const char *body; /* NUL-terminated, in the arena; "" when empty */
	size_t len;
	const char *content_type;          /* "" when absent */
	int64_t retry_after_ms;            /* Retry-After as seconds or HTTP date; -1 = none */
	const struct http_header *headers; /* ended by {NULL, NULL}; see http_header() */
	const char *sent; /* a JSON body as it left, behind the gate (arena); NULL = none. Set also
	                     when http_do fails after the request was begun. */
};

/* Performs the request. True when an HTTP answer arrived, whatever its status. False: ERR_NET,
 * ERR_TIMEOUT, ERR_PROTO (too large), ERR_CANCELED, ERR_CONFIG (URL, certificate, no gate);
 * e->ambiguous when the request was written as a whole, so that the peer may have acted on it. A
 * request with a body is written once: not even a connection found dead makes it go out again. */
bool http_do(struct http *h, struct arena *a, const struct http_request *r,
        struct http_response *out, struct err *e);

/* Several requests side by side on one connection pool. ok[i] and errs[i] say how each ended. */
void http_do_all(struct http *h, struct arena *a, const struct http_request *r, size_t n,
        struct http_response *out, bool *ok, struct err *errs);

/* Value of an answer's header, case-insensitive; NULL when absent. */
const char *http_header(const struct http_response *r, const char *name);

/* The value of a Retry-After header (RFC 9110, 10.2.3: seconds or a date) as ms from now_ms (wall),
 * at most a day; -1 when value is NULL or neither. */
int64_t http_retry_after_ms(const char *value, int64_t now_ms);

/* The common classification of a status that is not 2xx, for clients that have nothing better:
 * 401 AUTH, 403 FORBIDDEN, 404 NOT_FOUND, 409 CONFLICT, 408/425/5xx STATUS retryable, 429 LIMITED
 * with Retry-After; 408 and 5xx are ambiguous. `who` is the peer's name for the sentence. Always
 * false. */
bool http_status_err(const struct http_response *r, const char *who, struct err *e);

#endif
