/* run_table.h - runs as rows of a table: in the list, of an incident, of a run's children. */
#ifndef PAGES_RUN_TABLE_H
#define PAGES_RUN_TABLE_H

#include "pages/parts.h"
#include "store/runs.h"

void run_table(struct page *p, const char *caption, const struct run_row *rows, size_t n);
/* "/runs/42" */
const char *run_href(struct arena *a, int64_t id);
/* "paused" or the state. */
const char *run_state(const struct run_row *r);

#endif
