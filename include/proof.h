/*
 * proof.h - did it help? One metric before and after a change, judged fairly. Pure.
 *
 *   cured      below the limit that warns, and better than before beyond chance: for shares of
 *              requests by a one-sided two-proportion z test at 1 % (pooled variance; see any
 *              statistics text, e.g. Fleiss, "Statistical Methods for Rates and Proportions", 2.3),
 *              for everything else by at least a fifth of the former value
 *   not cured  enough was measured and it is not cured
 *   unknown    nothing measured, fewer requests than min_requests, or less than a quarter of the
 *              traffic there was before: a service that nobody asks for anything always looks
 * healthy
 */
#ifndef HEAL_PROOF_H
#define HEAL_PROOF_H

#include <stdbool.h>
#include <stdint.h>

struct proof_side {
	double value;    /* share, ms …; NAN = not measured */
	double requests; /* in the time it was measured; NAN = not counted */
	int64_t ms;      /* how long that was */
};

struct proof_case {
	struct proof_side before, after;
	double limit;        /* that warns; <= 0 = none: then half of the former value */
	double min_requests; /* for a verdict on shares and latencies */
	bool share;          /* value is a share of requests */
};

enum proof { PROOF_UNKNOWN, PROOF_CURED, PROOF_NOT_CURED };

/* *why (may be NULL): a phrase for people when it is unknown, else "". Static text. */
enum proof proof_judge(const struct proof_case *c, const char **why);

#endif
