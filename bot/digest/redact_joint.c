/*
 * redact_joint.c - what ties a value to a key, in whatever clothes.
 *
 * K=v  k: v  "k":"v"  \"k\":\"v\"  k => v  --k v  <k>v</k>  "k","v"  {"name":"k","value":"v"}
 * K("v")  k%3Dv  ENV K v  &quot;k&quot;:&quot;v&quot;
 */
#include <string.h>
#include <strings.h>

#include "digest/redact_pair.h"

static size_t skip_blanks(const struct scan *x, size_t i)
{
	size_t max = i + 8;

	while (i < x->n && i < max && (x->s[i] == ' ' || x->s[i] == '\t'))
		i++;
	return i;
}

/* Length of = : => := -> at i; 0 = none. Not ==, not ://. */
static size_t sign_len(const struct scan *x, size_t i)
{
	char c = pair_byte(x, i), d = pair_byte(x, i + 1);

	if (c == '=' && d == '>')
		return 2;
	if (c == '=' || (c == ':' && d == ':'))
		return d == '=' ? 0 : 1 + (c == ':');
	if (c == ':' && d == '=')
		return 2;
	if (c == ':')
		return d == '/' && pair_byte(x, i + 2) == '/' ? 0 : 1;
	return c == '%' && d == '3' && (scan_is(x, i, "%3D") || scan_is(x, i, "%3A")) ? 3 : 0;
}

/* `", "value": "` behind a quoted name: where the value begins, 0 = no such thing. */
static size_t named_value(const struct scan *x, size_t i)
{
	size_t sign;

	i = skip_blanks(x, pair_byte(x, i) == ',' ? i + 1 : i);
	i += quote_len(x->s + i, x->n - i);
	if (!scan_is(x, i, "value"))
		return 0;
	i += 5;
	i += quote_len(x->s + i, x->n - i);
	i = skip_blanks(x, i);
	sign = sign_len(x, i);
	return sign ? skip_blanks(x, i + sign) : 0;
}

/* Behind the closing quote of a name that is itself a value or an element. */
static bool quoted_joint(const struct scan *x, struct pair *p, size_t i)
{
	size_t v = named_value(x, i);
	char before = p->at > 1 ? x->s[p->at - 1] : 0;

	if (v > 0) {
		p->joint = JOINT_SIGN;
		p->value = v;
		return true;
	}
	if (pair_byte(x, i) != ',')
		return false;
	v = skip_blanks(x, i + 1);
	v += pair_byte(x, v) == 'b';
	p->joint = before == '-' ? JOINT_ARG : JOINT_LOOSE;
	p->value = v;
	return quote_len(x->s + v, x->n - v) > 0;
}

bool pair_is_by(const struct scan *x, const struct pair *p)
{
	return p->end - p->at == 2 && p->at > 11 && (x->s[p->at] | 32) == 'b' &&
	       strncasecmp(x->s + p->at - 11, "IDENTIFIED BY", 13) == 0;
}

/* The words after which a blank is enough. */
static enum joint word_joint(const struct scan *x, const struct pair *p)
{
	const char *k = x->s + p->at;
	size_t n = p->end - p->at;

	if (p->at > 0 && x->s[p->at - 1] == '-')
		return JOINT_ARG;
	if (n < 2 || n > 40)
		return JOINT_NONE;
	if ((n == 8 && strncasecmp(k, "password", 8) == 0) ||
	        (n == 11 && memcmp(k, "requirepass", 11) == 0) ||
	        (n == 22 && strncasecmp(k, "ConvertTo-SecureString", 22) == 0))
		return JOINT_WORD;
	if (pair_is_by(x, p))
		return JOINT_WORD;
	if (memchr(k, '_', n))
		return JOINT_LOOSE;
	return strchr("tskpa", k[0]) && in_list(" token secret key passwd apikey ", k, n)
	               ? JOINT_LOOSE
	               : JOINT_NONE;
}

/* Most words are followed by a blank and another word, and say nothing about it: only those of
 * word_joint do, which begin with a letter of "tskpabr", or have a '_' in them. */
bool pair_plain_words(const struct scan *x, size_t at, size_t end)
{
	static const uint32_t letters = 1U << ('t' - 'a') | 1U << ('s' - 'a') | 1U << ('k' - 'a') |
	                                1U << ('p' - 'a') | 1U | 2U | 1U << ('r' - 'a');
	unsigned c = ((unsigned char)x->s[at] | 32U) - 'a';

	if (x->s[end] != ' ' || end + 1 >= x->n || !IS(x->s[end + 1], C_WORD) ||
	        (at > 0 && x->s[at - 1] == '-'))
		return false;
	return !(c < 26 && (letters >> c & 1)) && !memchr(x->s + at, '_', end - at);
}

/* <k>v  <ns:k>v  <k a="b">v  <property name="k">v */
static bool tag_joint(const struct scan *x, struct pair *p, size_t quote, size_t i)
{
	char before = p->at > 0 ? x->s[p->at - 1] : 0;
	bool tag = before == '<' || before == ':';

	if (quote == 0 && tag && pair_byte(x, i) == ' ') {
		size_t end = i + 100 < x->n ? i + 100 : x->n;

		while (i < end && x->s[i] != '>' && x->s[i] != '<')
			i++;
		if (i == end || x->s[i] != '>' || x->s[i - 1] == '/')
			return false;
	} else if (pair_byte(x, i) != '>' || (quote == 0 && !tag)) {
		return false;
	}
	p->joint = JOINT_SIGN;
	p->value = i + 1;
	return true;
}

bool pair_joint(const struct scan *x, struct pair *p)
{
	size_t i = p->end, q, sign;
	char before = p->at > 0 ? x->s[p->at - 1] : 0;

	i = skip_ansi(x, i);
	q = quote_len(x->s + i, x->n - i);
	i += scan_is(x, i, "&quot;:") ? 6 : q;
	i += pair_byte(x, i) == ']' || (q == 0 && pair_byte(x, i) == '}');
	if (tag_joint(x, p, q, i))
		return true;
	if (q == 0 && pair_byte(x, i) == '(' && quote_len(x->s + i + 1, x->n - i - 1) > 0) {
		p->joint = JOINT_LOOSE;
		p->value = i + 1;
		return true;
	}
	i = skip_ansi(x, i);
	sign = sign_len(x, skip_blanks(x, i));
	if (sign > 0) {
		size_t v = skip_blanks(x, i) + sign;

		p->joint = sign == 3 || before == '?' || before == '&' || before == '#'
		                   ? JOINT_QUERY
		                   : JOINT_SIGN;
		p->value = skip_ansi(x, skip_blanks(x, skip_ansi(x, v)));
		p->value += scan_is(x, p->value, "&quot;") ? 6 : 0;
		p->encoded = sign == 3;
		p->blank_after = p->value > v && x->s[v] == ' ';
		return true;
	}
	if (q > 0)
		return quoted_joint(x, p, i);
	p->joint = skip_blanks(x, i) > i ? word_joint(x, p) : JOINT_NONE;
	p->value = skip_ansi(x, skip_blanks(x, i));
	return p->joint != JOINT_NONE;
}

/* Some("x"), SecretStr('x'), new Secret("x"): at the quote, or where it was. */
static size_t inside_call(const struct scan *x, size_t at)
{
	size_t i = scan_is(x, at, "new ") ? at + 4 : at;

	while (i < x->n && i - at < 40 && IS(x->s[i], C_DOT))
		i++;
	return i > at && pair_byte(x, i) == '(' && quote_len(x->s + i + 1, x->n - i - 1) > 0 ? i + 1
	                                                                                     : at;
}

/* PHP's string(8) "x"; one bracket; Python's b"x". */
size_t pair_unwrap(const struct scan *x, size_t at)
{
	if (scan_is(x, at, "string(")) {
		size_t i = at + 7;

		while (i < x->n && IS(x->s[i], C_DIGIT))
			i++;
		if (pair_byte(x, i) == ')' && pair_byte(x, i + 1) == ' ')
			return i + 2;
	}
	at = inside_call(x, at);
	if (pair_byte(x, at) == '[' &&
	        (quote_len(x->s + at + 1, x->n - at - 1) || IS_ALPHA(pair_byte(x, at + 1))))
		at++;
	if (pair_byte(x, at) == 'b' &&
	        (pair_byte(x, at + 1) == '"' || pair_byte(x, at + 1) == '\''))
		at++;
	return at;
}
