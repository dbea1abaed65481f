/*
 * ws.h - one WebSocket client connection (RFC 6455) on the loop.
 *
 * Text messages only: fragments are put together, binary ones ignored, pings answered. Every stage
 * has a deadline; a connection on which nothing is heard for dead_ms is given up, whatever TCP
 * thinks. wss:// verifies chain and name; ws:// is for loopback only. A proxy is taken from
 * https_proxy / all_proxy / no_proxy (HTTP proxies by CONNECT). Redirects are refused.
 *
 * Life: ws_open returns at once; then on_open at most once, on_text any number of times, and
 * exactly one on_gone, after which the struct ws is gone. Callbacks come from the loop (on_gone
 * also from ioloop_free), never from within ws_open, ws_send or ws_close. Thread: the loop.
 */
#ifndef NET_WS_H
#define NET_WS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"
#include "net/ioloop.h"

struct ws;

/* Why it ended. */
struct ws_end {
	struct err err;  /* a sentence without the URL; ERR_NONE when we closed it ourselves */
	bool opened;     /* it had been open */
	int http_status; /* the upgrade was answered with this instead of 101; 0 = no answer */
	int close_code;  /* the peer's; 0 = none */
	char close_text[124];
};

struct ws_options {
	const char *url;    /* wss://host[:port]/path?query; a secret: never logged; copied */
	int64_t connect_ms; /* name, TCP, TLS, upgrade; 0 = 15,000 */
	int64_t ping_ms;    /* 0 = 12,000 */
	int64_t dead_ms;    /* nothing heard (message or pong) for so long; 0 = 36,000 */
	int64_t close_ms;   /* wait for the peer's half of the close; 0 = 2,000 */
	size_t max_bytes;   /* of one message; larger ones close with 1009; 0 = 1 MiB */
	void (*on_open)(void *ctx);
	/* A whole message, NUL-terminated behind its n bytes; valid during the call. */
	void (*on_text)(void *ctx, const char *text, size_t n);
	void (*on_gone)(void *ctx, const struct ws_end *end);
	void *ctx;
};

struct ws *ws_open(struct ioloop *l, const struct ws_options *o);

/* Queues one message, sent as one frame. False: not open (any more), nothing was taken. */
bool ws_send(struct ws *w, const char *text, size_t n);

/* Sends what is queued, then a close frame; on_gone within close_ms. May be called in any state. */
void ws_close(struct ws *w, int code, const char *reason);
/* No callback any more, from now on; the connection is cut. */
void ws_abandon(struct ws *w);

/* The parts of a URL, for tests: false when it is not ws:// or wss://. */
struct ws_url {
	bool tls;
	int port;
	char host[256];  /* without brackets */
	char path[2048]; /* with the query, at least "/" */
};
bool ws_url_parse(const char *url, struct ws_url *out);

#endif
