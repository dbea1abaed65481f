/*
 * chart.c - the chart of an incident: up to four lines, a limit, deployments, readable axes.
 *
 * Why not cairo: the library with what it pulls in (pixman, freetype, fontconfig, X11) maps and
 * dirties several megabytes in a process that shall idle at 12; a chart needs lines and letters.
 */
#include <math.h>
#include <string.h>
#include <time.h>

#include "chart.h"
#include "chat/canvas.h"
#include "spark.h"
#include "str.h"

enum {
	LEFT = 64,
	RIGHT = 12,
	TOP = 26,
	BOTTOM = 20,
	PLOT_W = CHART_WIDTH - LEFT - RIGHT,
	PLOT_H = CHART_HEIGHT - TOP - BOTTOM,
};

/* A light card with its own ground: readable on Slack's light and dark theme alike. */
enum {
	GROUND = 0xfafafa,
	FRAME = 0xc4c4c4,
	GRID = 0xe4e4e4,
	INK = 0x3a3a3a,
	LIMIT = 0xd0342c,
	MARK = 0x7a4fbf,
};

/* Told apart by lightness as well, for people who see few colours. */
static const uint32_t line_colors[CHART_MAX_SERIES] = {0x1264a3, 0xe08a00, 0x2a8f5b, 0x8d8d8d};

struct frame {
	double from, to; /* ms */
	double top, step;
};

/* --- scales --- */

static double nice_step(double rough)
{
	double unit = pow(10, floor(log10(rough))), f = rough / unit;
	return unit * (f <= 1 ? 1 : f <= 2 ? 2 : f <= 2.5 ? 2.5 : f <= 5 ? 5 : 10);
}

static void widen(double *lo, double *hi, double v)
{
	*lo = v < *lo ? v : *lo;
	*hi = v > *hi ? v : *hi;
}

static struct frame make_frame(const struct chart *c, size_t nseries)
{
	double top = c->limit > 0 && isfinite(c->limit) ? c->limit : 0, none = 0;
	double from = INFINITY, to = -INFINITY;
	for (size_t k = 0; k < nseries; k++) {
		const struct chart_series *s = &c->series[k];
		for (size_t i = 0; i < s->n; i++) {
			widen(&from, &to, (double)s->t_ms[i]);
			if (isfinite(s->v[i]))
				widen(&none, &top, s->v[i]);
		}
	}
	if (c->from_ms < c->to_ms) {
		from = (double)c->from_ms;
		to = (double)c->to_ms;
	}
	if (!(from < to)) {
		from = isfinite(from) ? from - 1800e3 : 0;
		to = from + 3600e3;
	}
	if (!(top > 1e-9) || top > 1e15)
		top = top > 1 ? 1e15 : 1;
	double step = nice_step(top * 1.05 / 4);
	return (struct frame){from, to, step * ceil(top * 1.05 / step), step};
}

static double x_of(const struct frame *f, double t)
{
	return LEFT + (t - f->from) / (f->to - f->from) * (PLOT_W - 1);
}

static double y_of(const struct frame *f, double v)
{
	double share = v / f->top;
	share = share < 0 ? 0 : share > 1 ? 1 : share;
	return TOP + (1 - share) * (PLOT_H - 1);
}

/* --- axes --- */

static void draw_value_axis(
        struct canvas *cv, struct arena *a, const struct frame *f, const char *unit)
{
	int lines = (int)lround(f->top / f->step);
	for (int i = 0; i <= lines; i++) {
		double v = i * f->step;
		int y = (int)y_of(f, v);
		char *label = num_unit(a, v, unit);
		canvas_fill(cv, LEFT, y, PLOT_W, 1, v > 0 ? GRID : FRAME);
		canvas_text(cv, LEFT - 6 - canvas_text_width(label), y - 3, label, INK);
	}
}

/* At most seven labels, at round times of the reader's clock. */
static int64_t time_step_s(const struct frame *f)
{
	static const int64_t steps[] = {60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600,
	        43200, 86400, 172800, 604800, 2592000, 31536000};
	double span = (f->to - f->from) / 1000;
	size_t i = 0;
	while (i + 1 < sizeof steps / sizeof steps[0] && span / (double)steps[i] > 7)
		i++;
	return span / (double)steps[i] > 50 ? (int64_t)(span / 7) : steps[i];
}

static void draw_time_axis(struct canvas *cv, const struct frame *f, int offset_s)
{
	int64_t step = time_step_s(f);
	double shift = offset_s;
	double first = ceil((f->from / 1000 + shift) / (double)step) * (double)step;
	int labels = (int)floor((f->to / 1000 + shift - first) / (double)step);
	for (int i = 0; i <= labels; i++) {
		double t = first + (double)(i * step);
		time_t secs = (time_t)t;
		struct tm tm;
		char label[32];
		if (!gmtime_r(&secs, &tm))
			return;
		strftime(label, sizeof label, step >= 86400 ? "%b %d" : "%H:%M", &tm);
		int x = (int)x_of(f, (t - shift) * 1000), w = canvas_text_width(label);
		int at = x - w / 2;
		at = at < LEFT ? LEFT : at + w > CHART_WIDTH - 2 ? CHART_WIDTH - 2 - w : at;
		canvas_fill(cv, x, TOP + PLOT_H, 1, 3, FRAME);
		canvas_text(cv, at, CHART_HEIGHT - BOTTOM + 7, label, INK);
	}
}

/* --- content --- */

/* The greatest value of each pixel column when there are more points than columns. */
static void draw_series(struct canvas *cv, const struct frame *f, const struct chart_series *s)
{
	size_t bucket = s->n > 2 * PLOT_W ? s->n / PLOT_W : 1;
	double px = NAN, py = NAN;
	for (size_t i = 0; i < s->n; i += bucket) {
		double v = NAN;
		for (size_t j = i; j < i + bucket && j < s->n; j++)
			if (isfinite(s->v[j]) && !(v >= s->v[j]))
				v = s->v[j];
		double t = (double)s->t_ms[i];
		if (isnan(v) || t < f->from || t > f->to) {
			px = NAN; /* a gap is a gap */
			continue;
		}
		double x = x_of(f, t), y = y_of(f, v);
		struct canvas_line l = {isnan(px) ? x : px, isnan(px) ? y : py, x, y};
		canvas_stroke(cv, &l);
		px = x;
		py = y;
	}
}

static void draw_marks(struct canvas *cv, const struct frame *f, const struct chart *c)
{
	for (size_t i = 0; i < c->nmarks; i++) {
		double t = (double)c->marks_ms[i];
		if (t < f->from || t > f->to)
			continue;
		int x = (int)x_of(f, t);
		canvas_dashes(cv, x, TOP, PLOT_H, true, MARK);
		bool right = x > CHART_WIDTH - RIGHT - 44;
		canvas_text(cv, right ? x - 39 : x + 4, TOP + 2, "deploy", MARK);
	}
}

static void draw_limit(
        struct canvas *cv, struct arena *a, const struct frame *f, const struct chart *c)
{
	if (!(c->limit > 0) || !isfinite(c->limit))
		return;
	int y = (int)y_of(f, c->limit);
	char *label = arena_printf(a, "limit %s", num_unit(a, c->limit, c->unit));
	canvas_dashes(cv, LEFT, y, PLOT_W, false, LIMIT);
	canvas_text(cv, LEFT + 4, y > TOP + 12 ? y - 9 : y + 4, label, LIMIT);
}

/* The title at the left, the names of the lines at the right; a name that does not fit is cut. */
static void draw_head(struct canvas *cv, struct arena *a, const struct chart *c, size_t nseries)
{
	int x = CHART_WIDTH - RIGHT;
	for (size_t k = nseries; k-- > 0;) {
		char *name = str_ellipsis(a, str_or(c->series[k].name, "value"), 16);
		x -= canvas_text_width(name);
		canvas_text(cv, x, 9, name, INK);
		x -= 14;
		canvas_fill(cv, x, 11, 10, 3, line_colors[k]);
		x -= 10;
	}
	size_t room = x > 20 ? (size_t)(x - 12) / CANVAS_LETTER_WIDTH : 1;
	canvas_text(cv, 8, 9, str_ellipsis(a, str_or(c->title, ""), room), INK);
}

static bool has_data(const struct chart *c, size_t nseries)
{
	for (size_t k = 0; k < nseries; k++)
		for (size_t i = 0; i < c->series[k].n; i++)
			if (isfinite(c->series[k].v[i]))
				return true;
	return false;
}

const void *chart_png(struct arena *a, const struct chart *c, size_t *len)
{
	size_t nseries = c->nseries < CHART_MAX_SERIES ? c->nseries : CHART_MAX_SERIES;
	struct frame f = make_frame(c, nseries);
	struct canvas *cv = canvas_new(a, CHART_WIDTH, CHART_HEIGHT, GROUND);
	draw_head(cv, a, c, nseries);
	draw_value_axis(cv, a, &f, c->unit);
	draw_time_axis(cv, &f, c->utc_offset_s);
	draw_marks(cv, &f, c);
	for (size_t k = nseries; k-- > 0;) { /* the first on top */
		draw_series(cv, &f, &c->series[k]);
		canvas_ink(cv, line_colors[k]);
	}
	draw_limit(cv, a, &f, c);
	if (!has_data(c, nseries))
		canvas_text(cv, LEFT + PLOT_W / 2 - 21, TOP + PLOT_H / 2, "no data", INK);
	return canvas_png(cv, a, len);
}
