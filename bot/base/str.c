/* str.c - the builder, escaping and small comparisons; cleaning of foreign text is in clean.c. */
#include "str.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/utf8.h"

#define FIRST_CAP 64

struct str str_new(struct arena *a)
{
	return (struct str){.s = arena_alloc(a, FIRST_CAP), .cap = FIRST_CAP, .a = a};
}

static void reserve(struct str *b, size_t more)
{
	size_t cap = b->cap;
	char *s;

	if (more < b->cap - b->len)
		return;
	if (more > SIZE_MAX / 4 - b->len)
		abort();
	while (cap - b->len <= more)
		cap *= 2;
	s = arena_alloc(b->a, cap);
	memcpy(s, b->s, b->len + 1);
	b->s = s;
	b->cap = cap;
}

void str_addn(struct str *b, const char *s, size_t n)
{
	if (n == 0)
		return;
	/* s may point into b itself: the old bytes stay where they are in the arena. */
	reserve(b, n);
	memmove(b->s + b->len, s, n);
	b->len += n;
	b->s[b->len] = '\0';
}

void str_add(struct str *b, const char *s)
{
	if (s)
		str_addn(b, s, strlen(s));
}

void str_addc(struct str *b, char c)
{
	str_addn(b, &c, 1);
}

void str_addf(struct str *b, const char *fmt, ...)
{
	va_list ap, again;
	int n;

	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	if (n > 0) {
		reserve(b, (size_t)n);
		vsnprintf(b->s + b->len, (size_t)n + 1, fmt, again);
		b->len += (size_t)n;
	}
	va_end(again);
	va_end(ap);
}

void str_cut(struct str *b, size_t len)
{
	b->len = utf8_floor(b->s, b->len, len);
	b->s[b->len] = '\0';
}

void str_mrkdwn(struct str *b, const char *s)
{
	for (; s && *s; s++) {
		if (*s == '&')
			str_add(b, "&amp;");
		else if (*s == '<')
			str_add(b, "&lt;");
		else if (*s == '>')
			str_add(b, "&gt;");
		else
			str_addc(b, *s);
	}
}

void str_html(struct str *b, const char *s)
{
	for (; s && *s; s++) {
		if (*s == '"')
			str_add(b, "&quot;");
		else if (*s == '\'')
			str_add(b, "&#39;");
		else
			str_mrkdwn(b, (const char[]){*s, '\0'});
	}
}

static bool url_plain(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '-' || c == '.' || c == '_' || c == '~';
}

void str_url(struct str *b, const char *s)
{
	static const char hex[] = "0123456789ABCDEF";

	for (; s && *s; s++) {
		unsigned char c = (unsigned char)*s;

		if (url_plain(c)) {
			str_addc(b, *s);
		} else {
			str_addn(b, (const char[]){'%', hex[c >> 4], hex[c & 15]}, 3);
		}
	}
}

size_t str_chars(const char *s)
{
	size_t n = strlen(s), count = 0;
	uint32_t cp;
	bool ok;

	for (size_t i = 0; i < n; count++)
		i += utf8_next(s + i, n - i, &cp, &ok);
	return count;
}

char *str_ellipsis(struct arena *a, const char *s, size_t max_chars)
{
	size_t n = strlen(s), count = 0, keep = 0, i = 0;
	uint32_t cp;
	bool ok;

	while (i < n && count <= max_chars) {
		if (count + 1 == max_chars)
			keep = i;
		i += utf8_next(s + i, n - i, &cp, &ok);
		count++;
	}
	if (count <= max_chars)
		return arena_strdup(a, s);
	return arena_printf(a, "%.*s…", (int)keep, s);
}

bool str_eq(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

bool str_ieq(const char *a, const char *b)
{
	return a && b ? strcasecmp(a, b) == 0 : a == b;
}

bool str_starts(const char *s, const char *prefix)
{
	return s && strncmp(s, prefix, strlen(prefix)) == 0;
}

bool str_ends(const char *s, const char *suffix)
{
	size_t n = s ? strlen(s) : 0, m = strlen(suffix);

	return s && n >= m && memcmp(s + n - m, suffix, m) == 0;
}

const char *str_or(const char *s, const char *fallback)
{
	return s && *s ? s : fallback;
}

bool str_int(const char *s, int64_t *out)
{
	const char *p = s && *s == '-' ? s + 1 : s;
	char *end;
	long long v;

	if (!p || *p < '0' || *p > '9')
		return false;
	errno = 0;
	v = strtoll(s, &end, 10);
	if (errno || *end)
		return false;
	*out = v;
	return true;
}

uint64_t str_hash(const void *p, size_t n)
{
	const unsigned char *c = p;
	uint64_t h = 0xcbf29ce484222325u; /* FNV-1a offset basis and prime, 64 bits */

	for (size_t i = 0; i < n; i++)
		h = (h ^ c[i]) * 0x100000001b3u;
	return h;
}

char *str_hash_hex(struct arena *a, const char *s)
{
	return arena_printf(a, "%016llx", (unsigned long long)str_hash(s, strlen(s)));
}

#define DISTANCE_MAX 64

unsigned str_distance(const char *a, const char *b)
{
	size_t n = strnlen(a, DISTANCE_MAX), m = strnlen(b, DISTANCE_MAX);
	unsigned row[DISTANCE_MAX + 1];

	for (size_t j = 0; j <= m; j++)
		row[j] = (unsigned)j;
	for (size_t i = 1; i <= n; i++) {
		unsigned diag = row[0];

		row[0] = (unsigned)i;
		for (size_t j = 1; j <= m; j++) {
			unsigned best = diag + (a[i - 1] != b[j - 1]);

			diag = row[j];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	return row[m];
}
