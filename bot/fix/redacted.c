/* redacted.c - every string of a tree through the redactor. */
#include "fix/redacted.h"

static const char *one(void *ctx, struct arena *a, const char *s)
{
	return redact_text(ctx, a, s);
}

json *fix_redacted(struct arena *a, struct redact *r, json *j)
{
	if (r)
		json_map_strings(a, j, one, r);
	return j;
}
