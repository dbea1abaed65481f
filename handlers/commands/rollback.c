/* /heal rollback: back to the last good deployment. See include/act_start.h. */
#include "act_start.h"

static bool run(struct wf *w, const struct call *c, struct err *e)
{
	return act_ask(w, c, ACT_ROLLBACK, e);
}

const struct command cmd_rollback = {
        .name = "rollback",
        .args = "ID [commit or deployment] [yes]",
        .help = "roll the service back; shows first to what, and what undoes it",
        .example = "rollback 42",
        .right = RIGHT_RESPONDER,
        .needs_incident = true,
        .run = run,
};
