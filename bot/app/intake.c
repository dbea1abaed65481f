/* intake.c - see intake.h. */
#include "app/intake.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/crash.h"
#include "clock.h"
#include "log.h"
#include "store/inbox.h"
#include "str.h"

struct intake {
	struct intake_options o;
	struct metric *received, *duplicates, *refused, *ack;
	int64_t refused_ms;
	char why[400];
	size_t under_way; /* at the store */
};

/* Lives in the envelope's arena. `put` is first: the store hands its address back. */
struct job {
	struct inbox_put put;
	struct intake *in;
	struct socket_work *work;
	bool stored;
	struct err err;
};

struct intake *intake_new(const struct intake_options *o)
{
	struct intake *in = calloc(1, sizeof(*in));

	if (!in)
		abort();
	in->o = *o;
	in->received = metrics_counter(
	        o->metrics, "heal_envelopes_total", "Envelopes received from Slack.");
	in->duplicates = metrics_counter(o->metrics, "heal_envelope_duplicates_total",
	        "Envelopes that had been received before.");
	in->refused = metrics_counter(o->metrics, "heal_envelopes_refused_total",
	        "Envelopes that could not be stored and were not acknowledged.");
	in->ack = metrics_latency(o->metrics, "heal_ack_seconds",
	        "From the arrival of an envelope to its acknowledgement, commit included.");
	return in;
}

void intake_free(struct intake *in)
{
	free(in);
}

int64_t intake_refused_ms(const struct intake *in, const char **why)
{
	*why = in->why;
	return in->refused_ms;
}

static void observe(struct intake *in, const struct socket_work *w)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	metric_observe_us(in->ack, (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000 - w->received_us);
}

/* On the loop again. */
static void finish(void *arg)
{
	struct job *j = arg;
	struct intake *in = j->in;

	in->under_way--;
	if (j->stored) {
		if (j->put.duplicate)
			metric_add(in->duplicates, 1);
		observe(in, j->work);
		crash_place("inbox", j->put.kind); /* before the acknowledgement: it frees j */
		socket_mode_ack(j->work, NULL);
		crash_point("after-ack");
		return;
	}
	metric_add(in->refused, 1);
	if (clock_now_ms() - in->refused_ms > 1000) /* a full disk refuses thousands */
		log_error("inbox", "an envelope could not be stored: %s", j->err.msg);
	in->refused_ms = clock_now_ms();
	snprintf(in->why, sizeof(in->why), "%s", j->err.msg);
	socket_mode_refuse(j->work,
	        "I could not write this down, so I did not do it. My storage has a problem; please tell "
	        "whoever runs me.");
}

/* On the store's thread. */
static void on_commit(void *arg, const struct err *e)
{
	struct job *j = arg;

	j->stored = e == NULL;
	crash_place("inbox", j->put.kind);
	crash_point("after-inbox");
	if (e)
		j->err = *e;
	ioloop_post(j->in->o.loop, finish, j);
}

void intake_take(void *ctx, struct socket_work *work)
{
	struct intake *in = ctx;
	struct job *j = ARENA_NEW(work->a, struct job);
	const char *text = envelope_stored(work->a, &work->env, in->o.redact, in->o.redact_ctx);

	metric_add(in->received, 1);
	crash_place("inbox", work->env.type);
	crash_point("before-inbox");
	j->in = in;
	j->work = work;
	j->put = (struct inbox_put){.kind = work->env.type,
	        .payload = text,
	        .payload_len = strlen(text),
	        .received_ms = work->received_ms,
	        .workflow = in->o.workflow};
	for (size_t i = 0; i < ENVELOPE_KEYS; i++)
		j->put.keys[i] = work->env.keys[i];
	in->under_way++;
	inbox_submit(in->o.store, &j->put, on_commit);
}

bool intake_idle(const struct intake *in)
{
	return in->under_way == 0;
}
