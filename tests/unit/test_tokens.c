/*
 * test_tokens.c - the estimate against what a tokenizer counted.
 *
 * The counts are of cl100k_base, made once with gpt-tokenizer 4.0.0 (npm); the texts are our own.
 */
#include "str.h"
#include "tokens.h"
#include "unit/unit.h"

static const struct {
	const char *text;
	size_t cl100k;
} counted[] = {
#include "unit/tokens.inc"
};

static void test_close(void **state)
{
	const size_t count = UNIT_LEN(counted);
	double sum = 0, n = (double)count;

	(void)state;
	for (size_t i = 0; i < UNIT_LEN(counted); i++) {
		double got = (double)tokens_estimate(counted[i].text, strlen(counted[i].text));
		double off = got / (double)counted[i].cl100k - 1;

		unit_case("%.40s: %.0f for %zu", counted[i].text, got, counted[i].cl100k);
		assert_true(off > -0.2 && off < 0.2);
		sum += off < 0 ? -off : off;
	}
	unit_case("mean error %.1f %%", 100 * sum / n);
	assert_true(sum / n <= 0.09);
}

static void test_edges(void **state)
{
	(void)state;
	assert_int_equal(tokens_estimate("", 0), 0);
	assert_in_range(tokens_estimate("a", 1), 1, 2);
	assert_in_range(tokens_estimate("   ", 3), 1, 4);
	assert_in_range(tokens_estimate("\0\0\0", 3), 1, 4);
	assert_in_range(tokens_estimate("\xff\xfe\x80", 3), 1, 4);
}

/* What fits costs no more than the budget, is no more than needed less, and ends at a character. */
static void test_fit(void **state)
{
	static const char text[] =
	        "WARN größe=12345 überlauf: pool exhausted after 3000 ms, retrying…";
	size_t n = strlen(text), last = 0;

	(void)state;
	for (size_t budget = 0; budget < 40; budget++) {
		size_t k = tokens_fit(text, n, budget);

		assert_true(k >= last && k <= n);
		assert_true(tokens_estimate(text, k) <= budget);
		assert_true(k == n || ((unsigned char)text[k] & 0xc0) != 0x80);
		last = k;
	}
	assert_int_equal(last, n);
}

UNIT_MAIN(cmocka_unit_test(test_close), cmocka_unit_test(test_edges), cmocka_unit_test(test_fit))
