/* The state machine of an incident as one table. See state.h. */
#include "incident/state.h"

#include <assert.h>
#include <stdlib.h>

#include "str.h"

#define BIT(s) (1u << (s))

enum {
	OPEN = BIT(INCIDENT_OPEN),
	DIAGNOSING = BIT(INCIDENT_DIAGNOSING),
	DIAGNOSED = BIT(INCIDENT_DIAGNOSED),
	INCONCLUSIVE = BIT(INCIDENT_INCONCLUSIVE),
	FIXING = BIT(INCIDENT_FIXING),
	PR_OPEN = BIT(INCIDENT_PR_OPEN),
	MERGED = BIT(INCIDENT_MERGED),
	VERIFYING = BIT(INCIDENT_VERIFYING),
	RESOLVED = BIT(INCIDENT_RESOLVED),
	DISMISSED = BIT(INCIDENT_DISMISSED),
	CALM = OPEN | DIAGNOSED | INCONCLUSIVE, /* nobody is at work on it */
	FIX = FIXING | PR_OPEN | MERGED | VERIFYING,
	ALIVE = CALM | DIAGNOSING | FIX,
	OVER = RESOLVED | DISMISSED,
	ANY = ALIVE | OVER
};

enum { SAME = -1 };

static const struct rule {
	enum incident_event_kind ev;
	const char *name;
	unsigned from;
	int to;
} rules[] = {
        {INCIDENT_EV_OPENED, "opened", OPEN, SAME},
        {INCIDENT_EV_MEASURED, "measured", ALIVE, SAME},
        {INCIDENT_EV_WORSE, "worse", ALIVE, SAME},
        {INCIDENT_EV_BETTER, "better", ALIVE, SAME},
        {INCIDENT_EV_QUIET, "quiet", ALIVE, SAME},
        {INCIDENT_EV_DIAGNOSING, "diagnosing", CALM | DIAGNOSING, INCIDENT_DIAGNOSING},
        {INCIDENT_EV_DIAGNOSED, "diagnosed", DIAGNOSING | CALM, INCIDENT_DIAGNOSED},
        {INCIDENT_EV_INCONCLUSIVE, "inconclusive", DIAGNOSING | CALM, INCIDENT_INCONCLUSIVE},
        {INCIDENT_EV_DIAGNOSIS_FAILED, "diagnosis failed", DIAGNOSING | CALM, INCIDENT_OPEN},
        {INCIDENT_EV_FIX_STARTED, "fix started", DIAGNOSED | INCONCLUSIVE, INCIDENT_FIXING},
        {INCIDENT_EV_FIX_FAILED, "fix failed", FIXING, INCIDENT_DIAGNOSED},
        {INCIDENT_EV_FIX_STOPPED, "fix stopped", FIXING, INCIDENT_DIAGNOSED},
        {INCIDENT_EV_PR_OPENED, "pull request", FIXING | PR_OPEN, INCIDENT_PR_OPEN},
        {INCIDENT_EV_PR_CLOSED, "pull request closed", PR_OPEN, INCIDENT_DIAGNOSED},
        {INCIDENT_EV_MERGED, "merged", PR_OPEN | MERGED, INCIDENT_MERGED},
        {INCIDENT_EV_VERIFYING, "verifying", MERGED | VERIFYING, INCIDENT_VERIFYING},
        {INCIDENT_EV_VERIFIED, "verified", MERGED | VERIFYING, INCIDENT_RESOLVED},
        {INCIDENT_EV_NOT_VERIFIED, "not verified", MERGED | VERIFYING, INCIDENT_OPEN},
        {INCIDENT_EV_RECOVERED, "recovered", CALM | DIAGNOSING, INCIDENT_RESOLVED},
        {INCIDENT_EV_RESOLVED, "resolved", ALIVE, INCIDENT_RESOLVED},
        {INCIDENT_EV_DISMISSED, "dismissed", ALIVE, INCIDENT_DISMISSED},
        {INCIDENT_EV_REOPENED, "reopened", OVER, INCIDENT_OPEN},
        {INCIDENT_EV_ACKED, "acknowledged", ALIVE, SAME},
        {INCIDENT_EV_UNACKED, "unacknowledged", ALIVE, SAME},
        {INCIDENT_EV_SNOOZED, "snoozed", ALIVE, SAME},
        {INCIDENT_EV_UNSNOOZED, "unsnoozed", ALIVE, SAME},
        {INCIDENT_EV_ASSIGNED, "assigned", ALIVE, SAME},
        {INCIDENT_EV_NOTE, "note", ANY, SAME},
        {INCIDENT_EV_REMINDED, "reminded", ANY, SAME},
        {INCIDENT_EV_UNPROVEN, "unproven", MERGED | VERIFYING, INCIDENT_OPEN},
};

static const char *const state_names[INCIDENT_STATE_COUNT] = {
        [INCIDENT_OPEN] = "open",
        [INCIDENT_DIAGNOSING] = "diagnosing",
        [INCIDENT_DIAGNOSED] = "diagnosed",
        [INCIDENT_INCONCLUSIVE] = "inconclusive",
        [INCIDENT_FIXING] = "fixing",
        [INCIDENT_PR_OPEN] = "pr_open",
        [INCIDENT_MERGED] = "merged",
        [INCIDENT_VERIFYING] = "verifying",
        [INCIDENT_RESOLVED] = "resolved",
        [INCIDENT_DISMISSED] = "dismissed",
};

static const struct rule *rule_of(enum incident_event_kind ev)
{
	for (size_t i = 0; i < sizeof(rules) / sizeof(*rules); i++)
		if (rules[i].ev == ev)
			return &rules[i];
	abort();
}

bool incident_next(enum incident_state from, enum incident_event_kind ev, enum incident_state *to)
{
	const struct rule *r = rule_of(ev);

	if (!(r->from & BIT(from)))
		return false;
	*to = r->to == SAME ? from : (enum incident_state)r->to;
	return true;
}

const char *incident_event_name(enum incident_event_kind ev)
{
	return rule_of(ev)->name;
}

const char *incident_state_name(enum incident_state s)
{
	assert(s < INCIDENT_STATE_COUNT);
	return state_names[s];
}

bool incident_state_parse(const char *name, enum incident_state *out)
{
	for (int i = 0; i < INCIDENT_STATE_COUNT; i++) {
		if (str_eq(name, state_names[i])) {
			*out = (enum incident_state)i;
			return true;
		}
	}
	return false;
}

bool incident_state_over(enum incident_state s)
{
	return BIT(s) & OVER;
}

const char *incident_refusal(
        struct arena *a, int64_t id, enum incident_state st, enum incident_event_kind ev)
{
	long long n = (long long)id;

	assert(st < INCIDENT_STATE_COUNT);
	if (incident_state_over(st))
		return arena_printf(a, "INC-%lld is already %s; `/heal reopen %lld` opens it again",
		        n, state_names[st], n);
	switch (st) {
	case INCIDENT_FIXING:
		return arena_printf(a,
		        "INC-%lld is being fixed; wait for the end or `/heal stop %lld` first", n,
		        n);
	case INCIDENT_PR_OPEN:
		return arena_printf(
		        a, "INC-%lld has an open pull request; merge or close it first", n);
	case INCIDENT_MERGED:
	case INCIDENT_VERIFYING:
		return arena_printf(a,
		        "INC-%lld: the fix was merged and is being verified; wait for the result",
		        n);
	case INCIDENT_OPEN:
	case INCIDENT_DIAGNOSING:
		if (ev == INCIDENT_EV_FIX_STARTED)
			return arena_printf(a,
			        "INC-%lld has no current diagnosis; `/heal diagnose %lld` first", n,
			        n);
		break;
	case INCIDENT_DIAGNOSED:
	case INCIDENT_INCONCLUSIVE:
	case INCIDENT_RESOLVED:
	case INCIDENT_DISMISSED:
	case INCIDENT_STATE_COUNT:
		break;
	}
	return arena_printf(a, "INC-%lld is %s: “%s” is not possible now", n, state_names[st],
	        incident_event_name(ev));
}
