/*
 * slack_flood.c - many envelopes at a pace, for measuring the way from envelope to answer.
 *
 * POST /_control/slack/flood {"type":"slash_commands"|"message"|"app_mention","count":1000,
 * "rate":200 (per second; 0 = as fast as they are answered),"window":64 (unanswered at a time),
 * "text":"version"}. Answers {"sent","acked","lost","ms","per_s","p50_us","p99_us","max_us"}.
 */
#include <stdio.h>
#include <stdlib.h>

#include "slack_i.h"

struct flood {
	struct slack *s;
	struct sb_response *rs;
	struct arena *a;
	const char *type, *text;
	int64_t count, sent, acked, lost, rate, window, start_us;
	uint32_t *took_us;
	struct sb_timer *timer;
};

static void flood_gone(void *arg)
{
	struct flood *f = arg;
	f->rs = NULL;
	sb_timer_cancel(f->s->sb, f->timer);
	f->timer = NULL;
	envelope_forget(f->s, f);
}

static int by_time(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return (x > y) - (x < y);
}

static void report(struct flood *f)
{
	double ms = (double)(mono_us() - f->start_us) / 1000;
	json *o = json_obj(f->a);
	size_t n = (size_t)f->acked;
	qsort(f->took_us, n, sizeof *f->took_us, by_time);
	json_set_int(o, "sent", f->sent);
	json_set_int(o, "acked", f->acked);
	json_set_int(o, "lost", f->lost);
	json_set_num(o, "ms", ms);
	json_set_num(o, "per_s", (double)f->acked / ms * 1000);
	json_set_int(o, "p50_us", n ? f->took_us[n / 2] : 0);
	json_set_int(o, "p99_us", n ? f->took_us[n * 99 / 100] : 0);
	json_set_int(o, "max_us", n ? f->took_us[n - 1] : 0);
	sb_send_json(f->rs, 200, o);
}

static void pour(void *arg);

static void answered(void *arg, const struct ack *ack)
{
	struct flood *f = arg;
	if (ack->acked)
		f->took_us[f->acked++] = (uint32_t)ack->took_us;
	else
		f->lost++;
	if (f->acked + f->lost == f->count)
		report(f);
	else if (!f->timer && f->sent < f->count)
		f->timer = sb_timer(f->s->sb, 0, pour, f);
}

static json *command_payload(struct flood *f, struct arena *a)
{
	struct slack *s = f->s;
	json *p = json_obj(a);
	json_set_str(p, "team_id", SLACK_TEAM);
	json_set_str(p, "channel_id", SLACK_MAIN);
	json_set_str(p, "channel_name", "incidents");
	json_set_str(p, "user_id", "U0ANA00001");
	json_set_str(p, "user_name", "ana");
	json_set_str(p, "command", "/heal");
	json_set_str(p, "text", f->text);
	json_set_str(p, "api_app_id", SLACK_APP);
	json_set_str(
	        p, "response_url", hook_new(s, "U0ANA00001", model_channel(s, SLACK_MAIN), NULL));
	json_set_str(p, "trigger_id", trigger_new(s, "U0ANA00001", NULL));
	return p;
}

static json *event_payload(struct flood *f, struct arena *a)
{
	json *e = json_obj(a);
	char ts[32];
	model_ts(f->s, ts);
	json_set_str(e, "type", f->type);
	json_set_str(e, "channel", SLACK_MAIN);
	json_set_str(e, "channel_type", "channel");
	json_set_str(e, "user", "U0ANA00001");
	json_set_str(e, "text", f->text);
	json_set_str(e, "ts", ts);
	json_set_str(e, "event_ts", ts);
	return event_wrap(f->s, a, e, arena_printf(a, "Ev%s", slack_id(f->s, a, 'X')));
}

static void send_one(struct flood *f)
{
	bool command = str_eq(f->type, "slash_commands");
	struct arena *a = arena_new(0);
	struct envelope_spec spec = {.type = command ? "slash_commands" : "events_api",
	        .payload = command ? command_payload(f, a) : event_payload(f, a),
	        .accepts_payload = command,
	        .done = answered,
	        .arg = f};
	f->sent++;
	envelope_send(f->s, &spec);
	arena_free(a);
}

static void pour(void *arg)
{
	struct flood *f = arg;
	f->timer = NULL;
	int64_t due = f->count;
	if (f->rate)
		due = (mono_us() - f->start_us) * f->rate / 1000000 + 1;
	while (f->sent < f->count && f->sent < due && f->sent - f->acked - f->lost < f->window)
		send_one(f);
	if (f->rate && f->sent < f->count)
		f->timer = sb_timer(f->s->sb, 1, pour, f);
}

void flood_control(struct slack *s, const struct sb_request *rq, struct sb_response *rs)
{
	const json *arg = sb_json(rq, NULL);
	struct flood *f = ARENA_NEW(rq->a, struct flood);
	*f = (struct flood){.s = s,
	        .rs = rs,
	        .a = rq->a,
	        .type = json_str(arg, ".type", "slash_commands"),
	        .text = json_str(arg, ".text", "version"),
	        .count = json_int(arg, ".count", 1000),
	        .rate = json_int(arg, ".rate", 200),
	        .window = json_int(arg, ".window", 64),
	        .start_us = mono_us()};
	if (f->count < 1 || f->count > 1000000 || f->window < 1) {
		sb_sendf(rs, 400, "text/plain", "count is 1 to 1000000\n");
		return;
	}
	f->took_us = ARENA_ARRAY(rq->a, (size_t)f->count, uint32_t);
	sb_on_gone(rs, flood_gone, f);
	pour(f);
}
