/* redact_value.c - where a value begins and ends, quoted at any depth of escaping or not at all. */
#include "digest/redact_i.h"

#include <string.h>

enum {
	MAX_ESCAPES = 7,
	LONGEST_BARE = 4096, /* keeps "k=k=k=..." linear; what is masked is masked to its end */
};

size_t quote_len(const char *p, size_t n)
{
	size_t i = 0;

	while (i < n && i < MAX_ESCAPES && p[i] == '\\')
		i++;
	return i < n && (p[i] == '"' || p[i] == '\'' || p[i] == '`') ? i + 1 : 0;
}

size_t skip_ansi(const struct scan *x, size_t at)
{
	size_t i = at;

	while (i + 2 < x->n && x->s[i] == '\x1b' && x->s[i + 1] == '[') {
		size_t k = i + 2;

		while (k < x->n && k < i + 16 && (IS(x->s[k], C_DIGIT) || x->s[k] == ';'))
			k++;
		if (k == x->n || !IS_ALPHA(x->s[k]))
			return i;
		i = k + 1;
	}
	return i;
}

/* The next quote of the same depth; x->n = there is none. */
static size_t closing(const struct scan *x, size_t at, size_t slashes, char quote)
{
	size_t run = 0;

	for (size_t i = at; i < x->n; i++) {
		if (x->s[i] == '\\') {
			run++;
			continue;
		}
		if (x->s[i] == quote && run == slashes)
			return i - slashes;
		if (x->s[i] == quote && run < slashes)
			return i - run; /* the string around it ends here */
		run = 0;
	}
	return x->n;
}

/* Behind a soft end: does something else begin there? "; Encrypt=True", ", name:" */
static bool next_field(const struct scan *x, size_t at)
{
	size_t i = at;

	while (i < x->n && i < at + 40 && (IS(x->s[i], C_WORD) || x->s[i] == '-' || x->s[i] == '.'))
		i++;
	return i > at && i < x->n && (x->s[i] == '=' || x->s[i] == ':');
}

static bool soft_end(const struct scan *x, size_t i, const char *ends)
{
	char c = x->s[i];

	if (!c)
		return false;
	if (c != '%' && strchr(ends, c))
		return true;
	if (c == '%' && strchr(ends, '%') && x->n - i > 2 && x->s[i + 1] == '2' &&
	        (x->s[i + 2] == '6' || x->s[i + 2] == '2' || x->s[i + 2] == '3'))
		return true;
	if (c == '&' && x->n - i > 5 && memcmp(x->s + i, "&quot;", 6) == 0)
		return true;
	if (!strchr(",;)]}&", c))
		return false;
	if (i + 1 == x->n || IS(x->s[i + 1], C_STOP) || strchr(",;)]}", x->s[i + 1]))
		return true;
	return next_field(x, i + 1) || (c == ',' && *ends);
}

size_t value_rest(const struct scan *x, const struct value *v)
{
	size_t end = v->end;

	if (!v->quoted && end - v->at >= LONGEST_BARE)
		while (end < x->n && !IS(x->s[end], C_STOP))
			end++;
	return end;
}

struct value value_at(const struct scan *x, size_t at, const char *ends)
{
	size_t q = quote_len(x->s + at, x->n - at);
	struct value v = {.at = at + q, .quoted = q > 0};

	if (q > 0) {
		v.end = closing(x, v.at, q - 1, x->s[at + q - 1]);
		if (v.end < x->n)
			return v;
	}
	v.end = v.at;
	while (v.end < x->n && v.end - v.at < LONGEST_BARE && !IS(x->s[v.end], C_STOP) &&
	        !soft_end(x, v.end, ends))
		v.end++;
	return v;
}
