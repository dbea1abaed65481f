/*
 * char.h - walking a terminated string by characters, for counting and cutting what is shown.
 */
#ifndef HEAL_CHAT_CHAR_H
#define HEAL_CHAT_CHAR_H

#include "base/utf8.h"

/* The code point at *p and *p moved behind it (U+FFFD for what is not UTF-8); 0 at the end, where
 * *p stays. utf8_next looks at one byte after the other, so the terminator stops it. */
static inline uint32_t char_next(const char **p)
{
	uint32_t c;
	bool ok;
	if (**p == '\0')
		return 0;
	*p += utf8_next(*p, 4, &c, &ok);
	return c;
}

/* UTF-16 units of a code point. */
static inline size_t char_units(uint32_t c)
{
	return c >= 0x10000 ? 2 : 1;
}

#endif
