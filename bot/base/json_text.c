/* json_text.c - see json_text.h. */
#include "base/json_text.h"

#include <ctype.h>
#include <string.h>

#include "base/utf8.h"
#include "str.h"

#define DEPTH_MAX 200

struct scan {
	const char *s;
	size_t n;
	size_t at;
	struct str out; /* the mended copy, while `mended` */
	size_t kept;    /* bytes of s already in `out` */
	bool mended;
	struct arena *a;
};

/* The part of s up to `at` stays, `skip` bytes from there become U+FFFD (as `text`). */
static void replace(struct scan *x, size_t skip, const char *text)
{
	if (!x->mended) {
		x->out = str_new(x->a);
		x->mended = true;
	}
	str_addn(&x->out, x->s + x->kept, x->at - x->kept);
	str_add(&x->out, text);
	x->at += skip;
	x->kept = x->at;
}

/* The value of \uXXXX at offset i, or -1. */
static long escape_at(const struct scan *x, size_t i)
{
	long v = 0;

	if (i + 6 > x->n || x->s[i] != '\\' || x->s[i + 1] != 'u')
		return -1;
	for (size_t k = i + 2; k < i + 6; k++) {
		int c = (unsigned char)x->s[k];

		if (!isxdigit(c))
			return -1;
		v = v * 16 + (isdigit(c) ? c - '0' : tolower(c) - 'a' + 10);
	}
	return v;
}

static bool is_high(long v)
{
	return v >= 0xD800 && v <= 0xDBFF;
}

static bool is_low(long v)
{
	return v >= 0xDC00 && v <= 0xDFFF;
}

/* A backslash inside a string. */
static void escape(struct scan *x)
{
	long v = escape_at(x, x->at);

	if (is_high(v) && is_low(escape_at(x, x->at + 6)))
		x->at += 12;
	else if (v == 0 || is_high(v) || is_low(v))
		replace(x, 6, "\\ufffd");
	else
		x->at += x->at + 1 < x->n ? 2 : 1;
}

/* One plain character, inside or outside a string. */
static void plain(struct scan *x)
{
	uint32_t cp;
	bool ok;
	size_t used = utf8_next(x->s + x->at, x->n - x->at, &cp, &ok);

	if (!ok || cp == 0)
		replace(x, used, "\uFFFD");
	else
		x->at += used;
}

bool json_text_mend(struct arena *a, const char **text, size_t *n, struct err *e)
{
	struct scan x = {.s = *text, .n = *n, .a = a};
	bool in_string = false;
	int depth = 0;

	while (x.at < x.n) {
		char c = x.s[x.at];

		if (in_string && c == '\\') {
			escape(&x);
			continue;
		}
		if (c == '"')
			in_string = !in_string;
		else if (!in_string && (c == '{' || c == '['))
			depth++;
		else if (!in_string && (c == '}' || c == ']'))
			depth--;
		if (depth > DEPTH_MAX)
			return err_set(
			        e, ERR_PROTO, false, "JSON nested deeper than %d", DEPTH_MAX);
		plain(&x);
	}
	if (x.mended) {
		str_addn(&x.out, x.s + x.kept, x.n - x.kept);
		*text = x.out.s;
		*n = x.out.len;
	}
	return true;
}

char *json_text_utf8(struct arena *a, const char *s, size_t n)
{
	struct scan x = {.s = s, .n = n, .a = a, .out = str_new(a), .mended = true};

	while (x.at < n)
		plain(&x);
	str_addn(&x.out, s + x.kept, n - x.kept);
	return x.out.s;
}
