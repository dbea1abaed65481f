/* HTTP log rows to a route table. See digest.h. */
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "digest.h"
#include "str.h"

enum { MAX_ROUTES = 512, MAX_TIMES = 256 };

struct route {
	const char *name;
	uint64_t n, s4xx, s5xx, old5xx;
	double times[MAX_TIMES];
	size_t ntimes;
};

struct routes {
	struct arena *a;
	int64_t split_ms;
	struct route *r[MAX_ROUTES];
	size_t n;
	uint64_t others;
};

struct routes *routes_new(int64_t split_ms)
{
	struct arena *a = arena_new(16384);
	struct routes *r = ARENA_NEW(a, struct routes);

	r->a = a;
	r->split_ms = split_ms;
	return r;
}

void routes_free(struct routes *r)
{
	if (r)
		arena_free(r->a);
}

static bool is_id(const char *p, size_t n)
{
	size_t digits = 0;

	for (size_t i = 0; i < n; i++)
		digits += isdigit((unsigned char)p[i]) != 0;
	return digits > 0 && (digits == n || n >= 8) && digits * 3 >= n;
}

const char *route_mask(struct arena *a, const char *path)
{
	struct str b = str_new(a);
	size_t end = strcspn(path, "?#");

	for (size_t i = 0; i < end && b.len < 200;) {
		size_t k = i;

		while (k < end && path[k] != '/')
			k++;
		if (k > i && is_id(path + i, k - i))
			str_add(&b, "<id>");
		else
			str_addn(&b, path + i, k - i);
		if (k < end)
			str_addc(&b, '/');
		i = k + 1;
	}
	return b.s;
}

void routes_add(struct routes *r, const struct route_row *row)
{
	const char *name = arena_printf(
	        r->a, "%s %s", str_or(row->method, "?"), route_mask(r->a, str_or(row->path, "/")));
	struct route *x;
	size_t i;

	for (i = 0; i < r->n && !str_eq(r->r[i]->name, name); i++)
		;
	if (i == MAX_ROUTES) {
		r->others++;
		return;
	}
	if (i == r->n) {
		r->r[r->n] = ARENA_NEW(r->a, struct route);
		r->r[r->n++]->name = name;
	}
	x = r->r[i];
	x->n++;
	x->s4xx += row->status >= 400 && row->status < 500;
	x->s5xx += row->status >= 500;
	x->old5xx += row->status >= 500 && row->ts_ms < r->split_ms;
	if (!isnan(row->duration_ms))
		x->times[x->ntimes++ % MAX_TIMES] = row->duration_ms;
}

static int worst_first(const void *pa, const void *pb)
{
	const struct route *a = *(struct route *const *)pa, *b = *(struct route *const *)pb;

	if (a->s5xx != b->s5xx)
		return a->s5xx < b->s5xx ? 1 : -1;
	return a->n < b->n ? 1 : a->n > b->n ? -1 : strcmp(a->name, b->name);
}

static int by_value(const void *pa, const void *pb)
{
	double a = *(const double *)pa, b = *(const double *)pb;

	return a < b ? -1 : a > b;
}

static double percentile(struct route *x, double p)
{
	size_t n = x->ntimes < MAX_TIMES ? x->ntimes : MAX_TIMES;

	if (n == 0)
		return (double)NAN;
	qsort(x->times, n, sizeof(*x->times), by_value);
	return x->times[(size_t)(p * (double)(n - 1))];
}

const char *routes_render(struct routes *r, struct arena *a, size_t max_rows)
{
	struct str b = str_new(a);

	qsort(r->r, r->n, sizeof(*r->r), worst_first);
	for (size_t i = 0; i < r->n && i < max_rows; i++) {
		struct route *x = r->r[i];

		str_addf(&b,
		        "%-40s %6llu requests, %llu 4xx, %llu 5xx%s, p50 %.0f ms, p95 %.0f ms\n",
		        x->name, (unsigned long long)x->n, (unsigned long long)x->s4xx,
		        (unsigned long long)x->s5xx, x->s5xx > 0 && x->old5xx == 0 ? " (new)" : "",
		        percentile(x, .5), percentile(x, .95));
	}
	if (r->n > max_rows)
		str_addf(&b, "… %zu more routes\n", r->n - max_rows);
	return b.s;
}

size_t routes_failing(const struct routes *r)
{
	size_t n = 0;

	for (size_t i = 0; i < r->n; i++)
		n += r->r[i]->s5xx > 0;
	return n;
}
