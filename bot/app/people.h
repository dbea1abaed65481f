/*
 * people.h - what a person may do and is called. Thread: workers.
 *
 * An empty list of responders means everybody in the channel; an empty list of fixers or admins
 * means nobody. Guests, bots, deactivated people and strangers of shared channels are viewers.
 */
#ifndef HEAL_APP_PEOPLE_H
#define HEAL_APP_PEOPLE_H

#include "handler.h"

/* Fails only when Slack cannot be asked. */
bool people_right(
        struct heal *h, struct arena *a, const char *user, enum right *out, struct err *e);
/* Who has the right: names, or what to set. */
const char *people_whom(struct heal *h, struct arena *a, enum right r);

#endif
