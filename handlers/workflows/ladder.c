/* What costs nothing: the same evidence, and a cure that worked before. See ladder.h. */
#include "ladder.h"

#include "clock.h"
#include "handler.h"
#include "str.h"

enum { STORED_MS = 24 * 3600 * 1000 };

static const char *hash_of(struct wf *w, const json *items)
{
	const struct settings *s = wf_heal(w)->settings;
	struct arena *a = wf_arena(w);
	const char *prompt = "";

	prompt_load(a, s->heal.prompts, "diagnose.v1.md", NULL, &prompt, NULL);
	return str_hash_hex(
	        a, arena_printf(a, "%016llx %s %s", (unsigned long long)json_hash(a, items), prompt,
	                   str_or(s->llm.model, "")));
}

/* One answer is kept for each incident: the store does not grow with questions. */
static const char *key_of(struct wf *w, int64_t incident)
{
	return arena_printf(wf_arena(w), "answer of INC-%lld", (long long)incident);
}

void ladder_keep(struct wf *w, const json *items, const struct diagnosis *d, bool conclusive)
{
	json *o = json_obj(wf_arena(w)), *x;
	struct err none = {0};

	if (!d->plan || d->cost_usd == 0)
		return;
	json_set_str(o, "hash", hash_of(w, items));
	json_set_int(o, "ms", clock_now_ms());
	x = json_set_obj(o, "answer");
	json_set(x, "plan", d->plan);
	json_set_str(x, "plan_hash", d->plan_hash);
	json_set_str(x, "confidence", d->confidence);
	json_set_bool(x, "conclusive", conclusive);
	json_set(x, "evidence", d->evidence);
	json_set_str(x, "remedy", d->remedy);
	json_set_str(x, "prompt_version", d->prompt_version);
	json_set_str(x, "model", d->model);
	memo_set(wf_heal(w)->store, key_of(w, d->incident), o, &none);
}

static json *free_of_charge(struct arena *a, const json *answer, const char *rung)
{
	json *o = json_copy(a, answer);

	json_set_str(o, "rung", rung);
	json_set_num(o, "cost_usd", 0);
	json_set_int(o, "tokens_in", 0);
	json_set_int(o, "tokens_out", 0);
	return o;
}

static const json *stored(struct wf *w, const json *in, int64_t incident)
{
	struct arena *a = wf_arena(w);
	const json *kept = memo_get(wf_heal(w)->store, a, key_of(w, incident));

	if (!kept || clock_now_ms() - json_int(kept, ".ms", 0) > STORED_MS ||
	        !str_eq(json_str(kept, ".hash", ""), hash_of(w, json_get(in, ".items"))))
		return NULL;
	return free_of_charge(a, json_get(kept, ".answer"), "stored");
}

static const json *known(struct wf *w, const struct diagnose_request *q)
{
	struct arena *a = wf_arena(w);
	struct store *s = wf_heal(w)->store;
	struct err none = {0};
	struct diagnosis *d = diagnosis_cured(s, a, q->incident, &none);
	struct plan p;
	json *o;

	if (!d || !diagnose_known(a, d->plan, d->incident, q->evidence, q->tree, &p))
		return NULL;
	o = json_obj(a);
	json_set(o, "plan", plan_json(a, &p));
	json_set_str(o, "plan_hash", plan_hash(a, &p));
	json_set_str(o, "confidence", confidence_name(p.confidence));
	json_set_bool(o, "conclusive", p.conclusive);
	json_set(o, "evidence", evidence_json(q->evidence, a));
	json_set_str(o, "remedy", remedy_name(p.remedy));
	json_set_str(o, "prompt_version", d->prompt_version);
	json_set_str(o, "model", d->model);
	return free_of_charge(a, o, "known");
}

const json *ladder_answer(struct wf *w, const json *in, const struct diagnose_request *q)
{
	const char *user = json_str(in, ".user", NULL);
	const json *got = stored(w, in, q->incident);
	struct err none = {0};

	if (!got && !q->previous && !user)
		got = known(w, q);
	if (got)
		spend_add(wf_heal(w)->store, wf_key(w), q->incident, "skipped", user, 0, 0, &none);
	return got;
}
