/* Dates and times at the start of log lines, whatever their format. See digest_i.h. */
#include <ctype.h>
#include <string.h>

#include "digest/digest_i.h"

/* A cursor over the text; every reader leaves it where it was when it fails. */
struct cur {
	const char *p, *end;
};

struct when {
	int year, month, day;
	int64_t clock_ms, zone_ms;
};

static bool digit(const struct cur *c, size_t k)
{
	return (size_t)(c->end - c->p) > k && c->p[k] >= '0' && c->p[k] <= '9';
}

static size_t digits(const struct cur *c)
{
	size_t n = 0;

	while (n < 20 && digit(c, n))
		n++;
	return n;
}

static char peek(const struct cur *c, size_t k)
{
	return (size_t)(c->end - c->p) > k ? c->p[k] : '\0';
}

static inline bool one_of(char ch, const char *set)
{
	for (; *set; set++) {
		if (*set == ch)
			return true;
	}
	return false;
}

static int number(const struct cur *c, size_t at, size_t n)
{
	int v = 0;

	while (n--)
		v = v * 10 + (c->p[at++] - '0');
	return v;
}

/* 1..12, 0 = not a month; names of three letters. */
static int month_at(const struct cur *c)
{
	static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

	if (c->end - c->p < 3 || !isupper((unsigned char)*c->p))
		return 0;
	for (int i = 0; i < 12; i++) {
		if (!memcmp(names + 3 * (size_t)i, c->p, 3))
			return isalpha((unsigned char)peek(c, 3)) ? 0 : i + 1;
	}
	return 0;
}

static void skip_weekday(struct cur *c)
{
	static const char names[] = "MonTueWedThuFriSatSun";

	for (size_t i = 0; i < 7; i++) {
		if (c->end - c->p < 5 || memcmp(names + 3 * i, c->p, 3))
			continue;
		if (c->p[3] == ' ')
			c->p += 4;
		else if (c->p[3] == ',' && c->p[4] == ' ')
			c->p += 5;
		return;
	}
}

static bool ymd(struct when *w, int y, int m, int d)
{
	if (m < 1 || m > 12 || d < 1 || d > 31)
		return false;
	w->year = y;
	w->month = m;
	w->day = d;
	return true;
}

/* 2026-08-23, 2026/08/23, 2026.08.23, 17/06/09, 23/Aug/2026, 03-17, 10.30, 20171223, 081109 203615
 */
static bool numeric_date(struct cur *c, struct when *w)
{
	size_t n = digits(c);
	char sep = peek(c, n);
	struct cur rest = {c->p + n + 1, c->end};
	bool dated = one_of(sep, "-/.");

	if (n == 4 && dated && digits(&rest) == 2 && peek(&rest, 2) == sep && digit(&rest, 3) &&
	        digit(&rest, 4) &&
	        ymd(w, number(c, 0, 4), number(&rest, 0, 2), number(&rest, 3, 2))) {
		c->p += 10;
		return true;
	}
	if (n == 8 && ymd(w, number(c, 0, 4), number(c, 4, 2), number(c, 6, 2)) && w->year > 1990 &&
	        w->year < 2100) {
		c->p += 8;
		return true;
	}
	if (n != 2 || !dated)
		return false;
	if (sep == '/' && month_at(&rest) && peek(&rest, 3) == '/' && digit(&rest, 4) &&
	        digit(&rest, 7)) {
		ymd(w, number(&rest, 4, 4), month_at(&rest), number(c, 0, 2));
		c->p += 11;
		return true;
	}
	if (digits(&rest) != 2)
		return false;
	if (peek(&rest, 2) == sep && digit(&rest, 3) && digit(&rest, 4)) {
		int a = number(c, 0, 2), b = number(&rest, 0, 2);
		bool year4 = digit(&rest, 5) && digit(&rest, 6);

		/* yy/mm/dd, or mm/dd/yyyy, dd.mm.yyyy */
		if (!year4)
			ymd(w, 2000 + a, b, number(&rest, 3, 2));
		else if (!ymd(w, number(&rest, 3, 4), sep == '.' ? b : a, sep == '.' ? a : b))
			ymd(w, number(&rest, 3, 4), b, a);
		c->p += year4 ? 10 : 8;
		return true;
	}
	c->p += 5;
	return true;
}

/* Aug 23, Aug  3, 23 Aug 2026 */
static bool named_date(struct cur *c, struct when *w)
{
	int month = month_at(c);
	struct cur rest = {c->p + 4, c->end};
	size_t n;

	if (month && one_of(peek(c, 3), " ")) {
		if (peek(&rest, 0) == ' ')
			rest.p++;
		n = digits(&rest);
		if (n < 1 || n > 2)
			return false;
		w->month = month;
		w->day = number(&rest, 0, n);
		rest.p += n;
		if (one_of(peek(&rest, 0), ","))
			rest.p++;
		*c = rest;
		return true;
	}
	n = digits(c);
	rest.p = c->p + n + 1;
	if (n < 1 || n > 2 || !one_of(peek(c, n), " -") || !(month = month_at(&rest)))
		return false;
	w->month = month;
	w->day = number(c, 0, n);
	rest.p += 3;
	if (one_of(peek(&rest, 0), " -") && digit(&rest, 1) && digit(&rest, 4)) {
		struct cur y = {rest.p + 1, c->end};

		w->year = number(&y, 0, 4);
		rest.p += 5;
	}
	*c = rest;
	return true;
}

static void zone(struct cur *c, struct when *w)
{
	size_t at = peek(c, 0) == ' ' ? 1 : 0;
	char sign = peek(c, at);

	if (sign == 'Z' && !isalnum((unsigned char)peek(c, at + 1))) {
		c->p += at + 1;
	} else if (one_of(sign, "+-") && digit(c, at + 1) && digit(c, at + 2)) {
		bool colon = peek(c, at + 3) == ':';
		size_t m = at + 3 + colon;
		int64_t ms = number(c, at + 1, 2) * INT64_C(3600000);
		bool minutes = digit(c, m) && digit(c, m + 1);

		if (!minutes && at == 1)
			return; /* " -12 ..." is a message */
		if (minutes)
			ms += number(c, m, 2) * INT64_C(60000);
		w->zone_ms = sign == '-' ? -ms : ms;
		c->p += minutes ? m + 2 : at + 3;
	} else if (c->end - c->p >= (ptrdiff_t)at + 3 &&
	           (!memcmp(c->p + at, "UTC", 3) || !memcmp(c->p + at, "GMT", 3))) {
		c->p += at + 3;
	}
}

/* 15:42:50, 15.42.50.675872, 9:04:47,123 */
static bool clock_at(struct cur *c, struct when *w)
{
	size_t n = digits(c);
	char sep = peek(c, n);
	struct cur r = {c->p + n + 1, c->end};
	int64_t ms;

	if (n == 6) { /* 203615 */
		w->clock_ms =
		        ((number(c, 0, 2) * INT64_C(60) + number(c, 2, 2)) * 60 + number(c, 4, 2)) *
		        1000;
		c->p += 6;
		return true;
	}
	if (n < 1 || n > 2 || !one_of(sep, ":.") || digits(&r) != 2 || peek(&r, 2) != sep ||
	        !digit(&r, 3))
		return false;
	ms = (number(c, 0, n) * INT64_C(3600) + number(&r, 0, 2) * INT64_C(60)) * 1000;
	r.p += 3;
	n = digits(&r);
	if (n > 2)
		return false;
	ms += number(&r, 0, n) * INT64_C(1000);
	r.p += n;
	if (one_of(peek(&r, 0), ".,:") && digit(&r, 1)) {
		int64_t unit = 100;

		for (r.p++; digit(&r, 0); r.p++, unit /= 10)
			ms += (*r.p - '0') * unit;
	}
	w->clock_ms = ms;
	*c = r;
	zone(c, w);
	return true;
}

/* Days since 1970-01-01 (Howard Hinnant, "chrono-compatible low-level date algorithms"). */
static int64_t days_from_civil(int64_t y, int m, int d)
{
	int64_t era;
	unsigned yoe, doy, doe;

	y -= m <= 2;
	era = (y >= 0 ? y : y - 399) / 400;
	yoe = (unsigned)(y - era * 400);
	doy = (unsigned)((153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1);
	doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
	return era * 146097 + (int64_t)doe - 719468;
}

static int64_t stamp(const struct when *w)
{
	return days_from_civil(w->year, w->month, w->day) * INT64_C(86400000) + w->clock_ms -
	       w->zone_ms;
}

static size_t epoch_at(const struct cur *c, int64_t *ms)
{
	size_t n = digits(c);
	int64_t v = 0;

	if ((n != 10 && n != 13 && n != 16 && n != 19) || (*c->p != '1' && *c->p != '2') ||
	        isalpha((unsigned char)peek(c, n)))
		return 0;
	for (size_t i = 0; i < (n < 13 ? n : 13); i++)
		v = v * 10 + (c->p[i] - '0');
	*ms = n == 10 ? v * 1000 : v;
	if (peek(c, n) == '.' && digit(c, n + 1)) {
		for (n++; digit(c, n); n++)
			;
	}
	return n;
}

static bool clock_after_date(struct cur *c, struct when *w)
{
	struct cur t = *c;

	if (peek(&t, 0) == ',')
		t.p++;
	if (one_of(peek(&t, 0), "T :-_"))
		t.p++;
	if (peek(&t, 0) == ' ')
		t.p++;
	if (!clock_at(&t, w))
		return false;
	*c = t;
	return true;
}

/* A time alone, or "081109 203615". */
static bool bare_clock(struct cur *c, struct when *w, bool *dated)
{
	struct cur t = {c->p + 7, c->end};

	if (digits(c) < 6)
		return clock_at(c, w);
	if (digits(c) != 6 || peek(c, 6) != ' ' || digits(&t) != 6 || peek(&t, 6) != ' ')
		return false;
	*dated = true;
	ymd(w, 2000 + number(c, 0, 2), number(c, 2, 2), number(c, 4, 2));
	*c = t;
	return clock_at(c, w);
}

/* "2026-08-23T11:21:07" without another way round: what most lines begin with. */
static bool iso_at(struct cur *c, struct when *w)
{
	static const char form[] = "dddd-dd-dd?dd:dd:dd";
	const char *p = c->p;

	if (c->end - p < (ptrdiff_t)sizeof(form) || p[4] != '-' || p[13] != ':')
		return false;
	for (size_t i = 0; i < sizeof(form) - 1; i++) {
		bool is_digit = p[i] >= '0' && p[i] <= '9';

		if (form[i] == 'd' ? !is_digit : form[i] != '?' && form[i] != p[i])
			return false;
	}
	if ((p[10] != 'T' && p[10] != ' ') || digit(c, 19) ||
	        !ymd(w, number(c, 0, 4), number(c, 5, 2), number(c, 8, 2)))
		return false;
	c->p += 11;
	return clock_at(c, w);
}

size_t time_at(const char *p, size_t n, int64_t *ms)
{
	struct cur c = {p, p + n};
	struct when w = {0};
	bool dated, clocked;

	*ms = 0;
	if (n < 6 ||
	        !(isdigit((unsigned char)*p) || (isupper((unsigned char)*p) && one_of(p[3], " ,"))))
		return 0;
	if (iso_at(&c, &w)) {
		*ms = isalnum((unsigned char)peek(&c, 0)) ? 0 : stamp(&w);
		return isalnum((unsigned char)peek(&c, 0)) ? 0 : (size_t)(c.p - p);
	}
	skip_weekday(&c);
	dated = numeric_date(&c, &w) || named_date(&c, &w);
	clocked = dated ? clock_after_date(&c, &w) : bare_clock(&c, &w, &dated);
	if (!dated && !clocked)
		return epoch_at(&c, ms);
	if (!clocked && (w.year == 0 || c.p - p < 10))
		return 0; /* a lone 03-17 or Aug 23 is no time stamp */
	if (peek(&c, 0) == ' ' && digits(&(struct cur){c.p + 1, c.end}) == 4 && w.month &&
	        !w.year && clocked) { /* Sun Dec 04 04:47:44 2005 */
		w.year = number(&c, 1, 4);
		c.p += 5;
	}
	if (isalnum((unsigned char)peek(&c, 0)))
		return 0;
	if (w.year && w.month && w.day)
		*ms = stamp(&w);
	return (size_t)(c.p - p);
}
