/* helper.c - see helper.h: a queue under a mutex; results go home by ioloop_post. */
#include "net/helper.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

struct job {
	struct job *next;
	void (*work)(void *arg);
	void (*done)(void *arg);
	void *arg;
};

struct helper {
	struct ioloop *l;
	pthread_mutex_t lock; /* all below */
	pthread_cond_t wake;
	struct job *first, *last;
	size_t waiting;
	bool runs, ends, joined;
	pthread_t thread;
};

struct helper *helper_new(struct ioloop *l)
{
	struct helper *h = calloc(1, sizeof(*h));

	if (!h || pthread_mutex_init(&h->lock, NULL) != 0 || pthread_cond_init(&h->wake, NULL) != 0)
		abort();
	h->l = l;
	return h;
}

static struct job *pop(struct helper *h)
{
	struct job *j = h->first;

	if (!j)
		return NULL;
	h->first = j->next;
	if (!h->first)
		h->last = NULL;
	return j;
}

static void push(struct helper *h, struct job *j, bool first)
{
	if (first)
		j->next = h->first;
	else if (h->last)
		h->last->next = j;
	if (first || !h->first)
		h->first = j;
	if (!first || !h->last)
		h->last = j;
	h->waiting++;
}

static void *helper_main(void *arg)
{
	struct helper *h = arg;

	pthread_mutex_lock(&h->lock);
	while (!h->ends) {
		struct job *j = pop(h);

		if (!j) {
			pthread_cond_wait(&h->wake, &h->lock);
			continue;
		}
		pthread_mutex_unlock(&h->lock);
		j->work(j->arg);
		ioloop_post(h->l, j->done, j->arg);
		free(j);
		pthread_mutex_lock(&h->lock);
		h->waiting--;
	}
	pthread_mutex_unlock(&h->lock);
	return NULL;
}

void helper_work(
        struct helper *h, bool first, void (*work)(void *arg), void (*done)(void *arg), void *arg)
{
	struct job *j = malloc(sizeof(*j));

	if (!j)
		abort();
	*j = (struct job){.work = work, .done = done, .arg = arg};
	pthread_mutex_lock(&h->lock);
	if (!h->runs && !h->ends) {
		if (pthread_create(&h->thread, NULL, helper_main, h) != 0)
			abort();
		h->runs = true;
	}
	push(h, j, first);
	pthread_cond_signal(&h->wake);
	pthread_mutex_unlock(&h->lock);
}

size_t helper_waiting(struct helper *h)
{
	size_t n;

	pthread_mutex_lock(&h->lock);
	n = h->waiting;
	pthread_mutex_unlock(&h->lock);
	return n;
}

static bool join(struct helper *h, int wait_ms)
{
	struct timespec until;

	if (wait_ms < 0)
		return pthread_join(h->thread, NULL) == 0;
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += wait_ms / 1000;
	return pthread_timedjoin_np(h->thread, NULL, &until) == 0;
}

bool helper_end(struct helper *h, int wait_ms)
{
	bool runs;

	pthread_mutex_lock(&h->lock);
	runs = h->runs && !h->joined;
	h->ends = true;
	pthread_cond_signal(&h->wake);
	pthread_mutex_unlock(&h->lock);
	if (runs)
		h->joined = join(h, wait_ms);
	return !runs || h->joined;
}

void helper_free(struct helper *h)
{
	if (!h)
		return;
	if (h->runs && !h->joined) {
		pthread_detach(h->thread);
		return; /* it still looks at h */
	}
	for (struct job *j; (j = pop(h)); free(j))
		j->done(j->arg);
	pthread_cond_destroy(&h->wake);
	pthread_mutex_destroy(&h->lock);
	free(h);
}
