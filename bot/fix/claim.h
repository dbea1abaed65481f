/* claim.h - where a pull request's number is read from text; for bot/fix. */
#ifndef FIX_CLAIM_H
#define FIX_CLAIM_H

#include "fix.h"

/* The number of the last "…/<the contract's repository>/pull/<number>" in a text; 0 = none. */
int fix_pr_number(const struct fix_contract *c, const char *text);

#endif
