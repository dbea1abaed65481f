/*
 * healbot run: the bot. Builds the parts in order, runs, tears them down in reverse. The loop has
 * this thread; workers have their own and meet it in the store only.
 */
#include <signal.h>
#include <stdlib.h>

#include "app/cli.h"
#include "app/commands.h"
#include "app/control.h"
#include "app/dispatch.h"
#include "app/gate.h"
#include "app/housekeeping.h"
#include "app/loop.h"
#include "app/pool.h"
#include "app/steer.h"
#include "app/world.h"
#include "clock.h"
#include "flow/flow.h"
#include "handler.h"
#include "incident.h"
#include "log.h"
#include "net/http.h"
#include "net/peers.h"
#include "pages/site.h"
#include "railway.h"
#include "store/inbox.h"
#include "store/runs.h"
#include "str.h"

enum { DRAIN_MS = 10000, HOUR_MS = 3600000 };

struct bot {
	const struct settings *settings;
	struct shared *shared;
	struct store *store;
	struct flow *flow;
	struct pool *pool;
	struct metrics *metrics;
	struct loop *loop;
	struct site site;
	struct control *control; /* NULL = cannot be had */
	volatile bool stopping;
};

/* --- workers --- */

static void work(void *arg, size_t index)
{
	struct bot *b = arg;
	struct heal *h = world_new(b->shared);

	flow_work(b->flow, (int)index, h);
	world_free(h);
}

static struct heal *slot_world(void *ctx, int worker, int slot, struct err *e)
{
	struct bot *b = ctx;

	(void)worker;
	(void)slot;
	(void)e;
	return world_new(b->shared);
}

static void slot_world_free(void *ctx, struct heal *h)
{
	(void)ctx;
	world_free(h);
}

static void watch(void *ctx, struct heal *h, struct wf *w)
{
	(void)ctx;
	world_watch(h, w);
}

static void cancel_workers(void *arg)
{
	struct bot *b = arg;

	flow_stop(b->flow);
}

/* --- what people typed is redacted before it is stored; the addresses Slack gave us are not --- */

static const char *on_envelope(void *ctx, struct arena *a, const char *text)
{
	(void)ctx;
	if (str_starts(text, "https://") || str_starts(text, "http://"))
		return text;
	return gate_text(a, text);
}

static void on_stop(void *ctx)
{
	struct bot *b = ctx;

	log_info("run", "stopping; what is under way is finished or parked");
	__atomic_store_n(
	        &b->stopping, true, __ATOMIC_RELAXED); /* read by the workers (http_set_stop) */
	flow_stop(b->flow);
}

static const char *ails(void *ctx, struct arena *a)
{
	struct bot *b = ctx;
	struct flow_stats fs;

	flow_stats(b->flow, &fs);
	return fs.stalled ? arena_printf(a, "%d of %d workers gave no sign of life for a minute",
	                            fs.stalled, fs.workers)
	                  : NULL;
}

/* --- metrics --- */

static void collect(void *ctx, struct str *out)
{
	struct bot *b = ctx;
	struct inbox_lag lag;
	struct run_counts runs;
	struct err ignored = {0};

	if (inbox_lag(b->store, &lag, &ignored)) {
		metrics_sample(out, "heal_inbox_waiting", "gauge", "Envelopes not yet handled.",
		        (double)lag.waiting);
		metrics_sample(out, "heal_inbox_oldest_seconds", "gauge",
		        "Age of the oldest envelope that is not handled.",
		        (double)lag.oldest_ms / 1000);
	}
	if (runs_count(b->store, &runs, &ignored)) {
		metrics_sample(out, "heal_runs_due", "gauge", "Runs that could be executed now.",
		        (double)runs.due_now);
		metrics_sample(out, "heal_runs_failed", "gauge", "Failed runs that are kept.",
		        (double)runs.failed);
	}
	if (b->flow) {
		struct flow_stats fs;

		flow_stats(b->flow, &fs);
		metrics_sample(out, "heal_steps_total", "counter", "Step bodies called.",
		        (double)fs.steps);
		metrics_sample(out, "heal_workers_executing", "gauge",
		        "Workers that execute a run.", (double)fs.executing);
		metrics_sample(out, "heal_workers_stalled", "gauge",
		        "Workers without a sign of life for longer than their lease.",
		        (double)fs.stalled);
	}
	metrics_sample(out, "heal_railway_requests_total", "counter", "Requests sent to Railway.",
	        (double)railway_requests(b->shared->railway));
}

/* --- pages --- */

static void slack_view(void *ctx, struct arena *a, struct site_slack *out)
{
	const struct bot *b = ctx;
	struct socket_mode_stats s;

	if (!b->loop || !loop_slack(b->loop, &s))
		return;
	*out = (struct site_slack){.used = true,
	        .up = s.up,
	        .since_ms = s.up ? s.last_heard_ms : s.down_since_ms,
	        .waiting = (int64_t)s.waiting,
	        .trouble = arena_strdup(a, s.trouble)};
}

static void watch_peers(const struct settings *s)
{
	peers_watch("Slack Web API", s->slack.api_url);
	peers_watch("Railway", s->railway.api_url);
	peers_watch("OpenCode", s->opencode.url);
	if (s->opencode.url)
		peers_watch("GitHub", s->github.api_url);
}

static void set_pages(struct bot *b, struct loop_options *lo)
{
	watch_peers(b->settings);
	b->site = (struct site){.store = b->store,
	        .mask = gate_text,
	        .version = HEAL_VERSION,
	        .started_ms = clock_now_ms(),
	        .slack = slack_view,
	        .slack_ctx = b};
	lo->routes = site_routes;
	lo->routes_ctx = &b->site;
	lo->form = site_sign_in;
}

/* --- building --- */

static bool start_clocks(struct bot *b, struct err *e)
{
	struct wf_start scan = {.workflow = "scan", .concurrency = "scan"};
	struct wf_start clean = {.workflow = "housekeeping"};
	int64_t run;
	struct wf_start sweep = {.workflow = "sweep", .concurrency = "sweep", .coalesce = true};

	/* Now, and each hour: what an earlier life left running is stopped. */
	if (!flow_start(b->store, &sweep, &run, e) ||
	        !flow_every(b->store, "sweep", &sweep, HOUR_MS, clock_now_ms() + HOUR_MS, e))
		return false;
	return flow_every(b->store, "scan", &scan, b->settings->scan.every_ms, 0, e) &&
	       flow_every(b->store, "housekeeping", &clean, HOUR_MS, clock_now_ms() + 5 * 60 * 1000,
	               e);
}

static bool start_flow(struct bot *b, struct err *e)
{
	struct flow_config fc = {
	        .store = b->store,
	        .workflows = all_workflows(),
	        .workers = b->settings->heal.workers,
	        .world_new = slot_world,
	        .world_free = slot_world_free,
	        .watch = watch,
	        .ctx = b,
	};

	b->flow = flow_new(&fc, e);
	return b->flow && memo_set(b->store, "self", NULL, e) && start_clocks(b, e);
}

static bool start(struct bot *b, const struct secrets *k, struct err *e)
{
	struct loop_options lo = {
	        .settings = b->settings,
	        .secrets = k,
	        .redact = on_envelope,
	        .on_stop = on_stop,
	        .on_stop_ctx = b,
	        .ails = ails,
	        .ails_ctx = b,
	};

	b->store = store_open(b->settings->heal.db, STORE_OWN, e);
	if (!b->store)
		return false;
	b->shared = shared_new(b->settings, k, b->store);
	b->metrics = metrics_new();
	metrics_collector(b->metrics, collect, b);
	lo.store = b->store;
	lo.metrics = b->metrics;
	set_pages(b, &lo);
	if (!start_flow(b, e))
		return false;
	b->loop = loop_new(&lo, e);
	if (!b->loop)
		return false;
	b->control = control_start(b->store, e);
	if (!b->control)
		log_warn("run", "healbot retry and cancel cannot reach this bot: %s", e->msg);
	http_set_stop(&b->stopping);
	b->pool = pool_start((size_t)b->settings->heal.workers, work, b, cancel_workers, e);
	return b->pool != NULL;
}

static void stop(struct bot *b)
{
	__atomic_store_n(
	        &b->stopping, true, __ATOMIC_RELAXED); /* read by the workers (http_set_stop) */
	if (b->flow) {
		flow_stop(b->flow);
		if (!flow_drain(b->flow, DRAIN_MS)) {
			log_warn("run", "a step did not end within 10 s; it counts as interrupted");
			_Exit(EXIT_OK); /* joining its thread could last for ever */
		}
	}
	control_stop(b->control);
	pool_join(b->pool);
	flow_free(b->flow);
	shared_free(b->shared);
	store_close(b->store);
	loop_free(b->loop); /* the store may have reported its last commits to it */
	if (b->metrics)
		metrics_free(b->metrics);
}

static void greet(const struct bot *b, struct arena *a)
{
	log_info("run", "Heal %s: %s, scan every %s, %d workers%s", HEAL_VERSION,
	        b->settings->heal.db, clock_duration_short(a, b->settings->scan.every_ms),
	        b->settings->heal.workers,
	        b->settings->llm.model ? "" : ", no model: numbers and evidence only");
}

/* The loop reads signals from a descriptor; no thread, whenever it was made, may take them. */
static void block_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

int command_run(struct cli *c, int argc, char **argv)
{
	struct bot b = {.settings = c->settings};
	struct err e = {0};
	bool ok;

	(void)argc;
	(void)argv;
	block_signals();
	http_global_init();
	gate_install(c->secrets, c->settings->redact.ips);
	ok = start(&b, c->secrets, &e);
	if (ok) {
		greet(&b, c->arena);
		loop_run(b.loop);
	} else {
		log_error("run", "cannot start: %s", e.msg);
	}
	stop(&b);
	http_global_fini();
	if (ok)
		return EXIT_OK;
	return e.code == ERR_CONFIG || e.code == ERR_CONFLICT ? EXIT_USAGE : EXIT_FAILED;
}
