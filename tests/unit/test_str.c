/* test_str.c - builder, escaping, cutting, cleaning, distance. */
#include "unit.h"

#include "base/utf8.h"
#include "str.h"

static void test_builder(void **state)
{
	struct arena *a = *state;
	struct str b = str_new(a);

	assert_string_equal(b.s, "");
	str_add(&b, NULL);
	str_add(&b, "a");
	str_addc(&b, 'b');
	str_addn(&b, "cdef", 2);
	str_addf(&b, "%d-%s", 7, "x");
	assert_string_equal(b.s, "abcd7-x");
	assert_int_equal(b.len, 7);
	/* Appending a part of itself, over several growths. */
	for (int i = 0; i < 10; i++)
		str_addn(&b, b.s, b.len);
	assert_int_equal(b.len, 7 * 1024);
	assert_memory_equal(b.s + 7 * 1023, "abcd7-x", 8);
	str_cut(&b, 4);
	assert_string_equal(b.s, "abcd");
	str_cut(&b, 400);
	assert_string_equal(b.s, "abcd");
	/* Lengths around the capacity. */
	for (size_t n = 60; n < 70; n++) {
		struct str c = str_new(a);

		for (size_t i = 0; i < n; i++)
			str_addc(&c, 'x');
		assert_int_equal(strlen(c.s), n);
		str_addf(&c, "%0*d", (int)n, 0);
		assert_int_equal(strlen(c.s), 2 * n);
	}
}

static void test_cut_utf8(void **state)
{
	static const struct {
		const char *in;
		size_t at;
		const char *want;
	} t[] = {
	        {"a€b", 3, "a"}, {"a€b", 4, "a€"}, {"a😀", 4, "a"}, {"a😀", 2, "a"}, {"é", 1, ""},
	        {"é", 2, "é"}, {"é", 0, ""}, {"", 0, ""},
	        {"\x80\x80\x80\x80\x80", 4, "\x80\x80\x80\x80"}, /* no character to keep whole */
	};

	for (size_t i = 0; i < UNIT_LEN(t); i++) {
		struct str b = str_new(*state);

		unit_case("%s at %zu", t[i].in, t[i].at);
		str_add(&b, t[i].in);
		str_cut(&b, t[i].at);
		assert_string_equal(b.s, t[i].want);
	}
}

static void test_escape(void **state)
{
	static const struct {
		void (*fn)(struct str *, const char *);
		const char *in, *want;
	} t[] = {
	        {str_mrkdwn, "<@U1> & a>b \"q\"", "&lt;@U1&gt; &amp; a&gt;b \"q\""},
	        {str_mrkdwn, "&amp;", "&amp;amp;"},
	        {str_mrkdwn, NULL, ""},
	        {str_html, "<a href='x' t=\"y\">&",
	                "&lt;a href=&#39;x&#39; t=&quot;y&quot;&gt;&amp;"},
	        {str_html, "grün", "grün"},
	        {str_url, "a b/c?d=e&f+g~-._", "a%20b%2Fc%3Fd%3De%26f%2Bg~-._"},
	        {str_url, "ü%", "%C3%BC%25"},
	};

	for (size_t i = 0; i < UNIT_LEN(t); i++) {
		struct str b = str_new(*state);

		t[i].fn(&b, t[i].in);
		assert_string_equal(b.s, t[i].want);
	}
}

static void test_clean(void **state)
{
	static const struct {
		const char *in;
		size_t n; /* 0 = strlen */
		size_t max;
		const char *want;
	} t[] = {
	        {"plain\ttext\n", 0, 0, "plain\ttext\n"},
	        {"\x1b[31;1mred\x1b[0m\r\n", 0, 0, "red\n"},
	        {"\x1b]0;title\aafter \x1b]8;;http://x\x1b\\link", 0, 0, "after link"},
	        {"\x1b]never ends\nnext", 0, 0, "never ends\nnext"},
	        {"\x1b(Bcharset \x1b"
	         "7save \x1bM",
	                0, 0, "charset save "},
	        {"end\x1b", 0, 0, "end"},
	        {"end\x1b[", 0, 0, "end"},
	        {"a\0b", 3, 0, "ab"},
	        {"\xff\xfe"
	         "x\xc3",
	                0, 0, "\uFFFD\uFFFDx\uFFFD"},
	        {"\xe2\x82"
	         "x",
	                0, 0, "\uFFFDx"},                               /* a cut character is one */
	        {"\xed\xa0\x80", 0, 0, "\uFFFD\uFFFD\uFFFD"},           /* a surrogate is three */
	        {"\xf0\x80\x80\x80", 0, 0, "\uFFFD\uFFFD\uFFFD\uFFFD"}, /* overlong */
	        {"\xf4\x90\x80\x80", 0, 0, "\uFFFD\uFFFD\uFFFD\uFFFD"}, /* over U+10FFFF */
	        {"user\u202Etxt.exe\u2066x\u2069", 0, 0, "usertxt.exex"},
	        {"zero\u200Bwidth\u200D\uFEFF\u2060", 0, 0, "zerowidth"},
	        {"tag\U000E0041\U000E007F", 0, 0, "tag"},
	        {"c1 \xc2\x9b"
	         "31m \x7f",
	                0, 0, "c1 31m "},
	        {"thumbs 👍🏽 ❤\uFE0F", 0, 0, "thumbs 👍🏽 ❤\uFE0F"},
	        {"0123456789", 0, 10, "0123456789"},
	        {"0123456789a", 0, 10, "0123456…"},
	        {"€€€€", 0, 10, "€€…"},
	        {"abcdef", 0, 2, "ab"},
	        {"abcdef", 0, 3, "…"},
	        {"", 0, 5, ""},
	};

	for (size_t i = 0; i < UNIT_LEN(t); i++) {
		unit_case("%zu: %s", i, t[i].in);
		assert_string_equal(
		        str_clean(*state, t[i].in, t[i].n ? t[i].n : strlen(t[i].in), t[i].max),
		        t[i].want);
	}
}

static void test_ellipsis(void **state)
{
	struct arena *a = *state;

	assert_string_equal(str_ellipsis(a, "heal", 4), "heal");
	assert_string_equal(str_ellipsis(a, "healed", 4), "hea…");
	assert_string_equal(str_ellipsis(a, "ööööö", 3), "öö…");
	assert_string_equal(str_ellipsis(a, "ab", 1), "…");
	assert_string_equal(str_ellipsis(a, "", 1), "");
	assert_int_equal(str_chars("ö€😀x"), 4);
	assert_int_equal(str_chars("\xff\xff"), 2);
}

static void test_compare(void **state)
{
	(void)state;
	assert_true(str_eq(NULL, NULL) && str_eq("a", "a"));
	assert_false(str_eq("a", NULL) || str_eq(NULL, "a") || str_eq("a", "b"));
	assert_true(str_ieq("HeAl", "hEaL") && str_ieq(NULL, NULL));
	assert_false(str_ieq("heal", "heat") || str_ieq(NULL, ""));
	assert_true(str_starts("heal", "he") && str_starts("heal", ""));
	assert_false(str_starts("h", "he") || str_starts(NULL, ""));
	assert_true(str_ends("heal.db", ".db") && str_ends("x", "x"));
	assert_false(str_ends("b", ".db") || str_ends(NULL, "x"));
	assert_string_equal(str_or(NULL, "x"), "x");
	assert_string_equal(str_or("", "x"), "x");
	assert_string_equal(str_or("y", "x"), "y");
}

static void test_int(void **state)
{
	static const struct {
		const char *in;
		bool ok;
		int64_t want;
	} t[] = {
	        {"0", true, 0},
	        {"-12", true, -12},
	        {"007", true, 7},
	        {"9223372036854775807", true, INT64_MAX},
	        {"-9223372036854775808", true, INT64_MIN},
	        {"9223372036854775808", false, 0},
	        {"", false, 0},
	        {"-", false, 0},
	        {"+1", false, 0},
	        {" 1", false, 0},
	        {"1 ", false, 0},
	        {"1.0", false, 0},
	        {"0x10", false, 0},
	        {NULL, false, 0},
	};

	(void)state;
	for (size_t i = 0; i < UNIT_LEN(t); i++) {
		int64_t v = 0;

		unit_case("%s", t[i].in ? t[i].in : "NULL");
		assert_int_equal(str_int(t[i].in, &v), t[i].ok);
		assert_true(v == t[i].want);
	}
}

static void test_hash(void **state)
{
	(void)state;
	/* Test vectors of the FNV reference (draft-eastlake-fnv). */
	assert_true(str_hash("", 0) == 0xcbf29ce484222325u);
	assert_true(str_hash("a", 1) == 0xaf63dc4c8601ec8cu);
	assert_true(str_hash("foobar", 6) == 0x85944171f73967e8u);
	assert_string_equal(str_hash_hex(*state, "foobar"), "85944171f73967e8");
}

static void test_distance(void **state)
{
	char x[100], y[100];

	(void)state;
	assert_int_equal(str_distance("", ""), 0);
	assert_int_equal(str_distance("kitten", "sitting"), 3);
	assert_int_equal(str_distance("", "abc"), 3);
	assert_int_equal(str_distance("snooze", "snoze"), 1);
	memset(x, 'x', sizeof(x) - 1);
	memset(y, 'y', sizeof(y) - 1);
	x[99] = y[99] = '\0';
	assert_int_equal(str_distance(x, y), 64);
}

UNIT_MAIN(UNIT_ARENA(test_builder), UNIT_ARENA(test_cut_utf8), UNIT_ARENA(test_escape),
        UNIT_ARENA(test_clean), UNIT_ARENA(test_ellipsis), UNIT_ARENA(test_compare),
        UNIT_ARENA(test_int), UNIT_ARENA(test_hash), UNIT_ARENA(test_distance))
