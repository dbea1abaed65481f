/* One look at all services: measure and judge. See scan.h. */
#include "scan.h"

#include <stdlib.h>
#include <string.h>

#include "facts.h"
#include "str.h"

enum { STUCK_MS = 20 * 60 * 1000, CRON_LATE_MS = 15 * 60 * 1000, FINE_STEP_MS = 30000 };

/* --- measure --- */

static const char *nearest_name(const struct railway_scan *rail, const char *only)
{
	const char *best = NULL;
	unsigned best_d = 4;

	for (size_t i = 0; i < rail->nservices; i++) {
		unsigned d = str_distance(rail->services[i].name, only);

		if (d < best_d) {
			best_d = d;
			best = rail->services[i].name;
		}
	}
	return best;
}

static bool take_services(struct arena *a, const struct settings *s, const char *only,
        struct scan *out, struct err *e)
{
	const char *near;

	out->services = ARENA_ARRAY(a, out->rail.nservices + 1, struct scan_service);
	for (size_t i = 0; i < out->rail.nservices; i++) {
		const struct railway_service *x = &out->rail.services[i];

		if (only ? !str_ieq(x->name, only) : settings_service(s, x->name)->ignore)
			continue;
		out->services[out->nservices++].service = x;
	}
	if (!only || out->nservices > 0)
		return true;
	near = nearest_name(&out->rail, only);
	return err_set(e, ERR_INPUT, false, "there is no service “%s” in %s%s%s%s", only,
	        out->place.environment_name, near ? "; did you mean “" : "", near ? near : "",
	        near ? "”?" : "; `/heal status` lists them");
}

static bool measure_http(struct railway *r, struct arena *a, struct scan *out, struct err *e)
{
	const char **ids = ARENA_ARRAY(a, out->nservices + 1, const char *);
	size_t *at = ARENA_ARRAY(a, out->nservices + 1, size_t);
	struct railway_http_request q = {
	        .environment_id = out->place.environment_id,
	        .service_ids = ids,
	        .start_ms = out->rail.start_ms,
	        .end_ms = out->rail.end_ms,
	        .step_ms = out->rail.step_ms,
	};
	struct railway_http *http;
	unsigned requests = 0;

	for (size_t i = 0; i < out->nservices; i++) {
		if (out->services[i].service->ndomains == 0)
			continue;
		at[q.n] = i;
		ids[q.n++] = out->services[i].service->id;
	}
	if (q.n == 0)
		return true;
	http = ARENA_ARRAY(a, q.n, struct railway_http);
	if (!railway_http(r, a, &q, http, &requests, e))
		return err_wrap(e, "HTTP metrics");
	out->requests += requests;
	for (size_t i = 0; i < q.n; i++) {
		out->services[at[i]].http = &http[i];
		out->blind_http += !http[i].counts_known;
	}
	return true;
}

static const struct watch_sample *watched(
        struct arena *a, const struct railway_sample *in, size_t n)
{
	struct watch_sample *out = ARENA_ARRAY(a, n + 1, struct watch_sample);

	for (size_t i = 0; i < n; i++)
		out[i] = (struct watch_sample){
		        .ts_ms = in[i].ts_ms,
		        .cpu = in[i].cpu,
		        .cpu_limit = in[i].cpu_limit,
		        .mem_gb = in[i].mem_gb,
		        .mem_limit_gb = in[i].mem_limit_gb,
		        .disk_gb = in[i].disk_gb,
		        .disk_limit_gb = in[i].disk_limit_gb,
		        .requests = in[i].requests,
		        .errors_4xx = in[i].errors_4xx,
		        .errors_5xx = in[i].errors_5xx,
		        .p50_ms = in[i].p50_ms,
		        .p95_ms = in[i].p95_ms,
		        .p99_ms = in[i].p99_ms,
		        .deploy = in[i].deploy,
		};
	return out;
}

bool scan_measure(struct railway *r, struct arena *a, const struct settings *s,
        const struct railway_place *place, const char *only, int64_t now_ms, struct scan *out,
        struct err *e)
{
	struct railway_scan_request q = {
	        .project_id = place->project_id,
	        .environment_id = place->environment_id,
	        .start_ms = now_ms - s->scan.window_ms,
	        .end_ms = now_ms,
	        .step_ms = only ? FINE_STEP_MS : 0, /* one service: as fine as there is */
	};

	memset(out, 0, sizeof(*out));
	out->place = *place;
	if (!railway_scan(r, a, &q, &out->rail, e))
		return false;
	out->requests = out->rail.requests;
	if (!take_services(a, s, only, out, e) || !measure_http(r, a, out, e))
		return false;
	out->now_ms = out->rail.complete_until_ms;
	for (size_t i = 0; i < out->nservices; i++) {
		struct scan_service *x = &out->services[i];

		x->samples = railway_samples(a, &out->rail, x->service, x->http, &x->nsamples);
		x->watched = watched(a, x->samples, x->nsamples);
	}
	return true;
}

/* --- judge --- */

static const struct scan_row *row_of(const struct scan_row *rows, size_t n, const char *service_id)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(rows[i].service_id, service_id))
			return &rows[i];
	return NULL;
}

static struct watch_facts facts_of(const struct scan *scan, const struct scan_service *x)
{
	const struct railway_service *s = x->service;
	const struct railway_deployment *last = &s->latest;
	bool failed = last->status == RAILWAY_FAILED || last->status == RAILWAY_CRASHED;

	return (struct watch_facts){
	        .now_ms = scan->now_ms,
	        .has_http = x->http && x->http->counts_known,
	        .sleeping = s->sleeping,
	        .is_cron = s->kind == RAILWAY_CRON,
	        .is_database = s->kind == RAILWAY_DATABASE,
	        .crashed = s->crashed,
	        .running = s->running,
	        .expected = s->replicas_wanted,
	        .restarts = s->restarting > 0 ? s->restarting : -1,
	        .deploy_failed = failed,
	        .deploy_stuck = railway_status_rolling(last->status) && last->changed_ms > 0 &&
	                        scan->now_ms - last->changed_ms > STUCK_MS,
	        .deployed_ms = s->active.created_ms,
	        .cron_missed = s->kind == RAILWAY_CRON && s->next_cron_ms > 0 &&
	                       scan->now_ms - s->next_cron_ms > CRON_LATE_MS,
	};
}

/* The last evaluation as JSON, for status and why. */
static json *view_json(struct arena *a, const struct scan_service *x)
{
	json *o = json_obj(a), *arr = json_set_arr(o, "rules");

	json_set_str(o, "severity", severity_name(x->view->severity));
	json_set_str(o, "kind", railway_kind_name(x->service->kind));
	json_set_bool(o, "no_traffic", x->view->no_traffic);
	json_set_bool(o, "blind", x->view->blind);
	json_set_bool(o, "grace", x->view->in_grace);
	for (int i = 0; i < SIGNAL_COUNT; i++) {
		const struct finding *f = &x->view->signal[i];
		json *r;

		if (!f->rule)
			continue;
		r = json_add_obj(arr);
		json_set_str(r, "signal", signal_name((enum signal)i));
		json_set_str(r, "severity", severity_name(f->severity));
		json_set_str(r, "rule", f->rule);
		json_set_int(r, "bad", x->view->streak_bad[i]);
		json_set_int(r, "good", x->view->streak_good[i]);
		json_set_bool(r, "open", x->view->open[i]);
		json_set_int(r, "recent", x->view->recent_bad[i]);
		json_set_int(r, "close_at", x->view->close_at[i]);
	}
	json_set(o, "facts", x->facts);
	return o;
}

static void judge_one(struct arena *a, const struct settings *s, struct redact *redact,
        const struct scan_row *before, const struct scan *scan, struct scan_service *x,
        struct scan_row *row)
{
	struct watch_rules rules = {
	        .thresholds = &settings_service(s, x->service->name)->thresholds,
	        .every_ms = s->scan.every_ms,
	        .window_ms = s->scan.window_ms,
	        .open_n = before ? s->scan.open_n : 1,
	        .open_m = before ? s->scan.open_m : 1,
	        .close_n = s->scan.close_n,
	};
	struct watch *w = watch_new(a, &rules);
	struct watch_facts known = facts_of(scan, x);
	struct facts_in in = {
	        .scan = &scan->rail,
	        .service = x->service,
	        .samples = x->samples,
	        .nsamples = x->nsamples,
	        .http = x->http,
	        .redact = redact,
	        .project_id = scan->place.project_id,
	        .window_ms = s->scan.window_ms,
	        .every_ms = s->scan.every_ms,
	};

	if (before && before->watch_len > 0)
		watch_load(w, before->watch, before->watch_len);
	for (size_t i = 0; i < x->nsamples; i++)
		watch_feed(w, &x->watched[i]);
	x->events = watch_evaluate(w, a, &known, &x->nevents);
	x->view = watch_view(w);
	in.view = x->view;
	x->facts = facts_build(a, &in);
	row->environment_id = scan->place.environment_id;
	row->service_id = x->service->id;
	row->service = x->service->name;
	row->watch = watch_save(w, a, &row->watch_len);
	row->view = view_json(a, x);
	row->scanned_ms = scan->now_ms;
}

const struct scan_row *scan_judge(struct arena *a, const struct settings *s, struct redact *redact,
        const struct scan_row *before, size_t n, struct scan *scan)
{
	static const struct scan_row nothing;
	struct scan_row *rows = ARENA_ARRAY(a, scan->nservices + 1, struct scan_row);

	for (size_t i = 0; i < scan->nservices; i++) {
		struct scan_service *x = &scan->services[i];
		const struct scan_row *old = row_of(before, n, x->service->id);

		/* without any memory (a first look in a terminal) the window alone is judged */
		judge_one(a, s, redact, old ? old : before ? &nothing : NULL, scan, x, &rows[i]);
	}
	return rows;
}
