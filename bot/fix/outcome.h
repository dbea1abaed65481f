/* outcome.h - what gate, verification and bodies share; for bot/fix. */
#ifndef FIX_OUTCOME_H
#define FIX_OUTCOME_H

#include "fix.h"

/* The members of fix_body_pr's result, but "ci". */
json *fix_pr_json(struct arena *a, const struct github_pr *p);

/* Adds a sentence and clears ok; beyond two dozen they are dropped. */
void fix_gate_flag(struct fix_gate *g, const char *text);

#endif
