/* Failing requests through all services, put together by the ids that their lines carry. */
#include <string.h>

#include "clock.h"
#include "handler.h"
#include "looks_i.h"
#include "railway.h"
#include "str.h"
#include "trace.h"

enum { MAX_TRACES = 2, MAX_ROWS = 60 };

static const char *service_name(const struct scan_row *rows, size_t n, const char *id)
{
	for (size_t i = 0; i < n; i++) {
		if (str_eq(rows[i].service_id, id))
			return rows[i].service;
	}
	return "?";
}

static bool add_trace(struct wf *w, struct look *k, const char *id, const struct scan_row *names,
        size_t nnames, struct err *why)
{
	struct arena *a = wf_arena(w);
	struct railway_logs_request q = {.id = k->inc->environment_id,
	        .from_ms = k->from_ms,
	        .to_ms = k->to_ms,
	        .limit = MAX_ROWS,
	        .filter = railway_phrase(a, id)};
	struct trace_row *rows;
	struct railway_logs logs;
	const char *text;

	if (!railway_env_logs(wf_heal(w)->railway, a, &q, &logs, why))
		return false;
	rows = ARENA_ARRAY(a, logs.n + 1, struct trace_row);
	for (size_t i = 0; i < logs.n; i++)
		rows[i] = (struct trace_row){
		        .service = service_name(names, nnames, logs.rows[i].service_id),
		        .line = look_safe(w, logs.rows[i].message, 300),
		        .ts_ms = logs.rows[i].ts_ms,
		        .failed = str_eq(logs.rows[i].severity, "error")};
	text = trace_waterfall(a, id, rows, logs.n);
	if (text)
		evidence_add_trace(k->list, text, k->window);
	return true;
}

const json *look_traces(struct wf *w, const json *in, struct err *e)
{
	struct scan_row *names;
	struct err why = {0};
	struct look k;
	size_t n, done = 0;

	if (!look_init(w, in, &k, e) ||
	        !scan_load(wf_heal(w)->store, wf_arena(w), k.inc->environment_id, &names, &n, e))
		return NULL;
	json_each (id, json_get(in, ".traces")) {
		if (done++ < MAX_TRACES && !add_trace(w, &k, json_str(id, "", ""), names, n, &why))
			return look_failed(w, &k, "traces", &why, e);
	}
	return look_done(w, &k);
}
