/* map.c - see map.h. Out of memory aborts: uthash's own answer to it is exit(). */
#include "base/map.h"

#include <stdlib.h>
#include <string.h>

#include "str.h"

#define uthash_fatal(msg) abort()
/* Ours instead of uthash's default, which clang's -Wimplicit-fallthrough stumbles over. */
#define HASH_FUNCTION(keyptr, keylen, hashv) ((hashv) = (unsigned)str_hash((keyptr), (keylen)))
#include <uthash.h>

/* uthash's macros are hundreds of statements each, and free in a way that the analyzer loses:
 * NOLINTBEGIN(readability-function-size,readability-function-cognitive-complexity,clang-analyzer-unix.Malloc)
 */

struct entry {
	struct map_item item; /* first: map_item and entry share their address */
	UT_hash_handle hh;
	char key[];
};

struct map {
	struct entry *head;
};

static void free_map(void *p)
{
	map_clear(p);
	free(p);
}

struct map *map_new(struct arena *a)
{
	struct map *m = calloc(1, sizeof(*m));

	if (!m)
		abort();
	if (a)
		arena_defer(a, free_map, m);
	return m;
}

void map_free(struct map *m)
{
	if (m)
		free_map(m);
}

static struct entry *find(const struct map *m, const char *key)
{
	struct entry *e = NULL;

	HASH_FIND_STR(m->head, key, e);
	return e;
}

void *map_get(const struct map *m, const char *key)
{
	const struct entry *e = find(m, key);

	return e ? e->item.value : NULL;
}

bool map_has(const struct map *m, const char *key)
{
	return find(m, key) != NULL;
}

void map_put(struct map *m, const char *key, void *value)
{
	struct entry *e = find(m, key);
	size_t n;

	if (!e) {
		n = strlen(key);
		e = calloc(1, sizeof(*e) + n + 1);
		if (!e)
			abort();
		memcpy(e->key, key, n);
		e->item.key = e->key;
		HASH_ADD_KEYPTR(hh, m->head, e->key, n, e);
	}
	e->item.value = value;
}

void *map_del(struct map *m, const char *key)
{
	struct entry *e = find(m, key);
	void *value;

	if (!e)
		return NULL;
	value = e->item.value;
	HASH_DEL(m->head, e);
	free(e);
	return value;
}

void map_clear(struct map *m)
{
	struct entry *e, *next;

	HASH_ITER(hh, m->head, e, next)
	{
		HASH_DEL(m->head, e);
		free(e);
	}
}

size_t map_len(const struct map *m)
{
	return HASH_COUNT(m->head);
}

const struct map_item *map_first(const struct map *m)
{
	return m->head ? &m->head->item : NULL;
}

const struct map_item *map_next(const struct map_item *it)
{
	const struct entry *e = (const struct entry *)(const void *)it;
	const struct entry *next = e->hh.next;

	return next ? &next->item : NULL;
}

/* NOLINTEND(readability-function-size,readability-function-cognitive-complexity,clang-analyzer-unix.Malloc)
 */
