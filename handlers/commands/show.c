/* /heal show: everything that is stored of an incident: evidence, plan, timeline, ratings, prompt.
 */
#include <string.h>

#include "clock.h"
#include "facts.h"
#include "handler.h"
#include "incident.h"
#include "render.h"
#include "show_prompt.h"
#include "spark.h"
#include "str.h"

static bool add_timeline(struct wf *w, struct message *m, const struct incident *inc, struct err *e)
{
	struct arena *a = wf_arena(w);
	struct str b = str_new(a);
	struct timeline_row *rows;
	size_t n, from;

	if (!incident_timeline(wf_heal(w)->store, a, inc->id, &rows, &n, e))
		return false;
	from = n > 40 ? n - 40 : 0;
	if (from > 0)
		mrk_add(&b, "… %zu earlier\n", from);
	for (size_t i = from; i < n; i++) {
		mrk_date(&b, rows[i].ts_ms, "{date_short_pretty} {time}");
		mrk_add(&b, " *%s*", rows[i].kind);
		if (rows[i].actor)
			mrk_add(&b, " by %s", person_name(wf_heal(w), a, rows[i].actor));
		if (rows[i].note)
			mrk_add(&b, ": %s", rows[i].note);
		str_addc(&b, '\n');
	}
	message_section(m, KEEP_HIGH, b.s);
	return true;
}

static bool add_votes(struct wf *w, struct message *m, const struct incident *inc, struct err *e)
{
	struct arena *a = wf_arena(w);
	struct str b = str_new(a);
	struct vote_row *rows;
	size_t n;

	if (!vote_list(wf_heal(w)->store, a, inc->id, &rows, &n, e))
		return false;
	for (size_t i = 0; i < n; i++)
		mrk_add(&b, "%s%s %d: %s by %s", i ? " · " : "Ratings: ", rows[i].target,
		        rows[i].number, rows[i].vote, person_name(wf_heal(w), a, rows[i].user));
	if (n > 0)
		message_context(m, KEEP_NORMAL, b.s);
	return true;
}

static bool summary(struct wf *w, struct message *m, const struct incident *inc,
        const struct diagnosis *dx, struct err *e)
{
	struct arena *a = wf_arena(w);
	const char *lines = facts_sparklines(a, inc->facts);

	message_section(m, KEEP_ALWAYS, mrk(a, "*%s*", render_title(a, inc)));
	message_context(m, KEEP_HIGH,
	        mrk(a, "%s · %s · %s", severity_name(inc->severity),
	                incident_state_name(inc->state),
	                facts_subline(a, inc->facts, inc->began_ms, clock_now_ms())));
	if (*lines)
		message_code(m, KEEP_NORMAL, lines);
	if (dx && dx->plan)
		message_section(m, KEEP_NORMAL, render_plan_text(a, dx));
	return add_votes(w, m, inc, e);
}

/* evidence plan prompt timeline json, or nothing. */
static bool fill(struct wf *w, struct message *m, const struct incident *inc,
        const struct diagnosis *dx, const char *what, struct err *e)
{
	struct arena *a = wf_arena(w);

	if (str_ieq(what, "timeline") || str_ieq(what, "log"))
		return add_timeline(w, m, inc, e);
	if (str_ieq(what, "json")) {
		message_pre(m, KEEP_NORMAL, json_print_pretty(a, inc->facts));
		return true;
	}
	if (!*what)
		return summary(w, m, inc, dx, e);
	if (!dx)
		return err_set(
		        e, ERR_INPUT, false, "INC-%lld has no diagnosis yet", (long long)inc->id);
	if (str_ieq(what, "evidence"))
		message_pre(m, KEEP_NORMAL, render_evidence_text(a, dx));
	else if (str_ieq(what, "plan") && dx->plan)
		message_section(m, KEEP_NORMAL, render_plan_text(a, dx));
	else
		return err_set(e, ERR_INPUT, false,
		        "show what? `/heal show %lld` evidence, plan, timeline, prompt or json",
		        (long long)inc->id);
	return true;
}

static bool run(struct wf *w, const struct call *c, struct err *e)
{
	struct arena *a = wf_arena(w);
	struct incident *inc = incident_get(wf_heal(w)->store, a, c->incident, e);
	struct message *m;
	struct diagnosis *dx;
	struct err none = {0};

	if (!inc)
		return false;
	if (c->argc > 0 && str_ieq(c->argv[0], "prompt"))
		return show_prompt(w, c, inc, e);
	dx = diagnosis_get(wf_heal(w)->store, a, inc->id, 0, &none);
	m = message_new(a, arena_printf(a, "INC-%lld", (long long)inc->id));
	if (!fill(w, m, inc, dx, c->argc > 0 ? c->argv[0] : "", e))
		return false;
	return reply(w, c, "reply", m, e);
}

const struct command cmd_show = {
        .name = "show",
        .args = "ID [evidence|plan|timeline|prompt|json]",
        .help = "everything about an incident",
        .example = "show 42 evidence",
        .right = RIGHT_VIEWER,
        .needs_incident = true,
        .run = run,
};
