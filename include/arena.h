/*
 * arena.h - memory by lifetime.
 *
 * One arena per attempt of a run, one scratch arena in the loop: early return is always safe and
 * nothing is freed one by one. Out of memory aborts (the store makes an abort cheap). An arena
 * belongs to one thread at a time. Under ASan the unused part of a block is poisoned.
 */
#ifndef HEAL_ARENA_H
#define HEAL_ARENA_H

#include <stdarg.h>
#include <stddef.h>

struct arena;

/* `first_bytes`: size of the first block (0 = 4 KiB). The caller frees it. */
struct arena *arena_new(size_t first_bytes);
void arena_free(struct arena *a);  /* runs the deferred calls, newest first; NULL is fine */
void arena_reset(struct arena *a); /* as arena_free, but keeps the first block for reuse */

/* Zeroed memory, aligned for any type, valid until reset or free. n = 0 gives a unique pointer. */
void *arena_alloc(struct arena *a, size_t n);
void *arena_array(struct arena *a, size_t count, size_t size); /* aborts on overflow */
char *arena_strdup(struct arena *a, const char *s);            /* NULL stays NULL */
char *arena_strndup(struct arena *a, const char *s, size_t n);
char *arena_printf(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
char *arena_vprintf(struct arena *a, const char *fmt, va_list ap)
        __attribute__((format(printf, 2, 0)));

/* Calls fn(p) at reset or free: ties a foreign object (a curl list, a cJSON tree) to the arena. */
void arena_defer(struct arena *a, void (*fn)(void *), void *p);

/* Bytes handed out since the last reset. */
size_t arena_used(const struct arena *a);

#define ARENA_NEW(a, type)      ((type *)arena_alloc((a), sizeof(type)))
#define ARENA_ARRAY(a, n, type) ((type *)arena_array((a), (n), sizeof(type)))

#endif
