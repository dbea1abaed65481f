/*
 * test_markdown.c - Markdown of a model becomes safe mrkdwn.
 */
#include "markdown.h"
#include "str.h"
#include "unit/unit.h"

static bool link_ok(void *ctx, const char *url)
{
	return str_starts(url, ctx);
}

static const struct {
	const char *md, *mrkdwn;
} cases[] = {
        {"**bold** and *it* and ~~no~~ and `code`", "*bold* and _it_ and ~no~ and `code`"},
        {"# A **big** heading\n\ntext", "*A big heading*\n\ntext"},
        {"one\ntwo  \nthree", "one two\nthree"},
        {"- a\n- b\n  - c\n    1. d\n- e", "• a\n• b\n    • c\n        1. d\n• e"},
        {"3. a\n4. b", "3. a\n4. b"},
        {"text\n\n- a\n\n- b\n\nafter", "text\n\n• a\n• b\n\nafter"},
        {"> quoted\n> more\n\nafter", "> quoted more\n\nafter"},
        {"```sh\nrm -rf <x> & y\n```", "```\nrm -rf &lt;x&gt; &amp; y\n```"},
        {"before\n\n    indented\n\nafter", "before\n\n```\nindented\n```\n\nafter"},
        {"| a | b |\n|---|---|\n| 1 | **2** |", "```\na  b\n────\n1  2\n```"},
        /* Slack's own tokens are only text. */
        {"<!channel> <@U012AB3CD> <#C1|x> &lt;!here&gt;",
                "&lt;!channel&gt; &lt;@U012AB3CD&gt; &lt;#C1|x&gt; &lt;!here&gt;"},
        {"`<!channel>`", "`&lt;!channel&gt;`"},
        {"\\`\\`\\`open", "'''open"},
        {"a <b>html</b>", "a &lt;b&gt;html&lt;/b&gt;"},
        /* Links: by the policy, and never under another host's name. */
        {"[d](https://ok.example/?a=1&b=2)", "<https://ok.example/?a=1&b=2|d>"},
        {"[d](https://bad.example/)", "d"},
        {"[d](javascript:alert(1))", "d"},
        {"[https://bank.example](https://ok.example/x)", "https://bank.example"},
        {"[bank.example](https://ok.example/x)", "bank.example"},
        {"[OK.example/x](https://ok.example/x)", "<https://ok.example/x|OK.example/x>"},
        {"[a > b | c](https://ok.example/x|y)", "<https://ok.example/x%7Cy|a &gt; b / c>"},
        {"[](https://ok.example/x)", ""},
        {"<https://ok.example/x>", "<https://ok.example/x|https://ok.example/x>"},
        {"![tracker](https://ok.example/p.png) text", "text"},
        {"bare https://ok.example/x", "bare https://ok.example/x"},
        {"", ""},
};

static void test_cases(void **state)
{
	struct arena *a = *state;
	char host[] = "https://ok.example/";
	const struct md_policy policy = {.link_ok = link_ok, .ctx = host};
	for (size_t i = 0; i < UNIT_LEN(cases); i++) {
		unit_case("%s", cases[i].md);
		char *got = markdown_mrkdwn(a, cases[i].md, strlen(cases[i].md), &policy);
		assert_string_equal(got[0] == ' ' ? got + 1 : got, cases[i].mrkdwn);
	}
	assert_string_equal(markdown_mrkdwn(a, "[d](https://ok.example/)", 24, NULL),
	        "d"); /* no policy, no link */
}

static void test_parts(void **state)
{
	struct arena *a = *state;
	struct md_part *p;
	static const char md[] = "intro\n\n```\n<raw> & `x`\n```\n\n| a |\n|---|\n| b |\n\nend";
	assert_int_equal(markdown_parts(a, md, strlen(md), NULL, &p), 4);
	assert_int_equal(p[0].kind, MD_MRKDWN);
	assert_string_equal(p[0].text, "intro");
	assert_int_equal(p[1].kind, MD_CODE);
	assert_string_equal(p[1].text, "<raw> & `x`\n"); /* as it is: the builder escapes */
	assert_int_equal(p[2].kind, MD_CODE);
	assert_string_equal(p[3].text, "end");
}

static void test_bounds(void **state)
{
	struct arena *a = *state;
	struct md_part *p;
	struct str b = str_new(a);
	for (int i = 0; i < 5000; i++)
		str_add(&b, "> - ");
	str_add(&b, "deep\n\n");
	for (int i = 0; i < 3000; i++)
		str_add(&b, "```\nx\n```\n");
	assert_true(markdown_parts(a, b.s, b.len, NULL, &p) <= 200);
	/* Only max_bytes of the source are read. */
	const struct md_policy small = {.max_bytes = 10};
	assert_int_equal(markdown_parts(a, "0123456789abc", 13, &small, &p), 1);
	assert_string_equal(p[0].text, "0123456789");
	/* A table wider than can be read loses columns, not rows. */
	b = str_new(a);
	for (int row = 0; row < 3; row++) {
		for (int i = 0; i < 60; i++)
			str_add(&b, row == 1 ? "|-" : "|x");
		str_add(&b, "|\n");
	}
	assert_int_equal(markdown_parts(a, b.s, b.len, NULL, &p), 1);
	assert_int_equal(p[0].kind, MD_CODE);
}

UNIT_MAIN(UNIT_ARENA(test_cases), UNIT_ARENA(test_parts), UNIT_ARENA(test_bounds))
