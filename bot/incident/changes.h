/*
 * changes.h - the transaction in which an incident changes, for the files of this folder that
 * change more with it (open.c, diagnoses.c, fixes.c). Everybody else calls incident_apply().
 *
 * Thread: the *_tx functions run in the store's writer thread, inside a write function.
 */
#ifndef HEAL_INCIDENT_CHANGES_H
#define HEAL_INCIDENT_CHANGES_H

#include "incident.h"

struct db;

/* Runs `fn` as one write of the store, with an arena of its own; returns after the commit. */
bool incident_write(struct store *s,
        bool (*fn)(struct db *db, struct arena *a, void *arg, struct err *e), void *arg,
        struct err *e);

/* Did an event of this kind and key take effect already? Never for one without a key. */
bool incident_did(
        struct db *db, int64_t id, const struct incident_event *ev, bool *out, struct err *e);
/* The state machine is asked, the row written, the timeline extended, publish requested. `inc` is
 * the row as it is now; the caller may have changed fields that the event does not know. */
bool incident_change_tx(struct db *db, struct arena *a, struct incident *inc,
        const struct incident_event *ev, struct err *e);
bool incident_apply_tx(
        struct db *db, struct arena *a, int64_t id, const struct incident_event *ev, struct err *e);

#endif
