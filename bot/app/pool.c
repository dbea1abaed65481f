/* pool.c - see pool.h. */
#include "app/pool.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

struct worker {
	struct pool *pool;
	size_t index;
	pthread_t thread;
};

struct pool {
	void (*fn)(void *arg, size_t index);
	void *arg;
	size_t n;
	struct worker workers[];
};

static void *work(void *arg)
{
	struct worker *w = arg;

	w->pool->fn(w->pool->arg, w->index);
	return NULL;
}

static int start_quiet(struct worker *w)
{
	sigset_t all, before;
	int rc;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	rc = pthread_create(&w->thread, NULL, work, w);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return rc;
}

struct pool *pool_start(size_t n, void (*fn)(void *arg, size_t index), void *arg,
        void (*cancel)(void *arg), struct err *e)
{
	struct pool *p = calloc(1, sizeof(*p) + n * sizeof(p->workers[0]));

	if (!p)
		abort();
	p->fn = fn;
	p->arg = arg;
	while (p->n < n) {
		struct worker *w = &p->workers[p->n];
		int rc;

		*w = (struct worker){.pool = p, .index = p->n};
		rc = start_quiet(w);
		if (rc != 0) {
			err_set(e, ERR_SYS, true, "worker thread %zu cannot be started: %s",
			        p->n + 1, strerror(rc));
			if (cancel)
				cancel(arg);
			pool_join(p);
			return NULL;
		}
		p->n++;
	}
	return p;
}

void pool_join(struct pool *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < p->n; i++)
		pthread_join(p->workers[i].thread, NULL);
	free(p);
}
