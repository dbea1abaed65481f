/* clock.c - see clock.h. Calendar arithmetic is Howard Hinnant's days_from_civil (proleptic
 * Gregorian), which needs neither time zone nor locale. */
#include "clock.h"

#include <ctype.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "str.h"

#define SEC_MS  ((int64_t)1000)
#define MIN_MS  (60 * SEC_MS)
#define HOUR_MS (60 * MIN_MS)
#define DAY_MS  (24 * HOUR_MS)
#define WEEK_MS (7 * DAY_MS)

static _Atomic int64_t fake_ms; /* 0 = real */
static _Atomic int64_t fake_offset_ms;

static int64_t read_clock(clockid_t id)
{
	struct timespec t;

	if (clock_gettime(id, &t) != 0)
		abort();
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t clock_now_ms(void)
{
	int64_t fake = atomic_load(&fake_ms);

	return fake ? fake : read_clock(CLOCK_REALTIME);
}

int64_t clock_mono_ms(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

int64_t clock_offset_ms(void)
{
	return atomic_load(&fake_ms) ? atomic_load(&fake_offset_ms)
	                             : read_clock(CLOCK_REALTIME) - read_clock(CLOCK_BOOTTIME);
}

void clock_fake(int64_t wall_ms)
{
	if (!atomic_load(&fake_ms))
		atomic_store(&fake_offset_ms, clock_offset_ms());
	atomic_store(&fake_ms, wall_ms);
}

void clock_fake_set(int64_t wall_ms)
{
	atomic_fetch_add(&fake_offset_ms, wall_ms - atomic_load(&fake_ms));
	atomic_store(&fake_ms, wall_ms);
}

struct civil {
	int64_t year;
	int month, day, hour, min, sec, ms;
};

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

static struct civil civil_of(int64_t ms)
{
	int64_t days = floor_div(ms, DAY_MS), rest = ms - days * DAY_MS;
	int64_t z = days + 719468, era = floor_div(z, 146097), doe = z - era * 146097;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;
	int month = (int)(mp < 10 ? mp + 3 : mp - 9);

	return (struct civil){
	        .year = yoe + era * 400 + (month <= 2),
	        .month = month,
	        .day = (int)(doy - (153 * mp + 2) / 5 + 1),
	        .hour = (int)(rest / HOUR_MS),
	        .min = (int)(rest / MIN_MS % 60),
	        .sec = (int)(rest / SEC_MS % 60),
	        .ms = (int)(rest % SEC_MS),
	};
}

static int64_t days_from_civil(int64_t y, int m, int d)
{
	int64_t yy = m <= 2 ? y - 1 : y, era = floor_div(yy, 400), yoe = yy - era * 400;
	int64_t doy = (153 * (m > 2 ? m - 3 : m + 9) + 2) / 5 + d - 1;

	return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

char *clock_rfc3339(struct arena *a, int64_t ms)
{
	struct civil c = civil_of(ms);
	char *s = arena_printf(a, "%04lld-%02d-%02dT%02d:%02d:%02d", (long long)c.year, c.month,
	        c.day, c.hour, c.min, c.sec);

	return c.ms ? arena_printf(a, "%s.%03dZ", s, c.ms) : arena_printf(a, "%sZ", s);
}

/* Exactly n digits. */
static bool digits(const char **p, int n, int *out)
{
	*out = 0;
	for (int i = 0; i < n; i++, (*p)++) {
		if (!isdigit((unsigned char)**p))
			return false;
		*out = *out * 10 + (**p - '0');
	}
	return true;
}

static bool literal(const char **p, const char *any)
{
	if (!**p || !strchr(any, **p))
		return false;
	(*p)++;
	return true;
}

/* ".123456": at least one digit, any number of them; milliseconds are kept. */
static bool fraction(const char **p, int *ms)
{
	int scale = 100;

	*ms = 0;
	if (**p != '.')
		return true;
	(*p)++;
	if (!isdigit((unsigned char)**p))
		return false;
	for (; isdigit((unsigned char)**p); (*p)++, scale /= 10)
		*ms += (**p - '0') * scale;
	return true;
}

static bool offset(const char **p, int *minutes)
{
	int sign, h, m;

	*minutes = 0;
	if (literal(p, "Zz"))
		return true;
	sign = **p == '-' ? -1 : 1;
	if (!literal(p, "+-") || !digits(p, 2, &h) || !literal(p, ":") || !digits(p, 2, &m))
		return false;
	*minutes = sign * (h * 60 + m);
	return h < 24 && m < 60;
}

static int month_days(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month - 1] + (month == 2 && leap);
}

bool clock_parse_rfc3339(const char *s, int64_t *ms_out)
{
	int y, mo, d, h, mi, sec, ms, off;
	const char *p = s;

	if (!s || !digits(&p, 4, &y) || !literal(&p, "-") || !digits(&p, 2, &mo) ||
	        !literal(&p, "-") || !digits(&p, 2, &d) || !literal(&p, "Tt ") ||
	        !digits(&p, 2, &h) || !literal(&p, ":") || !digits(&p, 2, &mi) ||
	        !literal(&p, ":") || !digits(&p, 2, &sec) || !fraction(&p, &ms) ||
	        !offset(&p, &off) || *p)
		return false;
	/* 60 is a leap second: the first moment of the next minute to us. */
	if (mo < 1 || mo > 12 || d < 1 || d > month_days(y, mo) || h > 23 || mi > 59 || sec > 60)
		return false;
	*ms_out = days_from_civil(y, mo, d) * DAY_MS + h * HOUR_MS + mi * MIN_MS + sec * SEC_MS +
	          ms - off * MIN_MS;
	return true;
}

static const struct unit {
	const char *name;
	int64_t ms;
} units[] = {
        {"w", WEEK_MS}, {"d", DAY_MS}, {"h", HOUR_MS}, {"m", MIN_MS}, {"s", SEC_MS}, {"ms", 1}};

#define UNITS (sizeof(units) / sizeof(units[0]))

/* The unit word at *p, at or after *from in the table: units get smaller. */
static const struct unit *unit_at(const char **p, size_t *from)
{
	size_t n = 0;

	while (isalpha((unsigned char)(*p)[n]))
		n++;
	for (size_t i = *from; i < UNITS; i++) {
		if (strlen(units[i].name) == n && memcmp(units[i].name, *p, n) == 0) {
			*p += n;
			*from = i + 1;
			return &units[i];
		}
	}
	return NULL;
}

bool clock_parse_duration(const char *s, int64_t *ms_out)
{
	const char *p = s;
	int64_t total = 0;
	size_t from = 0;

	if (!s || !*s)
		return false;
	if (strcmp(s, "0") == 0) {
		*ms_out = 0;
		return true;
	}
	while (*p) {
		const struct unit *u;
		int64_t v = 0;

		if (!isdigit((unsigned char)*p))
			return false;
		for (; isdigit((unsigned char)*p); p++) {
			if (__builtin_mul_overflow(v, 10, &v) ||
			        __builtin_add_overflow(v, *p - '0', &v))
				return false;
		}
		u = unit_at(&p, &from);
		if (!u || __builtin_mul_overflow(v, u->ms, &v) ||
		        __builtin_add_overflow(total, v, &total))
			return false;
	}
	*ms_out = total;
	return true;
}

char *clock_duration(struct arena *a, int64_t ms)
{
	long long v = ms < 0 ? 0 : ms;

	if (v > 0 && v < SEC_MS)
		return arena_printf(a, "%lld ms", v);
	if (v < MIN_MS)
		return arena_printf(a, "%lld s", v / SEC_MS);
	if (v < HOUR_MS)
		return arena_printf(a, "%lld min", v / MIN_MS);
	if (v < DAY_MS)
		return arena_printf(a, "%lld h %02lld min", v / HOUR_MS, v / MIN_MS % 60);
	return arena_printf(a, "%lld d %lld h", v / DAY_MS, v / HOUR_MS % 24);
}

char *clock_duration_short(struct arena *a, int64_t ms)
{
	struct str b = str_new(a);
	int64_t rest = ms;

	if (ms <= 0)
		return arena_strdup(a, "0");
	/* One unit when it divides ("90s", not "1m30s"; "24h" stays "1d"). */
	for (size_t i = 0; i < UNITS; i++) {
		if (ms % units[i].ms == 0 && ms / units[i].ms < 100)
			return arena_printf(
			        a, "%lld%s", (long long)(ms / units[i].ms), units[i].name);
	}
	for (size_t i = 0; i < UNITS; i++) {
		if (rest >= units[i].ms)
			str_addf(&b, "%lld%s", (long long)(rest / units[i].ms), units[i].name);
		rest %= units[i].ms;
	}
	return b.s;
}

char *clock_hhmm(struct arena *a, int64_t ms)
{
	static const char *const months[] = {
	        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	struct civil c = civil_of(ms);

	if (floor_div(ms, DAY_MS) == floor_div(clock_now_ms(), DAY_MS))
		return arena_printf(a, "%02d:%02d", c.hour, c.min);
	return arena_printf(a, "%s %d %02d:%02d", months[c.month - 1], c.day, c.hour, c.min);
}
