/*
 * redact_pair.c - key and value, in whatever clothes.
 *
 * K=v  k: v  "k":"v"  \"k\":\"v\"  k => v  --k v  <k>v</k>  "k","v"  {"name":"k","value":"v"}
 * K("v")  k%3Dv  ENV K v
 */
#include "digest/redact_i.h"

#include <string.h>
#include <strings.h>

enum joint {
	JOINT_NONE,
	JOINT_SIGN,  /* = : => := */
	JOINT_QUERY, /* ?k=v, &k=v, k%3Dv */
	JOINT_ARG,   /* --k v */
	JOINT_LOOSE, /* "k","v"  K("v")  K v: only a random value counts */
	JOINT_WORD,  /* password 'v' */
};

struct pair {
	size_t at, end;   /* the key */
	size_t value;     /* where the value (or its quote) begins */
	bool blank_after; /* "k: v" */
	enum joint joint;
};

static char byte(const struct scan *x, size_t i)
{
	return i < x->n ? x->s[i] : '\0';
}

static size_t skip_blanks(const struct scan *x, size_t i)
{
	size_t max = i + 8;

	while (i < x->n && i < max && (x->s[i] == ' ' || x->s[i] == '\t'))
		i++;
	return i;
}

static bool is(const struct scan *x, size_t i, const char *text)
{
	size_t n = strlen(text);

	return i < x->n && x->n - i >= n && strncasecmp(x->s + i, text, n) == 0;
}

/* Length of = : => := -> at i; 0 = none. Not ==, not ://. */
static size_t sign_len(const struct scan *x, size_t i)
{
	char c = byte(x, i), d = byte(x, i + 1);

	if (c == '=' && d == '>')
		return 2;
	if (c == '=' || (c == ':' && d == ':'))
		return d == '=' ? 0 : 1 + (c == ':');
	if (c == ':' && d == '=')
		return 2;
	if (c == ':')
		return d == '/' && byte(x, i + 2) == '/' ? 0 : 1;
	return c == '%' && d == '3' && (is(x, i, "%3D") || is(x, i, "%3A")) ? 3 : 0;
}

/* `", "value": "` behind a quoted name: where the value begins, 0 = no such thing. */
static size_t named_value(const struct scan *x, size_t i)
{
	size_t sign;

	i = skip_blanks(x, byte(x, i) == ',' ? i + 1 : i);
	i += quote_len(x->s + i, x->n - i);
	if (!is(x, i, "value"))
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

	if (v > 0) {
		p->joint = JOINT_SIGN;
		p->value = v;
		return true;
	}
	if (byte(x, i) != ',')
		return false;
	v = skip_blanks(x, i + 1);
	v += byte(x, v) == 'b';
	p->joint = p->at > 1 && x->s[p->at - 1] == '-' ? JOINT_ARG : JOINT_LOOSE;
	p->value = v;
	return quote_len(x->s + v, x->n - v) > 0;
}

static bool is_by(const struct scan *x, const struct pair *p)
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
	        (n == 11 && memcmp(k, "requirepass", 11) == 0))
		return JOINT_WORD;
	if (is_by(x, p))
		return JOINT_WORD;
	if (memchr(k, '_', n))
		return JOINT_LOOSE;
	return strchr("tskpa", k[0]) && in_list(" token secret key passwd apikey ", k, n)
	               ? JOINT_LOOSE
	               : JOINT_NONE;
}

/* Most words are followed by a blank and another word, and say nothing about it: only those of
 * word_joint do, which begin with a letter of "tskpabr", or have a '_' in them. */
static bool plain_words(const struct scan *x, size_t at, size_t end)
{
	static const uint32_t letters = 1U << ('t' - 'a') | 1U << ('s' - 'a') | 1U << ('k' - 'a') |
	                                1U << ('p' - 'a') | 1U | 2U | 1U << ('r' - 'a');
	unsigned c = ((unsigned char)x->s[at] | 32U) - 'a';

	if (x->s[end] != ' ' || end + 1 >= x->n || !IS(x->s[end + 1], C_WORD) ||
	        (at > 0 && x->s[at - 1] == '-'))
		return false;
	return !(c < 26 && (letters >> c & 1)) && !memchr(x->s + at, '_', end - at);
}

/* A UUID, a hash, a number with a word before it: no name. */
static bool is_no_name(const char *p, size_t n)
{
	size_t digits = 0, hex = 0;

	for (size_t i = 0; i < n; i++) {
		digits += IS(p[i], C_DIGIT) != 0;
		hex += IS(p[i], C_HEX) || p[i] == '-';
	}
	return digits > 2 && (hex == n || (digits > 5 && digits * 2 > n));
}

static bool find_joint(const struct scan *x, struct pair *p)
{
	size_t i = p->end, q, sign;
	char before = p->at > 0 ? x->s[p->at - 1] : 0;

	i = skip_ansi(x, i);
	q = quote_len(x->s + i, x->n - i);
	i += q;
	i += byte(x, i) == ']' || (q == 0 && byte(x, i) == '}');
	if (q == 0 && byte(x, i) == '>' && (before == '<' || before == ':')) {
		p->joint = JOINT_SIGN;
		p->value = i + 1;
		return true;
	}
	if (q == 0 && byte(x, i) == '(' && quote_len(x->s + i + 1, x->n - i - 1) > 0) {
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
		p->blank_after = p->value > v && x->s[v] == ' ';
		return true;
	}
	if (q > 0)
		return quoted_joint(x, p, i);
	p->joint = skip_blanks(x, i) > i ? word_joint(x, p) : JOINT_NONE;
	p->value = skip_ansi(x, skip_blanks(x, i));
	return p->joint != JOINT_NONE;
}

/* PHP's string(8) "x"; one bracket; Python's b"x". */
static size_t unwrap(const struct scan *x, size_t at)
{
	if (is(x, at, "string(")) {
		size_t i = at + 7;

		while (i < x->n && IS(x->s[i], C_DIGIT))
			i++;
		if (byte(x, i) == ')' && byte(x, i + 1) == ' ')
			return i + 2;
	}
	if (byte(x, at) == '[' &&
	        (quote_len(x->s + at + 1, x->n - at - 1) || IS_ALPHA(byte(x, at + 1))))
		at++;
	if (byte(x, at) == 'b' && (byte(x, at + 1) == '"' || byte(x, at + 1) == '\''))
		at++;
	return at;
}

static bool is_path(const char *p, size_t n)
{
	struct shape s;

	if (p[0] != '/' && p[0] != '~' && p[0] != '.' && (n < 3 || p[1] != ':' || p[2] != '\\'))
		return false;
	s = shape_of(p, n);
	return s.digit * 8 < n || s.upper == 0;
}

static bool has_blank(const char *p, size_t n)
{
	return memchr(p, ' ', n) != NULL;
}

/* "Password: please try again": a word among words. */
static bool is_prose(const struct scan *x, const struct pair *p, const struct value *v)
{
	static const char *const parts[] = {" be ", " is ", " not ", " must ", " least ", " for "};
	const char *s = x->s + v->at;
	size_t n = v->end - v->at;

	if (v->quoted) {
		for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
			if (n > 10 && memmem(s, n, parts[i], strlen(parts[i])))
				return true;
		return false;
	}
	if (!p->blank_after)
		return false;
	for (size_t i = 0; i < n; i++)
		if (!IS_ALPHA(s[i]))
			return false;
	return byte(x, v->end) == ' ' && IS(byte(x, v->end + 1), C_LOWER) && !IS(s[n - 1], C_DIGIT);
}

static bool is_kebab(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!IS(p[i], C_LOWER) && p[i] != '-' && p[i] != '_' && p[i] != '.' && p[i] != '/')
			return false;
	return true;
}

/* "machine h login u password p" */
static bool after_login(const struct scan *x, size_t at)
{
	size_t from = at > 100 ? at - 100 : 0;

	return memmem(x->s + from, at - from, " login ", 7) != NULL;
}

static bool accept_password(const struct scan *x, const struct pair *p, const struct value *v)
{
	const char *s = x->s + v->at;
	size_t n = v->end - v->at;
	bool digits = true;

	for (size_t i = 0; i < n; i++)
		digits = digits && IS(s[i], C_DIGIT);
	if (n < 3 || (digits && n < 4) || is_prose(x, p, v))
		return false;
	if (p->joint == JOINT_WORD && !v->quoted && !after_login(x, p->at))
		return false; /* but in .netrc */
	if (p->blank_after && !v->quoted && (x->s[p->end - 1] | 32) != 'd' && is_kebab(s, n))
		return false; /* "no such secret: db-credentials" */
	return s[0] != '/' || !is_path(s, n);
}

static bool accept_pin(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!IS(p[i], C_DIGIT))
			return false;
	return n >= 3 && n <= 8;
}

static bool accept(
        const struct scan *x, const struct pair *p, enum key_class c, const struct value *v)
{
	const char *s = x->s + v->at;
	size_t n = v->end - v->at;
	struct shape shape = shape_of(s, n);

	if (is_placeholder(s, n))
		return false;
	if (p->joint == JOINT_LOOSE)
		return c != KEY_QUERY && s[0] != '{' && !has_blank(s, n) && shape_random(&shape);
	if (c == KEY_PASSWORD)
		return accept_password(x, p, v);
	if (c == KEY_PIN)
		return accept_pin(s, n);
	if (has_blank(s, n) || is_path(s, n))
		return false;
	if (c == KEY_TOKEN)
		return shape_secret(&shape);
	if (c == KEY_QUERY)
		return p->joint == JOINT_QUERY && n >= 12 && shape_secret(&shape);
	return shape_random(&shape) || (p->joint == JOINT_QUERY && n >= 20 && shape_secret(&shape));
}

/* "connect.sid", "spring.datasource.password" */
static size_t key_start(const struct scan *x, size_t at)
{
	size_t i = at;

	if (at < 2 || x->s[at - 1] != '.')
		return at;
	i--;
	while (i > 0 && at - i < 24 && IS(x->s[i - 1], C_WORD))
		i--;
	return i < at - 1 ? i : at;
}

static size_t take(struct scan *x, const struct pair *p, enum key_class c, const char *kind)
{
	size_t at = unwrap(x, p->value), token;
	struct value v = value_at(x, at,
	        p->joint != JOINT_QUERY ? ""
	        : c == KEY_PASSWORD     ? "&"
	                                : "&#");
	const char *vendor;

	if (v.at >= x->n || v.at >= v.end || v.at < x->done)
		return 0;
	if (c == KEY_AUTH)
		return auth_value(x, v.at);
	if (c == KEY_COOKIE)
		return cookie_value(x, v.at);
	if (is(x, v.at, "bearer ") || is(x, v.at, "basic "))
		return auth_value(x, v.at);
	if (memmem(x->s + v.at, v.end - v.at > 24 ? 24 : v.end - v.at, "://", 3))
		return 0;
	token = vendor_token(x, v.at, &vendor);
	if (token > 0) {
		scan_mask(x, v.at, token > v.end ? token : v.end, vendor);
		return x->done;
	}
	if (!accept(x, p, c, &v))
		return 0;
	scan_mask(x, v.at, value_rest(x, &v), kind);
	return x->done;
}

size_t pair_at(struct scan *x, size_t at, size_t end)
{
	struct pair p = {.at = at, .end = end};
	const char *kind;
	enum key_class c;

	if (end - at < 2 || end - at > KEY_MAX || end >= x->n || IS(x->s[at], C_DIGIT) ||
	        !IS(x->s[end], C_JOINT) || plain_words(x, at, end) ||
	        is_no_name(x->s + at, end - at))
		return 0;
	c = key_class_memo(x->r, x->s + key_start(x, at), end - key_start(x, at), &kind);
	if ((c == KEY_NONE && !is_by(x, &p)) || !find_joint(x, &p) || p.value >= x->n)
		return 0;
	if (p.joint == JOINT_WORD) {
		c = KEY_PASSWORD;
		kind = "password";
	}
	p.at = key_start(x, at);
	return c == KEY_NONE ? 0 : take(x, &p, c, kind);
}
