/* Before and after a change: cured, not cured, not to be told. */
#include "proof.h"

#include <math.h>

#include "unit.h"

enum { HALF_HOUR = 30 * 60000 };

static struct proof_case rate(double before, double n1, double after, double n2)
{
	return (struct proof_case){
	        .before = {before, n1, HALF_HOUR},
	        .after = {after, n2, HALF_HOUR},
	        .limit = 0.02,
	        .min_requests = 50,
	        .share = true,
	};
}

static enum proof judge(struct proof_case c)
{
	return proof_judge(&c, NULL);
}

static void a_share_that_fell(void **s)
{
	(void)s;
	assert_int_equal(judge(rate(0.124, 10630, 0.001, 9800)), PROOF_CURED);
	/* below the limit, but 1 of 50 against 2 of 50 is chance */
	assert_int_equal(judge(rate(0.04, 50, 0.018, 55)), PROOF_NOT_CURED);
	/* much better, still above the limit */
	assert_int_equal(judge(rate(0.5, 5000, 0.05, 5000)), PROOF_NOT_CURED);
	assert_int_equal(judge(rate(0.124, 10630, 0.13, 9800)), PROOF_NOT_CURED);
}

static void little_traffic_tells_nothing(void **s)
{
	const char *why;
	struct proof_case c = rate(0.124, 10630, 0, 40);

	(void)s;
	assert_int_equal(proof_judge(&c, &why), PROOF_UNKNOWN);
	assert_string_equal(why, "too little traffic after the change");
	c = rate(0.124, 10630, 0, 2000);
	assert_int_equal(proof_judge(&c, &why), PROOF_UNKNOWN);
	assert_string_equal(why, "less than a quarter of the former traffic");
	/* the same per minute over a shorter time is enough */
	c.after.ms = HALF_HOUR / 6;
	assert_int_equal(proof_judge(&c, &why), PROOF_CURED);
	assert_string_equal(why, "");
	c.after.value = (double)NAN;
	assert_int_equal(proof_judge(&c, &why), PROOF_UNKNOWN);
}

static void other_metrics_need_a_fifth(void **s)
{
	struct proof_case c = {
	        .before = {2940, 5000, HALF_HOUR},
	        .after = {290, 5000, HALF_HOUR},
	        .limit = 1000,
	        .min_requests = 50,
	};

	(void)s;
	assert_int_equal(judge(c), PROOF_CURED);
	c.before.value = 1010;
	c.after.value = 990;
	assert_int_equal(judge(c), PROOF_NOT_CURED);
	/* memory: no requests are counted */
	c = (struct proof_case){.before = {0.97, (double)NAN, 0},
	        .after = {0.4, (double)NAN, HALF_HOUR},
	        .limit = 0.85,
	        .min_requests = 50};
	assert_int_equal(judge(c), PROOF_CURED);
	/* without a limit, half of what it was */
	c.limit = 0;
	c.after.value = 0.6;
	assert_int_equal(judge(c), PROOF_NOT_CURED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_share_that_fell),
	        cmocka_unit_test(little_traffic_tells_nothing),
	        cmocka_unit_test(other_metrics_need_a_fifth),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
