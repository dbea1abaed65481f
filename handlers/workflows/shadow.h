/* shadow.h - the one message of shadow mode; a part of the scan workflow. */
#ifndef WORKFLOWS_SHADOW_H
#define WORKFLOWS_SHADOW_H

#include "workflow.h"

/* Posts the list of what would have opened, edits it when it changes, and once more when shadow
 * mode is over. Nothing happens where there never was any. A step ("shadow"). */
bool shadow_publish(struct wf *w, struct err *e);

#endif
