/* What a scan found: as a table for people and as JSON for machines. See scan.h. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "facts.h"
#include "scan.h"
#include "spark.h"
#include "str.h"

enum { WIDTH = 12, POINTS = 64 };

static int worst_first(const void *pa, const void *pb)
{
	const struct scan_service *a = *(const struct scan_service *const *)pa;
	const struct scan_service *b = *(const struct scan_service *const *)pb;

	if (a->view->severity != b->view->severity)
		return (int)b->view->severity - (int)a->view->severity;
	return strcmp(a->service->name, b->service->name);
}

static const struct scan_service **sorted(struct arena *a, const struct scan *scan)
{
	const struct scan_service **p =
	        ARENA_ARRAY(a, scan->nservices + 1, const struct scan_service *);

	for (size_t i = 0; i < scan->nservices; i++)
		p[i] = &scan->services[i];
	qsort(p, scan->nservices, sizeof(*p), worst_first);
	return p;
}

static const char *line_of(struct arena *a, const struct scan_service *x, const char *metric)
{
	char path[32];
	double v[POINTS];
	size_t n = 0;
	bool any = false;

	snprintf(path, sizeof(path), ".series.%s", metric);
	json_each (it, json_get(x->facts, path)) {
		if (n == POINTS)
			break;
		v[n] = json_num(it, "", (double)NAN);
		any |= !isnan(v[n++]);
	}
	return any ? spark(a, v, n, WIDTH, (double)NAN) : "";
}

static const char *state_word(const struct scan_service *x)
{
	if (x->view->severity == SEVERITY_CRIT)
		return "CRIT";
	if (x->view->severity == SEVERITY_WARN)
		return "warn";
	if (x->view->blind)
		return "blind";
	return x->service->sleeping ? "sleeps" : x->view->no_traffic && x->http ? "quiet" : "ok";
}

static const char *what(struct arena *a, const struct scan_service *x)
{
	if (x->view->severity != SEVERITY_NONE)
		return facts_headline(a, x->facts);
	if (x->http && !x->http->counts_known)
		return x->http->blind.msg;
	return x->service->kind == RAILWAY_SERVICE ? "" : railway_kind_name(x->service->kind);
}

const char *scan_table(struct arena *a, const struct scan *scan, bool color)
{
	static const char *const heads[] = {
	        "", "SERVICE", "5xx", "", "p95", "", "MEM", "", "CPU", "", "WHAT"};
	const struct scan_service **list = sorted(a, scan);
	struct table *t = table_new(a);

	(void)color;
	for (size_t i = 0; i < sizeof(heads) / sizeof(*heads); i++)
		table_column(t, heads[i], i >= 2 && i % 2 == 0 && i < 10 ? TABLE_RIGHT : TABLE_LEFT,
		        i == 1    ? 28
		        : i == 10 ? 60
		                  : 0);
	for (size_t i = 0; i < scan->nservices; i++) {
		const struct scan_service *x = list[i];

		table_cell(t, state_word(x));
		table_cell(t, x->service->name);
		table_cell(t, num_share(a, facts_metric(x->facts, "error_rate")));
		table_cell(t, line_of(a, x, "error_rate"));
		table_cell(t, num_ms(a, facts_metric(x->facts, "p95")));
		table_cell(t, line_of(a, x, "p95"));
		table_cell(t, num_share(a, facts_metric(x->facts, "memory")));
		table_cell(t, line_of(a, x, "memory"));
		table_cell(t, num_share(a, facts_metric(x->facts, "cpu")));
		table_cell(t, line_of(a, x, "cpu"));
		table_cell(t, what(a, x));
	}
	return table_text(t, true, 0);
}

json *scan_json(struct arena *a, const struct scan *scan)
{
	json *o = json_obj(a), *arr;

	json_set_str(o, "project", scan->place.project_name);
	json_set_str(o, "environment", scan->place.environment_name);
	json_set_str(o, "at", clock_rfc3339(a, scan->now_ms));
	json_set_int(o, "requests", scan->requests);
	arr = json_set_arr(o, "services");
	for (size_t i = 0; i < scan->nservices; i++) {
		const struct scan_service *x = &scan->services[i];
		json *s = json_add_obj(arr);

		json_set_str(s, "service", x->service->name);
		json_set_str(s, "id", x->service->id);
		json_set_str(s, "kind", railway_kind_name(x->service->kind));
		json_set_str(s, "severity", severity_name(x->view->severity));
		json_set_bool(s, "blind", x->view->blind);
		json_set_bool(s, "no_traffic", x->view->no_traffic);
		json_set(s, "facts", x->facts);
	}
	return o;
}

const char *scan_summary(struct arena *a, const struct scan *scan)
{
	size_t crit = 0, warn = 0, blind = 0;

	for (size_t i = 0; i < scan->nservices; i++) {
		const struct watch_view *v = scan->services[i].view;

		crit += v->severity == SEVERITY_CRIT;
		warn += v->severity == SEVERITY_WARN;
		blind += v->blind && v->severity == SEVERITY_NONE;
	}
	return arena_printf(a,
	        "%zu services: %zu critical, %zu warning, %zu fine%s; %u request%s to Railway",
	        scan->nservices, crit, warn, scan->nservices - crit - warn - blind,
	        blind ? arena_printf(a, ", %zu without data", blind) : "", scan->requests,
	        scan->requests == 1 ? "" : "s");
}
