/*
 * scan.h - one look at all services: measure (Railway), judge (watch), and what came out.
 *
 * The scheduled scan, `/heal scan` and `healbot scan` are this code. Thread: the caller's worker.
 */
#ifndef HEAL_SCAN_H
#define HEAL_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "err.h"
#include "incident.h"
#include "json.h"
#include "railway.h"
#include "redact.h"
#include "settings.h"
#include "watch.h"

struct scan_service {
	const struct railway_service *service;
	const struct railway_http *http; /* NULL = no domain */
	const struct railway_sample *samples;
	const struct watch_sample
	        *watched; /* the same for watch.h and history.h; nsamples of them */
	size_t nsamples;
	/* after scan_judge: */
	const struct watch_view *view;
	const struct watch_event *events;
	size_t nevents;
	json *facts;
};

struct scan {
	struct railway_place place;
	struct railway_scan rail;
	struct scan_service *services; /* by name; ignored ones are left out */
	size_t nservices;
	unsigned requests; /* sent to Railway */
	int64_t now_ms;    /* end of the judged window: the newest complete sample */
	size_t blind_http; /* services whose HTTP metrics could not be read */
};

/* Asks Railway: one request, and one for each ten services with a domain. `only` (NULL = all): the
 * name of one service, ERR_INPUT with the nearest name when there is none. Errors as railway_scan.
 */
bool scan_measure(struct railway *r, struct arena *a, const struct settings *s,
        const struct railway_place *place, const char *only, int64_t now_ms, struct scan *out,
        struct err *e);

/* Judges by the thresholds of each service. `before`: what scan_load gave (n = 0: no memory; then
 * the window alone is judged). Fills view, events and facts, and gives the rows for scan_save. */
const struct scan_row *scan_judge(struct arena *a, const struct settings *s, struct redact *redact,
        const struct scan_row *before, size_t n, struct scan *scan);

/* The aligned table of `healbot scan` and `/heal scan`: worst first. `color`: ANSI. */
const char *scan_table(struct arena *a, const struct scan *scan, bool color);
/* The same for machines. */
json *scan_json(struct arena *a, const struct scan *scan);
/* "9 services: 1 critical, 1 warning, 7 fine; 2 requests" */
const char *scan_summary(struct arena *a, const struct scan *scan);

#endif
