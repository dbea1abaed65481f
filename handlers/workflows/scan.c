/*
 * SCAN: every few minutes, one look at all services. Opens one incident for each service that needs
 * attention, keeps the open ones current, closes what has recovered, and starts the diagnosis of
 * what is new. The engine's durable clock starts it (app/cmd_run.c).
 */
#include "scan.h"

#include <stdint.h>
#include <string.h>

#include "clock.h"
#include "facts.h"
#include "handler.h"
#include "history.h"
#include "incident.h"
#include "investigate.h"
#include "log.h"
#include "scan_apply.h"
#include "shadow.h"
#include "str.h"

enum { BLIND_SCANS = 3 };

/* --- blindness: Railway cannot be read, or the scan itself breaks --- */

static bool open_blind(struct wf *w, int64_t since_ms, const char *headline, struct err *e)
{
	struct heal *h = wf_heal(w);
	struct incident_new n = {
	        .project_id = "",
	        .environment_id = "",
	        .environment = "",
	        .service_id = scan_blind_id,
	        .service = "Heal",
	        .signal = SIGNAL_SILENT,
	        .detail = "railway",
	        .severity = SEVERITY_CRIT,
	        .began_ms = since_ms,
	        .headline = headline,
	        .facts = json_obj(wf_arena(w)),
	        .channel = h->settings->slack.channel,
	        .reopen_ms = h->settings->scan.reopen_ms,
	};
	int64_t id;
	bool opened;

	return incident_open(h->store, &n, &id, &opened, e);
}

static bool blind(struct wf *w, const struct err *why, struct err *e)
{
	struct store *s = wf_heal(w)->store;
	struct arena *a = wf_arena(w);
	const json *before = memo_get(s, a, "blind");
	int64_t since = json_int(before, ".since", clock_now_ms());
	int count = (int)json_int(before, ".count", 0) + 1;
	json *memo = json_obj(a);

	log_warn("scan", "blind (%d in a row): %s", count, why->msg);
	json_set_int(memo, "since", since);
	json_set_int(memo, "count", count);
	json_set_str(memo, "why", why->msg);
	if (!memo_set(s, "blind", memo, e))
		return false;
	return count < BLIND_SCANS ||
	       open_blind(w, since, arena_printf(a, "blind: %s", why->msg), e);
}

/* The incident ends before its memo goes, and is looked for in any case: a crash between the two
 * leaves nothing behind. That a person resolved it first is fine. */
static bool sees_again(struct wf *w, struct err *e)
{
	struct store *s = wf_heal(w)->store;
	struct incident_event ev = {.kind = INCIDENT_EV_RECOVERED, .note = "Railway answers again"};
	struct err refused = {0};
	int64_t id;

	if (!incident_of_service(s, scan_blind_id, &id, e))
		return false;
	if (id && !incident_apply(s, id, &ev, &refused) && refused.code != ERR_CONFLICT) {
		*e = refused;
		return false;
	}
	return !memo_get(s, wf_arena(w), "blind") || memo_set(s, "blind", NULL, e);
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

/* Into the history, unless one service was looked at more finely. */
static bool remember(struct wf *w, const json *in, const struct scan *scan, struct err *e)
{
	struct history_add *add = ARENA_ARRAY(wf_arena(w), scan->nservices + 1, struct history_add);

	if (json_has(in, ".service"))
		return true;
	for (size_t i = 0; i < scan->nservices; i++)
		add[i] = (struct history_add){scan->place.environment_id,
		        scan->services[i].service->id, scan->services[i].watched,
		        scan->services[i].nsamples};
	return history_append(wf_heal(w)->store, add, scan->nservices, e);
}

static const json *report(
        struct wf *w, const json *in, const struct scan *scan, const struct scan_outcome *out)
{
	struct arena *a = wf_arena(w);
	json *o = json_obj(a);

	json_set_str(o, "summary", scan_summary(a, scan));
	json_set_int(o, "services", (int64_t)scan->nservices);
	json_set_int(o, "requests", scan->requests);
	json_set(o, "opened", out->opened);
	json_set(o, "changed", out->changed);
	json_set(o, "ended", out->ended);
	json_set_bool(o, "shadow", out->shadow);
	if (json_has(in, ".user"))
		json_set_str(o, "table", scan_table(a, scan, false));
	return o;
}

/* What a person asked for is answered; a scheduled scan that sees nothing counts as blind. Only our
 * own trouble (the store, the end of the program) fails the step. */
static const json *not_seen(struct wf *w, const json *in, const struct err *why,
        struct scan_outcome *out, struct err *e)
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
	struct scan_outcome out = {json_arr(a), json_arr(a), json_arr(a), false};
	const struct scan_row *rows = NULL;
	struct scan scan = {0};
	struct err why = {0};

	if (!look(w, in, &scan, &rows, &why))
		return not_seen(w, in, &why, &out, e);
	if (json_bool(in, ".dry", false))
		return report(w, in, &scan, &out);
	if (!sees_again(w, e) || !scan_apply(w, &scan, &out, e) || !remember(w, in, &scan, e) ||
	        !scan_save(wf_heal(w)->store, rows, scan.nservices, e))
		return NULL;
	return report(w, in, &scan, &out);
}

static const json *investigate_step(struct wf *w, const json *in, struct err *e)
{
	json *o = json_obj(wf_arena(w));
	int64_t run;

	if (!investigate_start(wf_heal(w)->store, wf_arena(w), json_int(in, ".incident", 0),
	            arena_printf(wf_arena(w), "auto:%lld:%d:%d",
	                    (long long)json_int(in, ".incident", 0),
	                    (int)json_int(in, ".reopened", 0), (int)json_int(in, ".version", 0)),
	            NULL, NULL, &run, e))
		return NULL;
	json_set_int(o, "run", run);
	return o;
}

static bool scan(struct wf *w, struct err *e)
{
	static const struct wf_each each = {
	        .name = "investigate", .id = ".incident", .body = investigate_step, .at_once = 2};
	const json *seen = wf_step(w, "judge", judge_step, wf_input(w), e);

	if (!seen || !wf_each(w, &each, json_get(seen, ".opened"), e))
		return false;
	wf_result(w, seen);
	return json_bool(wf_input(w), ".dry", false) || shadow_publish(w, e);
}

/* Whoever typed the command is told by it. A scan of the clock that breaks for good tells all. */
static const json *tell_step(struct wf *w, const json *in, struct err *e)
{
	struct arena *a = wf_arena(w);
	const char *text = arena_printf(a, "blind: the scan broke: %s. The next one starts in %s.",
	        json_str(in, ".error.message", "unknown"),
	        clock_duration(a, wf_heal(w)->settings->scan.every_ms));

	return open_blind(w, clock_now_ms(), text, e) ? json_obj(a) : NULL;
}

static bool scan_failed(struct wf *w, struct err *e)
{
	return json_has(wf_input(w), ".input.user") ||
	       wf_step(w, "tell", tell_step, wf_input(w), e) != NULL;
}

const struct workflow wf_scan = {
        .name = "scan",
        .version = 1,
        .run = scan,
        .lane = WF_BACKGROUND,
        .on_failure = scan_failed,
};
