/*
 * clean.c - str_clean: foreign bytes made fit to be shown (declared in str.h).
 *
 * What goes is what a person cannot see but a terminal, a browser or a model acts on: escape
 * sequences, control characters, bidi overrides, invisible characters. See Unicode TR 36 and
 * "Trojan Source" (CVE-2021-42574) for why.
 */
#include <string.h>

#include "base/utf8.h"
#include "str.h"

#define ESC 0x1B

/* Ends a string sequence (OSC, DCS, PM, APC, SOS): BEL or ESC \. Without an end only the introducer
 * goes, so that one stray byte does not swallow the rest of a log. */
static size_t skip_string(const char *s, size_t n)
{
	for (size_t i = 2; i < n && s[i] != '\n'; i++) {
		if (s[i] == '\a')
			return i + 1;
		if (s[i] == ESC && i + 1 < n && s[i + 1] == '\\')
			return i + 2;
	}
	return 2;
}

/* Length of the ANSI sequence that starts at s (s[0] is ESC), ECMA-48. */
static size_t skip_escape(const char *s, size_t n)
{
	size_t i = 2;

	if (n < 2)
		return 1;
	if (strchr("]PX^_", s[1]) && s[1])
		return skip_string(s, n);
	if (s[1] == '[') {
		while (i < n && s[i] >= 0x20 && s[i] <= 0x3F)
			i++;
		return i < n && s[i] >= 0x40 && s[i] <= 0x7E ? i + 1 : i;
	}
	/* ESC, intermediates, one final byte. */
	i = 1;
	while (i < n && s[i] >= 0x20 && s[i] <= 0x2F)
		i++;
	return i < n && s[i] >= 0x30 && s[i] <= 0x7E ? i + 1 : i;
}

static bool hidden(uint32_t c)
{
	static const struct {
		uint32_t from, to;
	} ranges[] = {
	        {0x00, 0x08}, {0x0B, 0x1F}, {0x7F, 0x9F}, /* control characters but \t and \n */
	        {0xAD, 0xAD},                             /* soft hyphen */
	        {0x61C, 0x61C}, {0x200E, 0x200F},         /* bidi marks */
	        {0x202A, 0x202E}, {0x2066, 0x206F},       /* bidi overrides and isolates */
	        {0x180E, 0x180E}, {0x200B, 0x200D},       /* zero width */
	        {0x2060, 0x2065}, {0xFEFF, 0xFEFF},       /* joiners, invisible operators, BOM */
	        {0xFE00, 0xFE0E}, {0xE0100, 0xE01EF}, /* variation selectors (U+FE0F is emoji) */
	        {0xFFF9, 0xFFFB},                     /* interlinear annotation */
	        {0xE0000, 0xE007F},                   /* tags */
	};

	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
		if (c >= ranges[i].from && c <= ranges[i].to)
			return true;
	}
	return false;
}

#define ELLIPSIS     "…"
#define ELLIPSIS_LEN (sizeof(ELLIPSIS) - 1)

static void cut(struct str *b, size_t max_bytes)
{
	if (max_bytes < ELLIPSIS_LEN) {
		str_cut(b, max_bytes);
		return;
	}
	str_cut(b, max_bytes - ELLIPSIS_LEN);
	str_add(b, ELLIPSIS);
}

static size_t plain_run(const char *s, size_t n)
{
	size_t i = 0;

	while (i < n && ((s[i] >= 0x20 && s[i] < 0x7F) || s[i] == '\n' || s[i] == '\t'))
		i++;
	return i;
}

char *str_clean(struct arena *a, const char *s, size_t n, size_t max_bytes)
{
	struct str b = str_new(a);
	size_t i = 0;

	while (i < n) {
		size_t used;
		uint32_t cp;
		bool ok;

		if (max_bytes && b.len > max_bytes)
			break;
		used = plain_run(s + i, n - i);
		if (used) { /* nearly all of it, nearly always */
			str_addn(&b, s + i, used);
			i += used;
			continue;
		}
		if (s[i] == ESC) {
			i += skip_escape(s + i, n - i);
			continue;
		}
		used = utf8_next(s + i, n - i, &cp, &ok);
		if (!ok)
			str_add(&b, "\uFFFD");
		else if (!hidden(cp))
			str_addn(&b, s + i, used);
		i += used;
	}
	if (max_bytes && b.len > max_bytes)
		cut(&b, max_bytes);
	return b.s;
}
