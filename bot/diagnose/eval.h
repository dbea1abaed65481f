/*
 * eval.h - recorded cases, and how good a plan for one of them is (healbot eval, tests/eval/).
 *
 * A case is a JSON file:
 *
 *   name, service, headline   texts; severity, repo optional
 *   began, now                RFC 3339 times; optional
 *   evidence                  items as evidence_json writes them, with ids given anew: e1, e2 …
 *   tree                      paths of the repository at the deployed commit; optional
 *   expect
 *     cause                   groups of words that the cause has to hold, each "a|b|c" (any of
 *                             them, in any case); null = no cause may be named
 *     remedy                  kinds that are right; [] with cause null
 *     least, most             words of confidence between which the plan has to be
 *     cites                   ids of which the cause has to cite one; optional
 *     must_not_say            words that no text of the plan may hold, in any case; optional
 *   answer                    what a model answered, to be replayed; optional
 *   doubt                     what the cross-check answered; optional
 *   stands                    what has to be left of the recorded answer: {"verdict","confidence",
 *                             "notes"}: right, missed or wrong; a word; the least number of notes.
 *                             With "answer" only. This holds the guards to account: an answer that
 *                             claims too much has to come out lowered or dropped.
 *
 * Thread: the caller's. Memory: the given arena.
 */
#ifndef DIAGNOSE_EVAL_H
#define DIAGNOSE_EVAL_H

#include "diagnose.h"

struct eval_case {
	const char *name, *file;
	struct diagnose_request q; /* evidence and tree included */
	const json *expect, *answer, *doubt, *stands;
};

/* ERR_INPUT with the file and what is wrong in it. */
bool eval_case_parse(struct arena *a, const char *file, const char *text, size_t n,
        struct eval_case *out, struct err *e);

enum eval_verdict {
	EVAL_RIGHT,  /* the cause was found; or rightly none was named */
	EVAL_MISSED, /* none was named though there is one: honest, no help */
	EVAL_WRONG,  /* another cause was named as one that stands, or one where there is none */
	EVAL_FAILED  /* no plan: the model did not answer, or not in the form */
};
const char *eval_verdict_name(enum eval_verdict v); /* "right" "missed" "wrong" "failed" */

enum { EVAL_CHECKS = 5 };
struct eval_score {
	enum eval_verdict verdict;
	/* cause: the verdict is right. remedy: of a right kind, or rightly none. honest: the word
	 * of confidence is within the bounds. clean: nothing forbidden, no link and no mention.
	 * ids: the answer cites only items that exist, and one of those that it has to. */
	bool cause, remedy, honest, clean, ids;
	enum confidence confidence;
	const char *remedy_name; /* "" when none was found */
	size_t notes;            /* kinds of things that were taken out of the answer */
	const char *why;         /* the first thing that is not right, for people; "" = nothing */
	bool stands;             /* recorded answers: it is as the case says, or nothing is said */
	double cost_usd;         /* < 0 = unknown; the callers fill these in */
	int64_t tokens_in, tokens_out;
};

/* The plan after every guard, and the model's raw answer (for the ids it made up). */
void eval_score(struct arena *a, const struct eval_case *c, const struct plan *p,
        const json *answer, struct eval_score *out);
/* No plan at all, and why. */
void eval_failed(const char *why, struct eval_score *out);
/* The recorded answer (and cross-check) through the same guards as a live one. False: it does not
 * fit the schema (a failed score is filled in as well). */
bool eval_recorded(struct arena *a, const struct eval_case *c, struct eval_score *out);

struct eval_total {
	size_t cases, right, missed, wrong, failed,
	        changed; /* changed: does not stand as recorded */
	size_t passed;   /* checks of EVAL_CHECKS * cases */
	double cost_usd; /* of those whose cost is known */
	int64_t tokens_in, tokens_out;
};
void eval_add(struct eval_total *t, const struct eval_score *s);
double eval_share(const struct eval_total *t); /* of the checks, 0 … 1; 0 without cases */

#endif
