/* doubt.c - what the cross-check may do to a plan: lower its confidence, with evidence. */
#include <string.h>

#include "base/embed.h"
#include "base/schema.h"
#include "diagnose/evidence_i.h"
#include "str.h"

enum { OBJECTION_CHARS = 300 };

const json *plan_doubt_schema(struct arena *a)
{
	size_t n = 0;
	const char *text = embed_get("deploy/prompts/doubt.schema.json", &n);

	return json_parse(a, text, n, NULL);
}

/* What becomes of the word. */
static enum confidence lowered(enum confidence c, const char *verdict)
{
	if (str_eq(verdict, "refuted"))
		return c > CONFIDENCE_LOW ? CONFIDENCE_LOW : c;
	return str_eq(verdict, "weak") && c > CONFIDENCE_NONE ? c - 1 : c;
}

/* Its own items have to be others than those that the cause stands on, or say why these do not
 * carry it; either way one has to count: text without evidence breaks nothing. */
bool plan_doubt(struct arena *a, struct plan *p, const json *answer, const struct evidence_list *l)
{
	const char *verdict = json_str(answer, ".verdict", "stands");
	struct check c = check_new(a, l);
	struct ids ids = {0};
	const char *text;
	enum confidence to;

	p->checked_by = "the cross-check could not be read";
	if (!schema_check(plan_doubt_schema(a), answer, &(struct err){0}))
		return false;
	p->checked_by = "a cross-check found nothing against it";
	if (str_eq(verdict, "stands"))
		return false;
	check_add_ids(&c, &ids, json_get(answer, ".evidence"));
	text = check_claim(&c, json_str(answer, ".objection", ""), &ids, OBJECTION_CHARS);
	if (!*text)
		return false;
	p->objection = text;
	to = lowered(p->confidence, verdict);
	p->checked_by = "a cross-check found evidence against it";
	p->confidence_reason = arena_printf(a, "%s; a cross-check objects", p->confidence_reason);
	p->confidence = to;
	plan_settle(a, p);
	return true;
}
