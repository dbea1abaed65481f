/* opencode_sse.c - server-sent events (WHATWG HTML, 9.2.6) of OpenCode, and waiting for one. */
#include <stdlib.h>
#include <string.h>

#include "clients/opencode_wire.h"
#include "clock.h"
#include "str.h"

#define FRAME_MAX (1u << 20)
/* The server sends a heartbeat every 10 s: three missed are a dead stream. */
#define SILENCE_MS 35000

struct opencode_sse {
	opencode_event_fn fn;
	void *ctx;
	struct arena *a; /* of one event */
	char *line;      /* of the line in the making */
	size_t len, cap;
	char *data; /* of the event in the making: its data lines */
	size_t dlen, dcap;
	bool too_long; /* skip until the blank line */
	bool after_cr;
};

struct opencode_sse *opencode_sse_new(opencode_event_fn fn, void *ctx)
{
	struct opencode_sse *s = calloc(1, sizeof(*s));

	if (!s)
		abort();
	s->fn = fn;
	s->ctx = ctx;
	s->a = arena_new(0);
	return s;
}

void opencode_sse_free(struct opencode_sse *s)
{
	if (!s)
		return;
	arena_free(s->a);
	free(s->line);
	free(s->data);
	free(s);
}

/* Appends within FRAME_MAX; more marks the event as to be skipped. */
static void append(
        struct opencode_sse *s, char **buf, size_t *len, size_t *cap, const char *p, size_t n)
{
	if (*len + n > FRAME_MAX) {
		s->too_long = true;
		return;
	}
	if (*len + n > *cap) {
		size_t want = *cap ? *cap * 2 : 1024;

		while (want < *len + n)
			want *= 2;
		*buf = realloc(*buf, want);
		if (!*buf)
			abort();
		*cap = want;
	}
	if (n)
		memcpy(*buf + *len, p, n);
	*len += n;
}

static enum opencode_event_kind kind_of(const char *type)
{
	static const struct {
		const char *prefix;
		enum opencode_event_kind kind;
	} kinds[] = {
	        {"server.heartbeat", OPENCODE_EV_HEARTBEAT},
	        {"server.connected", OPENCODE_EV_HEARTBEAT},
	        {"session.idle", OPENCODE_EV_IDLE},
	        {"session.status", OPENCODE_EV_STATUS},
	        {"session.error", OPENCODE_EV_ERROR},
	        {"session.deleted", OPENCODE_EV_STATUS},
	        {"permission.asked", OPENCODE_EV_ASK},
	        {"permission.updated", OPENCODE_EV_ASK}, /* before 1.1 */
	        {"question.asked", OPENCODE_EV_ASK},
	        {"server.instance.disposed", OPENCODE_EV_DISPOSED},
	        {"message.", OPENCODE_EV_ACTIVITY},
	        {"todo.", OPENCODE_EV_ACTIVITY},
	        {"file.edited", OPENCODE_EV_ACTIVITY},
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (str_starts(type, kinds[i].prefix))
			return kinds[i].kind;
	}
	return OPENCODE_EV_OTHER;
}

/* The blank line: the event is complete. */
static bool dispatch(struct opencode_sse *s)
{
	struct opencode_event ev;
	struct err ignored;
	const json *j, *p;
	bool go_on = true;

	if (s->dlen > 0 && !s->too_long) {
		j = json_parse(s->a, s->data, s->dlen, &ignored);
		/* /global/event wraps each event of /event. */
		if (json_is_obj(json_get(j, ".payload")))
			j = json_get(j, ".payload");
		p = json_get(j, ".properties");
		ev.type = json_str(j, ".type", "");
		ev.kind = kind_of(ev.type);
		ev.session = json_str(p, ".sessionID",
		        json_str(p, ".info.sessionID", json_str(p, ".part.sessionID", "")));
		if (*ev.type)
			go_on = s->fn(s->ctx, &ev);
		arena_reset(s->a);
	}
	s->dlen = 0;
	s->too_long = false;
	return go_on;
}

static bool end_of_line(struct opencode_sse *s)
{
	const char *value = s->line;
	size_t n = s->len;

	s->len = 0;
	if (n == 0)
		return dispatch(s);
	if (n < 5 || memcmp(value, "data:", 5) != 0)
		return true; /* event:, id:, retry:, comments */
	value += 5;
	n -= 5;
	if (n > 0 && *value == ' ') {
		value++;
		n--;
	}
	if (s->dlen > 0)
		append(s, &s->data, &s->dlen, &s->dcap, "\n", 1);
	append(s, &s->data, &s->dlen, &s->dcap, value, n);
	return true;
}

bool opencode_sse_feed(struct opencode_sse *s, const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		bool lf_of_crlf = p[i] == '\n' && s->after_cr;

		s->after_cr = p[i] == '\r';
		if (lf_of_crlf)
			continue;
		if (p[i] != '\n' && p[i] != '\r') {
			append(s, &s->line, &s->len, &s->cap, p + i, 1);
			continue;
		}
		if (!end_of_line(s))
			return false;
	}
	return true;
}

/* --- waiting --- */

struct wait {
	struct opencode_sse *sse;
	const char *session;
	int64_t until_ms; /* monotonic */
	bool hint;
};

static bool worth_a_poll(void *ctx, const struct opencode_event *ev)
{
	struct wait *w = ctx;

	switch (ev->kind) {
	case OPENCODE_EV_IDLE:
	case OPENCODE_EV_ERROR:
	case OPENCODE_EV_ASK:
	case OPENCODE_EV_STATUS:
		/* An error of a dropped prompt may name no session. */
		w->hint = str_eq(ev->session, w->session) || !*ev->session;
		break;
	case OPENCODE_EV_DISPOSED:
		w->hint = true;
		break;
	case OPENCODE_EV_OTHER:
	case OPENCODE_EV_HEARTBEAT:
	case OPENCODE_EV_ACTIVITY:
		break;
	}
	return !w->hint;
}

static bool on_data(void *ctx, const char *p, size_t n)
{
	struct wait *w = ctx;

	return opencode_sse_feed(w->sse, p, n) && clock_mono_ms() < w->until_ms;
}

bool opencode_wait(struct opencode *o, struct arena *a, const char *session, int64_t max_ms,
        bool *hint, struct err *e)
{
	struct wait w = {.session = session, .until_ms = clock_mono_ms() + max_ms};
	struct http_request q = oc_request(o, a, NULL, "/event", NULL);
	struct http_response r;
	struct err why = {0};
	bool ok;

	q.on_data = on_data;
	q.on_data_ctx = &w;
	q.timeout_ms = (uint32_t)(max_ms < SILENCE_MS ? max_ms : SILENCE_MS);
	w.sse = opencode_sse_new(worth_a_poll, &w);
	ok = http_do(o->http, a, &q, &r, &why);
	opencode_sse_free(w.sse);
	*hint = w.hint;
	/* The silence limit is how a quiet wait ends. */
	if (ok && (r.status < 200 || r.status > 299))
		return oc_reply(o, a, &r, "events", NULL, e);
	if (ok || why.code == ERR_TIMEOUT)
		return true;
	if (e)
		*e = why;
	return err_wrap(e, "OpenCode: events");
}
