/* latency.c - p95 against absolute limits and against the service's own usual; see judge.h. */
#include <math.h>

#include "watch/judge.h"

enum { SOME_MS = 10 * MINUTE_MS, SOME_BINS = 5 };

#define P99_REQUESTS  300.
#define NOTICEABLE_MS 100. /* a ratio to the usual counts from this difference on */
#define LIKE_ALWAYS   1.4  /* times the usual */
#define NEAR_LIMIT    2.5  /* times the usual reaches the limit */
#define OFTEN         1.25 /* times what it often comes to */

static bool ratio_over(double p95, double usual, double ratio)
{
	return ratio >= 0 && usual > 0 && p95 >= ratio * usual && p95 - usual >= NOTICEABLE_MS;
}

/* Slow by nature is no news: an absolute limit wants more than the usual, and more than what the
 * service comes to in one quarter hour of ten. */
static bool is_unlike(const struct judge *j, double p95)
{
	const struct usual *u = &j->w->usual;

	return p95 >= LIKE_ALWAYS * u->p95 && !(p95 < OFTEN * u->high_p95);
}

/* So near to the absolute limit that a few minutes tell nothing. */
static bool is_slow_by_nature(const struct judge *j)
{
	return j->t->p95.crit >= 0 && j->w->usual.p95 * NEAR_LIMIT >= j->t->p95.crit;
}

/* Of one p95, in ms. Critical: the absolute limit, or the ratio. A warning wants both, as far as
 * both are set and the usual is known; or the ratio alone, half way (geometrically) to critical. */
static enum severity grade_p95(const struct judge *j, double p95)
{
	const struct limits *abs = &j->t->p95, *ratio = &j->t->p95_ratio;
	double usual = j->w->usual.p95;
	bool known = usual > 0;

	if (isnan(p95))
		return SEVERITY_NONE;
	if (abs->crit >= 0 && p95 >= abs->crit && (!known || is_unlike(j, p95)))
		return SEVERITY_CRIT;
	if (ratio_over(p95, usual, ratio->crit))
		return SEVERITY_CRIT;
	if (ratio->warn >= 0 && ratio->crit >= 0 &&
	        ratio_over(p95, usual, sqrt(ratio->warn * ratio->crit)))
		return SEVERITY_WARN; /* far from usual, though not slow in itself */
	if (abs->warn >= 0 && p95 < abs->warn)
		return SEVERITY_NONE;
	if (abs->warn < 0)
		return ratio_over(p95, usual, ratio->warn) ? SEVERITY_WARN : SEVERITY_NONE;
	if (known && ratio->warn >= 0)
		return p95 >= ratio->warn * usual ? SEVERITY_WARN : SEVERITY_NONE;
	return SEVERITY_WARN;
}

struct look {
	double mean, median; /* ms, of p95; the mean weighted by requests */
	double p99;          /* ms, likewise the mean */
	double requests;
	int bins, bad;
};

static struct look look_back(const struct judge *j, int bins, bool want_median)
{
	struct look l = {NAN, NAN, NAN, 0, 0, 0};
	double sum = 0, weight = 0, sum99 = 0, weight99 = 0;
	double v[FINE];

	for (int i = 0; i < bins; i++) {
		const struct fine *f = fine_back(j->w, j->k->now_ms, i);
		double n;

		if (!f || isnan(f->p95))
			continue;
		n = f->requests > 0 ? (double)f->requests : 1;
		l.requests += isnan(f->requests) ? (double)j->t->min_requests : (double)f->requests;
		sum += n * (double)f->p95;
		weight += n;
		if (!isnan(f->p99)) {
			sum99 += n * (double)f->p99;
			weight99 += n;
		}
		l.bad += grade_p95(j, (double)f->p95) != SEVERITY_NONE;
		v[l.bins++] = (double)f->p95;
	}
	if (l.bins == 0)
		return l;
	l.mean = sum / weight;
	l.p99 = weight99 > 0 ? sum99 / weight99 : (double)NAN;
	if (want_median)
		l.median = select_nth(v, l.bins, l.bins / 2);
	return l;
}

static int64_t slow_since(const struct judge *j)
{
	int64_t since = 0;
	int good = 0;

	for (int i = 0; i < FINE && good <= 2; i++) {
		const struct fine *f = fine_back(j->w, j->k->now_ms, i);

		if (!f || isnan(f->p95))
			continue;
		if (grade_p95(j, (double)f->p95)) {
			since = fine_start(j->w, j->k->now_ms, i);
			good = 0;
		} else if (since) {
			good++;
		}
	}
	return since;
}

static const char *limits_text(const struct judge *j)
{
	const struct limits *abs = &j->t->p95, *ratio = &j->t->p95_ratio;
	struct arena *a = j->a;
	const char *warn = "off", *crit = "off";

	if (abs->warn >= 0 && ratio->warn >= 0)
		warn = arena_printf(a, "%s and %.3g × usual", say_ms(a, abs->warn), ratio->warn);
	else if (abs->warn >= 0)
		warn = say_ms(a, abs->warn);
	else if (ratio->warn >= 0)
		warn = arena_printf(a, "%.3g × usual", ratio->warn);
	if (abs->crit >= 0 && ratio->crit >= 0)
		crit = arena_printf(a, "%s or %.3g × usual", say_ms(a, abs->crit), ratio->crit);
	else if (abs->crit >= 0)
		crit = say_ms(a, abs->crit);
	else if (ratio->crit >= 0)
		crit = arena_printf(a, "%.3g × usual", ratio->crit);
	return arena_printf(a, "warns at %s, critical from %s", warn, crit);
}

static const char *rule_of(const struct judge *j, const struct finding *f, double requests)
{
	struct arena *a = j->a;
	const char *usual = isnan(j->w->usual.p95)
	                            ? "usual not known yet"
	                            : arena_printf(a, "usual %s", say_ms(a, j->w->usual.p95));

	if (isnan(f->value))
		return arena_printf(a, "p95: %s, %s",
		        j->w->view.no_traffic || requests > 0 ? "no traffic" : "no data",
		        limits_text(j));
	if (requests < (double)j->t->min_requests)
		return arena_printf(a, "p95 %s of only %s requests, judged from %s on",
		        say_ms(a, f->value), say_count(a, requests),
		        say_count(a, (double)j->t->min_requests));
	return arena_printf(a, "p95 %s over %s requests in %s (%s), %s", say_ms(a, f->value),
	        say_count(a, requests), say_span(a, (double)j->span_ms[SIGNAL_LATENCY] / 1000),
	        usual, limits_text(j));
}

/* The slowest hundredth wants a few hundred requests to mean anything. Replaces what p95 says when
 * it is worse. */
static bool take_p99(struct judge *j, struct finding *f, const struct look *all)
{
	const struct limits *lim = &j->t->p99;
	double least = fmax((double)j->t->min_requests, P99_REQUESTS);

	if (all->requests < least || isnan(all->p99) || grade(all->p99, lim) <= f->severity)
		return false;
	f->severity = grade(all->p99, lim);
	f->value = all->p99;
	f->baseline = (double)NAN;
	f->limit = f->severity == SEVERITY_CRIT ? lim->crit : lim->warn;
	f->since_ms = f->since_ms ? f->since_ms : j->k->now_ms - j->w->rules.window_ms;
	if (!j->w->rules.wordless)
		f->rule = arena_printf(j->a, "p99 %s over %s requests in %s, %s at %s",
		        say_ms(j->a, all->p99), say_count(j->a, all->requests),
		        say_span(j->a, (double)j->w->rules.window_ms / 1000),
		        f->severity == SEVERITY_CRIT ? "critical" : "warns",
		        say_ms(j->a, f->limit));
	return true;
}

void judge_latency(struct judge *j)
{
	struct finding *f = &j->w->view.signal[SIGNAL_LATENCY];
	struct look all = look_back(j, j->bins, false),
	            some = look_back(j, fine_count(j->w, SOME_MS), true);
	const struct limits *lim = &j->t->p95;
	double requests = all.requests;

	f->unit = "ms";
	f->value = all.mean;
	f->baseline = j->w->usual.p95;
	/* over it on average and in more than a sixth of the time: not just a hiccup */
	if (all.requests >= (double)j->t->min_requests && all.bad * 6 > all.bins)
		f->severity = grade_p95(j, all.mean);
	if (some.requests >= (double)j->t->min_requests && some.bins >= SOME_BINS &&
	        !is_slow_by_nature(j) && grade_p95(j, some.median) > f->severity) {
		f->severity = grade_p95(j, some.median);
		f->value = some.median;
		j->span_ms[SIGNAL_LATENCY] = SOME_MS;
		requests = some.requests;
	}
	f->limit = f->severity == SEVERITY_CRIT && lim->crit >= 0 ? lim->crit : lim->warn;
	if (f->severity == SEVERITY_CRIT && (lim->crit < 0 || f->value < lim->crit))
		f->limit = j->t->p95_ratio.crit * j->w->usual.p95;
	f->limit = f->limit < 0 ? (double)NAN : f->limit;
	if (f->severity)
		f->since_ms = slow_since(j);
	if (!j->w->rules.wordless)
		f->rule = rule_of(j, f, requests);
	if (take_p99(j, f, &all))
		return;
	if (requests < (double)j->t->min_requests)
		f->value = (double)NAN; /* too few to say that it is good */
}
