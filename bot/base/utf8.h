/*
 * utf8.h - one step of UTF-8 decoding, for the few places that look at code points.
 *
 * Follows the Unicode recommendation for errors (as WHATWG): each maximal ill-formed part counts as
 * one U+FFFD. Surrogates, overlong forms and values over U+10FFFF are ill-formed. Thread: any.
 */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UTF8_BAD 0xFFFDu

/* Decodes one code point from s (n >= 1 bytes left). Returns the bytes used (1..4). On ill-formed
 * input *cp is UTF8_BAD and *ok false; a real U+FFFD has *ok true. */
size_t utf8_next(const char *s, size_t n, uint32_t *cp, bool *ok);

/* True when all n bytes are well-formed. */
bool utf8_valid(const char *s, size_t n);

/* The largest length <= max that does not split a character of s (n bytes). */
size_t utf8_floor(const char *s, size_t n, size_t max);

#endif
