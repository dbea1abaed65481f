/* /heal limits: CPU and memory of each replica. See include/act_start.h. */
#include "act_start.h"

static bool run(struct wf *w, const struct call *c, struct err *e)
{
	return act_ask(w, c, ACT_LIMITS, e);
}

const struct command cmd_limits = {
        .name = "limits",
        .args = "ID [memory=GB] [cpu=vCPU] [yes]",
        .help = "raise the limits; twice the memory when none is given",
        .example = "limits 42 memory=2",
        .right = RIGHT_RESPONDER,
        .needs_incident = true,
        .run = run,
};
