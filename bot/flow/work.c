/*
 * work.c - a worker's life: claim, execute, wait.
 *
 * Waiting. A worker that finds nothing due waits in its class until it is called (something became
 * due now) or, if it is the class's keeper, until the next due time; there is one keeper, so that
 * one thread wakes and not all. Who leaves while others wait lets one of them be keeper. A claim
 * tells when the next run is due: if that is now, the claimer calls another worker.
 *
 * `news` closes the gap between a claim that found nothing and the wait: whatever was committed
 * after the claim began has raised it.
 */
#include "clock.h"
#include "flow/flow_impl.h"
#include "log.h"

static struct idle_class *class_of(struct worker *k)
{
	return k->claim.interactive_only ? &k->flow->first : &k->flow->rest;
}

void idle_call(struct idle_class *c)
{
	if (c->waiting > c->calls) {
		c->calls++;
		pthread_cond_signal(&c->cond);
	}
}

void idle_due(struct idle_class *c, int64_t due_ms)
{
	if (due_ms >= c->next_due_ms)
		return;
	c->next_due_ms = due_ms;
	if (c->waiting > 0) /* the keeper is among them, or one becomes it */
		pthread_cond_broadcast(&c->cond);
}

/* Until called or due; the caller holds mu. */
static void wait_idle(struct flow *f, struct idle_class *c)
{
	c->waiting++;
	while (!atomic_load(&f->stopping) && c->calls == 0 && c->next_due_ms > clock_now_ms() &&
	        !flow_clock_was_set(f)) {
		if (c->keeper || c->next_due_ms >= RUN_NEVER) {
			pthread_cond_wait(&c->cond, &f->mu);
			continue;
		}
		c->keeper = true;
		flow_wait_until(&c->cond, &f->mu, c->next_due_ms);
		c->keeper = false;
	}
	c->waiting--;
	if (c->calls > 0)
		c->calls--;
	if (c->next_due_ms <= clock_now_ms())
		c->next_due_ms = RUN_NEVER; /* this one comes for it; its claim knows the next */
	if (c->waiting > 0 && !c->keeper)
		pthread_cond_signal(&c->cond);
}

static bool claim(struct worker *k)
{
	struct err e;

	k->claim.a = k->arenas[k->arena];
	k->claim.id = 0;
	/* Lazy: the start of the first step syncs it too; before that nothing has happened. */
	if (store_write_lazy(k->flow->c.store, run_claim_tx, &k->claim, &e))
		return true;
	log_error("flow", "cannot look for work: %s", e.msg);
	k->claim.next_due_ms = clock_now_ms() + 1000;
	return false;
}

/* Finds something to do; false: the bot stops. */
static bool find_work(struct worker *k)
{
	struct flow *f = k->flow;
	struct idle_class *c = class_of(k);
	uint64_t seen;

	pthread_mutex_lock(&f->mu);
	for (;;) {
		k->claim.id = 0;
		if (atomic_load(&f->stopping))
			break;
		seen = c->news;
		pthread_mutex_unlock(&f->mu);
		flow_watch_clock(f);
		claim(k);
		pthread_mutex_lock(&f->mu);
		idle_due(c, k->claim.next_due_ms);
		if (k->claim.id) {
			if (k->claim.next_due_ms <= clock_now_ms())
				idle_call(c);
			break;
		}
		if (c->news == seen)
			wait_idle(f, c);
	}
	f->executing += k->claim.id != 0;
	pthread_mutex_unlock(&f->mu);
	return k->claim.id != 0;
}

static void release(struct flow *f)
{
	pthread_mutex_lock(&f->mu);
	if (--f->executing == 0)
		pthread_cond_broadcast(&f->calm);
	pthread_mutex_unlock(&f->mu);
}

void flow_work(struct flow *f, int index, struct heal *world)
{
	struct worker *k = &f->workers[index];

	k->world = world;
	while (find_work(k)) {
		while (k->claim.id) {
			flow_watch_clock(f);
			entry_run(k);
		}
		release(f);
	}
}
