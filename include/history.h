/*
 * history.h - samples of every service, kept for 35 days in bounded space.
 *
 * Three resolutions, each sample in one of them: as scanned (usually 1 min) for two days, five
 * minutes for 15 days, hours for 35 days. Values are rounded to 0.1 %, counts are exact: replaying
 * the history judges as the scans did. 1,000 services need about 140 MB.
 *
 * Thread: any worker. Rows are blobs in bot/store/history_rows.c.
 */
#ifndef HEAL_HISTORY_H
#define HEAL_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "err.h"
#include "watch.h"

struct store;

#define HISTORY_KEEP_MS (35LL * 86400000)

/* What one scan adds: samples not newer than the last one stored are skipped (windows overlap). */
struct history_add {
	const char *environment_id, *service_id;
	const struct watch_sample *samples; /* oldest first */
	size_t n;
};
/* All services of a scan in one transaction. */
bool history_append(struct store *s, const struct history_add *add, size_t n, struct err *e);

/* Samples of one service in [from_ms, to_ms), oldest first; n = 0 when there are none. */
struct history_range {
	const char *environment_id, *service_id;
	int64_t from_ms, to_ms;
};
bool history_read(struct store *s, struct arena *a, const struct history_range *r,
        struct watch_sample **out, size_t *n_out, struct err *e);

/* Makes coarser what is old enough and deletes what is too old, at most `max` blobs of it in one
 * transaction; *done = how many. Call it until *done < max. */
bool history_thin(struct store *s, int64_t now_ms, int max, int64_t *done, struct err *e);

/* --- the format of a blob (pure) --- */

/* Appends samples (times ascending, newer than the blob's last) and gives the new blob. */
const void *history_pack(struct arena *a, const void *blob, size_t len,
        const struct watch_sample *samples, size_t n, size_t *len_out);
/* Tolerates any bytes: reads up to the first that make no sense. */
struct watch_sample *history_unpack(struct arena *a, const void *blob, size_t len, size_t *n_out);
/* One sample per step: counts are summed, the rest averaged (latencies by requests). */
struct watch_sample *history_coarsen(
        struct arena *a, const struct watch_sample *in, size_t n, int64_t step_ms, size_t *n_out);

#endif
