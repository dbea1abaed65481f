/*
 * statuspage.h - what the providers' public status pages say, in one shape.
 *
 * Kinds: Atlassian Statuspage and incident.io (/api/v2/summary.json), Instatus (/summary.json;
 * Railway's own page), Better Stack (/index.json), Status.io, FireHydrant, Slack, Google Cloud,
 * Heroku. A page is late by minutes and may be silent about a problem: say "X reports …" or "X
 * reports nothing", never "X is up". What could not be read is STATUS_UNKNOWN, never fine.
 *
 * Answers are kept for a minute in a shared object, so that ten incidents ask once. Texts come from
 * outside: cleaned here, to be redacted before storing and escaped when showing.
 */
#ifndef HEAL_STATUSPAGE_H
#define HEAL_STATUSPAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "err.h"

struct http;
struct statuspage;
struct statuspage_shared;

enum status_level {
	STATUS_UNKNOWN, /* could not be read; `title` says why */
	STATUS_OK,      /* the page reports nothing */
	STATUS_MAINTENANCE,
	STATUS_INFO,
	STATUS_MINOR,
	STATUS_MAJOR,
	STATUS_CRITICAL
};
const char *status_level_name(enum status_level l); /* "unknown" "ok" "maintenance" … */

enum status_kind {
	STATUS_KIND_AUTO,       /* known host, else tried in order */
	STATUS_KIND_STATUSPAGE, /* also incident.io */
	STATUS_KIND_INSTATUS,
	STATUS_KIND_BETTERSTACK,
	STATUS_KIND_STATUSIO,
	STATUS_KIND_FIREHYDRANT,
	STATUS_KIND_SLACK,
	STATUS_KIND_GCP,
	STATUS_KIND_HEROKU
};

struct status_report {
	const char *name; /* as the operator calls it */
	const char *page; /* for people */
	enum status_level level;
	const char *title;       /* of the worst open problem, one line; "" when there is none */
	const char **components; /* affected ones, NULL-terminated, at most 12 */
	int64_t since_ms;        /* began; 0 = unknown */
	int64_t fetched_ms;
};

/* Pure: one answer's body into a report (name, page and fetched_ms are the caller's). ERR_PROTO
 * when it is not of that kind. Level "unknown" is never returned with true. */
bool statuspage_parse(struct arena *a, enum status_kind kind, const char *body, size_t n,
        struct status_report *out, struct err *e);

/* cache_ms <= 0 = 60,000. Shared by all workers. */
struct statuspage_shared *statuspage_shared_new(int64_t cache_ms);
void statuspage_shared_free(struct statuspage_shared *s);

/* One per worker; `h` and `s` outlive it. */
struct statuspage *statuspage_new(struct http *h, struct statuspage_shared *s);
void statuspage_free(struct statuspage *p);

/* What the page of `name` at `url` (page or API address) says; a failure is a report of level
 * STATUS_UNKNOWN whose title says why. False only for ERR_CANCELED and ERR_INPUT (not a URL). */
bool statuspage_get(struct statuspage *p, struct arena *a, const char *name, const char *url,
        struct status_report *out, struct err *e);

/* The same for every "name=url" of the NULL-terminated list (settings.status.pages). */
bool statuspage_all(struct statuspage *p, struct arena *a, const char *const *pages,
        struct status_report **out, size_t *n_out, struct err *e);

#endif
