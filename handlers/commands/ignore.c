/* /heal ignore: not an issue. The incident is dismissed with its reason. */
#include <string.h>

#include "handler.h"
#include "incident.h"
#include "str.h"

static bool run(struct wf *w, const struct call *c, struct err *e)
{
	struct incident_event ev = {.kind = INCIDENT_EV_DISMISSED, .actor = c->user};

	if (c->argc > 0)
		ev.note = str_clean(wf_arena(w), c->argv[0], strlen(c->argv[0]), 300);
	if (!change(w, "dismiss", c->incident, &ev, e))
		return false;
	return confirm_text(w, c, "reply", e,
	        "INC-%lld is dismissed as not an issue. `/heal reopen %lld` takes it back.",
	        (long long)c->incident, (long long)c->incident);
}

const struct command cmd_ignore = {
        .name = "ignore",
        .alias = "dismiss",
        .args = "ID [\"reason\"]",
        .help = "dismiss an incident: it is not an issue",
        .example = "ignore 42 \"load test\"",
        .right = RIGHT_RESPONDER,
        .needs_incident = true,
        .run = run,
};
