/*
 * html.h - writes HTML that is escaped by construction.
 *
 * There is no way to put markup into a page but html_open/html_close with names that are constants
 * of the program; every text and every attribute value is escaped. Text has two doors:
 *
 *	html_text  what came from outside (logs, errors, inputs, names): redacted, cleaned
 *	           (invalid UTF-8, control characters, bidi overrides), escaped
 *	html_own   words and numbers of the program: cleaned, escaped
 *
 * Of attribute values, those that a person reads (title, value, aria-label, a link elsewhere) go
 * through the first door, the others through the second. An address (href, action, src) must begin
 * with "/" or "#", or be https://; anything else ("javascript:") is left out. When a page has grown
 *to its limit further text is dropped and html_full tells so; elements are still closed.
 */
#ifndef PAGES_HTML_H
#define PAGES_HTML_H

#include <stdbool.h>
#include <stddef.h>

#include "str.h"

/* The redactor; NULL = none (tests). */
typedef const char *(*html_mask_fn)(struct arena *a, const char *text);

struct html {
	struct str b;
	html_mask_fn mask;
	size_t max;
};

/* `max`: bytes; a little more is written, to close what is open. */
struct html html_new(struct arena *a, html_mask_fn mask, size_t max);
bool html_full(const struct html *h);

/* Attributes as name, value pairs, ended by NULL; a NULL value leaves the attribute out, "" writes
 * the name alone. */
void html_open(struct html *h, const char *tag, ...) __attribute__((sentinel));
/* The same for an element without content (input, link, rect). */
void html_void(struct html *h, const char *tag, ...) __attribute__((sentinel));
void html_close(struct html *h, const char *tag);

void html_text(struct html *h, const char *foreign); /* NULL adds nothing */
/* The same, at most so many characters; cut after it was masked. */
void html_brief(struct html *h, const char *foreign, size_t max_chars);
void html_own(struct html *h, const char *words);
void html_ownf(struct html *h, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* <tag class="...">own words</tag>; class may be NULL. */
void html_own_in(struct html *h, const char *tag, const char *class, const char *words);
/* The same for foreign text. */
void html_text_in(struct html *h, const char *tag, const char *class, const char *foreign);
/* <a href="...">own words</a>. */
void html_link(struct html *h, const char *href, const char *words);

/* "<!doctype html>". */
void html_doctype(struct html *h);

#endif
