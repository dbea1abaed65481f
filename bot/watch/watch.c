/*
 * Samples in, findings out: thresholds over the window, hysteresis, severity. See watch.h.
 * Keeps the samples of one window in a ring; everything older is forgotten.
 */
#include "watch.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "str.h"

enum { RING = 128, BLOB_VERSION = 1 };

struct watch {
	struct watch_rules rules;
	struct arena *a;
	struct watch_view view;
	unsigned history[SIGNAL_COUNT]; /* bit i: bad i evaluations ago */
	int64_t since[SIGNAL_COUNT];
	struct watch_sample ring[RING];
	size_t n, head;
	int64_t last_ms;
};

struct window {
	double requests, s4xx, s5xx;
	double cpu, mem, disk; /* mean share */
	double p95, mem_gb;
	size_t n, ncpu, nmem, ndisk, np95;
};

struct watch *watch_new(struct arena *a, const struct watch_rules *r)
{
	struct watch *w = ARENA_NEW(a, struct watch);

	w->rules = *r;
	w->a = a;
	return w;
}

void watch_feed(struct watch *w, const struct watch_sample *s)
{
	if (s->ts_ms <= w->last_ms)
		return;
	w->ring[w->head] = *s;
	w->head = (w->head + 1) % RING;
	w->n = w->n < RING ? w->n + 1 : RING;
	w->last_ms = s->ts_ms;
}

static void add_share(double used, double limit, double *sum, size_t *n)
{
	if (isnan(used) || isnan(limit) || limit <= 0)
		return;
	*sum += used / limit;
	(*n)++;
}

static struct window collect(const struct watch *w, int64_t now_ms)
{
	struct window x = {0};

	for (size_t i = 0; i < w->n; i++) {
		const struct watch_sample *s = &w->ring[i];

		if (s->ts_ms <= now_ms - w->rules.window_ms || s->ts_ms > now_ms)
			continue;
		x.n++;
		x.requests += isnan(s->requests) ? 0 : s->requests;
		x.s4xx += isnan(s->errors_4xx) ? 0 : s->errors_4xx;
		x.s5xx += isnan(s->errors_5xx) ? 0 : s->errors_5xx;
		add_share(s->cpu, s->cpu_limit, &x.cpu, &x.ncpu);
		add_share(s->mem_gb, s->mem_limit_gb, &x.mem, &x.nmem);
		add_share(s->disk_gb, s->disk_limit_gb, &x.disk, &x.ndisk);
		if (!isnan(s->p95_ms)) {
			x.p95 += s->p95_ms;
			x.np95++;
		}
	}
	return x;
}

static void level(
        struct watch *w, enum signal s, double value, const struct limits *lim, const char *unit)
{
	struct finding *f = &w->view.signal[s];

	f->value = value;
	f->unit = unit;
	f->limit = lim->warn;
	if (isnan(value))
		f->severity = SEVERITY_NONE;
	else if (lim->crit > 0 && value >= lim->crit) {
		f->severity = SEVERITY_CRIT;
		f->limit = lim->crit;
	} else
		f->severity = lim->warn > 0 && value >= lim->warn ? SEVERITY_WARN : SEVERITY_NONE;
}

static double mean(double sum, size_t n)
{
	return n ? sum / (double)n : (double)NAN;
}

static void judge_rate(
        struct watch *w, enum signal s, double bad, double requests, const struct limits *lim)
{
	const struct thresholds *t = w->rules.thresholds;
	struct finding *f = &w->view.signal[s];

	level(w, s, requests > 0 ? bad / requests : (double)NAN, lim, "share");
	f->numerator = bad;
	f->denominator = requests;
	if (requests < (double)t->min_requests || bad < (double)t->min_failures)
		f->severity = SEVERITY_NONE;
	f->at_once = s == SIGNAL_ERROR_RATE && f->severity == SEVERITY_CRIT && f->value >= 0.5;
}

static void judge(struct watch *w, const struct watch_facts *k)
{
	const struct thresholds *t = w->rules.thresholds;
	struct window x = collect(w, k->now_ms);
	struct finding *crash = &w->view.signal[SIGNAL_CRASH_LOOP];
	struct finding *deploy = &w->view.signal[SIGNAL_DEPLOY];

	memset(w->view.signal, 0, sizeof(w->view.signal));
	for (int i = 0; i < SIGNAL_COUNT; i++) {
		struct finding *f = &w->view.signal[i];

		f->signal = (enum signal)i;
		f->value = f->limit = f->baseline = f->numerator = f->denominator = (double)NAN;
		f->eta_s = f->eta_low_s = f->eta_high_s = (double)NAN;
		f->unit = "count";
	}
	w->view.blind = x.n == 0;
	w->view.no_traffic = k->has_http && x.requests <= 0;
	w->view.in_grace = k->deployed_ms > 0 && k->now_ms - k->deployed_ms < t->grace_ms;
	judge_rate(w, SIGNAL_ERROR_RATE, x.s5xx, x.requests, &t->error_rate);
	judge_rate(w, SIGNAL_CLIENT_ERRORS, x.s4xx, x.requests, &t->client_error_rate);
	level(w, SIGNAL_LATENCY,
	        x.requests >= (double)t->min_requests ? mean(x.p95, x.np95) : (double)NAN, &t->p95,
	        "ms");
	level(w, SIGNAL_MEMORY, mean(x.mem, x.nmem), &t->memory, "share");
	level(w, SIGNAL_CPU, mean(x.cpu, x.ncpu), &t->cpu, "share");
	level(w, SIGNAL_DISK, mean(x.disk, x.ndisk), &t->disk, "share");
	crash->value = k->crashed;
	crash->severity = k->crashed > 0 ? SEVERITY_CRIT : SEVERITY_NONE;
	crash->at_once = k->crashed > 0;
	deploy->severity = k->deploy_failed || k->deploy_stuck ? SEVERITY_WARN : SEVERITY_NONE;
	if (k->is_cron && k->cron_missed)
		w->view.signal[SIGNAL_CRON].severity = SEVERITY_WARN;
	if (w->view.in_grace)
		for (int i = 0; i < SIGNAL_COUNT; i++)
			if (i != SIGNAL_CRASH_LOOP && !w->view.signal[i].at_once)
				w->view.signal[i].severity = SEVERITY_NONE;
}

static int count_bits(unsigned bits, int n)
{
	int c = 0;

	for (int i = 0; i < n; i++)
		c += (int)(bits >> i & 1u);
	return c;
}

static const char *rule_text(const struct watch *w, struct arena *a, const struct finding *f)
{
	const char *v = isnan(f->value) ? "no data" : arena_printf(a, "%.3g", f->value);

	return arena_printf(a, "%s %s (limit %.3g), %d of %d bad scans to open",
	        signal_label(f->signal), v, isnan(f->limit) ? 0 : f->limit, w->rules.open_n,
	        w->rules.open_m);
}

/* One signal's hysteresis; returns the event kind or -1. */
static int step(struct watch *w, int i, int64_t now_ms)
{
	struct finding *f = &w->view.signal[i];
	bool bad = f->severity != SEVERITY_NONE;
	bool unknown = w->view.blind ||
	               (w->view.no_traffic && (i == SIGNAL_ERROR_RATE || i == SIGNAL_LATENCY));

	if (bad && w->view.streak_bad[i] == 0 && !w->view.open[i])
		w->since[i] = now_ms - w->rules.window_ms / 2;
	f->since_ms = bad || w->view.open[i] ? w->since[i] : 0;
	if (bad || !unknown) {
		w->history[i] = w->history[i] << 1 | bad;
		w->view.streak_bad[i] = bad ? w->view.streak_bad[i] + 1 : 0;
		w->view.streak_good[i] = bad ? 0 : w->view.streak_good[i] + 1;
	}
	if (!w->view.open[i]) {
		if (!bad || (!f->at_once &&
		                    count_bits(w->history[i], w->rules.open_m) < w->rules.open_n))
			return -1;
		w->view.open[i] = true;
		return WATCH_OPEN;
	}
	if (w->view.streak_good[i] >= w->rules.close_n) {
		w->view.open[i] = false;
		return WATCH_CLOSE;
	}
	return WATCH_HOLD;
}

const struct watch_event *watch_evaluate(
        struct watch *w, struct arena *a, const struct watch_facts *f, size_t *n_out)
{
	struct watch_event *ev = ARENA_ARRAY(a, SIGNAL_COUNT, struct watch_event);

	*n_out = 0;
	judge(w, f);
	w->view.severity = SEVERITY_NONE;
	for (int i = 0; i < SIGNAL_COUNT; i++) {
		struct finding *x = &w->view.signal[i];
		int kind = step(w, i, f->now_ms);

		x->rule = rule_text(w, a, x);
		if (w->view.open[i] && x->severity > w->view.severity)
			w->view.severity = x->severity;
		if (kind >= 0)
			ev[(*n_out)++] = (struct watch_event){
			        (enum watch_event_kind)kind, (enum signal)i, *x};
	}
	return ev;
}

const struct watch_view *watch_view(const struct watch *w)
{
	return &w->view;
}

int64_t watch_last_ms(const struct watch *w)
{
	return w->last_ms;
}

const void *watch_save(const struct watch *w, struct arena *a, size_t *n_out)
{
	char *p = arena_printf(a, "%d", BLOB_VERSION);
	struct str b = str_new(a);

	str_add(&b, p);
	for (int i = 0; i < SIGNAL_COUNT; i++)
		str_addf(&b, " %u %lld %d %d %d", w->history[i] & 0xffffu, (long long)w->since[i],
		        w->view.streak_bad[i], w->view.streak_good[i], w->view.open[i]);
	*n_out = b.len;
	return b.s;
}

bool watch_load(struct watch *w, const void *blob, size_t n)
{
	char *text = arena_strndup(w->a, blob, n), *save = NULL;
	char *word = strtok_r(text, " ", &save);

	if (!word || strtol(word, NULL, 10) != BLOB_VERSION)
		return false;
	for (int i = 0; i < SIGNAL_COUNT; i++) {
		long long v[5];

		for (int k = 0; k < 5; k++) {
			word = strtok_r(NULL, " ", &save);
			if (!word)
				return false;
			v[k] = strtoll(word, NULL, 10);
		}
		w->history[i] = (unsigned)v[0];
		w->since[i] = v[1];
		w->view.streak_bad[i] = (int)v[2];
		w->view.streak_good[i] = (int)v[3];
		w->view.open[i] = v[4] != 0;
	}
	return true;
}
