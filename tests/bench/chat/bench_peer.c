/*
 * bench_peer.c - a Slack stand-in that starts a bot, loads it, and measures it from outside.
 *
 *	bench_peer [--count N] [--rate R | --window W] [--idle MS] [--kind slash|event] [--dup K]
 *	           [--refresh K] [--cut K] [--silent K] [--pong-ms MS] [--limit S] [--acks]
 *	           -- COMMAND with {PORT}
 *
 * It answers the Web API on http://127.0.0.1:{PORT}/api/, sends envelopes over a WebSocket, and
 * expects for each an acknowledgement and one chat.postMessage whose text holds its "n=<k>".
 *
 *	--rate R     open loop: R envelopes a second      --window W  closed loop: W under way (64);
 *	             with --acks an envelope is done when it is acknowledged, else when it is posted
 *	--dup K      every K-th is delivered twice        --refresh K  after K: "refresh_requested"
 *	--cut K      after K: the socket is cut           --silent K   after K: it falls silent
 *	--pong-ms M  pongs come M ms late
 *
 * One line of JSON on stdout. CPU and memory are those of the bot's process. Exit code 1 when
 * something was lost.
 */
#include "peer_conn.h"
#include "peer_options.h"
#include "peer_proc.h"

#include <signal.h>
#include <sys/wait.h>

struct one {
	int64_t sent_us, acked_us;
	int sends, posts;
};

struct bench {
	struct peer peer; /* first: callbacks get its address */
	struct options o;
	struct one *all;
	pid_t bot;
	int64_t t0_us, hello_us, begin_us, progress_us, end_us;
	int64_t sent, acked, posted, repeated, unknown;
	int64_t hellos, opens;
	int64_t lost_us;  /* since when no socket is there; 0 = one is */
	int64_t gap_us;   /* longest time without a usable socket after the first hello */
	int64_t event_us; /* cut or silence began */
	int64_t back_us;  /* until the next hello */
	int64_t close_old_us;
	struct conn *current, *old;
	int64_t rss_idle_kb, rss_end_kb, rss_peak_kb;
	double cpu_begin_s;
	bool silent_done, refresh_done, cut_done;
};

/* ---- the bot's process ---------------------------------------------------------------------- */

static void start_bot(struct bench *b)
{
	for (char **arg = b->o.command; *arg; arg++) {
		char *mark = strstr(*arg, "{PORT}"), *text;

		if (mark && asprintf(&text, "%.*s%d%s", (int)(mark - *arg), *arg, b->peer.port,
		                    mark + 6) > 0)
			*arg = text;
	}
	b->t0_us = now_us();
	b->bot = fork();
	if (b->bot == 0 && b->o.command[0]) {
		dup2(STDERR_FILENO, STDOUT_FILENO);
		execvp(b->o.command[0], b->o.command);
		perror(b->o.command[0]);
		_exit(127);
	}
}

/* ---- Web API and Socket Mode ---------------------------------------------------------------- */

static void on_request(struct peer *p, struct conn *c, const char *path, const char *body)
{
	struct bench *b = (struct bench *)p;
	char text[256];
	const char *tag;

	if (strcmp(path, "/api/apps.connections.open") == 0) {
		b->opens++;
		snprintf(text, sizeof(text),
		        "{\"ok\":true,\"url\":\"ws://127.0.0.1:%d/link/?ticket=%lld\"}", p->port,
		        (long long)b->opens);
		conn_answer(p, c, text);
	} else if (strcmp(path, "/api/chat.postMessage") == 0) {
		tag = strstr(body, "n=");
		tag = tag ? tag : strstr(body, "n%3D");
		if (tag) {
			int64_t k = strtoll(tag + (tag[1] == '=' ? 2 : 4), NULL, 10);

			if (k < 0 || k >= b->o.count)
				b->unknown++;
			else if (b->all[k].posts++ > 0)
				b->repeated++;
			else
				b->posted++;
			b->progress_us = now_us();
		}
		snprintf(text, sizeof(text), "{\"ok\":true,\"channel\":\"C0\",\"ts\":\"1.%06lld\"}",
		        (long long)b->posted);
		conn_answer(p, c, text);
	} else {
		conn_answer(p, c,
		        "{\"ok\":true,\"url\":\"https://x.slack.com/\",\"team\":\"x\",\"user\":\"heal\","
		        "\"team_id\":\"T0\",\"user_id\":\"U0BOT\",\"bot_id\":\"B0\",\"messages\":[]}");
	}
}

static void on_opened(struct peer *p, struct conn *c)
{
	static const char hello[] =
	        "{\"type\":\"hello\",\"num_connections\":1,\"debug_info\":{\"host\":\"bench\","
	        "\"approximate_connection_time\":18060},\"connection_info\":{\"app_id\":\"A0\"}}";
	struct bench *b = (struct bench *)p;
	int64_t now = now_us();

	b->hellos++;
	if (b->hellos == 1)
		b->hello_us = now;
	if (b->lost_us && now - b->lost_us > b->gap_us)
		b->gap_us = now - b->lost_us;
	b->lost_us = 0;
	if (b->event_us && !b->back_us)
		b->back_us = now - b->event_us;
	if (b->current && b->current->fd >= 0 && !b->current->frozen)
		b->old = b->current;
	b->current = c;
	b->progress_us = now;
	conn_frame(p, c, 1, hello, sizeof(hello) - 1);
}

static void on_closed(struct peer *p, struct conn *c)
{
	struct bench *b = (struct bench *)p;

	if (c == b->old)
		b->old = NULL;
	if (c != b->current)
		return;
	b->current = b->old;
	b->old = NULL;
	if (!b->current)
		b->lost_us = now_us();
}

static void on_text(struct peer *p, struct conn *c, char *text, size_t n)
{
	struct bench *b = (struct bench *)p;
	const char *id = memmem(text, n, "\"envelope_id\":\"e-", 17);
	int64_t k = id ? strtoll(id + 17, NULL, 10) : -1;

	(void)c;
	if (k < 0 || k >= b->o.count) {
		b->unknown++;
		return;
	}
	if (!b->all[k].acked_us) {
		b->all[k].acked_us = now_us();
		b->acked++;
		b->progress_us = b->all[k].acked_us;
	}
}

static void deliver(struct bench *b, int64_t k)
{
	char text[1200];
	int n;

	if (b->o.event)
		n = snprintf(text, sizeof(text),
		        "{\"envelope_id\":\"e-%lld-%d\",\"type\":\"events_api\",\"retry_attempt\":%d,"
		        "\"retry_reason\":\"\",\"accepts_response_payload\":false,\"payload\":{"
		        "\"token\":\"x\",\"team_id\":\"T0\",\"api_app_id\":\"A0\",\"event\":{\"type\":"
		        "\"app_mention\",\"user\":\"U1\",\"text\":\"<@U0BOT> heal n=%lld\",\"ts\":"
		        "\"17.%06lld\",\"channel\":\"C0\",\"event_ts\":\"17.%06lld\"},\"type\":"
		        "\"event_callback\",\"event_id\":\"Ev%lld\",\"event_time\":17,"
		        "\"authorizations\":[{\"team_id\":\"T0\",\"user_id\":\"U0BOT\",\"is_bot\":true,"
		        "\"enterprise_id\":null,\"is_enterprise_install\":false}]}}",
		        (long long)k, b->all[k].sends, b->all[k].sends, (long long)k, (long long)k,
		        (long long)k, (long long)k);
	else
		n = snprintf(text, sizeof(text),
		        "{\"envelope_id\":\"e-%lld-%d\",\"type\":\"slash_commands\","
		        "\"accepts_response_payload\":true,\"payload\":{\"token\":\"x\",\"team_id\":"
		        "\"T0\",\"team_domain\":\"x\",\"channel_id\":\"C0\",\"channel_name\":\"ops\","
		        "\"user_id\":\"U1\",\"user_name\":\"ana\",\"command\":\"/heal\",\"text\":"
		        "\"show n=%lld\",\"api_app_id\":\"A0\",\"is_enterprise_install\":\"false\","
		        "\"response_url\":\"http://127.0.0.1:%d/response/%lld\",\"trigger_id\":"
		        "\"%lld.1.x\"}}",
		        (long long)k, b->all[k].sends, (long long)k, b->peer.port, (long long)k,
		        (long long)k);
	b->all[k].sends++;
	if (!b->all[k].sent_us)
		b->all[k].sent_us = now_us();
	conn_frame(&b->peer, b->current, 1, text, (size_t)n);
}

/* ---- the plan ------------------------------------------------------------------------------- */

static void disturb(struct bench *b)
{
	static const char refresh[] = "{\"type\":\"disconnect\",\"reason\":\"refresh_requested\"}";
	int64_t now = now_us();

	if (b->close_old_us && now > b->close_old_us && b->old) {
		b->close_old_us = 0;
		conn_drop(&b->peer, b->old);
	}
	if (!b->current)
		return;
	if (b->o.refresh && b->sent >= b->o.refresh && !b->refresh_done) {
		b->refresh_done = true;
		b->event_us = now;
		b->close_old_us = now + 10000000;
		conn_frame(&b->peer, b->current, 1, refresh, sizeof(refresh) - 1);
	}
	if (b->current && b->o.cut && b->sent >= b->o.cut && !b->cut_done) {
		b->cut_done = true;
		b->event_us = now;
		conn_drop(&b->peer, b->current);
	}
	if (b->current && b->o.silent && b->sent >= b->o.silent && !b->silent_done) {
		b->silent_done = true;
		b->event_us = now;
		b->current->frozen = true;
		b->current = NULL;
	}
}

/* What was sent and not acknowledged goes out again after a new hello, as Slack does for events. */
static void redeliver(struct bench *b)
{
	static int64_t seen = 1;

	if (b->hellos == seen || !b->current)
		return;
	seen = b->hellos;
	for (int64_t k = 0; k < b->sent && b->current; k++)
		if (!b->all[k].acked_us)
			deliver(b, k);
}

static void send_due(struct bench *b)
{
	int64_t now = now_us(), done = b->o.acks ? b->acked : b->posted, due;

	if (b->acked < done)
		done = b->acked;
	due = b->o.rate ? (now - b->begin_us) * b->o.rate / 1000000 + 1 : done + b->o.window;
	while (b->current && b->sent < b->o.count && b->sent < due) {
		int64_t k = b->sent++;

		deliver(b, k);
		if (b->current && b->o.dup && k % b->o.dup == b->o.dup - 1)
			deliver(b, k);
		disturb(b);
	}
}

static bool finished(const struct bench *b)
{
	bool quiet = now_us() - b->progress_us > b->o.limit_s * 1000000;
	bool event = (!b->o.cut && !b->o.silent && !b->o.refresh) || b->back_us;

	return quiet || (event && b->acked >= b->o.count && b->posted >= b->o.count);
}

static void run(struct bench *b)
{
	while (!b->hellos && now_us() - b->t0_us < 30000000)
		peer_turn(&b->peer, 10000);
	if (!b->hellos) {
		puts("{\"error\":\"the bot did not connect\"}");
		return;
	}
	for (int64_t end = now_us() + b->o.idle_ms * 1000; now_us() < end;)
		peer_turn(&b->peer, 10000);
	b->rss_idle_kb = status_kb(b->bot, "VmRSS");
	b->cpu_begin_s = cpu_s(b->bot);
	b->begin_us = b->progress_us = now_us();
	while (!finished(b)) {
		redeliver(b); /* before new ones, or those would go out twice */
		send_due(b);
		disturb(b);
		peer_turn(&b->peer, b->o.rate ? 500 : 1000);
	}
	b->end_us = b->progress_us;
	/* late repetitions must have time to show */
	for (int64_t end = now_us() + 500000; now_us() < end;)
		peer_turn(&b->peer, 10000);
	b->rss_end_kb = status_kb(b->bot, "VmRSS");
	b->rss_peak_kb = status_kb(b->bot, "VmHWM");
}

/* ---- report --------------------------------------------------------------------------------- */

static int by_value(const void *x, const void *y)
{
	int64_t a = *(const int64_t *)x, b = *(const int64_t *)y;

	return (a > b) - (a < b);
}

/* The value below which `percent` of the n sorted ones are; -1 when there is none. */
static double rank_ms(const int64_t *us, size_t n, size_t percent)
{
	size_t i = n * percent / 100;

	return n == 0 ? -1 : (double)us[i < n ? i : n - 1] / 1e3;
}

static void report(struct bench *b)
{
	int64_t *us = calloc((size_t)b->o.count + 1, sizeof(*us));
	double seconds = (double)(b->end_us - b->begin_us) / 1e6;
	double cpu = cpu_s(b->bot) - b->cpu_begin_s;
	size_t n = 0;

	if (!us)
		abort();
	for (int64_t k = 0; k < b->sent; k++)
		if (b->all[k].acked_us)
			us[n++] = b->all[k].acked_us - b->all[k].sent_us;
	qsort(us, n, sizeof(*us), by_value);
	printf("{\"sent\":%lld,\"acked\":%lld,\"posted\":%lld,\"lost_acks\":%lld,\"lost_posts\":%lld,"
	       "\"twice\":%lld,\"unknown\":%lld,",
	        (long long)b->sent, (long long)b->acked, (long long)b->posted,
	        (long long)(b->sent - b->acked), (long long)(b->sent - b->posted),
	        (long long)b->repeated, (long long)b->unknown);
	printf("\"ack_p50_ms\":%.3f,\"ack_p99_ms\":%.3f,\"ack_max_ms\":%.3f,\"per_s\":%.0f,",
	        rank_ms(us, n, 50), rank_ms(us, n, 99), rank_ms(us, n, 100),
	        seconds > 0 ? (double)b->acked / seconds : 0);
	printf("\"hello_ms\":%.1f,\"rss_idle_mb\":%.1f,\"rss_end_mb\":%.1f,\"rss_peak_mb\":%.1f,"
	       "\"cpu_s_per_10k\":%.2f,\"hellos\":%lld,\"opens\":%lld,",
	        (double)(b->hello_us - b->t0_us) / 1e3, (double)b->rss_idle_kb / 1024,
	        (double)b->rss_end_kb / 1024, (double)b->rss_peak_kb / 1024,
	        b->sent ? cpu / (double)b->sent * 1e4 : 0, (long long)b->hellos,
	        (long long)b->opens);
	printf("\"gap_ms\":%.1f,\"back_ms\":%.1f}\n", (double)b->gap_us / 1e3,
	        b->back_us ? (double)b->back_us / 1e3 : -1);
	free(us);
}

int main(int argc, char **argv)
{
	static struct bench b;
	int status;

	(void)argc;
	options_parse(&b.o, argv + 1);
	b.all = calloc((size_t)b.o.count, sizeof(*b.all));
	if (!b.all)
		abort();
	b.peer.request = on_request;
	b.peer.opened = on_opened;
	b.peer.text = on_text;
	b.peer.closed = on_closed;
	b.peer.pong_delay_us = b.o.pong_ms * 1000;
	peer_listen(&b.peer);
	start_bot(&b);
	run(&b);
	if (b.hellos)
		report(&b);
	kill(b.bot, SIGTERM);
	for (int64_t end = now_us() + 3000000;
	        now_us() < end && waitpid(b.bot, &status, WNOHANG) == 0;)
		peer_turn(&b.peer, 10000);
	kill(b.bot, SIGKILL);
	return b.acked == b.sent && b.posted == b.sent && b.sent == b.o.count ? 0 : 1;
}
