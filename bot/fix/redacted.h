/* redacted.h - a tree of foreign text made fit for the store; for bot/fix. */
#ifndef FIX_REDACTED_H
#define FIX_REDACTED_H

#include "json.h"
#include "redact.h"

/* Every string value redacted in place; returns j. */
json *fix_redacted(struct arena *a, struct redact *r, json *j);

#endif
