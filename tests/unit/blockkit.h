/*
 * blockkit.h - the limits of Block Kit, written down a second time and independently of the
 * builder.
 */
#ifndef UNIT_BLOCKKIT_H
#define UNIT_BLOCKKIT_H

#include "json.h"

enum blockkit_kind { BLOCKKIT_MESSAGE, BLOCKKIT_VIEW };

/* NULL when everything is as Slack wants it, else what is wrong and where (in the arena). */
const char *blockkit_check(struct arena *a, const json *j, enum blockkit_kind kind);

#endif
