/* ws.c - the server's side of RFC 6455, with the means to break its rules on purpose. */
#include <assert.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "sandbox_i.h"

#define WS_MAX_MESSAGE   (16u << 20)
#define WS_CLOSE_WAIT_MS 1000

struct sb_ws {
	struct sb *sb;
	struct conn *c;
	struct sb_ws_ops ops;
	void *arg;
	struct buf message; /* fragments so far */
	int opcode;         /* of the message in progress; 0 = none */
	int close_code;     /* received */
	bool close_sent;
	enum sb_pong pong;
	uint32_t late_ms;
	struct late_pong *late;
	struct sb_timer *close_timer;
};

struct late_pong {
	struct late_pong *next;
	struct sb_ws *ws;
	struct sb_timer *timer;
	size_t n;
	char payload[125];
};

static void free_ws(void *arg)
{
	struct sb_ws *ws = arg;
	buf_free(&ws->message);
	free(ws);
}

static void gone(void *owner, struct conn *c)
{
	struct sb_ws *ws = owner;
	(void)c;
	ws->c = NULL;
	loop_cancel(ws->sb->loop, ws->close_timer);
	while (ws->late) {
		struct late_pong *p = ws->late;
		ws->late = p->next;
		loop_cancel(ws->sb->loop, p->timer);
		free(p);
	}
	ws->ops.closed(ws->arg, ws, ws->close_code ? ws->close_code : 1006);
	loop_defer(ws->sb->loop, free_ws, ws);
}

/* ---- sending -------------------------------------------------------------------------------- */

void sb_ws_raw(struct sb_ws *ws, const void *bytes, size_t n)
{
	if (ws->c)
		conn_write(ws->c, bytes, n);
}

void sb_ws_frame(struct sb_ws *ws, bool fin, int opcode, const void *data, size_t n)
{
	unsigned char h[10];
	size_t len = 2;
	h[0] = (unsigned char)((fin ? 0x80 : 0) | opcode);
	if (n < 126) {
		h[1] = (unsigned char)n;
	} else if (n < 65536) {
		h[1] = 126;
		h[2] = (unsigned char)(n >> 8);
		h[3] = (unsigned char)n;
		len = 4;
	} else {
		h[1] = 127;
		for (int i = 0; i < 8; i++)
			h[2 + i] = (unsigned char)((uint64_t)n >> (56 - 8 * i));
		len = 10;
	}
	sb_ws_raw(ws, h, len);
	sb_ws_raw(ws, data, n);
}

void sb_ws_text(struct sb_ws *ws, const char *s, size_t n)
{
	sb_ws_frame(ws, true, 1, s, n);
}

static void close_timeout(void *arg)
{
	struct sb_ws *ws = arg;
	ws->close_timer = NULL;
	conn_close(ws->c, false);
}

void sb_ws_close(struct sb_ws *ws, int code, const char *reason)
{
	if (!ws->c || ws->close_sent)
		return;
	unsigned char p[125] = {(unsigned char)(code >> 8), (unsigned char)code};
	size_t n = strlen(reason);
	if (n > sizeof p - 2)
		n = sizeof p - 2;
	memcpy(p + 2, reason, n);
	sb_ws_frame(ws, true, 8, p, n + 2);
	ws->close_sent = true;
	ws->close_timer = loop_timer(ws->sb->loop, WS_CLOSE_WAIT_MS, close_timeout, ws);
}

void sb_ws_cut(struct sb_ws *ws)
{
	if (ws->c)
		conn_close(ws->c, true);
}

void sb_ws_hang_up(struct sb_ws *ws)
{
	if (ws->c)
		conn_finish(ws->c);
}

void sb_ws_deaf(struct sb_ws *ws, bool deaf)
{
	if (!ws->c)
		return;
	ws->c->deaf = deaf;
	conn_update(ws->c);
}

void sb_ws_pong(struct sb_ws *ws, enum sb_pong mode, uint32_t late_ms)
{
	ws->pong = mode;
	ws->late_ms = late_ms;
}

/* ---- receiving ------------------------------------------------------------------------------ */

static void late_pong(void *arg)
{
	struct late_pong *p = arg;
	struct sb_ws *ws = p->ws;
	for (struct late_pong **q = &ws->late; *q; q = &(*q)->next)
		if (*q == p) {
			*q = p->next;
			break;
		}
	sb_ws_frame(ws, true, 10, p->payload, p->n);
	free(p);
}

static void answer_ping(struct sb_ws *ws, const char *p, size_t n)
{
	switch (ws->pong) {
	case SB_PONG_NOW:
		sb_ws_frame(ws, true, 10, p, n);
		break;
	case SB_PONG_LATE: {
		struct late_pong *l = calloc(1, sizeof *l);
		if (!l)
			abort();
		l->ws = ws;
		l->n = n;
		memcpy(l->payload, p, n);
		l->next = ws->late;
		ws->late = l;
		l->timer = loop_timer(ws->sb->loop, ws->late_ms, late_pong, l);
		break;
	}
	case SB_PONG_NEVER:
		break;
	}
}

static void got_close(struct sb_ws *ws, const char *p, size_t n)
{
	ws->close_code = n >= 2 ? (unsigned char)p[0] << 8 | (unsigned char)p[1] : 1005;
	if (!ws->close_sent)
		sb_ws_frame(ws, true, 8, p, n);
	ws->close_sent = true;
	conn_finish(ws->c);
}

static void fail(struct sb_ws *ws, const char *why)
{
	sb_ws_close(ws, 1002, why);
}

static void got_data(struct sb_ws *ws, bool fin, int opcode, const char *p, size_t n)
{
	if ((opcode != 0) == (ws->opcode != 0)) {
		fail(ws, "fragments out of order");
		return;
	}
	if (opcode)
		ws->opcode = opcode;
	buf_add(&ws->message, p, n);
	if (!fin)
		return;
	bool binary = ws->opcode == 2;
	ws->opcode = 0;
	struct buf whole = ws->message;
	ws->message = (struct buf){0};
	ws->ops.message(ws->arg, ws, whole.s ? whole.s : "", whole.len, binary);
	buf_free(&whole);
}

static void got_frame(struct sb_ws *ws, int first, const char *p, size_t n)
{
	int opcode = first & 15;
	bool fin = first & 0x80;
	if (first & 0x70) {
		fail(ws, "reserved bits");
	} else if (opcode <= 2) {
		got_data(ws, fin, opcode, p, n);
	} else if (!fin || n > 125) {
		fail(ws, "bad control frame");
	} else if (opcode == 8) {
		got_close(ws, p, n);
	} else if (opcode == 9) {
		answer_ping(ws, p, n);
	} else if (opcode == 10) {
		if (ws->ops.pong)
			ws->ops.pong(ws->arg, ws);
	} else {
		fail(ws, "unknown opcode");
	}
}

/* Length of the header, 0 = not complete. *n gets the payload's length. */
static size_t frame_head(const struct buf *in, uint64_t *n)
{
	const unsigned char *b = (const unsigned char *)in->s;
	if (in->len < 2)
		return 0;
	size_t len = 2;
	*n = b[1] & 127;
	size_t ext = *n == 126 ? 2 : *n == 127 ? 8 : 0;
	if (in->len < len + ext + 4)
		return 0;
	if (ext) {
		*n = 0;
		for (size_t i = 0; i < ext; i++)
			*n = *n << 8 | b[2 + i];
	}
	return len + ext + 4;
}

static void pump(void *owner)
{
	struct sb_ws *ws = owner;
	uint64_t n = 0;
	size_t used = 0;
	while (ws->c && !ws->c->closing && !ws->c->closed) {
		struct buf rest = {ws->c->in.s + used, ws->c->in.len - used, 0};
		size_t head = frame_head(&rest, &n);
		if (!head)
			break;
		if (!(rest.s[1] & 0x80) || n > WS_MAX_MESSAGE) {
			fail(ws, "frames of a client are masked and of sane size");
			used = ws->c->in.len;
			break;
		}
		if (rest.len < head + n)
			break;
		char *p = rest.s + head;
		for (size_t i = 0; i < n; i++)
			p[i] ^= p[-4 + (int)(i & 3)];
		used += head + n;
		got_frame(ws, (unsigned char)rest.s[0], p, n);
	}
	if (ws->c && !ws->c->closed)
		buf_eat(&ws->c->in, used);
}

/* ---- opening -------------------------------------------------------------------------------- */

static const char *accept_key(struct arena *a, const char *key)
{
	unsigned char hash[SHA_DIGEST_LENGTH];
	const char *text = arena_printf(a, "%s258EAFA5-E914-47DA-95CA-C5AB0DC85B11", key);
	SHA1((const unsigned char *)text, strlen(text), hash);
	char *out = arena_alloc(a, 4 * (SHA_DIGEST_LENGTH + 2) / 3 + 4);
	EVP_EncodeBlock((unsigned char *)out, hash, sizeof hash);
	return out;
}

struct sb_ws *sb_ws_accept(
        const struct sb_request *rq, struct sb_response *rs, const struct sb_ws_ops *ops, void *arg)
{
	const char *up = sb_header(rq, "Upgrade"), *key = sb_header(rq, "Sec-WebSocket-Key");
	const char *version = sb_header(rq, "Sec-WebSocket-Version");
	if (!up || strcasecmp(up, "websocket") || !key || !version || strcmp(version, "13")) {
		sb_sendf(rs, 400, "text/plain", "expected a WebSocket upgrade\n");
		return NULL;
	}
	struct sb_ws *ws = calloc(1, sizeof *ws);
	if (!ws)
		abort();
	const char *head = arena_printf(rq->a,
	        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
	        "Connection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n",
	        accept_key(rq->a, key));
	ws->sb = rq->sb;
	ws->ops = *ops;
	ws->arg = arg;
	rs->status = 101;
	ws->c = http_upgrade(rs);
	ws->c->data = pump;
	ws->c->gone = gone;
	ws->c->owner = ws;
	conn_write(ws->c, head, strlen(head));
	return ws;
}
