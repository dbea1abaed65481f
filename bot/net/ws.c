/*
 * ws.c - the life of a connection: callbacks of libwebsockets, deadlines, liveness, closing.
 *
 * Rules learnt from version 4.1.6:
 *  - never lws_close_reason() and -1 from RECEIVE: with TLS data pending it loops for ever. A close
 *    is a flag, and happens in WRITEABLE;
 *  - a failed handshake may end with WSI_DESTROY alone, a failed look-up with no callback at all:
 *    every path leads to ws_over(), which works once, and own deadlines stand behind all;
 *  - lws_write() masks the caller's buffer;
 *  - the wsi pointer is set early and dangles late: it is cleared in WSI_DESTROY, and the struct ws
 *    lives until then.
 */
#include "net/ws.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "net/ioloop_private.h"
#include "net/ws_private.h"
#include "str.h"

#define CONNECT_MS 15000
#define PING_MS    12000
#define DEAD_MS    36000
#define CLOSE_MS   2000
#define MAX_BYTES  ((size_t)1 << 20)

/* ---- the end -------------------------------------------------------------------------------- */

void ws_release(struct ws *w)
{
	if (w->state != WS_GONE || w->wsi || w->resolving || w->dialling)
		return;
	ioloop_timer_free(w->stage);
	ioloop_timer_free(w->budget);
	ioloop_timer_free(w->live);
	ws_drop_frames(w);
	free(w->rx);
	free(w->url);
	free(w);
}

void ws_over(struct ws *w)
{
	if (w->state == WS_GONE)
		return;
	w->state = WS_GONE;
	ioloop_timer_cancel(w->stage);
	ioloop_timer_cancel(w->budget);
	ioloop_timer_cancel(w->live);
	if (w->wsi)
		lws_set_timeout(w->wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
	if (!w->abandoned)
		w->o.on_gone(w->o.ctx, &w->end);
}

void ws_fail(struct ws *w, enum err_code code, const char *fmt, ...)
{
	char text[sizeof(w->end.err.msg)];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (w->end.err.code == ERR_NONE)
		err_set(&w->end.err, code, true, "%s", text);
	ws_over(w);
}

/* ---- timers --------------------------------------------------------------------------------- */

static const char *stage_name(const struct ws *w)
{
	if (w->state == WS_RESOLVING)
		return "the name was not resolved";
	return "no WebSocket connection was made";
}

static void on_stage(void *arg)
{
	struct ws *w = arg;

	if (w->state == WS_CLOSING) /* the peer does not answer our close: cut */
		ws_over(w);
	else if (w->state == WS_RESOLVING || w->state == WS_CONNECTING)
		ws_fail(w, ERR_TIMEOUT, "%s: %s within %lld ms", w->url->host, stage_name(w),
		        (long long)w->o.connect_ms);
	ws_release(w);
}

static void on_live(void *arg)
{
	struct ws *w = arg;
	int64_t silent = clock_mono_ms() - w->heard_ms, next = w->o.dead_ms - silent;

	if (w->state != WS_OPEN)
		return;
	if (next <= 0) {
		ws_fail(w, ERR_TIMEOUT, "%s has been silent for %lld ms", w->url->host,
		        (long long)silent);
		return;
	}
	w->ping_due = true;
	lws_callback_on_writable(w->wsi);
	ioloop_timer_set(w->live, next < w->o.ping_ms ? next : w->o.ping_ms);
}

/* ---- libwebsockets -------------------------------------------------------------------------- */

static void on_established(struct ws *w)
{
	if (w->state != WS_CONNECTING)
		return;
	ioloop_timer_cancel(w->stage);
	ioloop_timer_cancel(w->budget);
	w->state = WS_OPEN;
	w->end.opened = true;
	w->heard_ms = clock_mono_ms();
	ioloop_timer_set(w->live, w->o.ping_ms);
	if (!w->abandoned)
		w->o.on_open(w->o.ctx);
}

static void note_refusal(struct ws *w, struct lws *wsi, const char *text)
{
	w->end.http_status = (int)lws_http_client_http_response(wsi);
	if (w->end.http_status == 101)
		w->end.http_status = 0;
	if (w->end.http_status > 0)
		snprintf(w->trouble, sizeof(w->trouble), "answered %d to the upgrade",
		        w->end.http_status);
	else
		snprintf(w->trouble, sizeof(w->trouble), "%s",
		        str_or(text, "the connection failed"));
}

static void note_peer_close(struct ws *w, const unsigned char *p, size_t n)
{
	if (n < 2)
		return;
	w->end.close_code = p[0] << 8 | p[1];
	n -= 2;
	if (n >= sizeof(w->end.close_text))
		n = sizeof(w->end.close_text) - 1;
	memcpy(w->end.close_text, p + 2, n);
	w->end.close_text[n] = '\0';
}

static void on_closed(struct ws *w)
{
	if (w->state == WS_CONNECTING)
		return; /* WSI_DESTROY follows and decides */
	if (w->state == WS_CLOSING)
		ws_over(w);
	else if (w->end.close_code)
		ws_fail(w, ERR_NET, "%s closed the connection (%d)", w->url->host,
		        w->end.close_code);
	else
		ws_fail(w, ERR_NET, "%s dropped the connection", w->url->host);
}

static void on_destroyed(struct ws *w)
{
	w->wsi = NULL;
	if (w->dialling)
		return;
	if (w->state == WS_CONNECTING)
		ws_dial_ended(w);
	else
		on_closed(w);
	ws_release(w);
}

int ws_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t n)
{
	struct ws *w = user;

	if (!w)
		return 0;
	switch ((int)reason) {
	case LWS_CALLBACK_CLIENT_ESTABLISHED:
		on_established(w);
		break;
	case LWS_CALLBACK_CLIENT_RECEIVE:
		ws_receive(w, in, n);
		break;
	case LWS_CALLBACK_CLIENT_RECEIVE_PONG:
		w->heard_ms = clock_mono_ms();
		break;
	case LWS_CALLBACK_CLIENT_WRITEABLE:
		return wsi == w->wsi ? ws_writeable(w) : 0;
	case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
		note_peer_close(w, in, n);
		break;
	case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
		note_refusal(w, wsi, in);
		break;
	case LWS_CALLBACK_CLIENT_CLOSED:
		on_closed(w);
		break;
	case LWS_CALLBACK_WSI_DESTROY:
		on_destroyed(w);
		break;
	default:
		break;
	}
	return 0;
}

/* ---- for the owner -------------------------------------------------------------------------- */

static void begin(void *arg)
{
	struct ws *w = arg;

	w->resolving = false;
	if (w->state == WS_RESOLVING)
		ws_dial(w);
	ws_release(w);
}

static int64_t or_default(int64_t v, int64_t def)
{
	return v > 0 ? v : def;
}

struct ws *ws_open(struct ioloop *l, const struct ws_options *o)
{
	struct ws *w = calloc(1, sizeof(*w));

	if (!w)
		abort();
	w->url = calloc(1, sizeof(*w->url));
	if (!w->url)
		abort();
	w->l = l;
	w->o = *o;
	w->o.url = NULL;
	w->o.connect_ms = or_default(o->connect_ms, CONNECT_MS);
	w->o.ping_ms = or_default(o->ping_ms, PING_MS);
	w->o.dead_ms = or_default(o->dead_ms, DEAD_MS);
	w->o.close_ms = or_default(o->close_ms, CLOSE_MS);
	if (!w->o.max_bytes)
		w->o.max_bytes = MAX_BYTES;
	w->stage = ioloop_timer_new(l, on_stage, w);
	w->budget = ioloop_timer_new(l, ws_budget_over, w);
	w->live = ioloop_timer_new(l, on_live, w);
	if (!ws_url_parse(o->url, w->url))
		err_set(&w->end.err, ERR_PROTO, true, "the address is not a WebSocket URL");
	ioloop_timer_set(w->stage, w->o.connect_ms);
	w->resolving = true; /* until `begin`: the owner must get the pointer before any callback */
	ioloop_post(l, begin, w);
	return w;
}

void ws_close(struct ws *w, int code, const char *reason)
{
	w->close_code = code;
	snprintf(w->close_reason, sizeof(w->close_reason), "%s", str_or(reason, ""));
	if (w->state == WS_OPEN) {
		w->state = WS_CLOSING;
		ioloop_timer_cancel(w->live);
		ioloop_timer_set(w->stage, w->o.close_ms);
		lws_callback_on_writable(w->wsi);
	} else if (w->state == WS_RESOLVING || w->state == WS_CONNECTING) {
		w->state = WS_CLOSING;
		ioloop_timer_set(w->stage, 1); /* on_gone must not come from within this call */
	}
}

void ws_abandon(struct ws *w)
{
	w->abandoned = true;
	ws_over(w);
	ws_release(w);
}
