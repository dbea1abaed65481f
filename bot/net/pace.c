/* pace.c - see pace.h. */
#include "net/pace.h"
#include "base/crash.h"

#include <assert.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "base/map.h"
#include "clock.h"
#include "net/http.h"

/* Channels and methods are few; this only bounds a program that runs for years. */
#define MAX_BUCKETS 4096
#define NAP_MS      50

struct bucket {
	double due_ms;         /* the theoretical arrival time of the next call */
	int64_t not_before_ms; /* by Retry-After */
};

struct pace {
	pthread_mutex_t lock;
	struct map *buckets;
};

struct pace *pace_new(void)
{
	struct pace *p = calloc(1, sizeof(*p));

	if (!p)
		abort();
	p->buckets = map_new(NULL);
	if (pthread_mutex_init(&p->lock, NULL) != 0)
		abort();
	return p;
}

void pace_free(struct pace *p)
{
	if (!p)
		return;
	map_each (it, p->buckets)
		free(it->value);
	map_free(p->buckets);
	pthread_mutex_destroy(&p->lock);
	free(p);
}

int64_t pace_gcra_ms(
        double *due_ms, double now_ms, const struct pace_rule *rule, int64_t max_wait_ms)
{
	double interval = 1000.0 / rule->per_second;
	double due = *due_ms > now_ms ? *due_ms : now_ms;
	double wait = due - interval * (rule->burst - 1) - now_ms;

	assert(rule->per_second > 0 && rule->burst >= 1);
	if (wait < 0)
		wait = 0;
	if (wait <= (double)max_wait_ms)
		*due_ms = due + interval;
	return (int64_t)ceil(wait);
}

/* Keeps what still says something: a bucket whose time has come is as good as a new one. */
static void prune(struct pace *p, int64_t now)
{
	struct map *kept = map_new(NULL);

	map_each (it, p->buckets) {
		struct bucket *b = it->value;

		if (b->not_before_ms > now || b->due_ms > (double)now)
			map_put(kept, it->key, b);
		else
			free(b);
	}
	map_free(p->buckets);
	p->buckets = kept;
}

static struct bucket *bucket_of(struct pace *p, const char *key, int64_t now)
{
	struct bucket *b = map_get(p->buckets, key);

	if (b)
		return b;
	if (map_len(p->buckets) >= MAX_BUCKETS)
		prune(p, now);
	b = calloc(1, sizeof(*b));
	if (!b)
		abort();
	map_put(p->buckets, key, b);
	return b;
}

int64_t pace_wait_ms(
        struct pace *p, const char *key, const struct pace_rule *rule, int64_t max_wait_ms)
{
	int64_t now = clock_mono_ms(), held, wait;
	struct bucket *b;

	pthread_mutex_lock(&p->lock);
	b = bucket_of(p, key, now);
	held = b->not_before_ms > now ? b->not_before_ms - now : 0;
	if (held > max_wait_ms)
		wait = held;
	else /* turns are given out from the end of the hold on */
		wait = held +
		       pace_gcra_ms(&b->due_ms, (double)(now + held), rule, max_wait_ms - held);
	pthread_mutex_unlock(&p->lock);
	return wait;
}

void pace_hold(struct pace *p, const char *key, int64_t ms)
{
	int64_t now = clock_mono_ms();
	struct bucket *b;

	pthread_mutex_lock(&p->lock);
	b = bucket_of(p, key, now);
	if (ms > 0 && now + ms > b->not_before_ms)
		b->not_before_ms = now + ms;
	pthread_mutex_unlock(&p->lock);
}

int64_t pace_held_ms(struct pace *p, const char *key)
{
	int64_t now = clock_mono_ms(), ms = 0;
	const struct bucket *b;

	pthread_mutex_lock(&p->lock);
	b = map_get(p->buckets, key);
	if (b && b->not_before_ms > now)
		ms = b->not_before_ms - now;
	pthread_mutex_unlock(&p->lock);
	return ms;
}

bool pace_wait(struct pace *p, const char *key, const struct pace_rule *rule, int64_t max_wait_ms,
        struct err *e)
{
	const struct pace_rule r = {rule->per_second * crash_haste(), rule->burst};
	int64_t wait = pace_wait_ms(p, key, &r, max_wait_ms);
	int64_t until = clock_mono_ms() + wait;

	if (wait > max_wait_ms) {
		err_set(e, ERR_LIMITED, true, "the limit of %s is used up", key);
		if (e)
			e->retry_ms = wait > UINT32_MAX ? UINT32_MAX : (uint32_t)wait;
		return false;
	}
	for (int64_t left = wait; left > 0; left = until - clock_mono_ms()) {
		int64_t nap = left < NAP_MS ? left : NAP_MS;
		struct timespec ts = {0, (long)nap * 1000000};

		if (http_stopping())
			return err_set(e, ERR_CANCELED, true, "the bot is stopping");
		nanosleep(&ts, NULL);
	}
	return true;
}
