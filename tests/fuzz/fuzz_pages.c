/* fuzz_pages.c - what a browser, or somebody who plays one, sends to the local pages: Host, Cookie,
 * Authorization, a form, the conditions of a list; and any text on a page. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "net/pages_private.h"
#include "pages/filter.h"
#include "pages/html.h"
#include "str.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_form(struct arena *a, const char *body, size_t n)
{
	const char **fields = pages_form_fields(a, body, n);
	struct page_request q = {.a = a, .params = fields};
	size_t count = 0;

	for (; fields[count]; count++)
		assert(strlen(fields[count]) <= n);
	assert(count <= PAGES_PARAMS);
	page_param(&q, "token");
}

static void check_address(struct arena *a, const char *to)
{
	const char *own = pages_own_address(a, to);

	assert(own[0] == '/' && own[1] != '/' && own[1] != '\\');
	assert(!strpbrk(own, "\r\n\t \\"));
}

static void check_filter(const char *s)
{
	static const char *const names[] = {
	        "state", "incident", "since", "until", "before", "after", "limit", "search"};
	struct run_filter f = {0};
	struct err e;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		filter_set(&f, names[i], s, &e);
	assert(f.limit >= 0 && f.limit <= 1000 && f.before >= 0 && f.incident >= 0);
}

static void check_html(struct arena *a, const char *s)
{
	struct html h = html_new(a, NULL, 4096);

	html_text(&h, s);
	assert(!strpbrk(h.b.s, "<>\"'"));
	html_open(&h, "a", "href", s, "title", s, NULL);
	assert(strlen(h.b.s) == h.b.len && h.b.s[h.b.len - 1] == '>');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct pages p = {.token = "a token of the bot"};
	struct arena *a = arena_new(0);
	const char *s = arena_strndup(a, (const char *)data, size);
	const struct pages_session *mine = pages_session_new(&p);

	s = s ? s : "";
	assert(!pages_bearer_fits(&p, s) || strstr(s, "a token of the bot"));
	assert(!pages_session_of(&p, s) || strstr(s, "heal_session="));
	assert(pages_session_of(&p, arena_printf(a, "a=b; heal_session=%s; c=d", mine->id)) ==
	        mine);
	pages_names_this_machine(s);
	check_form(a, (const char *)data, size);
	check_address(a, s);
	check_filter(s);
	check_html(a, s);
	arena_free(a);
	return 0;
}
