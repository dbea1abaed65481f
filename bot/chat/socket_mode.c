/*
 * socket_mode.c - see socket_mode.h. Turns callbacks and timers into events for socket_core.c and
 * does what it says; hands envelopes over and brings their acknowledgements home.
 */
#include "chat/socket_mode.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "chat/socket_core.h"
#include "clock.h"
#include "log.h"
#include "net/backoff.h"
#include "net/http.h"
#include "net/ws.h"
#include "slack.h"
#include "str.h"

#define CLOSE_NORMAL 1000
#define MAX_WAITING  10000
#define ACK_LIMIT_MS 3000

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

static void feed(struct socket_mode *sm, enum socket_event_kind kind, int64_t ms);

/* ---- apps.connections.open, on the helper thread -------------------------------------------- */

static void ask_work(void *arg)
{
	struct ask *q = arg;
	struct http *h = http_new();

	q->ok = slack_connections_open(h, q->api_url, q->app_token, q->a, &q->url, &q->err);
	http_free(h);
}

static bool needs_person(const struct err *e)
{
	return e->code == ERR_AUTH || e->code == ERR_FORBIDDEN ||
	       (e->code == ERR_CONFIG && !e->retryable);
}

static void ask_done(void *arg)
{
	struct ask *q = arg;
	struct socket_mode *sm = q->sm;

	if (!sm) {
		arena_free(q->a);
		return;
	}
	sm->ask = NULL;
	if (q->ok) {
		free(sm->url);
		sm->url = strdup(q->url);
		feed(sm, EVENT_URL, 0);
	} else {
		sm->stats.open_failures++;
		snprintf(sm->trouble, sizeof(sm->trouble), "%s", q->err.msg);
		log_warn("slack", "no address for Socket Mode: %s", q->err.msg);
		feed(sm, needs_person(&q->err) ? EVENT_URL_DENIED : EVENT_URL_FAILED,
		        q->err.retry_ms);
	}
	arena_free(q->a);
}

static void ask(struct socket_mode *sm)
{
	struct arena *a;

	if (sm->ask)
		return; /* its answer is as good */
	a = arena_new(0);
	sm->ask = ARENA_NEW(a, struct ask);
	*sm->ask = (struct ask){.sm = sm,
	        .a = a,
	        .api_url = arena_strdup(a, sm->o.api_url),
	        .app_token = arena_strdup(a, sm->o.app_token)};
	sm->stats.opens++;
	ioloop_work(sm->l, ask_work, ask_done, sm->ask);
}

/* ---- sockets -------------------------------------------------------------------------------- */

static int role_of(const struct link *k)
{
	for (int r = 0; r < SOCKET_ROLES; r++)
		if (k->sm->link[r] == k)
			return r;
	return -1;
}

static void free_link(struct link *k)
{
	k->prev->next = k->next;
	k->next->prev = k->prev;
	free(k);
}

static void check_stopped(struct socket_mode *sm)
{
	if (sm->core.state != SOCKET_END || sm->links.next != &sm->links || sm->stopped)
		return;
	sm->stopped = true;
	if (sm->o.on_stopped)
		sm->o.on_stopped(sm->o.ctx);
}

static void on_open(void *ctx)
{
	struct link *k = ctx;

	if (role_of(k) == ROLE_NEXT)
		feed(k->sm, EVENT_UP, 0);
}

static void on_gone(void *ctx, const struct ws_end *end)
{
	static const enum socket_event_kind gone[] = {
	        [ROLE_NEXT] = EVENT_NEXT_GONE,
	        [ROLE_CUR] = EVENT_CUR_GONE,
	        [ROLE_OLD] = EVENT_OLD_GONE,
	};
	struct link *k = ctx;
	struct socket_mode *sm = k->sm;
	int role = role_of(k);

	free_link(k);
	if (role >= 0) {
		sm->link[role] = NULL;
		if (role != ROLE_OLD) {
			snprintf(sm->trouble, sizeof(sm->trouble), "%s", end->err.msg);
			log_warn("slack", "Socket Mode: %s", end->err.msg);
		}
		feed(sm, gone[role], 0);
	}
	check_stopped(sm);
}

static void on_hello(struct link *k, const struct envelope *env)
{
	struct socket_mode *sm = k->sm;

	if (role_of(k) != ROLE_NEXT)
		return;
	sm->stats.hellos++;
	sm->stats.last_hello_ms = clock_now_ms();
	if (sm->stats.hellos > 1)
		sm->stats.reconnects++;
	sm->trouble[0] = '\0';
	feed(sm, EVENT_HELLO, env->lifetime_ms);
}

static void on_disconnect(struct link *k, const struct envelope *env)
{
	struct socket_mode *sm = k->sm;
	int role = role_of(k);

	log_info("slack", "Socket Mode: Slack announces a disconnect (%s)", env->reason_text);
	if (env->reason == REASON_LINK_DISABLED) {
		snprintf(sm->trouble, sizeof(sm->trouble),
		        "Socket Mode is switched off in the settings of the Slack app; switch it on at "
		        "api.slack.com/apps, Socket Mode");
		log_error("slack", "%s", sm->trouble);
		feed(sm, EVENT_DISABLED, 0);
	} else if (env->reason == REASON_TOO_MANY) {
		snprintf(sm->trouble, sizeof(sm->trouble),
		        "Slack counts too many connections of this app (10 are allowed); is another "
		        "copy of the bot running?");
		log_warn("slack", "%s", sm->trouble);
		feed(sm, EVENT_CROWD, 0);
	} else if (role == ROLE_CUR) {
		feed(sm, EVENT_REFRESH, 0);
	} else if (role == ROLE_NEXT) {
		feed(sm, EVENT_NEXT_LEAVES, 0);
	}
}

/* ---- envelopes ------------------------------------------------------------------------------ */

static int64_t mono_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static bool send_ack(struct socket_mode *sm, uint64_t serial, const char *text)
{
	static const enum socket_role newest[] = {ROLE_CUR, ROLE_OLD, ROLE_NEXT};
	size_t n = strlen(text);

	for (struct link *k = sm->links.next; k != &sm->links; k = k->next)
		if (k->serial == serial && ws_send(k->ws, text, n))
			return true;
	for (size_t i = 0; i < sizeof(newest) / sizeof(newest[0]); i++) {
		struct link *k = sm->link[newest[i]];

		if (k && ws_send(k->ws, text, n))
			return true;
	}
	return false;
}

static void free_work(struct socket_work *w)
{
	if (w->sm) {
		if (w->prev)
			w->prev->next = w->next;
		else
			w->sm->works = w->next;
		if (w->next)
			w->next->prev = w->prev;
		w->sm->stats.waiting--;
	}
	arena_free(w->a);
}

void socket_mode_ack(struct socket_work *w, const json *payload)
{
	const json *answer = w->env.accepts_payload ? payload : NULL;
	struct socket_mode *sm = w->sm;
	bool cut = false;

	w->late = envelope_ack(w->a, w->env.id, answer, &cut);
	if (cut)
		log_warn("slack", "an answer was too long for an acknowledgement and was left out");
	if (!sm) {
		free_work(w);
	} else if (send_ack(sm, w->link, w->late)) {
		sm->stats.acks++;
		free_work(w);
	} /* else it waits for flush_late */
}

/* A connection is there again. What is older than Slack waits has been given up by Slack. */
static void flush_late(struct socket_mode *sm)
{
	for (struct socket_work *w = sm->works, *next; w; w = next) {
		next = w->next;
		if (!w->late)
			continue;
		if (clock_now_ms() - w->received_ms < ACK_LIMIT_MS &&
		        send_ack(sm, w->link, w->late))
			sm->stats.acks++;
		else
			sm->stats.acks_lost++;
		free_work(w);
	}
}

void socket_mode_refuse(struct socket_work *w, const char *text)
{
	json *payload = json_obj(w->a);

	if (w->sm)
		w->sm->stats.refused++;
	if (w->env.is_event || !w->env.accepts_payload) {
		free_work(w);
		return;
	}
	json_set_str(payload, "response_type", "ephemeral");
	json_set_str(payload, "text", text);
	socket_mode_ack(w, payload);
}

static void take(struct link *k, struct arena *a, const struct envelope *env)
{
	struct socket_mode *sm = k->sm;
	struct socket_work *w;

	if (sm->stats.waiting >= sm->o.max_waiting) {
		sm->stats.overflow++; /* not acknowledged: Slack delivers it again */
		arena_free(a);
		return;
	}
	w = ARENA_NEW(a, struct socket_work);
	*w = (struct socket_work){.a = a,
	        .env = *env,
	        .received_ms = clock_now_ms(),
	        .received_us = mono_us(),
	        .sm = sm,
	        .link = k->serial,
	        .next = sm->works};
	if (sm->works)
		sm->works->prev = w;
	sm->works = w;
	sm->stats.waiting++;
	sm->stats.envelopes++;
	if (env->retry_attempt > 0)
		sm->stats.retries++;
	sm->o.take(sm->o.ctx, w);
}

static void on_text(void *ctx, const char *text, size_t n)
{
	struct link *k = ctx;
	struct socket_mode *sm = k->sm;
	struct arena *a = arena_new(0);
	struct envelope env;

	sm->stats.last_heard_ms = clock_now_ms();
	envelope_parse(a, text, n, &env);
	switch (env.kind) {
	case ENVELOPE_WORK:
		take(k, a, &env); /* has the arena now */
		return;
	case ENVELOPE_HELLO:
		on_hello(k, &env);
		break;
	case ENVELOPE_DISCONNECT:
		on_disconnect(k, &env);
		break;
	case ENVELOPE_UNREADABLE:
		sm->stats.unreadable++;
		log_warn("slack", "an envelope cannot be read; it is acknowledged and dropped");
		send_ack(sm, k->serial, envelope_ack(a, env.id, NULL, NULL));
		break;
	case ENVELOPE_NOISE:
		break;
	}
	arena_free(a);
}

/* ---- doing what the core says --------------------------------------------------------------- */

static void dial(struct socket_mode *sm)
{
	struct link *k = calloc(1, sizeof(*k));
	struct ws_options o = {.url = sm->url,
	        .ping_ms = sm->o.ping_ms,
	        .dead_ms = sm->o.dead_ms,
	        .on_open = on_open,
	        .on_text = on_text,
	        .on_gone = on_gone};

	if (!k)
		abort();
	k->sm = sm;
	k->serial = ++sm->serial;
	k->prev = sm->links.prev;
	k->next = &sm->links;
	k->prev->next = k->next->prev = k;
	o.ctx = k;
	k->ws = ws_open(sm->l, &o);
	sm->link[ROLE_NEXT] = k;
	explicit_bzero(sm->url, strlen(sm->url));
	free(sm->url);
	sm->url = NULL;
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
		ask(sm);
		break;
	case ACTION_DIAL:
		dial(sm);
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
		flush_late(sm);
		went(sm, true);
		break;
	case ACTION_DOWN:
		went(sm, false);
		break;
	}
}

static void feed(struct socket_mode *sm, enum socket_event_kind kind, int64_t ms)
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
	feed(arg, EVENT_RETRY, 0);
}

static void on_stage(void *arg)
{
	struct socket_mode *sm = arg;

	snprintf(sm->trouble, sizeof(sm->trouble), "Slack did not say hello on a new connection");
	feed(sm, EVENT_STAGE, 0);
}

static void on_refresh(void *arg)
{
	feed(arg, EVENT_REFRESH, 0);
}

static void on_drained(void *arg)
{
	feed(arg, EVENT_DRAINED, 0);
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
	feed(sm, EVENT_START, 0);
}

void socket_mode_stop(struct socket_mode *sm)
{
	feed(sm, EVENT_STOP, 0);
	check_stopped(sm);
}

void socket_mode_free(struct socket_mode *sm)
{
	if (!sm)
		return;
	while (sm->links.next != &sm->links) {
		struct link *k = sm->links.next; /* free_link unlinked the one before */

		ws_abandon(k->ws); /* NOLINT(clang-analyzer-unix.Malloc) */
		free_link(k);
	}
	for (struct socket_work *w = sm->works, *next; w; w = next) {
		next = w->next;
		w->sm = NULL;
		if (w->late)
			free_work(w); /* nobody will come back for it */
	}
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
