/* redact_header.c - Authorization and Cookie, as headers and wherever their values turn up. */
#include "digest/redact_i.h"

#include <string.h>
#include <strings.h>

static bool word_is(const struct scan *x, size_t at, size_t end, const char *word)
{
	return end - at == strlen(word) && strncasecmp(x->s + at, word, end - at) == 0;
}

/* What stands between scheme and credentials: blanks, "%20", "+". */
static size_t gap(const struct scan *x, size_t at)
{
	size_t i = at;

	while (i < x->n && i < at + 4 && (x->s[i] == ' ' || x->s[i] == '\t'))
		i++;
	if (i == at && i + 3 < x->n && memcmp(x->s + i, "%20", 3) == 0)
		i += 3;
	return i;
}

static size_t credentials(struct scan *x, size_t at, bool basic)
{
	struct value v = value_at(x, at, "");
	struct shape s;
	const char *kind = "authorization";
	size_t token;

	if (v.at >= v.end || is_placeholder(x->s + v.at, v.end - v.at))
		return 0;
	token = vendor_token(x, v.at, &kind);
	s = shape_of(x->s + v.at, v.end - v.at);
	if (!token && !shape_secret(&s) && !(basic && s.n >= 8 && s.n % 4 == 0 && s.upper > 0))
		return 0;
	scan_mask(x, v.at, token > v.end ? token : v.end, kind);
	return x->done;
}

/* Schemes with parameters that have names of their own (Digest, AWS4-HMAC-SHA256, OAuth 1) are left
 * to the pairs. */
size_t auth_value(struct scan *x, size_t at)
{
	size_t end = at, next;

	while (end < x->n && (IS(x->s[end], C_WORD) || x->s[end] == '-'))
		end++;
	next = gap(x, end);
	if (next == end || next >= x->n)
		return credentials(x, at, false);
	if (word_is(x, at, end, "digest") || word_is(x, at, end, "oauth") ||
	        word_is(x, at, end, "hawk") || (end - at > 4 && memcmp(x->s + at, "AWS4", 4) == 0))
		return next;
	return credentials(x, next, word_is(x, at, end, "basic"));
}

size_t auth_words(struct scan *x, size_t at, size_t end)
{
	bool basic;
	size_t next;

	if (end - at > 6 || end - at < 5 || (x->s[at] | 32) != 'b')
		return 0;
	basic = word_is(x, at, end, "basic");
	if (!basic && !word_is(x, at, end, "bearer"))
		return 0;
	next = gap(x, end);
	return next > end && next < x->n ? credentials(x, next, false) : 0;
}

static bool is_session(const char *name, size_t n)
{
	static const char *const parts[] = {"sess", "sid", "auth", "token", "remember", "csrf",
	        "xsrf", "jwt", "login", "identity", "secret", "key"};

	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		for (size_t k = 0, m = strlen(parts[i]); k + m <= n; k++)
			if (strncasecmp(name + k, parts[i], m) == 0)
				return true;
	return false;
}

static void one_cookie(struct scan *x, size_t name, size_t equals, size_t end)
{
	const char *p = x->s + equals + 1;
	size_t n = end - equals - 1;
	struct shape s = shape_of(p, n);

	if (n < 6 || is_placeholder(p, n))
		return;
	if (is_session(x->s + name, equals - name) || shape_random(&s))
		scan_mask(x, equals + 1, end, "cookie");
}

/* name=value; name=value, to the end of the line or of the string it stands in. */
size_t cookie_value(struct scan *x, size_t at)
{
	size_t i = at, name = at, equals = 0;

	for (; i <= x->n; i++) {
		char c = i < x->n ? x->s[i] : '"';
		bool over = c == '"' || c == '\'' || c == '\\' || c == '}' || c == ']';

		if (c == '=' && equals == 0)
			equals = i;
		if (c != ';' && c != ' ' && !over)
			continue;
		if (equals > name)
			one_cookie(x, name, equals, i);
		name = i + 1;
		equals = 0;
		if (over)
			break;
	}
	return i < x->n ? i : x->n;
}
