/* /heal reopen: it is not over. */
#include "clock.h"
#include "handler.h"
#include "incident.h"
#include "str.h"

#include <string.h>

static bool run(struct wf *w, const struct call *c, struct err *e)
{
	struct incident_event ev = {
	        .kind = INCIDENT_EV_REOPENED,
	        .actor = c->user,
	        .note = c->argc > 0 ? str_clean(wf_arena(w), c->argv[0], strlen(c->argv[0]), 300)
	                            : NULL,
	};

	if (!change(w, "reopen", c->incident, &ev, e))
		return false;
	return confirm_text(w, c, "reply", e,
	        "INC-%lld is open again. The next scan looks at it afresh, at the earliest %s after "
	        "its last diagnosis; `/heal diagnose %lld` does it now.",
	        (long long)c->incident,
	        clock_duration(wf_arena(w), wf_heal(w)->settings->limits.diagnose_cooldown_ms),
	        (long long)c->incident);
}

const struct command cmd_reopen = {
        .name = "reopen",
        .args = "ID [\"why\"]",
        .help = "open a resolved or dismissed incident again",
        .example = "reopen 42",
        .right = RIGHT_RESPONDER,
        .needs_incident = true,
        .run = run,
};
