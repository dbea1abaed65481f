/* evidence_add.c - typed facts to items: what each says, and what it is worth. */
#include <math.h>
#include <string.h>

#include "clock.h"
#include "diagnose/evidence_i.h"
#include "spark.h"
#include "str.h"
#include "watch.h"

/* Value for the prompt: what a person would read first stays longest. */
enum {
	W_SYMPTOM = 100,
	W_PERSON = 90,
	W_CHANGE = 80,
	W_NEW_ERROR = 70,
	W_BUILD = 70,
	W_BAD_NEIGHBOUR = 60,
	W_UPSTREAM = 55,
	W_EARLIER = 50,
	W_ROUTES = 45,
	W_TRACE = 42,
	W_LOG = 40,
	W_CODE = 35,
	W_ARCHITECTURE = 30,
	W_FINE = 25,
	W_DIGEST = 20,
	W_OLD_DEPLOY = 10
};

static const int64_t AFTER_ONSET_MS = 120000; /* clocks and buckets differ by this much */

static void add(struct evidence_list *l, const struct evidence *x)
{
	evidence_add(l, x);
}

/* --- from the facts of the incident --- */

static void add_signal(struct evidence_list *l, const json *s, const char *window, const char *link)
{
	const char *unit = json_str(s, ".unit", "");
	double baseline = json_num(s, ".baseline", (double)NAN);
	double failed = json_num(s, ".failed", (double)NAN);
	const char *name = json_str(s, ".signal", "");
	bool crash = str_eq(name, "crash_loop"), deploy = str_eq(name, "deploy");
	struct str b = str_new(l->a);
	enum signal sig;

	if (!signal_parse(name, &sig))
		return;
	str_addf(&b, "%s", signal_label(sig));
	if (!crash && !deploy && !isnan(json_num(s, ".value", (double)NAN)))
		str_addf(&b, " %s (limit %s)", num_unit(l->a, json_num(s, ".value", 0), unit),
		        num_unit(l->a, json_num(s, ".limit", (double)NAN), unit));
	if (!isnan(baseline))
		str_addf(&b, ", usually %s", num_unit(l->a, baseline, unit));
	if (!isnan(failed))
		str_addf(&b, ", %s of %s requests", num_int(l->a, failed),
		        num_int(l->a, json_num(s, ".requests", (double)NAN)));
	if (json_int(s, ".since", 0) > 0)
		str_addf(&b, ", since %s UTC", clock_hhmm(l->a, json_int(s, ".since", 0)));
	if (*json_str(s, ".rule", ""))
		str_addf(&b, "; %s", json_str(s, ".rule", ""));
	add(l, &(struct evidence){.kind = crash ? EVIDENCE_RESTART : EVIDENCE_METRIC,
	               .value = b.s,
	               .window = window,
	               .link = link,
	               .strength = crash ? EVIDENCE_DECISIVE : EVIDENCE_WEAK,
	               .weight = W_SYMPTOM});
}

static bool is_bad(const json *facts, const char *signal)
{
	json_each (s, json_get(facts, ".signals")) {
		if (str_eq(json_str(s, ".signal", ""), signal))
			return true;
	}
	return false;
}

static void add_fine(struct evidence_list *l, const json *facts, const char *window)
{
	double cpu = json_num(facts, ".cpu.share", (double)NAN);
	double mem = json_num(facts, ".memory.avg", (double)NAN);
	double disk = json_num(facts, ".disk.share", (double)NAN);
	struct str b = str_new(l->a);

	if (!is_bad(facts, "cpu") && !isnan(cpu))
		str_addf(&b, "CPU %s of the limit", num_share(l->a, cpu));
	if (!is_bad(facts, "memory") && !isnan(mem))
		str_addf(&b, "%smemory %s", b.len ? ", " : "",
		        num_of_gb(l->a, mem, json_num(facts, ".memory.limit", (double)NAN)));
	if (!is_bad(facts, "disk") && !isnan(disk))
		str_addf(&b, "%sdisk %s full", b.len ? ", " : "", num_share(l->a, disk));
	if (b.len)
		add(l, &(struct evidence){.kind = EVIDENCE_FINE,
		               .value = arena_printf(l->a, "within limits: %s", b.s),
		               .window = window,
		               .weight = W_FINE});
}

static void add_http(struct evidence_list *l, const json *facts, const char *window)
{
	double n = json_num(facts, ".http.requests", (double)NAN);

	if (isnan(n))
		return;
	add(l, &(struct evidence){.kind = EVIDENCE_METRIC,
	               .value = arena_printf(l->a,
	                       "%s requests, 4xx %s, 5xx %s; p50 %s, p95 %s, p99 %s",
	                       num_int(l->a, n),
	                       num_int(l->a, json_num(facts, ".http.s4xx", (double)NAN)),
	                       num_int(l->a, json_num(facts, ".http.s5xx", (double)NAN)),
	                       num_ms(l->a, json_num(facts, ".http.p50", (double)NAN)),
	                       num_ms(l->a, json_num(facts, ".http.p95", (double)NAN)),
	                       num_ms(l->a, json_num(facts, ".http.p99", (double)NAN))),
	               .window = window,
	               .weight = W_SYMPTOM});
}

static void add_instances(struct evidence_list *l, const json *facts)
{
	int64_t crashed = json_int(facts, ".instances.crashed", 0);
	int64_t all = crashed + json_int(facts, ".instances.running", 0);

	if (crashed <= 0 || is_bad(facts, "crash_loop"))
		return;
	add(l, &(struct evidence){.kind = EVIDENCE_RESTART,
	               .value = arena_printf(l->a, "%lld of %lld instances crashed",
	                       (long long)crashed, (long long)all),
	               .strength = EVIDENCE_DECISIVE,
	               .weight = W_SYMPTOM});
}

void evidence_add_facts(struct evidence_list *l, const json *facts, int64_t began_ms)
{
	const char *window = clock_duration(l->a, json_int(facts, ".window_ms", 0));
	const char *link = json_str(facts, ".link", NULL);

	(void)began_ms;
	json_each (s, json_get(facts, ".signals")) {
		add_signal(l, s, window, link);
	}
	add_instances(l, facts);
	add_http(l, facts, window);
	add_fine(l, facts, window);
}

/* --- logs --- */

static bool is_error(const struct digest_template *t)
{
	return str_ieq(t->severity, "error") || str_ieq(t->severity, "fatal") ||
	       str_ieq(t->severity, "critical");
}

static void add_template(struct evidence_list *l, const struct digest_template *t,
        const char *since, const char *window, const char *link)
{
	bool fresh = since && t->before == 0 && t->count > 0, error = is_error(t);
	struct str b = str_new(l->a);

	str_addf(&b, "%s× %s: “%s”", num_int(l->a, (double)t->count), str_or(t->severity, "log"),
	        t->text);
	if (fresh)
		str_addf(&b, " (new: none before %s)", since);
	else if (since)
		str_addf(&b, " (%s before %s)", num_int(l->a, (double)t->before), since);
	if (t->first_ms > 0)
		str_addf(&b, ", first %s, last %s UTC", clock_hhmm(l->a, t->first_ms),
		        clock_hhmm(l->a, t->last_ms));
	if (t->sample && !str_eq(t->sample, t->text))
		str_addf(&b, "\nsample: %s", str_ellipsis(l->a, t->sample, 600));
	add(l, &(struct evidence){.kind = EVIDENCE_LOG,
	               .value = b.s,
	               .window = window,
	               .link = link,
	               .strength = error && fresh                          ? EVIDENCE_DECISIVE
	                           : error || str_ieq(t->severity, "warn") ? EVIDENCE_WEAK
	                                                                   : EVIDENCE_CONTEXT,
	               .weight = error && fresh ? W_NEW_ERROR : W_LOG});
}

void evidence_add_logs(struct evidence_list *l, const struct digest_template *t, size_t n,
        const struct digest_totals *totals, const char *since, const char *window, const char *link)
{
	for (size_t i = 0; i < n; i++)
		add_template(l, &t[i], since, window, link);
	if (totals && totals->lines > 0)
		add(l, &(struct evidence){.kind = EVIDENCE_LOG,
		               .value = arena_printf(l->a,
		                       "%s log lines read, %s of them errors, %s different patterns",
		                       num_int(l->a, (double)totals->lines),
		                       num_int(l->a, (double)totals->errors),
		                       num_int(l->a, (double)totals->templates)),
		               .window = window,
		               .weight = W_FINE});
}

void evidence_add_digest(struct evidence_list *l, const char *text, const char *window)
{
	add(l, &(struct evidence){.kind = EVIDENCE_LOG,
	               .value = text,
	               .window = window,
	               .strength = EVIDENCE_CONTEXT,
	               .weight = W_DIGEST});
}

void evidence_add_routes(struct evidence_list *l, const char *table, size_t failing,
        const char *window, const char *link)
{
	add(l, &(struct evidence){.kind = EVIDENCE_ROUTES,
	               .value = table && *table ? arena_printf(l->a, "%s routes answer 5xx\n%s",
	                                                  num_int(l->a, (double)failing), table)
	                                        : NULL,
	               .window = window,
	               .link = link,
	               .strength = failing ? EVIDENCE_WEAK : EVIDENCE_CONTEXT,
	               .weight = W_ROUTES});
}

/* --- changes --- */

static const char *deploy_text(
        struct arena *a, const struct railway_deployment *d, int64_t began_ms, bool timely)
{
	struct str b = str_new(a);
	const char *first =
	        d->message ? arena_strndup(a, d->message, strcspn(d->message, "\n")) : "";

	str_addf(&b, "%s %s", str_or(d->reason, "deploy"),
	        d->commit ? arena_strndup(a, d->commit, 7) : "(no commit)");
	if (*first)
		str_addf(&b, " “%s”", str_ellipsis(a, first, 120));
	if (d->author)
		str_addf(&b, " by %s", d->author);
	str_addf(&b, ", %s UTC, %s", clock_hhmm(a, d->created_ms), railway_status_name(d->status));
	if (timely)
		str_addf(&b, ", %s %s the onset",
		        clock_duration(a, d->created_ms <= began_ms ? began_ms - d->created_ms
		                                                    : d->created_ms - began_ms),
		        d->created_ms <= began_ms ? "before" : "after");
	return b.s;
}

/* The onset lies after the deployment was made, but not long after it came up. */
static bool is_timely(const struct railway_deployment *d, int64_t began_ms, int64_t within_ms)
{
	int64_t up = d->changed_ms > d->created_ms ? d->changed_ms : d->created_ms;

	return began_ms > 0 && d->created_ms > 0 && d->created_ms <= began_ms + AFTER_ONSET_MS &&
	       (d->created_ms >= began_ms - within_ms ||
	               (d->status == RAILWAY_SUCCESS && up >= began_ms - within_ms &&
	                       up <= began_ms + AFTER_ONSET_MS));
}

void evidence_add_deployments(struct evidence_list *l, const struct railway_deployment *d, size_t n,
        int64_t began_ms, int64_t within_ms)
{
	bool found = false;

	for (size_t i = 0; i < n && i < 6; i++) {
		bool failed = d[i].status == RAILWAY_FAILED || d[i].status == RAILWAY_CRASHED;
		bool timely = !found && is_timely(&d[i], began_ms, within_ms);

		found = found || timely;
		if (!d[i].id)
			continue;
		add(l, &(struct evidence){.kind = EVIDENCE_DEPLOY,
		               .value = deploy_text(l->a, &d[i], began_ms, timely),
		               .strength = failed && i == 0 ? EVIDENCE_DECISIVE
		                           : timely         ? EVIDENCE_WEAK
		                                            : EVIDENCE_CONTEXT,
		               .timely = timely,
		               .weight = timely || (failed && i == 0) ? W_CHANGE : W_OLD_DEPLOY});
	}
}

void evidence_add_commits(struct evidence_list *l, const char *text, const char *link)
{
	add(l, &(struct evidence){.kind = EVIDENCE_COMMITS,
	               .value = text,
	               .link = link,
	               .strength = EVIDENCE_WEAK,
	               .weight = W_CHANGE});
}

void evidence_add_code(struct evidence_list *l, const char *text, const char *link)
{
	add(l, &(struct evidence){
	               .kind = EVIDENCE_CODE, .value = text, .link = link, .weight = W_CODE});
}

void evidence_add_trace(struct evidence_list *l, const char *text, const char *window)
{
	add(l, &(struct evidence){.kind = EVIDENCE_TRACE,
	               .value = text,
	               .window = window,
	               .strength = EVIDENCE_WEAK,
	               .weight = W_TRACE});
}

void evidence_add_build(struct evidence_list *l, const char *text, const char *link)
{
	add(l, &(struct evidence){.kind = EVIDENCE_BUILD,
	               .value = text,
	               .link = link,
	               .strength = EVIDENCE_DECISIVE,
	               .weight = W_BUILD});
}

/* --- around it --- */

static void add_share(struct arena *a, struct str *b, const char *what, double share)
{
	if (!isnan(share))
		str_addf(b, ", %s %s", what, num_share(a, share));
}

static bool beyond(double share)
{
	return !isnan(share) && share >= 0.9;
}

void evidence_add_neighbour(struct evidence_list *l, const struct evidence_neighbour *n,
        const char *window, const char *link)
{
	bool bad = beyond(n->cpu) || beyond(n->memory) || beyond(n->disk) || n->crashed > 0 ||
	           n->restarts > 0;
	struct str b = str_new(l->a);

	str_addf(&b, "%s (%s)", n->name, n->kind);
	add_share(l->a, &b, "CPU", n->cpu);
	add_share(l->a, &b, "memory", n->memory);
	add_share(l->a, &b, "disk", n->disk);
	if (n->crashed > 0)
		str_addf(&b, ", %d instances crashed", n->crashed);
	if (n->restarts > 0)
		str_addf(&b, ", %d restarts", n->restarts);
	str_addf(&b, ": %s", bad ? "at its limit or crashing" : "calm");
	if (n->note)
		str_addf(&b, "; %s", n->note);
	add(l, &(struct evidence){.kind = EVIDENCE_NEIGHBOUR,
	               .value = b.s,
	               .window = window,
	               .link = link,
	               .strength = bad ? EVIDENCE_DECISIVE : EVIDENCE_CONTEXT,
	               .weight = bad ? W_BAD_NEIGHBOUR : W_FINE});
}

void evidence_add_architecture(struct evidence_list *l, const char *text)
{
	add(l, &(struct evidence){
	               .kind = EVIDENCE_ARCHITECTURE, .value = text, .weight = W_ARCHITECTURE});
}

void evidence_add_upstream(
        struct evidence_list *l, const struct status_report *r, const char *why, bool strong)
{
	struct str b = str_new(l->a);
	bool open = r->level >= STATUS_MINOR;

	if (r->level == STATUS_UNKNOWN) {
		evidence_add_missing(l,
		        arena_printf(l->a, "status page of %s: %s", r->name, str_or(r->title, "")));
		return;
	}
	str_addf(&b, "%s %s", r->name,
	        r->level == STATUS_OK ? "reports nothing on its status page"
	                              : arena_printf(l->a, "reports (%s): “%s”",
	                                        status_level_name(r->level), str_or(r->title, "")));
	if (why)
		str_addf(&b, " (%s)", why);
	for (size_t i = 0; r->components && r->components[i] && r->level > STATUS_OK; i++)
		str_addf(&b, "%s%s", i ? ", " : "; affected: ", r->components[i]);
	if (r->since_ms > 0 && r->level > STATUS_OK)
		str_addf(&b, ", since %s UTC", clock_hhmm(l->a, r->since_ms));
	add(l, &(struct evidence){.kind = EVIDENCE_UPSTREAM,
	               .value = b.s,
	               .link = r->page,
	               .strength = !open    ? EVIDENCE_CONTEXT
	                           : strong ? EVIDENCE_DECISIVE
	                                    : EVIDENCE_WEAK,
	               .weight = open ? W_UPSTREAM : W_FINE});
}

void evidence_add_earlier(
        struct evidence_list *l, const struct evidence_earlier *x, const char *link)
{
	struct str b = str_new(l->a);
	bool wrong = str_eq(x->vote, "wrong");

	str_addf(&b, "INC-%lld, %s UTC: %s; ", (long long)x->incident, clock_hhmm(l->a, x->when_ms),
	        str_or(x->headline, ""));
	str_addf(&b, "cause then: “%s”", str_or(x->cause, "not found"));
	if (x->vote)
		str_addf(&b, " (people said: %s)", x->vote);
	if (x->ended)
		str_addf(&b, "; %s", x->ended);
	add(l, &(struct evidence){.kind = EVIDENCE_EARLIER,
	               .value = b.s,
	               .link = link,
	               .strength = x->cause && !wrong ? EVIDENCE_WEAK : EVIDENCE_CONTEXT,
	               .weight = W_EARLIER});
}

void evidence_add_person(
        struct evidence_list *l, const char *who, const char *text, int64_t when_ms)
{
	add(l, &(struct evidence){.kind = EVIDENCE_PERSON,
	               .value = arena_printf(l->a, "%s said at %s UTC: “%s”",
	                       str_or(who, "someone"), clock_hhmm(l->a, when_ms), text),
	               .strength = EVIDENCE_WEAK,
	               .weight = W_PERSON});
}

void evidence_add_missing(struct evidence_list *l, const char *what)
{
	add(l, &(struct evidence){.kind = EVIDENCE_MISSING, .value = what});
}
