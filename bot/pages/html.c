/* html.c - see html.h. */
#include "pages/html.h"

#include <assert.h>
#include <stdarg.h>
#include <string.h>

struct html html_new(struct arena *a, html_mask_fn mask, size_t max)
{
	return (struct html){.b = str_new(a), .mask = mask, .max = max};
}

bool html_full(const struct html *h)
{
	return h->b.len >= h->max;
}

/* Names are constants of the program: anything else is a programming error. */
static void add_name(struct html *h, const char *name)
{
	assert(name[0] && strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-"
	                               "0123456789") == strlen(name));
	str_add(&h->b, name);
}

/* Cleaned before it is masked, or a secret with an invisible character inside would pass the mask
 * and be whole on the screen; cut after it, or half of a secret would stay. */
static const char *fit(struct html *h, const char *text, size_t max)
{
	text = str_clean(h->b.a, text, strlen(text), 0);
	if (h->mask)
		text = h->mask(h->b.a, text);
	return strlen(text) > max ? str_clean(h->b.a, text, strlen(text), max) : text;
}

static bool is_address(const char *name)
{
	return str_eq(name, "href") || str_eq(name, "action") || str_eq(name, "src");
}

static bool safe_address(const char *value)
{
	return (value[0] == '/' && value[1] != '/' && value[1] != '\\') || value[0] == '#' ||
	       str_starts(value, "https://");
}

/* Those that hold text which a person reads. */
static bool is_text(const char *name, const char *value)
{
	return str_eq(name, "title") || str_eq(name, "value") || str_eq(name, "aria-label") ||
	       (is_address(name) && str_starts(value, "https://"));
}

/* Attributes belong to the frame of a page, which is written also when its text is cut; so they
 * have a limit of their own. */
static void add_value(struct html *h, const char *name, const char *value)
{
	enum { MAX_VALUE = 4096 };

	value = is_text(name, value) ? fit(h, value, MAX_VALUE)
	                             : str_clean(h->b.a, value, strlen(value), MAX_VALUE);
	str_add(&h->b, "=\"");
	str_html(&h->b, value);
	str_addc(&h->b, '"');
}

static void add_tag(struct html *h, const char *tag, va_list ap)
{
	str_addc(&h->b, '<');
	add_name(h, tag);
	for (const char *name; (name = va_arg(ap, const char *));) {
		const char *value = va_arg(ap, const char *);

		if (!value || (is_address(name) && !safe_address(value)))
			continue;
		str_addc(&h->b, ' ');
		add_name(h, name);
		if (*value)
			add_value(h, name, value);
	}
	str_addc(&h->b, '>');
}

void html_open(struct html *h, const char *tag, ...)
{
	va_list ap;

	va_start(ap, tag);
	add_tag(h, tag, ap);
	va_end(ap);
}

void html_void(struct html *h, const char *tag, ...)
{
	va_list ap;

	va_start(ap, tag);
	add_tag(h, tag, ap);
	va_end(ap);
	/* Inside SVG an element must be closed; HTML ignores the slash. */
	h->b.s[h->b.len - 1] = '/';
	str_addc(&h->b, '>');
}

void html_close(struct html *h, const char *tag)
{
	str_add(&h->b, "</");
	add_name(h, tag);
	str_addc(&h->b, '>');
}

void html_text(struct html *h, const char *foreign)
{
	if (foreign && *foreign && !html_full(h))
		str_html(&h->b, fit(h, foreign, h->max - h->b.len));
}

void html_brief(struct html *h, const char *foreign, size_t max_chars)
{
	if (foreign && *foreign && !html_full(h))
		str_html(
		        &h->b, str_ellipsis(h->b.a, fit(h, foreign, h->max - h->b.len), max_chars));
}

void html_own(struct html *h, const char *words)
{
	if (words && !html_full(h))
		str_html(&h->b, str_clean(h->b.a, words, strlen(words), 0));
}

void html_ownf(struct html *h, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	html_own(h, arena_vprintf(h->b.a, format, ap));
	va_end(ap);
}

void html_own_in(struct html *h, const char *tag, const char *class, const char *words)
{
	html_open(h, tag, "class", class, NULL);
	html_own(h, words);
	html_close(h, tag);
}

void html_text_in(struct html *h, const char *tag, const char *class, const char *foreign)
{
	html_open(h, tag, "class", class, NULL);
	html_text(h, foreign);
	html_close(h, tag);
}

void html_link(struct html *h, const char *href, const char *words)
{
	html_open(h, "a", "href", href, NULL);
	html_own(h, words);
	html_close(h, "a");
}

void html_doctype(struct html *h)
{
	str_add(&h->b, "<!doctype html>\n");
}
