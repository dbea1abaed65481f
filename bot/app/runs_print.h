/* runs_print.h - runs for the terminal and for machines; everything passes the redactor. */
#ifndef APP_RUNS_PRINT_H
#define APP_RUNS_PRINT_H

#include <stdbool.h>

#include "store/runs.h"

/* A table on stdout. */
void runs_print_list(struct arena *a, const struct run_row *rows, size_t n);
/* One run with its steps and child runs as a tree. `full`: long values whole. */
bool runs_print_tree(struct store *s, struct arena *a, int64_t id, bool full, struct err *e);

/* runs_json.c */
json *runs_json_list(struct arena *a, const struct run_row *rows, size_t n);
/* Complete: every value, child runs nested. NULL with e. */
json *runs_json_tree(struct store *s, struct arena *a, int64_t id, struct err *e);

#endif
