/* /heal unsnooze: notifications again. */
#include "handler.h"
#include "incident.h"

static bool run(struct wf *w, const struct call *c, struct err *e)
{
	struct incident_event ev = {.kind = INCIDENT_EV_UNSNOOZED, .actor = c->user};

	if (!change(w, "unsnooze", c->incident, &ev, e))
		return false;
	return confirm_text(w, c, "reply", e, "INC-%lld is awake again.", (long long)c->incident);
}

const struct command cmd_unsnooze = {
        .name = "unsnooze",
        .args = "ID",
        .help = "end a snooze",
        .example = "unsnooze 42",
        .right = RIGHT_RESPONDER,
        .needs_incident = true,
        .run = run,
};
