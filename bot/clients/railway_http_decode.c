/* railway_http_decode.c - status counts and percentiles of one service. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "clients/railway_private.h"

enum { MAX_BUCKETS = 4000, MAX_CODES = 64, TOP = 8 };

struct tally {
	int status;
	double count;
};

static int by_time(const void *x, const void *y)
{
	const struct railway_status_count *a = x, *b = y;

	return (a->ts_ms > b->ts_ms) - (a->ts_ms < b->ts_ms);
}

static int latency_by_time(const void *x, const void *y)
{
	const struct railway_latency *a = x, *b = y;

	return (a->ts_ms > b->ts_ms) - (a->ts_ms < b->ts_ms);
}

static int by_count(const void *x, const void *y)
{
	const struct tally *a = x, *b = y;

	return (a->count < b->count) - (a->count > b->count);
}

/* Epoch seconds to ms; 0 = not a time. */
static int64_t time_of(const json *it)
{
	double ts = json_num(it, ".ts", NAN);

	return ts > 0 && ts < 1e11 ? (int64_t)ts * 1000 : 0;
}

/* Values are floats; what is sold as a count is one. */
static bool sample(const json *it, int64_t *ts_ms, double *value)
{
	*value = json_num(it, ".value", NAN);
	*ts_ms = time_of(it);
	return *ts_ms > 0 && isfinite(*value) && *value >= 0;
}

static size_t samples_in(const json *list)
{
	size_t n = 0;

	json_each (it, list)
		n += json_len(json_get(it, ".samples"));
	return n < MAX_BUCKETS * 8 ? n : MAX_BUCKETS * 8;
}

static void add_class(struct railway_http *out, int status, double v)
{
	out->requests += v;
	out->s2xx += status >= 200 && status < 300 ? v : 0;
	out->s3xx += status >= 300 && status < 400 ? v : 0;
	out->s4xx += status >= 400 && status < 500 ? v : 0;
	out->s5xx += status >= 500 && status < 600 ? v : 0;
}

/* One row per (status, time) becomes one per time. */
static size_t merge(struct railway_status_count *c, size_t n)
{
	size_t kept = 0;

	if (n > 1)
		qsort(c, n, sizeof(*c), by_time);
	for (size_t i = 0; i < n; i++) {
		if (kept > 0 && c[kept - 1].ts_ms == c[i].ts_ms) {
			c[kept - 1].requests += c[i].requests;
			c[kept - 1].s4xx += c[i].s4xx;
			c[kept - 1].s5xx += c[i].s5xx;
		} else {
			c[kept++] = c[i];
		}
	}
	return kept;
}

static void keep_top(struct railway_http *out, struct tally *codes, size_t n)
{
	if (n > 1)
		qsort(codes, n, sizeof(*codes), by_count);
	for (size_t i = 0; i < n && i < TOP; i++) {
		out->top[i].status = codes[i].status;
		out->top[i].count = round(codes[i].count);
	}
}

void railway_decode_counts(
        struct arena *a, const json *list, int64_t complete_until_ms, struct railway_http *out)
{
	size_t max = samples_in(list), n = 0, ncodes = 0;
	struct railway_status_count *c = ARENA_ARRAY(a, max + 1, struct railway_status_count);
	struct tally codes[MAX_CODES + 1];

	json_each (it, list) {
		int status = (int)json_int(it, ".statusCode", 0);
		double sum = 0;

		json_each (s, json_get(it, ".samples")) {
			struct railway_status_count *x = &c[n];
			double v;

			if (n == max || !sample(s, &x->ts_ms, &v))
				continue;
			x->requests = v;
			x->s4xx = status >= 400 && status < 500 ? v : 0;
			x->s5xx = status >= 500 && status < 600 ? v : 0;
			n++;
			if (x->ts_ms < complete_until_ms)
				sum += v;
		}
		add_class(out, status, sum);
		if (sum > 0 && ncodes < MAX_CODES)
			codes[ncodes++] = (struct tally){status, sum};
	}
	out->counts = c;
	out->ncounts = merge(c, n);
	out->counts_known = true;
	out->requests = round(out->requests);
	out->s2xx = round(out->s2xx);
	out->s3xx = round(out->s3xx);
	out->s4xx = round(out->s4xx);
	out->s5xx = round(out->s5xx);
	keep_top(out, codes, ncodes);
}

void railway_decode_durations(struct arena *a, const json *result, bool exact,
        int64_t complete_until_ms, struct railway_http *out)
{
	const json *list = json_get(result, ".samples");
	size_t max = json_len(list) < MAX_BUCKETS ? json_len(list) : MAX_BUCKETS, n = 0;
	struct railway_latency *l = ARENA_ARRAY(a, max + 1, struct railway_latency);

	json_each (it, list) {
		struct railway_latency x = {
		        .ts_ms = time_of(it),
		        .p50 = json_num(it, ".p50", NAN),
		        .p90 = json_num(it, ".p90", NAN),
		        .p95 = json_num(it, ".p95", NAN),
		        .p99 = json_num(it, ".p99", NAN),
		};

		if (n == max || x.ts_ms <= 0 || !(x.p50 >= 0 && x.p95 >= 0))
			continue;
		if (exact || x.ts_ms < complete_until_ms)
			l[n++] = x;
	}
	if (n > 1)
		qsort(l, n, sizeof(*l), latency_by_time);
	out->latency_known = true;
	if (exact && n == 1) {
		out->window = l[0];
		return;
	}
	/* More than one set for a window that was asked for as one: take them as a series. */
	out->window_estimated = exact && n > 1;
	out->latency = l;
	out->nlatency = n;
}

/* --- the window's percentiles, from those of its buckets --- */

/* Share of a bucket's requests that took at most x: straight lines between its percentiles. */
static double share_below(const struct railway_latency *l, double x)
{
	const double at[] = {0, l->p50, l->p90, l->p95, l->p99, l->p99 * 2};
	static const double share[] = {0, 0.5, 0.9, 0.95, 0.99, 1};

	for (size_t i = 1; i < sizeof(at) / sizeof(at[0]); i++) {
		if (!(x < at[i]))
			continue;
		if (!(at[i] > at[i - 1]))
			return share[i - 1];
		return share[i - 1] +
		       (share[i] - share[i - 1]) * (x - at[i - 1]) / (at[i] - at[i - 1]);
	}
	return 1;
}

static double mixture_share(const struct railway_http *h, const double *weight, double x)
{
	double sum = 0, all = 0;

	for (size_t i = 0; i < h->nlatency; i++) {
		sum += weight[i] * share_below(&h->latency[i], x);
		all += weight[i];
	}
	return all > 0 ? sum / all : 0;
}

static double percentile(const struct railway_http *h, const double *weight, double p, double max)
{
	double low = 0, high = max;

	for (int i = 0; i < 60 && high - low > 1e-6 * max; i++) {
		double mid = low + (high - low) / 2;

		if (mixture_share(h, weight, mid) < p)
			low = mid;
		else
			high = mid;
	}
	return high;
}

/* How many requests each latency bucket stands for; all alike when counts are not known. */
static void weigh(const struct railway_http *h, double *weight)
{
	size_t k = 0;
	double all = 0;

	for (size_t i = 0; i < h->nlatency; i++) {
		while (k < h->ncounts && h->counts[k].ts_ms < h->latency[i].ts_ms)
			k++;
		weight[i] = k < h->ncounts && h->counts[k].ts_ms == h->latency[i].ts_ms
		                    ? h->counts[k].requests
		                    : 0;
		all += weight[i];
	}
	for (size_t i = 0; !(all > 0) && i < h->nlatency; i++)
		weight[i] = 1;
}

struct railway_latency railway_window(struct arena *a, const struct railway_http *h)
{
	struct railway_latency w = {0, NAN, NAN, NAN, NAN};
	double *weight = ARENA_ARRAY(a, h->nlatency + 1, double);
	double max = 0;

	if (h->nlatency == 0)
		return w;
	weigh(h, weight);
	for (size_t i = 0; i < h->nlatency; i++)
		max = h->latency[i].p99 > max ? h->latency[i].p99 : max;
	w.ts_ms = h->latency[0].ts_ms;
	w.p50 = percentile(h, weight, 0.5, max);
	w.p90 = percentile(h, weight, 0.9, max);
	w.p95 = percentile(h, weight, 0.95, max);
	w.p99 = percentile(h, weight, 0.99, max);
	return w;
}
