/*
 * numbers.c - a figure in a model's sentence stands only when it stands in the evidence.
 *
 * A number of the text is good when the same characters stand in the evidence, or when a number of
 * the evidence, rounded to as many decimals, is the same; units of a thousand apart (ms and s, MB
 * and GB) count as the same. Digits inside words (5xx, p95, 4f2c1ab, orders2.ts) are no figures.
 */
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "diagnose/evidence_i.h"
#include "str.h"

enum { MAX_NUMBERS = 4096, MAX_DIGITS = 40 };

/* Blanks that group digits: U+0020, U+00A0, U+2009, U+202F. Length of one at s, 0 = none. */
static size_t group_blank(const char *s)
{
	if (*s == ' ')
		return 1;
	if (strncmp(s, "\xc2\xa0", 2) == 0)
		return 2;
	return strncmp(s, "\xe2\x80\x89", 3) == 0 || strncmp(s, "\xe2\x80\xaf", 3) == 0 ? 3 : 0;
}

static size_t digits(const char *s)
{
	size_t n = 0;

	while (isdigit((unsigned char)s[n]))
		n++;
	return n;
}

/* A separator and exactly three digits: "1 318", "1,318". Length with the digits, 0 = none. */
static size_t group(const char *s)
{
	size_t sep = *s == ',' ? 1 : group_blank(s);

	return sep && digits(s + sep) == 3 ? sep + 3 : 0;
}

struct number {
	double value;
	int decimals;
	size_t len; /* in the text */
};

/* The number at s (a digit); `grouped`: thousands may be separated. */
static struct number read_number(const char *s, bool grouped)
{
	char buf[MAX_DIGITS + 1];
	struct number n = {0};
	size_t used = 0, d = digits(s);
	bool may_group = grouped && d <= 3;

	for (size_t i = 0; i < d && used < MAX_DIGITS; i++)
		buf[used++] = s[i];
	n.len = d;
	for (size_t g = may_group ? group(s + n.len) : 0; g; g = group(s + n.len)) {
		for (size_t i = 3; i > 0 && used < MAX_DIGITS; i--)
			buf[used++] = s[n.len + g - i];
		n.len += g;
	}
	if (s[n.len] == '.' && digits(s + n.len + 1) > 0) {
		d = digits(s + n.len + 1);
		if (used < MAX_DIGITS)
			buf[used++] = '.';
		for (size_t i = 0; i < d && used < MAX_DIGITS; i++, n.decimals++)
			buf[used++] = s[n.len + 1 + i];
		n.len += 1 + d;
	}
	buf[used] = '\0';
	n.value = strtod(buf, NULL);
	return n;
}

/* --- figures in a text --- */

/* Letters glued to the digits make it a word, unless they are a unit. */
static bool is_unit(const char *s, size_t n)
{
	static const char *const units[] = {"ms", "s", "sec", "m", "min", "h", "d", "k", "K", "M",
	        "B", "kB", "KB", "MB", "GB", "TB", "MiB", "GiB", "x", "rps", "vCPU"};

	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++) {
		if (strlen(units[i]) == n && strncmp(s, units[i], n) == 0)
			return true;
	}
	return n == 0;
}

static bool starts_figure(const char *from, const char *s)
{
	unsigned char before = s == from ? ' ' : (unsigned char)s[-1];

	return isdigit((unsigned char)*s) && !isalnum(before) && !strchr("_-./#:@", before);
}

/* End of the figure at s as it is written, with times and versions (14:02, 8.12.1) as one. */
static size_t figure_len(const char *s, struct number *n)
{
	size_t len, unit;

	*n = read_number(s, true);
	len = n->len;
	while ((s[len] == ':' || s[len] == '.' || s[len] == '-' || s[len] == '/') &&
	        isdigit((unsigned char)s[len + 1])) {
		len += 1 + digits(s + len + 1);
		n->value = (double)NAN;
	}
	unit = 0;
	while (isalnum((unsigned char)s[len + unit]) || s[len + unit] == '_')
		unit++;
	return is_unit(s + len, unit) ? len : 0;
}

/* --- all numbers of the evidence --- */

struct known {
	double *v;
	size_t n;
};

static void collect(struct known *k, const char *text)
{
	for (const char *s = text; *s && k->n < MAX_NUMBERS;) {
		struct number n = {.value = (double)NAN};
		size_t len = starts_figure(text, s) ? figure_len(s, &n) : 0;

		if (len && !isnan(n.value))
			k->v[k->n++] = n.value;
		s += len ? len : 1;
	}
}

static bool rounds_to(double from, double to, int decimals)
{
	double unit = pow(10, decimals > 9 ? 9 : decimals);

	return fabs(round(from * unit) - round(to * unit)) < 0.5;
}

static bool known_value(const struct known *k, const struct number *n)
{
	for (size_t i = 0; i < k->n; i++) {
		double w = k->v[i];

		if (rounds_to(w, n->value, n->decimals))
			return true;
		if (n->value > 0 && (rounds_to(w / 1000, n->value, n->decimals) ||
		                            fabs(w * 1000 - n->value) < 0.5))
			return true;
	}
	return false;
}

/* --- both --- */

/* Not inside a longer number: no digit on either side, also not across a group's blank. */
static bool stands_alone(const char *from, const char *p, size_t n)
{
	const char *left = p;

	if (isdigit((unsigned char)p[n]) || (p[n] != ',' && group(p + n)))
		return false;
	if (left > from && (left[-1] == ' ' || (unsigned char)left[-1] >= 0x80) && digits(p) == 3) {
		while (left > from && (left[-1] == ' ' || (unsigned char)left[-1] >= 0x80) &&
		        p - left < 3)
			left--;
		return left == from || !isdigit((unsigned char)left[-1]) || group(left) == 0;
	}
	return left == from || !isdigit((unsigned char)left[-1]);
}

static bool stands_in(
        struct arena *a, const char *s, size_t n, const char *const *texts, size_t ntexts)
{
	const char *word = arena_strndup(a, s, n);

	for (size_t i = 0; i < ntexts; i++) {
		for (const char *p = strstr(texts[i], word); p; p = strstr(p + 1, word)) {
			if (stands_alone(texts[i], p, n))
				return true;
		}
	}
	return false;
}

const char *guard_numbers(
        struct guard *g, const char *text, const char *const *allowed, size_t nallowed)
{
	struct known k = {.v = ARENA_ARRAY(g->a, MAX_NUMBERS, double)};
	struct str b = str_new(g->a);
	struct number n;
	size_t len;

	for (size_t i = 0; i < nallowed; i++)
		collect(&k, allowed[i]);
	for (const char *s = text; *s; s += len) {
		len = starts_figure(text, s) ? figure_len(s, &n) : 0;
		if (len && !stands_in(g->a, s, len, allowed, nallowed) &&
		        (isnan(n.value) || !known_value(&k, &n))) {
			str_add(&b, "…");
			g->numbers++;
			continue;
		}
		len = len ? len : 1;
		str_addn(&b, s, len);
	}
	return b.s;
}
