/* /heal variable: one variable of the service. See include/act_start.h. */
#include "act_start.h"

static bool run(struct wf *w, const struct call *c, struct err *e)
{
	return act_ask(w, c, ACT_VARIABLE, e);
}

const struct command cmd_variable = {
        .name = "variable",
        .args = "ID NAME=value [yes]",
        .help = "set one variable; secrets are refused",
        .example = "variable 42 POOL_SIZE=20",
        .right = RIGHT_RESPONDER,
        .needs_incident = true,
        .run = run,
};
