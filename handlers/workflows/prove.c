/* PROVE: the same metric before and after a change. See include/prove.h. */
#include "prove.h"

#include <math.h>

#include "clock.h"
#include "facts.h"
#include "heal.h"
#include "proof.h"
#include "scan.h"
#include "spark.h"
#include "str.h"

enum { ROUNDS = 8 /* of looking for enough traffic */ };

json *prove_before(struct arena *a, const struct incident *inc)
{
	const char *unit;
	const char *metric = facts_metric_of(inc->signal, &unit);
	json *b = json_obj(a);

	json_set_str(b, "metric", metric);
	json_set_str(b, "unit", unit);
	json_set_num(b, "value", facts_metric(inc->facts, metric));
	json_set_num(b, "requests", json_num(inc->facts, ".http.requests", (double)NAN));
	json_set_int(b, "ms", json_int(inc->facts, ".window_ms", 0));
	return b;
}

/* --- measuring --- */

/* Only what came after the change. */
static bool measure(struct wf *w, const struct incident *inc, const char *metric, int64_t at,
        struct proof_side *out, struct err *e)
{
	struct heal *h = wf_heal(w);
	struct arena *a = wf_arena(w);
	struct settings s = *h->settings;
	struct railway_place place = {
	        .project_id = inc->project_id,
	        .environment_id = inc->environment_id,
	        .environment_name = inc->environment,
	};
	int64_t now = clock_now_ms();
	struct scan scan;

	s.scan.window_ms = now - at > s.verify.window_ms ? now - at : s.verify.window_ms;
	if (!scan_measure(h->railway, a, &s, &place, inc->service, now, &scan, e))
		return false;
	scan_judge(a, &s, h->redact, NULL, 0, &scan);
	out->value = facts_metric(scan.services[0].facts, metric);
	out->requests = json_num(scan.services[0].facts, ".http.requests", (double)NAN);
	out->ms = s.scan.window_ms;
	return true;
}

static double warn_limit(const struct settings *s, const struct incident *inc, const char *metric)
{
	const struct thresholds *t = &settings_service(s, inc->service)->thresholds;

	if (str_eq(metric, "error_rate"))
		return t->error_rate.warn;
	if (str_eq(metric, "p95"))
		return t->p95.warn;
	if (str_eq(metric, "disk"))
		return t->disk.warn;
	return str_eq(metric, "memory") ? t->memory.warn : t->cpu.warn;
}

static const char *sentence(struct arena *a, enum proof verdict, const char *why, const json *in,
        const struct proof_case *c)
{
	const char *unit = json_str(in, ".before.unit", "share");

	if (verdict == PROOF_UNKNOWN)
		return arena_printf(a, "It cannot be told yet: %s", why);
	return arena_printf(a, "%s %s, %s after the change%s",
	        json_str(in, ".before.metric", "error_rate"),
	        num_change(a, c->before.value, c->after.value, unit),
	        clock_duration(a, clock_now_ms() - json_int(in, ".at", 0)),
	        verdict == PROOF_CURED ? "" : ": no cure");
}

static const json *compare_step(struct wf *w, const json *in, struct err *e)
{
	static const char *const words[] = {"unknown", "verified", "not verified"};
	struct heal *h = wf_heal(w);
	struct arena *a = wf_arena(w);
	struct incident *inc = incident_get(h->store, a, json_int(in, ".incident", 0), e);
	const char *metric = json_str(in, ".before.metric", "error_rate"), *why;
	struct proof_case c = {.share = str_eq(metric, "error_rate")};
	enum proof verdict;
	json *out;

	if (!inc || !measure(w, inc, metric, json_int(in, ".at", clock_now_ms()), &c.after, e))
		return NULL;
	c.before = (struct proof_side){
	        .value = json_num(in, ".before.value", (double)NAN),
	        .requests = json_num(in, ".before.requests", (double)NAN),
	        .ms = json_int(in, ".before.ms", 0),
	};
	c.limit = warn_limit(h->settings, inc, metric);
	c.min_requests =
	        (double)settings_service(h->settings, inc->service)->thresholds.min_requests;
	verdict = proof_judge(&c, &why);
	out = json_obj(a);
	json_set_str(out, "verdict", words[verdict]);
	json_set_num(out, "before", c.before.value);
	json_set_num(out, "after", c.after.value);
	json_set_str(out, "text", sentence(a, verdict, why, in, &c));
	return out;
}

const json *prove_now(struct wf *w, const char *step, int64_t incident, const json *before,
        int64_t at_ms, struct err *e)
{
	json *in = json_obj(wf_arena(w));

	json_set_int(in, "incident", incident);
	json_set(in, "before", before);
	json_set_int(in, "at", at_ms);
	return wf_step(w, step, compare_step, in, e);
}

const json *prove(struct wf *w, const char *name, int64_t incident, const json *before,
        int64_t at_ms, struct err *e)
{
	struct arena *a = wf_arena(w);
	const json *verdict = NULL;

	for (int i = 1; i <= ROUNDS; i++) {
		if (!wf_sleep(w, arena_printf(a, "%s: settle:%d", name, i),
		            wf_heal(w)->settings->verify.window_ms, e))
			return NULL;
		verdict = prove_now(
		        w, arena_printf(a, "%s: compare:%d", name, i), incident, before, at_ms, e);
		if (!verdict || !str_eq(json_str(verdict, ".verdict", ""), "unknown"))
			break;
	}
	return verdict;
}
