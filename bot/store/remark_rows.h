/*
 * remark_rows.h - what went to a model, byte for byte, and what people said about an incident.
 */
#ifndef STORE_REMARK_ROWS_H
#define STORE_REMARK_ROWS_H

#include "err.h"
#include "store/migrations.h"
#include "store/store.h"

extern const struct migration schema_remark[];

/* Deletes prompts older than before_ms, at most `max`. Remarks stay. */
bool prompt_prune(struct store *s, int64_t before_ms, int max, int64_t *deleted, struct err *e);

#endif
