/*
 * loop.c - see loop.h. Puts the parts of the loop thread together and takes them apart.
 *
 * The end: the first signal (or loop_stop) tells the workers and closes the sockets; the loop ends
 * when they are closed, or 2.5 s later, or at the second signal.
 */
#include "app/loop.h"

#include <stdlib.h>
#include <string.h>

#include "app/config.h"
#include "app/intake.h"
#include "app/trim.h"
#include "chat/socket_mode.h"
#include "clock.h"
#include "log.h"
#include "net/ioloop.h"
#include "store/inbox.h"
#include "str.h"

#define CLOSE_MS      2500
#define IDLE_CHECK_MS 10
#define SETTLED_MS    1000   /* after the first hello */
#define MAX_DOWN_MS   120000 /* without Slack for longer: not healthy */
#define READ_MS       5000   /* for health, and for metrics; the pages' thread has other limits */

struct loop {
	struct loop_options o;
	struct ioloop *io;
	struct intake *intake;
	struct socket_mode *slack; /* NULL = no token */
	struct pages *pages;       /* NULL = no address */
	struct ioloop_timer *closing, *idle;
	struct ioloop_timer *settled;
	bool stopping, trimmed;
	int64_t started_ms;
};

/* ---- the end -------------------------------------------------------------------------------- */

static void quit(void *arg)
{
	struct loop *l = arg;

	ioloop_quit(l->io);
}

/* The store may still hold envelopes whose end it reports to this loop. */
static void quit_when_idle(void *arg)
{
	struct loop *l = arg;

	if (intake_idle(l->intake))
		ioloop_quit(l->io);
	else
		ioloop_timer_set(l->idle, IDLE_CHECK_MS);
}

static void begin_stop(void *arg)
{
	struct loop *l = arg;

	if (l->stopping)
		return;
	l->stopping = true;
	if (l->o.on_stop)
		l->o.on_stop(l->o.on_stop_ctx);
	ioloop_timer_set(l->closing, CLOSE_MS);
	if (l->slack)
		socket_mode_stop(l->slack);
	else
		ioloop_quit(l->io);
}

static void on_signal(void *arg, int signal)
{
	struct loop *l = arg;

	log_info("loop", "SIG%s: stopping", sigabbrev_np(signal));
	if (l->stopping)
		ioloop_quit(l->io);
	else
		begin_stop(l);
}

void loop_stop(struct loop *l)
{
	ioloop_post(l->io, begin_stop, l);
}

static void on_settled(void *arg)
{
	(void)arg;
	trim_memory();
}

/* ---- what the pages may know of this thread ---------------------------------------------------
 */

struct seen {
	bool slack; /* there is a token */
	struct socket_mode_stats stats;
	int64_t refused_ms;
	const char *refused;
};

/* A copy for the pages' thread. */
static const void *look(void *ctx, struct arena *a)
{
	struct loop *l = ctx;
	struct seen *s = ARENA_NEW(a, struct seen);

	s->refused_ms = intake_refused_ms(l->intake, &s->refused);
	s->refused = arena_strdup(a, s->refused);
	if (l->slack) {
		s->slack = true;
		socket_mode_stats(l->slack, &s->stats);
		s->stats.trouble = arena_strdup(a, s->stats.trouble);
	}
	return s;
}

bool loop_slack(const struct loop *l, struct socket_mode_stats *out)
{
	if (l->slack)
		socket_mode_stats(l->slack, out);
	return l->slack != NULL;
}

/* ---- health --------------------------------------------------------------------------------- */

static bool store_works(struct loop *l, const char **why)
{
	struct inbox_lag lag;
	struct err e;

	if (!inbox_lag(l->o.store, &lag, &e)) {
		*why = "the store cannot be read";
		return false;
	}
	return true;
}

static bool healthy(struct loop *l, const struct seen *seen, struct arena *a, const char **why)
{
	int64_t now = clock_now_ms();

	if (seen->refused_ms > 0 && now - seen->refused_ms < 60000) {
		*why = arena_printf(a, "the store refuses writes: %s", seen->refused);
		return false;
	}
	if (!store_works(l, why))
		return false;
	if (l->o.ails && (*why = l->o.ails(l->o.ails_ctx, a)))
		return false;
	*why = "ok";
	if (!seen->slack || seen->stats.up || now - seen->stats.down_since_ms < MAX_DOWN_MS)
		return true;
	*why = arena_printf(a, "not connected to Slack for %s: %s",
	        clock_duration(a, now - seen->stats.down_since_ms),
	        str_or(seen->stats.trouble, "connecting"));
	return false;
}

static void page_health(void *ctx, const struct page_request *q, struct page_answer *out)
{
	struct loop *l = ctx;
	const char *why;
	bool ok;

	store_limit_reads(l->o.store, READ_MS);
	ok = healthy(l, q->seen, q->a, &why);
	out->status = ok ? 200 : 503;
	out->content_type = "text/plain; charset=utf-8";
	out->body = ok ? "ok\n" : q->trusted ? arena_printf(q->a, "%s\n", why) : "failing\n";
}

/* ---- metrics -------------------------------------------------------------------------------- */

static void print_slack(const struct seen *seen, struct str *out)
{
	const struct socket_mode_stats *s = &seen->stats;

	if (!seen->slack)
		return;
	metrics_sample(out, "heal_slack_up", "gauge", "1 = connected to Slack.", s->up);
	metrics_sample(out, "heal_slack_hello_timestamp_seconds", "gauge",
	        "When Slack last said hello.", (double)s->last_hello_ms / 1000);
	metrics_sample(out, "heal_slack_hellos_total", "counter", "Connections that Slack greeted.",
	        (double)s->hellos);
	metrics_sample(out, "heal_slack_open_failures_total", "counter",
	        "Failed calls of apps.connections.open.", (double)s->open_failures);
	metrics_sample(out, "heal_slack_envelope_retries_total", "counter",
	        "Envelopes that Slack called a repetition.", (double)s->retries);
	metrics_sample(out, "heal_slack_acks_lost_total", "counter",
	        "Acknowledgements that found no connection.", (double)s->acks_lost);
	metrics_sample(out, "heal_slack_envelopes_waiting", "gauge",
	        "Envelopes that wait for their commit.", (double)s->waiting);
}

static void collect(void *ctx, struct str *out)
{
	struct loop *l = ctx;
	struct store_stats st;

	store_stats(l->o.store, &st);
	metrics_sample(out, "heal_store_commits_total", "counter", "Transactions committed.",
	        (double)st.commits);
	metrics_sample(out, "heal_store_writes_total", "counter",
	        "Write functions run; several share a commit.", (double)st.jobs);
	metrics_sample(out, "heal_store_queue", "gauge", "Writes that wait.", (double)st.queued);
	metrics_sample(out, "heal_store_bytes", "gauge", "Size of the database file.",
	        (double)st.db_bytes);
	metrics_sample(out, "heal_store_wal_bytes", "gauge", "Size of the write-ahead log.",
	        (double)st.wal_bytes);
	metrics_sample(out, "heal_disk_free_bytes", "gauge", "Free space beside the database.",
	        (double)st.free_bytes);
	metrics_sample(out, "heal_resident_bytes", "gauge", "Resident memory.",
	        (double)metrics_rss_bytes());
	metrics_sample(out, "heal_uptime_seconds", "gauge", "Since the start.",
	        (double)(clock_mono_ms() - l->started_ms) / 1000);
}

static void page_metrics(void *ctx, const struct page_request *q, struct page_answer *out)
{
	struct loop *l = ctx;
	struct str text = str_new(q->a);

	store_limit_reads(l->o.store, READ_MS);
	metrics_print(l->o.metrics, &text);
	print_slack(q->seen, &text);
	out->content_type = "text/plain; version=0.0.4; charset=utf-8";
	out->body = text.s;
	out->len = text.len;
}

/* ---- putting together ----------------------------------------------------------------------- */

static bool start_pages(struct loop *l, struct err *e)
{
	static const struct page_route own[] = {
	        {.path = "/healthz", .fn = page_health, .open = true, .urgent = true, .look = look},
	        {.path = "/metrics", .fn = page_metrics, .look = look},
	        {.path = NULL},
	};
	struct pages_options po = {.token = l->o.secrets->http, .form = l->o.form};
	struct arena *a = arena_new(0);
	bool guarded, ok = config_host_port(a, l->o.settings->heal.http, &po.host, &po.port) ||
	                   err_set(e, ERR_CONFIG, false, "[heal] http is not host:port: %s",
	                           l->o.settings->heal.http);

	if (ok)
		l->pages = pages_new(l->io, &po, e);
	guarded = ok && (po.token || pages_is_loopback(po.host));
	arena_free(a);
	if (!l->pages)
		return false;
	pages_add(l->pages, own, l);
	if (l->o.routes)
		pages_add(l->pages, l->o.routes, l->o.routes_ctx);
	log_info("loop", "local pages on port %d%s", pages_port(l->pages),
	        guarded ? "" : ": only /healthz, until HEAL_HTTP_TOKEN is set");
	return true;
}

/* The first hello: the start is over. */
static void on_link(void *ctx, bool up)
{
	struct loop *l = ctx;

	if (up && !l->trimmed) {
		l->trimmed = true;
		ioloop_timer_set(l->settled, SETTLED_MS);
	}
}

static void take(void *ctx, struct socket_work *work)
{
	struct loop *l = ctx;

	intake_take(l->intake, work);
}

static void start_slack(struct loop *l)
{
	const struct settings *s = l->o.settings;
	struct socket_mode_options so = {.api_url = s->slack.api_url,
	        .app_token = l->o.secrets->slack_app,
	        .ping_ms = s->slack.ping_ms,
	        .dead_ms = s->slack.dead_ms,
	        .take = take,
	        .on_link = on_link,
	        .on_stopped = quit_when_idle,
	        .ctx = l};

	l->slack = socket_mode_new(l->io, &so);
}

struct loop *loop_new(const struct loop_options *o, struct err *e)
{
	struct loop *l = calloc(1, sizeof(*l));
	struct intake_options in;

	if (!l)
		abort();
	l->o = *o;
	l->started_ms = clock_mono_ms();
	l->io = ioloop_new(e);
	if (!l->io) {
		free(l);
		return NULL;
	}
	l->closing = ioloop_timer_new(l->io, quit, l);
	l->idle = ioloop_timer_new(l->io, quit_when_idle, l);
	l->settled = ioloop_timer_new(l->io, on_settled, l);
	in = (struct intake_options){.loop = l->io,
	        .store = o->store,
	        .metrics = o->metrics,
	        .redact = o->redact,
	        .redact_ctx = o->redact_ctx,
	        .workflow = "envelope"};
	l->intake = intake_new(&in);
	metrics_collector(o->metrics, collect, l);
	if (o->secrets->slack_app)
		start_slack(l);
	if (ioloop_signals(l->io, on_signal, l, e) &&
	        (!o->settings->heal.http || start_pages(l, e)))
		return l;
	loop_free(l);
	return NULL;
}

void loop_run(struct loop *l)
{
	if (l->slack)
		socket_mode_start(l->slack);
	ioloop_run(l->io);
	pages_stop(l->pages); /* the store is closed before the loop is freed */
}

void loop_free(struct loop *l)
{
	if (!l)
		return;
	socket_mode_free(l->slack);
	ioloop_timer_free(l->closing);
	ioloop_timer_free(l->idle);
	ioloop_timer_free(l->settled);
	ioloop_free(l->io);
	pages_free(l->pages);
	intake_free(l->intake);
	free(l);
}

int loop_http_port(const struct loop *l)
{
	return l->pages ? pages_port(l->pages) : 0;
}
