/*
 * opencode_wire.h - requests to OpenCode and the classification of its answers; for opencode*.c.
 */
#ifndef CLIENTS_OPENCODE_WIRE_H
#define CLIENTS_OPENCODE_WIRE_H

#include "net/http.h"
#include "opencode.h"

struct opencode {
	struct http *http; /* the worker's */
	char *url;         /* without a slash at the end */
	char *user, *password, *directory;
	uint32_t timeout_ms;
};

/* The absolute URL of `path` ("/session" or "/session?x=y") in the configured directory. */
const char *oc_url(const struct opencode *o, struct arena *a, const char *path);
/* "/session/<id><rest>", the id escaped. */
const char *oc_session_path(struct arena *a, const char *session, const char *rest);

/* A request ready for http_do: credentials and time-out in it. method NULL = GET, POST with body.
 */
struct http_request oc_request(const struct opencode *o, struct arena *a, const char *method,
        const char *path, const json *body);

/* Turns an answer into its JSON (NULL for 204) or an error. `what` completes "OpenCode: …". */
bool oc_reply(const struct opencode *o, struct arena *a, const struct http_response *r,
        const char *what, const json **out, struct err *e);

/* oc_request, http_do and oc_reply in one; `out` may be NULL. */
struct oc_call {
	const char *method, *path, *what;
	const json *body;
};
bool oc_do(struct opencode *o, struct arena *a, const struct oc_call *c, const json **out,
        struct err *e);

/* A session as the server writes it. False when it has no id. */
bool oc_session_parse(const json *j, struct arena *a, struct opencode_session *out);

/* Message list, todo list and the two lists of what waits, into a view; tolerant of anything that
 * is missing or unknown. */
void oc_messages_parse(struct arena *a, const json *list, struct opencode_view *v);
void oc_todos_parse(struct arena *a, const json *list, struct opencode_view *v);
void oc_status_parse(const json *all, const char *session, struct opencode_view *v);
/* Appends; the array has room for json_len of both lists. */
void oc_asks_parse(struct arena *a, const json *list, bool questions, struct opencode_view *v);

#endif
