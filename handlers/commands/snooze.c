/*
 * /heal snooze: no buttons and no notifications for a while; measuring goes on. Survives restarts
 * and flapping, because it is a column of the incident. The end is a time, not a timer: rendering
 * and notifying look at the clock.
 */
#include <stdint.h>

#include "clock.h"
#include "handler.h"
#include "incident.h"
#include "str.h"

enum { DAY_MS = 86400000, MORNING_MS = 9 * 3600000 };

/* "tomorrow" = 09:00 UTC of the next day. */
static bool parse_until(const char *word, int64_t now, int64_t *until)
{
	int64_t ms;

	if (str_ieq(word, "until-worse")) {
		*until = INT64_MAX;
		return true;
	}
	if (str_ieq(word, "tomorrow")) {
		*until = (now / DAY_MS + 1) * DAY_MS + MORNING_MS;
		return true;
	}
	if (!clock_parse_duration(word, &ms) || ms < 60000 || ms > 30LL * DAY_MS)
		return false;
	*until = now + ms;
	return true;
}

static bool run(struct wf *w, const struct call *c, struct err *e)
{
	struct incident_event ev = {.kind = INCIDENT_EV_SNOOZED, .actor = c->user};
	const char *word = c->argc > 0 ? c->argv[0] : "4h";

	if (!parse_until(word, wf_started_ms(w), &ev.until_ms))
		return err_set(e, ERR_INPUT, false,
		        "“%s” is no time to snooze for; try 30m, 4h, tomorrow or until-worse (1m to "
		        "30d)",
		        word);
	if (!change(w, "snooze", c->incident, &ev, e))
		return false;
	if (ev.until_ms == INT64_MAX)
		return confirm_text(w, c, "reply", e,
		        "INC-%lld is snoozed until it gets worse. Measuring goes on.",
		        (long long)c->incident);
	return confirm_text(w, c, "reply", e,
	        "INC-%lld is snoozed until %s UTC. Measuring goes on; `/heal unsnooze %lld` ends it.",
	        (long long)c->incident, clock_hhmm(wf_arena(w), ev.until_ms),
	        (long long)c->incident);
}

const struct command cmd_snooze = {
        .name = "snooze",
        .args = "ID [30m|4h|tomorrow|until-worse]",
        .help = "no notifications for a while; measuring goes on",
        .example = "snooze 42 4h",
        .right = RIGHT_RESPONDER,
        .needs_incident = true,
        .run = run,
};
