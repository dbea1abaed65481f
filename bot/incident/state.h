/*
 * state.h - the state machine of an incident: which event is allowed where, and where it leads.
 *
 * Pure. The picture is in the README ("Life of an incident"); the table in state.c is its source.
 */
#ifndef HEAL_INCIDENT_STATE_H
#define HEAL_INCIDENT_STATE_H

#include "incident.h"

/* False when the event is not allowed in `from`. True: *to is the state after it (may equal from).
 */
bool incident_next(enum incident_state from, enum incident_event_kind ev, enum incident_state *to);

/* Timeline word of an event: "opened" "worse" … */
const char *incident_event_name(enum incident_event_kind ev);

/* Why the event is refused in that state, as a sentence for a person: "INC-42 is already
 * resolved; /heal reopen 42 opens it again". Arena memory. */
const char *incident_refusal(
        struct arena *a, int64_t id, enum incident_state st, enum incident_event_kind ev);

#endif
