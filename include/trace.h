/*
 * trace.h - requests through the services, put together from their log lines by trace id.
 *
 * Pure. Memory: the given arena. Thread: the caller's. Lines are foreign text that was redacted.
 */
#ifndef HEAL_TRACE_H
#define HEAL_TRACE_H

#include <stddef.h>
#include <stdint.h>

#include "arena.h"

/* The id that a line carries: trace_id, traceId, trace, request_id, requestId or x-request-id, with
 * = or : and quotes; 8 to 64 characters of letters, digits and dashes. NULL = none. */
const char *trace_id_of(struct arena *a, const char *line);

struct trace_row {
	const char *service, *line;
	int64_t ts_ms;
	int failed; /* not 0: the line is an error */
};
/* A small waterfall of one trace, rows in any order: "trace 4f2c… 2 940 ms, 3 services, failed" and
 * one line per row with its offset. NULL when it is less than two rows or a single moment. */
const char *trace_waterfall(struct arena *a, const char *id, struct trace_row *rows, size_t n);

#endif
