/* What people type, taken apart. */
#include "unit.h"

#include "app/grammar.h"
#include "str.h"

static const struct split_case {
	const char *text, *verb, *rest;
	int argc;
	const char *argv[4];
} splits[] = {
        {"", "", "", 0, {NULL}},
        {"   ", "", "", 0, {NULL}},
        {"FIX 42", "fix", "42", 1, {"42"}},
        {"fix 42 \"keep the API stable\" draft", "fix", "42 \"keep the API stable\" draft", 3,
                {"42", "keep the API stable", "draft"}},
        {"snooze 42 “until worse”", "snooze", "42 “until worse”", 2, {"42", "until worse"}},
        {"why 'my api'", "why", "'my api'", 1, {"my api"}},
        {"resolve 42 \"never closed", "resolve", "42 \"never closed", 2, {"42", "never closed"}},
        {"ignore 42 a &lt;b&gt; &amp;amp;", "ignore", "42 a <b> &amp;", 4,
                {"42", "a", "<b>", "&amp;"}},
        {"list\tservice=api\n since=7d", "list", "service=api\n since=7d", 2,
                {"service=api", "since=7d"}},
};

static void split(void **state)
{
	struct arena *a = arena_new(0);

	(void)state;
	for (size_t i = 0; i < sizeof(splits) / sizeof(*splits); i++) {
		struct words w = grammar_split(a, splits[i].text);

		assert_string_equal(w.verb, splits[i].verb);
		assert_string_equal(w.rest, splits[i].rest);
		assert_int_equal(w.argc, splits[i].argc);
		for (int k = 0; k < w.argc; k++)
			assert_string_equal(w.argv[k], splits[i].argv[k]);
	}
	arena_free(a);
}

static void split_keeps_the_rest_of_many_words(void **state)
{
	struct arena *a = arena_new(0);
	struct words w = grammar_split(a, "x 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18");

	(void)state;
	assert_int_equal(w.argc, GRAMMAR_MAX_WORDS);
	assert_string_equal(w.argv[15], "16 17 18");
	arena_free(a);
}

static void addressed(void **state)
{
	(void)state;
	assert_string_equal(grammar_addressed("<@UBOT> fix", "UBOT"), " fix");
	assert_string_equal(grammar_addressed("  <@UBOT|heal> fix 3", "UBOT"), " fix 3");
	assert_string_equal(grammar_addressed("!heal ack", "UBOT"), " ack");
	assert_string_equal(grammar_addressed("!HEAL", "UBOT"), "");
	assert_null(grammar_addressed("!healthy food", "UBOT"));
	assert_null(grammar_addressed("<@UOTHER> fix", "UBOT"));
	assert_null(grammar_addressed("<@UBOT2> fix", "UBOT"));
	assert_null(grammar_addressed("I asked <@UBOT> to fix it", "UBOT"));
	assert_null(grammar_addressed("<@UBOT", "UBOT"));
	assert_null(grammar_addressed("<@> fix", ""));
}

static void ids(void **state)
{
	static const struct {
		const char *word;
		int64_t id; /* 0 = refused */
	} cases[] = {{"42", 42}, {"INC-42", 42}, {"inc-7", 7}, {"#9", 9}, {"0", 0}, {"-1", 0},
	        {"", 0}, {"INC-", 0}, {"42x", 0}, {"1234567890", 0}, {"4 2", 0}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		int64_t id = 0;
		bool ok = grammar_id(cases[i].word, &id);

		assert_int_equal(ok, cases[i].id != 0);
		if (ok)
			assert_int_equal(id, cases[i].id);
	}
}

static void links(void **state)
{
	struct arena *a = arena_new(0);
	const char *channel = NULL, *ts = NULL;

	(void)state;
	assert_true(grammar_link(
	        a, "https://acme.slack.com/archives/C0123ABCD/p1700000000123456", &channel, &ts));
	assert_string_equal(channel, "C0123ABCD");
	assert_string_equal(ts, "1700000000.123456");
	assert_true(grammar_link(a,
	        "<https://acme.slack.com/archives/C0123ABCD/"
	        "p1700000009000100?thread_ts=1700000000.123456&cid=C0123ABCD>",
	        &channel, &ts));
	assert_string_equal(ts, "1700000000.123456");
	assert_false(grammar_link(
	        a, "http://acme.slack.com/archives/C0123ABCD/p1700000000123456", &channel, &ts));
	assert_false(grammar_link(a, "https://x/archives/c1/p17", &channel, &ts));
	assert_false(grammar_link(a, "https://x/archives/C0123ABCD/p12", &channel, &ts));
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(split),
	        cmocka_unit_test(split_keeps_the_rest_of_many_words),
	        cmocka_unit_test(addressed),
	        cmocka_unit_test(ids),
	        cmocka_unit_test(links),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
