/*
 * unit.h - cmocka with the headers it wants before it, and the little that every test repeats.
 *
 * A test file is one program: static void test_x(void **state) functions, and
 *	UNIT_MAIN(cmocka_unit_test(test_x), cmocka_unit_test(test_y))
 * Tables of cases are preferred; on a failure name the case with unit_case() first.
 */
#ifndef UNIT_H
#define UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "arena.h"

#define UNIT_LEN(array) (sizeof(array) / sizeof((array)[0]))

/* Shown (on stderr, into the log of the test) when a case of a table fails afterwards. */
#define unit_case(...)                                                                             \
	do {                                                                                       \
		fputs("# case: ", stderr);                                                         \
		fprintf(stderr, __VA_ARGS__);                                                      \
		fputc('\n', stderr);                                                               \
	} while (0)

/* Setup and teardown of a test that wants an arena in *state. */
static inline int unit_arena(void **state)
{
	*state = arena_new(0);
	return 0;
}

static inline int unit_arena_end(void **state)
{
	arena_free(*state);
	return 0;
}

#define UNIT_ARENA(fn) cmocka_unit_test_setup_teardown(fn, unit_arena, unit_arena_end)

#define UNIT_MAIN(...)                                                                             \
	int main(void)                                                                             \
	{                                                                                          \
		const struct CMUnitTest tests[] = {__VA_ARGS__};                                   \
                                                                                                   \
		return cmocka_run_group_tests(tests, NULL, NULL);                                  \
	}

#endif
