/*
 * test_socket_mode.c - Socket Mode against a scripted Slack on real sockets.
 *
 * One server plays apps.connections.open and the WebSocket; `script` is called for each WebSocket
 * with its number. The client runs on this thread until the test's `until` is true.
 */
#include "unit.h"

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "chat/socket_mode.h"
#include "clock.h"
#include "json.h"
#include "loopback.h"
#include "net/http.h"
#include "net/ioloop.h"
#include "str.h"

#define HELLO    "{\"type\":\"hello\",\"num_connections\":1,\"debug_info\":{\"host\":\"x\"}}"
#define LIMIT_MS 10000

struct rig {
	struct loopback *lb;
	struct ioloop *l;
	struct socket_mode *sm;
	struct ioloop_timer *tick;
	void (*script)(struct rig *g, struct lb_conn *c, int n);
	bool (*until)(struct rig *g);
	const char *open_answer; /* NULL = an address */
	void (*on_take)(struct rig *g, struct socket_work *w);

	atomic_int opens, links, hellos, closed_by_us;
	atomic_int step; /* how scripts wait for each other */
	atomic_bool wrong;

	/* loop thread */
	struct socket_work *held;
	int takes, ups, downs;
	int64_t down_ms, up_ms, deadline;
	char last_id[64];
};

/* ---- Slack ---------------------------------------------------------------------------------- */

static void expect(struct rig *g, bool ok, const char *what)
{
	if (!ok) {
		fprintf(stderr, "# script: %s\n", what);
		atomic_store(&g->wrong, true);
	}
}
#define EXPECT(g, x) expect(g, x, #x)

static void serve(struct lb_conn *c, void *arg)
{
	struct rig *g = arg;
	const char *r;

	while ((r = lb_request(c))) {
		char body[200];
		const char *answer = g->open_answer;

		if (!str_starts(r, "POST /api/apps.connections.open ")) {
			if (lb_ws_upgrade(c, r))
				g->script(g, c, atomic_fetch_add(&g->links, 1));
			return;
		}
		EXPECT(g, strstr(r, "\r\nAuthorization: Bearer xapp-test\r\n") != NULL);
		snprintf(body, sizeof(body),
		        "{\"ok\":true,\"url\":\"ws://127.0.0.1:%d/link/?ticket=%d\"}",
		        lb_conn_port(c), atomic_fetch_add(&g->opens, 1));
		lb_answer(c, 200, "Content-Type: application/json\r\n", answer ? answer : body);
	}
}

static void wait_step(struct rig *g, int step)
{
	for (int i = 0; i < LIMIT_MS && atomic_load(&g->step) < step; i++)
		usleep(1000);
	EXPECT(g, atomic_load(&g->step) >= step);
}

static void say_hello(struct rig *g, struct lb_conn *c)
{
	lb_ws_text(c, HELLO);
	atomic_fetch_add(&g->hellos, 1);
}

/* Reads acknowledgements until the client closes; true when it closed with 1000. */
static bool read_to_close(struct rig *g, struct lb_conn *c)
{
	char buf[512];
	size_t n;
	int op;

	while ((op = lb_ws_read(c, buf, sizeof(buf), &n)) >= 0) {
		if (op == LB_PING)
			lb_ws_frame(c, LB_PONG, true, buf, n);
		if (op != LB_CLOSE)
			continue;
		EXPECT(g, n >= 2 && (unsigned char)buf[0] == 3 && (unsigned char)buf[1] == 0xE8);
		atomic_fetch_add(&g->closed_by_us, 1);
		lb_ws_frame(c, LB_CLOSE, true, buf, 2);
		return true;
	}
	return false;
}

static void send_command(struct lb_conn *c, const char *id)
{
	char text[300];

	snprintf(text, sizeof(text),
	        "{\"envelope_id\":\"%s\",\"type\":\"slash_commands\",\"accepts_response_payload\":true,"
	        "\"payload\":{\"command\":\"/heal\",\"text\":\"x\",\"trigger_id\":\"t%s\"}}",
	        id, id);
	lb_ws_text(c, text);
}

static void send_event(struct lb_conn *c, const char *id)
{
	char text[300];

	snprintf(text, sizeof(text),
	        "{\"envelope_id\":\"%s\",\"type\":\"events_api\",\"accepts_response_payload\":false,"
	        "\"retry_attempt\":1,\"payload\":{\"type\":\"event_callback\",\"event_id\":\"Ev%s\"}}",
	        id, id);
	lb_ws_text(c, text);
}

static bool read_ack(struct lb_conn *c, const char *id, const char *payload_text)
{
	char buf[2048], want[100];

	snprintf(want, sizeof(want), "{\"envelope_id\":\"%s\"", id);
	return lb_ws_read_text(c, buf, sizeof(buf)) && str_starts(buf, want) &&
	       (payload_text ? strstr(buf, payload_text) != NULL : strstr(buf, "payload") == NULL);
}

/* ---- the client ----------------------------------------------------------------------------- */

static void take(void *ctx, struct socket_work *w)
{
	struct rig *g = ctx;

	g->takes++;
	snprintf(g->last_id, sizeof(g->last_id), "%s", w->env.id);
	if (g->on_take)
		g->on_take(g, w);
	else
		socket_mode_ack(w, NULL);
}

static void on_link(void *ctx, bool up)
{
	struct rig *g = ctx;

	if (up) {
		g->ups++;
		g->up_ms = clock_mono_ms();
	} else {
		g->downs++;
		g->down_ms = clock_mono_ms();
	}
}

static void on_stopped(void *ctx)
{
	struct rig *g = ctx;

	ioloop_quit(g->l);
}

static void on_tick(void *arg)
{
	struct rig *g = arg;

	if (clock_mono_ms() > g->deadline) {
		atomic_store(&g->wrong, true);
		fprintf(stderr, "# the test did not reach its end\n");
	} else if (!g->until(g) && !atomic_load(&g->wrong)) {
		ioloop_timer_set(g->tick, 2);
		return;
	}
	socket_mode_stop(g->sm);
}

static void play(struct rig *g, struct socket_mode_options o)
{
	char url[64];
	struct err e;

	http_global_init();
	http_set_gate(http_gate_none, NULL);
	g->lb = lb_start(serve, g, NULL, NULL);
	g->l = ioloop_new(&e);
	assert_non_null(g->l);
	snprintf(url, sizeof(url), "http://127.0.0.1:%d/api/", lb_port(g->lb));
	o.api_url = url;
	o.app_token = "xapp-test";
	o.take = take;
	o.on_link = on_link;
	o.on_stopped = on_stopped;
	o.ctx = g;
	g->sm = socket_mode_new(g->l, &o);
	g->tick = ioloop_timer_new(g->l, on_tick, g);
	g->deadline = clock_mono_ms() + LIMIT_MS;
	socket_mode_start(g->sm);
	ioloop_timer_set(g->tick, 1);
	ioloop_run(g->l);
}

static struct socket_mode_stats end(struct rig *g)
{
	struct socket_mode_stats s;
	static char trouble[400];

	socket_mode_stats(g->sm, &s);
	snprintf(trouble, sizeof(trouble), "%s", s.trouble);
	s.trouble = trouble;
	ioloop_timer_free(g->tick);
	socket_mode_free(g->sm);
	ioloop_free(g->l);
	lb_stop(g->lb);
	http_global_fini();
	assert_false(atomic_load(&g->wrong));
	return s;
}

static bool stepped(struct rig *g)
{
	return atomic_load(&g->step) >= 9;
}

/* ---- dialogues ------------------------------------------------------------------------------ */

static void simple_script(struct rig *g, struct lb_conn *c, int n)
{
	(void)n;
	say_hello(g, c);
	send_command(c, "c-1");
	EXPECT(g, read_ack(c, "c-1", NULL));
	send_event(c, "e-1");
	EXPECT(g, read_ack(c, "e-1", NULL));
	/* cannot be read, can be acknowledged */
	lb_ws_text(c, "{\"envelope_id\":\"bad-1\",\"type\":\"interactive\",\"payload\":{]}");
	EXPECT(g, read_ack(c, "bad-1", NULL));
	lb_ws_text(c, "no JSON at all");
	lb_ws_text(c, "{\"type\":\"something_new\"}");
	lb_ws_text(c, "{\"envelope_id\":\"s-1\",\"type\":\"interactive\",\"payload\":\"text\"}");
	EXPECT(g, read_ack(c, "s-1", NULL));
	atomic_store(&g->step, 9);
	EXPECT(g, read_to_close(g, c));
}

static void test_simple(void **state)
{
	struct rig g = {.script = simple_script, .until = stepped};
	struct socket_mode_stats s;

	(void)state;
	play(&g, (struct socket_mode_options){0});
	s = end(&g);
	assert_int_equal(g.takes, 3);
	assert_int_equal(g.ups, 1);
	assert_int_equal(s.envelopes, 3);
	assert_int_equal(s.retries, 1);
	assert_int_equal(s.acks, 3);
	assert_int_equal(s.unreadable, 1);
	assert_int_equal(s.hellos, 1);
	assert_int_equal(s.waiting, 0);
	assert_int_equal(atomic_load(&g.closed_by_us), 1);
}

static void refuse(struct rig *g, struct socket_work *w)
{
	(void)g;
	socket_mode_refuse(w, "storage trouble");
}

static void refuse_script(struct rig *g, struct lb_conn *c, int n)
{
	(void)n;
	say_hello(g, c);
	send_event(c, "e-1"); /* must not be acknowledged … */
	send_command(c, "c-1");
	EXPECT(g, read_ack(c, "c-1", "storage trouble")); /* … so this is the first frame */
	atomic_store(&g->step, 9);
	read_to_close(g, c);
}

static void test_refuse(void **state)
{
	struct rig g = {.script = refuse_script, .until = stepped, .on_take = refuse};
	struct socket_mode_stats s;

	(void)state;
	play(&g, (struct socket_mode_options){0});
	s = end(&g);
	assert_int_equal(s.refused, 2);
	assert_int_equal(s.waiting, 0);
}

/* Slack asks for a refresh: the second connection must be greeted before the first is left, and
 * what comes on the first is acknowledged there. */
static void refresh_script(struct rig *g, struct lb_conn *c, int n)
{
	if (n == 0) {
		say_hello(g, c);
		lb_ws_text(c, "{\"type\":\"disconnect\",\"reason\":\"warning\"}");
		wait_step(g, 1); /* the second one is connecting */
		lb_ws_text(c, "{\"type\":\"disconnect\",\"reason\":\"refresh_requested\"}");
		send_command(c, "old-1");
		EXPECT(g, read_ack(c, "old-1", NULL));
		atomic_store(&g->step, 2);
		wait_step(g, 3);
		send_command(c, "old-2"); /* it drains, it is not deaf */
		EXPECT(g, read_ack(c, "old-2", NULL));
		atomic_store(&g->step, 4);
		EXPECT(g, read_to_close(g, c)); /* after drain_ms */
		atomic_store(&g->step, 9);
	} else if (n == 1) {
		atomic_store(&g->step, 1);
		wait_step(g, 2);
		EXPECT(g, atomic_load(&g->closed_by_us) == 0);
		say_hello(g, c);
		send_command(c, "new-1");
		EXPECT(g, read_ack(c, "new-1", NULL));
		atomic_store(&g->step, 3);
		read_to_close(g, c);
	} else {
		EXPECT(g, n < 2);
	}
}

static void test_refresh(void **state)
{
	struct rig g = {.script = refresh_script, .until = stepped};

	(void)state;
	play(&g, (struct socket_mode_options){.stable_ms = 1, .drain_ms = 300});
	end(&g);
	assert_int_equal(g.takes, 3);
	assert_int_equal(g.ups, 1);
	assert_int_equal(g.downs, 0); /* not one moment without */
	assert_int_equal(atomic_load(&g.opens), 2);
}

/* The announced life is a second: at 0.9 s the next connection comes by itself. */
static void short_life_script(struct rig *g, struct lb_conn *c, int n)
{
	if (n == 0) {
		lb_ws_text(c,
		        "{\"type\":\"hello\",\"debug_info\":{\"approximate_connection_time\":1}}");
		read_to_close(g, c);
	} else {
		say_hello(g, c);
		atomic_store(&g->step, 9);
		read_to_close(g, c);
	}
}

static void test_short_life(void **state)
{
	struct rig g = {.script = short_life_script, .until = stepped};
	int64_t start = clock_mono_ms();

	(void)state;
	play(&g, (struct socket_mode_options){.stable_ms = 1});
	assert_in_range(clock_mono_ms() - start, 900, 5000);
	end(&g);
	assert_int_equal(g.downs, 0);
	assert_int_equal(atomic_load(&g.closed_by_us), 2);
}

/* The connection is cut with an envelope taken and not yet acknowledged. */
static void hold(struct rig *g, struct socket_work *w)
{
	if (str_eq(w->env.id, "cut-1")) {
		g->held = w;
		atomic_store(&g->step, 1);
	} else {
		socket_mode_ack(w, NULL);
	}
}

static bool ack_held(struct rig *g)
{
	if (g->held && atomic_load(&g->step) >= 2) {
		socket_mode_ack(g->held, NULL);
		g->held = NULL;
	}
	return stepped(g);
}

static void cut_script(struct rig *g, struct lb_conn *c, int n)
{
	if (n == 0) {
		say_hello(g, c);
		send_command(c, "cut-1");
		wait_step(g, 1);
		lb_reset(c);
	} else if (n == 1) {
		say_hello(g, c);
		atomic_store(&g->step, 2);
		EXPECT(g, read_ack(c, "cut-1", NULL)); /* on the newest */
		atomic_store(&g->step, 9);
		read_to_close(g, c);
	}
}

static void test_cut(void **state)
{
	struct rig g = {.script = cut_script, .until = ack_held, .on_take = hold};

	(void)state;
	play(&g, (struct socket_mode_options){0});
	assert_in_range(g.up_ms - g.down_ms, 0, 500);
	end(&g);
	assert_int_equal(g.downs, 1);
	assert_int_equal(g.ups, 2);
}

/* Nobody says hello; then one is greeted. */
static void mute_script(struct rig *g, struct lb_conn *c, int n)
{
	if (n == 0) {
		EXPECT(g, read_to_close(g, c));
		return;
	}
	say_hello(g, c);
	atomic_store(&g->step, 9);
	read_to_close(g, c);
}

static void test_no_hello(void **state)
{
	struct rig g = {.script = mute_script, .until = stepped};

	(void)state;
	play(&g, (struct socket_mode_options){.hello_ms = 50, .first_ms = 20});
	end(&g);
	assert_int_equal(atomic_load(&g.links), 2);
}

static void silent_script(struct rig *g, struct lb_conn *c, int n)
{
	say_hello(g, c);
	if (n == 0) {
		char one;

		while (lb_read(c, &one, 1)) /* no pong ever */
			;
		return;
	}
	atomic_store(&g->step, 9);
	read_to_close(g, c);
}

static void test_silent(void **state)
{
	struct rig g = {.script = silent_script, .until = stepped};

	(void)state;
	play(&g, (struct socket_mode_options){.ping_ms = 50, .dead_ms = 200});
	end(&g);
	assert_int_equal(g.downs, 1);
	assert_int_equal(g.ups, 2);
}

/* too_many_websockets instead of hello, twice, then welcome. */
static void crowd_script(struct rig *g, struct lb_conn *c, int n)
{
	if (n < 2) {
		lb_ws_text(c, "{\"type\":\"disconnect\",\"reason\":\"too_many_websockets\"}");
		EXPECT(g, read_to_close(g, c));
		return;
	}
	say_hello(g, c);
	atomic_store(&g->step, 9);
	read_to_close(g, c);
}

static void test_crowd(void **state)
{
	struct rig g = {.script = crowd_script, .until = stepped};
	int64_t start = clock_mono_ms();

	(void)state;
	play(&g, (struct socket_mode_options){.first_ms = 20});
	assert_in_range(clock_mono_ms() - start, 2 * 5 * 20 * 8 / 10, 5000);
	end(&g);
	assert_int_equal(atomic_load(&g.links), 3);
}

/* ---- what a person must put right ----------------------------------------------------------- */

static bool some_time_later(struct rig *g)
{
	return clock_mono_ms() > g->deadline - LIMIT_MS + 300;
}

static void disabled_script(struct rig *g, struct lb_conn *c, int n)
{
	(void)n;
	say_hello(g, c);
	lb_ws_text(c, "{\"type\":\"disconnect\",\"reason\":\"link_disabled\"}");
	lb_ws_frame(c, LB_CLOSE, true, "\x03\xe8", 2);
	lb_wait_eof(c);
}

static void test_disabled(void **state)
{
	struct rig g = {.script = disabled_script, .until = some_time_later};
	struct socket_mode_stats s;

	(void)state;
	play(&g, (struct socket_mode_options){.first_ms = 5});
	s = end(&g);
	assert_int_equal(atomic_load(&g.opens), 1); /* no loop */
	assert_false(s.up);
	assert_int_equal(g.downs, 1);
}

static void test_dead_token(void **state)
{
	struct rig g = {.open_answer = "{\"ok\":false,\"error\":\"invalid_auth\"}",
	        .until = some_time_later};
	struct socket_mode_stats s;

	(void)state;
	play(&g, (struct socket_mode_options){.first_ms = 5});
	s = end(&g);
	assert_int_equal(atomic_load(&g.opens), 1);
	assert_int_equal(s.open_failures, 1);
	assert_string_not_equal(s.trouble, "");

	g = (struct rig){.open_answer = "{\"ok\":false,\"error\":\"invalid_auth\"}",
	        .until = some_time_later};
	play(&g, (struct socket_mode_options){.slow_ms = 50});
	end(&g);
	assert_in_range(atomic_load(&g.opens), 3, 8); /* slowly, and for ever */
}

static void test_open_trouble(void **state)
{
	static const char *const answers[] = {
	        "{\"ok\":false,\"error\":\"internal_error\"}",
	        "<html>Bad gateway</html>",
	        "",
	        "{\"ok\":true}",
	        "{\"ok\":true,\"url\":\"https://slack.com/\"}",
	        "{\"ok\":true,\"url\":\"ws://192.0.2.1/\"}",
	};

	(void)state;
	for (size_t i = 0; i < UNIT_LEN(answers); i++) {
		struct rig g = {.open_answer = answers[i], .until = some_time_later};

		unit_case("%s", answers[i]);
		play(&g, (struct socket_mode_options){.first_ms = 30, .max_ms = 60});
		end(&g);
		assert_in_range(atomic_load(&g.opens), 3, 15); /* retried, with a pause */
	}
}

static int no_proxy(void **state)
{
	static const char *const names[] = {"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy",
	        "ALL_PROXY", "CURL_CA_BUNDLE", "SSL_CERT_FILE"};

	(void)state;
	for (size_t i = 0; i < UNIT_LEN(names); i++)
		unsetenv(names[i]);
	return 0;
}

#define CASE(fn) cmocka_unit_test_setup(fn, no_proxy)

UNIT_MAIN(CASE(test_simple), CASE(test_refuse), CASE(test_refresh), CASE(test_short_life),
        CASE(test_cut), CASE(test_no_hello), CASE(test_silent), CASE(test_crowd),
        CASE(test_disabled), CASE(test_dead_token), CASE(test_open_trouble))
