/* htmlcheck.c - see htmlcheck.h. */
#include "htmlcheck.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "str.h"

enum { MAX_DEPTH = 64 };

struct reader {
	struct arena *a;
	const char *page, *at, *end;
	const char *open[MAX_DEPTH];
	size_t depth;
};

static const char *wrong(const struct reader *r, const char *what, const char *at)
{
	size_t before = (size_t)(at - r->page) < 40 ? (size_t)(at - r->page) : 40;
	size_t after = (size_t)(r->end - at) < 60 ? (size_t)(r->end - at) : 60;

	return arena_printf(r->a, "%s near: %.*s", what, (int)(before + after), at - before);
}

static bool listed(const char *list, const char *name)
{
	char word[40];

	snprintf(word, sizeof(word), " %s ", name);
	return strlen(name) < 36 && strstr(list, word);
}

static bool known_tag(const char *name)
{
	return listed(
	        " html head meta title link body a header nav main h1 h2 h3 h4 footer p form "
	        "button label input select option div span strong small section table caption "
	        "thead tbody tr th td dl dt dd ol li time pre details summary article svg rect "
	        "code ",
	        name);
}

static bool known_attribute(const char *name)
{
	return listed(" lang charset name content rel href class id method action for type value "
	              "placeholder autocomplete required autofocus selected scope datetime title "
	              "tabindex role aria-label aria-current aria-hidden aria-describedby "
	              "aria-invalid viewBox preserveAspectRatio x y rx width height ",
	        name);
}

static bool is_void(const char *tag)
{
	return listed(" meta link input rect ", tag);
}

static const char *word(struct reader *r)
{
	size_t n = strspn(r->at, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-0123456789");
	const char *w = arena_strndup(r->a, r->at, n);

	r->at += n;
	return w;
}

/* The value after ="; it ends at the next quote and must not hold a raw < or >. */
static const char *value(struct reader *r, const char *name)
{
	const char *from = r->at + 2;
	size_t n;

	if (r->at[0] != '=')
		return NULL; /* the name alone */
	if (r->at[1] != '"')
		return wrong(r, "a value without quotes", r->at);
	n = strcspn(from, "\"");
	if (memchr(from, '<', n) || memchr(from, '>', n))
		return wrong(r, "markup in a value", from);
	r->at = from + n + 1;
	if ((str_eq(name, "href") || str_eq(name, "action")) &&
	        !(from[0] == '/' && from[1] != '/') && from[0] != '#' &&
	        !str_starts(from, "https://"))
		return wrong(r, "an address of another kind", from);
	return NULL;
}

static const char *attributes(struct reader *r)
{
	while (*r->at == ' ') {
		const char *name, *fault;

		r->at++;
		name = word(r);
		if (!known_attribute(name))
			return wrong(r, arena_printf(r->a, "the attribute \"%s\"", name), r->at);
		fault = value(r, name);
		if (fault)
			return fault;
	}
	return NULL;
}

static const char *opening(struct reader *r)
{
	const char *tag = word(r), *fault;

	if (!known_tag(tag))
		return wrong(r, arena_printf(r->a, "the element \"%s\"", tag), r->at);
	fault = attributes(r);
	if (fault)
		return fault;
	if (str_starts(r->at, "/>") && is_void(tag)) {
		r->at += 2;
		return NULL;
	}
	if (*r->at != '>')
		return wrong(r, "an element that does not end", r->at);
	r->at++;
	if (r->depth == MAX_DEPTH)
		return wrong(r, "too deep", r->at);
	r->open[r->depth++] = tag;
	return NULL;
}

static const char *closing(struct reader *r)
{
	const char *tag;

	r->at++;
	tag = word(r);
	if (*r->at != '>' || r->depth == 0 || !str_eq(r->open[r->depth - 1], tag))
		return wrong(r, arena_printf(r->a, "an end of \"%s\"", tag), r->at);
	r->at++;
	r->depth--;
	return NULL;
}

static const char *elements(struct reader *r)
{
	while (r->at < r->end) {
		const char *fault = NULL;

		if (*r->at == '>')
			return wrong(r, "a lone >", r->at);
		if (*r->at++ != '<')
			continue;
		fault = *r->at == '/' ? closing(r) : opening(r);
		if (fault)
			return fault;
	}
	return r->depth ? wrong(r, "what is not closed", r->end) : NULL;
}

const char *html_fault(struct arena *a, const char *page, size_t n)
{
	static const char doctype[] = "<!doctype html>\n";
	struct reader r = {.a = a, .page = page, .at = page, .end = page + n};

	if (strlen(page) != n)
		return "a NUL in the page";
	if (!str_eq(str_clean(a, page, n, 0), page))
		return "characters that cannot be seen, or no UTF-8";
	if (str_starts(page, doctype))
		r.at += sizeof(doctype) - 1;
	return elements(&r);
}
