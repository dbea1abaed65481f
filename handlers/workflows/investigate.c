/*
 * INVESTIGATE: gathers evidence side by side (logs, routes, deployments, neighbours, status pages,
 * earlier incidents), lets the model write a plan about it, and stores both. Whatever cannot be
 * read is said; without a model, or without money for it, the evidence stands alone and says why.
 */
#include "investigate.h"

#include <math.h>
#include <string.h>

#include "clock.h"
#include "diagnose.h"
#include "handler.h"
#include "incident.h"
#include "looks.h"
#include "str.h"

enum { HOUR_MS = 3600 * 1000 };

bool investigate_start(struct store *s, struct arena *a, int64_t incident, const char *key,
        const char *hint, const char *user, int64_t *run_out, struct err *e)
{
	json *in = json_obj(a);
	struct wf_start st = {
	        .workflow = "investigate",
	        .input = in,
	        .key = key,
	        .concurrency = arena_printf(a, "investigate:%lld", (long long)incident),
	};

	json_set_int(in, "incident", incident);
	json_set_str(in, "hint", hint);
	json_set_str(in, "user", user);
	return flow_start(s, &st, run_out, e);
}

static const json *start_step(struct wf *w, const json *in, struct err *e)
{
	struct store *s = wf_heal(w)->store;
	json *out = json_obj(wf_arena(w));
	int64_t id = json_int(in, ".incident", 0), run;
	struct incident_event ev = {
	        .kind = INCIDENT_EV_DIAGNOSING,
	        .actor = json_str(in, ".user", NULL),
	};

	if (!incident_apply(s, id, &ev, e) ||
	        !investigate_start(s, wf_arena(w), id, wf_key(w), json_str(in, ".hint", NULL),
	                ev.actor, &run, e))
		return NULL;
	json_set_int(out, "run", run);
	return out;
}

bool investigate_ask(
        struct wf *w, int64_t incident, const char *hint, const char *user, struct err *e)
{
	json *in = json_obj(wf_arena(w));

	json_set_int(in, "incident", incident);
	json_set_str(in, "user", user);
	json_set_str(in, "hint", hint);
	return wf_step(w, "start", start_step, in, e) != NULL;
}

/* --- asking --- */

static const char *repo_of(const struct heal *h, const struct incident *inc)
{
	const char *repo = settings_service(h->settings, inc->service)->repo;

	return repo ? repo : json_str(inc->facts, ".service.repo", NULL);
}

static bool spent(struct wf *w, int64_t incident, struct diagnose_request *q, struct err *e)
{
	struct store *s = wf_heal(w)->store;

	return spend_sum(s, clock_now_ms() - 24 * (int64_t)HOUR_MS, NULL, 0, &q->spent_today_usd,
	               e) &&
	       spend_sum(s, 0, "diagnosis", incident, &q->spent_incident_usd, e);
}

static json *answer_json(struct arena *a, const struct diagnose_result *r)
{
	json *o = json_obj(a);

	json_set(o, "plan", r->plan_json);
	json_set_str(o, "plan_hash", r->plan_hash);
	json_set(o, "evidence", r->evidence);
	json_set_str(o, "confidence", confidence_name(r->plan.confidence));
	json_set_str(o, "remedy", remedy_name(r->plan.remedy));
	json_set_bool(o, "conclusive", r->plan.conclusive);
	json_set_str(o, "prompt_version", r->prompt.version);
	json_set_str(o, "prompt", r->prompt_text);
	json_set_str(o, "model", r->answer.model);
	json_set_str(o, "rung", r->answer.rung);
	json_set_num(o, "cost_usd", r->answer.cost_usd);
	json_set_int(o, "tokens_in", r->answer.tokens_in);
	json_set_int(o, "tokens_out", r->answer.tokens_out);
	return o;
}

static struct evidence_list *list_of(struct arena *a, const json *items)
{
	struct evidence_list *l = evidence_new(a);

	evidence_append(l, items);
	return l;
}

/* What a server does not say counts as nothing, not as minus one. */
static int64_t tokens_of(const struct llm_answer *x)
{
	return (x->tokens_in > 0 ? x->tokens_in : 0) + (x->tokens_out > 0 ? x->tokens_out : 0);
}

/* An earlier attempt may have been answered, and paid; nobody knows how much. */
static bool count_lost(struct wf *w, const json *in, struct err *e)
{
	return !wf_maybe_done(w) ||
	       spend_add(wf_heal(w)->store,
	               arena_printf(wf_arena(w), "%s:%d:lost", wf_key(w), wf_attempt(w) - 1),
	               json_int(in, ".incident", 0), "lost", json_str(in, ".user", NULL), 0, 0, e);
}

/* The model is asked and paid in one step: its answer is stored before it is used. */
static const json *ask_step(struct wf *w, const json *in, struct err *e)
{
	struct heal *h = wf_heal(w);
	struct arena *a = wf_arena(w);
	struct incident *inc = incident_get(h->store, a, json_int(in, ".incident", 0), e);
	struct diagnose_request q = {.now_ms = clock_now_ms()};
	struct diagnose_result r;
	struct err none = {0};
	struct diagnosis *before;
	bool ok;

	if (!inc || !count_lost(w, in, e) || !spent(w, inc->id, &q, e))
		return NULL;
	before = diagnosis_get(h->store, a, inc->id, 0, &none);
	q.incident = inc->id;
	q.service = inc->service;
	q.environment = inc->environment;
	q.headline = inc->headline;
	q.severity = severity_name(inc->severity);
	q.began_ms = inc->began_ms;
	q.repo = repo_of(h, inc);
	q.evidence = list_of(a, json_get(in, ".items"));
	q.previous = before ? before->plan : NULL;
	ok = diagnose_run(h->llm, h->settings, a, &q, &r, e);
	if (r.answer.requests > 0 &&
	        !spend_add(h->store, arena_printf(a, "%s:%d", wf_key(w), wf_attempt(w)), inc->id,
	                "diagnosis", json_str(in, ".user", NULL), fmax(0, r.answer.cost_usd),
	                tokens_of(&r.answer), e))
		return NULL;
	return ok ? answer_json(a, &r) : NULL;
}

/* --- the end --- */

static const json *store_step(struct wf *w, const json *in, struct err *e)
{
	struct arena *a = wf_arena(w);
	const json *got = json_get(in, ".answer");
	struct diagnosis d = {
	        .incident = json_int(in, ".incident", 0),
	        .plan = json_get(got, ".plan"),
	        .plan_hash = json_str(got, ".plan_hash", NULL),
	        .evidence = json_get(in, ".items"),
	        .confidence = json_str(got, ".confidence", "none"),
	        .remedy = json_str(got, ".remedy", NULL),
	        .prompt_version = json_str(got, ".prompt_version", NULL),
	        .model = json_str(got, ".model", NULL),
	        .rung = json_str(got, ".rung", NULL),
	        .cost_usd = json_num(got, ".cost_usd", -1),
	        .tokens_in = json_int(got, ".tokens_in", 0),
	        .tokens_out = json_int(got, ".tokens_out", 0),
	        .masked = json_int(in, ".masked", 0),
	        .prompt = json_str(got, ".prompt", NULL),
	        .hint = json_str(in, ".hint", NULL),
	        .created_ms = clock_now_ms(),
	        .trouble = json_str(in, ".trouble", NULL),
	};
	json *out = json_obj(a);
	int version;

	if (json_has(got, ".evidence"))
		d.evidence = json_get(got, ".evidence");
	if (!diagnosis_add(wf_heal(w)->store, wf_key(w), &d, json_bool(got, ".conclusive", false),
	            &version, e))
		return NULL;
	json_set_int(out, "version", version);
	return out;
}

static const json *now_step(struct wf *w, const json *in, struct err *e)
{
	json *out = json_obj(wf_arena(w));
	struct incident_event ev = {
	        .kind = INCIDENT_EV_DIAGNOSING,
	        .actor = json_str(in, ".user", NULL),
	};

	if (!incident_apply(wf_heal(w)->store, json_int(in, ".incident", 0), &ev, e))
		return NULL;
	json_set_int(out, "now", clock_now_ms());
	return out;
}

/* All looks side by side; what failed for good is missing evidence. */
static json *gather(struct wf *w, const json *now, int64_t *masked, struct err *e)
{
	struct arena *a = wf_arena(w);
	json *in = json_copy(a, wf_input(w));
	struct wf_call calls[] = {
	        {.name = "facts", .body = look_memory, .in = in},
	        {.name = "logs", .body = look_logs, .in = in},
	        {.name = "routes", .body = look_routes, .in = in},
	        {.name = "deploys", .body = look_deploys, .in = in},
	        {.name = "neighbours", .body = look_neighbours, .in = in},
	        {.name = "upstream", .body = look_upstream, .in = in},
	};
	size_t n = sizeof(calls) / sizeof(*calls);
	struct evidence_list *all = evidence_new(a);

	json_set(in, "now", json_get(now, ".now"));
	if (!wf_all(w, calls, n, true, e))
		return NULL;
	*masked = 0;
	for (size_t i = 0; i < n; i++) {
		if (!calls[i].result)
			evidence_add_missing(
			        all, arena_printf(a, "%s: %s", calls[i].name, calls[i].error.msg));
		evidence_append(all, json_get(calls[i].result, ".items"));
		*masked += json_int(calls[i].result, ".masked", 0);
	}
	return evidence_json(all, a);
}

static const json *ask(struct wf *w, const json *items, struct err *why, struct err *e)
{
	static const struct wf_policy policy = {.attempts = 3,
	        .first_ms = 2000,
	        .max_ms = 30000,
	        .total_ms = 180000,
	        .timeout_ms = 15 * 60 * 1000};
	json *in = json_copy(wf_arena(w), wf_input(w));
	const json *got;

	if (!wf_heal(w)->llm) {
		err_set(why, ERR_CONFIG, false,
		        "no model is connected (an operator sets [llm] model and its key)");
		return NULL;
	}
	json_set(in, "items", items);
	got = wf_step_with(w, "ask", &policy, ask_step, in, e);
	if (!got)
		*why = *e;
	return got;
}

static bool investigate(struct wf *w, struct err *e)
{
	struct arena *a = wf_arena(w);
	const json *now = wf_step(w, "begin", now_step, wf_input(w), e), *answer;
	json *in = json_copy(a, wf_input(w)), *items;
	struct err why = {0};
	int64_t masked;

	if (!now)
		return false;
	items = gather(w, now, &masked, e);
	if (!items)
		return false;
	answer = ask(w, items, &why, e);
	if (!answer && (why.code == ERR_SUSPENDED || why.code == ERR_CANCELED))
		return false;
	json_set(in, "items", items);
	json_set_int(in, "masked", masked);
	if (answer)
		json_set(in, "answer", answer);
	else
		json_set_str(in, "trouble",
		        arena_printf(
		                a, "No diagnosis: %s. The evidence is in the thread.", why.msg));
	return wf_step(w, "store", store_step, in, e) != NULL;
}

/* The run itself broke: the incident stands, and says so. */
static bool investigate_failed(struct wf *w, struct err *e)
{
	struct incident_event ev = {
	        .kind = INCIDENT_EV_DIAGNOSIS_FAILED,
	        .note = arena_printf(wf_arena(w),
	                "The diagnosis failed: %s. `/heal diagnose %lld` tries again.",
	                json_str(wf_input(w), ".error.message", "unknown"),
	                (long long)json_int(wf_input(w), ".input.incident", 0)),
	};
	struct err refused = {0};

	if (change(w, "failed", json_int(wf_input(w), ".input.incident", 0), &ev, &refused) ||
	        refused.code == ERR_CONFLICT || refused.code == ERR_NOT_FOUND)
		return true;
	*e = refused;
	return false;
}

const struct workflow wf_investigate = {
        .name = "investigate",
        .version = 1,
        .run = investigate,
        .lane = WF_BACKGROUND,
        .on_failure = investigate_failed,
};
