/* What the service and the one before it wrote: templates, new ones first. See looks.h. */
#include <string.h>

#include "clock.h"
#include "digest.h"
#include "handler.h"
#include "looks_i.h"
#include "railway.h"
#include "redact.h"
#include "str.h"
#include "trace.h"
#include "upstream.h"

enum {
	MAX_TEMPLATES = 8,
	DIGEST_TOKENS = 2500,
	MAX_BEFORE = 1000,

	MAX_PLACES = 8,
	MAX_TRACES = 4
};

struct reading {
	struct digest *d;
	int64_t split_ms;
	size_t before; /* lines from before the split */
	struct upstreams *signs;
	json *places; /* "src/orders.ts:12" of failing lines, each once */
	json *traces; /* ids of failing requests, each once */
};

static bool failing(const char *severity, const char *line)
{
	static const char *const words[] = {"error", "timeout", "timed out", "refused", "econn",
	        "etimedout", " 502", " 503", " 504", "failed", "unreachable"};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		if (strcasestr(line, words[i]))
			return true;
	}
	return str_ieq(severity, "error");
}

/* "src/orders.ts:12" in a line: a path with an ending, and a line number. */
static void find_places(struct wf *w, struct reading *r, const char *line)
{
	static const char path[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	                           "_-./@[]";

	for (const char *s = line; *s && json_len(r->places) < MAX_PLACES;) {
		size_t n = strspn(s, path), digits = 0;
		const char *place;
		bool known = false;

		while (n && s[n] == ':' && s[n + 1 + digits] >= '0' && s[n + 1 + digits] <= '9')
			digits++;
		if (digits && digits < 7 && memchr(s, '/', n) && memchr(s, '.', n)) {
			place = arena_strndup(wf_arena(w), s, n + 1 + digits);
			json_each (p, r->places)
				known = known || str_eq(json_str(p, "", ""), place);
			if (!known)
				json_add_str(r->places, place);
		}
		s += n ? n : 1;
	}
}

static bool holds(const json *list, const char *text)
{
	json_each (it, list) {
		if (str_eq(json_str(it, "", ""), text))
			return true;
	}
	return false;
}

static void find_trace(struct wf *w, struct reading *r, const char *line)
{
	const char *id = json_len(r->traces) < MAX_TRACES ? trace_id_of(wf_arena(w), line) : NULL;

	if (id && !holds(r->traces, id))
		json_add_str(r->traces, id);
}

static void read_signs(struct wf *w, struct reading *r, const char *severity, const char *line)
{
	bool bad = failing(severity, line);

	upstreams_line(r->signs, line, bad);
	if (bad) {
		find_places(w, r, line);
		find_trace(w, r, line);
	}
}

static void feed(struct wf *w, struct reading *r, const struct railway_logs *logs)
{
	for (size_t i = 0; i < logs->n; i++) {
		const struct railway_log *row = &logs->rows[i];
		const char *line = redact_text(wf_heal(w)->redact, wf_arena(w),
		        evidence_line(wf_arena(w), row->message, strlen(row->message)));

		r->before += row->ts_ms < r->split_ms;
		digest_add(r->d, row->ts_ms, row->severity, line, strlen(line));
		if (row->ts_ms >= r->split_ms)
			read_signs(w, r, row->severity, line);
	}
}

/* The deployment that served before `change_ms`; NULL = none is known. */
static const char *deployment_before(struct wf *w, const struct look *k, int64_t change_ms)
{
	struct railway_deployments_request q = {.project_id = k->inc->project_id,
	        .environment_id = k->inc->environment_id,
	        .service_id = k->inc->service_id};
	const struct railway_deployment *list;
	struct err none = {0};
	size_t n;

	if (!railway_deployments(wf_heal(w)->railway, wf_arena(w), &q, &list, &n, &none))
		return NULL;
	for (size_t i = 0; i < n; i++) {
		if (list[i].created_ms < change_ms && list[i].id &&
		        list[i].status != RAILWAY_FAILED && !str_eq(list[i].id, k->deployment))
			return list[i].id;
	}
	return NULL;
}

/* Without what the last version wrote, every line of this one would be new. */
static void feed_before(struct wf *w, struct look *k, struct reading *r)
{
	int64_t change = look_change_ms(k);
	struct railway_logs_request q = {
	        .from_ms = change - LOOK_BACK_MS, .to_ms = change, .limit = MAX_BEFORE};
	struct railway_logs logs;
	struct err why = {0};

	q.id = change ? deployment_before(w, k, change) : NULL;
	if (q.id && railway_deploy_logs(wf_heal(w)->railway, wf_arena(w), &q, &logs, &why))
		feed(w, r, &logs);
	else if (change)
		evidence_add_missing(
		        k->list, arena_printf(wf_arena(w), "logs of the deployment before: %s",
		                         q.id ? why.msg : "there is none"));
}

static void add_patterns(struct wf *w, struct look *k, struct reading *r)
{
	const char *since = look_change_ms(k) ? "the deploy" : "the onset";
	const struct digest_template *top;
	struct digest_totals totals;
	size_t n;

	digest_end(r->d);
	top = digest_top(r->d, wf_arena(w), MAX_TEMPLATES, &n);
	totals = digest_totals(r->d);
	evidence_add_logs(
	        k->list, top, n, &totals, r->before > 0 ? since : NULL, k->window, k->link);
	evidence_add_digest(k->list, digest_render(r->d, wf_arena(w), DIGEST_TOKENS), k->window);
}

const json *look_logs(struct wf *w, const json *in, struct err *e)
{
	struct look k;
	struct railway_logs_request q = {.limit = MAX_LOGS};
	struct railway_logs logs;
	struct reading r = {0};
	struct err why = {0};

	if (!look_init(w, in, &k, e))
		return NULL;
	if (!k.deployment)
		return look_done(w, &k);
	q.id = k.deployment;
	q.from_ms = k.from_ms;
	q.to_ms = k.to_ms;
	if (!railway_deploy_logs(wf_heal(w)->railway, wf_arena(w), &q, &logs, &why))
		return look_failed(w, &k, "deployment logs", &why, e);
	r.split_ms = look_change_ms(&k) ? look_change_ms(&k) : k.inc->began_ms;
	r.d = digest_new(&(struct digest_options){.split_ms = r.split_ms});
	r.signs = upstreams_new(wf_arena(w));
	r.places = json_arr(wf_arena(w));
	r.traces = json_arr(wf_arena(w));
	feed_before(w, &k, &r);
	feed(w, &r, &logs);
	add_patterns(w, &k, &r);
	digest_free(r.d);
	json_set(k.out, "signs", upstreams_json(r.signs, wf_arena(w)));
	json_set(k.out, "places", r.places);
	json_set(k.out, "traces", r.traces);
	if (logs.truncated)
		evidence_add_missing(k.list,
		        arena_printf(wf_arena(w),
		                "logs before %s UTC (only the newest %d lines were read)",
		                clock_hhmm(wf_arena(w), logs.n ? logs.rows[0].ts_ms : k.from_ms),
		                MAX_LOGS));
	return look_done(w, &k);
}
