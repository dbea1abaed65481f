/*
 * Formats whose fields say nothing one by one: syslog (RFC 5424), glog, Ruby's Logger, .NET's
 * console, Serilog, Redis, Monolog, MySQL, Heroku, Postgres's second records.
 */
#include <ctype.h>
#include <string.h>

#include "digest/header_i.h"

static size_t digits_at(const struct find *f, size_t i)
{
	size_t n = 0;

	while (isdigit((unsigned char)at(f, i + n)))
		n++;
	return n;
}

static size_t letters_at(const struct find *f, size_t i)
{
	size_t n = 0;

	while (isalpha((unsigned char)at(f, i + n)))
		n++;
	return n;
}

static size_t time_len(const struct find *f, size_t i)
{
	int64_t ms;
	size_t n = i < f->n ? time_at(f->p + i, f->n - i, &ms) : 0;

	if (n > 0 && f->h->ts_ms == 0)
		f->h->ts_ms = ms;
	return n;
}

/* "<34>1 2026-08-23T10:15:00Z host app 12 ID47 - msg", and the number of an older syslog. */
static bool syslog_form(struct find *f)
{
	static const enum level levels[] = {LEVEL_FATAL, LEVEL_FATAL, LEVEL_FATAL, LEVEL_ERROR,
	        LEVEL_WARN, LEVEL_INFO, LEVEL_INFO, LEVEL_DEBUG};
	size_t n = digits_at(f, 1), i = n + 2, t;

	if (at(f, 0) != '<' || n == 0 || n > 3 || at(f, n + 1) != '>')
		return false;
	f->h->level = levels[(f->p[n] - '0' + (n > 1 ? f->p[n - 1] - '0' : 0) * 10 +
	                             (n > 2 ? f->p[n - 2] - '0' : 0) * 100) %
	                     8];
	f->i = i;
	if (at(f, i) != '1' || at(f, i + 1) != ' ' || (t = time_len(f, i + 2)) == 0)
		return false;
	i = skip_blanks(f, i + 2 + t);
	for (int words = 0; words < 4; words++) /* host, program, process, kind */
		i = skip_blanks(f, word_end(f, i));
	if (at(f, i) == '-')
		i++;
	while (at(f, i) == '[' && memchr(f->p + i, ']', f->n - i))
		i = (size_t)((const char *)memchr(f->p + i, ']', f->n - i) - f->p) + 1;
	field(f, K_TIME, i);
	return f->colon = true;
}

/* "I0823 10:12:13.1 77 main.go:12] " */
static bool glog(struct find *f)
{
	const char *close;

	if (!at(f, 0) || !strchr("IWEF", at(f, 0)) || digits_at(f, 1) != 4 || at(f, 5) != ' ')
		return false;
	close = memchr(f->p, ']', f->n);
	if (!close || time_len(f, 6) == 0)
		return false;
	f->h->level = level_word(f->p, 1, true);
	field(f, K_TAG, (size_t)(close - f->p) + 1);
	return f->colon = true;
}

/* "I, [2026-08-23T10:15:00.123456 #71]  INFO -- : " */
static bool ruby(struct find *f)
{
	size_t t, i;

	if (at(f, 1) != ',' || at(f, 2) != ' ' || at(f, 3) != '[' ||
	        !isupper((unsigned char)at(f, 0)))
		return false;
	t = time_len(f, 4);
	i = 4 + t;
	if (t == 0 || at(f, i) != ' ' || at(f, i + 1) != '#')
		return false;
	i += 2;
	i += digits_at(f, i);
	if (at(f, i) != ']')
		return false;
	f->h->level = level_word(f->p, 1, true);
	i = skip_blanks(f, i + 1);
	i = skip_blanks(f, i + letters_at(f, i));
	if (at(f, i) == '-' && at(f, i + 1) == '-' && at(f, i + 2) == ' ') {
		for (i += 3; at(f, i) && at(f, i) != ':' && at(f, i) != ' ';)
			i++;
		i += at(f, i) == ':';
	}
	field(f, K_TAG, i);
	return f->colon = true;
}

/* "fail: Microsoft.AspNetCore.Server.Kestrel[13]", nothing else: the message is on the next line.
 */
static bool dotnet(struct find *f)
{
	size_t n = letters_at(f, 0), i = n + 2, k;
	enum level l;

	if (n != 4 || at(f, 4) != ':' || at(f, 5) != ' ' || f->p[f->n - 1] != ']' ||
	        (l = level_word(f->p, 4, false)) == LEVEL_NONE)
		return false;
	while (isalnum((unsigned char)at(f, i)) || at(f, i) == '.' || at(f, i) == '_')
		i++;
	k = digits_at(f, i + 1);
	if (i < 8 || at(f, i) != '[' || k == 0 || i + k + 2 != f->n)
		return false;
	f->h->level = l;
	field(f, K_TAG, f->n);
	return f->colon = true;
}

/* "[10:15:00 INF] " */
static bool serilog(struct find *f)
{
	size_t t, n;

	if (at(f, 0) != '[' || !isdigit((unsigned char)at(f, 1)) || (t = time_len(f, 1)) == 0)
		return false;
	n = letters_at(f, t + 2);
	if (at(f, t + 1) != ' ' || at(f, t + 2 + n) != ']' ||
	        (f->h->level = level_word(f->p + t + 2, n, false)) == LEVEL_NONE)
		return false;
	field(f, K_BRACKET, t + 3 + n);
	return true;
}

bool header_form(struct find *f)
{
	size_t n;

	if (syslog_form(f) || glog(f) || ruby(f) || (f->n > 12 && dotnet(f)) || serilog(f))
		return true;
	n = digits_at(f, 0); /* "1:M 23 Aug 2026 10:15:00.123 * " */
	if (n > 0 && at(f, n) == ':' && at(f, n + 1) && strchr("MSCX", at(f, n + 1)) &&
	        at(f, n + 2) == ' ') {
		f->i = n + 3;
		f->redis = true;
	}
	return false;
}

static bool redis_sign(struct find *f)
{
	static const char signs[] = ".-*#";
	static const enum level levels[] = {LEVEL_DEBUG, LEVEL_DEBUG, LEVEL_INFO, LEVEL_WARN};
	const char *sign = at(f, f->i) ? strchr(signs, at(f, f->i)) : NULL;

	if (!f->redis || !sign || !blank(at(f, f->i + 1)))
		return false;
	f->redis = false;
	f->h->level = levels[sign - signs];
	field(f, K_LEVEL, f->i + 1);
	return f->colon = true;
}

/* "production.ERROR: " */
static bool monolog(struct find *f)
{
	size_t n = letters_at(f, f->i), k = letters_at(f, f->i + n + 1);
	enum level l;

	if (f->h->level != LEVEL_NONE || n == 0 || at(f, f->i + n) != '.' ||
	        at(f, f->i + n + 1 + k) != ':' || !isupper((unsigned char)at(f, f->i + n + 1)) ||
	        (l = level_word(f->p + f->i + n + 1, k, false)) == LEVEL_NONE)
		return false;
	f->h->level = l;
	field(f, K_LEVEL, f->i + n + k + 2);
	return f->colon = true;
}

/* MySQL's thread before "[Warning]"; "app[web.1]: ". */
static bool number_or_tag(struct find *f)
{
	size_t n = digits_at(f, f->i), e;

	if (f->h->level != LEVEL_NONE || f->colon)
		return false;
	if (n > 0 && n < 9 && at(f, f->i + n) == ' ' && at(f, f->i + n + 1) == '[' &&
	        isalpha((unsigned char)at(f, f->i + n + 2))) {
		field(f, K_NUMBER, f->i + n);
		return true;
	}
	e = word_end(f, f->i);
	if (e < f->i + 4 || e > f->i + 60 || f->p[e - 1] != ':' || f->p[e - 2] != ']' ||
	        !isalpha((unsigned char)at(f, f->i)) || !memchr(f->p + f->i, '[', e - f->i))
		return false;
	field(f, K_TAG, e);
	return f->colon = true;
}

/* "dn228 Nov 9 12:01:01 ": a host before the time of another header. */
static bool host_and_time(struct find *f)
{
	size_t e = word_end(f, f->i), i = e + 1, n = 0;

	if (f->syslog || f->colon || e == f->i || e > f->i + 60 ||
	        !isupper((unsigned char)at(f, i)))
		return false;
	n = time_len(f, i);
	if (n < 8)
		return false;
	field(f, K_WORD, i + n);
	return f->syslog = true;
}

/* "info ready": after a time these are levels, not the message. */
static bool low_level(struct find *f)
{
	size_t n = letters_at(f, f->i);

	if (f->h->level != LEVEL_NONE || f->colon || !blank(at(f, f->i + n)) ||
	        !(n == 4 || n == 5 || n == 7) || !strchr("iwd", at(f, f->i)))
		return false;
	f->h->level = level_word(f->p + f->i, n, false);
	if (f->h->level == LEVEL_NONE)
		return false;
	field(f, K_LEVEL, f->i + n);
	return true;
}

bool header_form_field(struct find *f)
{
	return redis_sign(f) || monolog(f) || number_or_tag(f) || host_and_time(f) || low_level(f);
}
