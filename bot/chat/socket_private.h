/* socket_private.h - shared by socket_mode.c (life, doing what the core says), socket_link.c
 * (getting an address, sockets) and socket_work.c (envelopes and acknowledgements). */
#ifndef CHAT_SOCKET_PRIVATE_H
#define CHAT_SOCKET_PRIVATE_H

#include "chat/socket_core.h"
#include "chat/socket_mode.h"
#include "net/ws.h"

/* One socket. In sm->link[role] while it has a role; without one it is on its way out. */
struct link {
	struct socket_mode *sm;
	struct ws *ws;
	uint64_t serial;
	struct link *prev, *next;
};

/* A call of apps.connections.open. It outlives sm when sm is freed meanwhile (sm is NULL then). */
struct ask {
	struct socket_mode *sm;
	struct arena *a;
	const char *api_url, *app_token;
	const char *url;
	bool ok;
	struct err err;
};

struct socket_mode {
	struct ioloop *l;
	struct socket_mode_options o;
	struct arena *a; /* copies of the options */
	struct socket_core core;
	struct ioloop_timer *timer[SOCKET_TIMERS];
	struct link *link[SOCKET_ROLES];
	struct link links;         /* ring of all */
	struct socket_work *works; /* that wait for an acknowledgement */
	struct ask *ask;           /* under way; NULL = none */
	char *url;                 /* just given; secret, for one use */
	uint64_t serial;
	bool stopped;
	struct socket_mode_stats stats;
	char trouble[400];
};

/* socket_mode.c: an event for the core; what it answers is done. */
void socket_feed(struct socket_mode *sm, enum socket_event_kind kind, int64_t ms);
void socket_check_stopped(struct socket_mode *sm);

/* socket_link.c */
void socket_ask(struct socket_mode *sm);
void socket_dial(struct socket_mode *sm);
void socket_free_link(struct link *k);
/* Sends on the socket with that serial, else on the newest; false when none is open. */
bool socket_send(struct socket_mode *sm, uint64_t serial, const char *text);

/* socket_work.c: takes the arena. */
void socket_take(struct link *k, struct arena *a, const struct envelope *env);
/* A connection is there again: what waited for one is sent. */
void socket_flush_late(struct socket_mode *sm);
/* Those at the store come back later and are only released then. */
void socket_free_works(struct socket_mode *sm);

#endif
