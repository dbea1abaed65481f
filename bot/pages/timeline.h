/* timeline.h - the steps of a run as bars over time; parallel ones stand below each other. */
#ifndef PAGES_TIMELINE_H
#define PAGES_TIMELINE_H

#include "pages/parts.h"
#include "store/runs.h"

/* At most `max` steps. */
void timeline(struct page *p, const struct run_detail *d, size_t max);

#endif
