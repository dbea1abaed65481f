/* The messages below the root: evidence, plan, fix, pull request, verification, closing line. */
#include <math.h>
#include <string.h>

#include "clock.h"
#include "diagnose.h"
#include "facts.h"
#include "incident/render_private.h"
#include "render.h"
#include "spark.h"
#include "str.h"

/* --- evidence --- */

const char *render_evidence_text(struct arena *a, const struct diagnosis *dx)
{
	struct table *t = table_new(a);

	table_column(t, "", TABLE_LEFT, 4);
	table_column(t, "kind", TABLE_LEFT, 12);
	table_column(t, "value", TABLE_LEFT, 90);
	table_column(t, "window", TABLE_LEFT, 24);
	json_each (ev, dx->evidence) {
		const char *value = json_str(ev, ".value", "");

		table_cell(t, json_str(ev, ".id", ""));
		table_cell(t, json_str(ev, ".kind", ""));
		table_cell(t,
		        arena_printf(a, "%s%.*s", json_bool(ev, ".suspicious", false) ? "⚠ " : "",
		                (int)strcspn(value, "\n"), value));
		table_cell(t, json_str(ev, ".window", ""));
	}
	return table_text(t, true, 24);
}

/* Items of several lines (log patterns, routes) are shown whole below the table. */
static void add_long_items(const struct render *r, struct message *m)
{
	json_each (ev, r->dx->evidence) {
		const char *value = json_str(ev, ".value", "");

		if (!strchr(value, '\n'))
			continue;
		message_context(m, KEEP_LOW,
		        mrk(r->a, "*%s* %s", json_str(ev, ".id", ""),
		                json_str(ev, ".title", json_str(ev, ".kind", ""))));
		message_pre(m, KEEP_LOW, value);
	}
}

/* Where it was read: each place once, under the first item that has it. */
static void add_links(const struct render *r, struct message *m)
{
	struct str b = str_new(r->a);

	json_each (ev, r->dx->evidence) {
		const char *link = json_str(ev, ".link", NULL);

		if (!link || b.len > 1500 || strstr(b.s, link))
			continue;
		str_add(&b, b.len ? " · " : "Sources: ");
		mrk_link(&b, link, json_str(ev, ".id", "?"));
	}
	if (b.len)
		message_context(m, KEEP_LOW, b.s);
}

/* Text that speaks to machines is shown to people, with a flag. */
static void add_warning(const struct render *r, struct message *m)
{
	int n = 0;

	json_each (ev, r->dx->evidence)
		n += json_bool(ev, ".suspicious", false);
	if (n > 0)
		message_context(m, KEEP_HIGH,
		        mrk(r->a,
		                "⚠ %d of the items hold text that reads like an instruction to a "
		                "machine; that text was given to no model and no agent",
		                n));
}

struct message *render_evidence(const struct render *r)
{
	struct message *m;

	if (!r->dx || json_len(r->dx->evidence) == 0)
		return NULL;
	m = message_new(r->a, arena_printf(r->a, "Evidence for INC-%s", render_id(r->a, r->inc)));
	message_section(m, KEEP_ALWAYS, mrk(r->a, "*Evidence* · plan v%d", r->dx->version));
	message_pre(m, KEEP_HIGH, render_evidence_text(r->a, r->dx));
	add_long_items(r, m);
	add_warning(r, m);
	add_links(r, m);
	message_context(m, KEEP_NORMAL,
	        mrk(r->a,
	                "%lld values masked before anything left this machine · `/heal show %s "
	                "prompt` shows what did",
	                (long long)r->dx->masked, render_id(r->a, r->inc)));
	return m;
}

/* --- plan --- */

const char *render_plan_text(struct arena *a, const struct diagnosis *dx)
{
	struct str b = str_new(a);
	struct err bad = {0};
	struct plan p;

	if (!plan_parse(a, dx->plan, &p, &bad))
		return mrk(a, "the stored plan is unreadable: %s", bad.msg);
	mrk_text(&b, plan_lines(a, &p));
	return b.s;
}

static void add_fits(const struct render *r, struct message *m)
{
	if (incident_state_over(r->inc->state))
		return;
	for (size_t i = 0; i < r->nfits; i++) {
		struct button b = {.action = "act",
		        .text = r->fits[i].text,
		        .value = arena_printf(
		                r->a, "%s %s", render_id(r->a, r->inc), r->fits[i].value)};

		message_button(m, &b);
	}
}

static void add_pieces(const struct render *r, struct message *m)
{
	struct err bad = {0};
	const char *const *pieces;
	struct plan p;
	size_t n;

	if (!plan_parse(r->a, r->dx->plan, &p, &bad)) {
		message_section(
		        m, KEEP_HIGH, mrk(r->a, "the stored plan is unreadable: %s", bad.msg));
		return;
	}
	pieces = plan_pieces(r->a, &p, &n);
	for (size_t i = 0; i < n; i++) {
		struct str b = str_new(r->a);

		mrk_text(&b, pieces[i]);
		message_section(m, i <= p.nsteps ? KEEP_HIGH : KEEP_NORMAL, b.s);
	}
}

struct message *render_plan(const struct render *r)
{
	struct message *m;

	if (!r->dx || !r->dx->plan)
		return NULL;
	m = message_new(r->a, arena_printf(r->a, "Plan for INC-%s", render_id(r->a, r->inc)));
	message_section(m, KEEP_ALWAYS,
	        mrk(r->a, "*Plan v%d* · `%.12s` · remedy: %s%s", r->dx->version,
	                str_or(r->dx->plan_hash, ""), str_or(r->dx->remedy, "unknown"),
	                r->dx->hint ? " · with a hint" : ""));
	add_pieces(r, m);
	add_fits(r, m);
	message_context(m, KEEP_LOW,
	        mrk(r->a,
	                "The plan is the model's opinion (%s, prompt %s); numbers in it come from "
	                "the evidence. Rate it with :+1: :-1: :shrug:",
	                str_or(r->dx->model, "?"), str_or(r->dx->prompt_version, "?")));
	return m;
}

const char *render_no_fix(struct arena *a, const struct settings *s, const struct incident *inc,
        const struct diagnosis *dx)
{
	const char *repo = settings_service(s, inc->service)->repo;

	if (!repo)
		repo = json_str(inc->facts, ".service.repo", NULL);
	if (!dx || !dx->plan)
		return "no plan yet, so there is nothing to fix by code";
	if (!json_bool(dx->plan, ".conclusive", false))
		return arena_printf(a,
		        "no code fix: the cause is not known; a hint helps: `/heal diagnose %lld \"…\"`",
		        (long long)inc->id);
	if (str_eq(dx->remedy, "upstream"))
		return "no code fix: wait for the provider; nothing in the repository cures it";
	if (str_eq(dx->remedy, "nothing"))
		return "nothing to repair: this is expected load or a known job";
	if (!str_eq(dx->remedy, "code") && !str_eq(dx->remedy, "configuration"))
		return arena_printf(
		        a, "no code fix: the remedy is %s", str_or(dx->remedy, "unknown"));
	if (!repo)
		return arena_printf(a,
		        "no repository is linked: set repo = owner/name in [service \"%s\"]",
		        inc->service);
	if (!s->opencode.url)
		return "no agent is connected: set url in [opencode]";
	if (inc->state != INCIDENT_DIAGNOSED)
		return "";
	return NULL;
}

/* --- verification and end --- */

struct message *render_verify(const struct render *r)
{
	const json *v = r->fix ? r->fix->verification : NULL;
	const char *verdict = json_str(v, ".verdict", NULL);
	struct str b = str_new(r->a);
	struct message *m;

	if (!verdict)
		return NULL;
	m = message_new(
	        r->a, arena_printf(r->a, "Verification of INC-%s", render_id(r->a, r->inc)));
	if (str_eq(json_str(v, ".later", ""), "not verified"))
		mrk_add(&b, "⚠️ *It came back*: %s", json_str(v, ".text", ""));
	else if (str_eq(verdict, "verified"))
		mrk_add(&b, "✅ *Verified*: %s", json_str(v, ".text", ""));
	else if (str_eq(verdict, "watching"))
		mrk_add(&b, "⏳ Deployed; watching: %s", json_str(v, ".text", ""));
	else
		mrk_add(&b, "⚠️ %s", json_str(v, ".text", ""));
	message_section(m, KEEP_ALWAYS, b.s);
	return m;
}

static void add_cause_line(const struct render *r, struct str *b)
{
	struct err bad = {0};
	struct plan p;

	if (r->dx && r->dx->plan && plan_parse(r->a, r->dx->plan, &p, &bad) && p.cause)
		mrk_add(b, "\nSuspected cause (%s): %s", confidence_name(p.confidence),
		        str_ellipsis(r->a, p.cause, 300));
}

struct message *render_closing(const struct render *r)
{
	const struct incident *inc = r->inc;
	struct str b = str_new(r->a);
	struct message *m;

	if (!incident_state_over(inc->state))
		return NULL;
	m = message_new(r->a, arena_printf(r->a, "INC-%s is over", render_id(r->a, inc)));
	mrk_add(&b, "%s *%s* (%s) after %s", inc->state == INCIDENT_RESOLVED ? "✅" : "🚫",
	        inc->state == INCIDENT_RESOLVED ? "Resolved" : "Dismissed",
	        str_or(inc->how_ended, "ended"),
	        clock_duration(r->a, inc->ended_ms - inc->began_ms));
	if (inc->ended_by)
		mrk_add(&b, " by %s", r->name(r->name_ctx, r->a, inc->ended_by));
	if (inc->end_note)
		mrk_add(&b, ": %s", inc->end_note);
	add_cause_line(r, &b);
	if (r->fix && r->fix->pr_number > 0)
		mrk_add(&b, "\nPull request: #%d in %s", r->fix->pr_number, r->fix->repo);
	mrk_add(&b, "\nTimeline: `/heal show %s timeline`", render_id(r->a, inc));
	message_section(m, KEEP_ALWAYS, b.s);
	return m;
}

/* Nobody knows why a critical incident is there: whoever is on call is told, once, unless somebody
 * has taken it. */
static struct message *render_escalation(const struct render *r)
{
	const char *const *who = (const char *const *)r->settings->who.oncall;
	struct str b = str_new(r->a);
	struct message *m;

	if (r->inc->severity != SEVERITY_CRIT || r->inc->acked_by || !who || !who[0] ||
	        r->inc->state != INCIDENT_INCONCLUSIVE)
		return NULL;
	m = message_new(
	        r->a, arena_printf(r->a, "%s: cause not found", render_title(r->a, r->inc)));
	mrk_add(&b,
	        "%s: critical, and its cause was not found. On call: ", render_title(r->a, r->inc));
	for (size_t i = 0; who[i]; i++) {
		str_add(&b, i ? ", " : "");
		mrk_notify(&b, who[i]);
	}
	message_section(m, KEEP_ALWAYS, b.s);
	return m;
}

struct message *render_note(const struct render *r, const struct timeline_row *row)
{
	const char *what = str_eq(row->kind, "worse")          ? "got worse"
	                   : str_eq(row->kind, "reopened")     ? "is back"
	                   : str_eq(row->kind, "not verified") ? "is not cured by the merged fix"
	                   : str_eq(row->kind, "reminded")     ? "waits for you"
	                                                       : NULL;
	struct message *m;

	if (str_eq(row->kind, "inconclusive"))
		return render_escalation(r);

	if (!what || (row->actor && str_eq(row->kind, "reopened")))
		return NULL; /* nobody is notified of a person's own click */
	m = message_new(r->a, arena_printf(r->a, "%s %s", render_title(r->a, r->inc), what));
	message_section(m, KEEP_ALWAYS,
	        row->note ? mrk(r->a, "%s *%s*: %s", render_title(r->a, r->inc), what, row->note)
	                  : mrk(r->a, "%s *%s*", render_title(r->a, r->inc), what));
	return m;
}
