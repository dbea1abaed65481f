/*
 * socket_mode.h - a connection to Slack that is always there.
 *
 * Asks apps.connections.open for an address (on the helper thread), dials it, waits for hello,
 * hands every envelope to `take`, acknowledges it when told, and replaces the connection before
 * Slack ends it. How it decides is socket_core.h; this is the part with sockets and timers.
 * Thread: the loop.
 */
#ifndef CHAT_SOCKET_MODE_H
#define CHAT_SOCKET_MODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "chat/envelope.h"
#include "net/ioloop.h"

struct socket_mode;

/* One envelope that waits for its acknowledgement. */
struct socket_work {
	struct arena *a;     /* its own; everything below lives in it */
	struct envelope env; /* kind ENVELOPE_WORK */
	int64_t received_ms; /* wall */
	int64_t received_us; /* monotonic */
	/* private */
	struct socket_mode *sm;
	uint64_t link;
	const char *late; /* the acknowledgement, while no socket is there */
	struct socket_work *prev, *next;
};

struct socket_mode_options {
	const char *api_url;   /* of the Web API */
	const char *app_token; /* xapp-…; secret */
	int64_t ping_ms, dead_ms;
	int64_t slow_ms; /* between tries while a person has to act (dead token, Socket Mode off);
	                    0 = 5 min */
	int64_t first_ms, max_ms;              /* back-off; 0 = 1,000 and 60,000 */
	int64_t hello_ms, drain_ms, stable_ms; /* 0 = 10,000, 15,000, 60,000; see socket_core.h */
	size_t max_waiting; /* envelopes without acknowledgement; 0 = 10,000; more are left to Slack
	                       to deliver again */
	/* Commit it, then call socket_mode_ack or socket_mode_refuse on the loop, once. */
	void (*take)(void *ctx, struct socket_work *work);
	/* A connection with hello is there (first: it had been none), or none is there any more. */
	void (*on_link)(void *ctx, bool up);
	/* After socket_mode_stop: everything is closed. */
	void (*on_stopped)(void *ctx);
	void *ctx;
};

struct socket_mode *socket_mode_new(struct ioloop *l, const struct socket_mode_options *o);
void socket_mode_start(struct socket_mode *sm);
/* Closes every socket with 1000; on_stopped within about 2 s. */
void socket_mode_stop(struct socket_mode *sm);
/* Cuts what is still open. On the loop thread, before ioloop_free; works that come back later are
 * only released. NULL is fine. */
void socket_mode_free(struct socket_mode *sm);

/* Acknowledges on the socket it came from, else on the newest, else on the next one if that comes
 * within the 3 s that Slack waits; takes work. payload may be NULL. */
void socket_mode_ack(struct socket_work *work, const json *payload);
/* It could not be stored: an event is left for Slack to deliver again, a person is told `text`
 * (plain text) if the envelope allows an answer. Frees work. */
void socket_mode_refuse(struct socket_work *work, const char *text);

struct socket_mode_stats {
	bool up;               /* a connection with hello */
	int64_t last_hello_ms; /* wall; 0 = never */
	int64_t down_since_ms; /* wall; 0 = it is up */
	int64_t last_heard_ms; /* wall, any message */
	uint64_t hellos, reconnects, opens, open_failures;
	uint64_t envelopes, retries; /* received; of them with retry_attempt > 0 */
	uint64_t acks, acks_lost;    /* lost: no socket was there in time */
	uint64_t refused, unreadable, overflow;
	size_t waiting;
	const char *trouble; /* why it is down, for a person; "" */
};
void socket_mode_stats(const struct socket_mode *sm, struct socket_mode_stats *out);

#endif
