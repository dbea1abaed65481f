/* test_opencode_sse.c - server-sent events in pieces of any size. */
#include "opencode.h"
#include "str.h"
#include "unit.h"

struct seen {
	int n;
	enum opencode_event_kind kind[16];
	char type[16][64], session[16][64];
	int stop_at;
};

static bool note(void *ctx, const struct opencode_event *ev)
{
	struct seen *s = ctx;

	assert_true(s->n < 16);
	s->kind[s->n] = ev->kind;
	snprintf(s->type[s->n], 64, "%s", ev->type);
	snprintf(s->session[s->n], 64, "%s", ev->session);
	return ++s->n != s->stop_at;
}

static const char stream[] =
        "data: {\"id\":\"evt_1\",\"type\":\"server.connected\",\"properties\":{}}\n\n"
        ": a comment\n"
        "data: {\"type\":\"session.status\",\"properties\":{\"sessionID\":\"ses_a\",\"status\":{"
        "\"type\":\"busy\"}}}\n\n"
        "data: {\"type\":\"message.part.updated\",\"properties\":{\"part\":{\"sessionID\":\"ses_b\"}"
        "}}\r\n\r\n"
        "event: x\nid: 7\ndata: {\"type\":\"permission.asked\",\ndata: "
        "\"properties\":{\"sessionID\":\"ses_a\"}}\n\n"
        "data: {\"directory\":\"/x\",\"payload\":{\"type\":\"session.idle\",\"properties\":{"
        "\"sessionID\":\"ses_c\"}}}\n\n"
        "data: not json\n\n"
        "data: {\"type\":\"brand.new\",\"properties\":{}}\n\n"
        "data: {\"type\":\"session.error\",\"properties\":{\"error\":{}}}\n\n"
        "data: {\"type\":\"unfinished\"";

static void check(const struct seen *s)
{
	static const struct {
		enum opencode_event_kind kind;
		const char *type, *session;
	} want[] = {
	        {OPENCODE_EV_HEARTBEAT, "server.connected", ""},
	        {OPENCODE_EV_STATUS, "session.status", "ses_a"},
	        {OPENCODE_EV_ACTIVITY, "message.part.updated", "ses_b"},
	        {OPENCODE_EV_ASK, "permission.asked", "ses_a"},
	        {OPENCODE_EV_IDLE, "session.idle", "ses_c"},
	        {OPENCODE_EV_OTHER, "brand.new", ""},
	        {OPENCODE_EV_ERROR, "session.error", ""},
	};

	assert_int_equal(s->n, UNIT_LEN(want));
	for (size_t i = 0; i < UNIT_LEN(want); i++) {
		unit_case("event %zu", i);
		assert_int_equal(s->kind[i], want[i].kind);
		assert_string_equal(s->type[i], want[i].type);
		assert_string_equal(s->session[i], want[i].session);
	}
}

static void test_pieces(void **state)
{
	(void)state;
	for (size_t size = 1; size < sizeof(stream); size = size * 3 + 1) {
		struct seen s = {0};
		struct opencode_sse *p = opencode_sse_new(note, &s);

		for (size_t at = 0; at < sizeof(stream) - 1; at += size) {
			size_t left = sizeof(stream) - 1 - at;

			assert_true(opencode_sse_feed(p, stream + at, left < size ? left : size));
		}
		opencode_sse_free(p);
		check(&s);
	}
}

static void test_stop(void **state)
{
	struct seen s = {.stop_at = 2};
	struct opencode_sse *p = opencode_sse_new(note, &s);

	(void)state;
	assert_false(opencode_sse_feed(p, stream, sizeof(stream) - 1));
	assert_int_equal(s.n, 2);
	opencode_sse_free(p);
}

/* A frame that is too long is skipped, the next one is read. */
static void test_too_long(void **state)
{
	struct seen s = {0};
	struct opencode_sse *p = opencode_sse_new(note, &s);
	static const char start[] = "data: {\"type\":\"big\",\"x\":\"", end[] = "\"}\n\n";
	static const char next[] = "data: {\"type\":\"session.idle\"}\n\n";
	size_t n = 3u << 20;
	char *junk = malloc(n);

	(void)state;
	memset(junk, 'x', n);
	assert_true(opencode_sse_feed(p, start, sizeof(start) - 1));
	assert_true(opencode_sse_feed(p, junk, n));
	assert_true(opencode_sse_feed(p, end, sizeof(end) - 1));
	assert_true(opencode_sse_feed(p, next, sizeof(next) - 1));
	assert_int_equal(s.n, 1);
	assert_int_equal(s.kind[0], OPENCODE_EV_IDLE);
	free(junk);
	opencode_sse_free(p);
}

UNIT_MAIN(
        cmocka_unit_test(test_pieces), cmocka_unit_test(test_stop), cmocka_unit_test(test_too_long))
