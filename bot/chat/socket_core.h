/*
 * socket_core.h - how Socket Mode decides. Pure: events in, actions out; no socket, no clock.
 *
 * There are up to two connections in use:
 *
 *	CUR	the one that said hello last; it is the connection
 *	OLD	its predecessor: still read and acknowledged on, until Slack closes it or drain_ms
 *
 * and at most one attempt to get the next (NEXT), whose progress is the state:
 *
 *	NONE	no attempt; nothing is wrong
 *	WAIT	one is due when the RETRY timer rings
 *	ASK	apps.connections.open is under way on the helper thread
 *	DIAL	the socket connects (TCP, TLS, upgrade)
 *	GREET	the socket is up, Slack has not said hello
 *	END	we are leaving
 *
 *	                  START, CUR ends,                           UP
 *	          NONE ───refresh, timer──▶ WAIT ──RETRY──▶ ASK ──URL──▶ DIAL ──▶ GREET
 *	            ▲                        ▲               │            │         │
 *	            │                        └── back-off ───┴── failure ─┴─────────┤
 *	            └── hello: NEXT becomes CUR, CUR becomes OLD ───────────────────┘
 *
 * Make before break: on `warning`, `refresh_requested` and by timer at 0.9 of the announced life,
 * the next connection is made while CUR goes on serving; only its hello makes it OLD.
 *
 * Waiting: the first loss of a healthy connection is answered at once (0..quick_ms). Each failure,
 * and each connection that did not live stable_ms, makes the next wait first_ms, then twice as
 * much, up to max_ms, all +-20 %; nothing but a life of stable_ms sets it back. A refresh that
 *Slack asks for after calm_ms of service is no failure: it is answered at once and changes nothing
 *of this, else a gap would follow when Slack refreshes often. So there is no sequence of events
 *that turns into a burst: see the tests. It never gives up.
 *
 * What a person has to put right (dead token, missing scope, Socket Mode switched off) is reported
 * once and tried again each slow_ms. too_many_websockets: our spare connection is closed and the
 * back-off begins at crowd_ms.
 *
 * The table of all this is in socket_core.c.
 */
#ifndef CHAT_SOCKET_CORE_H
#define CHAT_SOCKET_CORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum socket_state { SOCKET_NONE, SOCKET_WAIT, SOCKET_ASK, SOCKET_DIAL, SOCKET_GREET, SOCKET_END };
enum { SOCKET_STATES = 6 };

enum socket_role { ROLE_NEXT, ROLE_CUR, ROLE_OLD };
enum { SOCKET_ROLES = 3 };

enum socket_event_kind {
	EVENT_START,
	EVENT_RETRY,      /* the timer of WAIT */
	EVENT_URL,        /* an address was given */
	EVENT_URL_FAILED, /* it was not; ms = Retry-After or 0 */
	EVENT_URL_DENIED, /* it will not be until a person acts */
	EVENT_UP,         /* NEXT is connected */
	EVENT_HELLO,      /* NEXT said hello; ms = its announced life, 0 = unknown */
	EVENT_STAGE,      /* the deadline of GREET */
	EVENT_CROWD,      /* too_many_websockets, on NEXT or CUR */
	EVENT_DISABLED,   /* link_disabled, on any */
	EVENT_REFRESH, /* CUR is to be replaced: warning, refresh_requested, unknown, own timer */
	EVENT_NEXT_LEAVES, /* a disconnect of any other reason on NEXT */
	EVENT_NEXT_GONE,
	EVENT_CUR_GONE,
	EVENT_OLD_GONE,
	EVENT_DRAINED, /* the timer of OLD */
	EVENT_STOP,
};
enum { SOCKET_EVENTS = 17 };

struct socket_event {
	enum socket_event_kind kind;
	int64_t now_ms;  /* monotonic */
	uint32_t random; /* for jitter */
	int64_t ms;
};

enum socket_timer { TIMER_RETRY, TIMER_STAGE, TIMER_REFRESH, TIMER_DRAIN };
enum { SOCKET_TIMERS = 4 };

enum socket_action_kind {
	ACTION_ASK,     /* call apps.connections.open */
	ACTION_DIAL,    /* open NEXT with the address just given */
	ACTION_CLOSE,   /* close role with code; its GONE may still come or not */
	ACTION_PROMOTE, /* CUR becomes OLD, NEXT becomes CUR */
	ACTION_ARM,     /* set timer to ms */
	ACTION_CANCEL,  /* stop timer */
	ACTION_DOWN,    /* there is no usable connection any more */
	ACTION_UP,      /* there is one again */
};

struct socket_action {
	enum socket_action_kind kind;
	enum socket_role role;
	enum socket_timer timer;
	int64_t ms;
};

#define SOCKET_MAX_ACTIONS 12
struct socket_actions {
	size_t n;
	struct socket_action a[SOCKET_MAX_ACTIONS];
};

struct socket_limits {
	int64_t quick_ms;  /* 100 */
	int64_t first_ms;  /* 1,000 */
	int64_t max_ms;    /* 60,000 */
	int64_t crowd_ms;  /* 5,000 */
	int64_t slow_ms;   /* 300,000 */
	int64_t hello_ms;  /* 10,000 */
	int64_t drain_ms;  /* 15,000 */
	int64_t calm_ms;   /* 5,000 */
	int64_t stable_ms; /* 60,000 */
};

struct socket_core {
	struct socket_limits limits;
	enum socket_state state;
	bool cur, old;        /* there is one */
	bool slow;            /* a person has to act */
	unsigned failures;    /* since the last healthy life */
	int64_t cur_since_ms; /* its hello */
};

void socket_core_init(struct socket_core *c, const struct socket_limits *limits);
/* Takes one event, changes *c, fills *out. Any event may come in any state. */
void socket_core_step(
        struct socket_core *c, const struct socket_event *ev, struct socket_actions *out);

const char *socket_state_name(enum socket_state s);

#endif
