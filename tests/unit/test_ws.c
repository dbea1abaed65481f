/* test_ws.c - the WebSocket client against a scripted server: whole, broken and silent peers. */
#include "unit.h"

#include <stdatomic.h>
#include <unistd.h>

#include "clock.h"
#include "loopback.h"
#include "net/ca.h"
#include "net/ioloop.h"
#include "net/ws.h"
#include "str.h"

/* What the client saw; ends the loop at on_gone. */
struct seen {
	struct ioloop *l;
	struct ws *ws;
	int opens, texts, gones;
	char first[64], last[64];
	size_t bytes;
	bool intact;
	struct ws_end end;
	int close_after; /* texts; 0 = never */
	bool echo;
};

static void on_open(void *ctx)
{
	struct seen *s = ctx;

	s->opens++;
}

static void on_text(void *ctx, const char *text, size_t n)
{
	struct seen *s = ctx;

	if (s->texts++ == 0)
		snprintf(s->first, sizeof(s->first), "%s", text);
	snprintf(s->last, sizeof(s->last), "%s", text);
	s->bytes = n > s->bytes ? n : s->bytes;
	if (n > 1000)
		s->intact = strlen(text) == n;
	for (size_t i = 0; i < n && n > 1000; i++)
		s->intact = s->intact && text[i] == (char)('a' + i % 26);
	if (s->echo)
		assert_true(ws_send(s->ws, text, n));
	if (s->close_after && s->texts == s->close_after)
		ws_close(s->ws, 1000, "bye");
}

static void on_gone(void *ctx, const struct ws_end *end)
{
	struct seen *s = ctx;

	s->gones++;
	s->end = *end;
	ioloop_quit(s->l);
}

static void run(struct seen *s, struct ws_options *o)
{
	struct err e;

	ca_init();
	s->l = ioloop_new(&e);
	assert_non_null(s->l);
	o->on_open = on_open;
	o->on_text = on_text;
	o->on_gone = on_gone;
	o->ctx = s;
	s->ws = ws_open(s->l, o);
	ioloop_run(s->l);
	ioloop_free(s->l);
	assert_int_equal(s->gones, 1);
}

static struct seen play(lb_fn fn, void *arg, struct ws_options o, struct seen how)
{
	struct loopback *lb = lb_start(fn, arg, NULL, NULL);

	o.url = lb_url(lb, "ws", "/link/?ticket=secret");
	run(&how, &o);
	lb_stop(lb);
	assert_null(strstr(how.end.err.msg, "secret"));
	return how;
}

/* ---- good peers ----------------------------------------------------------------------------- */

static atomic_int matched;

static void echo_script(struct lb_conn *c, void *arg)
{
	const char *r = lb_ws_accept(c);
	char buf[64];
	size_t n;

	(void)arg;
	if (!r)
		return;
	if (str_starts(r, "GET /link/?ticket=secret HTTP/1.1\r\n") && !strcasestr(r, "origin:") &&
	        !strcasestr(r, "sec-websocket-extensions") &&
	        !strcasestr(r, "sec-websocket-protocol"))
		atomic_fetch_add(&matched, 1);
	lb_ws_text(c, "hello");
	if (lb_ws_read_text(c, buf, sizeof(buf)) && str_eq(buf, "hello"))
		atomic_fetch_add(&matched, 1);
	lb_ws_text(c, "more");
	if (lb_ws_read_text(c, buf, sizeof(buf)) && str_eq(buf, "more"))
		atomic_fetch_add(&matched, 1);
	if (lb_ws_read(c, buf, sizeof(buf), &n) == LB_CLOSE && n == 5 &&
	        (unsigned char)buf[0] == 3 && (unsigned char)buf[1] == 0xE8 &&
	        str_eq(buf + 2, "bye"))
		atomic_fetch_add(&matched, 1);
	lb_ws_frame(c, LB_CLOSE, true, buf, 2);
}

static void test_echo_and_close(void **state)
{
	struct seen s;

	(void)state;
	atomic_store(&matched, 0);
	s = play(echo_script, NULL, (struct ws_options){0},
	        (struct seen){.echo = true, .close_after = 2});
	assert_int_equal(s.opens, 1);
	assert_int_equal(s.texts, 2);
	assert_int_equal(s.end.err.code, ERR_NONE);
	assert_true(s.end.opened);
	assert_int_equal(atomic_load(&matched), 4);
}

/* A big message in odd pieces, a ping in the middle, binary ignored, then a small one. */
static void fragments_script(struct lb_conn *c, void *arg)
{
	size_t total = *(size_t *)arg, sent = 0;
	static const size_t pieces[] = {1, 0, 125, 126, 5000, 65535, 65536, 3};
	char *text = malloc(total), buf[256];
	size_t n;

	if (!lb_ws_accept(c) || !text)
		return;
	for (size_t i = 0; i < total; i++)
		text[i] = (char)('a' + i % 26);
	lb_ws_frame(c, LB_BINARY, true, text, 100);
	for (int i = 0; sent < total; i++) {
		n = pieces[(size_t)i % UNIT_LEN(pieces)];
		n = n > total - sent ? total - sent : n;
		lb_ws_frame(c, i == 0 ? LB_TEXT : LB_CONT, sent + n == total, text + sent, n);
		sent += n;
		if (i == 4)
			lb_ws_frame(c, LB_PING, true, "are you there", 13);
	}
	if (lb_ws_read(c, buf, sizeof(buf), &n) == LB_PONG && str_eq(buf, "are you there"))
		atomic_fetch_add(&matched, 1);
	lb_ws_text(c, "end");
	lb_wait_eof(c);
	free(text);
}

static void test_fragments(void **state)
{
	size_t total = 300030;
	struct seen s;

	(void)state;
	atomic_store(&matched, 0);
	s = play(fragments_script, &total, (struct ws_options){0}, (struct seen){.close_after = 2});
	assert_int_equal(s.texts, 2);
	assert_string_equal(s.last, "end");
	assert_int_equal(atomic_load(&matched), 1);
}

static void test_large(void **state)
{
	size_t total = 1 << 20;
	struct seen s;

	(void)state;
	s = play(fragments_script, &total, (struct ws_options){0}, (struct seen){.close_after = 1});
	assert_int_equal(s.bytes, 1 << 20);
	assert_true(s.intact);
}

static void too_large_script(struct lb_conn *c, void *arg)
{
	char block[1000], buf[256];
	size_t n;

	(void)arg;
	if (!lb_ws_accept(c))
		return;
	memset(block, 'x', sizeof(block));
	lb_ws_frame(c, LB_TEXT, false, block, sizeof(block));
	for (int i = 0; i < 10;
	        i++) /* just above: unread bytes would turn our close into a reset */
		lb_ws_frame(c, LB_CONT, false, block, sizeof(block));
	if (lb_ws_read(c, buf, sizeof(buf), &n) == LB_CLOSE && n >= 2 &&
	        ((unsigned char)buf[0] << 8 | (unsigned char)buf[1]) == 1009)
		atomic_fetch_add(&matched, 1);
}

static void test_too_large(void **state)
{
	struct seen s;

	(void)state;
	atomic_store(&matched, 0);
	s = play(too_large_script, NULL, (struct ws_options){.max_bytes = 10000, .close_ms = 500},
	        (struct seen){0});
	assert_int_equal(s.texts, 0);
	assert_int_equal(s.end.err.code, ERR_PROTO);
	assert_int_equal(atomic_load(&matched), 1);
}

/* ---- peers that leave ----------------------------------------------------------------------- */

static void close_script(struct lb_conn *c, void *arg)
{
	(void)arg;
	if (lb_ws_accept(c) && lb_ws_text(c, "x"))
		lb_ws_frame(c, LB_CLOSE, true, "\x03\xf1Max frame length", 18);
	lb_wait_eof(c);
}

static void drop_script(struct lb_conn *c, void *arg)
{
	(void)arg;
	if (lb_ws_accept(c))
		lb_ws_text(c, "x");
	lb_reset(c);
}

static void test_leaving(void **state)
{
	struct seen s;

	(void)state;
	s = play(close_script, NULL, (struct ws_options){0}, (struct seen){0});
	assert_int_equal(s.texts, 1);
	assert_int_equal(s.end.err.code, ERR_NET);
	assert_int_equal(s.end.close_code, 1009);
	assert_string_equal(s.end.close_text, "Max frame length");
	s = play(drop_script, NULL, (struct ws_options){0}, (struct seen){0});
	assert_int_equal(s.end.err.code, ERR_NET);
	assert_true(s.end.opened);
	assert_int_equal(s.end.close_code, 0);
}

static void stuck_close_script(struct lb_conn *c, void *arg)
{
	(void)arg;
	if (lb_ws_accept(c) && lb_ws_text(c, "x"))
		lb_wait_eof(c); /* reads our close frame, never answers it */
}

static void test_close_has_a_limit(void **state)
{
	int64_t start = clock_mono_ms();
	struct seen s;

	(void)state;
	s = play(stuck_close_script, NULL, (struct ws_options){.close_ms = 100},
	        (struct seen){.close_after = 1});
	assert_int_equal(s.end.err.code, ERR_NONE);
	assert_in_range(clock_mono_ms() - start, 90, 5000);
}

/* ---- liveness ------------------------------------------------------------------------------- */

static void silent_script(struct lb_conn *c, void *arg)
{
	char one;

	(void)arg;
	if (lb_ws_accept(c))
		while (lb_read(c, &one, 1)) /* pings are read and not answered */
			;
}

static void test_silent_peer(void **state)
{
	int64_t start = clock_mono_ms();
	struct seen s;

	(void)state;
	s = play(silent_script, NULL, (struct ws_options){.ping_ms = 50, .dead_ms = 200},
	        (struct seen){0});
	assert_int_equal(s.end.err.code, ERR_TIMEOUT);
	assert_true(s.end.opened);
	assert_in_range(clock_mono_ms() - start, 190, 5000);
}

/* Each pong comes late, by more than a ping's interval but less than dead_ms. */
static void slow_pong_script(struct lb_conn *c, void *arg)
{
	char buf[64];
	size_t n;
	int op, pings = 0;

	(void)arg;
	if (!lb_ws_accept(c))
		return;
	while (pings < 3 && (op = lb_ws_read(c, buf, sizeof(buf), &n)) >= 0) {
		if (op != LB_PING)
			continue;
		pings++;
		usleep(250000);
		lb_ws_frame(c, LB_PONG, true, buf, n);
	}
	lb_ws_text(c, "still here");
	lb_wait_eof(c);
}

static void test_slow_pongs(void **state)
{
	struct seen s;

	(void)state;
	s = play(slow_pong_script, NULL, (struct ws_options){.ping_ms = 100, .dead_ms = 2000},
	        (struct seen){.close_after = 1});
	assert_string_equal(s.last, "still here");
	assert_int_equal(s.end.err.code, ERR_NONE);
}

/* ---- connections that do not come about ------------------------------------------------------ */

static void refuse_script(struct lb_conn *c, void *arg)
{
	if (lb_request(c))
		lb_answer(c, *(int *)arg, "Location: http://127.0.0.1:1/\r\n", "");
}

static void mute_script(struct lb_conn *c, void *arg)
{
	(void)arg;
	if (lb_request(c))
		lb_wait_eof(c);
}

static void garbage_script(struct lb_conn *c, void *arg)
{
	(void)arg;
	if (lb_request(c))
		lb_puts(c, "\x16\x03\x01 this is not HTTP\r\n\r\n");
}

static void vanish_script(struct lb_conn *c, void *arg)
{
	(void)arg;
	lb_request(c);
}

static void test_no_connection(void **state)
{
	static const int refused[] = {302, 403, 429, 500};
	struct loopback *lb;
	struct seen s = {0};
	struct ws_options o = {0};
	char url[64];

	(void)state;
	for (size_t i = 0; i < UNIT_LEN(refused); i++) {
		int status = refused[i];

		unit_case("%d", status);
		s = play(refuse_script, &status, (struct ws_options){0}, (struct seen){0});
		assert_int_equal(s.opens, 0);
		assert_int_equal(s.end.err.code, ERR_NET);
		assert_int_equal(s.end.http_status, status);
	}
	unit_case("mute");
	s = play(mute_script, NULL, (struct ws_options){.connect_ms = 150}, (struct seen){0});
	assert_int_equal(s.end.err.code, ERR_TIMEOUT);
	unit_case("garbage");
	s = play(garbage_script, NULL, (struct ws_options){.connect_ms = 2000}, (struct seen){0});
	assert_int_not_equal(s.end.err.code, ERR_NONE);
	unit_case("vanish");
	s = play(vanish_script, NULL, (struct ws_options){.connect_ms = 2000}, (struct seen){0});
	assert_int_equal(s.end.err.code, ERR_NET);

	unit_case("nobody listens");
	lb = lb_start(mute_script, NULL, NULL, NULL);
	snprintf(url, sizeof(url), "ws://localhost:%d/", lb_port(lb));
	lb_stop(lb);
	o.url = url;
	s = (struct seen){0};
	run(&s, &o);
	assert_int_equal(s.end.err.code, ERR_NET);

	unit_case("no such name");
	o = (struct ws_options){.url = "wss://no-such-host.invalid/x"};
	s = (struct seen){0};
	run(&s, &o);
	assert_int_equal(s.end.err.code, ERR_NET);
	assert_non_null(strstr(s.end.err.msg, "resolved"));

	unit_case("ws:// elsewhere");
	o = (struct ws_options){.url = "ws://192.0.2.1/x"};
	s = (struct seen){0};
	run(&s, &o);
	assert_int_equal(s.end.err.code, ERR_CONFIG);

	unit_case("no URL");
	o = (struct ws_options){.url = "https://slack.com/"};
	s = (struct seen){0};
	run(&s, &o);
	assert_int_equal(s.end.err.code, ERR_PROTO);
}

/* ---- TLS and proxy -------------------------------------------------------------------------- */

static void greet_script(struct lb_conn *c, void *arg)
{
	(void)arg;
	if (lb_ws_accept(c) && lb_ws_text(c, "secure"))
		lb_wait_eof(c);
}

static const char *temp_dir(struct arena *a)
{
	char *dir = arena_printf(a, "%s/heal-ws-XXXXXX", str_or(getenv("TMPDIR"), "/tmp"));

	assert_non_null(mkdtemp(dir));
	return dir;
}

static void test_tls(void **state)
{
	static const struct {
		const char *name, *cert;
		bool ca, ok;
	} cases[] = {
	        {"trusted", "127.0.0.1", true, true},
	        {"unknown authority", "127.0.0.1", false, false},
	        {"other name", "example.com", true, false},
	};
	struct arena *a = *state;
	const char *dir = temp_dir(a);

	unsetenv("CURL_CA_BUNDLE");
	for (size_t i = 0; i < UNIT_LEN(cases); i++) {
		char *base = arena_printf(a, "%s/%s", dir, cases[i].cert);
		struct ws_options o = {.connect_ms = 5000};
		struct seen s = {.close_after = 1};
		struct loopback *lb;

		unit_case("%s", cases[i].name);
		lb_certificate(dir, cases[i].cert);
		if (cases[i].ca)
			setenv("SSL_CERT_FILE", arena_printf(a, "%s/ca.pem", dir), 1);
		else
			unsetenv("SSL_CERT_FILE");
		lb = lb_start(greet_script, NULL, arena_printf(a, "%s.pem", base),
		        arena_printf(a, "%s.key", base));
		o.url = lb_url(lb, "wss", "/");
		run(&s, &o);
		assert_int_equal(s.opens, cases[i].ok);
		assert_int_equal(s.end.err.code, cases[i].ok ? ERR_NONE : ERR_NET);
		lb_stop(lb);
	}
	unsetenv("SSL_CERT_FILE");
}

/* A CONNECT proxy that says yes and then is the server itself. */
static void proxy_script(struct lb_conn *c, void *arg)
{
	const char *r = lb_request(c);

	(void)arg;
	if (r && str_starts(r, "CONNECT slack.invalid:443 ") &&
	        strcasestr(r, "\r\nproxy-authorization: basic dTpw"))
		atomic_fetch_add(&matched, 1);
	if (r)
		lb_puts(c, "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
	lb_wait_eof(c);
}

static void test_proxy(void **state)
{
	struct arena *a = *state;
	struct loopback *lb = lb_start(proxy_script, NULL, NULL, NULL);
	struct ws_options o = {.url = "wss://slack.invalid/", .connect_ms = 3000};
	struct seen s = {0};

	atomic_store(&matched, 0);
	setenv("https_proxy", arena_printf(a, "http://u:p@localhost:%d", lb_port(lb)), 1);
	run(&s, &o);
	assert_int_equal(s.end.err.code, ERR_NET);
	assert_int_equal(atomic_load(&matched), 1);
	lb_stop(lb);
	setenv("https_proxy", "socks5://127.0.0.1:1", 1);
	s = (struct seen){0};
	run(&s, &o);
	assert_int_equal(s.end.err.code, ERR_CONFIG);
	unsetenv("https_proxy");
}

/* ---- giving up, URLs ------------------------------------------------------------------------ */

struct giving_up {
	struct ioloop *l;
	struct ws *ws;
	struct ioloop_timer *t;
	int gone;
};

static void cut_off(void *ctx, const struct ws_end *end)
{
	struct giving_up *g = ctx;

	(void)end;
	g->gone++;
}

static void end_loop(void *arg)
{
	struct giving_up *g = arg;

	ioloop_quit(g->l);
}

static void never(void *ctx)
{
	(void)ctx;
	fail();
}

static void never_gone(void *ctx, const struct ws_end *end)
{
	(void)ctx;
	(void)end;
	fail();
}

static void test_abandon(void **state)
{
	struct loopback *lb = lb_start(greet_script, NULL, NULL, NULL);
	struct giving_up g = {0};
	struct ws_options o = {
	        .url = lb_url(lb, "ws", "/"), .on_open = never, .on_gone = never_gone, .ctx = &g};
	struct err e;

	(void)state;
	g.l = ioloop_new(&e);
	g.t = ioloop_timer_new(g.l, end_loop, &g);
	ws_abandon(ws_open(g.l, &o));
	ioloop_timer_set(g.t, 100);
	ioloop_run(g.l);
	o.on_gone = cut_off;
	ws_open(g.l, &o); /* left to ioloop_free, which ends it */
	ioloop_timer_free(g.t);
	ioloop_free(g.l);
	assert_int_equal(g.gone, 1);
	lb_stop(lb);
}

static void test_urls(void **state)
{
	static const struct {
		const char *url;
		bool ok, tls;
		const char *host, *path;
		int port;
	} cases[] = {
	        {"wss://a.b/link/?t=1&u=2", true, true, "a.b", "/link/?t=1&u=2", 443},
	        {"wss://a.b", true, true, "a.b", "/", 443},
	        {"WSS://a.b:8443?x#frag", true, true, "a.b", "/?x", 8443},
	        {"ws://[::1]:81/p", true, false, "::1", "/p", 81},
	        {"ws://a.b/p", true, false, "a.b", "/p", 80},
	        {"https://a.b/", false, false, "", "", 0},
	        {"wss://", false, false, "", "", 0},
	        {"wss://a.b:0/", false, false, "", "", 0},
	        {"wss://a.b:99999/", false, false, "", "", 0},
	        {"wss://a.b:x/", false, false, "", "", 0},
	        {"wss://u:p@a.b/", false, false, "", "", 0},
	        {"wss://a.b/a b", false, false, "", "", 0},
	        {"wss://a.b/\r\nX: 1", false, false, "", "", 0},
	        {"", false, false, "", "", 0},
	};

	(void)state;
	for (size_t i = 0; i < UNIT_LEN(cases); i++) {
		struct ws_url u;

		unit_case("%s", cases[i].url);
		assert_int_equal(ws_url_parse(cases[i].url, &u), cases[i].ok);
		if (!cases[i].ok)
			continue;
		assert_int_equal(u.tls, cases[i].tls);
		assert_string_equal(u.host, cases[i].host);
		assert_string_equal(u.path, cases[i].path);
		assert_int_equal(u.port, cases[i].port);
	}
}

static int no_proxy(void **state)
{
	static const char *const names[] = {"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy",
	        "ALL_PROXY", "no_proxy", "NO_PROXY"};

	for (size_t i = 0; i < UNIT_LEN(names); i++)
		unsetenv(names[i]);
	return unit_arena(state);
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, no_proxy, unit_arena_end)

UNIT_MAIN(CASE(test_echo_and_close), CASE(test_fragments), CASE(test_large), CASE(test_too_large),
        CASE(test_leaving), CASE(test_close_has_a_limit), CASE(test_silent_peer),
        CASE(test_slow_pongs), CASE(test_no_connection), CASE(test_tls), CASE(test_proxy),
        CASE(test_abandon), CASE(test_urls))
