/* The digest as a text for a model, within a budget of tokens. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "digest/digest_private.h"
#include "str.h"
#include "tokens.h"

/* A tenth stays in reserve: the estimate of tokens is that good (tokens.h). */
static size_t usable(size_t budget)
{
	return budget - budget / 10;
}

/* "08-23 11:21"; the hour alone after a time of the same day. Not clock_hhmm, which asks for today:
 * the same input must give the same output. */
static const char *when(struct arena *a, int64_t ms, int64_t after_ms)
{
	const char *s = clock_rfc3339(a, ms);
	const int64_t day_ms = 86400000;

	if (strlen(s) < 16)
		return s;
	return after_ms / day_ms == ms / day_ms ? arena_printf(a, "%.5s", s + 11)
	                                        : arena_printf(a, "%.5s %.5s", s + 5, s + 11);
}

static const char *rate(struct arena *a, double v)
{
	return v > 0 && v < 0.1 ? "<0.1" : arena_printf(a, v < 10 ? "%.1f" : "%.0f", v);
}

static const char *entry(
        const struct digest *d, struct arena *a, const struct digest_template *t, size_t max_tokens)
{
	struct str b = str_new(a);
	size_t n = strlen(t->sample), fit = tokens_fit(t->sample, n, max_tokens);

	if (t->count > 1)
		str_addf(&b, "%llux ", (unsigned long long)t->count);
	str_addf(&b, "%s%s", t->severity,
	        d->o.split_ms > 0 && t->before == 0 && t->first_ms >= d->o.split_ms ? " new" : "");
	if (t->first_ms > 0) {
		str_addf(&b, " %s", when(a, t->first_ms, 0));
		if (t->last_ms >= t->first_ms + 60000)
			str_addf(&b, "-%s", when(a, t->last_ms, t->first_ms));
	}
	if (t->count > 1 && !isnan(t->rate) && !isnan(t->rate_before))
		str_addf(&b, " %s/min, before %s/min", rate(a, t->rate), rate(a, t->rate_before));
	str_add(&b, ": ");
	str_addn(&b, t->sample, fit);
	str_add(&b, fit < n ? "…\n" : "\n");
	return b.s;
}

static const char *left_out(struct arena *a, const struct digest *d,
        const struct digest_template *t, const bool *shown, size_t n)
{
	uint64_t kinds = 0, lines = 0, errors = 0, dropped_events, dropped;
	struct str b = str_new(a);

	for (size_t i = 0; i < n; i++) {
		if (shown[i])
			continue;
		kinds++;
		lines += t[i].count;
		errors += str_eq(t[i].severity, "error") || str_eq(t[i].severity, "fatal")
		                  ? t[i].count
		                  : 0;
	}
	dropped = templates_dropped(d->table, &dropped_events);
	if (kinds > 0)
		str_addf(&b, "left out: %llu kinds, %llu events, %llu of them errors\n",
		        (unsigned long long)kinds, (unsigned long long)lines,
		        (unsigned long long)errors);
	if (dropped > 0)
		str_addf(&b, "not kept: %llu kinds, %llu events\n", (unsigned long long)dropped,
		        (unsigned long long)dropped_events);
	return b.s;
}

static size_t cost(const char *s)
{
	return tokens_estimate(s, strlen(s));
}

/* With other values of the variable words where the budget allows. */
static void add_entry(
        struct str *b, const char *text, const char *values, size_t *used, size_t budget)
{
	const char *also = *values ? arena_printf(b->a, " | also: %s\n", values) : "";

	if (*values && *used + cost(also) <= budget) {
		*used += cost(also);
		str_addf(b, "%.*s%s", (int)strlen(text) - 1, text, also);
	} else {
		str_add(b, text);
	}
}

const char *digest_render(struct digest *d, struct arena *a, size_t budget_tokens)
{
	struct digest_totals x = digest_totals(d);
	size_t n, budget = usable(budget_tokens), used, each = budget_tokens / 16;
	const struct digest_template *t = digest_top(d, a, SIZE_MAX, &n);
	const char **text = ARENA_ARRAY(a, n + 1, const char *);
	bool *shown = ARENA_ARRAY(a, n + 1, bool);
	struct str b = str_new(a);

	each = each < 60 ? 60 : each > 320 ? 320 : each;
	str_addf(&b, "%llu lines, %llu events, %llu kinds, %llu errors\n",
	        (unsigned long long)x.lines, (unsigned long long)x.events,
	        (unsigned long long)x.templates, (unsigned long long)x.errors);
	used = cost(b.s) + 40; /* the line about what is left out */
	for (size_t i = 0; i < n && used + 12 < budget; i++) {
		size_t c;

		text[i] = entry(d, a, &t[i], each);
		c = cost(text[i]) + 1;
		if (used + c > budget)
			continue;
		used += c;
		shown[i] = true;
	}
	for (size_t i = 0; i < n; i++) {
		if (shown[i])
			add_entry(&b, text[i], t[i].values, &used, budget);
	}
	str_add(&b, left_out(a, d, t, shown, n));
	if (cost(b.s) > budget_tokens)
		str_cut(&b, tokens_fit(b.s, b.len, budget_tokens));
	return b.s;
}
