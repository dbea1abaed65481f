/*
 * str.h - a string builder on an arena, and the escaping for every place a text goes to.
 *
 * Invariants (git's strbuf): `s` is never NULL and always terminated; it moves when the builder
 * grows, so do not keep a pointer across an append. The escaper's name says the target; nothing
 * builds JSON or mrkdwn with printf. Lengths are bytes. All text is UTF-8; foreign bytes go through
 * str_clean first.
 */
#ifndef HEAL_STR_H
#define HEAL_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"

struct str {
	char *s;
	size_t len;
	size_t cap;
	struct arena *a;
};

struct str str_new(struct arena *a);
void str_add(struct str *b, const char *s); /* NULL adds nothing */
void str_addn(struct str *b, const char *s, size_t n);
void str_addc(struct str *b, char c);
void str_addf(struct str *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void str_cut(struct str *b, size_t len); /* shorten to len bytes, at a character boundary */

/* Slack mrkdwn: & < > as entities, nothing else (docs.slack.dev, formatting-message-text). */
void str_mrkdwn(struct str *b, const char *s);
/* HTML text and attribute values: & < > " ' as entities. */
void str_html(struct str *b, const char *s);
/* application/x-www-form-urlencoded and URL components (RFC 3986 unreserved stay). */
void str_url(struct str *b, const char *s);

/* A copy of n bytes fit to be shown: invalid UTF-8 becomes U+FFFD, NUL and control characters
 * (except \n and \t) go, ANSI sequences go, bidi overrides (U+202A..E, U+2066..9), zero-width
 * characters and tag characters go. Cut to max_bytes (0 = no limit) with "…". */
char *str_clean(struct arena *a, const char *s, size_t n, size_t max_bytes);

/* At most max_chars characters (code points) of s, ending in "…" when cut. max_chars >= 1. */
char *str_ellipsis(struct arena *a, const char *s, size_t max_chars);
size_t str_chars(const char *s); /* code points */

bool str_eq(const char *a, const char *b); /* NULL equals only NULL */
bool str_starts(const char *s, const char *prefix);
bool str_ends(const char *s, const char *suffix);
bool str_ieq(const char *a, const char *b);              /* ASCII case-insensitive */
const char *str_or(const char *s, const char *fallback); /* fallback when s is NULL or empty */

/* The whole of s as a decimal integer ("-12"); false when it is anything else or does not fit. */
bool str_int(const char *s, int64_t *out);

/* 64-bit FNV-1a: a stable content hash for rows and keys, not for security. */
uint64_t str_hash(const void *p, size_t n);
/* 16 hex digits of str_hash. */
char *str_hash_hex(struct arena *a, const char *s);

/* Levenshtein distance, for "did you mean"; strings over 64 bytes compare as 64. */
unsigned str_distance(const char *a, const char *b);

#endif
