/* /heal scale: more replicas, or fewer. See include/act_start.h. */
#include "act_start.h"

static bool run(struct wf *w, const struct call *c, struct err *e)
{
	return act_ask(w, c, ACT_SCALE, e);
}

const struct command cmd_scale = {
        .name = "scale",
        .args = "ID [replicas=N] [yes]",
        .help = "change the number of replicas; one more when none is given",
        .example = "scale 42 replicas=3",
        .right = RIGHT_RESPONDER,
        .needs_incident = true,
        .run = run,
};
