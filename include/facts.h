/*
 * facts.h - the numbers of one incident as JSON: everything the root message, `why`, the evidence
 * and the verification show. Made by the scan, stored with the incident, rendered by our code only.
 *
 * {"at":ms,"window_ms":…,"every_ms":…,
 *  "signals":[{"signal","severity","value","limit","baseline","unit","failed","requests","since",
 *              "eta_s","rule"}],          worst first; only those that are bad
 *  "series":{"step_ms":…,"start":ms,"error_rate":[…],"p95":[…],"memory":[…],"cpu":[…]},  null = gap
 *  "http":{"requests","s4xx","s5xx","p50","p90","p95","p99"},
 *  "cpu":{"avg","max","limit","share"},"memory":{"avg","max","limit","share"},
 *  "disk":{"used","size","share"},
 *  "instances":{"running","crashed","wanted"},
 *  "change":{"commit","message","author","at","deployment","status"},   the serving deployment
 *  "service":{"kind","repo","branch","region","image"},
 *  "group":{"cause","services":[{"service","headline","since"}]},   others that fail with it
 *  "link":"https://railway.com/…"}
 *
 * Shares are fractions, memory and disk GB, cpu vCPU, latencies ms. Foreign text in it (commit
 * message, author) is redacted and clean.
 */
#ifndef HEAL_FACTS_H
#define HEAL_FACTS_H

#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "json.h"
#include "railway.h"
#include "redact.h"
#include "watch.h"

struct facts_in {
	const struct railway_scan *scan;
	const struct railway_service *service;
	const struct railway_sample *samples; /* railway_samples */
	size_t nsamples;
	const struct railway_http *http; /* NULL = no domain */
	const struct watch_view *view;
	struct redact *redact;
	const char *project_id;
	int64_t window_ms, every_ms;
};
json *facts_build(struct arena *a, const struct facts_in *in);

/* "HTTP 5xx 12.4 %", "memory 94 % of 1 GB, full in 2 h 10 min", "crash loop" …: the worst signal,
 * and the second when there is one. */
const char *facts_headline(struct arena *a, const json *facts);

/* "web (HTTP 5xx 40 %), jobs (crash loop); likely in common: the database Postgres"; NULL when it
 * fails alone. */
const char *facts_group(struct arena *a, const json *facts);

/* The verdict in one line: "1 318 of 10 630 requests failed · since 14:02 (9 min)". */
const char *facts_subline(struct arena *a, const json *facts, int64_t began_ms, int64_t now_ms);

/* The sparkline block of the root message: 5xx, p95, memory, CPU; only what has data. */
const char *facts_sparklines(struct arena *a, const json *facts);

/* "deploy 4f2c1ab “bump pg to 8.12” by Ana, 13:59 (3 min before)" as plain text; NULL when the
 * serving deployment is older than `within_ms` before began_ms or unknown. */
const char *facts_change(struct arena *a, const json *facts, int64_t began_ms, int64_t within_ms);

/* The value of one metric now: "error_rate" "p95" "memory" "cpu"; NAN = no data. */
double facts_metric(const json *facts, const char *metric);
/* The metric a signal is verified by: error_rate → "error_rate", latency → "p95" …; and its unit.
 */
const char *facts_metric_of(enum signal s, const char **unit);

#endif
