/* known.c - the answer of an earlier incident, said again about this one. See diagnose_known. */
#include <stdlib.h>
#include <string.h>

#include "diagnose.h"
#include "str.h"

/* The item that tells of that incident. */
static const struct evidence *item_of(const struct evidence_list *l, int64_t incident)
{
	for (size_t i = 0; i < evidence_count(l); i++) {
		const struct evidence *x = evidence_at(l, i);
		char *end;

		if (x->kind == EVIDENCE_EARLIER && str_starts(x->value, "INC-") &&
		        strtoll(x->value + 4, &end, 10) == incident && *end == ',')
			return x;
	}
	return NULL;
}

/* Without "[e3]": the items of then have other ids now. */
static const char *without_ids(struct arena *a, const char *text)
{
	struct str b = str_new(a);

	for (const char *s = text; *s;) {
		size_t n = *s == '[' ? strspn(s + 1, "e0123456789, ") : 0;

		if (n > 0 && s[n + 1] == ']') {
			s += n + 2;
			if (b.len && b.s[b.len - 1] == ' ')
				str_cut(&b, b.len - 1);
		} else {
			str_addc(&b, *s++);
		}
	}
	return b.s;
}

static void put_cause(struct arena *a, json *answer, const char *cause, int64_t incident,
        const struct evidence *item, const struct evidence_list *l)
{
	json *c = json_set_obj(answer, "suspected_cause"), *ids;

	json_set_str(c, "text",
	        arena_printf(a, "As in INC-%lld: %s", (long long)incident, without_ids(a, cause)));
	ids = json_set_arr(c, "evidence");
	json_add_str(ids, item->id);
	for (size_t i = 0; i < evidence_count(l); i++) {
		if (evidence_at(l, i)->kind == EVIDENCE_METRIC)
			json_add_str(ids, evidence_at(l, i)->id);
	}
	json_set_arr(c, "against");
}

static void put_steps(struct arena *a, json *answer, const json *old)
{
	json *steps = json_set_arr(answer, "remediation_steps");

	json_each (s, json_get(old, ".remediation_steps")) {
		json *o = json_add_obj(steps);

		json_set_str(o, "text", without_ids(a, json_str(s, ".text", "")));
		json_set_str(o, "file", json_str(s, ".file", NULL));
		json_set_str(o, "risk", json_str(s, ".risk", "medium"));
		json_set_str(o, "verify", json_str(s, ".verify", ""));
	}
}

static const json *answer_of(struct arena *a, const json *old, int64_t incident,
        const struct evidence *item, const struct evidence_list *l)
{
	static const char *const empty[] = {
	        "hypotheses", "debugging_steps", "reproduce", "avoid", "missing"};
	json *o = json_obj(a), *c;

	json_set_str(o, "summary",
	        "The same as an earlier incident whose cause people confirmed and whose cure worked.");
	put_cause(a, o, json_str(old, ".suspected_cause.text", ""), incident, item, l);
	c = json_set_obj(o, "confidence");
	json_set_str(c, "level", "high"); /* the rule of confidence.c decides */
	json_set_str(c, "reason", "");
	for (size_t i = 0; i < sizeof(empty) / sizeof(*empty); i++)
		json_set_arr(o, empty[i]);
	put_steps(a, o, old);
	json_set_str(o, "remedy", json_str(old, ".remedy", "code"));
	json_set_null(o, "question");
	return o;
}

bool diagnose_known(struct arena *a, const json *old, int64_t incident,
        const struct evidence_list *l, const struct plan_tree *tree, struct plan *out)
{
	const struct evidence *item = item_of(l, incident);

	return item && json_has(old, ".suspected_cause.text") &&
	       plan_validate(
	               a, answer_of(a, old, incident, item, l), l, tree, out, &(struct err){0}) &&
	       out->conclusive;
}
