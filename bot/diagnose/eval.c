/* eval.c - how good a plan is, by the case's own words. See eval.h. */
#include "diagnose/eval.h"

#include <string.h>

#include "str.h"

static const char *const verdict_names[] = {"right", "missed", "wrong", "failed"};

const char *eval_verdict_name(enum eval_verdict v)
{
	return verdict_names[v];
}

/* --- words --- */

/* Does the text hold one of "a|b|c"? */
static bool holds_any(struct arena *a, const char *text, const char *group)
{
	for (const char *p = group; *p; p += *p == '|') {
		size_t n = strcspn(p, "|");

		if (n > 0 && strcasestr(text, arena_strndup(a, p, n)))
			return true;
		p += n;
	}
	return false;
}

static bool holds_all(struct arena *a, const char *text, const json *groups)
{
	json_each (g, groups) {
		if (!holds_any(a, text, json_str(g, "", "")))
			return false;
	}
	return true;
}

static bool listed(const json *list, const char *word)
{
	json_each (x, list) {
		if (str_eq(json_str(x, "", ""), word))
			return true;
	}
	return false;
}

/* --- the checks --- */

static enum eval_verdict verdict_of(
        struct arena *a, const struct eval_case *c, const struct plan *p)
{
	if (!json_has(c->expect, ".cause"))
		return p->conclusive ? EVAL_WRONG : EVAL_RIGHT;
	if (!p->conclusive)
		return EVAL_MISSED;
	return holds_all(a, p->cause, json_get(c->expect, ".cause")) ? EVAL_RIGHT : EVAL_WRONG;
}

static bool remedy_right(const struct eval_case *c, const struct plan *p)
{
	if (!json_has(c->expect, ".cause"))
		return !p->conclusive;
	return p->conclusive && listed(json_get(c->expect, ".remedy"), remedy_name(p->remedy));
}

static bool honest(const struct eval_case *c, const struct plan *p)
{
	enum confidence least = CONFIDENCE_NONE, most = CONFIDENCE_HIGH;

	confidence_parse(json_str(c->expect, ".least", "none"), &least);
	confidence_parse(json_str(c->expect, ".most", "high"), &most);
	return p->confidence >= least && p->confidence <= most;
}

/* The first forbidden word; NULL = clean. */
static const char *forbidden(struct arena *a, const struct eval_case *c, const struct plan *p)
{
	static const char *const never[] = {"://", "<@", "<!", "@here", "@channel", "@everyone"};
	const char *text = json_print(a, plan_json(a, p));

	for (size_t i = 0; i < sizeof(never) / sizeof(*never); i++) {
		if (strstr(text, never[i]))
			return never[i];
	}
	json_each (word, json_get(c->expect, ".must_not_say")) {
		if (strcasestr(text, json_str(word, "", "\n")))
			return json_str(word, "", "");
	}
	return NULL;
}

/* The first id that no item has; NULL = all exist. */
static const char *made_up(const struct eval_case *c, const json *answer)
{
	json_each (id, json_get(answer, ".suspected_cause.evidence")) {
		if (!evidence_find(c->q.evidence, json_str(id, "", "")))
			return json_str(id, "", "");
	}
	json_each (h, json_get(answer, ".hypotheses")) {
		json_each (id, json_get(h, ".for")) {
			if (!evidence_find(c->q.evidence, json_str(id, "", "")))
				return json_str(id, "", "");
		}
	}
	return NULL;
}

static bool cites(const struct eval_case *c, const struct plan *p)
{
	const json *want = json_get(c->expect, ".cites");

	if (!p->conclusive || json_len(want) == 0)
		return true;
	for (const char **id = p->cause_ids; *id; id++) {
		if (listed(want, *id))
			return true;
	}
	return false;
}

static const char *why_of(struct arena *a, const struct eval_score *s, const char *word,
        const char *id, const struct plan *p)
{
	if (s->verdict == EVAL_WRONG)
		return arena_printf(a, "says: %s", p->cause);
	if (!s->cause)
		return "no cause was named";
	if (!s->remedy)
		return arena_printf(a, "remedy %s", remedy_name(p->remedy));
	if (!s->honest)
		return arena_printf(a, "confidence %s", confidence_name(p->confidence));
	if (!s->clean)
		return arena_printf(a, "says “%s”", word);
	return s->ids ? ""
	       : id   ? arena_printf(a, "cites %s, which does not exist", id)
	              : "cites none of the items that matter";
}

static bool stands_as_recorded(const struct eval_case *c, const struct eval_score *s)
{
	const json *want = c->stands;

	return !want ||
	       (str_eq(json_str(want, ".verdict", ""), verdict_names[s->verdict]) &&
	               str_eq(json_str(want, ".confidence", ""), confidence_name(s->confidence)) &&
	               (int64_t)s->notes >= json_int(want, ".notes", 0));
}

void eval_score(struct arena *a, const struct eval_case *c, const struct plan *p,
        const json *answer, struct eval_score *out)
{
	const char *word = forbidden(a, c, p), *id = made_up(c, answer);

	*out = (struct eval_score){.verdict = verdict_of(a, c, p),
	        .remedy = remedy_right(c, p),
	        .honest = honest(c, p),
	        .clean = !word,
	        .ids = !id && cites(c, p),
	        .confidence = p->confidence,
	        .remedy_name = p->conclusive ? remedy_name(p->remedy) : "",
	        .cost_usd = -1};
	out->cause = out->verdict == EVAL_RIGHT;
	while (p->notes && p->notes[out->notes])
		out->notes++;
	out->why = why_of(a, out, word, id, p);
	out->stands = stands_as_recorded(c, out);
}

void eval_failed(const char *why, struct eval_score *out)
{
	*out = (struct eval_score){
	        .verdict = EVAL_FAILED, .why = why, .remedy_name = "", .cost_usd = -1};
}

bool eval_recorded(struct arena *a, const struct eval_case *c, struct eval_score *out)
{
	struct plan p;
	struct err e = {0};

	if (!plan_validate(a, c->answer, c->q.evidence, c->q.tree, &p, &e)) {
		eval_failed(arena_strdup(a, e.msg), out);
		return false;
	}
	if (c->doubt && p.conclusive)
		plan_doubt(a, &p, c->doubt, c->q.evidence);
	eval_score(a, c, &p, c->answer, out);
	return true;
}

/* --- all of them --- */

void eval_add(struct eval_total *t, const struct eval_score *s)
{
	t->cases++;
	t->right += s->verdict == EVAL_RIGHT;
	t->missed += s->verdict == EVAL_MISSED;
	t->wrong += s->verdict == EVAL_WRONG;
	t->failed += s->verdict == EVAL_FAILED;
	t->changed += !s->stands;
	t->passed += (size_t)s->cause + s->remedy + s->honest + s->clean + s->ids;
	t->cost_usd += s->cost_usd > 0 ? s->cost_usd : 0;
	t->tokens_in += s->tokens_in > 0 ? s->tokens_in : 0;
	t->tokens_out += s->tokens_out > 0 ? s->tokens_out : 0;
}

double eval_share(const struct eval_total *t)
{
	return t->cases ? (double)t->passed / (double)(t->cases * EVAL_CHECKS) : 0;
}
