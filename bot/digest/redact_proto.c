/* redact_proto.c - credentials whose place says what they are: commands of protocols, lines of
 * .pgpass, Go's MySQL address, a JSON web key. */
#include <string.h>

#include "digest/redact_i.h"

struct word {
	size_t at, end;
};

/* Between the words of a command: a blank, or `" "` where they are quoted. */
static size_t skip_gap(const struct scan *x, size_t i)
{
	size_t max = i + 6;

	while (i < x->n && i < max && (x->s[i] == ' ' || quote_len(x->s + i, x->n - i)))
		i += x->s[i] == ' ' ? 1 : quote_len(x->s + i, x->n - i);
	return i;
}

/* Up to two words behind a command, to the end of the line; how many there are, 0 when more follow.
 */
static size_t arguments(const struct scan *x, size_t at, struct word w[2])
{
	size_t n = 0, i = skip_gap(x, at);

	while (i < x->n && n < 2) {
		w[n].at = i;
		while (i < x->n && !IS(x->s[i], C_STOP))
			i++;
		w[n].end = i;
		if (i == w[n].at)
			return 0;
		n++;
		i = skip_gap(x, i);
	}
	while (i < x->n && (x->s[i] == '\r' || x->s[i] == ')' || x->s[i] == ']'))
		i++;
	return i == x->n ? n : 0;
}

/* Letters with a digit or a sign among them, no path and no sentence. */
static bool is_secret(const struct scan *x, const struct word *w)
{
	const char *p = x->s + w->at;
	struct shape s = shape_of(p, w->end - w->at);

	return s.n >= 6 && s.upper + s.lower > 1 &&
	       (s.digit + s.other > 0 || (s.upper > 1 && s.lower > 1 && s.turns > 3)) &&
	       !memchr(p, '/', s.n) && !memchr(p, '=', s.n) && p[s.n - 1] != '.' &&
	       p[s.n - 1] != ',' && !is_placeholder(p, s.n);
}

static size_t sasl(struct scan *x, size_t at)
{
	struct value v = value_at(x, at, "");
	struct shape s = shape_of(x->s + v.at, v.end - v.at);

	if (s.n < 12 || s.n % 4 || s.upper < 2)
		return 0;
	scan_mask(x, v.at, v.end, "authorization");
	return v.end;
}

size_t proto_at(struct scan *x, size_t at, size_t end)
{
	struct word w[2];
	size_t n;
	bool auth = end - at == 4 && memcmp(x->s + at, "AUTH", 4) == 0;
	bool login = end - at == 5 && memcmp(x->s + at, "LOGIN", 5) == 0;
	bool pass = end - at == 4 && memcmp(x->s + at, "PASS", 4) == 0;

	if (!auth && !login && !pass)
		return 0;
	if (auth && scan_is(x, end, " PLAIN "))
		return sasl(x, end + 7);
	n = arguments(x, end, w);
	if (n == 0 || (login && n != 2) || (pass && n != 1) || !is_secret(x, &w[n - 1]) ||
	        (pass && memchr(x->s + w[0].at, '.', w[0].end - w[0].at)))
		return 0;
	scan_mask(x, w[n - 1].at, w[n - 1].end, "password");
	return w[n - 1].end;
}

size_t pgpass_at(struct scan *x, size_t at, size_t end)
{
	size_t i = end, fields = 0, from;

	if (end - at != 4 || at < 3 || x->s[at - 1] != ':' || i >= x->n || x->s[i] != ':' ||
	        (memcmp(x->s + at, "543", 3) != 0 && memcmp(x->s + at, "6543", 4) != 0 &&
	                memcmp(x->s + at, "6432", 4) != 0))
		return 0;
	for (from = i + 1; i < x->n && fields < 2; from = i + 1) { /* database, user */
		for (i = from; i < x->n && (IS(x->s[i], C_DOT) || x->s[i] == '*'); i++)
			;
		if (i == from || i >= x->n || x->s[i] != ':')
			return 0;
		fields++;
	}
	for (i = from; i < x->n && !IS(x->s[i], C_STOP); i++)
		;
	if (fields < 2 || i < from + 4)
		return 0;
	scan_mask(x, from, i, "password");
	return i;
}

size_t go_dsn_at(struct scan *x, size_t at)
{
	size_t from = at;

	if (!scan_is(x, at, "@tcp(") && !scan_is(x, at, "@unix("))
		return 0;
	while (from > x->done && at - from < 120 && x->s[from - 1] != ':' &&
	        !IS(x->s[from - 1], C_STOP))
		from--;
	if (from < 2 || from == at || x->s[from - 1] != ':' || !IS(x->s[from - 2], C_WORD))
		return 0;
	scan_mask(x, from, at, "url-password");
	return at;
}

/* "d": "…" (RFC 7518, 6.2.2, 6.3.2 and 6.4.1), when the line has a "kty". */
size_t jwk_at(struct scan *x, size_t at, size_t end)
{
	struct value v;
	struct shape s;
	size_t q, i;

	if (!in_list(" d p q dp dq qi k ", x->s + at, end - at) || end >= x->n)
		return 0;
	q = quote_len(x->s + end, x->n - end);
	i = end + q;
	if (q == 0 || i >= x->n || x->s[i] != ':')
		return 0;
	i += 1 + (i + 1 < x->n && x->s[i + 1] == ' ');
	if (i >= x->n || quote_len(x->s + i, x->n - i) == 0)
		return 0;
	v = value_at(x, i, "");
	s = shape_of(x->s + v.at, v.end - v.at);
	if (s.n < 22 || !shape_random(&s) || !memmem(x->s, x->n, "kty", 3))
		return 0;
	scan_mask(x, v.at, v.end, "private-key");
	return v.end;
}
