/*
 * dispatch.h - the workflow that every envelope of Slack starts. Its input is what Slack sent:
 * {"type":"slash_commands"|"interactive"|"events_api","payload":…}.
 */
#ifndef HEAL_APP_DISPATCH_H
#define HEAL_APP_DISPATCH_H

#include "workflow.h"

extern const struct workflow wf_envelope;

#endif
