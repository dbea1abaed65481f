/* test_err.c - the error type: cutting, wrapping, codes. */
#include "unit.h"

#include <errno.h>

#include "base/utf8.h"
#include "err.h"

static void test_set(void **state)
{
	struct err e = {.ambiguous = true, .retry_ms = 7};

	(void)state;
	assert_false(err_set(&e, ERR_LIMITED, true, "wait %d s", 3));
	assert_int_equal(e.code, ERR_LIMITED);
	assert_true(e.retryable);
	assert_false(e.ambiguous);
	assert_int_equal(e.retry_ms, 0);
	assert_string_equal(e.msg, "wait 3 s");
	assert_false(err_set(NULL, ERR_NET, true, "nobody looks"));
	/* The old message may be an argument of the new one. */
	err_set(&e, ERR_NET, false, "again: %s", e.msg);
	assert_string_equal(e.msg, "again: wait 3 s");
}

static void test_cut(void **state)
{
	char text[1000];
	struct err e;

	(void)state;
	/* Each of the four alignments of a 3-byte character at the cut. */
	for (size_t shift = 0; shift < 4; shift++) {
		memset(text, 'x', shift);
		for (size_t i = shift; i + 3 < sizeof(text); i += 3)
			memcpy(text + i, "€", 4);
		err_set(&e, ERR_INPUT, false, "%s", text);
		assert_true(strlen(e.msg) > sizeof(e.msg) - 4);
		assert_true(utf8_valid(e.msg, strlen(e.msg)));
	}
}

static void test_wrap(void **state)
{
	struct err e;

	(void)state;
	err_set(&e, ERR_STATUS, true, "answered 502");
	e.ambiguous = true;
	e.retry_ms = 1500;
	assert_false(err_wrap(&e, "railway, page %d", 2));
	assert_string_equal(e.msg, "railway, page 2: answered 502");
	assert_true(e.retryable && e.ambiguous);
	assert_int_equal(e.retry_ms, 1500);
	err_set(&e, ERR_SUSPENDED, false, "parked");
	assert_false(err_wrap(&e, "step"));
	assert_string_equal(e.msg, "parked");
	assert_false(err_wrap(NULL, "nothing"));
	for (int i = 0; i < 300; i++)
		err_wrap(&e, "x");
	e.code = ERR_NET;
	for (int i = 0; i < 300; i++)
		err_wrap(&e, "level %d", i);
	assert_true(strlen(e.msg) < sizeof(e.msg));
}

static void test_sys(void **state)
{
	struct err e;

	(void)state;
	errno = ENOSPC;
	assert_false(err_sys(&e, "write %s", "heal.db"));
	assert_int_equal(e.code, ERR_SYS);
	assert_string_equal(e.msg, "write heal.db: No space left on device");
}

static void test_codes(void **state)
{
	(void)state;
	for (int c = ERR_NONE; c <= ERR_SUSPENDED; c++)
		assert_int_equal(err_code_parse(err_code_name((enum err_code)c)), c);
	assert_string_equal(err_code_name(ERR_NOT_FOUND), "not_found");
	assert_int_equal(err_code_parse("no such"), ERR_NONE);
	assert_int_equal(err_code_parse(NULL), ERR_NONE);
	assert_string_equal(err_code_name((enum err_code)99), "unknown");
}

UNIT_MAIN(cmocka_unit_test(test_set), cmocka_unit_test(test_cut), cmocka_unit_test(test_wrap),
        cmocka_unit_test(test_sys), cmocka_unit_test(test_codes))
