/* test_arena.c - alignment, growth, deferred calls, poison. */
#include "unit.h"

#include <stdalign.h>

#include "arena.h"

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#endif

static void test_alignment(void **state)
{
	struct arena *a = *state;

	for (size_t n = 0; n < 300; n++) {
		char *p = arena_alloc(a, n);

		assert_int_equal((uintptr_t)p % alignof(max_align_t), 0);
		for (size_t i = 0; i < n; i++)
			assert_int_equal(p[i], 0);
		memset(p, 0xAA, n);
	}
}

/* Zeroed again after a reset, though the block is the same. */
static void test_reset(void **state)
{
	struct arena *a = *state;
	char *p = arena_alloc(a, 100), *q;

	memset(p, 1, 100);
	assert_int_equal(arena_used(a), 100);
	arena_reset(a);
	assert_int_equal(arena_used(a), 0);
	q = arena_alloc(a, 100);
	assert_ptr_equal(p, q);
	for (int i = 0; i < 100; i++)
		assert_int_equal(q[i], 0);
}

static void test_growth(void **state)
{
	struct arena *a = *state;
	char *kept[64];

	for (size_t i = 0; i < 64; i++) {
		size_t n = (size_t)1 << (i % 21);

		kept[i] = arena_alloc(a, n);
		memset(kept[i], (int)i, n);
	}
	for (size_t i = 0; i < 64; i++) {
		assert_int_equal(kept[i][0], i);
		assert_int_equal(kept[i][((size_t)1 << (i % 21)) - 1], i);
	}
	assert_ptr_not_equal(arena_alloc(a, 0), arena_alloc(a, 0));
}

struct note {
	struct arena *a;
	int *order, *n, id;
	bool again;
};

static void take_note(void *p)
{
	struct note *x = p;

	x->order[(*x->n)++] = x->id;
	/* A deferred call may defer one more: it runs too. */
	if (x->again) {
		x->again = false;
		x->id = 99;
		arena_defer(x->a, take_note, x);
	}
}

static void test_defer(void **state)
{
	struct arena *a = *state;
	int order[8] = {0}, n = 0;
	struct note notes[3];

	for (int i = 0; i < 3; i++) {
		notes[i] = (struct note){a, order, &n, i, i == 1};
		arena_defer(a, take_note, &notes[i]);
	}
	arena_reset(a);
	assert_int_equal(n, 4);
	assert_int_equal(order[0], 2);
	assert_int_equal(order[1], 1);
	assert_int_equal(order[2], 99);
	assert_int_equal(order[3], 0);
	arena_reset(a);
	assert_int_equal(n, 4);
	arena_free(NULL);
}

static void test_strings(void **state)
{
	struct arena *a = *state;
	char big[5000];

	assert_null(arena_strdup(a, NULL));
	assert_null(arena_strndup(a, NULL, 3));
	assert_string_equal(arena_strdup(a, "heal"), "heal");
	assert_string_equal(arena_strndup(a, "heal", 2), "he");
	assert_string_equal(arena_strndup(a, "heal", 99), "heal");
	assert_string_equal(arena_strndup(a, "", 0), "");
	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	assert_string_equal(arena_printf(a, "%s|%d", big, 7) + sizeof(big) - 1, "|7");
	assert_int_equal(strlen(arena_printf(a, "%s|%d", big, 7)), sizeof(big) + 1);
}

#ifdef __SANITIZE_ADDRESS__
/* What was not handed out is poisoned, also between two pieces and after a reset. */
static void test_poison(void **state)
{
	struct arena *a = *state;
	char *p = arena_alloc(a, 10), *q = arena_alloc(a, 10);

	assert_false(__asan_address_is_poisoned(p) || __asan_address_is_poisoned(p + 9));
	assert_true(__asan_address_is_poisoned(p + 10));
	assert_true(__asan_address_is_poisoned(q + 10));
	assert_true(q - p >= 26);
	arena_reset(a);
	assert_true(__asan_address_is_poisoned(p));
}
#define POISON , UNIT_ARENA(test_poison)
#else
#define POISON /* only `make asan` can see it */
#endif

UNIT_MAIN(UNIT_ARENA(test_alignment), UNIT_ARENA(test_reset), UNIT_ARENA(test_growth),
        UNIT_ARENA(test_defer), UNIT_ARENA(test_strings) POISON)
