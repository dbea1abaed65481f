/* What is asked of the model, and what it costs. See questions.h. */
#include "questions.h"

#include <math.h>
#include <string.h>

#include "clock.h"
#include "diagnose.h"
#include "github.h"
#include "handler.h"
#include "incident.h"
#include "ladder.h"
#include "str.h"

enum { DAY_MS = 24 * 3600 * 1000 };
static const int64_t MONTH_MS = 30LL * DAY_MS;

/* --- the request --- */

static const char *repo_of(const struct heal *h, const struct incident *inc)
{
	const char *repo = settings_service(h->settings, inc->service)->repo;

	return repo ? repo : json_str(inc->facts, ".service.repo", NULL);
}

static bool spent(struct wf *w, int64_t incident, struct diagnose_request *q, struct err *e)
{
	struct store *s = wf_heal(w)->store;

	return spend_sum(s, q->now_ms - DAY_MS, NULL, 0, &q->spent_today_usd, e) &&
	       spend_sum(s, q->now_ms - MONTH_MS, NULL, 0, &q->spent_month_usd, e) &&
	       spend_sum(s, 0, "diagnosis", incident, &q->spent_incident_usd, e);
}

/* An earlier attempt may have been answered, and paid; nobody knows how much. */
static bool count_lost(struct wf *w, const json *in, struct err *e)
{
	return !wf_maybe_done(w) ||
	       spend_add(wf_heal(w)->store,
	               arena_printf(wf_arena(w), "%s:%d:lost", wf_key(w), wf_attempt(w) - 1),
	               json_int(in, ".incident", 0), "lost", json_str(in, ".user", NULL), 0, 0, e);
}

static bool request_of(
        struct wf *w, const json *in, const json *items, struct diagnose_request *q, struct err *e)
{
	struct heal *h = wf_heal(w);
	struct arena *a = wf_arena(w);
	struct incident *inc = incident_get(h->store, a, json_int(in, ".incident", 0), e);
	struct evidence_list *l = evidence_new(a);

	*q = (struct diagnose_request){.now_ms = clock_now_ms()};
	if (!inc || !count_lost(w, in, e) || !spent(w, inc->id, q, e))
		return false;
	evidence_append(l, items);
	q->incident = inc->id;
	q->service = inc->service;
	q->environment = inc->environment;
	q->headline = inc->headline;
	q->severity = severity_name(inc->severity);
	q->began_ms = inc->began_ms;
	q->repo = repo_of(h, inc);
	q->evidence = l;
	return true;
}

/* The files at the deployed commit. Without them a plan names none; that is no failure. */
static const struct plan_tree *tree_of(struct wf *w, const char *repo, const char *commit)
{
	struct heal *h = wf_heal(w);
	struct arena *a = wf_arena(w);
	struct plan_tree *t = ARENA_NEW(a, struct plan_tree);
	struct github_tree got;
	struct err why = {0};

	if (!h->github || !repo || !commit ||
	        !github_tree_get(h->github, a, repo, commit, &got, &why))
		return NULL;
	*t = (struct plan_tree){got.paths, got.n};
	return t;
}

/* --- the bill and the copy --- */

/* What a server does not say counts as nothing, not as minus one. */
static int64_t tokens_of(const struct llm_answer *x)
{
	return (x->tokens_in > 0 ? x->tokens_in : 0) + (x->tokens_out > 0 ? x->tokens_out : 0);
}

static bool keep(struct wf *w, int64_t incident, const char *purpose, const char *user,
        const struct llm_answer *x, struct err *e)
{
	struct store *s = wf_heal(w)->store;
	struct arena *a = wf_arena(w);
	const char *key = arena_printf(a, "%s:%d", wf_key(w), wf_attempt(w));
	struct prompt_row p = {.incident = incident, .purpose = purpose, .model = x->model};

	p.ts_ms = clock_now_ms();
	for (size_t i = 0; i < x->nsent; i++) {
		p.body = x->sent[i];
		if (!prompt_add(s, arena_printf(a, "%s:%zu", key, i), &p, e))
			return false;
	}
	return x->requests == 0 || spend_add(s, key, incident, "diagnosis", user,
	                                   fmax(0, x->cost_usd), tokens_of(x), e);
}

static json *plan_result(struct arena *a, const struct diagnose_result *r)
{
	json *o = json_obj(a);

	json_set(o, "plan", r->plan_json);
	json_set_str(o, "plan_hash", r->plan_hash);
	json_set_str(o, "confidence", confidence_name(r->plan.confidence));
	json_set_bool(o, "conclusive", r->plan.conclusive);
	json_set_num(o, "cost_usd", r->answer.cost_usd);
	json_set_int(o, "tokens_in", r->answer.tokens_in);
	json_set_int(o, "tokens_out", r->answer.tokens_out);
	return o;
}

/* --- the questions --- */

const json *question_plan(struct wf *w, const json *in, struct err *e)
{
	struct heal *h = wf_heal(w);
	struct arena *a = wf_arena(w);
	struct diagnose_request q;
	struct diagnose_result r;
	struct err none = {0};
	struct diagnosis *before;
	const json *stored;
	json *o;
	bool ok;

	if (!request_of(w, in, json_get(in, ".items"), &q, e))
		return NULL;
	before = diagnosis_get(h->store, a, q.incident, 0, &none);
	q.previous = before ? before->plan : NULL;
	q.tree = tree_of(w, q.repo, json_str(in, ".commit", NULL));
	if ((stored = ladder_answer(w, in, &q)))
		return stored;
	ok = diagnose_run(h->llm, h->settings, a, &q, &r, e);
	if (!keep(w, q.incident, "diagnosis", json_str(in, ".user", NULL), &r.answer,
	            ok ? e : &none) ||
	        !ok)
		return NULL;
	o = plan_result(a, &r);
	json_set(o, "evidence", r.evidence);
	json_set_str(o, "remedy", remedy_name(r.plan.remedy));
	json_set_str(o, "prompt_version", r.prompt.version);
	json_set_str(o, "model", r.answer.model);
	json_set_str(o, "rung", r.answer.rung);
	return o;
}

const json *question_doubt(struct wf *w, const json *in, struct err *e)
{
	struct heal *h = wf_heal(w);
	struct arena *a = wf_arena(w);
	struct diagnose_request q;
	struct diagnose_result r;
	struct err why = {0};
	struct plan p;

	if (!request_of(w, in, json_get(in, ".items"), &q, e) ||
	        !plan_parse(a, json_get(in, ".plan"), &p, e))
		return NULL;
	if (!diagnose_doubt(h->llm, h->settings, a, &q, &p, &r, &why) && why.code == ERR_CANCELED) {
		*e = why;
		return NULL;
	}
	if (!keep(w, q.incident, "cross-check", json_str(in, ".user", NULL), &r.answer, e))
		return NULL;
	return plan_result(a, &r);
}

const json *question_answer(struct wf *w, const json *in, struct err *e)
{
	struct heal *h = wf_heal(w);
	struct arena *a = wf_arena(w);
	const char *user = json_str(in, ".user", NULL), *text;
	struct diagnosis *dx = diagnosis_get(h->store, a, json_int(in, ".incident", 0), 0, e);
	struct diagnose_request q;
	struct diagnose_result r;
	struct err none = {0};
	json *o = json_obj(a);
	bool ok;

	if (!dx || !request_of(w, in, dx->evidence, &q, e))
		return NULL;
	ok = diagnose_answer(
	        h->llm, h->settings, a, &q, json_str(in, ".question", ""), &text, &r, e);
	if (!keep(w, q.incident, "answer", user, &r.answer, ok ? e : &none) || !ok)
		return NULL;
	json_set_str(o, "text", text);
	json_set_num(o, "cost_usd", r.answer.cost_usd);
	return o;
}
