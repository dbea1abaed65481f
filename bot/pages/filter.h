/* filter.h - which runs: the same words on the command line and in the address of a page. */
#ifndef PAGES_FILTER_H
#define PAGES_FILTER_H

#include <stdbool.h>

#include "err.h"
#include "store/runs.h"

/* Sets one condition from a person's words: "state" (one of filter_states), "workflow", "incident"
 * (42 or INC-42), "service", "since" and "until" (an age such as 2h or 7d, or RFC 3339), "search",
 * "before" and "after" (a run's id), "limit" (1 to 1000). An empty value is none. ERR_INPUT with
 * what would be right. `value` is borrowed. */
bool filter_set(struct run_filter *f, const char *name, const char *value, struct err *e);

/* What "state" may be, NULL-terminated. */
extern const char *const filter_states[];

#endif
