/*
 * map.h - a map from strings to pointers (uthash behind it; no other file sees uthash.h).
 *
 * Keys are copied, values are the caller's. Iteration is in order of insertion. A map belongs to
 * one thread at a time.
 */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include <stdbool.h>
#include <stddef.h>

#include "arena.h"

struct map;

/* A map that dies with the arena; with a == NULL the caller calls map_free. */
struct map *map_new(struct arena *a);
void map_free(struct map *m); /* only for map_new(NULL); NULL is fine */

void *map_get(const struct map *m, const char *key); /* NULL when absent (or NULL was put) */
bool map_has(const struct map *m, const char *key);
void map_put(struct map *m, const char *key, void *value); /* replaces */
void *map_del(struct map *m, const char *key);             /* the value that was there, or NULL */
void map_clear(struct map *m);
size_t map_len(const struct map *m);

struct map_item {
	const char *key; /* the map's own copy */
	void *value;
};

/* Iteration; do not put or delete meanwhile. */
const struct map_item *map_first(const struct map *m);
const struct map_item *map_next(const struct map_item *it);
#define map_each(it, m) for (const struct map_item *it = map_first(m); it; it = map_next(it))

#endif
