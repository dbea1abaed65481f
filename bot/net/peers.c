/* peers.c - see peers.h: a small table under a mutex. */
#include "net/peers.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "str.h"

struct entry {
	struct peer peer;
	char *url;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct entry table[PEERS_MAX];
static size_t count;

static struct entry *named(const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (str_eq(table[i].peer.name, name))
			return &table[i];
	return count < PEERS_MAX ? &table[count++] : NULL;
}

void peers_watch(const char *name, const char *base_url)
{
	struct entry *t;

	if (!base_url || !*base_url)
		return;
	pthread_mutex_lock(&lock);
	t = named(name);
	if (t && !str_eq(t->url, base_url)) {
		free(t->url);
		memset(t, 0, sizeof(*t));
		t->peer.name = name;
		t->url = strdup(base_url);
		if (!t->url)
			abort();
	}
	pthread_mutex_unlock(&lock);
}

/* The peer whose base URL is the longest beginning of this one. */
static struct peer *peer_of(const char *url)
{
	struct peer *best = NULL;
	size_t longest = 0;

	for (size_t i = 0; i < count; i++) {
		size_t n = strlen(table[i].url);

		if (n > longest && strncmp(url, table[i].url, n) == 0) {
			best = &table[i].peer;
			longest = n;
		}
	}
	return best;
}

static bool is_bad(int status, const char *trouble)
{
	return trouble || status == 401 || status == 403 || status >= 500;
}

static void note_bad(struct peer *p, int status, const char *trouble)
{
	p->failures++;
	p->failing++;
	p->last_bad_ms = clock_now_ms();
	if (trouble)
		snprintf(p->trouble, sizeof(p->trouble), "%s", trouble);
	else
		snprintf(p->trouble, sizeof(p->trouble), "HTTP %d%s", status,
		        status < 500 ? ": it refuses our token" : "");
}

static void note_good(struct peer *p, int64_t took_ms)
{
	p->failing = 0;
	p->last_good_ms = clock_now_ms();
	p->typical_ms = p->typical_ms ? (7 * p->typical_ms + took_ms) / 8 : took_ms;
}

void peers_note(const char *url, int status, int64_t took_ms, const char *trouble)
{
	struct peer *p;

	pthread_mutex_lock(&lock);
	p = peer_of(url);
	if (p) {
		p->requests++;
		if (is_bad(status, trouble))
			note_bad(p, status, trouble);
		else
			note_good(p, took_ms);
	}
	pthread_mutex_unlock(&lock);
}

/* "host:port" of a URL. */
static const char *host_of(struct arena *a, const char *url)
{
	const char *from = strstr(url, "://");

	from = from ? from + 3 : url;
	return arena_strndup(a, from, strcspn(from, "/?#"));
}

size_t peers_list(struct arena *a, struct peer out[PEERS_MAX])
{
	size_t n;

	pthread_mutex_lock(&lock);
	n = count;
	for (size_t i = 0; i < n; i++) {
		out[i] = table[i].peer;
		out[i].host = host_of(a, table[i].url);
	}
	pthread_mutex_unlock(&lock);
	return n;
}
