/*
 * told.h - what the program told to the outside, or began to rely on, and whether a store knows it.
 *
 *	ack     an acknowledgement on the socket: `seen` has the envelope's key
 *	begin   a step's body is called for the n-th time: `step` has the row with n calls or more
 *	done    a step's result is relied on: its row says so
 *	effect  an outside effect of a step (a line of the file "effects"): as begin
 */
#ifndef POWERLOSS_TOLD_H
#define POWERLOSS_TOLD_H

#include <sqlite3.h>
#include <stdbool.h>

#include "powerloss/disk.h"

struct told;

struct told_counts {
	size_t acks, begun, done, effects;
};

struct told *told_read(const struct record *records, size_t n);
void told_free(struct told *t);
struct told_counts told_counts(const struct told *t);
/* How much of what had been told before record `before` the store does not know; `first` names one
 * of them. -1: the store cannot be read. */
long told_missing(struct told *t, sqlite3 *db, uint64_t before, char *first, size_t n);
/* Writes the effects before record `before` to a file, one a line. */
bool told_effects(const struct told *t, uint64_t before, const char *path);

#endif
