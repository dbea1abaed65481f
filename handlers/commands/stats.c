/* /heal stats [prompts]: how the diagnoses were rated, per prompt version and model. */
#include "clock.h"
#include "diagnose.h"
#include "handler.h"
#include "incident.h"
#include "spark.h"
#include "str.h"

static void add_row(struct table *t, struct arena *a, const struct vote_count *v)
{
	table_cell(t, v->target);
	table_cell(t, str_or(v->prompt_version, "–"));
	table_cell(t, str_or(v->model, "–"));
	table_cell(t, num_int(a, v->diagnoses));
	table_cell(t, num_int(a, v->right));
	table_cell(t, num_int(a, v->wrong));
	table_cell(t, num_int(a, v->useless));
	table_cell(t, num_usd(a, v->cost_usd));
}

/* "67 % (30–90 %)" of those that were rated; a share of few says little, and the interval shows it.
 */
static const char *believed(struct arena *a, const struct vote_count *v)
{
	int of = v->right + v->wrong + v->useless;
	double low, high;

	if (of == 0)
		return "not rated";
	score_interval(v->right, of, &low, &high);
	return arena_printf(
	        a, "%.0f %% (%.0f–%.0f %%)", 100.0 * v->right / of, 100 * low, 100 * high);
}

static bool prompts(struct wf *w, const struct call *c, int64_t back, struct err *e)
{
	static const char *const heads[] = {
	        "prompt", "model", "made", "rated", "right (95 %)", "each"};
	struct arena *a = wf_arena(w);
	struct table *t = table_new(a);
	struct message *m = message_new(a, "Prompts");
	struct vote_count *rows;
	size_t n;

	if (!vote_stats(wf_heal(w)->store, a, clock_now_ms() - back, &rows, &n, e))
		return false;
	for (size_t i = 0; i < sizeof(heads) / sizeof(*heads); i++)
		table_column(t, heads[i], i < 2 ? TABLE_LEFT : TABLE_RIGHT, 24);
	for (size_t i = 0; i < n; i++) {
		const struct vote_count *v = &rows[i];

		if (!str_eq(v->target, "diagnosis"))
			continue;
		table_cell(t, str_or(v->prompt_version, "–"));
		table_cell(t, str_or(v->model, "–"));
		table_cell(t, num_int(a, v->diagnoses));
		table_cell(t, num_int(a, v->right + v->wrong + v->useless));
		table_cell(t, believed(a, v));
		table_cell(t, num_usd(a, v->diagnoses ? v->cost_usd / v->diagnoses : 0));
	}
	message_section(
	        m, KEEP_ALWAYS, mrk(a, "Prompt versions of the last %s", clock_duration(a, back)));
	message_code(m, KEEP_HIGH, table_text(t, true, 20));
	return reply(w, c, "reply", m, e);
}

static bool run(struct wf *w, const struct call *c, struct err *e)
{
	static const char *const heads[] = {
	        "of", "prompt", "model", "made", "right", "wrong", "useless", "cost"};
	struct arena *a = wf_arena(w);
	int64_t back = 30LL * 86400000;
	struct table *t = table_new(a);
	struct message *m = message_new(a, "Ratings");
	struct vote_count *rows;
	size_t n;

	if (c->argc > 0 && str_eq(c->argv[0], "prompts"))
		return prompts(w, c, back, e);
	if (c->argc > 0 && !clock_parse_duration(c->argv[0], &back))
		return err_set(e, ERR_INPUT, false, "“%.40s” is no duration; try `/heal stats 30d`",
		        c->argv[0]);
	if (!vote_stats(wf_heal(w)->store, a, clock_now_ms() - back, &rows, &n, e))
		return false;
	if (n == 0)
		return reply_text(
		        w, c, "reply", e, "No diagnosis in the last %s.", clock_duration(a, back));
	for (size_t i = 0; i < sizeof(heads) / sizeof(*heads); i++)
		table_column(t, heads[i], i < 3 ? TABLE_LEFT : TABLE_RIGHT, 24);
	for (size_t i = 0; i < n; i++)
		add_row(t, a, &rows[i]);
	message_section(m, KEEP_ALWAYS,
	        mrk(a, "Diagnoses and fixes of the last %s", clock_duration(a, back)));
	message_code(m, KEEP_HIGH, table_text(t, true, 20));
	return reply(w, c, "reply", m, e);
}

const struct command cmd_stats = {
        .name = "stats",
        .args = "[30d|prompts]",
        .help = "ratings per prompt version and model",
        .example = "stats 30d",
        .right = RIGHT_VIEWER,
        .run = run,
};
