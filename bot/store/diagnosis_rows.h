/*
 * diagnosis_rows.h - diagnoses and ratings as rows. Inside write functions.
 */
#ifndef STORE_DIAGNOSIS_ROWS_H
#define STORE_DIAGNOSIS_ROWS_H

#include "incident.h"
#include "store/db.h"
#include "store/migrations.h"

extern const struct migration schema_diagnosis[];

/* The version already stored under this key; 0 = none. */
bool diagnosis_row_by_key(struct db *db, const char *key, int *version, struct err *e);
bool diagnosis_row_insert(struct db *db, struct arena *a, const char *key,
        const struct diagnosis *d, int version, struct err *e);

#endif
