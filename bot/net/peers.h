/*
 * peers.h - how the other side is: what each peer last answered, over all workers.
 *
 * net/http notes every request here; a peer is known by its base URL. Counts are since the start.
 * Thread: any.
 */
#ifndef NET_PEERS_H
#define NET_PEERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"

enum { PEERS_MAX = 16 };

struct peer {
	const char *name; /* "GitHub" */
	const char *host; /* of its base URL */
	int64_t requests, failures;
	int failing;          /* failures since the last good answer */
	int64_t last_good_ms; /* wall; 0 = none yet */
	int64_t last_bad_ms;
	int64_t typical_ms; /* a moving average of the good answers' time */
	char trouble[160];  /* of the last failure; "" */
};

/* `name` is borrowed (a constant), the URL copied. NULL or "" url: not used, nothing happens. A
 * second call with the same name and another URL begins anew. */
void peers_watch(const char *name, const char *base_url);
/* One request to `url` ended: bad when it failed in transport, with 401, 403 (our token) or 5xx.
 * `trouble`: why; NULL = none. */
void peers_note(const char *url, int status, int64_t took_ms, const char *trouble);
/* Copies what is known, in the order of peers_watch; strings in `a`. Returns how many. */
size_t peers_list(struct arena *a, struct peer out[PEERS_MAX]);

#endif
