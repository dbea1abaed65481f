/* test_html.c - the HTML writer: whatever is put in, only text comes out. */
#include "unit.h"

#include "htmlcheck.h"
#include "nasty.h"
#include "pages/html.h"

static const char *mask(struct arena *a, const char *text)
{
	const char *at = strstr(text, "hunter2");

	return at ? arena_printf(a, "%.*s[masked]%s", (int)(at - text), text, at + 7) : text;
}

static void write_all(struct html *h, const char *x)
{
	html_doctype(h);
	html_open(h, "html", "lang", x, NULL);
	html_open(h, "a", "href", x, "title", x, "class", x, NULL);
	html_text(h, x);
	html_own(h, x);
	html_ownf(h, "%s and %s", x, x);
	html_close(h, "a");
	html_void(h, "input", "name", x, "value", x, "placeholder", x, NULL);
	html_text_in(h, "p", x, x);
	html_own_in(h, "p", x, "own");
	html_link(h, x, "words");
	html_close(h, "html");
}

static void test_nasty(void **state)
{
	struct arena *a = *state;

	for (size_t i = 0; i < UNIT_LEN(nasty); i++) {
		struct html h = html_new(a, NULL, 100000);
		const char *fault;

		unit_case("%s", nasty[i]);
		write_all(&h, nasty[i]);
		fault = html_fault(a, h.b.s, h.b.len);
		if (fault)
			fail_msg("%s", fault);
	}
}

static void test_forms(void **state)
{
	struct html h = html_new(*state, NULL, 100000);

	html_open(&h, "a", "href", "/x?a=1&b=\"", "class", NULL, NULL);
	html_text(&h, "1 < 2 & 'x'");
	html_close(&h, "a");
	html_void(&h, "input", "required", "", "value", "v", NULL);
	html_text(&h, NULL);
	html_link(&h, "javascript:alert(1)", "no");
	html_link(&h, "//evil.example", "no");
	html_link(&h, "/\\evil.example", "no");
	html_link(&h, "http://evil.example", "no");
	html_link(&h, "https://github.com/a/b", "yes");
	assert_string_equal(h.b.s, "<a href=\"/x?a=1&amp;b=&quot;\">1 &lt; 2 &amp; &#39;x&#39;</a>"
	                           "<input required value=\"v\"/><a>no</a><a>no</a><a>no</a>"
	                           "<a>no</a><a href=\"https://github.com/a/b\">yes</a>");
}

/* A secret with an invisible character inside is whole again on the screen: it is cleaned first. */
static void test_mask(void **state)
{
	struct html h = html_new(*state, mask, 100000);

	html_text(&h, "a hunter2 b");
	html_text(&h, " hun\xe2\x80\x8bter2");
	html_open(&h, "p", "title", "hunter2", NULL);
	html_close(&h, "p");
	html_own(&h, " own");
	assert_string_equal(h.b.s, "a [masked] b [masked]<p title=\"[masked]\"></p> own");
}

/* The limit cuts text, never markup, and never leaves half of a secret. */
static void test_limit(void **state)
{
	struct arena *a = *state;

	for (size_t max = 0; max < 200; max++) {
		struct html h = html_new(a, mask, max);

		html_open(&h, "section", NULL);
		for (int i = 0; i < 50; i++)
			html_text_in(&h, "p", NULL, i == 25 ? "hunter2 <b>" : "<&> words ");
		html_close(&h, "section");
		assert_null(html_fault(a, h.b.s, h.b.len));
		assert_null(strstr(h.b.s, "hunter"));
		assert_true(html_full(&h));
	}
}

UNIT_MAIN(UNIT_ARENA(test_nasty), UNIT_ARENA(test_forms), UNIT_ARENA(test_mask),
        UNIT_ARENA(test_limit))
