/* test_llm_prices.c - names to prices, and what a request may cost. */
#include "clients/llm_i.h"
#include "unit/unit.h"

static bool near(double a, double b)
{
	return a - b < 1e-9 && b - a < 1e-9;
}

static void test_find(void **state)
{
	static const struct {
		const char *model;
		double in; /* < 0 = unknown */
	} t[] = {
	        {"gpt-5.4", 2.5},
	        {"gpt-5.4-2026-03-05", 2.5},
	        {"gpt-5.4-mini", 0.75},
	        {"gpt-5.4-pro", -1}, /* another price: no guess */
	        {"gpt-4o-mini", 0.15},
	        {"openai/gpt-6-luna", 0.1},
	        {"claude-opus-5", 5},
	        {"claude-opus-5-5", 4},
	        {"claude-opus-5-5-20260901", 4},
	        {"claude-haiku-4-5@20251001", 1},
	        {"claude-sonnet-5-latest", 2},
	        {"llama3", -1},
	        {"", -1},
	};
	struct llm_price p;

	(void)state;
	for (size_t i = 0; i < UNIT_LEN(t); i++) {
		unit_case("%s", t[i].model);
		assert_int_equal(llm_price_find(t[i].model, &p), t[i].in >= 0);
		if (t[i].in >= 0)
			assert_true(p.in == t[i].in && p.out > p.in && p.cached < p.in);
	}
	assert_int_equal(strlen(llm_price_date()), 10);
}

static void test_estimate(void **state)
{
	struct llm_shared *s = llm_shared_new();
	struct llm_config c = {.model = "gpt-6-sol",
	        .max_tokens = 1000,
	        .price_in = -1,
	        .price_out = -1,
	        .price_cached = -1};
	struct llm *l = llm_new(NULL, &c, s);
	struct llm_price p;

	(void)state;
	assert_true(near(llm_estimate_usd(l, NULL, 10000, 0), 0.02 + 0.01));
	assert_true(llm_estimate_usd(l, "nobody-knows", 10000, 0) < 0);
	llm_free(l);
	c.price_in = 3; /* the setting wins, also for unknown models */
	c.price_out = 6;
	l = llm_new(NULL, &c, s);
	assert_true(near(llm_estimate_usd(l, "nobody-knows", 1000000, 1000000), 9));
	assert_true(llm_price_of(l, NULL, &p) && p.cached == 3);
	llm_free(l);
	llm_shared_free(s);
}

UNIT_MAIN(cmocka_unit_test(test_find), cmocka_unit_test(test_estimate))
