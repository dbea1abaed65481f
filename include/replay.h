/*
 * replay.h - what the scans would have opened: stored samples judged again, under the settings in
 * force and under others, and the difference. The same code as the scan (watch.h) on the samples of
 * history.h; what only Railway knew at the time (crashed instances, deployments that failed) is not
 * in them, so those signals are not replayed.
 *
 * Thread: any worker. Results live in the arena.
 */
#ifndef HEAL_REPLAY_H
#define HEAL_REPLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "err.h"
#include "settings.h"
#include "watch.h"

struct store;

/* From the first signal of a service that opened to the last that closed. */
struct replay_episode {
	const char *service;
	enum signal signal;     /* the first one */
	enum severity severity; /* the worst it was */
	double value, limit;    /* of the first one when it opened; NAN = none */
	const char *unit;
	int64_t from_ms, to_ms;  /* to 0 = still open at the end */
	bool open[SIGNAL_COUNT]; /* while it is being followed */
};

struct replay_list {
	struct replay_episode *v; /* in order of their begin */
	size_t n, cap;
};
/* One event of one evaluation: begins, follows or ends an episode. `service` is copied. */
void replay_note(struct arena *a, struct replay_list *l, int64_t ts_ms, const char *service,
        const struct watch_event *ev);

/* Each of `now` and `then` that has no episode of the same service at the same time in the other:
 * what would be gone, and what would be new. Arrays of pointers into the lists. */
struct replay_diff {
	const struct replay_episode **gone, **added;
	size_t ngone, nadded, same;
};
void replay_compare(struct arena *a, const struct replay_list *now, const struct replay_list *then,
        struct replay_diff *out);

struct replay {
	struct replay_list now, then; /* by the settings in force; by those that are tried */
	size_t services, samples;
	int64_t from_ms, to_ms; /* of the samples there are; 0 = none */
};
/* Replays the samples since from_ms of all services (only NULL) or one. `tried` NULL: `now` alone.
 */
bool replay_stored(struct store *s, struct arena *a, const struct settings *now,
        const struct settings *tried, const char *only, int64_t from_ms, struct replay *out,
        struct err *e);

#endif
