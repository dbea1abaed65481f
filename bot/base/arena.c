/*
 * arena.c - see arena.h.
 *
 * A chain of blocks; the newest one is filled from the front. Blocks double up to a limit; a larger
 * request gets a block of its own size. Under ASan what has not been handed out is poisoned and a
 * gap follows every piece, so that an overrun inside a block is found as well.
 */
#include "arena.h"

#include <assert.h>
#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__SANITIZE_ADDRESS__)
#define ARENA_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_ASAN 1
#endif
#endif

#ifdef ARENA_ASAN
#include <sanitizer/asan_interface.h>
#define POISON(p, n)   ASAN_POISON_MEMORY_REGION((p), (n))
#define UNPOISON(p, n) ASAN_UNPOISON_MEMORY_REGION((p), (n))
#define GAP            16
#else
#define POISON(p, n)   ((void)(p), (void)(n))
#define UNPOISON(p, n) ((void)(p), (void)(n))
#define GAP            0
#endif

#define FIRST_BYTES 4096
#define BLOCK_MAX   ((size_t)1 << 20)
#define ALIGN       alignof(max_align_t)

struct block {
	struct block *older;
	size_t cap, used;
	alignas(max_align_t) char data[];
};

struct deferred {
	struct deferred *older;
	void (*fn)(void *);
	void *p;
};

struct arena {
	struct block *top; /* newest */
	struct deferred *deferred;
	size_t used;
};

static struct block *block_new(size_t cap, struct block *older)
{
	struct block *b = malloc(sizeof(*b) + cap);

	if (!b)
		abort();
	b->older = older;
	b->cap = cap;
	b->used = 0;
	POISON(b->data, cap);
	return b;
}

static void block_free(struct block *b)
{
	UNPOISON(b->data, b->cap);
	free(b);
}

struct arena *arena_new(size_t first_bytes)
{
	struct arena *a = calloc(1, sizeof(*a));

	if (!a)
		abort();
	a->top = block_new(first_bytes ? first_bytes : FIRST_BYTES, NULL);
	return a;
}

void arena_reset(struct arena *a)
{
	/* A deferred call may defer again; take them one by one. */
	while (a->deferred) {
		struct deferred d = *a->deferred;

		a->deferred = d.older;
		d.fn(d.p);
	}
	while (a->top->older) {
		struct block *b = a->top;

		a->top = b->older;
		block_free(b);
	}
	a->top->used = 0;
	a->used = 0;
	POISON(a->top->data, a->top->cap);
}

void arena_free(struct arena *a)
{
	if (!a)
		return;
	arena_reset(a);
	block_free(a->top);
	free(a);
}

void *arena_alloc(struct arena *a, size_t n)
{
	struct block *b = a->top;
	size_t need;
	char *p;

	if (n > SIZE_MAX / 2)
		abort();
	need = ((n ? n : 1) + GAP + ALIGN - 1) / ALIGN * ALIGN;
	if (b->cap - b->used < need) {
		size_t cap = b->cap < BLOCK_MAX / 2 ? b->cap * 2 : BLOCK_MAX;

		b = a->top = block_new(cap < need ? need : cap, b);
	}
	p = b->data + b->used;
	b->used += need;
	a->used += n;
	UNPOISON(p, n);
	return memset(p, 0, n);
}

void *arena_array(struct arena *a, size_t count, size_t size)
{
	size_t n;

	if (__builtin_mul_overflow(count, size, &n))
		abort();
	return arena_alloc(a, n);
}

char *arena_strdup(struct arena *a, const char *s)
{
	return s ? arena_strndup(a, s, strlen(s)) : NULL;
}

char *arena_strndup(struct arena *a, const char *s, size_t n)
{
	size_t len;
	char *p;

	if (!s)
		return NULL;
	len = strnlen(s, n);
	p = arena_alloc(a, len + 1);
	memcpy(p, s, len);
	return p;
}

char *arena_vprintf(struct arena *a, const char *fmt, va_list ap)
{
	va_list again;
	char *p;
	int n;

	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	assert(n >= 0);
	p = arena_alloc(a, (size_t)n + 1);
	vsnprintf(p, (size_t)n + 1, fmt, again);
	va_end(again);
	return p;
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap;
	char *p;

	va_start(ap, fmt);
	p = arena_vprintf(a, fmt, ap);
	va_end(ap);
	return p;
}

void arena_defer(struct arena *a, void (*fn)(void *), void *p)
{
	struct deferred *d = arena_alloc(a, sizeof(*d));

	d->older = a->deferred;
	d->fn = fn;
	d->p = p;
	a->deferred = d;
}

size_t arena_used(const struct arena *a)
{
	return a->used;
}
