/* proof.c - one metric before and after a change. See include/proof.h. */
#include "proof.h"

#include <math.h>
#include <stddef.h>

#define Z_ONE_PERCENT 2.326 /* one-sided */
#define LESS_TRAFFIC  0.25
#define BETTER_BY     0.8

static double per_minute(const struct proof_side *s)
{
	return s->ms > 0 ? s->requests * 60000.0 / (double)s->ms : (double)NAN;
}

static const char *missing(const struct proof_case *c)
{
	if (isnan(c->after.value))
		return "nothing was measured after the change";
	if (!isnan(c->after.requests) && c->after.requests < c->min_requests)
		return "too little traffic after the change";
	if (per_minute(&c->after) < LESS_TRAFFIC * per_minute(&c->before))
		return "less than a quarter of the former traffic";
	return NULL;
}

/* Fewer failures than chance explains? */
static bool share_fell(const struct proof_case *c)
{
	double n1 = c->before.requests, n2 = c->after.requests, pooled, se;

	if (isnan(n1) || isnan(n2) || n1 <= 0 || n2 <= 0)
		return c->after.value < BETTER_BY * c->before.value;
	pooled = (c->before.value * n1 + c->after.value * n2) / (n1 + n2);
	se = sqrt(pooled * (1 - pooled) * (1 / n1 + 1 / n2));
	return se > 0 && (c->before.value - c->after.value) / se > Z_ONE_PERCENT;
}

static bool better(const struct proof_case *c)
{
	if (isnan(c->before.value))
		return true; /* then being below the limit is all there is to see */
	return c->share ? share_fell(c) : c->after.value <= BETTER_BY * c->before.value;
}

enum proof proof_judge(const struct proof_case *c, const char **why)
{
	const char *hole = missing(c);
	double limit = c->limit > 0 ? c->limit : c->before.value / 2;

	if (why)
		*why = hole ? hole : "";
	if (hole)
		return PROOF_UNKNOWN;
	return c->after.value < limit && better(c) ? PROOF_CURED : PROOF_NOT_CURED;
}
