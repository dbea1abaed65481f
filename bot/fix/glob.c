/* glob.c - path patterns of the contract. */
#include <string.h>

#include "fix.h"

/* Linear but for nested **, of which a pattern has few: depth is bounded by the pattern's. */
static bool match(const char *p, const char *s);

/* The rest p of the pattern, behind a star, against every tail of s; `deep` stars cross a "/". */
static bool match_tails(const char *p, const char *s, bool deep)
{
	for (;; s++) {
		if (match(p, s))
			return true;
		if (!*s || (*s == '/' && !deep))
			return false;
	}
}

static bool match(const char *p, const char *s)
{
	for (;; p++, s++) {
		if (*p == '*') {
			size_t stars = strspn(p, "*");
			const char *rest = p + stars;

			/* A "**" followed by "/" also stands for no part at all. */
			if (stars > 1 && *rest == '/' && match(rest + 1, s))
				return true;
			return match_tails(rest, s, stars > 1);
		}
		if (!*p || !*s)
			return !*p && !*s;
		if (*p != *s && !(*p == '?' && *s != '/'))
			return false;
	}
}

bool fix_glob(const char *pattern, const char *path)
{
	const char *last = strrchr(path, '/');

	if (!strchr(pattern, '/'))
		return match(pattern, last ? last + 1 : path);
	return match(pattern, path);
}
