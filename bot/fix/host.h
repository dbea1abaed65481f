/* host.h - which OpenCode server a fix works on; for bot/fix. */
#ifndef FIX_HOST_H
#define FIX_HOST_H

#include "fix.h"
#include "heal.h"

/* Makes heal->opencode the server of this fix (contract.host in its row; the first one when it has
 * none yet). ERR_CONFIG when no server is set, or its name is not in the settings any more. */
bool fix_use_host(struct wf *w, const struct fix_contract *c, struct err *e);
/* Looks for the healthy server with the fewest fixes at work and notes it in the fix's row. *full:
 * all that answer have as many as opencode.capacity. */
bool fix_pick_host(struct wf *w, const struct fix_contract *c, const char **version, bool *full,
        struct err *e);

#endif
