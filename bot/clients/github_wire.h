/*
 * github_wire.h - requests to GitHub and the classification of its answers; for github*.c.
 */
#ifndef CLIENTS_GITHUB_WIRE_H
#define CLIENTS_GITHUB_WIRE_H

#include "github.h"
#include "json.h"
#include "net/http.h"
#include "str.h"

struct github {
	struct http *http;      /* the worker's */
	char *url;              /* without a slash at the end */
	char *token;            /* NULL with an App */
	struct github_app *app; /* NULL with a token */
	uint32_t timeout_ms;
};

struct gh_call;

/* github_app.c. A key that is none is told by the first request. */
struct github_app *gh_app_new(const char *id, const char *pem);
void gh_app_free(struct github *g); /* revokes */
/* The token for a request of this method and path: of the repository in it, or the App's own web
 * token outside of one. NULL and `e`. */
const char *gh_app_token(struct github *g, struct arena *a, const struct gh_call *c, struct err *e);

/* One request. `path` starts with "/"; `what` completes "GitHub: …". */
struct gh_call {
	const char *method; /* NULL = GET, POST with a body */
	const char *path, *what;
	const char *accept; /* NULL = JSON */
	const json *body;
	const char *bearer;   /* instead of the client's own; NULL */
	const char *raw_json; /* a body that does not pass the gate: a file's bytes; NULL = none */
	size_t max_bytes;     /* 0 = 8 MiB */
	int status;           /* out: of the answer; 0 = none came */
	const char *raw;      /* out: the body */
	size_t raw_len;
	const char *type; /* out: its content type */
};

/* True for 2xx; `out` (may be NULL) is the JSON, NULL when the answer has none. */
bool gh_do(struct github *g, struct arena *a, struct gh_call *c, const json **out, struct err *e);

/* For requests side by side: what gh_do does before and after. False when the App gets no token. */
bool gh_request(struct github *g, struct arena *a, const struct gh_call *c,
        struct http_request *out, struct err *e);
bool gh_reply(struct arena *a, const struct http_response *r, struct gh_call *c, const json **out,
        struct err *e);

/* "/repos/<repo>" and the printf of the rest. The repository was checked by gh_repo(). */
const char *gh_path(struct arena *a, const char *repo, const char *fmt, ...)
        __attribute__((format(printf, 3, 4)));
/* ERR_INPUT unless github_repo_ok. */
bool gh_repo(const char *repo, struct err *e);
/* Escaped for a path, its slashes kept: refs and file names. */
const char *gh_ref(struct arena *a, const char *ref);
/* RFC 3339 of a member; 0 when absent. */
int64_t gh_time(const json *j, const char *path);

#endif
