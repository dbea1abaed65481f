/* Ids in paths: what stands for one of many becomes <id>, so that a route is one row. */
#include <ctype.h>
#include <string.h>

#include "digest.h"
#include "str.h"

enum { MAX_PATH = 200 };

struct seen {
	size_t digits, hex, upper, lower, other;
};

static struct seen look(const char *p, size_t n)
{
	struct seen s = {0};

	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)p[i];

		s.digits += isdigit(c) != 0;
		s.hex += isxdigit(c) != 0 || c == '-';
		s.upper += isupper(c) != 0;
		s.lower += islower(c) != 0;
		s.other += !isalnum(c) && c != '-' && c != '_';
	}
	return s;
}

/* v1, v2.1, oauth2, web3: versions and names with a figure are parts of the route. */
static bool is_version(const char *p, size_t n)
{
	if (*p != 'v' || n < 2 || n > 5)
		return false;
	for (size_t i = 1; i < n; i++) {
		if (!isdigit((unsigned char)p[i]) && p[i] != '.')
			return false;
	}
	return true;
}

static bool is_id(const char *p, size_t n)
{
	struct seen s = look(p, n);

	if (memchr(p, '@', n) || (n > 3 && memmem(p, n, "%40", 3)))
		return true; /* a mail address */
	if (s.digits == 0)
		return n >= 24 && s.upper > 2 && s.lower > 2 && s.other == 0; /* a token */
	if (is_version(p, n))
		return false;
	if (s.digits == n || (s.hex == n && n >= 8))
		return true; /* a number, a UUID, a hash */
	if (s.digits + 1 >= n && n > 1 && s.other <= 1)
		return true; /* 12.5, A17, 2026-08 */
	return s.digits >= 2 && n >= 6 && s.digits * 4 >= n - s.other;
}

/* logo-3f9a1c2e.png, 42.json: the end after the dot says what it is */
static size_t ending(const char *p, size_t n)
{
	size_t k = n;

	while (k > 0 && n - k < 6 && isalpha((unsigned char)p[k - 1]))
		k--;
	return k > 1 && k < n && p[k - 1] == '.' ? n - k + 1 : 0;
}

const char *route_mask(struct arena *a, const char *path)
{
	struct str b = str_new(a);
	size_t end = strcspn(path, "?#;");

	for (size_t i = 0; i < end && b.len < MAX_PATH;) {
		size_t k = i, tail;

		while (k < end && path[k] != '/')
			k++;
		tail = k > i && !memchr(path + i, '@', k - i) ? ending(path + i, k - i) : 0;
		if (k > i && is_id(path + i, k - i - tail)) {
			str_add(&b, "<id>");
			str_addn(&b, path + k - tail, tail);
		} else {
			str_addn(&b, path + i, k - i < MAX_PATH ? k - i : MAX_PATH);
		}
		if (k < end)
			str_addc(&b, '/');
		i = k + 1;
	}
	if (b.len > MAX_PATH)
		str_cut(&b, MAX_PATH);
	return b.s;
}
