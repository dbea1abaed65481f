/* outcome.h - what gate, verification and bodies share; for bot/fix. */
#ifndef FIX_OUTCOME_H
#define FIX_OUTCOME_H

#include "fix.h"

/* The members of fix_body_pr's result, but "ci". */
json *fix_pr_json(struct arena *a, const struct github_pr *p);

#define FIX_FLAGS_MAX 24 /* sentences of a gate */

/* Adds a sentence and clears ok; beyond two dozen they are dropped. */
void fix_gate_flag(struct fix_gate *g, const char *text);
/* The same, and not even a draft is made of it. */
void fix_gate_stop(struct fix_gate *g, const char *text);
bool fix_is_test_path(const char *path);
/* gate_lines.c: what the lines of one file say. */
void fix_gate_lines(
        struct arena *a, const struct github_file *f, struct redact *r, struct fix_gate *out);
json *fix_gate_json(struct arena *a, const struct fix_gate *g);

#endif
