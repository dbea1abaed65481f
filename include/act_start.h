/*
 * act_start.h - from a person's word or button to an approved act. The workflow is
 * handlers/workflows/act.c.
 */
#ifndef HEAL_ACT_START_H
#define HEAL_ACT_START_H

#include "act.h"
#include "handler.h"

/* /heal rollback|restart|…: checks the right of [actions], proposes, and shows exactly what will be
 * sent: as a dialog where Slack gives a trigger, else with a button that opens it. The word "yes"
 * approves what is proposed at this moment. Everything a person has to know is answered here. */
bool act_ask(struct wf *w, const struct call *c, enum act_kind kind, struct err *e);

/* The same for a button, whose words are "KIND ARGS…". */
bool act_ask_words(struct wf *w, const struct call *c, struct err *e);

#endif
