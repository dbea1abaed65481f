/* /heal ack: somebody is on it. Reminders stop; nothing is hidden. */
#include "handler.h"
#include "incident.h"

static bool run(struct wf *w, const struct call *c, struct err *e)
{
	struct incident_event ev = {.kind = INCIDENT_EV_ACKED, .actor = c->user};

	if (!change(w, "ack", c->incident, &ev, e))
		return false;
	return confirm_text(w, c, "reply", e,
	        "INC-%lld is acknowledged by you. `/heal unack %lld` takes it back.",
	        (long long)c->incident, (long long)c->incident);
}

const struct command cmd_ack = {
        .name = "ack",
        .args = "ID",
        .help = "say that you are on it; reminders stop",
        .example = "ack 42",
        .right = RIGHT_RESPONDER,
        .needs_incident = true,
        .run = run,
};
