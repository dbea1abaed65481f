/*
 * spark.c - sparklines and numbers as people write them.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "spark.h"
#include "str.h"

#define NONE "–"

/* --- sparklines --- */

/* The greatest value of v[from..to), NAN when there is none: a peak must survive the squeeze. */
static double peak(const double *v, size_t from, size_t to)
{
	double best = NAN;
	for (size_t i = from; i < to; i++)
		if (isfinite(v[i]) && (isnan(best) || v[i] > best))
			best = v[i];
	return best;
}

static const char *bar(double v, double top)
{
	static const char *const bars[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
	if (isnan(v))
		return " ";
	if (!(top > 0) || v <= 0)
		return bars[0];
	double step = floor(v / top * 8.0);
	return bars[step > 7 ? 7 : (int)step];
}

char *spark(struct arena *a, const double *v, size_t n, size_t width, double limit)
{
	struct str b = str_new(a);
	if (width == 0 || width > n)
		width = n;
	double top = peak(v, 0, n);
	if (isnan(top) || (limit > 0 && limit > top))
		top = limit;
	for (size_t i = 0; i < width; i++) {
		size_t from = i * n / width, to = (i + 1) * n / width;
		str_add(&b, bar(peak(v, from, to), top));
	}
	return b.s;
}

/* --- numbers --- */

/* Digits in groups of three: "1 318", "-2 940". */
static char *grouped(struct arena *a, double v)
{
	char digits[40];
	if (fabs(v) >= 1e18) /* beyond counting: no column of zeros */
		return arena_printf(a, "%.2e", v);
	int len = snprintf(digits, sizeof digits, "%.0f", fabs(v));
	struct str b = str_new(a);
	if (v < 0 && strcmp(digits, "0") != 0)
		str_addc(&b, '-');
	for (int i = 0; i < len; i++) {
		if (i > 0 && (len - i) % 3 == 0)
			str_addc(&b, ' ');
		str_addc(&b, digits[i]);
	}
	return b.s;
}

/* One decimal, but no ".0"; whole numbers from 1,000 on. */
static char *decimal(struct arena *a, double v)
{
	if (fabs(v) >= 999.95)
		return grouped(a, v);
	char *s = arena_printf(a, "%.1f", v);
	size_t n = strlen(s);
	if (str_ends(s, ".0"))
		s[n - 2] = '\0';
	return strcmp(s, "-0") == 0 ? arena_strdup(a, "0") : s;
}

char *num_share(struct arena *a, double share)
{
	if (!isfinite(share))
		return arena_strdup(a, NONE);
	double pct = share * 100;
	if (pct > 0 && pct < 0.1)
		return arena_strdup(a, "< 0.1 %");
	/* Rounding must not claim that everything failed (or worked) when it did not. */
	if (pct < 100 && pct >= 99.95)
		return arena_strdup(a, "99.9 %");
	return arena_printf(a, "%s %%", decimal(a, pct));
}

char *num_int(struct arena *a, double v)
{
	return isfinite(v) ? grouped(a, v) : arena_strdup(a, NONE);
}

char *num_ms(struct arena *a, double ms)
{
	if (!isfinite(ms))
		return arena_strdup(a, NONE);
	if (fabs(ms) < 9.95)
		return arena_printf(a, "%s ms", decimal(a, ms));
	if (fabs(ms) < 59999.5)
		return arena_printf(a, "%s ms", grouped(a, ms));
	return arena_printf(a, "%s s", decimal(a, ms / 1000));
}

char *num_gb(struct arena *a, double gb)
{
	if (!isfinite(gb))
		return arena_strdup(a, NONE);
	double size = fabs(gb);
	if (size < 0.9995)
		return arena_printf(
		        a, "%s MB", size < 0.00995 ? decimal(a, gb * 1000) : grouped(a, gb * 1000));
	if (size < 999.95)
		return arena_printf(a, "%s GB", decimal(a, gb));
	return arena_printf(a, "%s TB", decimal(a, gb / 1000));
}

char *num_of_gb(struct arena *a, double used_gb, double limit_gb)
{
	if (!(limit_gb > 0) || !isfinite(used_gb))
		return num_gb(a, used_gb);
	double pct = used_gb / limit_gb * 100;
	if (pct >= 10 && pct < 99.5) /* memory: whole percents say enough */
		return arena_printf(a, "%.0f %% of %s", pct, num_gb(a, limit_gb));
	return arena_printf(a, "%s of %s", num_share(a, used_gb / limit_gb), num_gb(a, limit_gb));
}

char *num_cores(struct arena *a, double v)
{
	if (!isfinite(v))
		return arena_strdup(a, NONE);
	if (fabs(v) >= 9.995)
		return arena_printf(a, "%s vCPU", decimal(a, v));
	char *s = arena_printf(a, "%.2f", v);
	size_t n = strlen(s);
	while (s[n - 1] == '0')
		s[--n] = '\0';
	if (s[n - 1] == '.')
		s[n - 1] = '\0';
	return arena_printf(a, "%s vCPU", strcmp(s, "-0") == 0 ? "0" : s);
}

char *num_usd(struct arena *a, double v)
{
	if (!isfinite(v))
		return arena_strdup(a, NONE);
	if (v > 0 && v < 0.01)
		return arena_strdup(a, "< $0.01");
	return arena_printf(a, "$%.2f", v);
}

static char *num_seconds(struct arena *a, double s)
{
	return isfinite(s) ? arena_printf(a, "%s s", decimal(a, s)) : arena_strdup(a, NONE);
}

char *num_unit(struct arena *a, double v, const char *unit)
{
	static const struct {
		const char *unit;
		char *(*fn)(struct arena *, double);
	} units[] = {
	        {"share", num_share},
	        {"ms", num_ms},
	        {"count", num_int},
	        {"gb", num_gb},
	        {"s", num_seconds},
	        {"vcpu", num_cores},
	        {"usd", num_usd},
	};
	for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
		if (str_eq(unit, units[i].unit))
			return units[i].fn(a, v);
	return isfinite(v) ? decimal(a, v) : arena_strdup(a, NONE);
}

/* The word after the last space when it is a unit and not digits; NULL when there is none. */
static char *unit_word(char *s)
{
	char *p = strrchr(s, ' ');
	return p && strspn(p + 1, "0123456789") != strlen(p + 1) ? p : NULL;
}

char *num_change(struct arena *a, double from, double to, const char *unit)
{
	char *l = num_unit(a, from, unit), *r = num_unit(a, to, unit);
	char *lu = unit_word(l), *ru = unit_word(r);
	if (lu && ru && strcmp(lu, ru) == 0)
		*lu = '\0';
	return arena_printf(a, "%s → %s", l, r);
}
