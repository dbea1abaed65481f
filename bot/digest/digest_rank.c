/*
 * What tells most: bad, rare, new, and odd for its source. A source (one kind of header) that makes
 * a new kind of line every minute is a crowd; an odd line of one that repeats itself is a clue. The
 * chance that the next line of a source is a new kind is about (kinds seen once) / (lines), as Good
 * and Turing estimate unseen species.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "digest/digest_private.h"
#include "str.h"

enum { RARE = 3 };

enum level level_of(const struct digest *d, const struct template *t)
{
	bool trusted = d->contradicted * 20 <= d->given_errors;

	if (t->said != LEVEL_NONE)
		return (enum level)t->said;
	if (t->content != LEVEL_NONE)
		return (enum level)t->content;
	if (t->given != LEVEL_NONE && (trusted || t->given < LEVEL_ERROR))
		return (enum level)t->given;
	return LEVEL_INFO;
}

static void count_rare(struct digest *d)
{
	size_t n;
	const struct template *t = templates_slots(d->table, &n);

	for (size_t i = 0; i < MAX_SOURCES; i++)
		d->source[i].rare = 0;
	for (size_t i = 0; i < n; i++) {
		struct source *s = t[i].id ? source_of(d, t[i].layout) : NULL;

		if (s && t[i].count <= RARE)
			s->rare++;
	}
}

static double rank_of(struct digest *d, const struct template *t)
{
	static const double base[] = {0, -10, 0, 14, 24, 34};
	enum level l = level_of(d, t);
	const struct source *s = source_of(d, t->layout);
	double events = (double)d->totals.events + 1, r = base[l] + t->telling;
	double odd = s && s->events > 20 ? log2((double)s->events / ((double)s->rare + 1)) : 4;

	r += 12 * (1 - log((double)t->count) / log(events + 2));
	if (t->count <= RARE)
		r += 3 * (odd > 0 ? odd : 0);
	else
		r += 8 / log2((double)t->count);
	if (d->o.split_ms > 0 && t->before == 0 && t->first_ms >= d->o.split_ms)
		r += l >= LEVEL_WARN ? 40 : 15;
	return r;
}

static int by_rank(const void *pa, const void *pb)
{
	const struct digest_template *a = pa, *b = pb;
	int c;

	if (a->rank != b->rank)
		return a->rank < b->rank ? 1 : -1;
	if (a->count != b->count)
		return a->count < b->count ? 1 : -1;
	c = strcmp(a->text, b->text);
	return c ? c : strcmp(a->sample, b->sample);
}

/* Events a minute; NAN when there is no time to divide by. */
static double rate_of(uint64_t events, int64_t from_ms, int64_t to_ms)
{
	return from_ms > 0 && to_ms > from_ms ? (double)events * 60000 / (double)(to_ms - from_ms)
	                                      : (double)NAN;
}

static const char *values_of(struct arena *a, const struct template *t)
{
	struct str b = str_new(a);

	for (size_t i = 0; i < VALUES && t->values[i]; i++)
		str_addf(&b, "%s%s", i ? "; " : "", t->values[i]);
	return str_or(b.s, "");
}

const struct digest_template *digest_top(
        struct digest *d, struct arena *a, size_t max, size_t *n_out)
{
	size_t slots, n = 0;
	const struct template *t = templates_slots(d->table, &slots);
	struct digest_template *out;
	int64_t split = d->o.split_ms;

	for (size_t i = 0; i < slots; i++)
		n += t[i].id != 0;
	if (split > 0 && d->first_ms > split) /* nothing is known of the time before */
		split = 0;
	out = ARENA_ARRAY(a, n + 1, struct digest_template);
	n = 0;
	count_rare(d);
	for (size_t i = 0; i < slots; i++) {
		if (!t[i].id)
			continue;
		out[n++] = (struct digest_template){.text = arena_strdup(a, t[i].text),
		        .sample = arena_strdup(a, t[i].sample),
		        .severity = level_name(level_of(d, &t[i])),
		        .count = t[i].count,
		        .before = t[i].before,
		        .first_ms = t[i].first_ms,
		        .last_ms = t[i].last_ms,
		        .rate = rate_of(t[i].count - t[i].before, split, d->last_ms),
		        .rate_before = rate_of(t[i].before, d->first_ms, split),
		        .values = values_of(a, &t[i]),
		        .rank = rank_of(d, &t[i])};
	}
	qsort(out, n, sizeof(*out), by_rank);
	*n_out = n < max ? n : max;
	return out;
}

struct digest_totals digest_totals(const struct digest *d)
{
	struct digest_totals x = d->totals;
	uint64_t events;
	size_t n;
	const struct template *t = templates_slots(d->table, &n);

	x.templates = 0;
	x.errors = 0;
	x.dropped_templates = templates_dropped(d->table, &events);
	for (size_t i = 0; i < n; i++) {
		if (!t[i].id)
			continue;
		x.templates++;
		x.errors += level_of(d, &t[i]) >= LEVEL_ERROR ? t[i].count : 0;
	}
	return x;
}
