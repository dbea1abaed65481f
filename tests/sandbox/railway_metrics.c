/* railway_metrics.c - resource and HTTP metrics as functions of service and time. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "railway_i.h"

enum { MINUTE = 60000, MAX_POINTS = 60000 };

static double noise(const struct rw_service *s, int64_t ts_ms, unsigned what, double width)
{
	return 1 + width * (2 * rw_unit(s->seed + what, (uint64_t)(ts_ms / 1000)) - 1);
}

/* 0 … 1: how far the trouble has come. */
static double ramp(const struct rw_service *s, int64_t ts_ms, int64_t since_ms)
{
	double min = json_num(s->def, ".sick.ramp_min", 1);
	double x = (double)(ts_ms - since_ms) / (min * MINUTE);

	return x < 0 ? 0 : x > 1 ? 1 : x;
}

static double number(
        struct railway_peer *p, const struct rw_service *s, const char *key, int64_t ts_ms)
{
	char path[64];
	int64_t since;
	double normal, sick;

	snprintf(path, sizeof(path), ".normal.%s", key);
	normal = json_num(s->def, path, 0);
	if (!rw_sick(p->sb, s, ts_ms, &since))
		return normal;
	snprintf(path, sizeof(path), ".sick.%s", key);
	sick = json_num(s->def, path, normal);
	return normal + (sick - normal) * ramp(s, ts_ms, since);
}

static double memory(struct railway_peer *p, const struct rw_service *s, int64_t ts_ms)
{
	double base = json_num(s->def, ".normal.memory", 0.1);
	double limit = json_num(s->def, ".memory_limit", 1);
	double leak_min = json_num(s->def, ".sick.leak_min", 0), gone;
	int64_t since;

	if (leak_min > 0 && rw_sick(p->sb, s, ts_ms, &since)) {
		gone = (double)(ts_ms - since) / (leak_min * MINUTE);
		gone -= floor(gone); /* killed at the limit, and again */
		base += (0.99 * limit - base) * gone;
	}
	return base * noise(s, ts_ms, 2, 0.01);
}

bool rm_value(struct railway_peer *p, const struct rw_service *s, const char *measurement,
        int64_t ts_ms, double *out)
{
	const struct rw_deploy *first = s->ndeploys ? &s->deploys[s->ndeploys - 1] : NULL;
	double spike = json_num(s->def, ".normal.spike_min", 0);

	if (!first || ts_ms < first->ready_ms || rw_gap(p->world, s, ts_ms))
		return false;
	if (str_eq(measurement, "CPU_USAGE")) {
		*out = number(p, s, "cpu", ts_ms) * noise(s, ts_ms, 1, 0.06);
		if (spike > 0 && ts_ms / MINUTE % (int64_t)spike < 1)
			*out = json_num(s->def, ".normal.spike_cpu", 1) * noise(s, ts_ms, 1, 0.02);
	} else if (str_eq(measurement, "CPU_LIMIT")) {
		*out = s->cpu_limit > 0 ? s->cpu_limit : json_num(s->def, ".cpu_limit", 1);
	} else if (str_eq(measurement, "MEMORY_USAGE_GB")) {
		*out = memory(p, s, ts_ms);
	} else if (str_eq(measurement, "MEMORY_LIMIT_GB")) {
		*out = s->memory_limit > 0 ? s->memory_limit : json_num(s->def, ".memory_limit", 1);
	} else if (str_eq(measurement, "DISK_USAGE_GB")) {
		*out = json_num(s->def, ".volume.used_mb", 0) / 1024;
		return *out > 0;
	} else if (str_eq(measurement, "NETWORK_RX_GB") || str_eq(measurement, "NETWORK_TX_GB")) {
		*out = number(p, s, "rps", ts_ms) * 0.0001 * noise(s, ts_ms, 3, 0.2);
	} else {
		return false;
	}
	return true;
}

/* --- metrics --- */

static int64_t date(const json *args, const char *path, int64_t def)
{
	const char *s = json_str(args, path, NULL);
	int64_t ms;

	return s && clock_parse_rfc3339(s, &ms) ? ms : def;
}

static size_t add_series(struct railway_peer *p, const struct rw_service *s,
        const char *measurement, const json *args, bool tagged, json *list)
{
	int64_t step = json_int(args, ".sampleRateSeconds", 60) * 1000;
	int64_t now = sb_now_ms(p->sb), end = date(args, ".endDate", now);
	int64_t ts = (date(args, ".startDate", now) + step - 1) / step * step;
	json *o = json_add_obj(list), *tags, *values;
	size_t n = 0;

	json_set_str(o, "measurement", measurement);
	tags = json_set_obj(o, "tags");
	if (tagged)
		json_set_str(tags, "serviceId", s->id);
	values = json_set_arr(o, "values");
	for (; ts <= end && ts <= now; ts += step) {
		double v;
		json *point;

		if (!rm_value(p, s, measurement, ts, &v))
			continue;
		point = json_add_obj(values);
		json_set_int(point, "ts", ts / 1000);
		json_set_num(point, "value", v);
		n++;
	}
	return n;
}

/* A deleted service still has metrics: readers must not stumble over it. */
static void add_deleted(json *list)
{
	json *o = json_add_obj(list);

	json_set_str(o, "measurement", "CPU_USAGE");
	json_set_str(json_set_obj(o, "tags"), "serviceId", "00000000-dead-4000-8000-000000000000");
	json_set_arr(o, "values");
}

const json *rm_metrics(
        struct railway_peer *p, struct arena *a, const json *args, const char **error)
{
	const char *only = json_str(args, ".serviceId", NULL);
	bool grouped = str_eq(json_str(args, ".groupBy[0]", ""), "SERVICE_ID");
	json *list = json_arr(a);
	size_t points = 0;

	if (json_int(args, ".sampleRateSeconds", 60) < 1 || (!grouped && !only)) {
		*error = "Problem processing request";
		return NULL;
	}
	for (size_t i = 0; i < p->world->nservices; i++) {
		const struct rw_service *s = &p->world->services[i];

		if (only && !str_eq(only, s->id))
			continue;
		json_each (m, json_get(args, ".measurements")) {
			points += add_series(p, s, json_str(m, "", ""), args, grouped, list);
			if (points > MAX_POINTS) {
				*error = "Problem processing request";
				return NULL;
			}
		}
	}
	if (!only)
		add_deleted(list);
	return list;
}

/* --- HTTP --- */

bool rm_http(struct railway_peer *p, const struct rw_service *s, int64_t ts_ms, int64_t step_ms,
        struct rm_http *out)
{
	int64_t now = sb_now_ms(p->sb);
	double done = now - ts_ms >= step_ms ? 1 : (double)(now - ts_ms) / (double)step_ms;
	double rps = number(p, s, "rps", ts_ms), p50 = number(p, s, "p50", ts_ms);

	if (rps <= 0 || done <= 0 || rw_gap(p->world, s, ts_ms))
		return false;
	out->requests = round(rps * (double)step_ms / 1000 * done * noise(s, ts_ms, 4, 0.1));
	out->e4 = round(out->requests * number(p, s, "e4", ts_ms) * noise(s, ts_ms, 5, 0.3));
	out->e5 = out->requests * number(p, s, "e5", ts_ms) * noise(s, ts_ms, 6, 0.05);
	out->e5 = floor(out->e5 + rw_unit(s->seed + 7, (uint64_t)ts_ms));
	if (out->e4 + out->e5 > out->requests)
		out->e4 = out->requests > out->e5 ? out->requests - out->e5 : 0;
	out->p50 = p50 * noise(s, ts_ms, 8, 0.1);
	out->p90 = out->p50 * 2.1;
	out->p95 = out->p50 * 3;
	out->p99 = out->p50 * 5.5 * noise(s, ts_ms, 9, 0.2);
	return out->requests > 0;
}

/* What one status code gets of a bucket. */
static double of_code(const struct rw_service *s, const struct rm_http *h, int code)
{
	const json *codes = json_get(s->def, ".sick.codes");
	double rest = 0, share = 0;

	if (code == 200)
		return h->requests - h->e4 - h->e5;
	if (code == 404)
		return h->e4;
	json_each (it, codes) {
		int c = (int)strtol(json_key(it), NULL, 10);
		double part = json_num(it, "", 0);

		share = c == code ? part : share;
		rest += c == code ? 0 : part;
	}
	if (!codes)
		return code == 500 ? h->e5 : 0;
	return rest == 0 ? h->e5 : floor(h->e5 * share + 0.5);
}

static json *samples(struct railway_peer *p, const struct rw_service *s, const json *args,
        struct arena *a, int code)
{
	int64_t step = json_int(args, ".stepSeconds", 60) * 1000;
	int64_t now = sb_now_ms(p->sb), end = date(args, ".endDate", now);
	json *list = json_arr(a);

	for (int64_t ts = (date(args, ".startDate", now) + step - 1) / step * step;
	        ts <= end && ts <= now; ts += step) {
		struct rm_http h;
		double n;
		json *o;

		if (!rm_http(p, s, ts, step, &h) || (n = of_code(s, &h, code)) <= 0)
			continue;
		o = json_add_obj(list);
		json_set_int(o, "ts", ts / 1000);
		json_set_num(o, "value", n);
	}
	return list;
}

const json *rm_by_status(struct railway_peer *p, struct arena *a, const json *args)
{
	static const int codes[] = {200, 404, 500, 502, 503, 504};
	const struct rw_service *s = rw_service(p->world, json_str(args, ".serviceId", NULL));
	json *list = json_arr(a);

	for (size_t i = 0; s && s->has_domain && i < sizeof(codes) / sizeof(codes[0]); i++) {
		json *of = samples(p, s, args, a, codes[i]), *o;

		if (json_len(of) == 0)
			continue;
		o = json_add_obj(list);
		json_set_int(o, "statusCode", codes[i]);
		json_set(o, "samples", of);
	}
	return list;
}

static void add_duration(json *list, int64_t ts_ms, const struct rm_http *h)
{
	json *o = json_add_obj(list);

	json_set_int(o, "ts", ts_ms / 1000);
	json_set_num(o, "p50", h->p50);
	json_set_num(o, "p90", h->p90);
	json_set_num(o, "p95", h->p95);
	json_set_num(o, "p99", h->p99);
}

/* Without a step: one set for the whole window, here the mean of the buckets by requests. */
const json *rm_durations(struct railway_peer *p, struct arena *a, const json *args)
{
	const struct rw_service *s = rw_service(p->world, json_str(args, ".serviceId", NULL));
	int64_t step = json_int(args, ".stepSeconds", 0) * 1000, fine = step > 0 ? step : MINUTE;
	int64_t now = sb_now_ms(p->sb), end = date(args, ".endDate", now);
	int64_t start = date(args, ".startDate", now);
	json *o = json_obj(a), *list = json_set_arr(o, "samples");
	struct rm_http sum = {0};

	for (int64_t ts = (start + fine - 1) / fine * fine;
	        s && s->has_domain && ts <= end && ts <= now; ts += fine) {
		struct rm_http h;

		if (!rm_http(p, s, ts, fine, &h))
			continue;
		if (step > 0)
			add_duration(list, ts, &h);
		sum.requests += h.requests;
		sum.p50 += h.requests * h.p50;
		sum.p90 += h.requests * h.p90;
		sum.p95 += h.requests * h.p95;
		sum.p99 += h.requests * h.p99;
	}
	if (step > 0 || sum.requests <= 0)
		return o;
	sum.p50 /= sum.requests;
	sum.p90 /= sum.requests;
	sum.p95 /= sum.requests;
	sum.p99 /= sum.requests;
	add_duration(list, start, &sum);
	return o;
}
