/*
 * quality/detect: draws services of every kind, lets `healbot simulate` judge them, and holds what
 * it says against the truth. QUALITY_CSV=FILE keeps the samples, VERBOSE=1 prints a line for each
 * kind.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "quality/detect/town.h"

enum { MERGE = 30, GRACE = 30, MAX_ALERTS = 4000 };

struct alert {
	int minute;
	double eta_min; /* NAN = none */
};

struct judged {
	struct service *s;
	const struct kind *kind;
	struct alert *alerts;
	size_t n;
};

struct numbers {
	double incidents, found, timely, episodes, right, wrong, healthy, quiet, days;
	double leaks, within;
	double *errors, *first;
	size_t nerrors, nfirst;
};

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double median(double *v, size_t n)
{
	if (n == 0)
		return INFINITY;
	qsort(v, n, sizeof(*v), by_value);
	return v[n / 2];
}

/* --- drawing --- */

static size_t draw_town(struct arena *a, size_t each, struct judged *out)
{
	size_t n = 0;

	for (const struct kind *k = kinds; k->name; k++)
		for (size_t i = 0; i < each * (k->healthy ? 2 : 1); i++) {
			struct service *s = arena_alloc(a, sizeof(*s));

			do {
				town_service(s, k->name, (int)i);
				k->bend(s); /* a leak that comes too late is drawn anew */
			} while (s->truth.climb > 0 &&
			         (s->truth.full < DAY + 120 || s->truth.full > MINUTES - 30));
			out[n++] =
			        (struct judged){s, k, ARENA_ARRAY(a, MAX_ALERTS, struct alert), 0};
		}
	return n;
}

static void write_csv(struct str *b, const struct judged *town, size_t n)
{
	struct jitter *j = calloc(n, sizeof(*j));

	str_add(b, "service,ts,cpu,cpu_limit,mem_gb,mem_limit_gb,requests,errors_4xx,errors_5xx,"
	           "p50_ms,p95_ms,deploy,disk_gb,disk_limit_gb\n");
	for (int i = 0; i < MINUTES; i++)
		for (size_t k = 0; k < n; k++)
			town_line(b, town[k].s, i, &j[k]);
	free(j);
}

static void keep_csv(const struct str *b)
{
	const char *path = getenv("QUALITY_CSV");
	FILE *f = path ? fopen(path, "w") : NULL;

	if (!f)
		return;
	fwrite(b->s, 1, b->len, f);
	fclose(f);
}

/* --- what the bot said --- */

static struct judged *find(struct judged *town, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(town[i].s->name, name) == 0)
			return &town[i];
	return NULL;
}

static void read_alerts(struct judged *town, size_t n, const char *text, size_t len)
{
	struct arena *a = arena_new(0);
	const char *end = text + len, *nl;

	for (; text < end && (nl = memchr(text, '\n', (size_t)(end - text))); text = nl + 1) {
		const json *o = json_parse(a, text, (size_t)(nl - text), NULL);
		struct judged *j = find(town, n, json_str(o, ".service", ""));
		int minute = (int)((json_int(o, ".ts", 0) - TOWN_START) / 60);

		if (j && strcmp(json_str(o, ".event", ""), "close") != 0 && minute >= DAY &&
		        j->n < MAX_ALERTS)
			j->alerts[j->n++] =
			        (struct alert){minute, json_num(o, ".eta_s", (double)NAN) / 60};
		arena_reset(a);
	}
	arena_free(a);
}

/* --- held against the truth --- */

static bool during(const struct truth *t, int from, int to)
{
	return t->any && from <= t->until + GRACE && to >= t->onset;
}

static size_t score_episodes(const struct judged *j, struct numbers *r)
{
	size_t wrong = 0;

	for (size_t i = 0; i < j->n;) {
		int from = j->alerts[i].minute, to = from;

		for (; i < j->n && j->alerts[i].minute - to <= MERGE; i++)
			to = j->alerts[i].minute;
		r->episodes++;
		if (during(&j->s->truth, from, to))
			r->right++;
		else
			wrong++;
	}
	r->wrong += (double)wrong;
	return wrong;
}

static void score_forecasts(const struct judged *j, struct numbers *r)
{
	const struct truth *t = &j->s->truth;
	double *errors = calloc(j->n + 1, sizeof(*errors)), middle;
	size_t n = 0;

	for (size_t i = 0; i < j->n; i++) {
		double left = t->full - j->alerts[i].minute;

		if (isnan(j->alerts[i].eta_min) || j->alerts[i].minute < t->climb || left < 10)
			continue;
		errors[n++] = fabs(j->alerts[i].eta_min - left) / left;
	}
	if (n > 0) {
		r->first[r->nfirst++] = errors[0];
		middle = median(errors, n);
		r->errors[r->nerrors++] = middle;
		r->within += middle <= 0.25;
	}
	r->leaks++;
	free(errors);
}

static void score_one(const struct judged *j, struct numbers *r, bool *found, bool *timely)
{
	const struct truth *t = &j->s->truth;

	*found = *timely = false;
	for (size_t i = 0; i < j->n; i++) {
		if (!during(t, j->alerts[i].minute, j->alerts[i].minute))
			continue;
		*found = true;
		*timely |= j->alerts[i].minute <= t->by;
	}
	r->incidents += t->any;
	r->found += *found;
	r->timely += *timely;
	if (t->full > 0)
		score_forecasts(j, r);
}

static struct numbers score(struct arena *a, const struct judged *town, size_t n, bool verbose)
{
	struct numbers r = {
	        .errors = ARENA_ARRAY(a, n, double), .first = ARENA_ARRAY(a, n, double)};

	for (size_t i = 0; i < n; i++) {
		bool found, timely;
		size_t wrong = score_episodes(&town[i], &r);

		score_one(&town[i], &r, &found, &timely);
		r.healthy += town[i].kind->healthy;
		r.quiet += town[i].kind->healthy && wrong == 0;
		if (verbose && (wrong || (town[i].s->truth.any && !timely)))
			printf("      %s: %zu false%s\n", town[i].s->name, wrong,
			        !town[i].s->truth.any ? ""
			        : found               ? timely ? "" : ", late"
			                              : ", missed");
	}
	r.days = (double)n * (DAYS - 1);
	return r;
}

int main(int argc, char **argv)
{
	size_t each = argc > 2 ? strtoul(argv[2], NULL, 10) : 6, n;
	struct arena *a = arena_new(0);
	struct judged *town = ARENA_ARRAY(a, each * 128, struct judged);
	struct str csv = str_new(a);
	const char *const simulate[] = {
	        getenv("HEALBOT"), "simulate", "--samples", "-", "--all", NULL};
	struct filtered out;
	struct numbers r;

	draw_seed(argc > 1 ? strtoul(argv[1], NULL, 10) : 1);
	n = draw_town(a, each, town);
	write_csv(&csv, town, n);
	keep_csv(&csv);
	out = filter_run(a, simulate, csv.s, csv.len, 0);
	read_alerts(town, n, out.out, out.n);
	r = score(a, town, n, getenv("VERBOSE") != NULL);
	printf("   %zu services, %d days, %.0f incidents; %.2f s (%.2f s for 448 services)\n", n,
	        DAYS, r.incidents, out.seconds, out.seconds * 448 / (double)n);
	reach_at_least("recall", r.found / r.incidents, 0.98);
	reach_at_least("in time", r.timely / r.incidents, 0.95);
	reach_at_least("precision", r.right / fmax(1, r.episodes), 0.93);
	reach_at_most("false alarms in 1,000 service-days", r.wrong / r.days * 1000, 20);
	reach_at_least("healthy services never alarmed", r.quiet / r.healthy, 0.95);
	reach_at_most("time to exhaustion, median error", median(r.errors, r.nerrors), 0.12);
	reach_at_most("... of the first forecast", median(r.first, r.nfirst), 0.3);
	reach_at_least("leaks within 25 %", r.within / fmax(1, r.leaks), 0.8);
	arena_free(a);
	return reach_result();
}
