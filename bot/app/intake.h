/*
 * intake.h - from an envelope to the inbox and back to its acknowledgement.
 *
 * take: one transaction {dedupe keys, payload, run} on the store's thread, then, back on the loop,
 * the acknowledgement. What could not be stored is not acknowledged: Slack delivers events again,
 * and a person is told. Thread: the loop.
 */
#ifndef APP_INTAKE_H
#define APP_INTAKE_H

#include <stdbool.h>
#include <stdint.h>

#include "app/metrics.h"
#include "arena.h"
#include "chat/socket_mode.h"
#include "net/ioloop.h"
#include "store/store.h"

struct intake;

struct intake_options {
	struct ioloop *loop;
	struct store *store;
	struct metrics *metrics;
	const char *(*redact)(void *ctx, struct arena *a, const char *text); /* may be NULL */
	void *redact_ctx;
	const char *workflow; /* started for each envelope */
};

struct intake *intake_new(const struct intake_options *o);
void intake_free(struct intake *in); /* after ioloop_free */
/* Nothing of it is at the store: the loop may end. */
bool intake_idle(const struct intake *in);

/* For socket_mode_options.take; ctx is the struct intake. */
void intake_take(void *ctx, struct socket_work *work);

/* When the store last refused an envelope, wall ms; 0 = never; *why says how. */
int64_t intake_refused_ms(const struct intake *in, const char **why);

#endif
