/*
 * bench_bot.c - the smallest bot on Heal's own parts, for measuring them without Railway or an LLM:
 * Socket Mode -> inbox (committed) -> acknowledgement -> durable run -> one chat.postMessage.
 *
 *	bench_bot API_URL DB [WORKERS]
 *
 * Posts go through net/http.h and not through the Slack client, whose pacing (a message a second
 * and channel, as Slack wants it) is what a benchmark must not measure.
 */
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/loop.h"
#include "app/metrics.h"
#include "app/pool.h"
#include "flow/flow.h"
#include "heal.h"
#include "log.h"
#include "net/http.h"
#include "store/inbox.h"
#include "store/store.h"
#include "str.h"
#include "workflow.h"

struct world {
	struct heal heal; /* first: wf_heal gives its address */
	struct http *http;
	const char *url;
};

struct bench {
	const char *post_url;
	struct store *store;
	struct flow *flow;
	volatile bool stop;
};

static const json *post(struct wf *w, const json *in, struct err *e)
{
	const struct world *me = (const struct world *)wf_heal(w);
	struct arena *a = wf_arena(w);
	json *body = json_obj(a);
	struct http_request r = {.url = me->url, .bearer = "xoxb-bench", .body_json = body};
	struct http_response out;

	json_set_str(body, "channel", json_str(in, ".channel", "C0"));
	json_set_str(body, "text", json_str(in, ".text", ""));
	if (!http_do(me->http, a, &r, &out, e))
		return NULL;
	if (out.status != 200) {
		http_status_err(&out, "Slack", e);
		return NULL;
	}
	return json_parse(a, out.body, out.len, e);
}

static bool run_envelope(struct wf *w, struct err *e)
{
	struct arena *a = wf_arena(w);
	struct inbox_row *row =
	        inbox_get(wf_heal(w)->store, a, json_int(wf_input(w), ".inbox", 0), e);
	const json *p;
	json *in = json_obj(a);

	if (!row)
		return false;
	p = json_get(row->payload, ".payload");
	json_set_str(
	        in, "channel", json_str(p, ".channel_id", json_str(p, ".event.channel", "C0")));
	json_set_str(in, "text",
	        arena_printf(
	                a, "healing %s", json_str(p, ".text", json_str(p, ".event.text", ""))));
	return wf_step(w, "post", post, in, e) != NULL;
}

static const struct workflow envelope = {
        .name = "envelope", .version = 1, .run = run_envelope, .lane = WF_INTERACTIVE};
static const struct workflow *const workflows[] = {&envelope, NULL};

static void work(void *arg, size_t index)
{
	struct bench *b = arg;
	struct world me = {.heal = {.store = b->store}, .http = http_new(), .url = b->post_url};

	flow_work(b->flow, (int)index, &me.heal);
	http_free(me.http);
}

static void on_stop(void *arg)
{
	struct bench *b = arg;

	__atomic_store_n(&b->stop, true, __ATOMIC_RELAXED);
	flow_stop(b->flow);
}

static int fail(const struct err *e)
{
	fprintf(stderr, "bench_bot: %s\n", e->msg);
	return 1;
}

int main(int argc, char **argv)
{
	struct settings settings = {.slack = {.ping_ms = 12000, .dead_ms = 36000}};
	struct secrets secrets = {.slack_app = "xapp-bench"};
	struct arena *a = arena_new(0);
	int workers = argc > 3 ? atoi(argv[3]) : 4; /* as [heal] workers */
	struct bench b = {0};
	struct metrics *metrics = metrics_new();
	struct err e;
	struct loop *loop;
	struct pool *pool;

	if (argc < 3 || !argv[1] || !argv[2]) {
		fprintf(stderr, "usage: bench_bot API_URL DB [WORKERS]\n");
		return 2;
	}
	mallopt(M_ARENA_MAX, 2);
	log_set_level(getenv("BENCH_DEBUG") ? LOG_DEBUG : LOG_WARN);
	http_global_init();
	http_set_gate(http_gate_none, NULL);
	http_set_stop(&b.stop);
	settings.slack.api_url = argv[1];
	b.post_url = arena_printf(a, "%schat.postMessage", argv[1]);
	b.store = store_open(argv[2], STORE_OWN, &e);
	if (!b.store)
		return fail(&e);
	b.flow = flow_new(
	        &(struct flow_config){.store = b.store, .workflows = workflows, .workers = workers},
	        &e);
	if (!b.flow)
		return fail(&e);
	loop = loop_new(&(struct loop_options){.settings = &settings,
	                        .secrets = &secrets,
	                        .store = b.store,
	                        .metrics = metrics,
	                        .on_stop = on_stop,
	                        .on_stop_ctx = &b},
	        &e);
	if (!loop)
		return fail(&e);
	pool = pool_start((size_t)workers, work, &b, on_stop, &e);
	if (!pool)
		return fail(&e);
	loop_run(loop);
	pool_join(pool);
	flow_free(b.flow);
	store_close(b.store);
	loop_free(loop);
	metrics_free(metrics);
	http_global_fini();
	arena_free(a);
	return 0;
}
