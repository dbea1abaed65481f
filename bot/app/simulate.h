/*
 * simulate.h - samples as CSV through the bot's own judging (bot/watch). Streaming: give it the
 * bytes as they come; memory is bounded by the number of services. One thread at a time.
 */
#ifndef APP_SIMULATE_H
#define APP_SIMULATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "err.h"
#include "settings.h"
#include "watch.h"

struct simulation;

/* Called for each event of each evaluation, also for WATCH_HOLD; `ev` is valid during the call. */
typedef void simulation_event(
        void *ctx, int64_t ts_ms, const char *service, const struct watch_event *ev);

struct simulation *simulation_new(
        struct arena *a, const struct settings *s, simulation_event *tell, void *ctx);
/* The next n bytes of the file. False and ERR_INPUT "line 12: …" at the first bad line. */
bool simulation_feed(struct simulation *s, char *bytes, size_t n, struct err *e);
/* The end of the file: takes the last line and makes the last evaluation. */
bool simulation_end(struct simulation *s, struct err *e);

/* --- one line of CSV (simulate_csv.c) --- */

enum csv_column {
	CSV_SERVICE,
	CSV_TS,
	CSV_CPU,
	CSV_CPU_LIMIT,
	CSV_MEM,
	CSV_MEM_LIMIT,
	CSV_REQUESTS,
	CSV_4XX,
	CSV_5XX,
	CSV_P50,
	CSV_P95,
	CSV_DEPLOY,
	CSV_REQUIRED, /* those from here on may be left out of the header */
	CSV_P99 = CSV_REQUIRED,
	CSV_DISK,
	CSV_DISK_LIMIT,
	CSV_COLUMNS
};

enum { CSV_MAX_FIELDS = 64 };

/* What the header says: which column stands where. */
struct csv_header {
	int n;                      /* fields of a line */
	int column[CSV_MAX_FIELDS]; /* enum csv_column; -1 = one we do not use */
};

/* Both take the line apart in place and set `why` when they return false. `line` has no line end
 * and is terminated at line[n]. */
bool csv_header(char *line, size_t n, struct csv_header *h, const char **why);
bool csv_sample(char *line, size_t n, const struct csv_header *h, const char **service,
        struct watch_sample *out, const char **why);

#endif
