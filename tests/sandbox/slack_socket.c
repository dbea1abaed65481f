/*
 * slack_socket.c - Socket Mode connections: tickets, hello, refresh. Trouble: slack_trouble.c.
 */
#include <stdio.h>
#include <stdlib.h>

#include "slack_link.h"

#define TICKET_LIFE_MS 60000
#define ACK_MAX_BYTES  20480

int socket_id(const struct link *l)
{
	return l ? l->id : 0;
}

const char *socket_open(struct call *c)
{
	struct ticket *t = ARENA_NEW(c->s->a, struct ticket);
	snprintf(t->id, sizeof t->id, "%s",
	        str_hash_hex(c->a, arena_printf(c->a, "ticket%lld", (long long)++c->s->seq)));
	t->born_ms = sb_mono_ms(c->s->sb);
	t->next = c->s->tickets;
	c->s->tickets = t;
	json_set_str(c->out, "url",
	        arena_printf(c->a, "%s/slack/link/?ticket=%s&app_id=%s", sb_ws_url(c->s->sb), t->id,
	                SLACK_APP));
	return NULL;
}

/* ---- sending -------------------------------------------------------------------------------- */

static void send_text(struct link *l, const char *text, size_t n)
{
	if (l->silent)
		return;
	if (!l->fragment || n <= l->fragment) {
		sb_ws_text(l->ws, text, n);
		return;
	}
	for (size_t at = 0; at < n; at += l->fragment) {
		size_t len = n - at < l->fragment ? n - at : l->fragment;
		sb_ws_frame(l->ws, at + len == n, at ? 0 : 1, text + at, len);
		if (at == 0) /* a control frame may stand between fragments */
			sb_ws_frame(l->ws, true, 9, "between", 7);
	}
}

static void send_json(struct link *l, struct arena *a, const json *o)
{
	const char *text = json_print(a, o);
	send_text(l, text, strlen(text));
}

void link_send_disconnect(struct link *l, const char *reason)
{
	struct arena *a = arena_new(0);
	json *o = json_obj(a), *info;
	json_set_str(o, "type", "disconnect");
	json_set_str(o, "reason", reason);
	info = json_set_obj(o, "debug_info");
	json_set_str(info, "host", arena_printf(a, "applink-%d", l->id));
	send_json(l, a, o);
	arena_free(a);
}

static void send_hello(struct link *l)
{
	struct arena *a = arena_new(0);
	json *o = json_obj(a), *info, *debug;
	int64_t n = 0;
	for (struct link *x = l->s->links; x; x = x->next)
		n += x->hello || x == l;
	json_set_str(o, "type", "hello");
	json_set_int(o, "num_connections", n);
	debug = json_set_obj(o, "debug_info");
	json_set_str(debug, "host", arena_printf(a, "applink-%d", l->id));
	json_set_int(debug, "build_number", 61);
	json_set_int(debug, "approximate_connection_time", l->s->cfg.connection_ms / 1000);
	info = json_set_obj(o, "connection_info");
	json_set_str(info, "app_id", SLACK_APP);
	send_json(l, a, o);
	arena_free(a);
	l->hello = true;
	slack_effect(l->s, "socket up", NULL);
}

/* The envelope in the way the script wants it. */
void socket_send(struct slack *s, struct link *l, const json *envelope, const char *type)
{
	struct arena *a = arena_new(0);
	const char *text = json_print(a, envelope);
	size_t n = strlen(text);
	const json *fault = sb_fault(s->sb, "slack", arena_printf(a, "envelope %s", type));
	const char *how = json_str(fault, ".name", "");
	if (str_eq(how, "drop_before")) {
		sb_ws_cut(l->ws);
	} else if (str_eq(how, "half_frame")) {
		l->hello = false;
		sb_ws_raw(l->ws, "\x81\x7e\x40\x00{\"envelope_id\":", 19);
		sb_ws_hang_up(l->ws);
	} else if (!str_eq(how, "lost")) {
		if (str_eq(how, "garbage_before"))
			send_text(l, "}{ not JSON", 11);
		int64_t copies = s->cfg.copies + (l->duplicates || str_eq(how, "duplicate"));
		for (int64_t i = 0; i < copies; i++)
			send_text(l, text, n);
		if (str_eq(how, "drop_after"))
			link_close(l, 1011, "internal error");
	}
	arena_free(a);
}

struct link *socket_pick(struct slack *s)
{
	unsigned n = 0;
	for (struct link *l = s->links; l; l = l->next)
		n += l->hello;
	if (!n)
		return NULL;
	unsigned turn = s->turn++ % n;
	for (struct link *l = s->links; l; l = l->next)
		if (l->hello && turn-- == 0)
			return l;
	return NULL;
}

/* ---- life ----------------------------------------------------------------------------------- */

void link_arm(struct link *l, int64_t ms, void (*fn)(void *arg))
{
	sb_timer_cancel(l->s->sb, l->life);
	l->life = ms > 0 ? sb_timer(l->s->sb, (uint32_t)ms, fn, l) : NULL;
}

void link_close(struct link *l, int code, const char *reason)
{
	l->hello = false; /* nothing is sent behind a close frame */
	sb_ws_close(l->ws, code, reason);
}

static void end_of_life(void *arg)
{
	struct link *l = arg;
	l->life = NULL;
	link_close(l, 1000, "");
}

void link_refresh(void *arg)
{
	struct link *l = arg;
	l->life = NULL;
	l->going = true;
	link_send_disconnect(l, "refresh_requested");
	link_arm(l, l->close_ms, end_of_life);
}

static void warn(void *arg)
{
	struct link *l = arg;
	l->life = NULL;
	link_send_disconnect(l, "warning");
	link_arm(l, l->s->cfg.warning_ms, link_refresh);
}

static void ping(void *arg)
{
	struct link *l = arg;
	if (!l->silent)
		sb_ws_frame(l->ws, true, 9, "Ping from applink", 17);
	l->ping = sb_timer(l->s->sb, (uint32_t)l->s->cfg.ping_ms, ping, l);
}

static void on_message(void *arg, struct sb_ws *ws, const char *text, size_t n, bool binary)
{
	struct link *l = arg;
	if (binary) {
		slack_violation(l->s, "binary frame from the client");
	} else if (n >= ACK_MAX_BYTES) {
		slack_violation(l->s, "answer of %zu bytes", n);
		sb_ws_close(ws, 1009, "Max frame length of 20480 has been exceeded.");
	} else {
		envelope_ack(l->s, l, text, n);
	}
}

static void on_closed(void *arg, struct sb_ws *ws, int code)
{
	struct link *l = arg;
	(void)ws;
	char number[16];
	snprintf(number, sizeof number, "%d", code);
	struct link **p = &l->s->links;
	while (*p != l)
		p = &(*p)->next;
	*p = l->next;
	sb_timer_cancel(l->s->sb, l->life);
	sb_timer_cancel(l->s->sb, l->ping);
	slack_effect(l->s, "socket down", "code", number, NULL);
	envelope_link_gone(l->s, l);
	free(l);
}

static const char *use_ticket(struct slack *s, const char *id)
{
	struct ticket *t = s->tickets;
	while (t && !str_eq(t->id, id))
		t = t->next;
	if (!t)
		return "unknown ticket";
	if (t->used)
		return "ticket used twice";
	t->used = true;
	return sb_mono_ms(s->sb) - t->born_ms > TICKET_LIFE_MS ? "ticket expired" : NULL;
}

static bool refused(struct slack *s, struct link *l)
{
	size_t n = 0;
	for (struct link *x = s->links; x; x = x->next)
		n++;
	const json *fault = sb_fault(s->sb, "slack", "socket hello");
	const char *how = json_str(fault, ".name", "");
	if (!s->cfg.socket_mode)
		link_send_disconnect(l, "link_disabled");
	else if (n > LINKS_MAX || str_eq(how, "too_many"))
		link_send_disconnect(l, "too_many_websockets");
	else if (str_eq(how, "no_hello"))
		return true;
	else
		return false;
	sb_ws_close(l->ws, 1000, "");
	return true;
}

void socket_upgrade(struct slack *s, const struct sb_request *rq, struct sb_response *rs)
{
	static const struct sb_ws_ops ops = {on_message, NULL, on_closed};
	const char *wrong = use_ticket(s, sb_query(rq, "ticket"));
	if (wrong) {
		slack_violation(s, "%s", wrong);
		sb_sendf(rs, 403, "text/plain", "Forbidden");
		return;
	}
	struct link *l = calloc(1, sizeof *l);
	if (!l)
		abort();
	l->ws = sb_ws_accept(rq, rs, &ops, l);
	if (!l->ws) {
		free(l);
		return;
	}
	l->s = s;
	l->id = (int)sb_next(s->sb);
	l->close_ms = 5000;
	struct link **end = &s->links;
	while (*end)
		end = &(*end)->next;
	*end = l;
	if (refused(s, l))
		return;
	send_hello(l);
	link_arm(l, s->cfg.connection_ms - s->cfg.warning_ms, warn);
	if (s->cfg.ping_ms)
		l->ping = sb_timer(s->sb, (uint32_t)s->cfg.ping_ms, ping, l);
}

void sockets_free(struct slack *s)
{
	while (s->links)
		sb_ws_cut(s->links->ws);
}

json *socket_json(struct slack *s, struct arena *a)
{
	json *out = json_arr(a);
	for (struct link *l = s->links; l; l = l->next) {
		json *o = json_add_obj(out);
		json_set_int(o, "link", l->id);
		json_set_bool(o, "ready", l->hello);
		json_set_bool(o, "going", l->going);
		json_set_bool(o, "silent", l->silent);
	}
	return out;
}
