/*
 * What a finding becomes: an incident, or a candidate while something holds it (hold.h), or nothing
 * new because its incident is open already.
 */
#include "scan_apply.h"

#include "clock.h"
#include "facts.h"
#include "handler.h"
#include "hold.h"
#include "incident.h"
#include "investigate.h"
#include "scan_group.h"
#include "str.h"

enum { MAX_OPEN = 1000 };

const char scan_blind_id[] = "heal:railway";

struct applying {
	struct wf *w;
	const struct scan *scan;
	struct scan_outcome *out;
	struct incident *open;
	struct candidate *held;
	struct mute *mutes;
	size_t nopen, nheld, nmutes;
	size_t *fresh, nfresh; /* services that would get a thread of their own now */
};

static const struct incident *incident_for(const struct applying *p, const char *service_id)
{
	for (size_t i = 0; i < p->nopen; i++)
		if (str_eq(p->open[i].service_id, service_id))
			return &p->open[i];
	return NULL;
}

static const struct incident *incident_by_id(const struct applying *p, int64_t id)
{
	for (size_t i = 0; i < p->nopen; i++)
		if (p->open[i].id == id)
			return &p->open[i];
	return NULL;
}

/* The worst of the signals that are open. */
static enum signal leading(const struct scan_service *x)
{
	int best = -1;

	for (int i = 0; i < SIGNAL_COUNT; i++) {
		const struct watch_view *v = x->view;

		if ((v->open[i] || v->signal[i].severity) &&
		        (best < 0 || v->signal[i].severity > v->signal[best].severity))
			best = i;
	}
	return best < 0 ? SIGNAL_ERROR_RATE : (enum signal)best;
}

static enum severity severity_of(const struct scan_service *x)
{
	enum severity s = x->view->severity;

	for (int i = 0; i < SIGNAL_COUNT; i++) /* a database that is not confirmed yet */
		if (s == SEVERITY_NONE && x->view->signal[i].severity)
			s = SEVERITY_WARN;
	return s;
}

/* --- candidates --- */

static bool keep_held(struct applying *p, const struct scan_service *x, enum hold hold,
        int64_t incident, struct err *e)
{
	struct candidate c = {
	        .environment_id = p->scan->place.environment_id,
	        .service_id = x->service->id,
	        .service = x->service->name,
	        .signal = leading(x),
	        .severity = severity_of(x),
	        .hold = hold,
	        .incident = incident,
	        .began_ms = scan_began(x, p->scan->now_ms),
	        .seen_ms = clock_now_ms(),
	        .headline = facts_headline(wf_arena(p->w), x->facts),
	};

	return candidate_keep(wf_heal(p->w)->store, &c, e);
}

static bool end_held(
        struct applying *p, const struct scan_service *x, int64_t incident, struct err *e)
{
	return !candidate_of(p->held, p->nheld, x->service->id) ||
	       candidate_end(wf_heal(p->w)->store, p->scan->place.environment_id, x->service->id,
	               incident, e);
}

/* --- opening --- */

static bool open_one(struct applying *p, const struct scan_service *x, int64_t *id, struct err *e)
{
	struct heal *h = wf_heal(p->w);
	struct incident_new n = {
	        .project_id = p->scan->place.project_id,
	        .environment_id = p->scan->place.environment_id,
	        .environment = p->scan->place.environment_name,
	        .service_id = x->service->id,
	        .service = x->service->name,
	        .signal = leading(x),
	        .detail = signal_name(leading(x)), /* the top template joins after the diagnosis */
	        .severity = severity_of(x),
	        .began_ms = scan_began(x, p->scan->now_ms),
	        .headline = facts_headline(wf_arena(p->w), x->facts),
	        .facts = x->facts,
	        .channel = h->settings->slack.channel,
	        .reopen_ms = h->settings->scan.reopen_ms,
	};
	bool opened;

	return incident_open(h->store, &n, id, &opened, e) && end_held(p, x, *id, e);
}

static json *group_now(struct applying *p, const struct scan_group *g)
{
	struct candidate *now = ARENA_ARRAY(wf_arena(p->w), g->nmembers + 1, struct candidate);

	for (size_t i = 0; i < g->nmembers; i++) {
		const struct scan_service *x = &p->scan->services[g->members[i]];

		now[i] = (struct candidate){
		        .service = x->service->name,
		        .hold = HOLD_GROUP,
		        .incident = g->incident,
		        .began_ms = scan_began(x, p->scan->now_ms),
		        .headline = facts_headline(wf_arena(p->w), x->facts),
		};
	}
	return scan_group_facts(wf_arena(p->w), g->cause, g->incident, now, g->nmembers);
}

/* The leader's incident carries the group; the others wait as its members. */
static bool open_group(struct applying *p, struct scan_group *g, struct err *e)
{
	const struct scan_service *leader = &p->scan->services[g->leader];

	json_set(leader->facts, "group", group_now(p, g));
	if (g->incident == 0 && !open_one(p, leader, &g->incident, e))
		return false;
	for (size_t i = 0; i < g->nmembers; i++)
		if (!keep_held(p, &p->scan->services[g->members[i]], HOLD_GROUP, g->incident, e))
			return false;
	return true;
}

static bool in_group(const struct scan_group *g, size_t n, size_t service)
{
	for (size_t i = 0; i < n; i++) {
		if (g[i].leader == service)
			return true;
		for (size_t k = 0; k < g[i].nmembers; k++)
			if (g[i].members[k] == service)
				return true;
	}
	return false;
}

static bool open_fresh(struct applying *p, struct err *e)
{
	size_t n;
	struct scan_group *groups =
	        scan_groups(wf_arena(p->w), p->scan, p->fresh, p->nfresh, p->open, p->nopen, &n);
	int64_t id;

	for (size_t i = 0; i < n; i++)
		if (!open_group(p, &groups[i], e))
			return false;
	for (size_t i = 0; i < p->nfresh; i++)
		if (!in_group(groups, n, p->fresh[i]) &&
		        !open_one(p, &p->scan->services[p->fresh[i]], &id, e))
			return false;
	return true;
}

/* --- keeping what is open current --- */

static enum incident_event_kind news(
        const struct incident *inc, const struct scan_service *x, bool members)
{
	if (!scan_any_open(x))
		return members ? INCIDENT_EV_MEASURED : INCIDENT_EV_RECOVERED;
	if (x->view->severity > inc->severity)
		return INCIDENT_EV_WORSE;
	if (x->view->severity < inc->severity && x->view->severity != SEVERITY_NONE)
		return INCIDENT_EV_BETTER;
	return x->view->no_traffic ? INCIDENT_EV_QUIET : INCIDENT_EV_MEASURED;
}

/* What the state does not allow: while it is being fixed only the numbers are taken; and when a
 * person ended it during this scan there is nothing left to do. */
static bool apply_or_measure(
        struct applying *p, int64_t id, struct incident_event *ev, struct err *e)
{
	struct store *s = wf_heal(p->w)->store;
	struct err refused = {0};

	if (incident_apply(s, id, ev, &refused))
		return true;
	if (refused.code == ERR_CONFLICT && ev->kind != INCIDENT_EV_MEASURED) {
		refused = (struct err){0};
		ev->kind = INCIDENT_EV_MEASURED;
		if (incident_apply(s, id, ev, &refused))
			return true;
	}
	if (refused.code == ERR_CONFLICT)
		return true;
	*e = refused;
	return false;
}

static bool keep_current(
        struct applying *p, const struct incident *inc, const struct scan_service *x, struct err *e)
{
	json *group = scan_group_facts(wf_arena(p->w), json_str(inc->facts, ".group.cause", NULL),
	        inc->id, p->held, p->nheld);
	struct incident_event ev = {
	        .kind = news(inc, x, group != NULL),
	        .severity = x->view->severity,
	        .facts = x->facts,
	};

	if (group)
		json_set(x->facts, "group", group);
	if (scan_any_open(x))
		ev.headline = facts_headline(wf_arena(p->w), x->facts);
	json_add_num(ev.kind == INCIDENT_EV_RECOVERED ? p->out->ended : p->out->changed,
	        (double)inc->id);
	return apply_or_measure(p, inc->id, &ev, e);
}

/* --- one service --- */

static bool opens_now(const struct scan_service *x)
{
	for (size_t i = 0; i < x->nevents; i++)
		if (x->events[i].kind == WATCH_OPEN)
			return true;
	return false;
}

static bool apply_one(struct applying *p, size_t i, bool shadow, struct err *e)
{
	const struct scan_service *x = &p->scan->services[i];
	const struct incident *inc = incident_for(p, x->service->id);
	const struct candidate *held = candidate_of(p->held, p->nheld, x->service->id);

	if (inc)
		return keep_current(p, inc, x, e);
	if (!scan_any_open(x))
		return end_held(p, x, 0, e);
	if (!held && !opens_now(x))
		return true; /* somebody ended its incident by hand while it is still bad */
	if (mute_of(p->mutes, p->nmutes, x->service->name))
		return keep_held(p, x, HOLD_MUTE, 0, e);
	if (shadow)
		return keep_held(p, x, HOLD_SHADOW, 0, e);
	if (held && held->hold == HOLD_GROUP && incident_by_id(p, held->incident))
		return keep_held(p, x, HOLD_GROUP, held->incident, e);
	p->fresh[p->nfresh++] = i;
	return true;
}

/* Whatever is open and is to be looked at. From the store and not from this scan's events, so
 * that a crash between opening and reporting cannot lose a diagnosis. */
static bool collect_undiagnosed(struct wf *w, struct scan_outcome *out, struct err *e)
{
	struct incident_filter f = {.which = "open", .limit = MAX_OPEN};
	struct incident *list;
	struct pause pause;
	size_t n;

	pause_get(wf_heal(w)->store, wf_arena(w), &pause);
	if (pause.on)
		return true; /* they wait: the first scan after it begins them */
	if (!incident_list(wf_heal(w)->store, wf_arena(w), &f, &list, &n, e))
		return false;
	for (size_t i = 0; i < n; i++) {
		bool due;
		json *one;

		if (!investigate_due(w, &list[i], &due, e))
			return false;
		if (!due || str_eq(list[i].service_id, scan_blind_id))
			continue;
		one = json_add_obj(out->opened);
		json_set_int(one, "incident", list[i].id);
		json_set_int(one, "reopened", list[i].reopened);
		json_set_int(one, "version", list[i].diagnosis);
	}
	return true;
}

bool scan_apply(struct wf *w, const struct scan *scan, struct scan_outcome *out, struct err *e)
{
	struct heal *h = wf_heal(w);
	struct arena *a = wf_arena(w);
	struct incident_filter f = {.which = "open", .limit = MAX_OPEN};
	struct applying p = {.w = w, .scan = scan, .out = out};
	struct shadow shadow;

	if (!incident_list(h->store, a, &f, &p.open, &p.nopen, e) ||
	        !candidate_list(h->store, a, 0, &p.held, &p.nheld, e) ||
	        !mute_list(h->store, a, &p.mutes, &p.nmutes, e) ||
	        !shadow_begin(h->store, clock_now_ms(), e) ||
	        !shadow_get(h->store, a, h->settings, &shadow, e))
		return false;
	out->shadow = shadow.on;
	p.fresh = ARENA_ARRAY(a, scan->nservices + 1, size_t);
	for (size_t i = 0; i < scan->nservices; i++)
		if (!apply_one(&p, i, shadow.on, e))
			return false;
	return open_fresh(&p, e) && collect_undiagnosed(w, out, e);
}
