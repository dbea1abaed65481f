/*
 * forecast.c - a trend that counts (trend.c) continued: when is memory (or the disk) full?
 *
 * What drives it decides how it goes on, so three clocks are tried, and the one on which the rise
 * is straightest is believed: time      so much a minute requests  so much a request; they will
 * come as they came yesterday day       so much a minute on top of what was there at this time
 * yesterday No rise is straight for ever, so the newest points count: the shortest stretch on which
 * the rise stands clear of the noise. The slope is the median of the slopes between points half a
 * stretch apart (Theil-Sen on n/2 pairs: a third of the points may be nonsense), the level the
 * median of the newest points moved along it, and the peaks above it meet the limit first.
 */
#include <math.h>
#include <string.h>

#include "watch/state.h"
#include "watch/trend.h"

#define FULL     0.995 /* at this share of the limit it is over */
#define CLEAR    0.03  /* noise of this part of the rise does no harm */
#define STRAIGHT 0.6   /* another clock than time must be straighter by this */

enum { LATEST = 6, AHEAD = 2 * DAY_SLOTS };

enum clock { CLOCK_TIME, CLOCK_REQUESTS, CLOCK_DAY, CLOCK_COUNT };

/* Points on one clock. */
struct line {
	double x[MAX_POINTS], y[MAX_POINTS];
	int n;
};

struct rise {
	double slope, low, high; /* per unit of x; low and high: 80 % of the single slopes */
	double noise;            /* median distance from the line, as a part of the rise */
	double level, above;     /* at the last point, and by how much the peaks stand above */
};

static int slopes(const struct line *l, int from, double *out)
{
	int n = l->n - from, half = n / 2, count = 0;

	for (int i = from; i + half < l->n; i++) {
		double dx = l->x[i + half] - l->x[i], dy = l->y[i + half] - l->y[i];

		if (!isnan(dy) && dx > 0)
			out[count++] = dy / dx;
	}
	return count;
}

static double quantile(double *v, int n, double q)
{
	return select_nth(v, n, (int)(q * (n - 1) + 0.5));
}

/* The points from `from` on, moved along the slope to the last one; returns how many. */
static int moved(const struct line *l, int from, double slope, double *v)
{
	int m = 0;

	for (int i = from; i < l->n; i++)
		if (!isnan(l->y[i]) && !isnan(l->x[i]))
			v[m++] = l->y[i] + slope * (l->x[l->n - 1] - l->x[i]);
	return m;
}

static bool fit(const struct line *l, int from, struct rise *r)
{
	double v[MAX_POINTS], centre;
	int n = slopes(l, from, v), m, late = (l->n - from) / 4;

	if (n < 3)
		return false;
	r->slope = quantile(v, n, 0.5);
	r->low = quantile(v, n, 0.1);
	r->high = quantile(v, n, 0.9);
	if (!(r->slope > 0))
		return false;
	m = moved(l, from, r->slope, v);
	centre = quantile(v, m, 0.5);
	for (int i = 0; i < m; i++)
		v[i] = fabs(v[i] - centre);
	r->noise = quantile(v, m, 0.5) / (r->slope * (l->x[l->n - 1] - l->x[from]));
	m = moved(l, l->n - (late > LATEST ? late : LATEST), r->slope, v);
	if (m < 3)
		return false;
	r->level = quantile(v, m, 0.5);
	r->above = quantile(v, m, 0.9) - r->level;
	return true;
}

/* The newest stretch of `l` on which the rise is clear; the clearest when none is. */
static bool fit_newest(const struct line *l, struct rise *out)
{
	static const int lengths[] = {8, 10, 14, 18, 24, 32, 44, 56};
	struct rise r;
	bool found = false;

	for (size_t i = 0; i <= sizeof(lengths) / sizeof(*lengths); i++) {
		int n = i < sizeof(lengths) / sizeof(*lengths) ? lengths[i] : l->n;

		if (n > l->n || !fit(l, l->n - n, &r) || (found && r.noise >= out->noise))
			continue;
		*out = r;
		found = true;
		if (r.noise <= CLEAR)
			break;
	}
	return found;
}

/* --- the clocks --- */

static double requests_at(const struct watch *w, int64_t at)
{
	const struct slot *s = slot_of(w, at);

	return s ? unpack_log(s->requests) : (double)NAN;
}

static bool line_of(
        const struct watch *w, enum clock c, const double *y, int n, bool disk, struct line *l)
{
	double x = 0;

	l->n = n;
	for (int i = 0; i < n; i++) {
		int64_t at = w->slot_at - n + i;
		double requests = requests_at(w, at);

		l->y[i] = y[i];
		if (c == CLOCK_REQUESTS && isnan(requests))
			return false;
		x += c == CLOCK_REQUESTS ? requests : 1;
		l->x[i] = x;
		if (c == CLOCK_DAY)
			l->y[i] -= slot_height(w, at - DAY_SLOTS, disk);
	}
	return x > 0;
}

/* Slots until `level` has risen to full, on clock c. */
static double slots_to_full(
        const struct watch *w, enum clock c, double level, double slope, double today, bool disk)
{
	double before = 0;

	if (c == CLOCK_TIME)
		return level >= FULL ? 0 : (FULL - level) / slope;
	for (int k = 0; k < AHEAD; k++) {
		int64_t same = w->slot_at + k % DAY_SLOTS - DAY_SLOTS;
		double step = c == CLOCK_REQUESTS ? slope * today * requests_at(w, same) : slope;
		double now, add = c == CLOCK_DAY ? slot_height(w, same, disk) : 0;

		if (isnan(step) || isnan(add))
			return (double)NAN;
		level += step;
		now = level + add;
		if (now >= FULL) {
			double part = k > 0 && now > before ? (FULL - before) / (now - before) : 1;

			return k + fmax(0, fmin(1, part));
		}
		before = now;
	}
	return AHEAD;
}

/* Today's requests as a part of yesterday's at the same time, of the last two hours. */
static double today_of(const struct watch *w)
{
	double now = 0, then = 0;

	for (int i = 1; i <= 8; i++) {
		double a = requests_at(w, w->slot_at - i),
		       b = requests_at(w, w->slot_at - i - DAY_SLOTS);

		if (!isnan(a) && !isnan(b)) {
			now += a;
			then += b;
		}
	}
	return then > 0 ? now / then : (double)NAN;
}

static enum clock straightest(const struct watch *w, const double *y, int n, bool disk)
{
	enum clock best = CLOCK_TIME;
	double noise = INFINITY;

	for (int c = 0; c < CLOCK_COUNT; c++) {
		struct line l = {.n = 0};
		struct rise r;
		double ask = c == CLOCK_TIME ? 1 : STRAIGHT;

		if (!line_of(w, (enum clock)c, y, n, disk, &l) || !fit(&l, 0, &r))
			continue;
		if (c != CLOCK_TIME &&
		        isnan(slots_to_full(w, (enum clock)c, r.level, r.slope, today_of(w), disk)))
			continue;
		if (r.noise < noise * ask) {
			noise = r.noise;
			best = (enum clock)c;
		}
	}
	return best;
}

void forecast_slots(const struct watch *w, int64_t now_ms, const double *y, int n, bool disk,
        struct forecast *c)
{
	enum clock clock = straightest(w, y, n, disk);
	double since = (double)(now_ms - w->slot_at * SLOT_MS) / 1000, today = today_of(w);
	double to[3];
	struct line l = {.n = 0};
	struct rise r;

	if (!line_of(w, clock, y, n, disk, &l) || !fit_newest(&l, &r))
		return;
	for (int i = 0; i < 3; i++) {
		double slope = i == 0   ? r.slope
		               : i == 1 ? fmax(r.high, r.slope)
		                        : fmin(fmax(r.low, r.slope / 10), r.slope);

		to[i] = slots_to_full(w, clock, r.level + r.above, slope, today, disk);
		to[i] = fmax(0, to[i] * SLOT_MS / 1000 - since);
	}
	c->eta_s = to[0];
	c->low_s = to[1];
	c->high_s = to[2];
}

void forecast_fine(const struct watch *w, const double *y, int n, struct forecast *c)
{
	double step = (double)w->fine_ms / 1000, room;
	struct line l = {.n = n};
	struct rise r;

	for (int i = 0; i < n; i++) {
		l.x[i] = i * step;
		l.y[i] = y[i];
	}
	if (!fit_newest(&l, &r))
		return;
	room = fmax(0, FULL - r.level - r.above);
	c->eta_s = room / r.slope;
	c->low_s = room / fmax(r.high, r.slope);
	c->high_s = room / fmin(fmax(r.low, r.slope / 10), r.slope);
}
