/* trend.h - between finding a trend (trend.c) and continuing it (forecast.c); bot/watch/ only. */
#ifndef WATCH_TREND_H
#define WATCH_TREND_H

#include "watch/state.h"

enum { MAX_POINTS = SLOTS };

/* The height of a slot that a trend is made of: the highest memory, or the disk, as a share; NAN =
 * not known. */
double slot_height(const struct watch *w, int64_t at, bool disk);

/* Fill eta, low and high of `c` from the n points of a trend that counts, the newest last: the n
 * slots before the one being filled, or the n newest fine bins. Unchanged when nothing fits. */
void forecast_slots(const struct watch *w, int64_t now_ms, const double *y, int n, bool disk,
        struct forecast *c);
void forecast_fine(const struct watch *w, const double *y, int n, struct forecast *c);

#endif
