/* http.c - connection state: parse one request, dispatch it, answer it, next. */
#include "http.h"

#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "http_parse.h"
#include "sandbox_i.h"

#define SHOWN_MAX 4096

static void pump(void *arg);

/* ---- life of a response --------------------------------------------------------------------- */

static void run_gones(struct sb_response *rs)
{
	while (rs->gones) {
		struct gone *g = rs->gones;
		rs->gones = g->next;
		g->fn(g->arg);
	}
}

static void drop_laters(struct sb_response *rs)
{
	for (struct later *l = rs->laters; l; l = l->next)
		loop_cancel(rs->h->sb->loop, l->timer);
	rs->laters = NULL;
}

static void free_response(void *arg)
{
	struct sb_response *rs = arg;
	arena_free(rs->a);
}

static void finish(struct sb_response *rs, const char *how)
{
	if (rs->finished)
		return;
	rs->finished = true;
	records_response(rs, how);
	drop_laters(rs);
	run_gones(rs);
	struct http *h = rs->h;
	h->rs = NULL;
	loop_defer(h->sb->loop, free_response, rs);
	if (!h->in_dispatch && h->c)
		loop_defer(h->sb->loop, pump, h);
}

static struct sb_response *new_response(struct http *h)
{
	struct arena *a = arena_new(0);
	struct sb_response *rs = ARENA_NEW(a, struct sb_response);
	rs->h = h;
	rs->a = a;
	rs->shown = str_new(a);
	rs->rq.sb = h->sb;
	rs->rq.a = a;
	rs->rq.tls = h->c->ssl != NULL;
	return rs;
}

/* ---- connection ----------------------------------------------------------------------------- */

static void free_http(void *arg)
{
	free(arg);
}

static void conn_gone(void *owner, struct conn *c)
{
	struct http *h = owner;
	(void)c;
	h->c = NULL;
	if (h->rs)
		finish(h->rs, "client gone");
	loop_cancel(h->sb->loop, h->hold);
	h->hold = NULL;
	loop_defer(h->sb->loop, free_http, h);
}

static void refuse(struct http *h, int status)
{
	char line[128];
	int n = snprintf(line, sizeof line,
	        "HTTP/1.1 %d Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
	        status);
	conn_write(h->c, line, (size_t)n);
	conn_finish(h->c);
}

static void want_more(struct http *h)
{
	if (h->continued || !http_parse_wants_continue(&h->c->in))
		return;
	h->continued = true;
	static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
	conn_write(h->c, go_on, sizeof go_on - 1);
}

/* Handles as many requests as are complete, until one stays unanswered. */
static void pump(void *arg)
{
	struct http *h = arg;
	while (h->c && !h->c->closing && !h->c->closed && !h->rs && h->c->in.len) {
		struct sb_response *rs = new_response(h);
		size_t used = 0;
		int status = http_parse(&h->c->in, rs, &used);
		if (status) {
			arena_free(rs->a);
			if (status == HTTP_PARSE_MORE)
				want_more(h);
			else
				refuse(h, status);
			return;
		}
		h->continued = false;
		buf_eat(&h->c->in, used);
		h->rs = rs;
		h->in_dispatch = true;
		h->dispatch(rs);
		h->in_dispatch = false;
	}
}

void http_serve(struct sb *sb, struct conn *c, void (*dispatch)(struct sb_response *rs))
{
	struct http *h = calloc(1, sizeof *h);
	if (!h)
		abort();
	h->sb = sb;
	h->c = c;
	h->dispatch = dispatch;
	c->data = pump;
	c->gone = conn_gone;
	c->owner = h;
}

struct conn *http_upgrade(struct sb_response *rs)
{
	struct http *h = rs->h;
	struct conn *c = h->c;
	h->c = NULL;
	c->data = NULL;
	c->gone = NULL;
	finish(rs, "upgraded");
	loop_cancel(h->sb->loop, h->hold);
	h->hold = NULL;
	loop_defer(h->sb->loop, free_http, h);
	return c;
}

/* ---- answers -------------------------------------------------------------------------------- */

struct arena *sb_arena(struct sb_response *rs)
{
	return rs->a;
}

void sb_set_header(struct sb_response *rs, const char *name, const char *value)
{
	assert(!rs->begun);
	for (struct header *h = rs->headers; h; h = h->next)
		if (strcasecmp(h->name, name) == 0) {
			h->value = arena_strdup(rs->a, value);
			return;
		}
	struct header *h = ARENA_NEW(rs->a, struct header), **end = &rs->headers;
	h->name = arena_strdup(rs->a, name);
	h->value = arena_strdup(rs->a, value);
	while (*end)
		end = &(*end)->next;
	*end = h;
}

static void default_type(struct sb_response *rs, const char *type)
{
	for (struct header *h = rs->headers; h; h = h->next)
		if (strcasecmp(h->name, "Content-Type") == 0)
			return;
	sb_set_header(rs, "Content-Type", type);
}

static void release_hold(void *arg)
{
	struct http *h = arg;
	h->hold = NULL;
	h->c->held = false;
	conn_update(h->c);
}

static void head(struct sb_response *rs, int status, const char *type, int64_t length)
{
	assert(!rs->begun && !rs->finished);
	rs->status = status;
	rs->head_only = strcmp(rs->rq.method, "HEAD") == 0 || status == 204 || status == 304;
	if (type)
		default_type(rs, type);
	rs->begun = true;
	if (rs->swallow)
		return;
	struct str s = str_new(rs->a);
	str_addf(&s, "HTTP/1.1 %d %s\r\n", status, http_reason(status));
	for (struct header *h = rs->headers; h; h = h->next)
		str_addf(&s, "%s: %s\r\n", h->name, h->value);
	if (length >= 0 && status != 204)
		str_addf(&s, "Content-Length: %lld\r\n", (long long)length);
	if (rs->stream)
		str_add(&s, "Transfer-Encoding: chunked\r\n");
	str_add(&s, rs->h->close_after ? "Connection: close\r\n\r\n" : "\r\n");
	if (rs->hold_ms) {
		rs->h->c->held = true;
		rs->h->hold = loop_timer(rs->h->sb->loop, rs->hold_ms, release_hold, rs->h);
	}
	conn_write(rs->h->c, s.s, s.len);
}

/* False when a fault has ended the answer in the middle. */
static bool body_bytes(struct sb_response *rs, const void *data, size_t n)
{
	if (rs->shown.len < SHOWN_MAX)
		str_addn(&rs->shown, data, n < SHOWN_MAX ? n : SHOWN_MAX);
	if (rs->swallow || rs->head_only || !n)
		return true;
	bool cut = rs->cut_after && rs->sent + n >= rs->cut_after;
	if (cut)
		n = rs->cut_after - rs->sent;
	if (rs->stream) {
		char size[24];
		conn_write(rs->h->c, size, (size_t)snprintf(size, sizeof size, "%zx\r\n", n));
	}
	conn_write(rs->h->c, data, n);
	if (rs->stream && !cut)
		conn_write(rs->h->c, "\r\n", 2);
	rs->sent += n;
	return !cut;
}

static void complete(struct sb_response *rs)
{
	struct http *h = rs->h;
	if (rs->swallow) {
		struct conn *c = h->c;
		finish(rs, "answer lost");
		conn_close(c, true);
		return;
	}
	if (h->close_after)
		conn_finish(h->c);
	finish(rs, NULL);
}

static void cut_short(struct sb_response *rs)
{
	struct conn *c = rs->h->c;
	finish(rs, "cut in the body");
	conn_finish(c);
}

void sb_send(struct sb_response *rs, int status, const char *type, const void *body, size_t n)
{
	head(rs, status, type, (int64_t)n);
	if (body_bytes(rs, body, n))
		complete(rs);
	else
		cut_short(rs);
}

void sb_send_json(struct sb_response *rs, int status, const json *j)
{
	const char *s = json_print(rs->a, j);
	sb_send(rs, status, "application/json; charset=utf-8", s, strlen(s));
}

void sb_sendf(struct sb_response *rs, int status, const char *type, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	const char *s = arena_vprintf(rs->a, fmt, ap);
	va_end(ap);
	sb_send(rs, status, type, s, strlen(s));
}

void sb_cut(struct sb_response *rs)
{
	struct conn *c = rs->h->c;
	finish(rs, "cut");
	conn_close(c, true);
}

void sb_stream_begin(struct sb_response *rs, int status, const char *type)
{
	rs->stream = !rs->http10;
	if (rs->http10)
		rs->h->close_after = true;
	head(rs, status, type, -1);
}

void sb_stream(struct sb_response *rs, const void *data, size_t n)
{
	assert(rs->begun);
	if (!rs->finished && !body_bytes(rs, data, n))
		cut_short(rs);
}

void sb_stream_str(struct sb_response *rs, const char *s)
{
	sb_stream(rs, s, strlen(s));
}

void sb_stream_end(struct sb_response *rs)
{
	assert(rs->begun);
	if (rs->finished)
		return;
	if (rs->stream && !rs->swallow && !rs->head_only)
		conn_write(rs->h->c, "0\r\n\r\n", 5);
	complete(rs);
}

static void later_fires(void *arg)
{
	struct later *l = arg;
	for (struct later **p = &l->rs->laters; *p; p = &(*p)->next)
		if (*p == l) {
			*p = l->next;
			break;
		}
	l->fn(l->rs, l->arg);
}

void sb_later(struct sb_response *rs, uint32_t ms, void (*fn)(struct sb_response *rs, void *arg),
        void *arg)
{
	struct later *l = ARENA_NEW(rs->a, struct later);
	*l = (struct later){.next = rs->laters, .rs = rs, .fn = fn, .arg = arg};
	l->timer = loop_timer(rs->h->sb->loop, ms, later_fires, l);
	rs->laters = l;
}

void sb_on_gone(struct sb_response *rs, void (*fn)(void *arg), void *arg)
{
	struct gone *g = ARENA_NEW(rs->a, struct gone);
	*g = (struct gone){.next = rs->gones, .fn = fn, .arg = arg};
	rs->gones = g;
}
