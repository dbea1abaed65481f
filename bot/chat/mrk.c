/*
 * mrk.c - mrkdwn: foreign text escaped, cut at safe places.
 */
#include <assert.h>
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "chat/blocks_private.h"
#include "chat/char.h"
#include "clock.h"

/* Foreign text longer than this is not shown anywhere: cut before work is done on it. */
#define MAX_FOREIGN 65536

/* --- counting and cutting --- */

size_t text_units(const char *s)
{
	size_t n = 0;
	for (uint32_t c; (c = char_next(&s)) != 0;)
		n += char_units(c);
	return n;
}

bool is_blank(const char *s)
{
	return !s || s[strspn(s, " \t\n\r")] == '\0';
}

static char *cut_units(struct arena *a, const char *s, size_t max_units)
{
	if (text_units(s) <= max_units)
		return arena_strdup(a, s);
	const char *p = s, *end = s;
	size_t used = 1; /* the "…" */
	for (;;) {
		used += char_units(char_next(&p));
		if (used > max_units || p == end)
			break;
		end = p;
	}
	return arena_printf(a, "%.*s…", (int)(end - s), s);
}

char *plain_lines(struct arena *a, const char *s, size_t max_units)
{
	char *t = str_clean(a, s ? s : "", s ? strlen(s) : 0, MAX_FOREIGN);
	return is_blank(t) ? arena_strdup(a, "") : cut_units(a, t, max_units);
}

char *plain_line(struct arena *a, const char *s, size_t max_units)
{
	char *t = str_clean(a, s ? s : "", s ? strlen(s) : 0, MAX_FOREIGN);
	char *to = t;
	for (const char *p = t; *p; p++) {
		bool space = *p == ' ' || *p == '\n' || *p == '\t' || *p == '\r';
		if (space && (to == t || to[-1] == ' '))
			continue;
		*to++ = space ? ' ' : *p;
	}
	while (to > t && to[-1] == ' ')
		to--;
	*to = '\0';
	return cut_units(a, t, max_units);
}

/* --- escaping --- */

char *defuse(struct arena *a, const char *s, size_t least)
{
	struct str b = str_new(a);
	while (*s) {
		size_t n = strcspn(s, "`"), run = strspn(s + n, "`");
		str_addn(&b, s, n);
		for (size_t i = 0; i < run; i++)
			str_add(&b, run >= least ? "ˋ" : "`");
		s += n + run;
	}
	return b.s;
}

static void add_escaped(struct str *b, const char *s)
{
	str_mrkdwn(b, defuse(b->a, s, 2));
}

void mrk_text(struct str *b, const char *s)
{
	add_escaped(b, str_clean(b->a, s ? s : "", s ? strlen(s) : 0, MAX_FOREIGN));
}

static void add_line(struct str *b, const char *s, size_t n)
{
	add_escaped(b, plain_line(b->a, arena_strndup(b->a, s, n), MAX_FOREIGN));
}

/* One conversion of a printf format. */
struct conv {
	char spec[32]; /* the whole of it, for snprintf */
	char type;     /* 's' 'd' 'f' … */
	int precision; /* -1 = none */
	enum { LEN_INT, LEN_LONG, LEN_LLONG, LEN_SIZE, LEN_MAX, LEN_PTRDIFF } len;
};

struct args {
	va_list ap;
};

static const char *parse_len(const char *p, struct conv *c)
{
	c->len = LEN_INT;
	for (; *p && strchr("hlqjzt", *p); p++) {
		if (*p == 'l')
			c->len = c->len == LEN_LONG ? LEN_LLONG : LEN_LONG;
		else if (*p == 'q')
			c->len = LEN_LLONG;
		else if (*p == 'j')
			c->len = LEN_MAX;
		else if (*p == 'z')
			c->len = LEN_SIZE;
		else if (*p == 't')
			c->len = LEN_PTRDIFF;
	}
	return p;
}

/* Reads one conversion behind its '%'; stars are replaced by their values. */
static const char *parse_conv(const char *p, struct conv *c, struct args *args)
{
	struct {
		char s[32];
		int n;
	} out = {"%", 1};
	c->precision = -1;
	for (bool dot = false; *p && strchr("-+ #0123456789.*'", *p); p++) {
		if (*p == '.') {
			dot = true;
			c->precision = 0;
		}
		int v = *p == '*' ? va_arg(args->ap, int) : 0;
		if (dot && *p == '*')
			c->precision = v;
		else if (dot && isdigit((unsigned char)*p) && c->precision < 100000)
			c->precision = c->precision * 10 + (*p - '0');
		if (*p == '*')
			out.n += snprintf(out.s + out.n, sizeof out.s - (size_t)out.n, "%d", v);
		else
			out.s[out.n++] = *p;
		assert(out.n < 20); /* formats are ours */
	}
	const char *len = p;
	p = parse_len(p, c);
	snprintf(c->spec, sizeof c->spec, "%s%.*s%c", out.s, (int)(p - len), len, *p);
	c->type = *p;
	return *p ? p + 1 : p;
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
/* The spec comes from a literal that the compiler has checked at the caller. */
static void add_number(struct str *b, const struct conv *c, struct args *args)
{
	char num[400]; /* %f of the largest double has 309 digits */
	if (strchr("fFeEgGaA", c->type))
		snprintf(num, sizeof num, c->spec, va_arg(args->ap, double));
	else if (c->type == 'c' || c->len == LEN_INT)
		snprintf(num, sizeof num, c->spec, va_arg(args->ap, int));
	else if (c->len == LEN_LONG)
		snprintf(num, sizeof num, c->spec, va_arg(args->ap, long));
	else if (c->len == LEN_LLONG)
		snprintf(num, sizeof num, c->spec, va_arg(args->ap, long long));
	else if (c->len == LEN_MAX)
		snprintf(num, sizeof num, c->spec, va_arg(args->ap, intmax_t));
	else if (c->len == LEN_PTRDIFF)
		snprintf(num, sizeof num, c->spec, va_arg(args->ap, ptrdiff_t));
	else
		snprintf(num, sizeof num, c->spec, va_arg(args->ap, size_t));
	str_mrkdwn(b, num);
}
#pragma GCC diagnostic pop

static void add_string(struct str *b, const struct conv *c, struct args *args)
{
	const char *s = va_arg(args->ap, const char *);
	if (s)
		add_line(b, s, c->precision >= 0 ? strnlen(s, (size_t)c->precision) : strlen(s));
}

static void vadd(struct str *b, const char *fmt, struct args *args)
{
	while (*fmt) {
		size_t lit = strcspn(fmt, "%");
		str_addn(b, fmt, lit);
		fmt += lit;
		if (fmt[0] == '%' && fmt[1] == '%') {
			str_addc(b, '%');
			fmt += 2;
		} else if (fmt[0] == '%') {
			struct conv c;
			fmt = parse_conv(fmt + 1, &c, args);
			if (c.type == 's')
				add_string(b, &c, args);
			else
				add_number(b, &c, args);
		}
	}
}

void mrk_add(struct str *b, const char *fmt, ...)
{
	struct args args;
	va_start(args.ap, fmt);
	vadd(b, fmt, &args);
	va_end(args.ap);
}

char *mrk_v(struct arena *a, const char *fmt, va_list ap)
{
	struct str b = str_new(a);
	struct args args;
	va_copy(args.ap, ap);
	vadd(&b, fmt, &args);
	va_end(args.ap);
	return b.s;
}

char *mrk(struct arena *a, const char *fmt, ...)
{
	struct str b = str_new(a);
	struct args args;
	va_start(args.ap, fmt);
	vadd(&b, fmt, &args);
	va_end(args.ap);
	return b.s;
}

void mrk_code(struct str *b, const char *s)
{
	char *t = plain_line(b->a, s, MAX_FOREIGN);
	for (char *p = t; *p; p++)
		if (*p == '`')
			*p = '\'';
	if (!*t)
		return;
	str_addc(b, '`');
	str_mrkdwn(b, t);
	str_addc(b, '`');
}

/* --- tokens of our own --- */

/* Inside <…|…> the address must not hold what ends it; Slack wants & raw there. */
static void add_url(struct str *b, const char *url)
{
	static const char hex[] = "0123456789ABCDEF";
	for (const unsigned char *p = (const unsigned char *)url; *p; p++) {
		if (*p > 0x20 && *p < 0x7f && !strchr("<>|\"`\\^{}", *p)) {
			str_addc(b, (char)*p);
		} else {
			str_addc(b, '%');
			str_addc(b, hex[*p >> 4]);
			str_addc(b, hex[*p & 15]);
		}
	}
}

void mrk_link(struct str *b, const char *url, const char *label)
{
	bool ok = url && (str_starts(url, "https://") || str_starts(url, "http://"));
	char *shown = plain_line(b->a, label, LIMIT_URL);
	if (!ok || strlen(url) > LIMIT_URL / 3) {
		add_escaped(b, shown);
		return;
	}
	str_addc(b, '<');
	add_url(b, url);
	str_addc(b, '|');
	/* A bar in the label would not end anything, but older clients show it badly. */
	for (char *p = shown; *p; p++)
		if (*p == '|')
			*p = '/';
	add_escaped(b, *shown ? shown : "link");
	str_addc(b, '>');
}

void mrk_date(struct str *b, int64_t ms, const char *format)
{
	str_addf(b, "<!date^%lld^%s|%s UTC>", (long long)(ms / 1000), format, clock_hhmm(b->a, ms));
}

static bool is_id(const char *id, const char *first)
{
	size_t n = id ? strlen(id) : 0;

	return n >= 2 && n <= 32 && strchr(first, id[0]) &&
	       strspn(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == n;
}

void mrk_user(struct str *b, const char *user)
{
	if (is_id(user, "UW"))
		str_addf(b, "<@%s>", user);
	else
		mrk_add(b, "%s", user);
}

void mrk_notify(struct str *b, const char *id)
{
	if (is_id(id, "S"))
		str_addf(b, "<!subteam^%s>", id);
	else
		mrk_user(b, id);
}

/* --- cutting mrkdwn --- */

/* Bytes of the unit at p that must stay together: a token, an entity, a fence, a character. */
static size_t atom_bytes(const char *p)
{
	if (*p == '<') {
		const char *end = strchr(p, '>');
		return end ? (size_t)(end + 1 - p) : strlen(p);
	}
	if (*p == '&') {
		size_t n = strcspn(p, ";");
		return n <= 4 && p[n] == ';' ? n + 1 : 1;
	}
	if (str_starts(p, "```"))
		return 3;
	const char *q = p;
	char_next(&q);
	return (size_t)(q - p);
}

static size_t units_n(const char *s, size_t n)
{
	size_t units = 0;
	for (const char *p = s; p < s + n;)
		units += char_units(char_next(&p));
	return units;
}

char *mrk_cut(struct arena *a, const char *mrkdwn, size_t max_units)
{
	if (text_units(mrkdwn) <= max_units)
		return arena_strdup(a, mrkdwn);
	if (max_units < 6)
		return arena_strdup(a, max_units ? "…" : "");
	const char *p = mrkdwn;
	size_t used = 0, most = max_units - 5; /* room for "…" and a closing fence on its line */
	bool fence = false;
	while (*p) {
		size_t n = atom_bytes(p), units = units_n(p, n);
		if (used + units > most)
			break;
		if (n == 3 && str_starts(p, "```"))
			fence = !fence;
		used += units;
		p += n;
	}
	return arena_printf(a, "%.*s…%s", (int)(p - mrkdwn), mrkdwn, fence ? "\n```" : "");
}
