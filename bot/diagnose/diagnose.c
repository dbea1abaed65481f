/* diagnose.c - budget, prompt, question, validation: one diagnosis. */
#include <string.h>

#include "diagnose.h"
#include "spark.h"
#include "str.h"

enum { MAX_HALVINGS = 2 };

/* ERR_BUDGET with what the thread shows. An unknown price cannot be held against a limit in
 * dollars; tokens are bounded by the settings either way. */
static bool affordable(const struct settings *s, struct arena *a, const struct diagnose_request *q,
        double estimate, struct err *e)
{
	double one = s->limits.diagnosis_usd, day = s->limits.day_usd;

	if (day > 0 && q->spent_today_usd >= day)
		return err_set(e, ERR_BUDGET, false,
		        "no diagnosis: %s of today's %s are spent ([limits] day_usd)",
		        num_usd(a, q->spent_today_usd), num_usd(a, day));
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
	total->requests += before.requests;
	total->ms += before.ms;
	if (before.tokens_in > 0)
		total->tokens_in = before.tokens_in + (more->tokens_in > 0 ? more->tokens_in : 0);
	if (before.tokens_out > 0)
		total->tokens_out =
		        before.tokens_out + (more->tokens_out > 0 ? more->tokens_out : 0);
	if (before.cost_usd >= 0)
		total->cost_usd = before.cost_usd + (more->cost_usd > 0 ? more->cost_usd : 0);
}

static bool ask(struct llm *l, const struct settings *s, struct arena *a,
        const struct diagnose_request *q, struct diagnose_result *out, struct err *e)
{
	struct llm_request r = {
	        .system = out->prompt.system,
	        .user = out->prompt.user,
	        .schema = plan_schema(a),
	        .schema_name = "plan",
	        .max_tokens = s->llm.max_tokens,
	        .model = q->model,
	};
	struct llm_answer answer;
	bool ok = llm_ask(l, a, &r, &answer, e);

	add_bill(&out->answer, &answer);
	return ok;
}

/* A model with a smaller context than the setting says: half as much evidence, at most twice. */
static bool ask_shorter(struct llm *l, const struct settings *s, struct arena *a,
        const struct diagnose_request *q, struct diagnose_result *out, struct err *e)
{
	size_t budget = (size_t)s->llm.context_tokens;
	struct err bad;

	for (int i = 0;; i++, budget /= 2) {
		if (!diagnose_prompt(l, s, a, q, budget, NULL, &out->prompt, e))
			return false;
		out->prompt_text =
		        arena_printf(a, "%s\n---\n%s", out->prompt.system, out->prompt.user);
		if (i == 0 && !affordable(s, a, q, out->prompt.estimate_usd, e))
			return false;
		if (ask(l, s, a, q, out, &bad))
			return true;
		if (out->answer.end != LLM_END_TOO_LONG || i == MAX_HALVINGS) {
			if (e)
				*e = bad;
			return false;
		}
		if (budget > out->prompt.tokens)
			budget = out->prompt.tokens;
	}
}

bool diagnose_run(struct llm *l, const struct settings *s, struct arena *a,
        const struct diagnose_request *q, struct diagnose_result *out, struct err *e)
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
	if (!ask_shorter(l, s, a, q, out, e))
		return false;
	if (!plan_validate(a, out->answer.value, out->prompt.sent, &out->plan, e))
		return false;
	out->plan_json = plan_json(a, &out->plan);
	out->plan_hash = plan_hash(a, &out->plan);
	return true;
}
