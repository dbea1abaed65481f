/*
 * json_text.h - what json.c needs done to text before cJSON sees it.
 */
#ifndef BASE_JSON_TEXT_H
#define BASE_JSON_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "arena.h"
#include "err.h"

/* Refuses nesting over 200 (ERR_PROTO); replaces \u0000, lone surrogates, NUL and bytes that are
 * not UTF-8 by U+FFFD in a copy when there are any. Changes *text and *n only then. */
bool json_text_mend(struct arena *a, const char **text, size_t *n, struct err *e);

/* A copy in which each ill-formed part is U+FFFD and NUL is U+FFFD. */
char *json_text_utf8(struct arena *a, const char *s, size_t n);

#endif
