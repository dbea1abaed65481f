/* The messages of a fix below the root: the agent at work, and its pull request's card. */
#include <string.h>

#include "clock.h"
#include "incident/render_private.h"
#include "render.h"
#include "spark.h"
#include "str.h"

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
