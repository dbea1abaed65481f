/*
 * doctor.h - asks every peer what our tokens may do.
 */
#ifndef HEAL_APP_DOCTOR_H
#define HEAL_APP_DOCTOR_H

#include "app/world.h"
#include "json.h"

/* [{"check","state":"ok"|"failed"|"off","text"}]: text is the finding or the remedy, never a
 * secret. Asks the model one tiny question. `unreachable`: a peer is down or refuses a token. */
json *doctor_run(struct arena *a, struct heal *h, const struct secrets *k, bool with_store,
        bool *failed, bool *unreachable);

#endif
