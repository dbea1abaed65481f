/* Services that fail together, see scan_group.h. */
#include "scan_group.h"

#include <string.h>

#include "str.h"

enum {
	TOGETHER_MS = 10 * 60000, /* beginnings this near to each other are one */
	BEFORE_MS = 3 * 60000,    /* so much earlier its victims may be seen than a database */
	FOLLOWS_MS = 60 * 60000,  /* so long after its database a service may fall */
	DEPLOYED_MS = 30 * 60000, /* a deployment this long ago may be to blame */
	EDGE_MS = 90000,          /* so near to the first sample a beginning is not known */
	AT_ONCE = 4,              /* services without anything in common but the time */
};

struct grouping {
	struct arena *a;
	const struct scan *scan;
	const size_t *fresh;
	size_t nfresh;
	const struct incident *open;
	size_t nopen;
	bool *taken; /* by index of the scan's services */
	struct scan_group *out;
	size_t n;
};

int64_t scan_began(const struct scan_service *x, int64_t now_ms)
{
	int64_t began = now_ms;

	for (int i = 0; i < SIGNAL_COUNT; i++) {
		const struct finding *f = &x->view->signal[i];

		if ((x->view->open[i] || f->severity) && f->since_ms > 0 && f->since_ms < began)
			began = f->since_ms;
	}
	return began;
}

bool scan_any_open(const struct scan_service *x)
{
	for (int i = 0; i < SIGNAL_COUNT; i++)
		if (x->view->open[i])
			return true;
	return false;
}

static bool bad(const struct scan_service *x, int i)
{
	return x->view->open[i] || x->view->signal[i].severity != SEVERITY_NONE;
}

static bool bad_now(const struct scan_service *x)
{
	for (int i = 0; i < SIGNAL_COUNT; i++)
		if (bad(x, i))
			return true;
	return false;
}

/* What another service's trouble can cause. */
static bool may_be_a_victim(const struct scan_service *x)
{
	return bad(x, SIGNAL_ERROR_RATE) || bad(x, SIGNAL_LATENCY) || bad(x, SIGNAL_SILENT) ||
	       bad(x, SIGNAL_CRASH_LOOP);
}

static int64_t began(const struct grouping *g, size_t i)
{
	return scan_began(&g->scan->services[i], g->scan->now_ms);
}

/* A crash has no samples: it began with the deployment that crashed, or the one that serves when
 * that is new. Memory that was seen to fall says it itself. */
static int64_t crashed_since(const struct grouping *g, const struct scan_service *x)
{
	int64_t since = x->view->signal[SIGNAL_CRASH_LOOP].since_ms, now = g->scan->now_ms;

	if (x->service->latest.status == RAILWAY_CRASHED)
		return x->service->latest.changed_ms;
	if (since > 0 && since < now - EDGE_MS)
		return since;
	return now - x->service->active.created_ms <= FOLLOWS_MS ? x->service->active.created_ms
	                                                         : 0;
}

/* When it began; 0 = not known, because the samples do not reach back to it. */
static int64_t onset(const struct grouping *g, size_t i)
{
	const struct scan_service *x = &g->scan->services[i];
	int64_t first = x->nsamples ? x->watched[0].ts_ms + EDGE_MS : 0, began = 0;

	for (int k = 0; k < SIGNAL_COUNT; k++) {
		int64_t since =
		        k == SIGNAL_CRASH_LOOP ? crashed_since(g, x) : x->view->signal[k].since_ms;

		if (k == SIGNAL_DEPLOY || k == SIGNAL_CRON || !bad(x, k))
			continue;
		if ((since > first || k == SIGNAL_CRASH_LOOP) && since > 0 &&
		        (began == 0 || since < began))
			began = since;
	}
	return began;
}

static const struct incident *incident_of(const struct grouping *g, size_t i)
{
	for (size_t k = 0; k < g->nopen; k++)
		if (str_eq(g->open[k].service_id, g->scan->services[i].service->id))
			return &g->open[k];
	return NULL;
}

/* The fresh services that belong to `leader`, by `belongs`; makes the group when there are at least
 * `least` of them. */
static void make_group(struct grouping *g, size_t leader, size_t least, const char *cause,
        bool (*belongs)(const struct grouping *g, size_t leader, size_t i))
{
	size_t *members = ARENA_ARRAY(g->a, g->nfresh + 1, size_t), n = 0;
	const struct incident *inc = incident_of(g, leader);

	for (size_t k = 0; k < g->nfresh; k++) {
		size_t i = g->fresh[k];

		if (i != leader && !g->taken[i] && belongs(g, leader, i))
			members[n++] = i;
	}
	if (n < least)
		return;
	g->taken[leader] = true;
	for (size_t k = 0; k < n; k++)
		g->taken[members[k]] = true;
	g->out[g->n++] = (struct scan_group){leader, inc ? inc->id : 0, cause, members, n};
}

/* --- a shared database --- */

static bool fell_with(const struct grouping *g, size_t leader, size_t i)
{
	int64_t own = onset(g, i), leads = onset(g, leader);

	if (!may_be_a_victim(&g->scan->services[i]))
		return false;
	if (leads == 0)
		return own > 0 && g->scan->now_ms - own <= TOGETHER_MS;
	return own > 0 && own - leads >= -BEFORE_MS && own - leads <= FOLLOWS_MS;
}

static void by_database(struct grouping *g)
{
	for (size_t i = 0; i < g->scan->nservices; i++) {
		const struct scan_service *x = &g->scan->services[i];
		const struct incident *inc = incident_of(g, i);

		if (x->service->kind != RAILWAY_DATABASE || g->taken[i] || !bad_now(x))
			continue;
		make_group(g, i, inc && json_has(inc->facts, ".group") ? 1 : 2,
		        arena_printf(g->a, "the database %s", x->service->name), fell_with);
	}
}

/* --- one deployment --- */

static bool same_commit(const struct grouping *g, size_t leader, size_t i)
{
	const struct railway_deployment *a = &g->scan->services[leader].service->latest,
	                                *b = &g->scan->services[i].service->latest;

	return a->commit && str_eq(a->commit, b->commit) && began(g, i) >= b->created_ms - 60000 &&
	       began(g, i) - b->created_ms <= DEPLOYED_MS;
}

static void by_deploy(struct grouping *g)
{
	for (size_t k = 0; k < g->nfresh; k++) {
		size_t i = g->fresh[k];
		const struct railway_deployment *d = &g->scan->services[i].service->latest;
		const char *author;

		if (g->taken[i] || !same_commit(g, i, i))
			continue;
		author = d->author ? str_clean(g->a, d->author, strlen(d->author), 60) : NULL;
		make_group(g, i, 1,
		        arena_printf(g->a, "the same deploy %.7s%s%s",
		                str_clean(g->a, d->commit, strlen(d->commit), 40),
		                author ? " by " : "", str_or(author, "")),
		        same_commit);
	}
}

/* --- nothing in common but the time --- */

static bool began_together(const struct grouping *g, size_t leader, size_t i)
{
	int64_t own = onset(g, i), leads = onset(g, leader);

	return may_be_a_victim(&g->scan->services[i]) && own > 0 && leads > 0 &&
	       own - leads >= -TOGETHER_MS && own - leads <= TOGETHER_MS;
}

/* Worse, or as bad and earlier. */
static bool leads(const struct grouping *g, size_t i, size_t other)
{
	enum severity a = g->scan->services[i].view->severity,
	              b = g->scan->services[other].view->severity;

	return a != b ? a > b : began(g, i) < began(g, other);
}

/* How many began when i did, itself included. */
static size_t company(const struct grouping *g, size_t i)
{
	size_t n = 0;

	for (size_t k = 0; k < g->nfresh; k++)
		n += !g->taken[g->fresh[k]] && began_together(g, i, g->fresh[k]);
	return may_be_a_victim(&g->scan->services[i]) ? n : 0;
}

static void by_time(struct grouping *g)
{
	static const char cause[] = "many services at once: network, upstream or the platform";
	const size_t none = (size_t)-1;
	size_t best = none;

	for (size_t k = 0; k < g->nopen; k++) { /* latecomers; those of a database are in already */
		if (!json_has(g->open[k].facts, ".group"))
			continue;
		for (size_t i = 0; i < g->scan->nservices; i++)
			if (str_eq(g->scan->services[i].service->id, g->open[k].service_id) &&
			        g->scan->services[i].service->kind != RAILWAY_DATABASE &&
			        !g->taken[i])
				make_group(g, i, 1,
				        json_str(g->open[k].facts, ".group.cause", cause),
				        began_together);
	}
	for (size_t k = 0; k < g->nfresh; k++) {
		size_t i = g->fresh[k];

		if (!g->taken[i] && company(g, i) >= AT_ONCE && (best == none || leads(g, i, best)))
			best = i;
	}
	if (best != none)
		make_group(g, best, AT_ONCE - 1, cause, began_together);
}

struct scan_group *scan_groups(struct arena *a, const struct scan *scan, const size_t *fresh,
        size_t nfresh, const struct incident *open, size_t nopen, size_t *n_out)
{
	struct grouping g = {.a = a,
	        .scan = scan,
	        .fresh = fresh,
	        .nfresh = nfresh,
	        .open = open,
	        .nopen = nopen,
	        .taken = ARENA_ARRAY(a, scan->nservices + 1, bool),
	        .out = ARENA_ARRAY(a, scan->nservices + 1, struct scan_group)};

	if (nfresh > 0) {
		by_database(&g);
		by_deploy(&g);
		by_time(&g);
	}
	*n_out = g.n;
	return g.out;
}

json *scan_group_facts(struct arena *a, const char *cause, int64_t incident,
        const struct candidate *list, size_t n)
{
	json *o = json_obj(a), *arr = json_set_arr(o, "services");

	json_set_str(o, "cause", cause);
	for (size_t i = 0; i < n; i++) {
		json *one;

		if (list[i].hold != HOLD_GROUP || list[i].incident != incident ||
		        list[i].ended_ms > 0)
			continue;
		one = json_add_obj(arr);
		json_set_str(one, "service", list[i].service);
		json_set_str(one, "headline", list[i].headline);
		json_set_int(one, "since", list[i].began_ms);
	}
	return json_len(arr) > 0 ? o : NULL;
}
