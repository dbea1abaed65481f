/* socket_work.c - envelopes on their way in, acknowledgements on their way out. See socket_mode.h.
 */
#include <time.h>

#include "chat/socket_private.h"
#include "clock.h"
#include "log.h"

#define ACK_LIMIT_MS 3000 /* so long Slack waits */

static int64_t mono_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void free_work(struct socket_work *w)
{
	if (w->sm) {
		if (w->prev)
			w->prev->next = w->next;
		else
			w->sm->works = w->next;
		if (w->next)
			w->next->prev = w->prev;
		w->sm->stats.waiting--;
	}
	arena_free(w->a);
}

void socket_mode_ack(struct socket_work *w, const json *payload)
{
	const json *answer = w->env.accepts_payload ? payload : NULL;
	struct socket_mode *sm = w->sm;
	bool cut = false;

	w->late = envelope_ack(w->a, w->env.id, answer, &cut);
	if (cut)
		log_warn("slack", "an answer was too long for an acknowledgement and was left out");
	if (!sm) {
		free_work(w);
	} else if (socket_send(sm, w->link, w->late)) {
		sm->stats.acks++;
		free_work(w);
	} /* else it waits for flush_late */
}

/* A connection is there again. What is older than Slack waits has been given up by Slack. */
void socket_flush_late(struct socket_mode *sm)
{
	for (struct socket_work *w = sm->works, *next; w; w = next) {
		next = w->next;
		if (!w->late)
			continue;
		if (clock_now_ms() - w->received_ms < ACK_LIMIT_MS &&
		        socket_send(sm, w->link, w->late))
			sm->stats.acks++;
		else
			sm->stats.acks_lost++;
		free_work(w);
	}
}

void socket_mode_refuse(struct socket_work *w, const char *text)
{
	json *payload = json_obj(w->a);

	if (w->sm)
		w->sm->stats.refused++;
	if (w->env.is_event || !w->env.accepts_payload) {
		free_work(w);
		return;
	}
	json_set_str(payload, "response_type", "ephemeral");
	json_set_str(payload, "text", text);
	socket_mode_ack(w, payload);
}

void socket_take(struct link *k, struct arena *a, const struct envelope *env)
{
	struct socket_mode *sm = k->sm;
	struct socket_work *w;

	if (sm->stats.waiting >= sm->o.max_waiting) {
		sm->stats.overflow++; /* not acknowledged: Slack delivers it again */
		arena_free(a);
		return;
	}
	w = ARENA_NEW(a, struct socket_work);
	*w = (struct socket_work){.a = a,
	        .env = *env,
	        .received_ms = clock_now_ms(),
	        .received_us = mono_us(),
	        .sm = sm,
	        .link = k->serial,
	        .next = sm->works};
	if (sm->works)
		sm->works->prev = w;
	sm->works = w;
	sm->stats.waiting++;
	sm->stats.envelopes++;
	if (env->retry_attempt > 0)
		sm->stats.retries++;
	sm->o.take(sm->o.ctx, w);
}

void socket_free_works(struct socket_mode *sm)
{
	for (struct socket_work *w = sm->works, *next; w; w = next) {
		next = w->next;
		w->sm = NULL;
		if (w->late)
			free_work(w); /* nobody will come back for it */
	}
}
