/*
 * chart.h - a small line chart as PNG: time series in, bytes out.
 *
 * Drawn by our own code on a bitmap with a built-in font and written with zlib: no graphics library
 * is loaded into a process that shall idle at 12 MB. Colours are chosen to be readable on Slack's
 * light and dark background. Pure: same input, same bytes. Thread: any.
 */
#ifndef HEAL_CHART_H
#define HEAL_CHART_H

#include <stddef.h>
#include <stdint.h>

#include "arena.h"

#define CHART_WIDTH      600
#define CHART_HEIGHT     200
#define CHART_MAX_SERIES 4

struct chart_series {
	const char *name;    /* shown in the legend; ASCII, other characters become ? */
	const int64_t *t_ms; /* ascending */
	const double *v;     /* NAN = gap */
	size_t n;
};

struct chart {
	const char *title;
	const char *unit; /* "share" "ms" "count" "gb" "vcpu": how the axis is labelled */
	const struct chart_series *series;
	size_t nseries;          /* more than CHART_MAX_SERIES are left out */
	double limit;            /* dashed line; NAN = none */
	const int64_t *marks_ms; /* deployments: vertical lines */
	size_t nmarks;
	int64_t from_ms, to_ms; /* time axis; both 0 = what the series span */
	int utc_offset_s;       /* for the labels of the time axis */
};

/* The PNG, in the arena; never NULL. An empty series gives an empty chart that says "no data". */
const void *chart_png(struct arena *a, const struct chart *c, size_t *len);

#endif
