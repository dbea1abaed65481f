/* /heal restart: the same deployment again. See include/act_start.h. */
#include "act_start.h"

static bool run(struct wf *w, const struct call *c, struct err *e)
{
	return act_ask(w, c, ACT_RESTART, e);
}

const struct command cmd_restart = {
        .name = "restart",
        .args = "ID [yes]",
        .help = "restart the service; shows first what will be sent",
        .example = "restart 42",
        .right = RIGHT_RESPONDER,
        .needs_incident = true,
        .run = run,
};
