/*
 * INVESTIGATE: gathers evidence side by side (logs, routes, deployments, neighbours, status pages,
 * earlier incidents), lets the model write a plan about it, lets a cheaper one try to break it, and
 * stores both. Whatever cannot be read is said; without a model, or without money for it, the
 * evidence stands alone and says why.
 */
#include "investigate.h"

#include <string.h>

#include "clock.h"
#include "diagnose.h"
#include "handler.h"
#include "incident.h"
#include "ladder.h"
#include "looks.h"
#include "questions.h"
#include "str.h"
#include "upstream.h"

struct gathered {
	struct arena *a;
	struct evidence_list *all;
	struct upstreams *signs;
	const json *places, *traces, *items;
	int64_t masked;
};

/* --- the end --- */

/* The plan as the cross-check left it; its cost is added. */
static void take_check(struct diagnosis *d, const json *checked)
{
	double cost = json_num(checked, ".cost_usd", -1);
	int64_t in = json_int(checked, ".tokens_in", 0), out = json_int(checked, ".tokens_out", 0);

	d->plan = json_get(checked, ".plan");
	d->plan_hash = json_str(checked, ".plan_hash", NULL);
	d->confidence = json_str(checked, ".confidence", "none");
	if (cost > 0 && d->cost_usd >= 0)
		d->cost_usd += cost;
	d->tokens_in += in > 0 ? in : 0;
	d->tokens_out += out > 0 ? out : 0;
}

/* A plan after another one says what is new in it. */
static const json *with_changes(struct wf *w, int64_t incident, const json *plan)
{
	struct arena *a = wf_arena(w);
	struct err none = {0};
	struct diagnosis *before = diagnosis_get(wf_heal(w)->store, a, incident, 0, &none);
	struct plan old, p;
	json *out;

	if (!before || !before->plan || !json_is_obj(plan) ||
	        !plan_parse(a, before->plan, &old, &none) || !plan_parse(a, plan, &p, &none))
		return plan;
	out = json_copy(a, plan);
	json_set_str(out, "changed", plan_changes(a, &old, &p));
	return out;
}

static const json *store_step(struct wf *w, const json *in, struct err *e)
{
	struct arena *a = wf_arena(w);
	const json *got = json_get(in, ".answer"), *checked = json_get(in, ".checked");
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
	        .hint = json_str(in, ".hint", NULL),
	        .created_ms = clock_now_ms(),
	        .trouble = json_str(in, ".trouble", NULL),
	};
	json *out = json_obj(a);
	int version;

	if (json_has(got, ".evidence"))
		d.evidence = json_get(got, ".evidence");
	if (json_is_obj(checked))
		take_check(&d, checked);
	d.plan = with_changes(w, d.incident, d.plan);
	if (!diagnosis_add(wf_heal(w)->store, wf_key(w), &d,
	            json_bool(json_is_obj(checked) ? checked : got, ".conclusive", false), &version,
	            e))
		return NULL;
	ladder_keep(w, json_get(in, ".items"), &d,
	        json_bool(json_is_obj(checked) ? checked : got, ".conclusive", false));
	json_set_int(out, "version", version);
	return out;
}

static const json *begin_step(struct wf *w, const json *in, struct err *e)
{
	json *out = json_obj(wf_arena(w));
	struct incident_event ev = {
	        .kind = INCIDENT_EV_DIAGNOSING,
	        .actor = json_str(in, ".user", NULL),
	        .key = wf_key(w),
	};

	struct store *s = wf_heal(w)->store;
	int64_t id = json_int(in, ".incident", 0);
	struct incident *inc;

	if (!incident_apply(s, id, &ev, e) || !(inc = incident_get(s, wf_arena(w), id, e)))
		return NULL;
	json_set_int(out, "now", clock_now_ms());
	json_set_str(out, "commit", json_str(inc->facts, ".change.commit", NULL));
	return out;
}

/* What one look found is added; what failed for good is missing evidence. */
static void take(struct gathered *g, const struct wf_call *c)
{
	if (!c->result)
		evidence_add_missing(g->all, arena_printf(g->a, "%s: %s", c->name, c->error.msg));
	evidence_append(g->all, json_get(c->result, ".items"));
	g->masked += json_int(c->result, ".masked", 0);
	upstreams_add(g->signs, json_get(c->result, ".signs"));
	if (json_has(c->result, ".places"))
		g->places = json_get(c->result, ".places");
	if (json_has(c->result, ".traces"))
		g->traces = json_get(c->result, ".traces");
}

static bool look_at_all(struct wf *w, struct gathered *g, struct wf_call *calls, size_t n,
        const json *in, struct err *e)
{
	for (size_t i = 0; i < n; i++)
		calls[i].in = in;
	if (!wf_all(w, calls, n, true, e))
		return false;
	for (size_t i = 0; i < n; i++)
		take(g, &calls[i]);
	return true;
}

/* All looks side by side, in two rounds: the second one follows what the first one found. */
static bool gather(struct wf *w, const json *begun, struct gathered *g, struct err *e)
{
	struct wf_call first[] = {
	        {.name = "facts", .body = look_memory},
	        {.name = "logs", .body = look_logs},
	        {.name = "routes", .body = look_routes},
	        {.name = "deploys", .body = look_deploys},
	        {.name = "neighbours", .body = look_neighbours},
	};
	struct wf_call second[] = {
	        {.name = "code", .body = look_code}, {.name = "traces", .body = look_traces}};
	struct wf_call upstream[] = {{.name = "upstream", .body = look_upstream}};
	json *in = json_copy(wf_arena(w), wf_input(w));

	g->a = wf_arena(w);
	g->all = evidence_new(g->a);
	g->signs = upstreams_new(g->a);
	json_set(in, "now", json_get(begun, ".now"));
	if (!look_at_all(w, g, first, sizeof(first) / sizeof(*first), in, e))
		return false;
	json_set(in, "places", g->places);
	json_set(in, "traces", g->traces);
	if (!look_at_all(w, g, second, 2, in, e))
		return false;
	json_set(in, "signs", upstreams_json(g->signs, g->a));
	if (!look_at_all(w, g, upstream, 1, in, e))
		return false;
	g->items = evidence_json(g->all, g->a);
	return true;
}

static const struct wf_policy patient = {.attempts = 3,
        .first_ms = 2000,
        .max_ms = 30000,
        .total_ms = 180000,
        .timeout_ms = 15 * 60 * 1000};

static const json *ask(
        struct wf *w, const json *begun, const json *items, struct err *why, struct err *e)
{
	json *in = json_copy(wf_arena(w), wf_input(w));
	const json *got;

	if (!wf_heal(w)->llm) {
		err_set(why, ERR_CONFIG, false,
		        "no model is connected (an operator sets [llm] model and its key)");
		return NULL;
	}
	json_set(in, "items", items);
	if (json_has(begun, ".commit"))
		json_set(in, "commit", json_get(begun, ".commit"));
	got = wf_step_with(w, "ask", &patient, question_plan, in, e);
	if (!got)
		*why = *e;
	return got;
}

/* Was no model asked? Then its answer was checked when there was one. */
static bool from_store(const json *answer)
{
	const char *rung = json_str(answer, ".rung", "");

	return str_eq(rung, "stored") || str_eq(rung, "known");
}

/* The second, cheap opinion. It can only lower; a plan that it cannot be asked about stands. */
static bool doubt(
        struct wf *w, const json *items, const json *answer, const json **out, struct err *e)
{
	json *in = json_copy(wf_arena(w), wf_input(w));

	*out = NULL;
	if (!json_bool(answer, ".conclusive", false) || from_store(answer))
		return true;
	json_set(in, "items", items);
	json_set(in, "plan", json_get(answer, ".plan"));
	*out = wf_step_with(w, "doubt", &patient, question_doubt, in, e);
	return *out || (e->code != ERR_SUSPENDED && e->code != ERR_CANCELED);
}

static bool investigate(struct wf *w, struct err *e)
{
	const json *begun = wf_step(w, "begin", begin_step, wf_input(w), e);
	const json *answer, *checked = NULL;
	struct gathered g = {0};
	struct err why = {0};
	json *in;

	if (!begun || !gather(w, begun, &g, e))
		return false;
	answer = ask(w, begun, g.items, &why, e);
	if (why.code == ERR_SUSPENDED || why.code == ERR_CANCELED ||
	        !doubt(w, g.items, answer, &checked, e))
		return false;
	in = json_copy(wf_arena(w), wf_input(w));
	json_set(in, "items", g.items);
	json_set_int(in, "masked", g.masked);
	if (answer)
		json_set(in, "answer", answer);
	if (checked)
		json_set(in, "checked", checked);
	if (!answer)
		json_set_str(in, "trouble",
		        arena_printf(wf_arena(w),
		                "No diagnosis: %s. The evidence is in the thread.", why.msg));
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
        .version = 3,
        .min_version = 1, /* what an older run did not look at is missing evidence */
        .run = investigate,
        .lane = WF_BACKGROUND,
        .on_failure = investigate_failed,
};
