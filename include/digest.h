/*
 * digest.h - log lines in, a short digest out: templates with counts, new and rare ones first.
 *
 * Streaming, bounded memory (10,000 templates), linear time, any bytes; the same input gives the
 * same output. Header (date, host, level, pid) is found and cut; multi-line stack traces are
 * joined; severity comes from the content when the platform's is useless. Redact lines before
 * feeding them. Thread: the caller's.
 */
#ifndef HEAL_DIGEST_H
#define HEAL_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "json.h"

struct digest;

struct digest_options {
	bool message_only; /* lines carry no header */
	int64_t split_ms;  /* lines before this time are "before" (for new templates); 0 = none */
};

struct digest *digest_new(const struct digest_options *o); /* NULL options = defaults */
void digest_free(struct digest *d);

/* ts_ms 0 = unknown (taken from the line if it has one); severity NULL = from the content. */
void digest_add(struct digest *d, int64_t ts_ms, const char *severity, const char *line, size_t n);
/* Ends the input (flushes a joined trace). */
void digest_end(struct digest *d);

/* Stable group number of each fed line, in order of feeding (for --assign). Requires that lines
 * were fed with digest_keep_assign(d) set before. */
void digest_keep_assign(struct digest *d);
const uint32_t *digest_assign(struct digest *d, size_t *n_out);

struct digest_template {
	const char *text;       /* "timeout after <num> ms connecting to <host>" */
	const char *sample;     /* one full line or joined trace, cut */
	const char *severity;   /* error warn info debug */
	uint64_t count, before; /* before = count before split_ms */
	int64_t first_ms, last_ms;
	/* events a minute since split_ms and before it; NAN = no split, or no time to divide by */
	double rate, rate_before;
	const char *values; /* what stood in the variable words of later ones: "17, 10.0.0.7; 18,
	                       10.0.0.9"; "" = nothing else was seen */
	double rank;
};
/* Most telling first; arena memory. */
const struct digest_template *digest_top(
        struct digest *d, struct arena *a, size_t max, size_t *n_out);

/* Text for the model, never above `budget_tokens` (by tokens_estimate); says what was left out. */
const char *digest_render(struct digest *d, struct arena *a, size_t budget_tokens);

struct digest_totals {
	uint64_t lines, events, templates, dropped_templates, errors;
};
struct digest_totals digest_totals(const struct digest *d);

/* HTTP log rows to a route table (ids in paths masked). */
struct route_row {
	const char *method, *path; /* path with ids masked: /orders/<id> */
	int status;
	double duration_ms; /* NAN = unknown */
	double bytes;
	int64_t ts_ms;
};
struct routes;
struct routes *routes_new(int64_t split_ms);
void routes_free(struct routes *r);
void routes_add(struct routes *r, const struct route_row *row);
/* An aligned text table: route, requests, 4xx, 5xx share, p50/p95/p99, new errors; worst first. */
const char *routes_render(struct routes *r, struct arena *a, size_t max_rows);
/* Number of routes with 5xx. */
size_t routes_failing(const struct routes *r);
/* A path with its ids masked, as used in fingerprints. */
const char *route_mask(struct arena *a, const char *path);

#endif
