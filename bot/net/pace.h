/*
 * pace.h - rate limits towards a peer, shared by all threads: one bucket per key.
 *
 * A key names what the peer counts ("chat.postMessage", "channel C012", "railway"). A bucket lets
 * `burst` calls through at once and `per_second` of them in the long run (GCRA, ITU-T I.371: one
 * time stamp per bucket, nothing to refill). A Retry-After of the peer closes the bucket until
 * then. Callers that may wait reserve their turn, so that threads do not crowd at the same instant.
 *
 * Thread: any; one mutex, held for a few instructions. Nothing here sleeps but pace_wait().
 */
#ifndef NET_PACE_H
#define NET_PACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"

struct pace;

struct pace_rule {
	double per_second; /* > 0 */
	double burst;      /* >= 1 */
};

struct pace *pace_new(void); /* the caller frees it, after the last thread */
void pace_free(struct pace *p);

/* How long to wait (ms) before a call of `key`; 0 = now. When the answer is <= max_wait_ms the turn
 * is the caller's (it must make the call after that time); when it is longer nothing is reserved.
 */
int64_t pace_wait_ms(
        struct pace *p, const char *key, const struct pace_rule *rule, int64_t max_wait_ms);

/* The peer said "not before": nothing goes out under `key` for ms from now. The latest one wins. */
void pace_hold(struct pace *p, const char *key, int64_t ms);

/* How long `key` is held by pace_hold, ms from now; 0 = it is not. */
int64_t pace_held_ms(struct pace *p, const char *key);

/* Waits for the turn. False: ERR_LIMITED with retry_ms when it would take longer than max_wait_ms
 * (nothing reserved), ERR_CANCELED when the program stops meanwhile (http_set_stop). */
bool pace_wait(struct pace *p, const char *key, const struct pace_rule *rule, int64_t max_wait_ms,
        struct err *e);

/* The pure core, for tests: `now_ms` on any clock that only goes forward. `*due_ms` is the bucket's
 * state, 0 at first. */
int64_t pace_gcra_ms(
        double *due_ms, double now_ms, const struct pace_rule *rule, int64_t max_wait_ms);

#endif
