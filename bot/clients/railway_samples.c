/* railway_samples.c - metrics of one service on one grid. See railway_samples in railway.h. */
#include <math.h>

#include "clients/railway_private.h"

struct grid {
	struct railway_sample *cell;
	int64_t from_ms, step_ms;
	size_t n;
};

static struct railway_sample *cell(const struct grid *g, int64_t ts_ms)
{
	int64_t i = ts_ms < g->from_ms ? -1 : (ts_ms - g->from_ms) / g->step_ms;

	return i >= 0 && (size_t)i < g->n ? &g->cell[i] : NULL;
}

static void put_usage(const struct grid *g, const struct railway_service *s)
{
	const struct railway_usage *u = &s->usage;
	struct railway_sample *c;

	for (size_t i = 0; i < u->cpu.n; i++)
		if ((c = cell(g, u->cpu.points[i].ts_ms)))
			c->cpu = u->cpu.points[i].value;
	for (size_t i = 0; i < u->memory.n; i++)
		if ((c = cell(g, u->memory.points[i].ts_ms)))
			c->mem_gb = u->memory.points[i].value;
	for (size_t i = 0; i < u->disk.n; i++)
		if ((c = cell(g, u->disk.points[i].ts_ms)))
			c->disk_gb = u->disk.points[i].value;
}

/* The limit in force at ts: the last point not after it, else the first one there is. */
static double in_force(const struct railway_series *s, int64_t ts_ms)
{
	double v = s->n > 0 ? s->points[0].value : (double)NAN;

	for (size_t i = 0; i < s->n && s->points[i].ts_ms <= ts_ms; i++)
		v = s->points[i].value;
	return v > 0 ? v : (double)NAN; /* 0: there is no limit */
}

static void put_limits(const struct grid *g, const struct railway_service *s)
{
	double disk = s->volume && s->volume->size_mb > 0 ? s->volume->size_mb / 1024 : (double)NAN;

	for (size_t i = 0; i < g->n; i++) {
		g->cell[i].cpu_limit = in_force(&s->usage.cpu_limit, g->cell[i].ts_ms);
		g->cell[i].mem_limit_gb = in_force(&s->usage.memory_limit, g->cell[i].ts_ms);
		g->cell[i].disk_limit_gb = isnan(g->cell[i].disk_gb) ? (double)NAN : disk;
	}
}

static void put_http(const struct grid *g, const struct railway_http *h)
{
	struct railway_sample *c;

	for (size_t i = 0; h->counts_known && i < g->n; i++)
		g->cell[i].requests = g->cell[i].errors_4xx = g->cell[i].errors_5xx = 0;
	for (size_t i = 0; i < h->ncounts; i++) {
		if (!(c = cell(g, h->counts[i].ts_ms)))
			continue;
		c->requests += h->counts[i].requests;
		c->errors_4xx += h->counts[i].s4xx;
		c->errors_5xx += h->counts[i].s5xx;
	}
	for (size_t i = 0; i < h->nlatency; i++) {
		if (!(c = cell(g, h->latency[i].ts_ms)))
			continue;
		c->p50_ms = h->latency[i].p50;
		c->p95_ms = h->latency[i].p95;
		c->p99_ms = h->latency[i].p99;
	}
}

const struct railway_sample *railway_samples(struct arena *a, const struct railway_scan *scan,
        const struct railway_service *s, const struct railway_http *h, size_t *n_out)
{
	struct grid g = {.step_ms = scan->step_ms > 0 ? scan->step_ms : 60000};
	struct railway_sample *c;

	g.from_ms = (scan->start_ms + g.step_ms - 1) / g.step_ms * g.step_ms;
	if (scan->complete_until_ms > g.from_ms)
		g.n = (size_t)((scan->complete_until_ms - g.from_ms) / g.step_ms);
	g.n = g.n < 100000 ? g.n : 100000;
	g.cell = ARENA_ARRAY(a, g.n + 1, struct railway_sample);
	for (size_t i = 0; i < g.n; i++)
		g.cell[i] = (struct railway_sample){g.from_ms + (int64_t)i * g.step_ms, NAN, NAN,
		        NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, false};
	put_usage(&g, s);
	put_limits(&g, s);
	if (h)
		put_http(&g, h);
	c = s->active.id ? cell(&g, s->active.created_ms) : NULL;
	if (c)
		c->deploy = true;
	*n_out = g.n;
	return g.cell;
}
