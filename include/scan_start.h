/*
 * scan_start.h - keeping the chain of scheduled scans going.
 */
#ifndef HEAL_SCAN_START_H
#define HEAL_SCAN_START_H

#include "settings.h"
#include "workflow.h"

/* Starts the scan of the next time slot, once however often it is called. The bot calls it at
 * start; each scheduled scan calls it first. Slots are multiples of scan.every since the epoch. */
bool scan_start_next(struct store *s, struct arena *a, const struct settings *set, int64_t now_ms,
	struct err *e);
/* A scan as soon as possible; one that already waits is used. */
bool scan_start_now(struct store *s, struct arena *a, struct err *e);

#endif
