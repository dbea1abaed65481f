/* redact_pair.c - is the value that a key has a secret? The joints are in redact_joint.c. */
#include <string.h>
#include <strings.h>

#include "digest/redact_pair.h"

static bool is_path(const char *p, size_t n)
{
	struct shape s;

	if (p[0] != '/' && p[0] != '~' && p[0] != '.' && (n < 3 || p[1] != ':' || p[2] != '\\'))
		return false;
	s = shape_of(p, n);
	return !shape_random(&s) && (s.digit * 8 < n || s.upper == 0);
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
	return pair_byte(x, v->end) == ' ' && IS(pair_byte(x, v->end + 1), C_LOWER) &&
	       !IS(s[n - 1], C_DIGIT);
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

/* "no such secret: db-credentials", "pass: all-tests": the word may mean something else. */
static bool is_bare(const struct scan *x, const struct pair *p)
{
	char last = (char)(x->s[p->end - 1] | 32);

	return last == 't' ||
	       (last == 's' && (p->end - p->at < 5 || scan_is(x, p->end - 7, "secrets")));
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
	if (p->blank_after && !v->quoted && is_bare(x, p) && is_kebab(s, n))
		return false;
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

static const char *ends_of(const struct pair *p, enum key_class c)
{
	if (p->joint != JOINT_QUERY)
		return "";
	if (p->encoded)
		return "&#%";
	return c == KEY_PASSWORD ? "&" : "&#";
}

static size_t take(struct scan *x, const struct pair *p, enum key_class c, const char *kind)
{
	size_t at = pair_unwrap(x, p->value), token;
	struct value v = value_at(x, at, ends_of(p, c));
	const char *vendor;

	if (v.at >= x->n || v.at >= v.end || v.at < x->done)
		return 0;
	if (c == KEY_AUTH)
		return auth_value(x, v.at);
	if (c == KEY_COOKIE)
		return cookie_value(x, v.at);
	if (scan_is(x, v.at, "bearer ") || scan_is(x, v.at, "basic "))
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

size_t pair_at(struct scan *x, size_t at, size_t end)
{
	struct pair p = {.at = at, .end = end};
	const char *kind;
	enum key_class c;

	if (end - at < 2 || end - at > KEY_MAX || end >= x->n || IS(x->s[at], C_DIGIT) ||
	        !IS(x->s[end], C_JOINT) || pair_plain_words(x, at, end) ||
	        is_no_name(x->s + at, end - at))
		return 0;
	c = key_class_memo(x->r, x->s + key_start(x, at), end - key_start(x, at), &kind);
	if ((c == KEY_NONE && !pair_is_by(x, &p)) || !pair_joint(x, &p) || p.value >= x->n)
		return 0;
	if (p.joint == JOINT_WORD) {
		c = KEY_PASSWORD;
		kind = "password";
	}
	p.at = key_start(x, at);
	return c == KEY_NONE ? 0 : take(x, &p, c, kind);
}
