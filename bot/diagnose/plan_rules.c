/* plan_rules.c - what may be said with which evidence: kinds of remedy, "Cause not found". */
#include <string.h>

#include "diagnose/evidence_i.h"
#include "str.h"

static bool cites(const struct evidence *const *cited, size_t n, unsigned kinds,
        enum evidence_strength at_least)
{
	for (size_t i = 0; i < n; i++) {
		if ((kinds & (1u << cited[i]->kind)) && cited[i]->strength >= at_least)
			return true;
	}
	return false;
}

static bool anything_decisive(const struct evidence_list *all)
{
	for (size_t i = 0; i < evidence_count(all); i++) {
		if (evidence_at(all, i)->strength == EVIDENCE_DECISIVE)
			return true;
	}
	return false;
}

#define KIND(k) (1u << (k))

bool remedy_backed(enum remedy r, const struct evidence *const *cited, size_t n,
        const struct evidence_list *all)
{
	switch (r) {
	case REMEDY_UPSTREAM:
		return cites(cited, n, KIND(EVIDENCE_UPSTREAM), EVIDENCE_DECISIVE);
	case REMEDY_CAPACITY:
		return cites(cited, n, KIND(EVIDENCE_METRIC), EVIDENCE_WEAK) ||
		       cites(cited, n, KIND(EVIDENCE_NEIGHBOUR), EVIDENCE_DECISIVE);
	case REMEDY_NOTHING:
		return cites(cited, n, KIND(EVIDENCE_PERSON), EVIDENCE_WEAK) ||
		       !anything_decisive(all);
	case REMEDY_CODE:
		return cites(cited, n,
		        KIND(EVIDENCE_LOG) | KIND(EVIDENCE_BUILD) | KIND(EVIDENCE_DEPLOY) |
		                KIND(EVIDENCE_ROUTES) | KIND(EVIDENCE_RESTART) |
		                KIND(EVIDENCE_METRIC) | KIND(EVIDENCE_NEIGHBOUR) |
		                KIND(EVIDENCE_TRACE),
		        EVIDENCE_WEAK);
	case REMEDY_CONFIGURATION:
	case REMEDY_INFRASTRUCTURE:
	case REMEDY_COUNT:
		break;
	}
	return true;
}

/* The suspicion that is not sure enough to lead is told as one of those that were considered. */
static void demote(struct arena *a, struct plan *p)
{
	struct plan_hypothesis *h = ARENA_ARRAY(a, p->nhypotheses + 1, struct plan_hypothesis);
	static const char *none[] = {NULL};
	bool led = false;

	for (size_t i = 0; i < p->nhypotheses; i++) {
		h[i + 1] = p->hypotheses[i];
		if (str_eq(h[i + 1].verdict, "leading")) {
			h[i + 1].verdict = "possible";
			led = true;
		}
	}
	h[0] = (struct plan_hypothesis){.text = p->cause,
	        .for_ids = p->cause_ids,
	        .against_ids = none,
	        .verdict = "possible"};
	p->hypotheses = led ? h + 1 : h;
	p->nhypotheses += led ? 0 : 1;
	p->cause = NULL;
	p->cause_ids = ARENA_ARRAY(a, 1, const char *);
}

void plan_settle(struct arena *a, struct plan *p)
{
	p->conclusive = p->cause && p->confidence >= CONFIDENCE_MEDIUM;
	if (p->conclusive)
		return;
	if (p->cause)
		demote(a, p);
	/* A summary is a claim as well: without a cause that stands, only the facts are shown. */
	p->summary = "No cause could be shown; the evidence is in the thread.";
	if (!p->question)
		p->question = "Was anything changed or started by hand shortly before it began (a "
		              "variable, data, a job, traffic)?";
}
