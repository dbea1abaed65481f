/*
 * trend.c - when is memory (or the disk) full, should it go on like this?
 *
 * A trend is looked for in windows from twenty minutes to two days that end now and do not reach
 * back over the last restart or deployment. In each, the slope is the median of the slopes between
 * points half a window apart (Theil-Sen on n/2 pairs: a third of the points may be nonsense), the
 * level is the median of the points moved along that slope, and the upper envelope is added, since
 * the peaks of a sawtooth meet the limit first. A window counts when it rises steadily, fits, has
 * not levelled out lately, and has risen to where the service has not been before: a day's wave, a
 * cache that fills after each release and a garbage collector's sawtooth have all been seen before.
 * The longest window that counts gives the forecast.
 */
#include <math.h>

#include "watch/trend.h"

struct series {
	double y[MAX_POINTS];
	int n;
	double step_s;
	double before;    /* the highest value before the series; NAN = no history */
	double need_rise; /* to be called a trend, share of the limit */
	double need_new;  /* above anything before, share of the limit */
	double max_jump;  /* the largest part of the rise that one step may be */
};

static double quantile(double *v, int n, double q)
{
	return select_nth(v, n, (int)(q * (n - 1) + 0.5));
}

/* Slopes a second between points half of y apart; returns how many. */
static int slopes(const double *y, int n, double step_s, double *out)
{
	int half = n / 2, count = 0;

	for (int i = 0; i + half < n; i++)
		if (!isnan(y[i]) && !isnan(y[i + half]))
			out[count++] = (y[i + half] - y[i]) / (half * step_s);
	return count;
}

static double median_slope(const double *y, int n, double step_s)
{
	double s[MAX_POINTS];
	int count = slopes(y, n, step_s, s);

	return count >= 3 ? quantile(s, count, 0.5) : (double)NAN;
}

struct fit {
	double slope, low; /* share per second; 90 % of the single slopes are above low */
	double spread;     /* median distance from the line */
};

static bool fit_line(const struct series *s, struct fit *f)
{
	double v[MAX_POINTS], level;
	int n = slopes(s->y, s->n, s->step_s, v), m = 0;

	if (n < 3)
		return false;
	f->slope = quantile(v, n, 0.5);
	f->low = quantile(v, n, 0.1);
	for (int i = 0; i < s->n; i++)
		if (!isnan(s->y[i]))
			v[m++] = s->y[i] + f->slope * s->step_s * (s->n - 1 - i);
	level = quantile(v, m, 0.5);
	for (int i = 0; i < m; i++)
		v[i] = fabs(v[i] - level);
	f->spread = quantile(v, m, 0.5);
	return true;
}

/* The highest of the last n points, and the highest step up between neighbours. */
static double highest(const struct series *s, int n)
{
	double top = (double)NAN;

	for (int i = s->n - n; i < s->n; i++)
		top = fmax(top, s->y[i]);
	return top;
}

static double highest_step(const struct series *s)
{
	double top = 0, last = (double)NAN;

	for (int i = 0; i < s->n; i++) {
		if (isnan(s->y[i]))
			continue;
		top = fmax(top, s->y[i] - last);
		last = s->y[i];
	}
	return top;
}

/* Is it where the service has not been before? Cheap, so it is asked first. */
static bool is_new(const struct series *s)
{
	return highest(s, s->n / 3) >= s->before + s->need_new;
}

static bool counts(const struct series *s, const struct fit *f)
{
	double rise = f->slope * s->step_s * (s->n - 1);
	int half = s->n / 2;
	double late = median_slope(s->y + s->n - half, half, s->step_s);

	if (!(rise >= s->need_rise) || f->low <= 0 || f->spread > 0.12 * rise)
		return false;
	if (!(late >= 0.45 * f->slope))
		return false;
	return highest_step(s) <= s->max_jump * rise;
}

static const struct forecast no_forecast = {NAN, NAN, NAN, 0, NAN};

static struct forecast trend_of(const struct series *s, int64_t now_ms)
{
	struct forecast c = no_forecast;

	c.age_s = s->step_s * s->n;
	c.since_ms = now_ms - (int64_t)(c.age_s * 1000);
	return c;
}

/* --- where the points come from --- */

double slot_height(const struct watch *w, int64_t at, bool disk)
{
	const struct slot *s = slot_of(w, at);

	return !s ? (double)NAN : unpack_share(disk ? s->disk : s->mem_high);
}

/* The highest value of the slots [.., before) and how many there were; usual.c has seen all but the
 * latest. */
static double highest_before(const struct watch *w, int64_t before, bool disk, int *n_out)
{
	double top = disk ? w->usual.disk_top : w->usual.mem_top;

	*n_out = disk ? w->usual.disk_slots : w->usual.mem_slots;
	for (int64_t at = w->usual.tops_until; at < before; at++) {
		double v = slot_height(w, at, disk);

		if (isnan(v))
			continue;
		top = fmax(top, v);
		(*n_out)++;
	}
	return top;
}

/* With less than a day seen before, more of a rise is asked for: nobody knows the usual day. */
static void set_history(struct series *s, double top, int known)
{
	s->before = known > 0 ? top : s->y[0];
	if (known < DAY_SLOTS * 3 / 4) {
		s->need_rise = fmax(s->need_rise, 0.25);
		s->need_new = fmax(s->need_new, 0.2);
	}
}

static int slot_series(const struct watch *w, int n, bool disk, struct series *s)
{
	int got = 0, known;
	double top = highest_before(w, w->slot_at - (n < LATELY ? n : LATELY), disk, &known);

	s->n = n;
	s->max_jump = n < LATELY ? 0.3 : 1;
	s->step_s = SLOT_MS / 1000.0;
	s->need_rise = 0.06;
	s->need_new = 0.05;
	for (int i = 0; i < n; i++) {
		s->y[i] = slot_height(w, w->slot_at - n + i, disk);
		got += !isnan(s->y[i]);
	}
	set_history(s, top, known);
	return got;
}

static int fine_series(const struct watch *w, int64_t now_ms, int n, struct series *s)
{
	int got = 0, known;
	int64_t start = fine_start(w, now_ms, n - 1);
	double top = highest_before(w, start / SLOT_MS, false, &known);

	s->n = n;
	s->max_jump = 0.3;
	s->step_s = (double)w->fine_ms / 1000.0;
	s->need_rise = 0.1;
	s->need_new = 0.09;
	for (int i = 0; i < n; i++) {
		const struct fine *f = fine_back(w, now_ms, n - 1 - i);

		s->y[i] = f ? (double)f->mem : (double)NAN;
		got += !isnan(s->y[i]);
	}
	set_history(s, top, known);
	return got;
}

static struct forecast from_slots(const struct watch *w, int64_t now_ms, bool disk)
{
	static const int lengths[] = {72, 56, 44, 32, 24, 18, 14, 10, 8};
	int64_t first = w->segment_ms / SLOT_MS + 1;
	struct forecast c;
	struct series s;
	struct fit f = {0};

	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		int n = lengths[i];

		if (!disk && w->segment_ms > 0 && w->slot_at - n < first)
			continue;
		if (slot_series(w, n, disk, &s) < n * 3 / 4 || !is_new(&s) || !fit_line(&s, &f) ||
		        !counts(&s, &f))
			continue;
		c = trend_of(&s, now_ms);
		forecast_slots(w, now_ms, s.y, s.n, disk, &c);
		return c;
	}
	return no_forecast;
}

static struct forecast from_fine(const struct watch *w, int64_t now_ms)
{
	static const int lengths[] = {FINE, 36, 28, 20};
	struct forecast c;
	struct series s;
	struct fit f = {0};

	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		int n = lengths[i];

		if (fine_start(w, now_ms, n - 1) <= w->segment_ms)
			continue;
		if (fine_series(w, now_ms, n, &s) < n * 3 / 4 || !is_new(&s) || !fit_line(&s, &f) ||
		        !counts(&s, &f))
			continue;
		c = trend_of(&s, now_ms);
		forecast_fine(w, s.y, s.n, &c);
		return c;
	}
	return no_forecast;
}

/* Cheap: are the last hours higher than what was ever seen before it? If not, nothing can count. */
static bool is_new_height(const struct watch *w, bool disk)
{
	double recent = disk ? (double)NAN : w->filling.mem_high;

	for (int64_t at = w->slot_at - LATELY; at < w->slot_at; at++)
		recent = fmax(recent, slot_height(w, at, disk));
	return !(recent < (disk ? w->usual.disk_top : w->usual.mem_top) + 0.045);
}

struct forecast forecast_memory(const struct watch *w, int64_t now_ms)
{
	struct forecast f;

	if (!is_new_height(w, false))
		return no_forecast;
	f = from_slots(w, now_ms, false);
	return isnan(f.eta_s) ? from_fine(w, now_ms) : f;
}

struct forecast forecast_disk(const struct watch *w, int64_t now_ms)
{
	return is_new_height(w, true) ? from_slots(w, now_ms, true) : no_forecast;
}
