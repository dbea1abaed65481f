/* The numbers of one incident as JSON, and the lines that are made of them. See facts.h. */
#include "facts.h"

#include <math.h>
#include <string.h>

#include "clock.h"
#include "incident.h"
#include "spark.h"
#include "str.h"

enum { SPARK_WIDTH = 10, MAX_POINTS = 60 };

static const struct metric {
	enum signal signal;
	const char *name, *label, *unit;
} metrics[] = {
        {SIGNAL_ERROR_RATE, "error_rate", "5xx", "share"},
        {SIGNAL_LATENCY, "p95", "p95", "ms"},
        {SIGNAL_MEMORY, "memory", "mem", "share"},
        {SIGNAL_CPU, "cpu", "cpu", "share"},
};

static double ratio(double a, double b)
{
	return isnan(a) || isnan(b) || b <= 0 ? (double)NAN : a / b;
}

static double sample_value(const struct railway_sample *s, enum signal which)
{
	switch (which) {
	case SIGNAL_ERROR_RATE:
		return ratio(s->errors_5xx, s->requests);
	case SIGNAL_LATENCY:
		return s->p95_ms;
	case SIGNAL_MEMORY:
		return ratio(s->mem_gb, s->mem_limit_gb);
	case SIGNAL_CPU:
		return ratio(s->cpu, s->cpu_limit);
	case SIGNAL_CLIENT_ERRORS:
	case SIGNAL_DISK:
	case SIGNAL_CRASH_LOOP:
	case SIGNAL_DEPLOY:
	case SIGNAL_SILENT:
	case SIGNAL_CRON:
	case SIGNAL_COUNT:
		break;
	}
	return (double)NAN;
}

static void add_num(json *arr, double v, double scale)
{
	json_add_num(arr, isnan(v) ? v : round(v * scale) / scale);
}

/* At most MAX_POINTS points: each stands for `per` samples and holds their largest value. */
static void add_series(json *out, const struct facts_in *in, const struct metric *m, size_t per)
{
	json *arr = json_set_arr(out, m->name);

	for (size_t i = 0; i < in->nsamples; i += per) {
		double top = (double)NAN;

		for (size_t k = i; k < i + per && k < in->nsamples; k++) {
			double v = sample_value(&in->samples[k], m->signal);

			if (isnan(top) || v > top)
				top = v;
		}
		add_num(arr, top, m->signal == SIGNAL_LATENCY ? 10 : 10000);
	}
}

static void add_all_series(json *o, const struct facts_in *in)
{
	json *s = json_set_obj(o, "series");
	size_t per = (in->nsamples + MAX_POINTS - 1) / MAX_POINTS;

	if (per == 0)
		per = 1;
	json_set_int(s, "step_ms", in->scan->step_ms * (int64_t)per);
	json_set_int(s, "start", in->nsamples ? in->samples[0].ts_ms : 0);
	for (size_t i = 0; i < sizeof(metrics) / sizeof(*metrics); i++)
		add_series(s, in, &metrics[i], per);
}

static void add_usage(json *o, const char *name, const struct facts_in *in, bool memory)
{
	double sum = 0, top = (double)NAN, limit = (double)NAN;
	size_t n = 0;
	json *u;

	for (size_t i = 0; i < in->nsamples; i++) {
		const struct railway_sample *s = &in->samples[i];
		double v = memory ? s->mem_gb : s->cpu;

		if (!isnan(memory ? s->mem_limit_gb : s->cpu_limit))
			limit = memory ? s->mem_limit_gb : s->cpu_limit;
		if (isnan(v))
			continue;
		sum += v;
		n++;
		if (isnan(top) || v > top)
			top = v;
	}
	if (n == 0)
		return;
	u = json_set_obj(o, name);
	json_set_num(u, "avg", sum / (double)n);
	json_set_num(u, "max", top);
	json_set_num(u, "limit", limit);
	json_set_num(u, "share", ratio(sum / (double)n, limit));
}

static void add_http(json *o, const struct railway_http *h)
{
	json *x;

	if (!h || !h->counts_known)
		return;
	x = json_set_obj(o, "http");
	json_set_num(x, "requests", h->requests);
	json_set_num(x, "s4xx", h->s4xx);
	json_set_num(x, "s5xx", h->s5xx);
	json_set_num(x, "p50", h->window.p50);
	json_set_num(x, "p90", h->window.p90);
	json_set_num(x, "p95", h->window.p95);
	json_set_num(x, "p99", h->window.p99);
}

static const char *clean(struct arena *a, struct redact *r, const char *s, size_t max)
{
	if (!s)
		return NULL;
	s = str_clean(a, s, strcspn(s, "\n"), max);
	return r ? redact_text(r, a, s) : s;
}

static void add_change(struct arena *a, json *o, const struct facts_in *in)
{
	const struct railway_deployment *d = &in->service->active;
	json *x;

	if (!d->id)
		d = &in->service->latest;
	if (!d->id)
		return;
	x = json_set_obj(o, "change");
	json_set_str(x, "deployment", d->id);
	json_set_str(x, "status", railway_status_name(d->status));
	json_set_int(x, "at", d->created_ms);
	json_set_str(x, "commit", clean(a, NULL, d->commit, 40));
	json_set_str(x, "message", clean(a, in->redact, d->message, 120));
	json_set_str(x, "author", clean(a, in->redact, d->author, 60));
}

static void add_service(struct arena *a, json *o, const struct facts_in *in)
{
	const struct railway_service *s = in->service;
	json *x = json_set_obj(o, "service");
	json *n = json_set_obj(o, "instances");

	json_set_str(x, "kind", railway_kind_name(s->kind));
	json_set_str(x, "repo", s->repo);
	json_set_str(x, "branch", s->branch);
	json_set_str(x, "image", clean(a, in->redact, s->image, 120));
	json_set_int(n, "running", s->running);
	json_set_int(n, "crashed", s->crashed);
	json_set_int(n, "wanted", s->replicas_wanted);
	if (s->volume) {
		json *d = json_set_obj(o, "disk");

		json_set_num(d, "used", s->volume->used_mb / 1000);
		json_set_num(d, "size", s->volume->size_mb / 1000);
		json_set_num(d, "share", ratio(s->volume->used_mb, s->volume->size_mb));
	}
	json_set_str(o, "link",
	        arena_printf(a, "https://railway.com/project/%s/service/%s?environmentId=%s",
	                str_or(in->project_id, ""), s->id, in->scan->environment_id));
}

static void add_finding(json *arr, const struct finding *f)
{
	json *o = json_add_obj(arr);

	json_set_str(o, "signal", signal_name(f->signal));
	json_set_str(o, "severity", severity_name(f->severity));
	json_set_num(o, "value", f->value);
	json_set_num(o, "limit", f->limit);
	json_set_num(o, "baseline", f->baseline);
	json_set_str(o, "unit", f->unit);
	json_set_num(o, "failed", f->numerator);
	json_set_num(o, "requests", f->denominator);
	json_set_int(o, "since", f->since_ms);
	json_set_num(o, "eta_s", f->eta_s);
	json_set_str(o, "rule", f->rule);
}

static void add_findings(json *o, const struct watch_view *v)
{
	json *arr = json_set_arr(o, "signals");

	for (int sev = SEVERITY_CRIT; sev > SEVERITY_NONE; sev--)
		for (int i = 0; i < SIGNAL_COUNT; i++)
			if ((int)v->signal[i].severity == sev)
				add_finding(arr, &v->signal[i]);
}

/* Good scans in a row of the signal that recovers last; 0 = still bad. */
static int good_streak(const struct watch_view *v)
{
	int good = -1;

	for (int i = 0; i < SIGNAL_COUNT; i++)
		if (v->open[i] && (good < 0 || v->streak_good[i] < good))
			good = v->streak_good[i];
	return good < 0 ? 1 : good;
}

json *facts_build(struct arena *a, const struct facts_in *in)
{
	json *o = json_obj(a);

	json_set_int(o, "at", in->scan->end_ms);
	json_set_int(o, "window_ms", in->window_ms);
	json_set_int(o, "every_ms", in->every_ms);
	json_set_int(o, "good", good_streak(in->view));
	add_findings(o, in->view);
	add_all_series(o, in);
	add_http(o, in->http);
	add_usage(o, "cpu", in, false);
	add_usage(o, "memory", in, true);
	add_change(a, o, in);
	add_service(a, o, in);
	return o;
}

static const char *finding_text(struct arena *a, const json *facts, const json *f)
{
	const char *name = json_str(f, ".signal", "");
	const char *unit = json_str(f, ".unit", "");
	double eta = json_num(f, ".eta_s", (double)NAN);
	enum signal s;
	const char *text;

	if (!signal_parse(name, &s))
		return name;
	if (s == SIGNAL_CRASH_LOOP || s == SIGNAL_DEPLOY || s == SIGNAL_SILENT || s == SIGNAL_CRON)
		return signal_label(s);
	text = arena_printf(
	        a, "%s %s", signal_label(s), num_unit(a, json_num(f, ".value", (double)NAN), unit));
	if (s == SIGNAL_MEMORY && str_eq(unit, "share"))
		text = arena_printf(a, "%s of %s", text,
		        num_gb(a, json_num(facts, ".memory.limit", (double)NAN)));
	if (!isnan(eta))
		text = arena_printf(
		        a, "%s, full in %s", text, clock_duration(a, (int64_t)(eta * 1000)));
	return text;
}

static const char *headline(struct arena *a, const json *facts)
{
	const json *list = json_get(facts, ".signals");
	const json *first = json_first(list);
	const json *second = first ? json_next(first) : NULL;

	if (!first)
		return "recovering";
	if (!second)
		return finding_text(a, facts, first);
	return arena_printf(
	        a, "%s · %s", finding_text(a, facts, first), finding_text(a, facts, second));
}

const char *facts_headline(struct arena *a, const json *facts)
{
	size_t more = json_len(json_get(facts, ".group.services"));
	const char *own = headline(a, facts);

	if (more == 0)
		return own;
	return arena_printf(a, "%s · and %zu more service%s", own, more, more == 1 ? "" : "s");
}

const char *facts_group(struct arena *a, const json *facts)
{
	struct str b = str_new(a);

	json_each (m, json_get(facts, ".group.services"))
		str_addf(&b, "%s%s (%s)", b.len ? ", " : "", json_str(m, ".service", "?"),
		        json_str(m, ".headline", "bad"));
	if (b.len == 0)
		return NULL;
	return arena_printf(
	        a, "%s; likely in common: %s", b.s, json_str(facts, ".group.cause", "the time"));
}

const char *facts_subline(struct arena *a, const json *facts, int64_t began_ms, int64_t now_ms)
{
	struct str b = str_new(a);
	double requests = json_num(facts, ".http.requests", (double)NAN);
	double failed = json_num(facts, ".http.s5xx", (double)NAN);
	int crashed = (int)json_int(facts, ".instances.crashed", 0);

	if (began_ms > 0)
		str_addf(&b, "since %s UTC (%s)", clock_hhmm(a, began_ms),
		        clock_duration(a, now_ms > began_ms ? now_ms - began_ms : 0));
	if (!isnan(requests) && !isnan(failed) && failed > 0)
		str_addf(&b, "%s%s of %s requests failed", b.len ? " · " : "", num_int(a, failed),
		        num_int(a, requests));
	if (crashed > 0)
		str_addf(&b, "%s%d instance%s crashed", b.len ? " · " : "", crashed,
		        crashed == 1 ? "" : "s");
	return b.s;
}

/* The values of a series as doubles; returns how many. */
static size_t load_series(const json *facts, const char *name, double *v, size_t max)
{
	char path[32] = ".series.";
	const json *arr;
	size_t n = 0;

	strncat(path, name, sizeof(path) - strlen(path) - 1);
	arr = json_get(facts, path);

	json_each (it, arr) {
		if (n == max)
			break;
		v[n++] = json_num(it, "", (double)NAN);
	}
	return n;
}

static double first_value(const double *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!isnan(v[i]))
			return v[i];
	return (double)NAN;
}

static double last_value(const double *v, size_t n)
{
	while (n > 0)
		if (!isnan(v[--n]))
			return v[n];
	return (double)NAN;
}

static double limit_of(const json *facts, enum signal s)
{
	json_each (f, json_get(facts, ".signals"))
		if (str_eq(json_str(f, ".signal", ""), signal_name(s)) &&
		        str_eq(json_str(f, ".unit", ""), s == SIGNAL_LATENCY ? "ms" : "share"))
			return json_num(f, ".limit", (double)NAN);
	return (double)NAN;
}

static void add_sparkline(struct str *b, const json *facts, const struct metric *m)
{
	double v[MAX_POINTS];
	size_t n = load_series(facts, m->name, v, MAX_POINTS);
	double from = first_value(v, n), to = last_value(v, n), limit = limit_of(facts, m->signal);

	if (isnan(to))
		return;
	str_addf(b, "%-4s %s  %s", m->label, spark(b->a, v, n, SPARK_WIDTH, limit),
	        num_change(b->a, from, to, m->unit));
	if (!isnan(limit))
		str_addf(b, "  (limit %s)", num_unit(b->a, limit, m->unit));
	str_addc(b, '\n');
}

const char *facts_sparklines(struct arena *a, const json *facts)
{
	struct str b = str_new(a);

	for (size_t i = 0; i < sizeof(metrics) / sizeof(*metrics); i++)
		add_sparkline(&b, facts, &metrics[i]);
	if (b.len)
		str_cut(&b, b.len - 1);
	return b.s;
}

/* Errors now, and hardly one in the two days before (1 in 10,000). */
static bool never_before(const json *facts)
{
	json_each (f, json_get(facts, ".signals"))
		if (str_eq(json_str(f, ".signal", ""), signal_name(SIGNAL_ERROR_RATE)))
			return json_num(f, ".baseline", 1) < 0.0001;
	return false;
}

const char *facts_change(struct arena *a, const json *facts, int64_t began_ms, int64_t within_ms)
{
	const json *c = json_get(facts, ".change");
	int64_t at = json_int(c, ".at", 0);
	const char *commit = json_str(c, ".commit", NULL);
	const char *message = json_str(c, ".message", NULL);
	const char *author = json_str(c, ".author", NULL);
	struct str b = str_new(a);

	if (at <= 0 || began_ms <= 0 || at > began_ms + 60000 || began_ms - at > within_ms)
		return NULL;
	str_add(&b, "deploy");
	if (commit)
		str_addf(&b, " %.7s", commit);
	if (message)
		str_addf(&b, " “%s”", message);
	if (author)
		str_addf(&b, " by %s", author);
	str_addf(&b, ", %s UTC (%s before%s)", clock_hhmm(a, at),
	        clock_duration(a, began_ms > at ? began_ms - at : 0),
	        never_before(facts) ? "; no such errors in the two days before" : "");
	return b.s;
}

double facts_metric(const json *facts, const char *metric)
{
	double v[MAX_POINTS];
	size_t n;

	if (str_eq(metric, "error_rate"))
		return ratio(json_num(facts, ".http.s5xx", (double)NAN),
		        json_num(facts, ".http.requests", (double)NAN));
	if (str_eq(metric, "p95"))
		return json_num(facts, ".http.p95", (double)NAN);
	n = load_series(facts, metric, v, MAX_POINTS);
	return last_value(v, n);
}

const char *facts_metric_of(enum signal s, const char **unit)
{
	for (size_t i = 0; i < sizeof(metrics) / sizeof(*metrics); i++) {
		if (metrics[i].signal == s) {
			*unit = metrics[i].unit;
			return metrics[i].name;
		}
	}
	*unit = "share";
	return s == SIGNAL_DISK ? "disk" : "error_rate";
}
