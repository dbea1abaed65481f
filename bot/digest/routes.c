/*
 * HTTP log rows to a route table. Bounded: at most MAX_ROUTES rows, the rest is one row of others;
 * durations go into a histogram whose bins grow by 5 %, so a percentile is within 2.5 %. See
 * digest.h.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "digest.h"
#include "str.h"

enum { MAX_ROUTES = 1024, INDEX = 4096, BINS = 336, MAX_NEW = 4, OTHERS = MAX_ROUTES };
#define FIRST_BIN_MS 0.1
#define BIN_GROWTH   1.05

struct route {
	const char *name;
	uint64_t n, s4xx, s5xx, before, before5xx, timed;
	int statuses[MAX_NEW]; /* 5xx codes seen after the split */
	size_t nstatuses;
	double bytes;
	uint32_t bin[BINS];
};

struct routes {
	struct arena *a, *scratch;
	int64_t split_ms;
	struct route *r[MAX_ROUTES + 1];
	size_t n;
	uint16_t index[INDEX]; /* number of the route + 1 */
};

struct routes *routes_new(int64_t split_ms)
{
	struct arena *a = arena_new(65536);
	struct routes *r = ARENA_NEW(a, struct routes);

	r->a = a;
	r->scratch = arena_new(4096);
	r->split_ms = split_ms;
	return r;
}

void routes_free(struct routes *r)
{
	if (!r)
		return;
	arena_free(r->scratch);
	arena_free(r->a);
}

static struct route *route_at(struct routes *r, size_t i, const char *name)
{
	if (!r->r[i]) {
		r->r[i] = ARENA_NEW(r->a, struct route);
		r->r[i]->name = arena_strdup(r->a, name);
	}
	return r->r[i];
}

static struct route *find(struct routes *r, const char *name)
{
	size_t i = str_hash(name, strlen(name)) & (INDEX - 1);

	for (; r->index[i]; i = (i + 1) & (INDEX - 1)) {
		struct route *x = r->r[r->index[i] - 1];

		if (str_eq(x->name, name))
			return x;
	}
	if (r->n == MAX_ROUTES)
		return route_at(r, OTHERS, "(other routes)");
	r->index[i] = (uint16_t)(r->n + 1);
	return route_at(r, r->n++, name);
}

static size_t bin_of(double ms)
{
	double b = ms <= FIRST_BIN_MS ? 0 : log(ms / FIRST_BIN_MS) / log(BIN_GROWTH) + 1;

	return b < BINS - 1 ? (size_t)b : BINS - 1;
}

static void new_status(struct route *x, int status)
{
	for (size_t i = 0; i < x->nstatuses; i++) {
		if (x->statuses[i] == status)
			return;
	}
	if (x->nstatuses < MAX_NEW)
		x->statuses[x->nstatuses++] = status;
}

void routes_add(struct routes *r, const struct route_row *row)
{
	const char *path = route_mask(r->scratch, str_or(row->path, "/"));
	struct route *x =
	        find(r, arena_printf(r->scratch, "%.16s %s", str_or(row->method, "?"), path));
	bool before = r->split_ms > 0 && row->ts_ms > 0 && row->ts_ms < r->split_ms;

	arena_reset(r->scratch);
	x->n++;
	x->before += before;
	x->s4xx += row->status >= 400 && row->status < 500;
	if (row->status >= 500) {
		x->s5xx++;
		x->before5xx += before;
		if (!before)
			new_status(x, row->status);
	}
	if (!isnan(row->bytes) && row->bytes > 0)
		x->bytes += row->bytes;
	if (!isnan(row->duration_ms) && row->duration_ms >= 0) {
		x->timed++;
		x->bin[bin_of(row->duration_ms)]++;
	}
}

/* --- the table --- */

static double percentile(const struct route *x, double p)
{
	double want = p * (double)x->timed;
	uint64_t seen = 0;

	if (x->timed == 0)
		return (double)NAN;
	for (size_t i = 0; i < BINS; i++) {
		seen += x->bin[i];
		if (seen > 0 && (double)seen >= want)
			return i == 0 ? FIRST_BIN_MS
			              : FIRST_BIN_MS * pow(BIN_GROWTH, (double)i - 0.5);
	}
	return (double)NAN;
}

static int worst_first(const void *pa, const void *pb)
{
	const struct route *a = *(struct route *const *)pa, *b = *(struct route *const *)pb;

	if (a->s5xx != b->s5xx)
		return a->s5xx < b->s5xx ? 1 : -1;
	if (a->s4xx != b->s4xx)
		return a->s4xx < b->s4xx ? 1 : -1;
	if (a->n != b->n)
		return a->n < b->n ? 1 : -1;
	return strcmp(a->name, b->name);
}

static const char *ms_text(struct arena *a, double ms)
{
	if (isnan(ms))
		return "-";
	return ms < 10      ? arena_printf(a, "%.1f ms", ms)
	       : ms < 10000 ? arena_printf(a, "%.0f ms", ms)
	                    : arena_printf(a, "%.1f s", ms / 1000);
}

static const char *bytes_text(struct arena *a, double v)
{
	static const char units[] = "BkMGTP";
	size_t u = 0;

	for (; v >= 1000 && u < 5; u++)
		v /= 1000;
	if (u == 0)
		return arena_printf(a, "%.0f B", v);
	return arena_printf(a, "%.1f %cB", v, units[u]);
}

/* "new: 502 504": server errors of a route that had requests, and none of those, before. */
static const char *news(struct arena *a, const struct routes *r, const struct route *x)
{
	struct str b = str_new(a);

	if (r->split_ms <= 0 || x->s5xx == 0 || x->before5xx > 0)
		return "";
	str_add(&b, x->before > 0 ? "new:" : "new route:");
	for (size_t i = 0; i < x->nstatuses; i++)
		str_addf(&b, " %d", x->statuses[i]);
	return b.s;
}

static const char *share(struct arena *a, uint64_t part, uint64_t n)
{
	double v = n ? 100 * (double)part / (double)n : 0;

	return part == 0 ? "0 %" : arena_printf(a, v < 10 ? "%.1f %%" : "%.0f %%", v);
}

static void row(struct str *b, const struct routes *r, const struct route *x, int width)
{
	struct arena *a = b->a;
	size_t before;

	str_addf(b, "%-*.*s", width, width, x->name);
	str_addf(b, " %8llu %6llu %6llu %6s", (unsigned long long)x->n, (unsigned long long)x->s4xx,
	        (unsigned long long)x->s5xx, share(a, x->s5xx, x->n));
	str_addf(b, " %9s %9s %9s %9s  ", ms_text(a, percentile(x, .5)),
	        ms_text(a, percentile(x, .95)), ms_text(a, percentile(x, .99)),
	        bytes_text(a, x->bytes));
	before = b->len;
	str_add(b, news(a, r, x));
	if (b->len == before)
		str_cut(b, before - 2);
	str_addc(b, '\n');
}

const char *routes_render(struct routes *r, struct arena *a, size_t max_rows)
{
	size_t n = r->n + (r->r[OTHERS] != NULL), shown;
	const struct route **sorted = ARENA_ARRAY(a, n + 1, const struct route *);
	struct str b = str_new(a);
	uint64_t rest = 0, rest5xx = 0;
	int width = 5;

	for (size_t i = 0; i < n; i++)
		sorted[i] = i < r->n ? r->r[i] : r->r[OTHERS];
	if (n > 1)
		qsort(sorted, n, sizeof(*sorted), worst_first);
	shown = n < max_rows ? n : max_rows;
	for (size_t i = 0; i < shown; i++) {
		int k = (int)strlen(sorted[i]->name);

		width = k > width ? k : width;
	}
	width = width > 60 ? 60 : width;
	if (shown > 0)
		str_addf(&b, "%-*s %8s %6s %6s %6s %9s %9s %9s %9s\n", width, "route", "requests",
		        "4xx", "5xx", "5xx %", "p50", "p95", "p99", "bytes");
	for (size_t i = 0; i < n; i++) {
		if (i < shown) {
			row(&b, r, sorted[i], width);
			continue;
		}
		rest += sorted[i]->n;
		rest5xx += sorted[i]->s5xx;
	}
	if (n > shown)
		str_addf(&b, "… %zu more routes: %llu requests, %llu of them 5xx\n", n - shown,
		        (unsigned long long)rest, (unsigned long long)rest5xx);
	return b.s;
}

size_t routes_failing(const struct routes *r)
{
	size_t n = 0;

	for (size_t i = 0; i < r->n; i++)
		n += r->r[i]->s5xx > 0;
	return n;
}
