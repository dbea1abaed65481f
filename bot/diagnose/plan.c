/* plan.c - a model's answer to a plan: what may stand, what is dropped, how sure we may be. */
#include <assert.h>
#include <string.h>

#include "base/embed.h"
#include "base/schema.h"
#include "diagnose/evidence_i.h"
#include "str.h"

enum {
	SUMMARY_CHARS = 400,
	CAUSE_CHARS = 500,
	STEP_CHARS = 300,
	LINE_CHARS = 300,
	MAX_LINES = 8,
	MAX_STEPS = 8,
	MAX_HYPOTHESES = 5
};

static const char *const remedy_names[REMEDY_COUNT] = {
        "code", "configuration", "infrastructure", "capacity", "upstream", "nothing"};

const char *remedy_name(enum remedy r)
{
	assert(r < REMEDY_COUNT);
	return remedy_names[r];
}

bool remedy_parse(const char *name, enum remedy *out)
{
	for (int i = 0; i < REMEDY_COUNT; i++) {
		if (str_eq(name, remedy_names[i])) {
			*out = (enum remedy)i;
			return true;
		}
	}
	return false;
}

const json *plan_schema(struct arena *a)
{
	size_t n = 0;
	const char *text = embed_get("deploy/prompts/diagnose.schema.json", &n);
	const json *j;

	assert(text);
	j = json_parse(a, text, n, NULL);
	assert(j);
	return j;
}

/* --- ids --- */

static void add_id(struct check *c, struct ids *ids, const char *id)
{
	const struct evidence *x = evidence_find(c->l, id);

	if (!x) {
		c->g.ids++;
		return;
	}
	for (size_t i = 0; i < ids->n; i++) {
		if (ids->items[i] == x)
			return;
	}
	ids->items[ids->n++] = x;
}

void check_add_ids(struct check *c, struct ids *ids, const json *arr)
{
	json_each (id, arr) {
		add_id(c, ids, json_str(id, "", ""));
	}
}

/* "[e3]", "[e3, e4]" in a text: valid ids are collected, others go. */
static const char *inline_ids(struct check *c, const char *text, struct ids *ids)
{
	struct str b = str_new(c->g.a);

	for (const char *s = text; *s;) {
		size_t n = *s == '[' ? strspn(s + 1, "e0123456789, ") : 0;

		if (n == 0 || s[1] != 'e' || s[n + 1] != ']') {
			str_addc(&b, *s++);
			continue;
		}
		for (const char *p = s + 1; p < s + 1 + n;) {
			size_t w = strspn(p, "e0123456789");
			const char *id = arena_strndup(c->g.a, p, w);

			if (w)
				add_id(c, ids, id);
			if (evidence_find(c->l, id))
				str_addf(&b, "[%s]", id);
			p += w ? w : 1;
		}
		s += n + 2;
	}
	return b.s;
}

static const char **id_names(struct arena *a, const struct ids *ids)
{
	const char **out = ARENA_ARRAY(a, ids->n + 1, const char *);

	for (size_t i = 0; i < ids->n; i++)
		out[i] = ids->items[i]->id;
	return out;
}

/* --- texts --- */

static const char *figures(struct check *c, const char *text, const struct ids *ids)
{
	const char *cited[EVIDENCE_MAX];

	if (!ids)
		return guard_numbers(&c->g, text, c->all, c->nall);
	for (size_t i = 0; i < ids->n; i++)
		cited[i] = ids->items[i]->value;
	return guard_numbers(&c->g, text, cited, ids->n);
}

const char *check_claim(struct check *c, const char *text, struct ids *ids, size_t max_chars)
{
	const char *s = guard_text(&c->g, text, max_chars);
	struct str b = str_new(c->g.a);

	s = inline_ids(c, s, ids);
	if (!*s)
		return "";
	if (ids->n == 0 || guard_hostile(s)) {
		c->g.claims++;
		return "";
	}
	str_add(&b, figures(c, s, ids));
	if (!strstr(b.s, "[e")) {
		for (size_t i = 0; i < ids->n && i < 4; i++)
			str_addf(&b, "%s[%s]", i ? "" : " ", ids->items[i]->id);
	}
	return b.s;
}

/* Advice: no ids needed, nothing hostile. */
static const char *advice(struct check *c, const char *text, size_t max_chars)
{
	struct ids ids = {0};
	const char *s = inline_ids(c, guard_text(&c->g, text, max_chars), &ids);

	if (*s && guard_hostile(s)) {
		c->g.commands++;
		return "";
	}
	return s;
}

static const char **advice_list(struct check *c, const json *arr)
{
	const char **out = ARENA_ARRAY(c->g.a, MAX_LINES + 1, const char *);
	size_t n = 0;

	json_each (it, arr) {
		const char *s = n < MAX_LINES ? advice(c, json_str(it, "", ""), LINE_CHARS) : "";

		if (*s)
			out[n++] = s;
	}
	return out;
}

/* --- parts --- */

/* A cause that only stands on text that reads like an instruction was put into the model's mouth.
 */
static bool put_into_mouth(const struct ids *ids)
{
	for (size_t i = 0; i < ids->n; i++) {
		if (!ids->items[i]->suspicious)
			return false;
	}
	return ids->n > 0;
}

static void take_cause(
        struct check *c, const json *j, struct plan *p, struct ids *ids, struct ids *against)
{
	const char *text = json_str(j, ".suspected_cause.text", "");

	check_add_ids(c, ids, json_get(j, ".suspected_cause.evidence"));
	check_add_ids(c, against, json_get(j, ".suspected_cause.against"));
	text = check_claim(c, text, ids, CAUSE_CHARS);
	if (put_into_mouth(ids)) {
		c->g.claims++;
		text = "";
	}
	p->cause = *text ? text : NULL;
	p->cause_ids = id_names(c->g.a, ids);
}

static void take_hypotheses(struct check *c, const json *j, struct plan *p)
{
	p->hypotheses = ARENA_ARRAY(c->g.a, MAX_HYPOTHESES, struct plan_hypothesis);
	json_each (h, json_get(j, ".hypotheses")) {
		struct ids pro = {0}, contra = {0}, both = {0};
		struct plan_hypothesis *out = &p->hypotheses[p->nhypotheses];
		const char *verdict = json_str(h, ".verdict", "possible");

		if (p->nhypotheses == MAX_HYPOTHESES)
			return;
		check_add_ids(c, &pro, json_get(h, ".for"));
		check_add_ids(c, &contra, json_get(h, ".against"));
		for (size_t i = 0; i < pro.n; i++)
			add_id(c, &both, pro.items[i]->id);
		for (size_t i = 0; i < contra.n; i++)
			add_id(c, &both, contra.items[i]->id);
		out->text = check_claim(c, json_str(h, ".text", ""), &both, LINE_CHARS);
		if (str_eq(verdict, "leading") && put_into_mouth(&both))
			out->text = "";
		out->for_ids = id_names(c->g.a, &pro);
		out->against_ids = id_names(c->g.a, &contra);
		out->verdict = str_eq(verdict, "ruled_out") && contra.n == 0 ? "possible" : verdict;
		p->nhypotheses += *out->text != '\0';
	}
}

static const char *step_text(struct check *c, const char *text)
{
	return guard_files(&c->g, c->tree, guard_step(&c->g, advice(c, text, STEP_CHARS)));
}

static void take_steps(struct check *c, const json *j, struct plan *p)
{
	p->steps = ARENA_ARRAY(c->g.a, MAX_STEPS, struct plan_step);
	json_each (s, json_get(j, ".remediation_steps")) {
		struct plan_step *out = &p->steps[p->nsteps];

		if (p->nsteps == MAX_STEPS)
			return;
		out->text = step_text(c, json_str(s, ".text", ""));
		out->verify = step_text(c, json_str(s, ".verify", ""));
		out->file = guard_file(&c->g, c->tree, json_str(s, ".file", ""));
		out->risk = json_str(s, ".risk", "medium");
		p->nsteps += *out->text != '\0';
	}
}

/* The word by our rule; the model may lower it. */
static void take_confidence(struct check *c, const json *j, struct plan *p, const struct ids *ids,
        const struct ids *against)
{
	enum confidence said = CONFIDENCE_NONE;
	const char *doubt = json_str(j, ".confidence.reason", "");

	p->confidence = confidence_of(
	        ids->items, ids->n, against->items, against->n, c->g.a, &p->confidence_reason);
	confidence_parse(json_str(j, ".confidence.level", "none"), &said);
	p->doubt = figures(c, advice(c, doubt, LINE_CHARS), NULL);
	if (!p->cause) {
		p->confidence = CONFIDENCE_NONE;
		p->confidence_reason = "no evidence supports a cause";
		return;
	}
	if (said < p->confidence) {
		p->confidence_reason = arena_printf(
		        c->g.a, "%s; the model itself is less sure", p->confidence_reason);
		p->confidence = said;
	}
	if (p->confidence > CONFIDENCE_LOW && !remedy_backed(p->remedy, ids->items, ids->n, c->l)) {
		p->confidence_reason =
		        arena_printf(c->g.a, "%s; no evidence for a remedy of the kind \"%s\"",
		                p->confidence_reason, remedy_name(p->remedy));
		p->confidence = CONFIDENCE_LOW;
	}
}

/* --- what was taken out, for people --- */

static void note(struct arena *a, const char **notes, size_t *n, int count, const char *one,
        const char *many)
{
	if (count == 1)
		notes[(*n)++] = arena_printf(a, "1 %s was taken out of the model's answer", one);
	else if (count > 1)
		notes[(*n)++] =
		        arena_printf(a, "%d %s were taken out of the model's answer", count, many);
}

static const char **notes_of(const struct guard *g)
{
	const char **out = ARENA_ARRAY(g->a, 10, const char *);
	size_t n = 0;

	note(g->a, out, &n, g->claims, "claim without evidence", "claims without evidence");
	note(g->a, out, &n, g->numbers, "figure that is not in the evidence",
	        "figures that are not in the evidence");
	note(g->a, out, &n, g->ids, "reference to evidence that does not exist",
	        "references to evidence that does not exist");
	note(g->a, out, &n, g->commands, "command or instruction", "commands or instructions");
	note(g->a, out, &n, g->links, "link", "links");
	note(g->a, out, &n, g->mentions, "mention", "mentions");
	note(g->a, out, &n, g->files, "file that the deployed commit does not have",
	        "files that the deployed commit does not have");
	note(g->a, out, &n, g->paths, "path outside the repository's code",
	        "paths outside the repository's code");
	return out;
}

static const char **missing_of(struct check *c, const json *j)
{
	const char **said = advice_list(c, json_get(j, ".missing"));
	const char **out = ARENA_ARRAY(c->g.a, MAX_LINES + EVIDENCE_MAX + 1, const char *);
	size_t n = 0;

	for (size_t i = 0; i < evidence_count(c->l); i++) {
		if (evidence_at(c->l, i)->kind == EVIDENCE_MISSING)
			out[n++] = evidence_at(c->l, i)->value;
	}
	for (size_t i = 0; said[i]; i++)
		out[n++] = said[i];
	return out;
}

static const char **checked_of(struct check *c)
{
	const char **out = ARENA_ARRAY(c->g.a, 2, const char *);

	out[0] = evidence_checked(c->l, c->g.a);
	if (!*out[0])
		out[0] = NULL;
	return out;
}

struct check check_new(struct arena *a, const struct evidence_list *l)
{
	struct check c = {.g = {.a = a}, .l = l};

	c.all = ARENA_ARRAY(a, evidence_count(l) + 1, const char *);
	for (size_t i = 0; i < evidence_count(l); i++)
		c.all[c.nall++] = evidence_at(l, i)->value;
	return c;
}

bool plan_validate(struct arena *a, const json *answer, const struct evidence_list *l,
        const struct plan_tree *tree, struct plan *out, struct err *e)
{
	struct check c = check_new(a, l);
	struct ids ids = {0}, against = {0};
	const char *s;

	*out = (struct plan){0};
	c.tree = tree;
	if (!schema_check(plan_schema(a), answer, e))
		return err_wrap(e, "the model's plan");
	remedy_parse(json_str(answer, ".remedy", ""), &out->remedy);
	take_cause(&c, answer, out, &ids, &against);
	take_hypotheses(&c, answer, out);
	take_steps(&c, answer, out);
	take_confidence(&c, answer, out, &ids, &against);
	s = figures(&c, advice(&c, json_str(answer, ".summary", ""), SUMMARY_CHARS), NULL);
	out->summary = s;
	out->debugging = advice_list(&c, json_get(answer, ".debugging_steps"));
	out->reproduce = advice_list(&c, json_get(answer, ".reproduce"));
	out->avoid = advice_list(&c, json_get(answer, ".avoid"));
	out->missing = missing_of(&c, answer);
	out->checked = checked_of(&c);
	s = advice(&c, json_str(answer, ".question", ""), LINE_CHARS);
	out->question = *s ? s : NULL;
	out->notes = notes_of(&c.g);
	plan_settle(a, out);
	return true;
}
