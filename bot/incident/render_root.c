/* The root message of an incident's thread: what is broken, how badly, since when; then the cause.
 */
#include <math.h>
#include <string.h>

#include "clock.h"
#include "diagnose.h"
#include "facts.h"
#include "incident/render_private.h"
#include "render.h"
#include "spark.h"
#include "str.h"

enum { CHANGE_WITHIN_MS = 2 * 3600 * 1000 };

const char *render_id(struct arena *a, const struct incident *inc)
{
	return arena_printf(a, "%lld", (long long)inc->id);
}

static const char *lamp(const struct incident *inc)
{
	if (inc->state == INCIDENT_RESOLVED)
		return "✅";
	if (inc->state == INCIDENT_DISMISSED)
		return "🚫";
	if (inc->quiet)
		return "⚪";
	return inc->severity == SEVERITY_CRIT ? "🔴" : "🟡";
}

const char *render_title(struct arena *a, const struct incident *inc)
{
	return arena_printf(a, "%s INC-%lld · %s · %s%s", lamp(inc), (long long)inc->id,
	        inc->service, inc->headline, inc->drill ? " · drill" : "");
}

/* "🔴 INC-42 api: HTTP 5xx 12.4 % since 14:02": the push notification. */
static const char *fallback(const struct render *r)
{
	const struct incident *inc = r->inc;

	if (incident_state_over(inc->state))
		return arena_printf(r->a, "%s INC-%lld %s: %s", lamp(inc), (long long)inc->id,
		        inc->service, incident_state_name(inc->state));
	return arena_printf(r->a, "%s INC-%lld %s: %s since %s UTC", lamp(inc), (long long)inc->id,
	        inc->service, inc->headline, clock_hhmm(r->a, inc->began_ms));
}

static const char *severity_word(const struct incident *inc)
{
	return inc->severity == SEVERITY_CRIT ? "Critical" : "Warning";
}

static void add_verdict(const struct render *r, struct message *m)
{
	const struct incident *inc = r->inc;
	struct str b = str_new(r->a);
	double failed = json_num(inc->facts, ".http.s5xx", (double)NAN);
	int64_t end = inc->ended_ms > 0 ? inc->ended_ms : json_int(inc->facts, ".at", r->now_ms);

	str_addf(&b, "*%s* · since ", severity_word(inc));
	mrk_date(&b, inc->began_ms, "{time}");
	mrk_add(&b, " (%s)", clock_duration(r->a, end > inc->began_ms ? end - inc->began_ms : 0));
	if (!isnan(failed) && failed > 0)
		mrk_add(&b, " · %s of %s requests failed", num_int(r->a, failed),
		        num_int(r->a, json_num(inc->facts, ".http.requests", 0)));
	if (json_int(inc->facts, ".instances.crashed", 0) > 0)
		mrk_add(&b, " · %d crashed", (int)json_int(inc->facts, ".instances.crashed", 0));
	if (inc->quiet)
		str_add(&b, " · no traffic now: neither bad nor recovered");
	if (inc->occurrences_30d > 1)
		mrk_add(&b, " · %d. time in 30 days", inc->occurrences_30d);
	if (inc->previous > 0)
		mrk_add(&b, " (before: INC-%lld)", (long long)inc->previous);
	message_context(m, KEEP_ALWAYS, b.s);
}

static void add_numbers(const struct render *r, struct message *m)
{
	const char *lines = facts_sparklines(r->a, r->inc->facts);
	const char *change = facts_change(r->a, r->inc->facts, r->inc->began_ms, CHANGE_WITHIN_MS);
	const char *group = facts_group(r->a, r->inc->facts);

	if (*lines)
		message_code(m, KEEP_HIGH, lines);
	if (group)
		message_context(m, KEEP_HIGH, mrk(r->a, "Failing with it: %s", group));
	if (change)
		message_context(m, KEEP_HIGH, mrk(r->a, "Changed: %s", change));
}

/* --- opinion --- */

static void add_plan(const struct render *r, struct message *m)
{
	struct err bad = {0};
	struct str b = str_new(r->a);
	struct plan p;
	const char *next;

	if (!plan_parse(r->a, r->dx->plan, &p, &bad)) {
		message_section(m, KEEP_HIGH,
		        mrk(r->a, "⚠️ the stored plan is unreadable: %s", bad.msg));
		return;
	}
	mrk_text(&b, plan_verdict(r->a, &p));
	message_section(m, KEEP_HIGH, b.s);
	next = plan_next(r->a, &p, 420);
	if (p.conclusive && *next)
		message_section(m, KEEP_NORMAL, mrk(r->a, "*Next*   %s", next));
	if (p.conclusive && p.question)
		message_section(m, KEEP_NORMAL, mrk(r->a, "*Question*   %s", p.question));
}

static void add_opinion(const struct render *r, struct message *m)
{
	const char *no_fix;

	if (r->inc->state == INCIDENT_DIAGNOSING) {
		message_section(m, KEEP_HIGH, "⏳ Diagnosing…");
		return;
	}
	if (r->inc->trouble)
		message_section(m, KEEP_HIGH, mrk(r->a, "⚠️ %s", r->inc->trouble));
	if (!r->dx || !r->dx->plan)
		return;
	add_plan(r, m);
	if (incident_state_over(r->inc->state))
		return;
	no_fix = render_no_fix(r->a, r->settings, r->inc, r->dx);
	if (no_fix && *no_fix)
		message_context(m, KEEP_NORMAL, mrk(r->a, "🔧 %s", no_fix));
}

/* --- what stands at the moment --- */

static const char *fix_line(const struct render *r)
{
	const struct fix_row *f = r->fix;

	if (!f)
		return NULL;
	switch (r->inc->state) {
	case INCIDENT_FIXING:
		return arena_printf(r->a, "🔧 fix %d is under way in %s", f->n, f->repo);
	case INCIDENT_PR_OPEN:
		return arena_printf(r->a, "🔧 pull request #%d is open", f->pr_number);
	case INCIDENT_MERGED:
		return arena_printf(r->a,
		        "🔧 pull request #%d is merged, waiting for its deployment", f->pr_number);
	case INCIDENT_VERIFYING:
		return arena_printf(
		        r->a, "🔧 pull request #%d is deployed; watching the metric", f->pr_number);
	case INCIDENT_OPEN:
	case INCIDENT_DIAGNOSING:
	case INCIDENT_DIAGNOSED:
	case INCIDENT_INCONCLUSIVE:
	case INCIDENT_RESOLVED:
	case INCIDENT_DISMISSED:
	case INCIDENT_STATE_COUNT:
		break;
	}
	return NULL;
}

static void add_person(const struct render *r, struct str *b, const char *what, const char *user)
{
	if (user)
		mrk_add(b, "%s%s %s", b->len ? " · " : "", what, r->name(r->name_ctx, r->a, user));
}

static void add_state(const struct render *r, struct message *m)
{
	const struct incident *inc = r->inc;
	const char *fix = fix_line(r);
	struct str b = str_new(r->a);

	if (fix)
		mrk_add(&b, "%s", fix);
	add_person(r, &b, "👀 acknowledged by", inc->acked_by);
	add_person(r, &b, "owner", inc->owner);
	if (!incident_state_over(inc->state) && inc->snoozed_until_ms > r->now_ms) {
		str_add(&b, b.len ? " · " : "");
		str_add(&b, "😴 snoozed until ");
		if (inc->snoozed_until_ms == INT64_MAX)
			str_add(&b, "it gets worse");
		else
			mrk_date(&b, inc->snoozed_until_ms, "{date_short_pretty} {time}");
	}
	if (incident_state_over(inc->state)) {
		mrk_add(&b, "%s%s", b.len ? " · " : "", str_or(inc->how_ended, "ended"));
		add_person(r, &b, "by", inc->ended_by);
		mrk_add(&b, " after %s", clock_duration(r->a, inc->ended_ms - inc->began_ms));
		if (inc->end_note)
			mrk_add(&b, ": %s", inc->end_note);
	}
	if (b.len)
		message_context(m, KEEP_HIGH, b.s);
}

static void count_votes(const struct render *r, int *right, int *wrong)
{
	for (size_t i = 0; i < r->nvotes; i++) {
		if (!str_eq(r->votes[i].target, "diagnosis") || !r->dx ||
		        r->votes[i].number != r->dx->version)
			continue;
		*right += str_eq(r->votes[i].vote, "right");
		*wrong += str_eq(r->votes[i].vote, "wrong");
	}
}

static void add_footer(const struct render *r, struct message *m)
{
	struct str b = str_new(r->a);
	int right = 0, wrong = 0;

	if (r->dx && r->dx->plan) {
		count_votes(r, &right, &wrong);
		mrk_add(&b, ":+1: right %d · :-1: wrong %d", right, wrong);
		if (r->dx->cost_usd >= 0)
			mrk_add(&b, " · diagnosis %s", num_usd(r->a, r->dx->cost_usd));
		if (str_eq(r->dx->rung, "known"))
			mrk_add(&b, ", known: the cure of an earlier incident, no model was asked");
		if (str_eq(r->dx->rung, "stored"))
			mrk_add(&b,
			        ", from the store: the evidence is the same, no model was asked");
		mrk_add(&b, " · %s · plan v%d", str_or(r->dx->model, "no model"), r->dx->version);
	} else if (!incident_state_over(r->inc->state)) {
		mrk_add(&b, "scan every %s", clock_duration(r->a, r->settings->scan.every_ms));
	}
	if (b.len)
		message_context(m, KEEP_LOW, b.s);
}

/* --- things to press: each is a command line that can be typed as well --- */

static const char *line(const struct render *r, const char *fmt)
{
	struct str b = str_new(r->a);

	for (; *fmt; fmt++) {
		if (*fmt == '%')
			str_add(&b, render_id(r->a, r->inc));
		else
			str_addc(&b, *fmt);
	}
	return b.s;
}

static void add_button(
        const struct render *r, struct message *m, const char *text, const char *command)
{
	struct button b = {.action = "cmd", .text = text, .value = line(r, command)};

	message_button(m, &b);
}

static void add_fix_button(const struct render *r, struct message *m)
{
	struct button b = {
	        .action = "fix",
	        .text = "🔧 Fix…",
	        .value =
	                r->dx ? arena_printf(r->a, "%s %d", render_id(r->a, r->inc), r->dx->version)
	                      : NULL,
	        .style = STYLE_PRIMARY,
	};

	if (!render_no_fix(r->a, r->settings, r->inc, r->dx))
		message_button(m, &b);
}

static void add_more(const struct render *r, struct message *m)
{
	struct option o[] = {
	        {.text = "Details", .value = line(r, "show %")},
	        {.text = "Evidence", .value = line(r, "show % evidence")},
	        {.text = "Resolve", .value = line(r, "resolve %")},
	        {.text = "Diagnose again", .value = line(r, "diagnose %")},
	        {.text = "Assign to me", .value = line(r, "assign % me")},
	};

	message_overflow(m, "cmd", o, sizeof(o) / sizeof(*o));
}

static void add_actions(const struct render *r, struct message *m)
{
	struct option naps[] = {
	        {.text = "30 minutes", .value = line(r, "snooze % 30m")},
	        {.text = "4 hours", .value = line(r, "snooze % 4h")},
	        {.text = "until tomorrow", .value = line(r, "snooze % tomorrow")},
	        {.text = "until it gets worse", .value = line(r, "snooze % until-worse")},
	};

	message_row(m, KEEP_ALWAYS);
	if (incident_state_over(r->inc->state)) {
		add_button(r, m, "Reopen", "reopen %");
		add_button(r, m, "Details", "show %");
		return;
	}
	add_fix_button(r, m);
	if (!r->inc->acked_by)
		add_button(r, m, "👀 Ack", "ack %");
	if (r->inc->snoozed_until_ms > r->now_ms)
		add_button(r, m, "Unsnooze", "unsnooze %");
	else
		message_select(m, "cmd", "😴 Snooze", naps, sizeof(naps) / sizeof(*naps));
	add_button(r, m, "🚫 Not an issue", "ignore %");
	add_more(r, m);
}

struct message *render_root(const struct render *r)
{
	struct message *m = message_new(r->a, fallback(r));

	message_header(m, render_title(r->a, r->inc));
	add_verdict(r, m);
	add_numbers(r, m);
	add_opinion(r, m);
	add_state(r, m);
	add_actions(r, m);
	add_footer(r, m);
	return m;
}
