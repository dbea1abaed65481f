/*
 * slack_envelope.c - envelopes: sent to any one socket, acknowledged within 3 s, or else.
 *
 * Events are tried again as the Events API documents it: almost at once, after a minute, after five
 * (shortened by the time factor), with a new envelope id and the same event id. Commands and clicks
 * are tried once; without an answer the person sees an error.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "slack_i.h"

struct envelope {
	struct envelope *next, *prev;
	struct slack *s;
	char id[40];
	char *type, *payload;
	bool accepts, deaf; /* deaf: a script wants its acknowledgement ignored */
	int attempt;        /* 0 = first */
	const char *why;    /* of the retry */
	struct link *link;  /* NULL: not on its way */
	struct sb_timer *timer;
	int64_t sent_us;
	void (*done)(void *arg, const struct ack *ack);
	void *arg;
};

int64_t mono_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void drop(struct envelope *v)
{
	struct slack *s = v->s;
	if (v->next == v) {
		s->envelopes = NULL;
	} else {
		v->prev->next = v->next;
		v->next->prev = v->prev;
		if (s->envelopes == v)
			s->envelopes = v->next;
	}
	sb_timer_cancel(s->sb, v->timer);
	free(v->type);
	free(v->payload);
	free(v);
}

/* Acks come in the order of sending: the ring is searched from the oldest. */
static void add(struct slack *s, struct envelope *v)
{
	if (!s->envelopes) {
		s->envelopes = v->next = v->prev = v;
		return;
	}
	v->next = s->envelopes;
	v->prev = s->envelopes->prev;
	v->prev->next = v;
	s->envelopes->prev = v;
}

static void finish(struct envelope *v, struct ack ack)
{
	void (*done)(void *arg, const struct ack *ack) = v->done;
	void *arg = v->arg;
	ack.took_us = v->sent_us ? mono_us() - v->sent_us : 0;
	drop(v);
	if (done)
		done(arg, &ack);
}

static void attempt(struct envelope *v);

static void attempt_again(void *arg)
{
	struct envelope *v = arg;
	v->timer = NULL;
	attempt(v);
}

static void failed(struct envelope *v, const char *why)
{
	v->link = NULL;
	sb_timer_cancel(v->s->sb, v->timer);
	v->timer = NULL;
	if (strcmp(v->type, "events_api") != 0 || v->attempt >= 3) {
		finish(v, (struct ack){.trouble = why});
		return;
	}
	v->why = "timeout";
	int64_t wait = v->s->cfg.retry_ms[v->attempt++];
	v->timer = sb_timer(v->s->sb, sb_scaled(v->s->sb, wait), attempt_again, v);
}

static void too_late(void *arg)
{
	struct envelope *v = arg;
	v->timer = NULL;
	slack_violation(v->s, "%s not acknowledged within 3 s", v->type);
	failed(v, "operation_timeout");
}

static void record(struct envelope *v, const json *payload)
{
	struct arena *a = arena_new(0);
	json *o = json_obj(a);
	json_set_str(o, "envelope_id", v->id);
	json_set_str(o, "type", v->type);
	json_set_int(o, "link", socket_id(v->link));
	json_set_int(o, "retry_attempt", v->attempt);
	const char *event_id = json_str(payload, ".event_id", NULL);
	if (event_id)
		json_set_str(o, "event_id", event_id);
	json_set_str(o, "what", json_str(payload, ".event.type", json_str(payload, ".type", "")));
	sb_record(v->s->sb, "slack", "envelope", o);
	arena_free(a);
}

static void attempt(struct envelope *v)
{
	struct slack *s = v->s;
	v->link = socket_pick(s);
	if (!v->link) {
		failed(v, "dispatch_failed");
		return;
	}
	struct arena *a = arena_new(strlen(v->payload) * 3);
	json *o = json_obj(a), *payload = json_parse(a, v->payload, strlen(v->payload), NULL);
	uint64_t n = (uint64_t)++s->seq;
	snprintf(v->id, sizeof v->id, "%08llx-5eb0-4b0c-9d1e-%012llx", (unsigned long long)n,
	        (unsigned long long)(n * 2654435761u));
	json_set_str(o, "envelope_id", v->id);
	json_set(o, "payload", payload);
	json_set_str(o, "type", v->type);
	json_set_bool(o, "accepts_response_payload", v->accepts);
	if (strcmp(v->type, "events_api") == 0) {
		json_set_int(o, "retry_attempt", v->attempt);
		json_set_str(o, "retry_reason", v->attempt ? str_or(v->why, "") : "");
	}
	v->timer = sb_timer(s->sb, ACK_LIMIT_MS, too_late, v);
	v->deaf = false;
	v->sent_us = mono_us();
	record(v, payload);
	struct link *link = v->link;
	socket_send(s, link, o, v->type);
	arena_free(a);
}

void envelope_send(struct slack *s, const struct envelope_spec *spec)
{
	struct arena *a = arena_new(0);
	struct envelope *v = calloc(1, sizeof *v);
	if (!v)
		abort();
	v->s = s;
	v->accepts = spec->accepts_payload;
	v->done = spec->done;
	v->arg = spec->arg;
	v->type = strdup(spec->type);
	v->payload = strdup(json_print(a, spec->payload));
	if (!v->type || !v->payload)
		abort();
	arena_free(a);
	add(s, v);
	/* By a timer: the caller has not answered its own request yet. */
	v->timer = sb_timer(s->sb, 0, attempt_again, v);
}

static struct envelope *find(struct slack *s, const char *id)
{
	struct envelope *v = s->envelopes;
	if (!v)
		return NULL;
	do {
		if (v->link && strcmp(v->id, id) == 0)
			return v;
		v = v->next;
	} while (v != s->envelopes);
	return NULL;
}

/* One answer of the bot. */
void envelope_ack(struct slack *s, struct link *l, const char *text, size_t n)
{
	struct arena *a = arena_new(0);
	json *o = json_parse(a, text, n, NULL);
	const char *id = json_str(o, ".envelope_id", NULL);
	struct envelope *v = id ? find(s, id) : NULL;
	const json *payload = json_get(o, ".payload");
	json *findings = o && id ? blockkit_ack(a, o) : NULL;
	if (!id)
		slack_violation(s, "answer without envelope_id");
	else if (!v)
		slack_violation(s, "answer to an unknown, answered or expired envelope %s", id);
	else if (sb_fault(s->sb, "slack", arena_printf(a, "ack %s", v->type)))
		v->deaf = true; /* any action: the acknowledgement gets lost */
	if (json_len(findings))
		slack_violation(s, "answer refused: %s", json_print(a, findings));
	if (v && v->link != l)
		slack_violation(s, "answered on another socket");
	if (v && json_len(payload) && !v->accepts) {
		slack_violation(s, "payload where none is accepted");
		payload = NULL;
	}
	if (v && !v->deaf)
		finish(v, (struct ack){.acked = true,
		                  .payload = json_len(payload) && !json_len(findings) ? payload
		                                                                      : NULL});
	arena_free(a);
}

void envelope_link_gone(struct slack *s, struct link *l)
{
	bool again = true;
	while (again && s->envelopes) {
		again = false;
		struct envelope *v = s->envelopes;
		do {
			if (v->link == l) {
				failed(v, "dispatch_failed");
				again = true;
				break;
			}
			v = v->next;
		} while (v != s->envelopes);
	}
}

void envelope_forget(struct slack *s, void *arg)
{
	struct envelope *v = s->envelopes;
	if (!v)
		return;
	do {
		if (v->arg == arg)
			v->done = NULL;
		v = v->next;
	} while (v != s->envelopes);
}

json *envelope_json(struct slack *s, struct arena *a)
{
	json *out = json_arr(a);
	struct envelope *v = s->envelopes;
	if (!v)
		return out;
	do {
		json *o = json_add_obj(out);
		json_set_str(o, "envelope_id", v->id);
		json_set_str(o, "type", v->type);
		json_set_int(o, "attempt", v->attempt);
		json_set_bool(o, "on_its_way", v->link != NULL);
		v = v->next;
	} while (v != s->envelopes);
	return out;
}

void envelopes_free(struct slack *s)
{
	while (s->envelopes)
		finish(s->envelopes, (struct ack){.trouble = "the workspace was reset"});
}
