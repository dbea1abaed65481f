/* ws_private.h - shared by ws.c (life), ws_dial.c (from a URL to a socket), ws_io.c (frames). */
#ifndef NET_WS_PRIVATE_H
#define NET_WS_PRIVATE_H

#include <libwebsockets.h>

#include "net/proxy.h"
#include "net/ws.h"

#define WS_MAX_ADDRESSES 4

enum ws_state {
	WS_RESOLVING,  /* the helper thread looks the name up */
	WS_CONNECTING, /* TCP, TLS, upgrade */
	WS_OPEN,
	WS_CLOSING, /* our close frame is due or sent */
	WS_GONE,    /* on_gone was called; waits for the library to let go of the socket */
};

struct ws_frame {
	struct ws_frame *next;
	size_t len;
	unsigned char bytes[]; /* LWS_PRE, then the text: lws_write masks it in place */
};

struct ws {
	struct ioloop *l;
	struct ws_options o; /* url is NULL here */
	struct ws_url *url;
	enum ws_state state;
	bool abandoned;
	bool resolving; /* a job on the helper holds us */
	bool dialling;  /* inside lws_client_connect_via_info */

	/* addresses of the host, or of the proxy */
	bool proxied;
	struct proxy proxy;
	char address[WS_MAX_ADDRESSES][48];
	int naddress, next_address;
	char trouble[96]; /* with the last address */

	struct lws *wsi;             /* NULL when the library has none (any more) */
	struct ioloop_timer *stage;  /* deadline of connecting, then of closing */
	struct ioloop_timer *budget; /* of one address, when there are several */
	struct ioloop_timer *live;
	int64_t heard_ms;
	bool ping_due;

	char *rx;
	size_t rx_len, rx_cap;
	bool rx_skip; /* the rest of this message is not wanted */

	struct ws_frame *first, *last;
	int close_code;
	bool close_sent;
	char close_reason[64];
	struct ws_end end;
};

/* ws_dial.c: starts with the name look-up; ends in an open connection or in ws_fail. */
void ws_dial(struct ws *w);
/* The library let go of the socket while connecting: next address, or ws_fail. */
void ws_dial_ended(struct ws *w);

void ws_budget_over(void *arg);

/* ws_io.c */
void ws_receive(struct ws *w, const char *p, size_t n);
int ws_writeable(struct ws *w);
void ws_drop_frames(struct ws *w);

/* ws.c: frees w when it is over and nobody holds it. */
void ws_release(struct ws *w);
/* The connection is over for the owner; w->end says why. */
void ws_over(struct ws *w);
void ws_fail(struct ws *w, enum err_code code, const char *fmt, ...)
        __attribute__((format(printf, 3, 4)));

#endif
