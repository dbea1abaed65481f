/* metrics.c - see metrics.h. The list is fixed after start, so only the numbers are atomic. */
#include "app/metrics.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_METRICS    64
#define MAX_COLLECTORS 8

enum type { COUNTER, GAUGE, LATENCY };

/* Upper bounds in µs. */
static const int64_t bounds[] = {500, 1000, 2000, 5000, 10000, 25000, 50000, 100000, 250000, 500000,
        1000000, 2500000, 5000000, 10000000, 30000000};
#define NBOUNDS (sizeof(bounds) / sizeof(bounds[0]))

struct metric {
	const char *name, *help;
	enum type type;
	atomic_llong value; /* of a latency: how many */
	atomic_llong sum_us;
	atomic_llong bucket[NBOUNDS]; /* not cumulated */
};

struct metrics {
	struct metric list[MAX_METRICS];
	size_t n;
	struct {
		void (*fn)(void *ctx, struct str *out);
		void *ctx;
	} collector[MAX_COLLECTORS];
	size_t ncollectors;
};

struct metrics *metrics_new(void)
{
	struct metrics *m = calloc(1, sizeof(*m));

	if (!m)
		abort();
	return m;
}

void metrics_free(struct metrics *m)
{
	free(m);
}

static struct metric *get(struct metrics *m, enum type type, const char *name, const char *help)
{
	struct metric *it;

	for (size_t i = 0; i < m->n; i++)
		if (str_eq(m->list[i].name, name))
			return &m->list[i];
	assert(m->n < MAX_METRICS);
	it = &m->list[m->n++];
	it->name = name;
	it->help = help;
	it->type = type;
	return it;
}

struct metric *metrics_counter(struct metrics *m, const char *name, const char *help)
{
	return get(m, COUNTER, name, help);
}

struct metric *metrics_gauge(struct metrics *m, const char *name, const char *help)
{
	return get(m, GAUGE, name, help);
}

struct metric *metrics_latency(struct metrics *m, const char *name, const char *help)
{
	return get(m, LATENCY, name, help);
}

void metric_add(struct metric *c, int64_t n)
{
	atomic_fetch_add_explicit(&c->value, n, memory_order_relaxed);
}

void metric_set(struct metric *g, int64_t v)
{
	atomic_store_explicit(&g->value, v, memory_order_relaxed);
}

void metric_observe_us(struct metric *h, int64_t us)
{
	size_t i = 0;

	while (i < NBOUNDS && us > bounds[i])
		i++;
	if (i < NBOUNDS)
		atomic_fetch_add_explicit(&h->bucket[i], 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&h->sum_us, us, memory_order_relaxed);
	atomic_fetch_add_explicit(&h->value, 1, memory_order_relaxed);
}

int64_t metric_value(const struct metric *c)
{
	return atomic_load_explicit(&c->value, memory_order_relaxed);
}

void metrics_collector(struct metrics *m, void (*fn)(void *ctx, struct str *out), void *ctx)
{
	assert(m->ncollectors < MAX_COLLECTORS);
	m->collector[m->ncollectors].fn = fn;
	m->collector[m->ncollectors++].ctx = ctx;
}

/* ---- printing ------------------------------------------------------------------------------- */

static void add_head(struct str *out, const char *name, const char *type, const char *help)
{
	str_addf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

void metrics_sample(
        struct str *out, const char *name, const char *type, const char *help, double value)
{
	add_head(out, name, type, help);
	str_addf(out, "%s %.15g\n", name, value);
}

static void print_latency(const struct metric *h, struct str *out)
{
	long long below = 0;

	add_head(out, h->name, "histogram", h->help);
	for (size_t i = 0; i < NBOUNDS; i++) {
		below += atomic_load_explicit(&h->bucket[i], memory_order_relaxed);
		str_addf(out, "%s_bucket{le=\"%g\"} %lld\n", h->name, (double)bounds[i] / 1e6,
		        below);
	}
	str_addf(out, "%s_bucket{le=\"+Inf\"} %lld\n", h->name, (long long)metric_value(h));
	str_addf(out, "%s_sum %.6f\n%s_count %lld\n", h->name,
	        (double)atomic_load_explicit(&h->sum_us, memory_order_relaxed) / 1e6, h->name,
	        (long long)metric_value(h));
}

void metrics_print(struct metrics *m, struct str *out)
{
	for (size_t i = 0; i < m->n; i++) {
		const struct metric *it = &m->list[i];

		if (it->type == LATENCY)
			print_latency(it, out);
		else
			metrics_sample(out, it->name, it->type == COUNTER ? "counter" : "gauge",
			        it->help, (double)metric_value(it));
	}
	for (size_t i = 0; i < m->ncollectors; i++)
		m->collector[i].fn(m->collector[i].ctx, out);
}

int64_t metrics_rss_bytes(void)
{
	FILE *f = fopen("/proc/self/statm", "re");
	long long resident = 0;
	char line[128], *second;

	if (!f)
		return 0;
	/* "size resident shared ...", in pages (proc(5)) */
	if (fgets(line, sizeof(line), f) && (second = strchr(line, ' ')))
		resident = strtoll(second, NULL, 10);
	fclose(f);
	return resident * sysconf(_SC_PAGESIZE);
}
