/*
 * test_loop.c - the loop thread with everything on it: a scripted Slack, a real store, the pages.
 */
#include "unit.h"

#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

#include "app/loop.h"
#include "clock.h"
#include "loopback.h"
#include "net/http.h"
#include "store/db.h"
#include "store/inbox.h"
#include "store/runs.h"
#include "str.h"

struct rig {
	struct arena *a;
	struct store *store;
	struct loop *loop;
	struct metrics *metrics;
	struct loopback *slack;
	struct settings settings;
	struct secrets secrets;
	atomic_int acks, pages_ok, stops;
	atomic_bool closed_properly;
	atomic_int port; /* of the pages */
};

static bool nothing(struct wf *w, struct err *e)
{
	(void)w;
	(void)e;
	return true;
}

static const struct workflow envelope = {
        .name = "envelope", .version = 1, .run = nothing, .lane = WF_INTERACTIVE};
static const struct workflow *const workflows[] = {&envelope, NULL};

/* A page whose reading was cut off. */
static void page_late(void *ctx, const struct page_request *q, struct page_answer *out)
{
	struct rig *g = ctx;

	(void)q;
	store_limit_reads(g->store, 1);
	usleep(5000);
	out->body = "late";
}

static const struct page_route late[] = {{.path = "/late", .fn = page_late}, {.path = NULL}};

static const char *mask(void *ctx, struct arena *a, const char *text)
{
	(void)ctx;
	return str_eq(text, "my-secret") ? arena_strdup(a, "<masked>") : text;
}

static bool page_is(struct rig *g, const char *path, int status, const char *contains)
{
	struct arena *a = arena_new(0);
	struct http *h = http_new();
	struct http_request r = {
	        .url = arena_printf(a, "http://127.0.0.1:%d%s", atomic_load(&g->port), path)};
	struct http_response out;
	struct err e;
	bool ok = http_do(h, a, &r, &out, &e) && out.status == status && strstr(out.body, contains);

	if (!ok)
		fprintf(stderr, "# %s: not %d with %s\n", path, status, contains);
	http_free(h);
	arena_free(a);
	return ok;
}

static void send_command(struct lb_conn *c, const char *id, const char *trigger)
{
	char text[300];

	snprintf(text, sizeof(text),
	        "{\"envelope_id\":\"%s\",\"type\":\"slash_commands\",\"payload\":{\"command\":"
	        "\"/heal\",\"text\":\"my-secret\",\"trigger_id\":\"%s\",\"token\":\"x\"}}",
	        id, trigger);
	lb_ws_text(c, text);
}

static void serve(struct lb_conn *c, void *arg)
{
	static const char *const ids[] = {"one", "two", "again"};
	static const char *const triggers[] = {"t1", "t2", "t1"};
	struct rig *g = arg;
	const char *r = lb_request(c);
	char buf[300];
	size_t n;
	int op;

	if (r && !lb_ws_upgrade(c, r)) {
		snprintf(buf, sizeof(buf), "{\"ok\":true,\"url\":\"ws://127.0.0.1:%d/\"}",
		        lb_conn_port(c));
		lb_answer(c, 200, "", buf);
		return;
	}
	lb_ws_text(c, "{\"type\":\"hello\"}");
	for (int i = 0; i < 3; i++) {
		send_command(c, ids[i], triggers[i]);
		if (lb_ws_read_text(c, buf, sizeof(buf)) && strstr(buf, ids[i]))
			atomic_fetch_add(&g->acks, 1);
	}
	if (page_is(g, "/healthz", 200, "ok") &&
	        page_is(g, "/metrics", 200, "\nheal_envelopes_total 3\n") &&
	        page_is(g, "/metrics", 200, "\nheal_envelope_duplicates_total 1\n") &&
	        page_is(g, "/metrics", 200, "\nheal_ack_seconds_count 3\n") &&
	        page_is(g, "/metrics", 200, "\nheal_slack_up 1\n"))
		atomic_store(&g->pages_ok, 1);
	kill(getpid(), SIGTERM);
	op = lb_ws_read(c, buf, sizeof(buf), &n);
	atomic_store(
	        &g->closed_properly, op == LB_CLOSE && n >= 2 && (unsigned char)buf[1] == 0xE8);
	if (op == LB_CLOSE)
		lb_ws_frame(c, LB_CLOSE, true, buf, 2);
}

static void on_stop(void *ctx)
{
	struct rig *g = ctx;

	atomic_fetch_add(&g->stops, 1);
}

static void open_rig(struct rig *g, struct arena *a)
{
	char *dir = arena_printf(a, "%s/heal-loop-XXXXXX", str_or(getenv("TMPDIR"), "/tmp"));
	struct loop_options o = {0};
	struct err e;

	unsetenv("http_proxy");
	http_global_init();
	http_set_gate(http_gate_none, NULL);
	assert_non_null(mkdtemp(dir));
	g->a = a;
	g->metrics = metrics_new();
	g->store = store_open(arena_printf(a, "%s/heal.db", dir), STORE_OWN, &e);
	assert_non_null(g->store);
	runs_register(g->store, workflows);
	g->settings.heal.http = "127.0.0.1:0";
	o = (struct loop_options){.settings = &g->settings,
	        .secrets = &g->secrets,
	        .store = g->store,
	        .metrics = g->metrics,
	        .routes = late,
	        .routes_ctx = g,
	        .redact = mask,
	        .on_stop = on_stop,
	        .on_stop_ctx = g};
	g->loop = loop_new(&o, &e);
	assert_non_null(g->loop);
	atomic_store(&g->port, loop_http_port(g->loop));
}

/* The scripts' threads begin before loop_new does it for all. */
static void block_sigterm(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	assert_int_equal(sigprocmask(SIG_BLOCK, &set, NULL), 0);
}

static void test_everything(void **state)
{
	struct arena *a = *state;
	struct rig g = {.secrets = {.slack_app = "xapp-1"}};
	struct inbox_row *rows;
	int64_t start;
	size_t n;
	struct err e;

	block_sigterm();
	g.slack = lb_start(serve, &g, NULL, NULL);
	g.settings.slack.api_url = arena_strdup(a, lb_url(g.slack, "http", "/api/"));
	open_rig(&g, a);
	start = clock_mono_ms();
	loop_run(g.loop);
	assert_in_range(clock_mono_ms() - start, 0, 15000);
	lb_stop(g.slack);
	assert_int_equal(atomic_load(&g.acks), 3);
	assert_int_equal(atomic_load(&g.pages_ok), 1);
	assert_int_equal(atomic_load(&g.stops), 1);
	assert_true(atomic_load(&g.closed_properly));

	assert_true(inbox_list(g.store, a, 10, &rows, &n, &e));
	assert_int_equal(n, 2); /* the third was the first again */
	for (size_t i = 0; i < n; i++) {
		struct inbox_row *row = inbox_get(g.store, a, rows[i].id, &e);

		assert_non_null(row);
		assert_true(row->run > 0);
		assert_string_equal(json_str(row->payload, ".type", ""), "slash_commands");
		assert_string_equal(json_str(row->payload, ".payload.text", ""), "<masked>");
		assert_false(json_has(row->payload, ".payload.token"));
	}
	store_close(g.store);
	loop_free(g.loop);
	metrics_free(g.metrics);
	http_global_fini();
}

/* So many that counting them takes SQLite more than a moment. */
static bool fill_inbox(struct db *db, void *arg, struct err *e)
{
	(void)arg;
	return db_exec(db,
	        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)"
	        " INSERT INTO inbox(kind, received, stored) SELECT 'event', ?1, ?1 FROM n",
	        DB_ARGS(db_int(clock_now_ms())), e);
}

/* Without a token there is no Slack; a page that took too long does not make the bot look ill;
 * loop_stop ends it from another thread. */
static void *stop_soon(void *arg)
{
	struct rig *g = arg;

	if (page_is(g, "/healthz", 200, "ok") && page_is(g, "/late", 200, "late") &&
	        page_is(g, "/healthz", 200, "ok"))
		atomic_store(&g->pages_ok, 1);
	loop_stop(g->loop);
	return NULL;
}

static void stop_script(struct lb_conn *c, void *arg)
{
	(void)c;
	stop_soon(arg);
}

static void test_without_slack(void **state)
{
	struct rig g = {0};
	struct loopback *trigger;
	struct http *h;
	struct arena *a = *state;
	struct http_response out;
	struct http_request r = {.timeout_ms = 1};
	struct err e;

	open_rig(&g, a);
	assert_true(store_write(g.store, fill_inbox, NULL, &e));
	trigger = lb_start(stop_script, &g, NULL, NULL);
	h = http_new();
	r.url = lb_url(trigger, "http", "/");
	http_do(h, a, &r, &out, &e); /* starts the script */
	loop_run(g.loop);
	lb_stop(trigger);
	http_free(h);
	assert_int_equal(atomic_load(&g.pages_ok), 1);
	assert_int_equal(atomic_load(&g.stops), 1);
	store_close(g.store);
	loop_free(g.loop);
	metrics_free(g.metrics);
	http_global_fini();
}

UNIT_MAIN(UNIT_ARENA(test_everything), UNIT_ARENA(test_without_slack))
