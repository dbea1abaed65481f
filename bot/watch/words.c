/* words.c - numbers in the rules that people read. "5xx 0.3 % of 10 630 requests". */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "watch/state.h"

const char *say_share(struct arena *a, double share)
{
	double p = share * 100;

	if (isnan(share))
		return "–";
	if (p > 0 && p < 0.1)
		return "< 0.1 %";
	if (fabs(p - round(p)) < 0.05)
		return arena_printf(a, "%.0f %%", p);
	return arena_printf(a, "%.1f %%", p);
}

/* "10 630": thousands apart. */
const char *say_count(struct arena *a, double v)
{
	char digits[32];
	char *out = arena_alloc(a, 48), *p = out;
	size_t n;

	if (isnan(v) || fabs(v) > 1e15)
		return "–";
	snprintf(digits, sizeof(digits), "%.0f", fabs(v));
	n = strlen(digits);
	if (v <= -0.5)
		*p++ = '-';
	for (size_t i = 0; i < n; i++) {
		if (i > 0 && (n - i) % 3 == 0)
			*p++ = ' ';
		*p++ = digits[i];
	}
	return out;
}

const char *say_ms(struct arena *a, double ms)
{
	if (ms < 10)
		return arena_printf(a, "%.1f ms", ms);
	return isnan(ms) ? "–" : arena_printf(a, "%s ms", say_count(a, ms));
}

const char *say_gb(struct arena *a, double gb)
{
	if (isnan(gb))
		return "–";
	if (gb < 0.9995)
		return arena_printf(a, "%.0f MB", gb * 1000);
	return arena_printf(a, fabs(gb - round(gb)) < 0.05 ? "%.0f GB" : "%.1f GB", gb);
}

const char *say_span(struct arena *a, double seconds)
{
	return isnan(seconds) || seconds > 1e9 ? "–" : clock_duration(a, (int64_t)(seconds * 1000));
}
