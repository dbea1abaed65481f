/* /heal unack: nobody is on it after all. */
#include "handler.h"
#include "incident.h"

static bool run(struct wf *w, const struct call *c, struct err *e)
{
	struct incident_event ev = {.kind = INCIDENT_EV_UNACKED, .actor = c->user};

	if (!change(w, "unack", c->incident, &ev, e))
		return false;
	return confirm_text(
	        w, c, "reply", e, "INC-%lld is no longer acknowledged.", (long long)c->incident);
}

const struct command cmd_unack = {
        .name = "unack",
        .args = "ID",
        .help = "take an acknowledgement back",
        .example = "unack 42",
        .right = RIGHT_RESPONDER,
        .needs_incident = true,
        .run = run,
};
