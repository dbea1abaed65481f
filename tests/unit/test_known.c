/* test_known.c - the answer of an earlier incident, said again about today's evidence. */
#include "diagnose.h"
#include "str.h"
#include "unit/unit.h"

static const char old_text[] =
        "{\"suspected_cause\":{\"text\":\"The pool leaks [e2] since the deploy [e3, e4].\"},"
        "\"remedy\":\"code\",\"remediation_steps\":[{\"text\":\"Release the client [e2]\",\"file\":"
        "\"src/a.ts\",\"risk\":\"low\",\"verify\":\"\"},{\"text\":\"Also here\",\"file\":"
        "\"src/gone.ts\",\"risk\":\"low\",\"verify\":\"\"}]}";
static const char *const paths[] = {"src/a.ts"};
static const struct plan_tree tree = {paths, 1};

static struct evidence_list *today(struct arena *a, bool earlier)
{
	struct evidence_list *l = evidence_new(a);
	struct evidence_earlier x = {.incident = 7,
	        .headline = "HTTP 5xx 9 %",
	        .cause = "The pool leaks",
	        .vote = "right"};

	evidence_add(l, &(struct evidence){.kind = EVIDENCE_METRIC,
	                        .strength = EVIDENCE_WEAK,
	                        .value = "HTTP 5xx 12 %"});
	if (earlier)
		evidence_add_earlier(l, &x, NULL);
	return l;
}

static const json *old(struct arena *a)
{
	return json_parse(a, old_text, strlen(old_text), NULL);
}

static void test_said_again(void **state)
{
	struct arena *a = *state;
	struct plan p;

	assert_true(diagnose_known(a, old(a), 7, today(a, true), &tree, &p));
	assert_non_null(strstr(p.cause, "As in INC-7: The pool leaks since the deploy."));
	assert_null(strstr(p.cause, "[e3]"));
	assert_string_equal(p.cause_ids[0], "e2"); /* the earlier incident, and what is measured */
	assert_string_equal(p.cause_ids[1], "e1");
	assert_int_equal(p.confidence, CONFIDENCE_MEDIUM);
	assert_int_equal(p.remedy, REMEDY_CODE);
	assert_string_equal(p.steps[0].text, "Release the client");
	assert_string_equal(p.steps[0].file, "src/a.ts");
	assert_null(p.steps[1].file); /* it is not there any more */
}

static void test_not_without_the_item(void **state)
{
	struct arena *a = *state;
	struct plan p;

	assert_false(diagnose_known(a, old(a), 7, today(a, false), &tree, &p));
	assert_false(diagnose_known(a, old(a), 77, today(a, true), &tree, &p));
	assert_false(diagnose_known(a, json_obj(a), 7, today(a, true), &tree, &p));
}

/* 8 of 10: 0.49 to 0.94 (tables of Wilson's interval). */
static void test_interval(void **state)
{
	double low, high;

	(void)state;
	score_interval(8, 10, &low, &high);
	assert_true(low > 0.489 && low < 0.491 && high > 0.942 && high < 0.944);
	score_interval(0, 0, &low, &high);
	assert_true(low == 0 && high == 1);
	score_interval(5, 5, &low, &high);
	assert_true(low > 0.5 && high == 1);
}

UNIT_MAIN(UNIT_ARENA(test_interval), UNIT_ARENA(test_said_again),
        UNIT_ARENA(test_not_without_the_item))
