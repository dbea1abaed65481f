/* railway_logs.c - log lines, typed. See include/railway.h. */
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "clients/railway_private.h"
#include "clock.h"
#include "str.h"

enum { DEFAULT_ROWS = 500, MAX_ROWS = 5000, MAX_LINE = 16 << 10, MAX_ATTRS = 64 };

/* --- asking --- */

static unsigned limit_of(const struct railway_logs_request *q)
{
	return q->limit == 0 ? DEFAULT_ROWS : q->limit < MAX_ROWS ? q->limit : MAX_ROWS;
}

static const json *variables(struct arena *a, const struct railway_logs_request *q)
{
	json *v = json_obj(a);

	json_set_str(v, "id", q->id);
	if (q->filter)
		json_set_str(v, "filter", q->filter);
	if (q->from_ms > 0)
		json_set_str(v, "from", clock_rfc3339(a, q->from_ms));
	if (q->to_ms > 0)
		json_set_str(v, "to", clock_rfc3339(a, q->to_ms));
	json_set_int(v, "limit", limit_of(q));
	return v;
}

static bool ask(struct railway *r, struct arena *a, const char *document,
        const struct railway_logs_request *q, struct railway_logs *out, struct err *e)
{
	struct railway_reply reply;

	memset(out, 0, sizeof(*out));
	if (!railway_call(r, a, document, variables(a, q), &reply, e))
		return false;
	railway_decode_logs(a, json_get(reply.data, ".logs"), limit_of(q), out);
	return true;
}

bool railway_deploy_logs(struct railway *r, struct arena *a, const struct railway_logs_request *q,
        struct railway_logs *out, struct err *e)
{
	return ask(r, a, "railway_deploy_logs", q, out, e);
}

bool railway_build_logs(struct railway *r, struct arena *a, const struct railway_logs_request *q,
        struct railway_logs *out, struct err *e)
{
	return ask(r, a, "railway_build_logs", q, out, e);
}

bool railway_env_logs(struct railway *r, struct arena *a, const struct railway_logs_request *q,
        struct railway_logs *out, struct err *e)
{
	struct railway_logs_request anchored = *q;

	if (anchored.to_ms <= 0)
		anchored.to_ms = clock_now_ms(); /* the anchor is required */
	return ask(r, a, "railway_env_logs", &anchored, out, e);
}

bool railway_http_logs(struct railway *r, struct arena *a, const struct railway_logs_request *q,
        struct railway_http_logs *out, struct err *e)
{
	struct railway_reply reply;

	memset(out, 0, sizeof(*out));
	if (q->from_ms <= 0 || q->to_ms <= q->from_ms)
		return err_set(e, ERR_INPUT, false, "HTTP logs need both ends of the window");
	if (!railway_call(r, a, "railway_http_logs", variables(a, q), &reply, e))
		return false;
	railway_decode_http_logs(a, json_get(reply.data, ".logs"), limit_of(q), out);
	return true;
}

/* --- reading --- */

/* RFC 3339 with nanoseconds; fractions differ in length, so texts must not be compared. */
static int64_t nanoseconds(const char *s)
{
	const char *dot;
	int64_t ms, ns = 0;
	int digits = 0;

	if (!s || !clock_parse_rfc3339(s, &ms) || ms <= 0 || ms > INT64_MAX / 1000000 - 1000)
		return 0;
	dot = strchr(s, '.');
	for (const char *p = dot ? dot + 1 : ""; isdigit((unsigned char)*p) && digits < 9;
	        p++, digits++)
		ns = ns * 10 + (*p - '0');
	for (; digits < 9; digits++)
		ns *= 10;
	return ms / 1000 * 1000000000 + ns;
}

/* Attribute values are JSON text: "\"info\"" means info. */
static const char *unquote(struct arena *a, const char *value)
{
	size_t n = strlen(value);
	const json *j;

	if (n < 2 || value[0] != '"' || value[n - 1] != '"')
		return value;
	j = json_parse(a, value, n, NULL);
	return json_str(j, "", value);
}

static const char *fold_level(const char *word)
{
	static const struct {
		const char *word, *level;
	} known[] = {{"err", "error"}, {"fatal", "error"}, {"crit", "error"}, {"panic", "error"},
	        {"warn", "warn"}, {"inf", "info"}, {"notice", "info"}, {"debug", "debug"},
	        {"trace", "debug"}};

	for (size_t i = 0; word && i < sizeof(known) / sizeof(known[0]); i++)
		if (strncasecmp(word, known[i].word, strlen(known[i].word)) == 0)
			return known[i].level;
	return "";
}

static void decode_attributes(struct arena *a, const json *list, struct railway_log *row)
{
	size_t max = json_len(list) < MAX_ATTRS ? json_len(list) : MAX_ATTRS;
	struct railway_attr *attrs = ARENA_ARRAY(a, max + 1, struct railway_attr);
	size_t n = 0;

	json_each (it, list) {
		const char *key = json_str(it, ".key", NULL), *value = json_str(it, ".value", NULL);

		if (!key || !value || n == max)
			continue;
		value = unquote(a, value);
		if (str_eq(key, "level")) {
			if (!*row->severity)
				row->severity = fold_level(value);
			continue;
		}
		if (strlen(value) > MAX_LINE)
			value = arena_strndup(a, value, MAX_LINE);
		attrs[n++] = (struct railway_attr){key, value};
	}
	row->attrs = attrs;
	row->nattrs = n;
}

static bool decode_row(struct arena *a, const json *j, struct railway_log *row)
{
	const char *message = json_str(j, ".message", NULL);

	memset(row, 0, sizeof(*row));
	row->ts_ns = nanoseconds(json_str(j, ".timestamp", NULL));
	if (!message || row->ts_ns <= 0)
		return false;
	row->ts_ms = row->ts_ns / 1000000;
	row->message = strlen(message) > MAX_LINE ? arena_strndup(a, message, MAX_LINE) : message;
	row->severity = fold_level(json_str(j, ".severity", NULL));
	row->service_id = json_str(j, ".tags.serviceId", NULL);
	row->deployment_id = json_str(j, ".tags.deploymentId", NULL);
	row->instance_id = json_str(j, ".tags.deploymentInstanceId", NULL);
	decode_attributes(a, json_get(j, ".attributes"), row);
	return true;
}

static int cmp_text(const char *x, const char *y)
{
	return strcmp(str_or(x, ""), str_or(y, ""));
}

static int log_order(const void *x, const void *y)
{
	const struct railway_log *a = x, *b = y;
	int d = (a->ts_ns > b->ts_ns) - (a->ts_ns < b->ts_ns);

	if (!d)
		d = cmp_text(a->instance_id, b->instance_id);
	return d ? d : strcmp(a->message, b->message);
}

/* Platform lines have whole seconds for a time stamp: lines of the same instant keep their text
 * apart, only the same line of the same instance at the same time is one. Sorting would tear the
 * lines of one instant apart, so order is restored only when Railway broke it. */
static size_t drop_twins(struct railway_log *rows, size_t n)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++) {
		bool twin = false;

		for (size_t k = kept; k > 0 && rows[k - 1].ts_ns == rows[i].ts_ns && !twin; k--)
			twin = log_order(&rows[k - 1], &rows[i]) == 0 && kept - k < 64;
		if (!twin)
			rows[kept++] = rows[i];
	}
	return kept;
}

void railway_decode_logs(
        struct arena *a, const json *list, unsigned limit, struct railway_logs *out)
{
	size_t max = json_len(list), n = 0;
	struct railway_log *rows = ARENA_ARRAY(a, max + 1, struct railway_log);
	bool sorted = true;

	json_each (it, list)
		n += decode_row(a, it, &rows[n]);
	for (size_t i = 1; i < n && sorted; i++)
		sorted = rows[i - 1].ts_ns <= rows[i].ts_ns;
	if (!sorted)
		qsort(rows, n, sizeof(*rows), log_order);
	n = drop_twins(rows, n);
	out->truncated = max >= limit;
	if (n > limit) { /* one more than asked for may come: the oldest go */
		rows += n - limit;
		n = limit;
	}
	out->rows = rows;
	out->n = n;
}

static const char *some(const json *j, const char *path)
{
	const char *s = json_str(j, path, NULL);

	return s && *s ? s : NULL;
}

/* A string in the schema, a number in an example of the documentation. */
static const char *text_of(struct arena *a, const json *j, const char *path)
{
	double v = json_num(j, path, NAN);

	return isnan(v) ? some(j, path) : v != 0 ? arena_printf(a, "%.0f", v) : NULL;
}

static bool decode_http_row(struct arena *a, const json *j, struct railway_http_log *row)
{
	int64_t ns = nanoseconds(json_str(j, ".timestamp", NULL));

	*row = (struct railway_http_log){
	        .ts_ms = ns / 1000000,
	        .ts_ns = ns,
	        .request_id = json_str(j, ".requestId", ""),
	        .method = json_str(j, ".method", ""),
	        .host = json_str(j, ".host", ""),
	        .path = json_str(j, ".path", ""),
	        .status = (int)json_int(j, ".httpStatus", 0),
	        .total_ms = json_num(j, ".totalDuration", NAN),
	        .upstream_ms = json_num(j, ".upstreamRqDuration", NAN),
	        .tx_bytes = json_num(j, ".txBytes", NAN),
	        .rx_bytes = json_num(j, ".rxBytes", NAN),
	        .upstream_errors = text_of(a, j, ".upstreamErrors"),
	        .response_details = some(j, ".responseDetails"),
	        .edge_region = some(j, ".edgeRegion"),
	        .deployment_id = some(j, ".deploymentId"),
	        .instance_id = some(j, ".deploymentInstanceId"),
	};
	return ns > 0;
}

static int http_order(const void *x, const void *y)
{
	const struct railway_http_log *a = x, *b = y;
	int d = (a->ts_ns > b->ts_ns) - (a->ts_ns < b->ts_ns);

	return d ? d : strcmp(a->request_id, b->request_id);
}

void railway_decode_http_logs(
        struct arena *a, const json *list, unsigned limit, struct railway_http_logs *out)
{
	size_t max = json_len(list), n = 0, kept = 0;
	struct railway_http_log *rows = ARENA_ARRAY(a, max + 1, struct railway_http_log);

	json_each (it, list)
		n += decode_http_row(a, it, &rows[n]);
	if (n > 1)
		qsort(rows, n, sizeof(*rows), http_order);
	for (size_t i = 0; i < n; i++) {
		bool twin = kept > 0 && *rows[i].request_id &&
		            http_order(&rows[kept - 1], &rows[i]) == 0;

		if (!twin)
			rows[kept++] = rows[i];
	}
	out->truncated = max >= limit;
	if (kept > limit) {
		rows += kept - limit;
		kept = limit;
	}
	out->rows = rows;
	out->n = kept;
}
