/* htmlcheck.h - a strict reader of our pages: finds what a browser could take for more than text.
 */
#ifndef HTMLCHECK_H
#define HTMLCHECK_H

#include <stddef.h>

#include "arena.h"

/* NULL when the page is sound: only known elements and attributes, quoted values, closed in order,
 * no script, no event handler, no address but our own and https, valid UTF-8 without control
 * characters and bidi overrides. Otherwise what is wrong, with the text around it. */
const char *html_fault(struct arena *a, const char *page, size_t n);

#endif
