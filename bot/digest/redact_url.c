/* redact_url.c - scheme://user:password@host, plain, with escaped slashes, percent-encoded. */
#include "digest/redact_i.h"

#include <string.h>
#include <strings.h>

enum { LONGEST = 300 };

static size_t limit(const struct scan *x, size_t at)
{
	return x->n - at > LONGEST ? at + LONGEST : x->n;
}

/* A password with a raw / ? # in it: "user:" must not be "host:port". */
static size_t far_at(const struct scan *x, size_t colon, size_t end)
{
	size_t i = colon + 1;

	while (i < end && IS(x->s[i], C_DIGIT))
		i++;
	if (i == end)
		return 0;
	for (i = end; i < limit(x, end) && !IS(x->s[i], C_STOP); i++)
		if (x->s[i] == '@')
			return i;
	return 0;
}

static size_t mask_user(struct scan *x, size_t at, size_t end)
{
	const char *kind = "url-token";
	struct shape s = shape_of(x->s + at, end - at);

	if (!vendor_token(x, at, &kind) && !shape_random(&s))
		return 0;
	scan_mask(x, at, end, kind);
	return end;
}

static size_t userinfo(struct scan *x, size_t at)
{
	size_t end = at, sign = 0, colon = 0;

	for (; end < limit(x, at) && !IS(x->s[end], C_STOP) && !strchr("/?#", x->s[end]); end++) {
		if (x->s[end] == '@')
			sign = end;
		else if (x->s[end] == ':' && !colon)
			colon = end;
	}
	if (!sign && colon && x->s[at] != '[')
		sign = far_at(x, colon, end);
	if (!sign || sign == at)
		return 0;
	if (!colon || colon > sign)
		return mask_user(x, at, sign);
	if (sign == colon + 1 || is_placeholder(x->s + colon + 1, sign - colon - 1))
		return 0;
	scan_mask(x, colon + 1, sign, "url-password");
	return sign;
}

/* The same in percent-encoding: user %3A password %40 host. */
static size_t encoded(struct scan *x, size_t at)
{
	size_t colon = 0;

	for (size_t i = at; i < limit(x, at) && !IS(x->s[i], C_STOP) && x->s[i] != '&'; i++) {
		if (x->s[i] != '%')
			continue;
		if (scan_is(x, i, "%2F"))
			return 0;
		if (scan_is(x, i, "%3A") && !colon)
			colon = i + 3;
		if (!scan_is(x, i, "%40") || !colon || i == colon)
			continue;
		if (is_placeholder(x->s + colon, i - colon))
			return 0;
		scan_mask(x, colon, i, "url-password");
		return i;
	}
	return 0;
}

/* jdbc:oracle:thin:user/password@host */
static size_t thin(struct scan *x, size_t at)
{
	const char *p = x->s + at;
	size_t left = limit(x, at) - at;
	const char *slash = memchr(p, '/', left), *sign = memchr(p, '@', left);

	if (!slash || !sign || slash + 1 >= sign || slash == p)
		return 0;
	for (const char *q = p; q < sign; q++)
		if (IS(*q, C_STOP))
			return 0;
	scan_mask(x, (size_t)(slash + 1 - x->s), (size_t)(sign - x->s), "url-password");
	return (size_t)(sign - x->s);
}

size_t url_at(struct scan *x, size_t at)
{
	if (at == 0 || !IS_ALNUM(x->s[at - 1]))
		return 0;
	if (x->n - at < 4 || (x->s[at] == ':' && !strchr("/\\t", x->s[at + 1])))
		return 0;
	if (scan_is(x, at, ":thin:"))
		return thin(x, at + 6);
	if (scan_is(x, at, "://"))
		return userinfo(x, at + 3);
	if (scan_is(x, at, ":\\/\\/"))
		return userinfo(x, at + 5);
	if (scan_is(x, at, "%3A%2F%2F"))
		return encoded(x, at + 9);
	return scan_is(x, at, "%40") ? email_at(x, at) : 0;
}
