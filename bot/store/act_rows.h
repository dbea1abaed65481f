/*
 * act_rows.h - acts at Railway as rows. Inside write functions, but for act_row_get.
 */
#ifndef STORE_ACT_ROWS_H
#define STORE_ACT_ROWS_H

#include "incident.h"
#include "store/db.h"
#include "store/migrations.h"

extern const struct migration schema_act[];

/* n = 0: the newest. NULL and ERR_NOT_FOUND. */
struct act_row *act_row_get(struct db *db, struct arena *a, int64_t incident, int n, struct err *e);
/* The number already stored under this key; 0 = none. */
bool act_row_by_key(struct db *db, const char *key, int *n, struct err *e);
bool act_row_insert(
        struct db *db, struct arena *a, const char *key, const struct act_row *r, struct err *e);
bool act_row_update(struct db *db, struct arena *a, const struct act_row *r, struct err *e);
/* Acts on a service that have not ended. */
bool act_row_running(struct db *db, const char *service_id, int64_t *count, struct err *e);

#endif
