/* ws_io.c - frames of an open connection, in and out. See ws.c for the rules. */
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "net/ws_private.h"

#define KEEP_BYTES ((size_t)64 << 10) /* of the receive buffer between messages */
#define MAX_WRITES 16                 /* in one turn, so that reading is not starved */

/* ---- in ------------------------------------------------------------------------------------- */

static void reserve(struct ws *w, size_t more)
{
	size_t cap = w->rx_cap ? w->rx_cap : 4096;

	if (w->rx_len + more + 1 <= w->rx_cap)
		return;
	while (cap < w->rx_len + more + 1)
		cap *= 2;
	w->rx = realloc(w->rx, cap);
	if (!w->rx)
		abort();
	w->rx_cap = cap;
}

static void end_message(struct ws *w)
{
	bool skip = w->rx_skip;
	size_t n = w->rx_len;

	w->rx_len = 0;
	w->rx_skip = false;
	if (!skip && !w->abandoned) {
		reserve(w, 0);
		w->rx[n] = '\0';
		w->o.on_text(w->o.ctx, w->rx, n);
	}
	if (w->rx_cap > KEEP_BYTES) {
		free(w->rx);
		w->rx = NULL;
		w->rx_cap = 0;
	}
}

void ws_receive(struct ws *w, const char *p, size_t n)
{
	w->heard_ms = clock_mono_ms();
	if (w->state == WS_GONE)
		return;
	if (lws_is_first_fragment(w->wsi)) {
		w->rx_len = 0;
		w->rx_skip = lws_frame_is_binary(w->wsi);
	}
	if (!w->rx_skip && n > w->o.max_bytes - w->rx_len) {
		w->rx_skip = true;
		err_set(&w->end.err, ERR_PROTO, true, "%s sent a message over %zu KiB",
		        w->url->host, w->o.max_bytes >> 10);
		ws_close(w, LWS_CLOSE_STATUS_MESSAGE_TOO_LARGE, "message too large");
	}
	if (!w->rx_skip && n > 0) {
		reserve(w, n);
		memcpy(w->rx + w->rx_len, p, n);
		w->rx_len += n;
	}
	if (lws_is_final_fragment(w->wsi) && lws_remaining_packet_payload(w->wsi) == 0)
		end_message(w);
}

/* ---- out ------------------------------------------------------------------------------------ */

void ws_drop_frames(struct ws *w)
{
	for (struct ws_frame *f; (f = w->first);) {
		w->first = f->next;
		free(f);
	}
	w->last = NULL;
}

bool ws_send(struct ws *w, const char *text, size_t n)
{
	struct ws_frame *f;

	if (w->state != WS_OPEN)
		return false;
	f = malloc(sizeof(*f) + LWS_PRE + n);
	if (!f)
		abort();
	f->next = NULL;
	f->len = n;
	memcpy(f->bytes + LWS_PRE, text, n);
	if (w->last)
		w->last->next = f;
	else
		w->first = f;
	w->last = f;
	lws_callback_on_writable(w->wsi);
	return true;
}

static bool write_first(struct ws *w)
{
	struct ws_frame *f = w->first;
	int sent = lws_write(w->wsi, f->bytes + LWS_PRE, f->len, LWS_WRITE_TEXT);

	w->first = f->next;
	if (!w->first)
		w->last = NULL;
	free(f);
	return sent >= 0; /* what the socket does not take now is kept by the library */
}

static bool write_ping(struct ws *w)
{
	unsigned char empty[LWS_PRE + 1] = {0};

	w->ping_due = false;
	return lws_write(w->wsi, empty + LWS_PRE, 0, LWS_WRITE_PING) >= 0;
}

/* Once: a second -1 would make the library cut instead of waiting for the peer's half. */
static int close_now(struct ws *w)
{
	if (w->close_sent)
		return 0;
	w->close_sent = true;
	lws_close_reason(w->wsi, (enum lws_close_status)w->close_code,
	        (unsigned char *)w->close_reason, strlen(w->close_reason));
	return -1;
}

int ws_writeable(struct ws *w)
{
	int writes = 0;

	if (w->state != WS_OPEN && w->state != WS_CLOSING)
		return 0;
	while (w->first && writes++ < MAX_WRITES && !lws_send_pipe_choked(w->wsi))
		if (!write_first(w))
			return -1;
	if (w->first || (w->ping_due && lws_send_pipe_choked(w->wsi))) {
		lws_callback_on_writable(w->wsi);
		return 0;
	}
	if (w->ping_due && !write_ping(w))
		return -1;
	return w->state == WS_CLOSING ? close_now(w) : 0;
}
