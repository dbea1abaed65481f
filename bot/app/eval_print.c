/* eval_print.c - see eval_print.h. */
#include "app/eval_print.h"

#include "spark.h"
#include "str.h"

static const char *mark(bool ok)
{
	return ok ? "✓" : "✗";
}

static void add_row(struct table *t, struct arena *a, const struct eval_row *r)
{
	const struct eval_score *s = &r->score;

	table_cell(t, r->c.name);
	table_cell(t, eval_verdict_name(s->verdict));
	table_cell(t, mark(s->cause));
	table_cell(t, mark(s->remedy));
	table_cell(t, mark(s->honest));
	table_cell(t, mark(s->clean));
	table_cell(t, mark(s->ids));
	table_cell(t, confidence_name(s->confidence));
	table_cell(t, s->tokens_in > 0 ? num_int(a, (double)(s->tokens_in + s->tokens_out)) : "–");
	table_cell(t, s->cost_usd >= 0 ? num_usd(a, s->cost_usd) : "–");
	table_cell(t, s->stands ? s->why : arena_printf(a, "CHANGED; %s", s->why));
}

const char *eval_table_text(struct arena *a, const struct eval_table *t)
{
	static const char *const heads[] = {"case", "verdict", "cause", "remedy", "honest", "clean",
	        "ids", "confidence", "tokens", "cost", "why"};
	const struct eval_total *x = &t->total;
	struct table *out = table_new(a);
	struct str b = str_new(a);

	for (size_t i = 0; i < sizeof(heads) / sizeof(*heads); i++)
		table_column(out, heads[i], i == 8 || i == 9 ? TABLE_RIGHT : TABLE_LEFT,
		        i == 10 ? 60 : 36);
	for (size_t i = 0; i < t->n; i++)
		add_row(out, a, &t->rows[i]);
	str_add(&b, table_text(out, true, 0));
	str_addf(&b, "\n%zu cases: %zu right, %zu missed, %zu wrong, %zu failed · %s of the checks",
	        x->cases, x->right, x->missed, x->wrong, x->failed, num_share(a, eval_share(x)));
	if (x->tokens_in > 0)
		str_addf(&b, " · %s tokens, %s", num_int(a, (double)(x->tokens_in + x->tokens_out)),
		        num_usd(a, x->cost_usd));
	str_addf(&b, "%s\n", t->live ? "" : " · recorded answers");
	return b.s;
}

static void put_usage(json *o, double cost, int64_t in, int64_t out)
{
	if (cost >= 0)
		json_set_num(o, "cost_usd", cost);
	else
		json_set_null(o, "cost_usd");
	json_set_int(o, "tokens_in", in);
	json_set_int(o, "tokens_out", out);
}

static void put_row(json *o, const struct eval_row *r)
{
	const struct eval_score *s = &r->score;

	json_set_str(o, "case", r->c.name);
	json_set_str(o, "file", r->c.file);
	json_set_str(o, "verdict", eval_verdict_name(s->verdict));
	json_set_bool(o, "cause", s->cause);
	json_set_bool(o, "remedy", s->remedy);
	json_set_bool(o, "honest", s->honest);
	json_set_bool(o, "clean", s->clean);
	json_set_bool(o, "ids", s->ids);
	json_set_str(o, "confidence", confidence_name(s->confidence));
	json_set_str(o, "remedy_kind", *s->remedy_name ? s->remedy_name : NULL);
	json_set_int(o, "notes", (int64_t)s->notes);
	json_set_str(o, "why", s->why);
	json_set_bool(o, "stands", s->stands);
	json_set_str(o, "model", r->model);
	json_set_str(o, "prompt_version", r->prompt_version);
	put_usage(o, s->cost_usd, s->tokens_in, s->tokens_out);
}

const json *eval_table_json(struct arena *a, const struct eval_table *t)
{
	const struct eval_total *x = &t->total;
	json *o = json_obj(a), *rows, *total;

	json_set_bool(o, "live", t->live);
	rows = json_set_arr(o, "cases");
	for (size_t i = 0; i < t->n; i++)
		put_row(json_add_obj(rows), &t->rows[i]);
	total = json_set_obj(o, "total");
	json_set_int(total, "cases", (int64_t)x->cases);
	json_set_int(total, "right", (int64_t)x->right);
	json_set_int(total, "missed", (int64_t)x->missed);
	json_set_int(total, "wrong", (int64_t)x->wrong);
	json_set_int(total, "failed", (int64_t)x->failed);
	json_set_int(total, "changed", (int64_t)x->changed);
	json_set_num(total, "share", eval_share(x));
	put_usage(total, x->cost_usd, x->tokens_in, x->tokens_out);
	return o;
}
