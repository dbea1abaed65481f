/*
 * statuspage_cache.h - the last report of each page, shared by all workers.
 */
#ifndef CLIENTS_STATUSPAGE_CACHE_H
#define CLIENTS_STATUSPAGE_CACHE_H

#include "statuspage.h"

/* The report kept for `url` when it is young enough; copied into `a`. Thread: any. */
bool status_cache_get(struct statuspage_shared *s, struct arena *a, const char *url, int64_t now_ms,
        struct status_report *out);
/* Keeps a copy. What could not be read is kept for a quarter of the time. Thread: any. */
void status_cache_put(struct statuspage_shared *s, const char *url, const struct status_report *r);

#endif
