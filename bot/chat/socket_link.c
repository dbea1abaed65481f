/*
 * socket_link.c - getting an address from apps.connections.open, and the sockets: what they report
 * becomes an event for the core. See socket_mode.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chat/socket_private.h"
#include "clock.h"
#include "log.h"
#include "net/http.h"
#include "slack.h"

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
		socket_feed(sm, EVENT_URL, 0);
	} else {
		sm->stats.open_failures++;
		snprintf(sm->trouble, sizeof(sm->trouble), "%s", q->err.msg);
		log_warn("slack", "no address for Socket Mode: %s", q->err.msg);
		socket_feed(sm, needs_person(&q->err) ? EVENT_URL_DENIED : EVENT_URL_FAILED,
		        q->err.retry_ms);
	}
	arena_free(q->a);
}

void socket_ask(struct socket_mode *sm)
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

void socket_free_link(struct link *k)
{
	k->prev->next = k->next;
	k->next->prev = k->prev;
	free(k);
}

static void on_open(void *ctx)
{
	struct link *k = ctx;

	if (role_of(k) == ROLE_NEXT)
		socket_feed(k->sm, EVENT_UP, 0);
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

	socket_free_link(k);
	if (role >= 0) {
		sm->link[role] = NULL;
		if (role != ROLE_OLD) {
			snprintf(sm->trouble, sizeof(sm->trouble), "%s", end->err.msg);
			log_warn("slack", "Socket Mode: %s", end->err.msg);
		}
		socket_feed(sm, gone[role], 0);
	}
	socket_check_stopped(sm);
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
	socket_feed(sm, EVENT_HELLO, env->lifetime_ms);
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
		socket_feed(sm, EVENT_DISABLED, 0);
	} else if (env->reason == REASON_TOO_MANY) {
		snprintf(sm->trouble, sizeof(sm->trouble),
		        "Slack counts too many connections of this app (10 are allowed); is another "
		        "copy of the bot running?");
		log_warn("slack", "%s", sm->trouble);
		socket_feed(sm, EVENT_CROWD, 0);
	} else if (role == ROLE_CUR) {
		socket_feed(sm, EVENT_REFRESH, 0);
	} else if (role == ROLE_NEXT) {
		socket_feed(sm, EVENT_NEXT_LEAVES, 0);
	}
}

bool socket_send(struct socket_mode *sm, uint64_t serial, const char *text)
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
		socket_take(k, a, &env); /* has the arena now */
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
		socket_send(sm, k->serial, envelope_ack(a, env.id, NULL, NULL));
		break;
	case ENVELOPE_NOISE:
		break;
	}
	arena_free(a);
}

void socket_dial(struct socket_mode *sm)
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
