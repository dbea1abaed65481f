/*
 * pages.h - the local HTTP server: health, metrics, runs, incidents. Read-only.
 *
 * HTTP/1.1, no TLS (a reverse proxy has it). GET and HEAD, without a body; POST only to /sign-in
 * and /sign-out. One request for each connection, which ends with its answer.
 *
 * Who may see what. Routes marked `open` answer to everybody (health checks of a platform, the
 * style sheet). Without a token the others answer on a loopback address only, and the Host header
 * must name this machine (a web page elsewhere can make a browser send requests here, under its own
 * name: DNS rebinding); on any other address they say that HEAL_HTTP_TOKEN is missing. With a
 * token: "Authorization: Bearer TOKEN", or the form that browsers get, which gives a session cookie
 * (HttpOnly, SameSite=Strict, 12 hours, at most 16 at once). A token is never part of an address.
 *
 * Threads. Parsing, rights and sending are on the loop. A route's function runs on the pages' own
 * thread (net/helper.h), one page at a time, and may read the store; Slack never waits for it. What
 * it needs of the loop's parts, its route's `look` copies on the loop first. At most 32 pages wait
 * (503 beyond), answers on their way are at most 32 MiB together, and one that is not taken within
 * two minutes is cut.
 */
#ifndef NET_PAGES_H
#define NET_PAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "err.h"
#include "net/ioloop.h"

struct pages;

struct page_request {
	struct arena *a;     /* for the answer; freed when it is sent */
	const char *path;    /* decoded, "/runs/42" */
	const char *rest;    /* what follows the route's path: "42" for the route "/runs/" */
	const char **params; /* "name=value", decoded, NULL-terminated; see page_param */
	const void *seen;    /* what the route's `look` copied; NULL without one */
	bool trusted;        /* with token, or on loopback; false only on open routes */
	bool signed_in;      /* by cookie: there is something to sign out of */
};

struct page_answer {
	int status;               /* 200 to begin with */
	const char *content_type; /* "text/html; charset=utf-8" to begin with */
	const char *body;         /* in the arena or constant; "" to begin with */
	size_t len;               /* 0 = strlen(body) */
	const char *location;     /* with a 303; NULL */
	const char *download;     /* file name, [A-Za-z0-9._-] only: saved, not shown; NULL */
	int refresh_s;            /* the browser asks again after so long; 0 = never */
	int cache_s;              /* may be kept so long; 0 = no-store */
};

typedef void (*page_fn)(void *ctx, const struct page_request *q, struct page_answer *out);

struct page_route {
	const char *path; /* exact; one that ends in "/" also takes everything below it */
	page_fn fn;
	bool open;
	bool urgent; /* before the pages that wait: health */
	/* On the loop, before fn: copies into `a` what fn may not read itself. NULL = nothing. */
	const void *(*look)(void *ctx, struct arena *a);
};

/* The sign-in form. `to`: the page asked for, sent back as field "to" beside "token" by POST to
 * /sign-in; `wrong`: the token given before was not right. On the loop. */
typedef void (*page_form_fn)(
        const struct page_request *q, const char *to, bool wrong, struct page_answer *out);

struct pages_options {
	const char *host;  /* address to listen on: "127.0.0.1", "::1", "0.0.0.0", "::" */
	int port;          /* 0 = any free one, see pages_port */
	const char *token; /* NULL = none: then open routes only when host is not loopback */
	page_form_fn form; /* NULL = browsers get the same plain words as others */
};

/* Starts listening. ERR_SYS: in use, not an address of this machine. Before or on the loop. */
struct pages *pages_new(struct ioloop *l, const struct pages_options *o, struct err *e);
/* Adds a table of routes, ended by an entry without a path; borrowed. The first that fits answers,
 * tables in the order they were added. Before the loop runs; at most 4 tables. */
void pages_add(struct pages *p, const struct page_route *routes, void *ctx);
/* Ends the pages' thread: nobody reads the store through it any more. After ioloop_run returned. */
void pages_stop(struct pages *p);
void pages_free(struct pages *p); /* after ioloop_free; NULL is fine */
int pages_port(const struct pages *p);

/* The value of a query parameter; NULL when absent. */
const char *page_param(const struct page_request *q, const char *name);

/* True for 127.0.0.0/8, ::1 and "localhost". */
bool pages_is_loopback(const char *host);
/* Compares in a time that depends on the length of `given` only. */
bool pages_same_token(const char *token, const char *given);

#endif
