/*
 * fix_rows.h - fixes and money as rows. Inside write functions.
 */
#ifndef STORE_FIX_ROWS_H
#define STORE_FIX_ROWS_H

#include "incident.h"
#include "store/db.h"
#include "store/migrations.h"

extern const struct migration schema_fix[];

/* n = 0: the newest. NULL and ERR_NOT_FOUND. */
struct fix_row *fix_row_get(struct db *db, struct arena *a, int64_t incident, int n, struct err *e);
/* The number already stored under this key; 0 = none. */
bool fix_row_by_key(struct db *db, const char *key, int *n, struct err *e);
bool fix_row_insert(
        struct db *db, struct arena *a, const char *key, const struct fix_row *f, struct err *e);
/* Writes every mutable column. */
bool fix_row_update(struct db *db, struct arena *a, const struct fix_row *f, struct err *e);
/* Fixes of a repository that are under way or have an open pull request. */
bool fix_row_open_in_repo(struct db *db, const char *repo, int64_t *count, struct err *e);

/* Running fixes on that OpenCode host, this one not counted. */
bool fix_row_on_host(
        struct db *db, const char *host, int64_t incident, int n, int64_t *count, struct err *e);

#endif
