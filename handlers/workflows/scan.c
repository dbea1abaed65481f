/*
 * SCAN: every few minutes, one look at all services. Opens one incident for each service that needs
 * attention, keeps the open ones current, closes what has recovered, and starts the diagnosis of
 * what is new. The engine's durable clock starts it (app/start.c).
 */
#include "scan.h"

#include <stdint.h>
#include <string.h>

#include "clock.h"
#include "facts.h"
#include "handler.h"
#include "incident.h"
#include "investigate.h"
#include "log.h"
#include "str.h"

enum { BLIND_SCANS = 3, MAX_OPEN = 1000 };

static const char blind_id[] = "heal:railway"; /* the service id of "I am blind" */

/* --- what a finding becomes --- */

struct outcome {
	json *opened;  /* [{incident,reopened}]: to be diagnosed */
	json *changed; /* ids */
	json *ended;
};

static const char *detail_of(const struct scan_service *x)
{
	const json *first = json_first(json_get(x->facts, ".signals"));

	return json_str(first, ".signal", NULL); /* the top template joins after the diagnosis */
}

static int64_t began_of(const struct scan_service *x, int64_t now)
{
	int64_t began = now;

	for (int i = 0; i < SIGNAL_COUNT; i++) {
		const struct finding *f = &x->view->signal[i];

		if (x->view->open[i] && f->since_ms > 0 && f->since_ms < began)
			began = f->since_ms;
	}
	return began;
}

static bool open_one(struct wf *w, const struct scan *scan, const struct scan_service *x,
        const struct watch_event *ev, struct outcome *out, struct err *e)
{
	struct heal *h = wf_heal(w);
	struct incident_new n = {
	        .project_id = scan->place.project_id,
	        .environment_id = scan->place.environment_id,
	        .environment = scan->place.environment_name,
	        .service_id = x->service->id,
	        .service = x->service->name,
	        .signal = ev->signal,
	        .detail = detail_of(x),
	        .severity = x->view->severity,
	        .began_ms = began_of(x, scan->now_ms),
	        .headline = facts_headline(wf_arena(w), x->facts),
	        .facts = x->facts,
	        .channel = h->settings->slack.channel,
	        .reopen_ms = h->settings->scan.reopen_ms,
	};
	int64_t id;
	bool opened;

	(void)out;
	return incident_open(h->store, &n, &id, &opened, e);
}

/* Whatever is open and nobody has looked at yet. From the store and not from this scan's events, so
 * that a crash between opening and reporting cannot lose a diagnosis. */
static bool collect_undiagnosed(struct wf *w, struct outcome *out, struct err *e)
{
	struct incident_filter f = {.which = "open", .limit = MAX_OPEN};
	struct incident *list;
	size_t n;

	if (!incident_list(wf_heal(w)->store, wf_arena(w), &f, &list, &n, e))
		return false;
	for (size_t i = 0; i < n; i++) {
		json *one;

		if (list[i].state != INCIDENT_OPEN || list[i].diagnosis > 0 || list[i].trouble ||
		        str_eq(list[i].service_id, blind_id))
			continue;
		one = json_add_obj(out->opened);
		json_set_int(one, "incident", list[i].id);
		json_set_int(one, "reopened", list[i].reopened);
	}
	return true;
}

static const struct watch_event *event_of(const struct scan_service *x, enum watch_event_kind kind)
{
	const struct watch_event *worst = NULL;

	for (size_t i = 0; i < x->nevents; i++)
		if (x->events[i].kind == kind &&
		        (!worst || x->events[i].finding.severity > worst->finding.severity))
			worst = &x->events[i];
	return worst;
}

static bool any_open(const struct watch_view *v)
{
	for (int i = 0; i < SIGNAL_COUNT; i++)
		if (v->open[i])
			return true;
	return false;
}

/* What happened to a service that has an open incident. */
static enum incident_event_kind news(const struct incident *inc, const struct scan_service *x)
{
	if (!any_open(x->view))
		return INCIDENT_EV_RECOVERED;
	if (x->view->severity > inc->severity)
		return INCIDENT_EV_WORSE;
	if (x->view->severity < inc->severity && x->view->severity != SEVERITY_NONE)
		return INCIDENT_EV_BETTER;
	return x->view->no_traffic ? INCIDENT_EV_QUIET : INCIDENT_EV_MEASURED;
}

static bool keep_current(struct wf *w, const struct incident *inc, const struct scan_service *x,
        struct outcome *out, struct err *e)
{
	struct store *s = wf_heal(w)->store;
	struct incident_event ev = {
	        .kind = news(inc, x),
	        .severity = x->view->severity,
	        .facts = x->facts,
	        .headline = any_open(x->view) ? facts_headline(wf_arena(w), x->facts) : NULL,
	};
	struct err refused = {0};

	json_add_num(ev.kind == INCIDENT_EV_RECOVERED ? out->ended : out->changed, (double)inc->id);
	if (incident_apply(s, inc->id, &ev, &refused))
		return true;
	if (refused.code != ERR_CONFLICT) {
		*e = refused;
		return false;
	}
	ev.kind = INCIDENT_EV_MEASURED; /* being fixed: only the numbers */
	return incident_apply(s, inc->id, &ev, e);
}

static const struct incident *incident_for(
        const struct incident *list, size_t n, const char *service_id)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(list[i].service_id, service_id))
			return &list[i];
	return NULL;
}

static bool apply_all(struct wf *w, const struct scan *scan, struct outcome *out, struct err *e)
{
	struct incident_filter f = {.which = "open", .limit = MAX_OPEN};
	struct incident *list;
	size_t n;

	if (!incident_list(wf_heal(w)->store, wf_arena(w), &f, &list, &n, e))
		return false;
	for (size_t i = 0; i < scan->nservices; i++) {
		const struct scan_service *x = &scan->services[i];
		const struct incident *inc = incident_for(list, n, x->service->id);
		const struct watch_event *ev = event_of(x, WATCH_OPEN);

		if (inc ? !keep_current(w, inc, x, out, e)
		        : ev && !open_one(w, scan, x, ev, out, e))
			return false;
	}
	return collect_undiagnosed(w, out, e);
}

/* --- blindness: Railway cannot be read --- */

static bool blind(struct wf *w, const struct err *why, struct err *e)
{
	struct heal *h = wf_heal(w);
	struct arena *a = wf_arena(w);
	const json *before = memo_get(h->store, a, "blind");
	int64_t now = clock_now_ms(), since = json_int(before, ".since", now), id;
	int count = (int)json_int(before, ".count", 0) + 1;
	json *memo = json_obj(a);
	struct incident_new n = {
	        .project_id = "",
	        .environment_id = "",
	        .environment = "",
	        .service_id = blind_id,
	        .service = "Heal",
	        .signal = SIGNAL_SILENT,
	        .detail = "railway",
	        .severity = SEVERITY_CRIT,
	        .began_ms = since,
	        .headline = arena_printf(a, "blind: %s", why->msg),
	        .facts = json_obj(a),
	        .channel = h->settings->slack.channel,
	        .reopen_ms = h->settings->scan.reopen_ms,
	};
	bool opened;

	log_warn("scan", "blind (%d in a row): %s", count, why->msg);
	json_set_int(memo, "since", since);
	json_set_int(memo, "count", count);
	json_set_str(memo, "why", why->msg);
	if (!memo_set(h->store, "blind", memo, e))
		return false;
	return count < BLIND_SCANS || incident_open(h->store, &n, &id, &opened, e);
}

static bool sees_again(struct wf *w, struct err *e)
{
	struct store *s = wf_heal(w)->store;
	struct incident_event ev = {.kind = INCIDENT_EV_RECOVERED, .note = "Railway answers again"};
	int64_t id;

	if (!memo_get(s, wf_arena(w), "blind"))
		return true;
	if (!memo_set(s, "blind", NULL, e) || !incident_of_service(s, blind_id, &id, e))
		return false;
	return id == 0 || incident_apply(s, id, &ev, e);
}

/* --- the look --- */

static bool place_of(struct wf *w, struct railway_place *place, struct err *e)
{
	struct heal *h = wf_heal(w);
	struct arena *a = wf_arena(w);
	const json *known = memo_get(h->store, a, "place");
	json *memo = json_obj(a);
	const char *key = arena_printf(a, "%s/%s", str_or(h->settings->railway.project, ""),
	        str_or(h->settings->railway.environment, ""));

	if (str_eq(json_str(known, ".key", NULL), key)) {
		place->project_id = json_str(known, ".project_id", NULL);
		place->project_name = json_str(known, ".project", NULL);
		place->environment_id = json_str(known, ".environment_id", NULL);
		place->environment_name = json_str(known, ".environment", NULL);
		return true;
	}
	if (!railway_resolve(h->railway, a, h->settings->railway.project,
	            h->settings->railway.environment, place, e))
		return false;
	json_set_str(memo, "key", key);
	json_set_str(memo, "project_id", place->project_id);
	json_set_str(memo, "project", place->project_name);
	json_set_str(memo, "environment_id", place->environment_id);
	json_set_str(memo, "environment", place->environment_name);
	return memo_set(h->store, "place", memo, e);
}

static bool look(struct wf *w, const json *in, struct scan *scan, const struct scan_row **rows,
        struct err *e)
{
	struct heal *h = wf_heal(w);
	struct arena *a = wf_arena(w);
	struct railway_place place;
	struct scan_row *before;
	size_t n;

	if (!place_of(w, &place, e) ||
	        !scan_measure(h->railway, a, h->settings, &place, json_str(in, ".service", NULL),
	                clock_now_ms(), scan, e))
		return err_wrap(e, "Railway");
	if (!scan_load(h->store, a, place.environment_id, &before, &n, e))
		return false;
	*rows = scan_judge(a, h->settings, h->redact, before, n, scan);
	return true;
}

static const json *report(
        struct wf *w, const json *in, const struct scan *scan, const struct outcome *out)
{
	struct arena *a = wf_arena(w);
	json *o = json_obj(a);

	json_set_str(o, "summary", scan_summary(a, scan));
	json_set_int(o, "services", (int64_t)scan->nservices);
	json_set_int(o, "requests", scan->requests);
	json_set(o, "opened", out->opened);
	json_set(o, "changed", out->changed);
	json_set(o, "ended", out->ended);
	if (json_has(in, ".user"))
		json_set_str(o, "table", scan_table(a, scan, false));
	return o;
}

/* What a person asked for is answered; a scheduled scan that sees nothing counts as blind. Only our
 * own trouble (the store, the end of the program) fails the step. */
static const json *not_seen(
        struct wf *w, const json *in, const struct err *why, struct outcome *out, struct err *e)
{
	json *o = json_obj(wf_arena(w));

	if (why->code == ERR_STORE || why->code == ERR_CANCELED) {
		*e = *why;
		return NULL;
	}
	if (!json_has(in, ".user") && !blind(w, why, e))
		return NULL;
	json_set_str(o, "summary", why->msg);
	json_set_str(o, "trouble", why->msg);
	json_set(o, "opened", out->opened);
	return o;
}

/* Railway is read, every service judged, every incident brought up to date. Repeating it after a
 * crash gives the same result: the watch state is saved last, opening finds what is open. */
static const json *judge_step(struct wf *w, const json *in, struct err *e)
{
	struct arena *a = wf_arena(w);
	struct outcome out = {json_arr(a), json_arr(a), json_arr(a)};
	const struct scan_row *rows = NULL;
	struct scan scan = {0};
	struct err why = {0};

	if (!look(w, in, &scan, &rows, &why))
		return not_seen(w, in, &why, &out, e);
	if (json_bool(in, ".dry", false))
		return report(w, in, &scan, &out);
	if (!sees_again(w, e) || !apply_all(w, &scan, &out, e) ||
	        !scan_save(wf_heal(w)->store, rows, scan.nservices, e))
		return NULL;
	return report(w, in, &scan, &out);
}

static const json *investigate_step(struct wf *w, const json *in, struct err *e)
{
	json *o = json_obj(wf_arena(w));
	int64_t run;

	if (!investigate_start(wf_heal(w)->store, wf_arena(w), json_int(in, ".incident", 0),
	            arena_printf(wf_arena(w), "auto:%lld:%d",
	                    (long long)json_int(in, ".incident", 0),
	                    (int)json_int(in, ".reopened", 0)),
	            NULL, NULL, &run, e))
		return NULL;
	json_set_int(o, "run", run);
	return o;
}

static bool scan(struct wf *w, struct err *e)
{
	struct arena *a = wf_arena(w);
	const json *seen = wf_step(w, "judge", judge_step, wf_input(w), e);

	if (!seen)
		return false;
	json_each (one, json_get(seen, ".opened"))
		if (!wf_step(w,
		            arena_printf(a, "investigate:%lld",
		                    (long long)json_int(one, ".incident", 0)),
		            investigate_step, one, e))
			return false;
	wf_result(w, seen);
	return true;
}

const struct workflow wf_scan = {
        .name = "scan",
        .version = 1,
        .run = scan,
        .lane = WF_BACKGROUND,
};
