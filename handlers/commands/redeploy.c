/* /heal redeploy: the same image, deployed anew. See include/act_start.h. */
#include "act_start.h"

static bool run(struct wf *w, const struct call *c, struct err *e)
{
	return act_ask(w, c, ACT_REDEPLOY, e);
}

const struct command cmd_redeploy = {
        .name = "redeploy",
        .args = "ID [yes]",
        .help = "deploy the present image once more",
        .example = "redeploy 42",
        .right = RIGHT_RESPONDER,
        .needs_incident = true,
        .run = run,
};
