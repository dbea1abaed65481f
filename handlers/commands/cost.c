/* /heal cost: what the models and agents cost, in all or by day, service or person. */
#include "clock.h"
#include "handler.h"
#include "incident.h"
#include "llm.h"
#include "spark.h"
#include "str.h"

static const int64_t month_ms = 30LL * 86400000;

/* --- in all --- */

static bool add_spans(struct wf *w, struct str *b, int64_t now, struct err *e)
{
	static const struct {
		const char *name;
		int64_t ms;
	} spans[] = {{"24 h", 86400000}, {"7 days", 7 * 86400000LL}, {"30 days", 30 * 86400000LL}};
	struct store *s = wf_heal(w)->store;
	struct arena *a = wf_arena(w);

	for (size_t i = 0; i < 3; i++) {
		double diagnosis, fix;

		if (!spend_sum(s, now - spans[i].ms, "diagnosis", 0, &diagnosis, e) ||
		        !spend_sum(s, now - spans[i].ms, "fix", 0, &fix, e))
			return false;
		mrk_add(b, "last %s: %s (diagnoses %s, fixes %s)\n", spans[i].name,
		        num_usd(a, diagnosis + fix), num_usd(a, diagnosis), num_usd(a, fix));
	}
	return true;
}

static void add_limits(struct wf *w, struct str *b)
{
	const struct settings *s = wf_heal(w)->settings;
	struct arena *a = wf_arena(w);

	mrk_add(b, "Limits: %s a diagnosis, %s a fix, %s a day, %s in 30 days.",
	        num_usd(a, s->limits.diagnosis_usd), num_usd(a, s->limits.fix_usd),
	        num_usd(a, s->limits.day_usd),
	        s->limits.month_usd > 0 ? num_usd(a, s->limits.month_usd) : "no limit");
	if (wf_heal(w)->llm)
		mrk_add(b, "\nPrices: %s. Circuit breaker of the model's server: %s.",
		        s->llm.price_in >= 0 ? "of the settings"
		                             : arena_printf(a, "list of %s", llm_price_date()),
		        llm_breaker_state(wf_heal(w)->llm, a));
}

static bool in_all(struct wf *w, const struct call *c, struct err *e)
{
	struct arena *a = wf_arena(w);
	struct str b = str_new(a);
	struct message *m = message_new(a, "Cost");
	int64_t now = clock_now_ms(), lost, skipped;

	if (!add_spans(w, &b, now, e) ||
	        !spend_count(wf_heal(w)->store, now - month_ms, "lost", &lost, e) ||
	        !spend_count(wf_heal(w)->store, now - month_ms, "skipped", &skipped, e))
		return false;
	if (skipped > 0)
		mrk_add(&b, "Answered from the store in 30 days, nothing paid: %s\n",
		        num_int(a, (double)skipped));
	if (lost > 0)
		mrk_add(&b,
		        "Answers lost in 30 days (crash or time-out; they may have been paid as well): "
		        "%s\n",
		        num_int(a, (double)lost));
	add_limits(w, &b);
	message_section(m, KEEP_ALWAYS, b.s);
	return reply(w, c, "reply", m, e);
}

/* --- by … --- */

static bool listed(struct wf *w, const struct call *c, const char *by, struct err *e)
{
	struct arena *a = wf_arena(w);
	struct table *t = table_new(a);
	struct message *m = message_new(a, "Cost");
	struct spend_row *rows;
	size_t n;

	if (!spend_by(wf_heal(w)->store, a, clock_now_ms() - month_ms, by, &rows, &n, e))
		return false;
	if (n == 0)
		return reply_text(w, c, "reply", e, "Nothing was spent in the last 30 days.");
	table_column(t, by, TABLE_LEFT, 30);
	table_column(t, "diagnoses", TABLE_RIGHT, 12);
	table_column(t, "fixes", TABLE_RIGHT, 12);
	table_column(t, "tokens", TABLE_RIGHT, 14);
	for (size_t i = 0; i < n; i++) {
		table_cell(t, str_or(rows[i].name, str_eq(by, "person") ? "the bot itself" : "–"));
		table_cell(t, num_usd(a, rows[i].diagnosis_usd));
		table_cell(t, num_usd(a, rows[i].fix_usd));
		table_cell(t, num_int(a, (double)rows[i].tokens));
	}
	message_section(m, KEEP_ALWAYS, mrk(a, "Cost of the last 30 days by %s", by));
	message_code(m, KEEP_HIGH, table_text(t, true, 40));
	return reply(w, c, "reply", m, e);
}

static bool run(struct wf *w, const struct call *c, struct err *e)
{
	const char *by = c->argc > 0 ? c->argv[0] : NULL;

	if (by && str_eq(by, "by"))
		by = c->argc > 1 ? c->argv[1] : "day";
	return by ? listed(w, c, by, e) : in_all(w, c, e);
}

const struct command cmd_cost = {
        .name = "cost",
        .args = "[day|service|person]",
        .help = "what models and agents cost",
        .example = "cost",
        .right = RIGHT_VIEWER,
        .run = run,
};
