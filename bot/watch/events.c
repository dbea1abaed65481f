/* events.c - crash loop, deployment, silence, cron; and all signals in one go. See judge.h. */
#include <math.h>
#include <string.h>

#include "watch/judge.h"

enum {
	QUIET_MS = 5 * MINUTE_MS, /* no traffic at all for less than this is nothing */
	LOOP = 3,                 /* restarts in the window that make a loop */
};

#define MISSED     40.  /* requests that should have come meanwhile */
#define HARDLY_ANY 0.02 /* of what should have come */
#define NEVER_IDLE 0.02 /* CPU share: what stays above it for two days is never idle … */
#define IDLE       0.1  /* … and at this part of its least it does nothing any more */

/* --- crash loop --- */

/* Restarts seen in the memory samples: up to the limit and down again. */
static int memory_restarts(const struct judge *j, int64_t *first_ms)
{
	int n = 0;

	for (int i = 0; i < RESTARTS; i++) {
		int64_t at = j->w->restart_ms[i];

		if (at <= 0 || at <= j->k->now_ms - j->w->rules.window_ms)
			break;
		*first_ms = at;
		n++;
	}
	return n;
}

static const char *crash_rule(const struct judge *j, int killed, bool oom)
{
	const struct watch_facts *k = j->k;
	struct arena *a = j->a;

	if (k->crashed > 0)
		return arena_printf(a, "%d of %d instances crashed, critical from 1", k->crashed,
		        k->crashed + (k->running > 0 ? k->running : 0));
	if (killed >= LOOP)
		return arena_printf(a, "memory ran full and fell %d times in %s, critical from %d",
		        killed, say_span(a, (double)j->w->rules.window_ms / 1000), LOOP);
	if (k->restarts > 0)
		return arena_printf(a, "%d restart%s, warns at 1, critical from %d", k->restarts,
		        k->restarts == 1 ? "" : "s", LOOP);
	if (oom)
		return "memory ran full and fell: the process was killed, warns at 1";
	if (k->crashed < 0)
		return "crash loop: instances not known, no restart seen in memory";
	return arena_printf(
	        a, "crash loop: no instance crashed, %d running", k->running > 0 ? k->running : 0);
}

void judge_crash(struct judge *j)
{
	struct finding *f = &j->w->view.signal[SIGNAL_CRASH_LOOP];
	int64_t first = 0;
	int killed = memory_restarts(j, &first);
	bool oom = j->w->oom_ms > j->k->now_ms - j->w->rules.window_ms && j->w->oom_ms > 0;
	const struct watch_facts *k = j->k;

	f->unit = "count";
	f->limit = 1;
	f->value = k->crashed >= 0 ? k->crashed : j->x.n_mem ? killed : (double)NAN;
	if (k->crashed > 0) {
		f->severity = SEVERITY_CRIT;
	} else if (k->restarts >= LOOP || killed >= LOOP) {
		f->severity = SEVERITY_CRIT;
		f->limit = LOOP;
		f->value = k->restarts > killed ? k->restarts : killed;
		f->since_ms = killed >= LOOP ? first : 0;
	} else if (k->restarts > 0) {
		f->severity = SEVERITY_WARN;
		f->value = k->restarts;
	} else if (oom) {
		f->severity = SEVERITY_WARN;
		f->value = 1;
		f->since_ms = j->w->oom_ms;
	}
	f->at_once = f->severity == SEVERITY_CRIT;
	if (!j->w->rules.wordless)
		f->rule = crash_rule(j, killed, oom);
}

/* --- deployment, cron --- */

void judge_deploy(struct judge *j)
{
	struct finding *f = &j->w->view.signal[SIGNAL_DEPLOY];
	const struct watch_facts *k = j->k;

	f->unit = "count";
	f->limit = 1;
	f->value = k->deploy_failed || k->deploy_stuck;
	f->severity = f->value > 0 ? SEVERITY_WARN : SEVERITY_NONE;
	f->rule = k->deploy_failed  ? "the latest deployment failed"
	          : k->deploy_stuck ? "the latest deployment is stuck"
	                            : "deployment: the latest neither failed nor hangs";
}

void judge_cron(struct judge *j)
{
	struct finding *f = &j->w->view.signal[SIGNAL_CRON];
	const struct watch_facts *k = j->k;

	f->unit = "count";
	f->limit = 1;
	f->value = k->is_cron && k->cron_missed;
	f->severity = f->value > 0 ? SEVERITY_WARN : SEVERITY_NONE;
	f->rule = !k->is_cron      ? "cron: not a scheduled job"
	          : k->cron_missed ? "the scheduled job did not run when it was due"
	                           : "cron: ran when it was due";
}

/* --- silence --- */

struct quiet {
	double minutes, requests, before; /* before: requests a minute in the half hour before */
	int64_t since_ms;
};

static struct quiet quiet_now(const struct judge *j)
{
	struct quiet q = {0, 0, NAN, 0};
	double minutes = (double)j->w->fine_ms / MINUTE_MS, sum = 0;
	int i, n = 0;

	for (i = 0; i < FINE; i++) {
		const struct fine *f = fine_back(j->w, j->k->now_ms, i);

		if (!f || isnan(f->requests))
			continue; /* not known: neither silent nor not */
		if ((double)f->requests > HARDLY_ANY * minutes * j->w->usual.requests)
			break;
		q.minutes += minutes;
		q.requests += (double)f->requests;
		q.since_ms = fine_start(j->w, j->k->now_ms, i);
	}
	for (; i < FINE && n < 30; i++) {
		const struct fine *f = fine_back(j->w, j->k->now_ms, i);

		if (!f || isnan(f->requests))
			continue;
		sum += (double)f->requests;
		n++;
	}
	q.before = n > 0 ? sum / (n * minutes) : (double)NAN;
	return q;
}

static const char *silent_rule(const struct judge *j, const struct quiet *q, double expected)
{
	struct arena *a = j->a;

	if (j->k->sleeping)
		return "traffic: asleep, silence is normal";
	if (isnan(expected))
		return arena_printf(a, "traffic: %s requests in %s; what is usual is not known yet",
		        say_count(a, j->x.requests),
		        say_span(a, (double)j->w->rules.window_ms / 1000));
	if (q->minutes > 0)
		return arena_printf(a,
		        "no traffic for %s, where %s requests are usual, warns at %.0f",
		        say_span(a, q->minutes * 60), say_count(a, expected * q->minutes), MISSED);
	return arena_printf(a, "traffic: %s requests in %s, usual now are %s",
	        say_count(a, j->x.requests), say_span(a, (double)j->w->rules.window_ms / 1000),
	        say_count(a, expected * (double)j->w->rules.window_ms / MINUTE_MS));
}

/* Without HTTP: a worker or a queue's consumer that is never idle, and now is. */
static void judge_idle(struct judge *j, struct finding *f)
{
	const struct watch_facts *k = j->k;
	double least = j->w->usual.cpu_least;

	f->unit = "share";
	f->baseline = least;
	f->limit = isnan(least) ? (double)NAN : least * IDLE;
	f->value = j->x.cpu;
	if (!k->sleeping && !k->is_cron && !k->is_database && least >= NEVER_IDLE &&
	        j->x.cpu <= f->limit && j->x.n_cpu >= 8)
		f->severity = SEVERITY_WARN;
	if (j->w->rules.wordless)
		return;
	if (isnan(least) || k->is_cron || k->is_database)
		f->rule = "traffic: no request counts";
	else
		f->rule = arena_printf(j->a,
		        "works: CPU %s where %s is the least in two days, warns at %s",
		        say_share(j->a, f->value), say_share(j->a, least),
		        least >= NEVER_IDLE ? say_share(j->a, f->limit)
		                            : "never: it is often idle");
}

void judge_silent(struct judge *j)
{
	struct finding *f = &j->w->view.signal[SIGNAL_SILENT];
	struct quiet q = quiet_now(j);
	/* while it lasts, the half hour before leaves the bins: then yesterday alone decides */
	double expected =
	        isnan(q.before) ? j->w->usual.requests : fmin(j->w->usual.requests, q.before);

	if (!j->w->has_requests) {
		judge_idle(j, f);
		return;
	}
	f->unit = "count";
	f->limit = MISSED;
	f->baseline = expected;
	f->value = isnan(expected) || !j->x.counted ? (double)NAN : expected * q.minutes;
	if (isnan(j->w->usual.requests)) /* fmin takes the other when one is not known */
		f->value = f->baseline = expected = (double)NAN;
	if (!j->k->sleeping && q.minutes * MINUTE_MS >= QUIET_MS && f->value >= MISSED) {
		f->severity = SEVERITY_WARN;
		f->since_ms = q.since_ms;
	}
	if (!j->w->rules.wordless)
		f->rule = silent_rule(j, &q, expected);
}

/* --- all --- */

static void reset(struct watch_view *v, int64_t window_ms, struct judge *j)
{
	memset(v->signal, 0, sizeof(v->signal));
	for (int i = 0; i < SIGNAL_COUNT; i++) {
		struct finding *f = &v->signal[i];

		f->signal = (enum signal)i;
		f->value = f->limit = f->baseline = f->numerator = f->denominator = (double)NAN;
		f->eta_s = f->eta_low_s = f->eta_high_s = (double)NAN;
		f->unit = "count";
		j->span_ms[i] = window_ms;
	}
}

/* After a deployment everything is restless: only what cannot be a start-up counts. */
static void apply_grace(struct watch *w)
{
	for (int i = 0; i < SIGNAL_COUNT; i++) {
		struct finding *f = &w->view.signal[i];

		if (i == SIGNAL_CRASH_LOOP || i == SIGNAL_DEPLOY || i == SIGNAL_CRON || f->at_once)
			continue;
		f->severity = SEVERITY_NONE;
	}
}

void judge_all(struct watch *w, struct arena *a, const struct watch_facts *k)
{
	const struct thresholds *t = w->rules.thresholds;
	int64_t deployed = k->deployed_ms > w->deploy_ms ? k->deployed_ms : w->deploy_ms;
	struct judge j = {.w = w, .t = t, .k = k, .a = a, .deployed_ms = deployed};

	if (k->deployed_ms > w->segment_ms)
		w->segment_ms = k->deployed_ms;
	w->now_at = (k->now_ms - 1) / w->fine_ms;
	w->now_ms = k->now_ms;
	j.bins = fine_count(w, w->rules.window_ms);
	j.x = window_of(w, k->now_ms, j.bins);
	reset(&w->view, w->rules.window_ms, &j);
	w->view.blind = j.x.bins == 0;
	w->view.no_traffic = k->has_http && j.x.counted > 0 && j.x.requests <= 0;
	w->view.in_grace =
	        deployed > 0 && k->now_ms >= deployed && k->now_ms - deployed < t->grace_ms;
	judge_rate(&j, SIGNAL_ERROR_RATE, &t->error_rate);
	judge_rate(&j, SIGNAL_CLIENT_ERRORS, &t->client_error_rate);
	judge_latency(&j);
	judge_memory(&j);
	judge_cpu(&j);
	judge_disk(&j);
	judge_crash(&j);
	judge_deploy(&j);
	judge_silent(&j);
	judge_cron(&j);
	if (w->view.in_grace)
		apply_grace(w);
}
