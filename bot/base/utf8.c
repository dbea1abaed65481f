/* utf8.c - see utf8.h. */
#include "base/utf8.h"

/* Range of the second byte depends on the first (Unicode 15, table 3-7). */
static size_t lead(unsigned char c, unsigned char *lo, unsigned char *hi)
{
	*lo = 0x80;
	*hi = 0xBF;
	if (c >= 0xC2 && c <= 0xDF)
		return 2;
	if (c >= 0xE0 && c <= 0xEF) {
		if (c == 0xE0)
			*lo = 0xA0;
		if (c == 0xED)
			*hi = 0x9F;
		return 3;
	}
	if (c >= 0xF0 && c <= 0xF4) {
		if (c == 0xF0)
			*lo = 0x90;
		if (c == 0xF4)
			*hi = 0x8F;
		return 4;
	}
	return 0;
}

size_t utf8_next(const char *s, size_t n, uint32_t *cp, bool *ok)
{
	const unsigned char *p = (const unsigned char *)s;
	unsigned char lo, hi;
	size_t len;
	uint32_t v;

	*ok = true;
	if (p[0] < 0x80) {
		*cp = p[0];
		return 1;
	}
	len = lead(p[0], &lo, &hi);
	v = len == 2 ? p[0] & 0x1Fu : len == 3 ? p[0] & 0x0Fu : p[0] & 0x07u;
	for (size_t i = 1; i < len; i++) {
		if (i >= n || p[i] < lo || p[i] > hi) {
			len = i;
			*ok = false;
			break;
		}
		v = v << 6 | (p[i] & 0x3Fu);
		lo = 0x80;
		hi = 0xBF;
	}
	if (len == 0) {
		len = 1;
		*ok = false;
	}
	*cp = *ok ? v : UTF8_BAD;
	return len;
}

bool utf8_valid(const char *s, size_t n)
{
	uint32_t cp;
	bool ok = true;

	for (size_t i = 0; i < n && ok;)
		i += utf8_next(s + i, n - i, &cp, &ok);
	return ok;
}

size_t utf8_floor(const char *s, size_t n, size_t max)
{
	size_t at = max;

	if (n <= max)
		return n;
	/* At most three continuation bytes belong to the character before. */
	while (at > 0 && max - at < 3 && ((unsigned char)s[at] & 0xC0) == 0x80)
		at--;
	return ((unsigned char)s[at] & 0xC0) == 0x80 ? max : at;
}
