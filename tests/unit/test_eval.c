/* test_eval.c - a recorded case, and how a plan for it is scored. */
#include "diagnose/eval.h"
#include "str.h"
#include "unit/unit.h"

static const char whole[] =
        "{\"name\":\"pool\",\"service\":\"api\",\"headline\":\"HTTP 5xx 12 %\",\"evidence\":["
        "{\"kind\":\"metric\",\"value\":\"HTTP 5xx 12 %\",\"strength\":\"weak\"},"
        "{\"kind\":\"log\",\"value\":\"timeout connecting\",\"strength\":\"decisive\"}],"
        "\"expect\":{\"cause\":[\"pool|connection\",\"leak\"],\"remedy\":[\"code\"],\"least\":"
        "\"medium\",\"most\":\"medium\",\"cites\":[\"e2\"],\"must_not_say\":[\"Redis\"]}}";

static struct eval_case parsed(struct arena *a, const char *text)
{
	struct eval_case c;
	struct err e = {0};

	if (!eval_case_parse(a, "x.json", text, strlen(text), &c, &e))
		fail_msg("%s", e.msg);
	return c;
}

static const char *ids2[] = {"e2", NULL}, *ids1[] = {"e1", NULL}, *none[] = {NULL};

static struct plan plan_with(const char *cause, const char **ids, enum confidence word)
{
	return (struct plan){.summary = "s",
	        .cause = cause,
	        .cause_ids = cause ? ids : none,
	        .confidence = word,
	        .confidence_reason = "r",
	        .doubt = "",
	        .debugging = none,
	        .reproduce = none,
	        .avoid = none,
	        .missing = none,
	        .checked = none,
	        .notes = none,
	        .remedy = REMEDY_CODE,
	        .conclusive = cause != NULL};
}

static struct eval_score scored(struct arena *a, const struct eval_case *c, struct plan p)
{
	struct eval_score s;

	eval_score(a, c, &p, json_obj(a), &s);
	return s;
}

static void test_score(void **state)
{
	struct arena *a = *state;
	struct eval_case c = parsed(a, whole);
	struct eval_score s =
	        scored(a, &c, plan_with("A Connection leaks", ids2, CONFIDENCE_MEDIUM));

	assert_int_equal(s.verdict, EVAL_RIGHT);
	assert_true(s.cause && s.remedy && s.honest && s.clean && s.ids);
	assert_string_equal(s.why, "");

	s = scored(a, &c, plan_with("The pool is small", ids2, CONFIDENCE_MEDIUM));
	assert_int_equal(s.verdict, EVAL_WRONG); /* one group of words is missing */
	assert_non_null(strstr(s.why, "The pool is small"));

	s = scored(a, &c, plan_with(NULL, none, CONFIDENCE_NONE));
	assert_int_equal(s.verdict, EVAL_MISSED);
	assert_false(s.cause || s.remedy || s.honest);

	s = scored(a, &c, plan_with("Redis leaks a connection", ids1, CONFIDENCE_HIGH));
	assert_true(s.cause && s.remedy);
	assert_false(s.honest || s.clean || s.ids); /* too sure, forbidden, the wrong item */
}

static void test_links_and_mentions(void **state)
{
	struct arena *a = *state;
	struct eval_case c = parsed(a, whole);

	assert_false(scored(a, &c, plan_with("leak, see http://x", ids2, CONFIDENCE_LOW)).clean);
	assert_false(scored(a, &c, plan_with("leak <!channel>", ids2, CONFIDENCE_LOW)).clean);
	assert_true(scored(a, &c, plan_with("leak", ids2, CONFIDENCE_LOW)).clean);
}

static void test_made_up_ids(void **state)
{
	static const char answer[] = "{\"suspected_cause\":{\"evidence\":[\"e2\",\"e9\"]}}";
	struct arena *a = *state;
	struct eval_case c = parsed(a, whole);
	struct plan p = plan_with("connection leak", ids2, CONFIDENCE_MEDIUM);
	struct eval_score s;

	eval_score(a, &c, &p, json_parse(a, answer, strlen(answer), NULL), &s);
	assert_true(s.cause);
	assert_false(s.ids);
	assert_string_equal(s.why, "cites e9, which does not exist");
}

/* A cause where there is none is wrong; none is right. */
static void test_no_cause(void **state)
{
	static const char expect[] =
	        "{\"cause\":null,\"remedy\":[],\"least\":\"none\",\"most\":\"low\"}";
	struct arena *a = *state;
	struct eval_case c = parsed(a, whole);

	c.expect = json_parse(a, expect, strlen(expect), NULL);
	assert_int_equal(
	        scored(a, &c, plan_with("leak", ids2, CONFIDENCE_MEDIUM)).verdict, EVAL_WRONG);
	assert_int_equal(scored(a, &c, plan_with(NULL, none, CONFIDENCE_NONE)).verdict, EVAL_RIGHT);
}

static void test_totals(void **state)
{
	struct arena *a = *state;
	struct eval_case c = parsed(a, whole);
	struct eval_score s = scored(a, &c, plan_with("connection leak", ids2, CONFIDENCE_MEDIUM));
	struct eval_total t = {0};

	assert_true(eval_share(&t) == 0);
	s.cost_usd = 0.5;
	eval_add(&t, &s);
	eval_failed("no answer", &s);
	eval_add(&t, &s);
	assert_int_equal(t.right, 1);
	assert_int_equal(t.failed, 1);
	assert_true(eval_share(&t) == 0.5);
	assert_true(t.cost_usd == 0.5);
}

static void test_broken_cases(void **state)
{
	static const struct {
		const char *from, *to, *says;
	} t[] = {
	        {"\"name\":\"pool\"", "\"name\":\"\"", "name, service and headline"},
	        {"\"metric\"", "\"metrics\"", "unknown kind"},
	        {"[\"code\"]", "[\"luck\"]", "unknown kind of remedy"},
	        {"[\"code\"]", "[]", "a kind of remedy"},
	        {"\"most\":\"medium\"", "\"most\":\"sure\"", "least and most"},
	        {"must_not_say", "mustnt_say", "mustnt_say"},
	        {"\"headline\"",
	                "\"stands\":{\"verdict\":\"right\",\"confidence\":\"low\"},"
	                "\"headline\"",
	                "there is none"},
	        {"\"headline\"", "\"began\":\"yesterday\",\"headline\"", "RFC 3339"},
	        {"{", "[", "x.json"},
	};
	struct arena *a = *state;

	for (size_t i = 0; i < UNIT_LEN(t); i++) {
		const char *at = strstr(whole, t[i].from);
		const char *text = arena_printf(
		        a, "%.*s%s%s", (int)(at - whole), whole, t[i].to, at + strlen(t[i].from));
		struct eval_case c;
		struct err e = {0};

		unit_case("%s", t[i].to);
		assert_false(eval_case_parse(a, "x.json", text, strlen(text), &c, &e));
		if (!strstr(e.msg, t[i].says))
			fail_msg("%s", e.msg);
	}
}

UNIT_MAIN(UNIT_ARENA(test_score), UNIT_ARENA(test_links_and_mentions), UNIT_ARENA(test_made_up_ids),
        UNIT_ARENA(test_no_cause), UNIT_ARENA(test_totals), UNIT_ARENA(test_broken_cases))
