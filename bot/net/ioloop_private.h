/* ioloop_private.h - the names by which ioloop.c and ws.c know each other. */
#ifndef NET_IOLOOP_PRIVATE_H
#define NET_IOLOOP_PRIVATE_H

#include <libwebsockets.h>

#define IOLOOP_WS "heal-ws"

/* ws.c: every event of a WebSocket client connection. `user` is the struct ws. */
int ws_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t n);

#endif
