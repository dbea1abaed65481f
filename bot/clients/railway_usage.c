/* railway_usage.c - resource metrics of all services out of two flat lists. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "clients/railway_private.h"
#include "log.h"
#include "str.h"

static int by_time(const void *x, const void *y)
{
	const struct railway_point *a = x, *b = y;

	return (a->ts_ms > b->ts_ms) - (a->ts_ms < b->ts_ms);
}

/* Oldest first is what Railway sends; it costs little not to rely on it. */
static void order(struct railway_point *p, size_t *n)
{
	bool sorted = true;
	size_t kept = 0;

	for (size_t i = 1; i < *n && sorted; i++)
		sorted = p[i - 1].ts_ms < p[i].ts_ms;
	if (sorted)
		return;
	qsort(p, *n, sizeof(*p), by_time);
	for (size_t i = 0; i < *n; i++) {
		if (kept > 0 && p[kept - 1].ts_ms == p[i].ts_ms)
			kept--;
		p[kept++] = p[i];
	}
	*n = kept;
}

static struct railway_series decode_values(struct arena *a, const json *values)
{
	struct railway_point *p = ARENA_ARRAY(a, json_len(values) + 1, struct railway_point);
	size_t n = 0;

	json_each (it, values) {
		double ts = json_num(it, ".ts", NAN), value = json_num(it, ".value", NAN);

		if (!(ts > 0 && ts < 1e11) || !isfinite(value) || value < 0)
			continue;
		p[n++] = (struct railway_point){(int64_t)ts * 1000, value};
	}
	order(p, &n);
	return (struct railway_series){p, n};
}

static struct railway_series *series_of(struct railway_usage *u, const char *measurement)
{
	const struct {
		const char *name;
		struct railway_series *to;
	} all[] = {
	        {"CPU_USAGE", &u->cpu},
	        {"MEMORY_USAGE_GB", &u->memory},
	        {"DISK_USAGE_GB", &u->disk},
	        {"CPU_LIMIT", &u->cpu_limit},
	        {"MEMORY_LIMIT_GB", &u->memory_limit},
	        {"NETWORK_RX_GB", &u->network_rx},
	        {"NETWORK_TX_GB", &u->network_tx},
	};

	for (size_t i = 0; measurement && i < sizeof(all) / sizeof(all[0]); i++)
		if (strcmp(all[i].name, measurement) == 0)
			return all[i].to;
	return NULL;
}

static int by_id(const void *x, const void *y)
{
	const struct railway_service *const *a = x, *const *b = y;

	return strcmp((*a)->id, (*b)->id);
}

static int id_cmp(const void *key, const void *x)
{
	const struct railway_service *const *s = x;

	return strcmp(key, (*s)->id);
}

/* Series of services that are not in the state (deleted ones do appear) are counted, not kept. */
static void take_list(struct arena *a, const json *list, struct railway_service **index, size_t n,
        size_t *foreign)
{
	json_each (it, list) {
		const char *id = json_str(it, ".tags.serviceId", NULL);
		struct railway_service **s =
		        id && n > 0 ? bsearch(id, index, n, sizeof(*index), id_cmp) : NULL;
		struct railway_series *to;

		if (!s) {
			*foreign += 1;
			continue;
		}
		to = series_of(&(*s)->usage, json_str(it, ".measurement", NULL));
		if (to)
			*to = decode_values(a, json_get(it, ".values"));
	}
}

/* --- limits: per replica or summed? --- */

static double highest(const struct railway_series *s)
{
	double max = 0;

	for (size_t i = 0; i < s->n; i++)
		max = s->points[i].value > max ? s->points[i].value : max;
	return max;
}

static void scale(struct arena *a, struct railway_series *s, int by)
{
	struct railway_point *p = ARENA_ARRAY(a, s->n + 1, struct railway_point);

	for (size_t i = 0; i < s->n; i++)
		p[i] = (struct railway_point){s->points[i].ts_ms, s->points[i].value * by};
	s->points = p;
}

static bool beyond(const struct railway_series *usage, const struct railway_series *limit)
{
	double max = highest(limit);

	return max > 0 && highest(usage) > 1.05 * max;
}

static void settle_limits(struct arena *a, struct railway_service *s)
{
	struct railway_usage *u = &s->usage;

	if (s->running < 2)
		return;
	if (!beyond(&u->cpu, &u->cpu_limit) && !beyond(&u->memory, &u->memory_limit))
		return;
	scale(a, &u->cpu_limit, s->running);
	scale(a, &u->memory_limit, s->running);
	u->limit_scaled = true;
}

/* --- network: a counter or an amount? Railway does not say. --- */

static bool rises(const struct railway_series *s)
{
	for (size_t i = 1; i < s->n; i++)
		if (s->points[i].value < s->points[i - 1].value)
			return false;
	return true;
}

static void differences(struct arena *a, struct railway_series *s)
{
	struct railway_point *p = ARENA_ARRAY(a, s->n + 1, struct railway_point);

	for (size_t i = 1; i < s->n; i++) {
		double d = s->points[i].value - s->points[i - 1].value;

		/* less than before: a new deployment began to count at zero */
		p[i - 1] =
		        (struct railway_point){s->points[i].ts_ms, d < 0 ? s->points[i].value : d};
	}
	s->points = p;
	s->n = s->n > 0 ? s->n - 1 : 0;
}

/* When nine of ten changing series never fall, the measurement counts up. */
static bool is_counter(struct railway_service *s, size_t n, bool tx)
{
	size_t rising = 0, all = 0;

	for (size_t i = 0; i < n; i++) {
		const struct railway_series *x =
		        tx ? &s[i].usage.network_tx : &s[i].usage.network_rx;

		if (x->n < 3 || x->points[0].value >= x->points[x->n - 1].value)
			continue;
		all++;
		rising += rises(x);
	}
	return all >= 3 && rising * 10 >= all * 9;
}

static void settle_network(struct arena *a, struct railway_service *s, size_t n)
{
	bool rx = is_counter(s, n, false), tx = is_counter(s, n, true);

	if (rx || tx)
		log_debug("railway", "network is counted up: rx=%d tx=%d", rx, tx);
	for (size_t i = 0; i < n; i++) {
		if (rx)
			differences(a, &s[i].usage.network_rx);
		if (tx)
			differences(a, &s[i].usage.network_tx);
	}
}

static int64_t newest(const struct railway_series *s)
{
	return s->n > 0 ? s->points[s->n - 1].ts_ms : 0;
}

void railway_decode_usage(struct arena *a, const json *usage, const json *slow,
        struct railway_service *services, struct railway_scan *out)
{
	size_t n = out->nservices;
	struct railway_service **index = ARENA_ARRAY(a, n + 1, struct railway_service *);
	int64_t last = 0;

	for (size_t i = 0; i < n; i++)
		index[i] = &services[i];
	if (n > 1)
		qsort(index, n, sizeof(struct railway_service *), by_id);
	take_list(a, usage, index, n, &out->foreign_series);
	take_list(a, slow, index, n, &out->foreign_series);
	for (size_t i = 0; i < n; i++) {
		int64_t cpu = newest(&services[i].usage.cpu),
		        mem = newest(&services[i].usage.memory);

		settle_limits(a, &services[i]);
		last = cpu > last ? cpu : last;
		last = mem > last ? mem : last;
	}
	settle_network(a, services, n);
	if (last > out->start_ms && last < out->complete_until_ms)
		out->complete_until_ms = last;
}
