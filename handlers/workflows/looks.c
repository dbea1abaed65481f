/* Where INVESTIGATE looks. See looks.h. */
#include "looks.h"
#include "looks_i.h"

#include <math.h>
#include <string.h>

#include "clock.h"
#include "diagnose.h"
#include "digest.h"
#include "handler.h"
#include "incident.h"
#include "railway.h"
#include "redact.h"
#include "spark.h"
#include "statuspage.h"
#include "str.h"

bool look_init(struct wf *w, const json *in, struct look *k, struct err *e)
{
	struct arena *a = wf_arena(w);

	k->inc = incident_get(wf_heal(w)->store, a, json_int(in, ".incident", 0), e);
	if (!k->inc)
		return false;
	k->list = evidence_new(a);
	k->out = json_obj(a);
	k->from_ms = k->inc->began_ms - LOOK_BACK_MS;
	k->to_ms = json_int(in, ".now", 0);
	k->window = arena_printf(
	        a, "%s–%s UTC", clock_hhmm(a, k->inc->began_ms), clock_hhmm(a, k->to_ms));
	k->link = json_str(k->inc->facts, ".link", NULL);
	k->deployment = json_str(k->inc->facts, ".change.deployment", NULL);
	redact_reset_count(wf_heal(w)->redact);
	return true;
}

const json *look_done(struct wf *w, const struct look *k)
{
	json *out = k->out;

	json_set(out, "items", evidence_json(k->list, wf_arena(w)));
	json_set_int(out, "masked", (int64_t)redact_count(wf_heal(w)->redact));
	return out;
}

const json *look_failed(
        struct wf *w, const struct look *k, const char *what, const struct err *why, struct err *e)
{
	if (why->code == ERR_CANCELED || (why->retryable && wf_attempt(w) < 3)) {
		*e = *why;
		return NULL;
	}
	evidence_add_missing(k->list, arena_printf(wf_arena(w), "%s: %s", what, why->msg));
	return look_done(w, k);
}

const char *look_safe(struct wf *w, const char *text, size_t max)
{
	struct arena *a = wf_arena(w);

	return redact_text(wf_heal(w)->redact, a, str_clean(a, text, strlen(text), max));
}

int64_t look_change_ms(const struct look *k)
{
	int64_t at = json_int(k->inc->facts, ".change.at", 0);

	return at > 0 && at <= k->inc->began_ms + 120000 && at >= k->inc->began_ms - CHANGE_MS ? at
	                                                                                       : 0;
}

/* --- routes --- */

const json *look_routes(struct wf *w, const json *in, struct err *e)
{
	struct look k;
	struct railway_logs_request q = {.limit = MAX_LOGS};
	struct railway_http_logs logs;
	struct err why = {0};
	struct routes *r;

	if (!look_init(w, in, &k, e))
		return NULL;
	if (!k.deployment || !json_has(k.inc->facts, ".http"))
		return look_done(w, &k);
	q.id = k.deployment;
	q.from_ms = k.from_ms;
	q.to_ms = k.to_ms;
	if (!railway_http_logs(wf_heal(w)->railway, wf_arena(w), &q, &logs, &why))
		return look_failed(w, &k, "HTTP logs", &why, e);
	r = routes_new(k.inc->began_ms);
	for (size_t i = 0; i < logs.n; i++) {
		struct route_row row = {
		        .method = logs.rows[i].method,
		        .path = look_safe(w, logs.rows[i].path, 500),
		        .status = logs.rows[i].status,
		        .duration_ms = logs.rows[i].total_ms,
		        .bytes = logs.rows[i].tx_bytes,
		        .ts_ms = logs.rows[i].ts_ms,
		};

		routes_add(r, &row);
	}
	if (logs.n > 0)
		evidence_add_routes(k.list, routes_render(r, wf_arena(w), 12), routes_failing(r),
		        k.window, k.link);
	routes_free(r);
	return look_done(w, &k);
}

/* --- what was before, what people say --- */

static void add_earlier(struct wf *w, struct look *k)
{
	struct store *s = wf_heal(w)->store;
	struct arena *a = wf_arena(w);
	struct err none = {0};
	struct incident *old;
	struct diagnosis *dx;
	struct plan plan;
	struct evidence_earlier x = {0};

	if (k->inc->previous == 0 || !(old = incident_get(s, a, k->inc->previous, &none)))
		return;
	dx = diagnosis_get(s, a, old->id, 0, &none);
	x.incident = old->id;
	x.headline = old->headline;
	x.when_ms = old->opened_ms;
	x.ended = old->how_ended;
	if (dx && dx->plan && plan_parse(a, dx->plan, &plan, &none))
		x.cause = plan.cause;
	evidence_add_earlier(k->list, &x, NULL);
}

/* What people said to the bot about it, and reported of the service within a day before. *known:
 * the hint is one of them. */
static bool add_remarks(struct wf *w, struct look *k, const char *hint, bool *known, struct err *e)
{
	struct heal *h = wf_heal(w);
	struct arena *a = wf_arena(w);
	struct remark *rows;
	size_t n;

	*known = false;
	if (!remark_list(h->store, a, k->inc->id, k->inc->service,
	            k->inc->began_ms - 24 * (int64_t)HOUR_MS, &rows, &n, e))
		return false;
	for (size_t i = 0; i < n; i++) {
		*known = *known || str_eq(rows[i].text, hint);
		evidence_add_person(
		        k->list, person_name(h, a, rows[i].user), rows[i].text, rows[i].ts_ms);
	}
	return true;
}

const json *look_memory(struct wf *w, const json *in, struct err *e)
{
	const char *hint = json_str(in, ".hint", NULL);
	bool known;
	struct look k;

	if (!look_init(w, in, &k, e))
		return NULL;
	evidence_add_facts(k.list, k.inc->facts, k.inc->began_ms);
	add_earlier(w, &k);
	if (!add_remarks(w, &k, hint, &known, e))
		return NULL;
	if (hint && !known)
		evidence_add_person(k.list,
		        person_name(wf_heal(w), wf_arena(w), json_str(in, ".user", NULL)), hint,
		        k.to_ms);
	return look_done(w, &k);
}
