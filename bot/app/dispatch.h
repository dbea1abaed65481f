/*
 * dispatch.h - the workflow that every envelope of Slack starts. Its input is {"inbox": ID}; what
 * Slack sent is in the inbox (store/inbox.h).
 */
#ifndef HEAL_APP_DISPATCH_H
#define HEAL_APP_DISPATCH_H

#include "workflow.h"

extern const struct workflow wf_envelope;

#endif
