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

/* --- fix --- */

static const char *step_icon(const char *state)
{
	if (str_eq(state, "done"))
		return "✅";
	if (str_eq(state, "now"))
		return "⏳";
	return str_eq(state, "failed") ? "❌" : "◻";
}

static const char *fix_steps(const struct render *r)
{
	struct str b = str_new(r->a);

	json_each (s, json_get(r->fix->progress, ".steps")) {
		const char *detail = json_str(s, ".detail", "");

		mrk_add(&b, "%s%s %s", b.len ? "  " : "", step_icon(json_str(s, ".state", "")),
		        json_str(s, ".name", ""));
		if (*detail)
			mrk_add(&b, " (%s)", str_ellipsis(r->a, detail, 60));
	}
	return b.s;
}

static void add_fix_head(const struct render *r, struct message *m)
{
	const struct fix_row *f = r->fix;
	struct str b = str_new(r->a);
	double budget = json_num(f->contract, ".budget_usd", 0);

	mrk_add(&b, "🔧 *Fix %d* by %s · plan v%d · %s@%s → `%s`", f->n,
	        r->name(r->name_ctx, r->a, f->started_by),
	        (int)json_int(f->contract, ".plan_version", 0), f->repo, f->base, f->branch);
	if (json_has(f->contract, ".hash"))
		mrk_add(&b, " · contract `%.12s`", json_str(f->contract, ".hash", ""));
	if (budget > 0)
		mrk_add(&b, " · budget %s", num_usd(r->a, budget));
	if (f->deadline_ms > 0 && f->ended_ms == 0) {
		str_add(&b, " · deadline ");
		mrk_date(&b, f->deadline_ms, "{time}");
	}
	message_section(m, KEEP_ALWAYS, b.s);
}

static void add_fix_todo(const struct render *r, struct message *m)
{
	struct str b = str_new(r->a);

	json_each (t, json_get(r->fix->progress, ".todo"))
		mrk_add(&b, "%s %s\n",
		        str_eq(json_str(t, ".state", ""), "completed")     ? "✅"
		        : str_eq(json_str(t, ".state", ""), "in_progress") ? "⏳"
		                                                           : "◻",
		        str_ellipsis(r->a, json_str(t, ".text", ""), 120));
	if (b.len)
		message_section(m, KEEP_LOW, b.s);
}

/* The last step, what it cost, and how much time is left. */
static void add_fix_last(const struct render *r, struct message *m)
{
	const struct fix_row *f = r->fix;
	const char *last = json_str(f->progress, ".last", "");
	int turns = (int)json_int(f->progress, ".turns", 0);
	struct str b = str_new(r->a);

	if (f->cost_usd <= 0 && turns == 0)
		return;
	mrk_add(&b, "%d turns · %s", turns, num_usd(r->a, f->cost_usd));
	if (f->ended_ms == 0 && *last)
		mrk_add(&b, " · now: %s", str_ellipsis(r->a, last, 60));
	if (f->ended_ms == 0 && f->deadline_ms > r->now_ms)
		mrk_add(&b, " · %s left", clock_duration(r->a, f->deadline_ms - r->now_ms));
	message_context(m, KEEP_NORMAL, b.s);
}

struct message *render_fix(const struct render *r)
{
	const struct fix_row *f = r->fix;
	struct message *m;
	const char *steps;
	struct button stop = {
	        .action = "cmd",
	        .text = "■ Stop",
	        .value = arena_printf(r->a, "stop %s", render_id(r->a, r->inc)),
	        .style = STYLE_DANGER,
	};

	if (!f)
		return NULL;
	m = message_new(r->a, arena_printf(r->a, "Fix of INC-%s", render_id(r->a, r->inc)));
	add_fix_head(r, m);
	steps = fix_steps(r);
	message_section(m, KEEP_HIGH,
	        str_eq(f->state, "queued")
	                ? mrk(r->a, "⏳ waiting its turn: one fix at a time in %s", f->repo)
	        : *steps ? steps
	                 : "⏳ starting…");
	add_fix_todo(r, m);
	json_each (it, json_get(f->progress, ".refused"))
		message_context(
		        m, KEEP_NORMAL, mrk(r->a, "⚠️ refused: %s", json_str(it, "", "")));
	if (f->error)
		message_section(m, KEEP_ALWAYS,
		        mrk(r->a, "%s %s", str_eq(f->state, "stopped") ? "■" : "❌", f->error));
	add_fix_last(r, m);
	if (f->ended_ms == 0 && (str_eq(f->state, "running") || str_eq(f->state, "queued")))
		message_button(m, &stop);
	return m;
}

/* --- pull request --- */

static void add_reviews(const struct render *r, struct str *b)
{
	int approved = (int)json_int(r->fix->pr, ".reviews.approved", 0);
	int changes = (int)json_int(r->fix->pr, ".reviews.changes", 0);
	const char *by = json_str(r->fix->pr, ".reviews.by", "");

	if (approved + changes == 1)
		mrk_add(b, approved ? " · approved by %s" : " · changes requested by %s", by);
	else if (approved + changes > 1)
		mrk_add(b, " · %d approved, %d want changes", approved, changes);
}

static void add_pr_life(const struct render *r, struct str *b)
{
	const struct fix_row *f = r->fix;
	const char *ci = json_str(f->pr, ".ci.verdict", "unknown");
	int64_t merged = json_int(f->pr, ".merged_ms", 0);

	if (str_eq(ci, "green"))
		str_add(b, "CI ✓");
	else if (str_eq(ci, "red"))
		mrk_add(b, "CI ✗ %s", json_str(f->pr, ".ci.failing[0].name", ""));
	else if (str_eq(ci, "pending"))
		str_add(b, "CI running");
	else
		str_add(b, str_eq(ci, "none") ? "no CI" : "CI not readable");
	add_reviews(r, b);
	if (merged == 0 && str_eq(json_str(f->pr, ".mergeable", ""), "conflict"))
		mrk_add(b, " · conflicts with %s", f->base);
	if (merged > 0) {
		str_add(b, " · merged ");
		mrk_date(b, merged, "{time}");
	} else if (str_eq(f->state, "closed")) {
		str_add(b, " · closed without merging");
	}
	if (*json_str(f->pr, ".repair", ""))
		mrk_add(b, "\n🔧 %s", json_str(f->pr, ".repair", ""));
}

/* The symptom went away by itself while the pull request was waiting. */
static void ask_wanted(const struct render *r, struct message *m)
{
	const struct fix_row *f = r->fix;
	const struct button close = {
	        .action = "pr_close",
	        .text = "Close PR",
	        .value = arena_printf(r->a, "%s %d", render_id(r->a, r->inc), f->n),
	};

	if (!json_bool(f->pr, ".gone", false) || !str_eq(f->state, "pr_open"))
		return;
	message_context(m, KEEP_HIGH,
	        "The symptom is gone without it. Still wanted? Merge it, or close it.");
	message_button(m, &close);
}

struct message *render_pr(const struct render *r)
{
	const struct fix_row *f = r->fix;
	struct str b = str_new(r->a);
	const char *tests;
	struct message *m;
	struct button open;

	if (!f || f->pr_number == 0)
		return NULL;
	m = message_new(r->a, arena_printf(r->a, "PR #%d for INC-%s is ready", f->pr_number,
	                              render_id(r->a, r->inc)));
	open = (struct button){.action = "link", .text = "Open PR", .url = f->pr_url};
	str_add(&b, "✅ ");
	mrk_link(&b, f->pr_url,
	        arena_printf(r->a, "PR #%d “%s”", f->pr_number, str_or(f->pr_title, "")));
	mrk_add(&b, " · %d files +%d −%d", (int)json_int(f->pr, ".files", 0),
	        (int)json_int(f->pr, ".additions", 0), (int)json_int(f->pr, ".deletions", 0));
	tests = json_str(f->pr, ".tests", json_str(f->progress, ".tests.passed", NULL));
	if (json_has(f->progress, ".tests.passed"))
		tests = json_bool(f->progress, ".tests.passed", false) ? "passed" : "failed";
	if (tests)
		mrk_add(&b, " · tests %s%s", tests,
		        json_bool(f->progress, ".tests.by_bot", false) ? " (run by Heal)" : "");
	if (json_bool(f->pr, ".draft", false))
		str_add(&b, " · draft");
	mrk_add(&b, " · %s · %s · for ", num_usd(r->a, f->cost_usd),
	        clock_duration(
	                r->a, f->ended_ms > f->started_ms ? f->ended_ms - f->started_ms : 0));
	mrk_user(&b, f->started_by);
	message_section(m, KEEP_ALWAYS, b.s);
	b = str_new(r->a);
	add_pr_life(r, &b);
	message_context(m, KEEP_HIGH, b.s);
	json_each (flag, json_get(f->pr, ".flags"))
		message_context(m, KEEP_NORMAL, mrk(r->a, "⚠️ %s", json_str(flag, "", "")));
	message_button(m, &open);
	ask_wanted(r, m);
	message_context(m, KEEP_LOW, "Rate the fix with :+1: or :-1:. Nothing merges by itself.");
	return m;
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
