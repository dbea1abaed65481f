/*
 * incident_rows.h - incidents, their timeline and their messages as rows. What may change when is
 * bot/incident/; here is only SQL. Functions with a `struct db *` run inside a write function.
 */
#ifndef STORE_INCIDENT_ROWS_H
#define STORE_INCIDENT_ROWS_H

#include "incident.h"
#include "store/db.h"
#include "store/migrations.h"

extern const struct migration schema_incident[];

/* NULL and ERR_NOT_FOUND. */
struct incident *incident_row_get(struct db *db, struct arena *a, int64_t id, struct err *e);
/* *id_out is set. */
bool incident_row_insert(
        struct db *db, struct arena *a, const struct incident *inc, int64_t *id_out, struct err *e);
/* Writes every mutable column and raises the revision. */
bool incident_row_update(struct db *db, struct arena *a, const struct incident *inc, struct err *e);
/* The unfinished incident of a service; 0 = none. */
bool incident_row_of_service(struct db *db, const char *service_id, int64_t *id_out, struct err *e);
/* The newest finished incident of a fingerprint; 0 = none. */
bool incident_row_last(struct db *db, const char *fingerprint, int64_t *id_out, struct err *e);
struct timeline_new {
	int64_t incident, ts_ms;
	const char *kind, *actor, *note;
	const char *key; /* what wrote it, unique with incident and kind; NULL = nobody asks */
};
bool timeline_add(struct db *db, const struct timeline_new *t, struct err *e);
/* Is there a row of that incident, kind and key? */
bool timeline_has(struct db *db, int64_t incident, const char *kind, const char *key, bool *out,
        struct err *e);
/* Starts (or merges into) the run that brings Slack up to date. */
bool publish_request(struct db *db, struct arena *a, int64_t incident, struct err *e);

#endif
