/* diagnose.c - budget, prompt, question, validation: a diagnosis, its cross-check, an answer. */
#include <string.h>

#include "base/embed.h"
#include "diagnose/evidence_i.h"
#include "spark.h"
#include "str.h"

enum { MAX_HALVINGS = 2, DOUBT_TOKENS = 600, ANSWER_TOKENS = 900, SENTENCE_CHARS = 400 };

/* ERR_BUDGET with what the thread shows. An unknown price cannot be held against a limit in
 * dollars; tokens are bounded by the settings either way. */
static bool affordable(const struct settings *s, struct arena *a, const struct diagnose_request *q,
        double estimate, struct err *e)
{
	double one = s->limits.diagnosis_usd, day = s->limits.day_usd, month = s->limits.month_usd;

	if (day > 0 && q->spent_today_usd >= day)
		return err_set(e, ERR_BUDGET, false,
		        "no diagnosis: %s of today's %s are spent ([limits] day_usd)",
		        num_usd(a, q->spent_today_usd), num_usd(a, day));
	if (month > 0 && q->spent_month_usd + (estimate > 0 ? estimate : 0) > month)
		return err_set(e, ERR_BUDGET, false,
		        "no diagnosis: %s of the %s for 30 days are spent ([limits] month_usd)",
		        num_usd(a, q->spent_month_usd), num_usd(a, month));
	if (estimate < 0)
		return true;
	if (one > 0 && estimate > one)
		return err_set(e, ERR_BUDGET, false,
		        "no diagnosis: it may cost up to %s, more than %s ([limits] diagnosis_usd; %s "
		        "spent on this incident before)",
		        num_usd(a, estimate), num_usd(a, one), num_usd(a, q->spent_incident_usd));
	if (day > 0 && q->spent_today_usd + estimate > day)
		return err_set(e, ERR_BUDGET, false,
		        "no diagnosis: it would cost up to %s and %s of today's %s are spent ([limits] "
		        "day_usd)",
		        num_usd(a, estimate), num_usd(a, q->spent_today_usd), num_usd(a, day));
	return true;
}

/* What several questions cost is added up; the rest is the last one's. */
static void add_bill(struct llm_answer *total, const struct llm_answer *more)
{
	struct llm_answer before = *total;

	*total = *more;
	if (before.requests == 0)
		return;
	total->nsent = 0;
	for (size_t i = 0; i < before.nsent; i++)
		total->sent[total->nsent++] = before.sent[i];
	for (size_t i = 0; i < more->nsent && total->nsent < LLM_MAX_REQUESTS; i++)
		total->sent[total->nsent++] = more->sent[i];
	total->requests += before.requests;
	total->ms += before.ms;
	if (before.tokens_in > 0)
		total->tokens_in = before.tokens_in + (more->tokens_in > 0 ? more->tokens_in : 0);
	if (before.tokens_out > 0)
		total->tokens_out =
		        before.tokens_out + (more->tokens_out > 0 ? more->tokens_out : 0);
	if (before.cost_usd >= 0)
		total->cost_usd = before.cost_usd + (more->cost_usd > 0 ? more->cost_usd : 0);
	if (before.tokens_cached > 0)
		total->tokens_cached =
		        before.tokens_cached + (more->tokens_cached > 0 ? more->tokens_cached : 0);
}

/* --- one question of any kind --- */

struct question {
	enum diagnose_ask ask;
	const char *about;
	const json *schema;
	const char *name;
	int64_t max_tokens;
};

static bool ask(struct llm *l, struct arena *a, const struct diagnose_request *q,
        const struct question *k, struct diagnose_result *out, struct err *e)
{
	struct llm_request r = {
	        .system = out->prompt.system,
	        .user = out->prompt.user,
	        .schema = k->schema,
	        .schema_name = k->name,
	        .max_tokens = k->max_tokens,
	        .model = q->model,
	};
	struct llm_answer answer;
	bool ok = llm_ask(l, a, &r, &answer, e);

	add_bill(&out->answer, &answer);
	return ok;
}

/* A model with a smaller context than the setting says: half as much evidence, at most twice. */
static bool ask_shorter(struct llm *l, const struct settings *s, struct arena *a,
        const struct diagnose_request *q, const struct question *k, struct diagnose_result *out,
        struct err *e)
{
	size_t budget = (size_t)s->llm.context_tokens;
	struct err bad;

	for (int i = 0;; i++) {
		const struct diagnose_question part = {
		        .ask = k->ask, .about = k->about, .budget_tokens = budget};

		if (!diagnose_prompt(l, s, a, q, &part, &out->prompt, e))
			return false;
		if (i == 0 && !affordable(s, a, q, out->prompt.estimate_usd, e))
			return false;
		if (ask(l, a, q, k, out, &bad))
			return true;
		if (out->answer.end != LLM_END_TOO_LONG || i == MAX_HALVINGS) {
			if (e)
				*e = bad;
			return false;
		}
		if (budget > out->prompt.tokens)
			budget = out->prompt.tokens;
		/* half of the evidence: the rest of the prompt cannot shrink */
		if (budget > out->prompt.fixed)
			budget = out->prompt.fixed + (budget - out->prompt.fixed) / 2;
	}
}

static void begin(struct llm *l, struct arena *a, const struct diagnose_request *q,
        struct diagnose_result *out)
{
	*out = (struct diagnose_result){0};
	out->answer = (struct llm_answer){.model = str_or(q->model, llm_model(l)),
	        .tokens_in = -1,
	        .tokens_out = -1,
	        .tokens_cached = -1,
	        .tokens_reasoning = -1,
	        .cost_usd = -1,
	        .rung = "",
	        .request_id = ""};
	out->evidence = evidence_json(q->evidence, a);
}

/* --- the diagnosis --- */

bool diagnose_run(struct llm *l, const struct settings *s, struct arena *a,
        const struct diagnose_request *q, struct diagnose_result *out, struct err *e)
{
	const struct question k = {.ask = DIAGNOSE_PLAN,
	        .schema = plan_schema(a),
	        .name = "plan",
	        .max_tokens = s->llm.max_tokens};

	begin(l, a, q, out);
	if (!ask_shorter(l, s, a, q, &k, out, e))
		return false;
	if (!plan_validate(a, out->answer.value, out->prompt.sent, q->tree, &out->plan, e))
		return false;
	out->plan_json = plan_json(a, &out->plan);
	out->plan_hash = plan_hash(a, &out->plan);
	return true;
}

/* --- cheap questions --- */

static struct diagnose_request cheap(const struct settings *s, const struct diagnose_request *q)
{
	struct diagnose_request c = *q;

	c.model = q->model ? q->model : s->llm.triage_model;
	return c;
}

static int64_t at_most(int64_t tokens, const struct settings *s)
{
	return s->llm.max_tokens > 0 && s->llm.max_tokens < tokens ? s->llm.max_tokens : tokens;
}

/* "… [e3] Stands on: [e3] [e5]" */
static const char *cause_with_ids(struct arena *a, const struct plan *p)
{
	struct str b = str_new(a);

	str_addf(&b, "%s Stands on:", str_or(p->cause, ""));
	for (size_t i = 0; p->cause_ids && p->cause_ids[i]; i++)
		str_addf(&b, " [%s]", p->cause_ids[i]);
	return b.s;
}

bool diagnose_doubt(struct llm *l, const struct settings *s, struct arena *a,
        const struct diagnose_request *q, struct plan *p, struct diagnose_result *out,
        struct err *e)
{
	const struct diagnose_request c = cheap(s, q);
	const struct question k = {.ask = DIAGNOSE_DOUBT,
	        .about = cause_with_ids(a, p),
	        .schema = plan_doubt_schema(a),
	        .name = "doubt",
	        .max_tokens = at_most(DOUBT_TOKENS, s)};
	bool ok = true;

	begin(l, a, &c, out);
	if (p->conclusive)
		ok = ask_shorter(l, s, a, &c, &k, out, e);
	if (!ok)
		p->checked_by = arena_printf(a, "not cross-checked: %s", e->msg);
	else if (p->conclusive)
		plan_doubt(a, p, out->answer.value, out->prompt.sent);
	out->plan = *p;
	out->plan_json = plan_json(a, p);
	out->plan_hash = plan_hash(a, p);
	return ok;
}

const json *diagnose_answer_schema(struct arena *a)
{
	size_t n = 0;
	const char *text = embed_get("deploy/prompts/answer.schema.json", &n);

	return json_parse(a, text, n, NULL);
}

/* Each sentence stands on the items it cites; one that cites none is left out. */
static const char *grounded(struct arena *a, const json *answer, const struct evidence_list *sent)
{
	struct check c = check_new(a, sent);
	struct str b = str_new(a);

	json_each (s, json_get(answer, ".sentences")) {
		struct ids ids = {0};
		const char *text;

		check_add_ids(&c, &ids, json_get(s, ".evidence"));
		text = check_claim(&c, json_str(s, ".text", ""), &ids, SENTENCE_CHARS);
		if (*text)
			str_addf(&b, "%s%s", b.len ? " " : "", text);
	}
	return b.len ? b.s : "The evidence of this incident does not tell.";
}

bool diagnose_answer(struct llm *l, const struct settings *s, struct arena *a,
        const struct diagnose_request *q, const char *question, const char **text_out,
        struct diagnose_result *out, struct err *e)
{
	const struct diagnose_request c = cheap(s, q);
	const struct question k = {.ask = DIAGNOSE_ANSWER,
	        .about = question,
	        .schema = diagnose_answer_schema(a),
	        .name = "answer",
	        .max_tokens = at_most(ANSWER_TOKENS, s)};

	begin(l, a, &c, out);
	if (!ask_shorter(l, s, a, &c, &k, out, e))
		return false;
	*text_out = grounded(a, out->answer.value, out->prompt.sent);
	return true;
}
