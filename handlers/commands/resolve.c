/*
 * /heal resolve: a person says it is over. While the metric is still bad the bot asks once
 * ("still 9 % 5xx"): the answer is the same command with `yes`, or the button.
 */
#include <string.h>

#include "handler.h"
#include "incident.h"
#include "str.h"

static bool says_yes(const struct call *c)
{
	return c->argc > 0 && str_ieq(c->argv[c->argc - 1], "yes");
}

static bool ask(struct wf *w, const struct call *c, const struct incident *inc, struct err *e)
{
	struct arena *a = wf_arena(w);
	struct message *m = message_new(a, "Still bad: resolve it anyway?");
	const char *id = arena_printf(a, "%lld", (long long)inc->id);
	struct button yes = {.action = "cmd",
	        .text = "Resolve anyway",
	        .style = STYLE_DANGER,
	        .value = arena_printf(a, "resolve %s yes", id)};
	struct button later = {.action = "cmd",
	        .text = "Snooze 4 h",
	        .value = arena_printf(a, "snooze %s 4h", id)};

	message_section(m, KEEP_ALWAYS,
	        mrk(a, "INC-%s · %s is still bad: *%s*. Resolve it anyway, or snooze it?", id,
	                inc->service, inc->headline));
	message_button(m, &yes);
	message_button(m, &later);
	return reply(w, c, "ask", m, e);
}

static bool run(struct wf *w, const struct call *c, struct err *e)
{
	struct incident_event ev = {.kind = INCIDENT_EV_RESOLVED, .actor = c->user};
	struct incident *inc = incident_get(wf_heal(w)->store, wf_arena(w), c->incident, e);
	const char *note = c->argc > 0 && !str_ieq(c->argv[0], "yes") ? c->argv[0] : NULL;

	if (!inc)
		return false;
	if (!says_yes(c) && !incident_state_over(inc->state) && inc->good_streak == 0)
		return ask(w, c, inc, e);
	if (note)
		ev.note = str_clean(wf_arena(w), note, strlen(note), 300);
	if (!change(w, "resolve", c->incident, &ev, e))
		return false;
	return confirm_text(w, c, "reply", e,
	        "INC-%lld is resolved. Write-up: `/heal show %lld timeline`.",
	        (long long)c->incident, (long long)c->incident);
}

const struct command cmd_resolve = {
        .name = "resolve",
        .args = "ID [\"what it was\"] [yes]",
        .help = "end an incident by hand",
        .example = "resolve 42 \"bad deploy, rolled back\"",
        .right = RIGHT_RESPONDER,
        .needs_incident = true,
        .run = run,
};
