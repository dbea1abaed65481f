/*
 * blockkit_random.h - bytes as a little program that drives the Block Kit builder.
 */
#ifndef UNIT_BLOCKKIT_RANDOM_H
#define UNIT_BLOCKKIT_RANDOM_H

#include <stddef.h>
#include <stdint.h>

#include "arena.h"

/* Builds a message, a modal or a Home tab as the bytes say and checks it: NULL or what is wrong. */
const char *blockkit_random(struct arena *a, const uint8_t *p, size_t n);

#endif
