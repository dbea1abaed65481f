/* housekeeping.h - the daily deletion of handled envelopes (2 days) and ended runs (30 days). */
#ifndef HEAL_APP_HOUSEKEEPING_H
#define HEAL_APP_HOUSEKEEPING_H

#include "workflow.h"

extern const struct workflow wf_housekeeping;

#endif
