/*
 * socket_mode.c - see socket_mode.h. Turns callbacks and timers into events for socket_core.c and
 * does what it says. socket_link.c has the sockets, socket_work.c the envelopes.
 */
#include "chat/socket_mode.h"

#include <stdio.h>
#include <stdlib.h>

#include "chat/socket_private.h"
#include "clock.h"
#include "log.h"
#include "net/backoff.h"

#define CLOSE_NORMAL 1000
#define MAX_WAITING  10000

void socket_check_stopped(struct socket_mode *sm)
{
	if (sm->core.state != SOCKET_END || sm->links.next != &sm->links || sm->stopped)
		return;
	sm->stopped = true;
	if (sm->o.on_stopped)
		sm->o.on_stopped(sm->o.ctx);
}

static void close_role(struct socket_mode *sm, enum socket_role role)
{
	struct link *k = sm->link[role];

	sm->link[role] = NULL;
	if (k)
		ws_close(k->ws, CLOSE_NORMAL, "");
}

static void went(struct socket_mode *sm, bool up)
{
	sm->stats.up = up;
	sm->stats.down_since_ms = up ? 0 : clock_now_ms();
	if (up)
		log_info("slack", "Socket Mode is connected");
	if (sm->o.on_link)
		sm->o.on_link(sm->o.ctx, up);
}

static void perform(struct socket_mode *sm, const struct socket_action *act)
{
	switch (act->kind) {
	case ACTION_ASK:
		socket_ask(sm);
		break;
	case ACTION_DIAL:
		socket_dial(sm);
		break;
	case ACTION_CLOSE:
		close_role(sm, act->role);
		break;
	case ACTION_PROMOTE:
		sm->link[ROLE_OLD] = sm->link[ROLE_CUR];
		sm->link[ROLE_CUR] = sm->link[ROLE_NEXT];
		sm->link[ROLE_NEXT] = NULL;
		break;
	case ACTION_ARM:
		ioloop_timer_set(sm->timer[act->timer], act->ms);
		break;
	case ACTION_CANCEL:
		ioloop_timer_cancel(sm->timer[act->timer]);
		break;
	case ACTION_UP:
		socket_flush_late(sm);
		went(sm, true);
		break;
	case ACTION_DOWN:
		went(sm, false);
		break;
	}
}

void socket_feed(struct socket_mode *sm, enum socket_event_kind kind, int64_t ms)
{
	struct socket_event ev = {
	        .kind = kind, .now_ms = clock_mono_ms(), .random = backoff_random(), .ms = ms};
	enum socket_state before = sm->core.state;
	struct socket_actions out = {.n = 0};

	socket_core_step(&sm->core, &ev, &out);
	if (sm->core.state != before)
		log_debug("slack", "Socket Mode: %s -> %s", socket_state_name(before),
		        socket_state_name(sm->core.state));
	for (size_t i = 0; i < out.n; i++)
		perform(sm, &out.a[i]);
}

static void on_retry(void *arg)
{
	socket_feed(arg, EVENT_RETRY, 0);
}

static void on_stage(void *arg)
{
	struct socket_mode *sm = arg;

	snprintf(sm->trouble, sizeof(sm->trouble), "Slack did not say hello on a new connection");
	socket_feed(sm, EVENT_STAGE, 0);
}

static void on_refresh(void *arg)
{
	socket_feed(arg, EVENT_REFRESH, 0);
}

static void on_drained(void *arg)
{
	socket_feed(arg, EVENT_DRAINED, 0);
}

/* ---- life ----------------------------------------------------------------------------------- */

static int64_t or_default(int64_t v, int64_t def)
{
	return v > 0 ? v : def;
}

struct socket_mode *socket_mode_new(struct ioloop *l, const struct socket_mode_options *o)
{
	static void (*const fire[])(void *) = {
	        [TIMER_RETRY] = on_retry,
	        [TIMER_STAGE] = on_stage,
	        [TIMER_REFRESH] = on_refresh,
	        [TIMER_DRAIN] = on_drained,
	};
	struct socket_mode *sm = calloc(1, sizeof(*sm));
	struct socket_limits limits = {
	        .quick_ms = 100,
	        .first_ms = or_default(o->first_ms, 1000),
	        .max_ms = or_default(o->max_ms, 60000),
	        .crowd_ms = 5 * or_default(o->first_ms, 1000),
	        .slow_ms = or_default(o->slow_ms, 300000),
	        .hello_ms = or_default(o->hello_ms, 10000),
	        .drain_ms = or_default(o->drain_ms, 15000),
	        .calm_ms = 5000,
	        .stable_ms = or_default(o->stable_ms, 60000),
	};

	if (!sm)
		abort();
	sm->a = arena_new(0);
	sm->l = l;
	sm->o = *o;
	sm->o.api_url = arena_strdup(sm->a, o->api_url);
	sm->o.app_token = arena_strdup(sm->a, o->app_token);
	if (!sm->o.max_waiting)
		sm->o.max_waiting = MAX_WAITING;
	sm->links.prev = sm->links.next = &sm->links;
	sm->stats.down_since_ms = clock_now_ms();
	socket_core_init(&sm->core, &limits);
	for (int t = 0; t < SOCKET_TIMERS; t++)
		sm->timer[t] = ioloop_timer_new(l, fire[t], sm);
	return sm;
}

void socket_mode_start(struct socket_mode *sm)
{
	socket_feed(sm, EVENT_START, 0);
}

void socket_mode_stop(struct socket_mode *sm)
{
	socket_feed(sm, EVENT_STOP, 0);
	socket_check_stopped(sm);
}

void socket_mode_free(struct socket_mode *sm)
{
	if (!sm)
		return;
	while (sm->links.next != &sm->links) {
		struct link *k = sm->links.next; /* free_link unlinked the one before */

		ws_abandon(k->ws); /* NOLINT(clang-analyzer-unix.Malloc) */
		socket_free_link(k);
	}
	socket_free_works(sm);
	if (sm->ask)
		sm->ask->sm = NULL;
	for (int t = 0; t < SOCKET_TIMERS; t++)
		ioloop_timer_free(sm->timer[t]);
	free(sm->url);
	arena_free(sm->a);
	free(sm);
}

void socket_mode_stats(const struct socket_mode *sm, struct socket_mode_stats *out)
{
	*out = sm->stats;
	out->trouble = sm->stats.up ? "" : sm->trouble;
}
