/*
 * pages.h - the local HTTP server, on the loop: health, metrics, runs, incidents.
 *
 * GET and HEAD only, no request bodies, HTTP/1.1, no TLS (a reverse proxy has it). On a loopback
 * address everything is open, but the Host header must name this machine (a web page elsewhere can
 * make a browser send requests here, under its own name). On any other address a token is required:
 * "Authorization: Bearer TOKEN", or once "?token=TOKEN", which sets a cookie and redirects to the
 * address without it. Routes marked `open` answer without (health checks of a platform).
 *
 * A route's function runs on the loop: a few quick reads, no waiting.
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
	bool trusted;        /* with token, or on loopback; false only on open routes */
};

struct page_answer {
	int status;               /* 200 to begin with */
	const char *content_type; /* "text/html; charset=utf-8" to begin with */
	const char *body;         /* in the arena or constant; "" to begin with */
	size_t len;               /* 0 = strlen(body) */
	const char *location;     /* with a 303; NULL */
	int refresh_s;            /* the browser asks again after so long; 0 = never */
};

typedef void (*page_fn)(void *ctx, const struct page_request *q, struct page_answer *out);

struct page_route {
	const char *path; /* exact; one that ends in "/" also takes everything below it */
	page_fn fn;
	bool open;
};

struct pages_options {
	const char *host;  /* address to listen on: "127.0.0.1", "::1", "0.0.0.0", "::" */
	int port;          /* 0 = any free one, see pages_port */
	const char *token; /* NULL = none: refused when host is not loopback */
};

/* Starts listening. ERR_CONFIG: no token for an address that others can reach, not an address;
 * ERR_SYS: in use. Before or on the loop. */
struct pages *pages_new(struct ioloop *l, const struct pages_options *o, struct err *e);
/* Adds a table of routes, ended by an entry without a path; borrowed. The first that fits answers,
 * tables in the order they were added. Before the loop runs; at most 4 tables. */
void pages_add(struct pages *p, const struct page_route *routes, void *ctx);
void pages_free(struct pages *p); /* after ioloop_free; NULL is fine */
int pages_port(const struct pages *p);

/* The value of a query parameter; NULL when absent. */
const char *page_param(const struct page_request *q, const char *name);

/* True for 127.0.0.0/8, ::1 and "localhost". */
bool pages_is_loopback(const char *host);
/* Compares in a time that depends on the length of `given` only. */
bool pages_same_token(const char *token, const char *given);

#endif
