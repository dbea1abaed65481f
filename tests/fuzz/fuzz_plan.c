/* fuzz_plan.c - any bytes as a model's answer: what becomes a plan is bounded, cites what exists,
 * points nowhere outside, and survives the store. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "base/schema.h"
#include "base/utf8.h"
#include "clients/llm_i.h"
#include "diagnose.h"
#include "str.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct evidence_list *evidence(struct arena *a)
{
	static const struct evidence items[] = {
	        {.kind = EVIDENCE_METRIC,
	                .strength = EVIDENCE_WEAK,
	                .value = "5xx 12.4 %, 1 318 of 10 630"},
	        {.kind = EVIDENCE_LOG, .strength = EVIDENCE_DECISIVE, .value = "1 204× timeout"},
	        {.kind = EVIDENCE_DEPLOY,
	                .strength = EVIDENCE_WEAK,
	                .timely = true,
	                .value = "4f2c1ab"},
	};
	struct evidence_list *l = evidence_new(a);

	for (size_t i = 0; i < sizeof(items) / sizeof(*items); i++)
		evidence_add(l, &items[i]);
	return l;
}

static void check_list(const char *const *list)
{
	for (; *list; list++)
		assert(utf8_valid(*list, strlen(*list)) && !strchr(*list, '\n'));
}

static void check_plan(struct arena *a, const struct plan *p, const struct evidence_list *l)
{
	const char *all = json_print(a, plan_json(a, p));
	struct plan again;

	assert(p->conclusive == (p->cause && p->confidence >= CONFIDENCE_LOW));
	assert(!p->cause || p->cause_ids[0]);
	for (const char **id = p->cause_ids; *id; id++)
		assert(evidence_find(l, *id));
	for (size_t i = 0; i < p->nhypotheses; i++)
		assert(p->hypotheses[i].for_ids[0] || p->hypotheses[i].against_ids[0]);
	for (size_t i = 0; i < p->nsteps; i++)
		assert(!p->steps[i].file ||
		        (p->steps[i].file[0] != '/' && !str_starts(p->steps[i].file, "../") &&
		                !strstr(p->steps[i].file, "/../")));
	check_list(p->debugging);
	check_list(p->avoid);
	check_list(p->reproduce);
	assert(!strstr(all, "<!channel") && !strstr(all, "<@U") && !strstr(all, "https://"));
	assert(plan_parse(a, plan_json(a, p), &again, NULL));
	assert(str_eq(json_print(a, plan_json(a, &again)), all));
	assert(str_eq(plan_hash(a, &again), plan_hash(a, p)));
	(void)plan_lines(a, p);
	(void)plan_for_agent(a, p);
	(void)plan_verdict(a, p);
	assert(str_chars(plan_next(a, p, 100)) <= 100);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new(0);
	char *text = arena_strndup(a, (const char *)data, size);
	const json *j = llm_text_json(a, text);
	struct evidence_list *l = evidence(a);
	struct plan p;
	struct err e = {0};

	/* Free text goes through the guards as well: what the mutator finds first. */
	if (size < 2000) {
		struct evidence x = {.kind = EVIDENCE_LOG, .value = text};

		evidence_add(l, &x);
		evidence_append(l, evidence_json(l, a));
	}
	if (j)
		j = schema_tidy(a, plan_schema(a), j);
	if (j && plan_validate(a, j, l, NULL, &p, &e))
		check_plan(a, &p, l);
	else if (j)
		assert(e.code == ERR_PROTO && e.msg[0]);
	arena_free(a);
	return 0;
}
