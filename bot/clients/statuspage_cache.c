/* statuspage_cache.c - reports kept for a minute. */
#include "clients/statuspage_cache.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "str.h"

/* More pages than anybody watches; then the oldest goes. */
#define ENTRIES_MAX 64

struct entry {
	struct arena *a; /* of the strings; NULL = free */
	const char *url;
	struct status_report r;
};

struct statuspage_shared {
	pthread_mutex_t lock;
	int64_t cache_ms;
	struct entry entry[ENTRIES_MAX];
};

struct statuspage_shared *statuspage_shared_new(int64_t cache_ms)
{
	struct statuspage_shared *s = calloc(1, sizeof(*s));

	if (!s || pthread_mutex_init(&s->lock, NULL) != 0)
		abort();
	s->cache_ms = cache_ms > 0 ? cache_ms : 60000;
	return s;
}

void statuspage_shared_free(struct statuspage_shared *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < ENTRIES_MAX; i++)
		arena_free(s->entry[i].a);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

static void copy_report(struct arena *a, const struct status_report *from, struct status_report *to)
{
	size_t n = 0;

	*to = *from;
	to->name = arena_strdup(a, from->name);
	to->page = arena_strdup(a, from->page);
	to->title = arena_strdup(a, from->title);
	while (from->components && from->components[n])
		n++;
	to->components = ARENA_ARRAY(a, n + 1, const char *);
	for (size_t i = 0; i < n; i++)
		to->components[i] = arena_strdup(a, from->components[i]);
}

bool status_cache_get(struct statuspage_shared *s, struct arena *a, const char *url, int64_t now_ms,
        struct status_report *out)
{
	bool found = false;

	pthread_mutex_lock(&s->lock);
	for (size_t i = 0; i < ENTRIES_MAX && !found; i++) {
		const struct entry *en = &s->entry[i];
		int64_t life = en->r.level == STATUS_UNKNOWN ? s->cache_ms / 4 : s->cache_ms;

		if (!en->a || !str_eq(en->url, url) || now_ms - en->r.fetched_ms >= life ||
		        now_ms < en->r.fetched_ms)
			continue;
		copy_report(a, &en->r, out);
		found = true;
	}
	pthread_mutex_unlock(&s->lock);
	return found;
}

void status_cache_put(struct statuspage_shared *s, const char *url, const struct status_report *r)
{
	struct entry *en;

	pthread_mutex_lock(&s->lock);
	en = &s->entry[0];
	for (size_t i = 0; i < ENTRIES_MAX; i++) {
		struct entry *it = &s->entry[i];

		if (it->a && str_eq(it->url, url)) {
			en = it;
			break;
		}
		if (en->a && (!it->a || it->r.fetched_ms < en->r.fetched_ms))
			en = it;
	}
	if (en->a)
		arena_reset(en->a);
	else
		en->a = arena_new(512);
	en->url = arena_strdup(en->a, url);
	copy_report(en->a, r, &en->r);
	pthread_mutex_unlock(&s->lock);
}
