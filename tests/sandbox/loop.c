/* loop.c - poll(2), timers in a list sorted by due time, deferred calls. */
#include "loop.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <time.h>

struct watch {
	struct watch *next;
	int fd;
	short events;
	bool dead;
	void (*fn)(void *arg, short revents);
	void *arg;
};

struct sb_timer {
	struct sb_timer *next, *prev;
	int64_t due_ms;
	void (*fn)(void *arg);
	void *arg;
};

struct deferred {
	struct deferred *next;
	void (*fn)(void *arg);
	void *arg;
};

struct loop {
	struct watch *watches;
	struct sb_timer timers; /* ring; timers.next is due first */
	struct deferred *deferred;
	struct pollfd *polls;
	struct watch **polled;
	size_t cap;
	bool stop;
};

static void *must(void *p)
{
	if (!p)
		abort();
	return p;
}

int64_t loop_mono_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

struct loop *loop_new(void)
{
	struct loop *l = must(calloc(1, sizeof *l));
	l->timers.next = l->timers.prev = &l->timers;
	return l;
}

static void run_deferred(struct loop *l)
{
	while (l->deferred) {
		struct deferred *d = l->deferred;
		l->deferred = d->next;
		d->fn(d->arg);
		free(d);
	}
}

static void sweep_watches(struct loop *l, bool all)
{
	for (struct watch **p = &l->watches; *p;) {
		struct watch *w = *p;
		if (all || w->dead) {
			*p = w->next;
			free(w);
		} else {
			p = &w->next;
		}
	}
}

void loop_free(struct loop *l)
{
	run_deferred(l);
	while (l->timers.next != &l->timers)
		loop_cancel(l, l->timers.next);
	sweep_watches(l, true);
	free(l->polls);
	free(l->polled);
	free(l);
}

void loop_stop(struct loop *l)
{
	l->stop = true;
}

struct watch *loop_watch(
        struct loop *l, int fd, short events, void (*fn)(void *arg, short revents), void *arg)
{
	struct watch *w = must(calloc(1, sizeof *w));
	*w = (struct watch){.next = l->watches, .fd = fd, .events = events, .fn = fn, .arg = arg};
	l->watches = w;
	return w;
}

void watch_events(struct watch *w, short events)
{
	w->events = events;
}

void loop_unwatch(struct loop *l, struct watch *w)
{
	(void)l;
	w->dead = true; /* freed by the next sweep: the poll round may still hold it */
}

struct sb_timer *loop_timer(struct loop *l, uint32_t ms, void (*fn)(void *arg), void *arg)
{
	struct sb_timer *t = must(calloc(1, sizeof *t));
	t->due_ms = loop_mono_ms() + ms;
	t->fn = fn;
	t->arg = arg;
	/* Most timers are the latest ones: look for the place from the end. */
	struct sb_timer *after = l->timers.prev;
	while (after != &l->timers && after->due_ms > t->due_ms)
		after = after->prev;
	t->prev = after;
	t->next = after->next;
	after->next->prev = t;
	after->next = t;
	return t;
}

static void unlink_timer(struct sb_timer *t)
{
	t->prev->next = t->next;
	t->next->prev = t->prev;
}

void loop_cancel(struct loop *l, struct sb_timer *t)
{
	(void)l;
	if (!t)
		return;
	unlink_timer(t);
	free(t);
}

void loop_defer(struct loop *l, void (*fn)(void *arg), void *arg)
{
	struct deferred *d = must(calloc(1, sizeof *d));
	*d = (struct deferred){.fn = fn, .arg = arg};
	struct deferred **end = &l->deferred;
	while (*end)
		end = &(*end)->next;
	*end = d;
}

static size_t collect(struct loop *l)
{
	size_t n = 0;
	for (struct watch *w = l->watches; w; w = w->next)
		n++;
	if (n > l->cap) {
		l->cap = n * 2;
		l->polls = must(realloc(l->polls, l->cap * sizeof *l->polls));
		l->polled = must(realloc(l->polled, l->cap * sizeof(struct watch *)));
	}
	n = 0;
	for (struct watch *w = l->watches; w; w = w->next) {
		l->polls[n] = (struct pollfd){.fd = w->fd, .events = w->events};
		l->polled[n++] = w;
	}
	return n;
}

static int wait_ms(const struct loop *l)
{
	if (l->timers.next == &l->timers)
		return -1;
	int64_t left = l->timers.next->due_ms - loop_mono_ms();
	if (left <= 0)
		return 0;
	return left > 60000 ? 60000 : (int)left;
}

static void run_timers(struct loop *l)
{
	int64_t now = loop_mono_ms();
	while (l->timers.next != &l->timers && l->timers.next->due_ms <= now) {
		struct sb_timer *t = l->timers.next;
		unlink_timer(t);
		t->fn(t->arg);
		free(t);
	}
}

void loop_run(struct loop *l)
{
	while (!l->stop) {
		size_t n = collect(l);
		int ready = poll(l->polls, (nfds_t)n, wait_ms(l));
		if (ready < 0 && errno != EINTR)
			abort();
		for (size_t i = 0; i < n && ready > 0; i++)
			if (l->polls[i].revents && !l->polled[i]->dead)
				l->polled[i]->fn(l->polled[i]->arg, l->polls[i].revents);
		run_timers(l);
		run_deferred(l);
		sweep_watches(l, false);
	}
}
