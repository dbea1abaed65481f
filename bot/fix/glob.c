/* glob.c - path patterns of the contract. */
#include <string.h>

#include "fix.h"

/* Linear but for nested **, of which a pattern has few: depth is bounded by the pattern's length.
 */
static bool match(const char *p, const char *s)
{
	for (;; p++, s++) {
		if (p[0] == '*' && p[1] == '*') {
			p += strspn(p, "*");
			/* A "**" followed by "/" also stands for no part at all. */
			if (*p == '/' && match(p + 1, s))
				return true;
			for (;; s++) {
				if (match(p, s))
					return true;
				if (!*s)
					return false;
			}
		}
		if (*p == '*') {
			for (p++;; s++) {
				if (match(p, s))
					return true;
				if (!*s || *s == '/')
					return false;
			}
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
