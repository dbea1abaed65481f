/* railway_logs.c - log lines that a service of the story would write. See railway_i.h. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "railway_i.h"

enum { MAX_ROWS = 5000, EVERY_MS = 7000, SICK_EVERY_MS = 1500, HTTP_EVERY_MS = 900 };

/* --- lines --- */

/* {n} {d} {ms} {uuid} become numbers that belong to this line. */
static const char *fill(struct arena *a, const char *template, uint64_t seed)
{
	struct str b = str_new(a);
	uint64_t k = 0;

	for (const char *p = template; *p; p++) {
		uint64_t r = rw_hash(seed, ++k);

		if (str_starts(p, "{n}")) {
			str_addf(&b, "%u", 1000 + (unsigned)(r % 90000));
			p += 2;
		} else if (str_starts(p, "{d}")) {
			str_addf(&b, "%u", 1 + (unsigned)(r % 9));
			p += 2;
		} else if (str_starts(p, "{ms}")) {
			str_addf(&b, "%u", 10 + (unsigned)(r % 90));
			p += 3;
		} else if (str_starts(p, "{uuid}")) {
			str_add(&b, rw_uuid(a, arena_printf(a, "%llx", (unsigned long long)r)));
			p += 5;
		} else {
			str_addc(&b, *p);
		}
	}
	return b.s ? b.s : "";
}

static const char *level_of(char c)
{
	return c == 'E' ? "error" : c == 'W' ? "warn" : c == 'D' ? "debug" : "info";
}

static const char *nano(struct arena *a, int64_t ts_ms, uint64_t seed)
{
	char *s = clock_rfc3339(a, ts_ms / 1000 * 1000);

	s[strlen(s) - 1] = '\0'; /* Z */
	if (strchr(s, '.'))
		*strchr(s, '.') = '\0';
	return arena_printf(a, "%s.%03d%06uZ", s, (int)(ts_ms % 1000),
	        1 + (unsigned)(rw_hash(seed, 99) % 999998));
}

struct window {
	int64_t from_ms, to_ms;
	size_t limit;
	const char *filter;
};

struct rows {
	struct arena *a;
	const struct window *w;
	json **row; /* newest first */
	int64_t *ts_ms;
	size_t n, max;
};

static void add_line(struct rows *r, const struct rw_service *s, const struct rw_deploy *d,
        const char *line, int64_t ts_ms, bool platform)
{
	uint64_t seed = rw_hash(s->seed, (uint64_t)ts_ms);
	const char *text = fill(r->a, line + 2, seed), *level = level_of(line[0]);
	json *keys = json_obj(r->a), *o, *tags, *attr;

	json_set_str(keys, "level", level);
	json_set_str(keys, "service", s->id);
	json_set_str(keys, "deployment", d->id);
	if (r->n == r->max || !rl_match(r->w->filter, text, keys))
		return;
	o = json_obj(r->a);
	json_set_str(o, "timestamp",
	        platform ? clock_rfc3339(r->a, ts_ms / 1000 * 1000) : nano(r->a, ts_ms, seed));
	json_set_str(o, "message", text);
	json_set_str(o, "severity", level);
	tags = json_set_obj(o, "tags");
	json_set_str(tags, "serviceId", s->id);
	json_set_str(tags, "deploymentId", d->id);
	json_set_str(
	        tags, "deploymentInstanceId", rw_uuid(r->a, arena_printf(r->a, "%s 0", d->id)));
	attr = json_add_obj(json_set_arr(o, "attributes"));
	json_set_str(attr, "key", "level");
	json_set_str(attr, "value", arena_printf(r->a, "\"%s\"", level));
	r->ts_ms[r->n] = ts_ms;
	r->row[r->n++] = o;
}

/* From the newest to the oldest, so that a limit keeps the newest. */
static void write_lines(struct railway_peer *p, struct rows *r, const struct rw_service *s,
        const struct rw_deploy *d, int64_t until_ms)
{
	const json *normal = json_get(s->def, ".logs"), *sick = json_get(s->def, ".sick.logs");
	int64_t to = r->w->to_ms < until_ms ? r->w->to_ms : until_ms, since;
	int64_t from = r->w->from_ms > d->ready_ms ? r->w->from_ms : d->ready_ms;

	for (int64_t slot = to / SICK_EVERY_MS; slot * SICK_EVERY_MS > from && r->n < r->max;
	        slot--) {
		int64_t ts = slot * SICK_EVERY_MS;
		bool ill = rw_sick(p->sb, s, ts, &since);
		const json *from_list =
		        ill && sick && rw_hash(s->seed, (uint64_t)ts) % 5 ? sick : normal;
		uint64_t pick = rw_hash(s->seed + 13, (uint64_t)ts);

		if ((!ill && ts % EVERY_MS >= SICK_EVERY_MS) || json_len(from_list) == 0)
			continue;
		add_line(r, s, d,
		        json_str(from_list,
		                arena_printf(r->a, "[%zu]", (size_t)(pick % json_len(from_list))),
		                "I ?"),
		        ts, false);
	}
	if (d->ready_ms > r->w->from_ms && d->ready_ms <= to)
		add_line(r, s, d, "I Starting Container", d->ready_ms, true);
}

static int newest_first(const void *x, const void *y)
{
	const int64_t *const *a = x, *const *b = y;

	return (**a < **b) - (**a > **b);
}

/* Oldest first, and one more than asked for when there are more: the quirk of the real one. */
static const json *deliver(struct rows *r)
{
	const int64_t **order = ARENA_ARRAY(r->a, r->n + 1, const int64_t *);
	json *list = json_arr(r->a);
	size_t n = r->n < r->w->limit + 1 ? r->n : r->w->limit + 1;

	for (size_t i = 0; i < r->n; i++)
		order[i] = &r->ts_ms[i];
	if (r->n > 1)
		qsort(order, r->n, sizeof(const int64_t *), newest_first);
	for (size_t i = n; i > 0; i--)
		json_add(list, r->row[order[i - 1] - r->ts_ms]);
	return list;
}

static int64_t date(const json *args, const char *path, int64_t def)
{
	const char *s = json_str(args, path, NULL);
	int64_t ms;

	return s && clock_parse_rfc3339(s, &ms) ? ms : def;
}

static bool anchored(struct railway_peer *p, const json *args, struct window *w, const char **error)
{
	int64_t now = sb_now_ms(p->sb);

	w->filter = json_str(args, ".filter", NULL);
	w->to_ms = date(args, ".anchorDate", 0);
	w->from_ms = date(args, ".beforeDate", now - 3600000);
	w->limit = (size_t)json_int(args, ".beforeLimit", 0);
	if (w->to_ms == 0 || w->limit < 1 || w->limit > MAX_ROWS)
		*error = "Problem processing request";
	w->to_ms = w->to_ms < now ? w->to_ms : now;
	return !*error;
}

static bool dated(struct railway_peer *p, const json *args, struct window *w, const char **error)
{
	int64_t now = sb_now_ms(p->sb);

	w->filter = json_str(args, ".filter", NULL);
	w->to_ms = date(args, ".endDate", now);
	w->from_ms = date(args, ".startDate", now - 24 * 3600000LL);
	w->limit = (size_t)json_int(args, ".limit", 100);
	if (w->limit < 1 || w->limit > MAX_ROWS)
		*error = "Problem processing request";
	w->to_ms = w->to_ms < now ? w->to_ms : now;
	return !*error;
}

/* When a deployment stopped writing: when the next one began to serve. */
static int64_t until(const struct rw_service *s, const struct rw_deploy *d)
{
	int64_t at = INT64_MAX;

	for (size_t i = 0; &s->deploys[i] != d; i++)
		at = s->deploys[i].ready_ms;
	return at;
}

static struct rows rows_new(struct arena *a, const struct window *w, size_t services)
{
	size_t max = (w->limit + 1) * (services ? services : 1);

	max = max < 60000 ? max : 60000;
	return (struct rows){.a = a,
	        .w = w,
	        .max = max,
	        .row = ARENA_ARRAY(a, max + 1, json *),
	        .ts_ms = ARENA_ARRAY(a, max + 1, int64_t)};
}

const json *rl_runtime(struct railway_peer *p, struct arena *a, const json *args, bool environment,
        const char **error)
{
	struct rw_service *s = NULL;
	struct window w;
	struct rows r;
	struct rw_deploy *d;
	size_t all;

	if (environment ? !anchored(p, args, &w, error) : !dated(p, args, &w, error))
		return NULL;
	if (!environment) {
		d = rw_deploy(p->world, json_str(args, ".deploymentId", ""), &s);
		if (!d) {
			*error = "Deployment not found";
			return NULL;
		}
		r = rows_new(a, &w, 1);
		write_lines(p, &r, s, d, until(s, d));
		return deliver(&r);
	}
	r = rows_new(a, &w, p->world->nservices);
	all = r.max;
	for (size_t i = 0; i < p->world->nservices; i++) {
		s = &p->world->services[i];
		r.max = r.n + w.limit + 1 < all ? r.n + w.limit + 1 : all;
		for (size_t k = 0; k < s->ndeploys; k++)
			write_lines(p, &r, s, &s->deploys[k], until(s, &s->deploys[k]));
	}
	return deliver(&r);
}

const json *rl_build(struct railway_peer *p, struct arena *a, const json *args, const char **error)
{
	const json *lines = json_get(p->world->def, ".build_logs");
	struct rw_service *s = NULL;
	struct rw_deploy *d = rw_deploy(p->world, json_str(args, ".deploymentId", ""), &s);
	struct window w;
	struct rows r;
	size_t n = json_len(lines);

	if (!d)
		*error = "Deployment not found";
	if (!d || !dated(p, args, &w, error))
		return NULL;
	r = rows_new(a, &w, 1);
	for (size_t i = n; i > 0; i--)
		add_line(&r, s, d, json_str(lines, arena_printf(a, "[%zu]", i - 1), "I ?"),
		        d->created_ms + (int64_t)i * 3000, false);
	if (str_eq(d->status, "FAILED"))
		add_line(&r, s, d,
		        "E ERROR: failed to solve: process \"sh tests/run.sh\" exit code: 1",
		        d->created_ms + (int64_t)(n + 1) * 3000, false);
	return deliver(&r);
}

/* --- the edge's request log --- */

static int status_at(const struct rw_service *s, const struct rm_http *h, double x)
{
	const json *codes = json_get(s->def, ".sick.codes");
	double at = h->e5 / h->requests, sum = 0;

	if (x >= at)
		return x < at + h->e4 / h->requests ? 404 : 200;
	json_each (it, codes) {
		sum += json_num(it, "", 0) * at;
		if (x < sum)
			return (int)strtol(json_key(it), NULL, 10);
	}
	return 500;
}

static void add_request(struct rows *r, const struct rw_service *s, const struct rw_deploy *d,
        const struct rm_http *h, int64_t ts_ms)
{
	const json *paths = json_get(s->def, ".paths");
	uint64_t seed = rw_hash(s->seed + 17, (uint64_t)ts_ms);
	size_t n = json_len(paths), pick = n ? (size_t)(rw_hash(seed, 3) % n) : 0;
	const char *path =
	        fill(r->a, json_str(paths, arena_printf(r->a, "[%zu]", pick), "GET /"), seed);
	const char *blank = strchr(path, ' ');
	int status = status_at(s, h, rw_unit(seed, 1));
	double total = h->p50 * (0.4 + 2 * rw_unit(seed, 2) * rw_unit(seed, 4));
	json *keys = json_obj(r->a), *o;
	bool upstream = status == 502 || status == 504;

	json_set_int(keys, "httpStatus", status);
	json_set_num(keys, "totalDuration", total);
	json_set_str(keys, "path", blank + 1);
	if (r->n == r->max || !rl_match(r->w->filter, path, keys))
		return;
	o = json_copy(r->a, keys);
	json_set_str(o, "timestamp", nano(r->a, ts_ms, seed));
	json_set_str(o, "requestId",
	        rw_uuid(r->a, arena_printf(r->a, "%llx", (unsigned long long)seed)));
	json_set_str(o, "method", arena_strndup(r->a, path, (size_t)(blank - path)));
	json_set_str(o, "host", json_str(s->def, ".domains[0]", ""));
	json_set_int(o, "totalDuration", (int64_t)total);
	json_set_int(o, "upstreamRqDuration", (int64_t)(total * 0.95));
	json_set_str(o, "upstreamErrors", upstream ? "[{\"error\":\"connection timed out\"}]" : "");
	json_set_str(o, "responseDetails", upstream ? "upstream did not answer in time" : "");
	json_set_int(o, "rxBytes", 300 + (int64_t)(seed % 500));
	json_set_int(o, "txBytes", 900 + (int64_t)(seed % 5000));
	json_set_str(o, "edgeRegion", "europe-west4-drams3a");
	json_set_str(o, "deploymentId", d->id);
	json_set_str(o, "deploymentInstanceId", rw_uuid(r->a, arena_printf(r->a, "%s 0", d->id)));
	json_set_str(o, "srcIp", "203.0.113.9");
	json_set_str(o, "clientUa", "Mozilla/5.0");
	json_set_str(o, "upstreamAddress", "http://[fd12::1]:3000");
	json_set_str(o, "upstreamProto", "HTTP/1.1");
	json_set_str(o, "downstreamProto", "HTTP/2.0");
	r->ts_ms[r->n] = ts_ms;
	r->row[r->n++] = o;
}

const json *rl_http(struct railway_peer *p, struct arena *a, const json *args, const char **error)
{
	struct rw_service *s = NULL;
	struct rw_deploy *d = rw_deploy(p->world, json_str(args, ".deploymentId", ""), &s);
	struct window w;
	struct rows r;

	if (!d)
		*error = "Deployment not found";
	if (!d || !anchored(p, args, &w, error))
		return NULL;
	r = rows_new(a, &w, 1);
	for (int64_t slot = w.to_ms / HTTP_EVERY_MS; s->has_domain && r.n < r.max; slot--) {
		int64_t ts = slot * HTTP_EVERY_MS;
		struct rm_http h;

		if (ts <= w.from_ms || ts < d->ready_ms)
			break;
		if (ts < until(s, d) && rm_http(p, s, ts / 60000 * 60000, 60000, &h))
			add_request(&r, s, d, &h, ts);
	}
	return deliver(&r);
}
