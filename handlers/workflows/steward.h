/* steward.h - following a pull request until people decided; for follow.c. */
#ifndef STEWARD_H
#define STEWARD_H

#include "workflow.h"

/* Until it is merged, closed, or two weeks old. `in`: the input of FOLLOW, a copy; what was tried
 * is kept in it. The last look (fix_body_pr), NULL and `e` when it cannot go on. */
const json *steward(struct wf *w, json *in, struct err *e);

#endif
