/* show_prompt.h - /heal show ID prompt: what left the machine for a model. */
#ifndef HEAL_SHOW_PROMPT_H
#define HEAL_SHOW_PROMPT_H

#include "handler.h"
#include "incident.h"

/* For those whom [who] names as responders, fixers or admins: the bodies as files into the direct
 * messages, byte for byte, and a receipt of what was masked in each. */
bool show_prompt(struct wf *w, const struct call *c, const struct incident *inc, struct err *e);

#endif
