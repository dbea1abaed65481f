/*
 * metrics.h - counters, gauges and latencies for /metrics (Prometheus text format 0.0.4).
 *
 * Metrics are made at start and live as long as the registry; changing them is lock-free and
 * allowed on any thread. What is better read than counted (rows of the store, memory) comes from a
 * collector that is called when somebody asks.
 */
#ifndef APP_METRICS_H
#define APP_METRICS_H

#include <stdint.h>

#include "str.h"

struct metrics;
struct metric;

struct metrics *metrics_new(void);
void metrics_free(struct metrics *m);

/* `name` by Prometheus' habits: heal_envelopes_total, heal_ack_seconds; constant strings. A second
 * call with the same name gives the same metric. Before threads. */
struct metric *metrics_counter(struct metrics *m, const char *name, const char *help);
struct metric *metrics_gauge(struct metrics *m, const char *name, const char *help);
/* A histogram from 0.5 ms to 30 s. */
struct metric *metrics_latency(struct metrics *m, const char *name, const char *help);

void metric_add(struct metric *c, int64_t n); /* counter or gauge */
void metric_set(struct metric *g, int64_t v); /* gauge */
void metric_observe_us(struct metric *h, int64_t us);
int64_t metric_value(const struct metric *c); /* of a histogram: how many */

/* Called by metrics_print; it adds lines with metrics_sample. Before threads. */
void metrics_collector(struct metrics *m, void (*fn)(void *ctx, struct str *out), void *ctx);
/* One "# HELP / # TYPE / name value" group of a collector; type "gauge" or "counter". */
void metrics_sample(
        struct str *out, const char *name, const char *type, const char *help, double value);

/* The whole page. */
void metrics_print(struct metrics *m, struct str *out);

/* Resident memory of this process in bytes; 0 when unknown. */
int64_t metrics_rss_bytes(void);

#endif
