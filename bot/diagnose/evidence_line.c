/* evidence_line.c - a raw line within bounds. See include/diagnose.h. */
#include <string.h>

#include "diagnose.h"
#include "str.h"

enum { HEAD = 1536, TAIL = 512 };

static const char blanks[] = " \t\n,;";

/* Back from `at` to behind a blank; the whole word goes when there is none. */
static size_t word_start(const char *s, size_t at)
{
	while (at > 0 && !strchr(blanks, s[at - 1]))
		at--;
	return at;
}

/* On from `at` to a blank, or to the end. */
static size_t word_end(const char *s, size_t n, size_t at)
{
	while (at < n && (!s[at] || !strchr(blanks, s[at])))
		at++;
	return at;
}

const char *evidence_line(struct arena *a, const char *raw, size_t n)
{
	size_t head, tail;

	if (n <= HEAD + TAIL)
		return str_clean(a, raw, n, 0);
	head = word_start(raw, HEAD);
	tail = word_end(raw, n, n - TAIL);
	return arena_printf(
	        a, "%s…%s", str_clean(a, raw, head, 0), str_clean(a, raw + tail, n - tail, 0));
}
