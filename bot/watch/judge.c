/* judge.c - what is bad right now, by thresholds and by the service's own past; see watch.h. */
#include "watch/judge.h"

#include <math.h>
#include <string.h>

#include "str.h"

enum {
	SOME_MS = 10 * MINUTE_MS, /* the shorter look of latency and CPU */
	SHORT_MS = 5 * MINUTE_MS, /* the shorter look of the error rates */
	OUTAGE_BINS = 3,          /* … and the shortest, for an outage */
};

#define AT_ONCE      0.5  /* this share of errors opens at once */
#define USUAL_MARGIN 0.03 /* memory this near to what it always is, is as always */
#define NEARLY_FULL  0.98 /* and from here on it is bad even so */

/* --- what the window holds --- */

struct window window_of(const struct watch *w, int64_t now_ms, int bins)
{
	struct window x = {.cpu_low = NAN};

	for (int i = 0; i < bins; i++) {
		const struct fine *f = fine_back(w, now_ms, i);

		if (!f)
			continue;
		x.bins++;
		if (!isnan(f->requests)) {
			x.requests += (double)f->requests;
			x.e4xx += isnan(f->e4xx) ? 0 : (double)f->e4xx;
			x.e5xx += isnan(f->e5xx) ? 0 : (double)f->e5xx;
			x.counted++;
		}
		if (!isnan(f->cpu)) {
			x.cpu += (double)f->cpu;
			x.cpu_low = fmin(x.cpu_low, (double)f->cpu);
			x.n_cpu++;
		}
		if (!isnan(f->mem)) {
			x.mem += (double)f->mem;
			x.n_mem++;
		}
		if (!isnan(f->disk)) {
			x.disk = x.n_disk ? x.disk : (double)f->disk; /* newest */
			x.n_disk++;
		}
	}
	x.cpu = x.n_cpu ? x.cpu / x.n_cpu : (double)NAN;
	x.mem = x.n_mem ? x.mem / x.n_mem : (double)NAN;
	x.disk = x.n_disk ? x.disk : (double)NAN;
	return x;
}

enum severity grade(double value, const struct limits *lim)
{
	if (lim->crit >= 0 && value >= lim->crit)
		return SEVERITY_CRIT;
	return lim->warn >= 0 && value >= lim->warn ? SEVERITY_WARN : SEVERITY_NONE;
}

static double limit_for(enum severity s, const struct limits *lim)
{
	double v = s == SEVERITY_CRIT || lim->warn < 0 ? lim->crit : lim->warn;

	return v < 0 ? (double)NAN : v;
}

/* "warns at 2 %", "critical from 10 %", "off". */
static const char *limits_text(
        struct arena *a, const struct limits *lim, const char *(*say)(struct arena *, double))
{
	if (lim->warn < 0 && lim->crit < 0)
		return "off";
	if (lim->warn < 0)
		return arena_printf(a, "critical from %s", say(a, lim->crit));
	if (lim->crit < 0)
		return arena_printf(a, "warns at %s", say(a, lim->warn));
	return arena_printf(
	        a, "warns at %s, critical from %s", say(a, lim->warn), say(a, lim->crit));
}

/* Begin of the stretch of bad bins that reaches up to now; two good ones in between do not end it.
 */
static int64_t onset(const struct judge *j, bool (*bad)(const struct judge *, const struct fine *))
{
	int64_t since = 0;
	int good = 0;

	for (int i = 0; i < FINE && good <= 2; i++) {
		const struct fine *f = fine_back(j->w, j->k->now_ms, i);

		if (!f)
			continue;
		if (bad(j, f)) {
			since = fine_start(j->w, j->k->now_ms, i);
			good = 0;
		} else if (since) {
			good++;
		}
	}
	return since;
}

/* --- error rates --- */

/* Wilson's lower bound of a share of `bad` in `n`, z standard deviations (Wilson 1927, (6)). */
static double wilson_low(double bad, double n, double z)
{
	double p = bad / n, zz = z * z;

	if (n <= 0)
		return 0;
	return (p + zz / (2 * n) - z * sqrt(p * (1 - p) / n + zz / (4 * n * n))) / (1 + zz / n);
}

/* Right after a deployment: nothing that is counted later either. */
static bool is_restless(const struct judge *j, int back)
{
	int64_t at, deployed = j->deployed_ms;

	if (deployed <= 0)
		return false;
	at = fine_start(j->w, j->k->now_ms, back);
	return at + j->w->fine_ms > deployed && at < deployed + j->t->grace_ms;
}

/* Failures and requests of a span without its two worst bins and without the first minutes after a
 * deployment: one hiccup must not look like a state. */
static void trimmed(const struct judge *j, int bins, bool client, double *bad, double *n)
{
	double worst[2] = {0, 0}, requests[2] = {0, 0};

	*bad = *n = 0;
	for (int i = 0; i < bins; i++) {
		const struct fine *f = fine_back(j->w, j->k->now_ms, i);
		double b, r;

		if (!f || isnan(f->requests) || is_restless(j, i))
			continue;
		b = (double)(client ? f->e4xx : f->e5xx);
		b = isnan(b) ? 0 : b;
		r = (double)f->requests;
		*bad += b;
		*n += r;
		if (b > worst[0]) {
			worst[1] = worst[0], requests[1] = requests[0];
			worst[0] = b, requests[0] = r;
		} else if (b > worst[1]) {
			worst[1] = b, requests[1] = r;
		}
	}
	*bad -= worst[0] + worst[1];
	*n -= requests[0] + requests[1];
}

static bool failing(const struct judge *j, const struct fine *f)
{
	double least = j->t->error_rate.warn >= 0 ? j->t->error_rate.warn : j->t->error_rate.crit;

	if (!isnan(j->w->usual.error_rate))
		least = fmin(least, fmax(0.01, 4 * j->w->usual.error_rate));
	return f->requests > 0 && (double)(f->e5xx / f->requests) >= least;
}

static bool client_failing(const struct judge *j, const struct fine *f)
{
	double least = j->t->client_error_rate.warn;

	return f->requests > 0 && (double)(f->e4xx / f->requests) >= least;
}

/* How bad a short span is: surely over the limit even without its two worst bins. */
static enum severity grade_short(
        const struct judge *j, int bins, bool client, const struct limits *lim, double *share)
{
	double bad, n;

	trimmed(j, bins, client, &bad, &n);
	*share = n > 0 ? bad / n : 0;
	if (n < (double)j->t->min_requests / 2 || bad < (double)j->t->min_failures)
		return SEVERITY_NONE;
	return grade(wilson_low(bad, n, 2), lim);
}

static void take_short(struct judge *j, struct finding *f, bool client, const struct limits *lim)
{
	const int64_t spans[] = {SOME_MS, SHORT_MS};

	for (size_t i = 0; i < sizeof(spans) / sizeof(spans[0]); i++) {
		int bins = fine_count(j->w, spans[i]);
		struct window x;
		double share;
		enum severity s;

		if (spans[i] >= j->w->rules.window_ms)
			continue;
		s = grade_short(j, bins, client, lim, &share);
		if (s <= f->severity && !(s && share >= AT_ONCE && !f->at_once))
			continue;
		x = window_of(j->w, j->k->now_ms, bins);
		f->severity = s;
		f->numerator = client ? x.e4xx : x.e5xx;
		f->denominator = x.requests;
		f->value = f->numerator / f->denominator;
		f->at_once = !client && share >= AT_ONCE;
		j->span_ms[f->signal] = spans[i];
	}
}

/* Half of everything fails in each of the last three minutes: down, and nobody should wait. */
static void take_outage(struct judge *j, struct finding *f)
{
	struct window x = window_of(j->w, j->k->now_ms, OUTAGE_BINS);

	if (f->at_once || j->t->error_rate.crit < 0 || x.counted < OUTAGE_BINS ||
	        x.e5xx < (double)j->t->min_failures)
		return;
	for (int i = 0; i < OUTAGE_BINS; i++) {
		const struct fine *b = fine_back(j->w, j->k->now_ms, i);

		if (!b || !(b->e5xx >= (float)AT_ONCE * b->requests) || !(b->requests > 0))
			return;
	}
	f->severity = grade(x.e5xx / x.requests, &j->t->error_rate);
	f->numerator = x.e5xx;
	f->denominator = x.requests;
	f->value = x.e5xx / x.requests;
	f->at_once = f->severity != SEVERITY_NONE;
	j->span_ms[f->signal] = OUTAGE_BINS * j->w->fine_ms;
}

/* Ten times the usual is trouble before it is 2 %: surely over both most of the warning limit and
 * four times the usual. */
static void take_unusual(struct judge *j, struct finding *f)
{
	double usual = j->w->usual.error_rate, bad, n;

	if (f->severity || isnan(usual) || j->t->error_rate.warn < 0)
		return;
	trimmed(j, j->bins, false, &bad, &n);
	if (bad < 2 * (double)j->t->min_failures || n < (double)j->t->min_requests)
		return;
	if (wilson_low(bad, n, 2) < fmax(0.5 * j->t->error_rate.warn, 4 * usual))
		return;
	f->severity = SEVERITY_WARN;
	j->unusual = true;
}

static const char *rate_rule(
        struct judge *j, const struct finding *f, const char *name, const struct limits *lim)
{
	struct arena *a = j->a;
	const char *text;

	if (lim->warn < 0 && lim->crit < 0)
		return arena_printf(a, "%s: off", name);
	if (j->x.counted == 0)
		return arena_printf(a, "%s: no request counts", name);
	if (!(f->denominator > 0))
		return arena_printf(a, "%s: no traffic in the last %s, %s", name,
		        say_span(a, (double)j->w->rules.window_ms / 1000),
		        limits_text(a, lim, say_share));
	text = arena_printf(a, "%s %s (%s of %s requests in %s), %s", name, say_share(a, f->value),
	        say_count(a, f->numerator), say_count(a, f->denominator),
	        say_span(a, (double)j->span_ms[f->signal] / 1000), limits_text(a, lim, say_share));
	if (j->unusual && f->signal == SIGNAL_ERROR_RATE)
		return arena_printf(
		        a, "%s; usual here is %s", text, say_share(a, j->w->usual.error_rate));
	if (f->severity == SEVERITY_NONE && f->denominator < (double)j->t->min_requests)
		return arena_printf(a, "%s from %s requests on", text,
		        say_count(a, (double)j->t->min_requests));
	if (f->severity == SEVERITY_NONE && grade(f->value, lim) &&
	        f->numerator >= (double)j->t->min_failures)
		return arena_printf(a, "%s; a hiccup, or over: not so in the last minutes", text);
	if (f->severity == SEVERITY_NONE && grade(f->value, lim))
		return arena_printf(a, "%s; too few failures to be sure (at least %s)", text,
		        say_count(a, (double)j->t->min_failures));
	return text;
}

/* A hiccup, or over: without its two worst bins the window is fine, or the last ten minutes are, by
 * enough requests to say so. Then the window's mean is history, not a state. */
static bool has_passed(const struct judge *j, bool client, const struct limits *half)
{
	double bad, n, recent, requests;
	struct window x = window_of(j->w, j->k->now_ms, fine_count(j->w, SOME_MS));

	trimmed(j, j->bins, client, &bad, &n);
	if (n <= 0 || !grade(bad / n, half) || bad < (double)j->t->min_failures)
		return true;
	requests = x.requests;
	recent = client ? x.e4xx : x.e5xx;
	return requests >= fmax((double)j->t->min_requests / 2, 1) &&
	       !grade(recent / requests, half);
}

void judge_rate(struct judge *j, enum signal s, const struct limits *lim)
{
	struct finding *f = &j->w->view.signal[s];
	bool client = s == SIGNAL_CLIENT_ERRORS;

	f->unit = "share";
	f->numerator = j->x.counted ? client ? j->x.e4xx : j->x.e5xx : (double)NAN;
	f->denominator = j->x.counted ? j->x.requests : (double)NAN;
	f->value = j->x.requests > 0 ? f->numerator / f->denominator : (double)NAN;
	f->baseline = client ? (double)NAN : j->w->usual.error_rate;
	if (f->denominator >= (double)j->t->min_requests &&
	        f->numerator >= (double)j->t->min_failures) {
		struct limits half = {lim->warn / 2, lim->crit / 2};

		f->severity = grade(f->value, lim);
		if (grade(wilson_low(f->numerator, f->denominator, 1.645), &half) < f->severity)
			f->severity = SEVERITY_NONE;
		if (f->severity && has_passed(j, client, &half))
			f->severity = SEVERITY_NONE;
		f->at_once = !client && f->severity && f->value >= AT_ONCE;
	}
	if (lim->warn >= 0 || lim->crit >= 0)
		take_short(j, f, client, lim);
	if (!client) {
		take_outage(j, f);
		take_unusual(j, f);
	}
	f->limit = limit_for(f->severity, lim);
	if (f->severity)
		f->since_ms = onset(j, client ? client_failing : failing);
	if (!j->w->rules.wordless)
		f->rule = rate_rule(j, f, client ? "4xx" : "5xx", lim);
}

/* --- memory, CPU, disk: share of the limit --- */

static bool mem_high(const struct judge *j, const struct fine *f)
{
	return (double)f->mem >= j->t->memory.warn;
}

static bool cpu_high(const struct judge *j, const struct fine *f)
{
	return (double)f->cpu >= j->t->cpu.warn;
}

static bool disk_high(const struct judge *j, const struct fine *f)
{
	return (double)f->disk >= j->t->disk.warn;
}

static const char *share_rule(struct judge *j, const struct finding *f, const char *name,
        const char *of, const struct limits *lim)
{
	struct arena *a = j->a;
	const char *text;

	if (lim->warn < 0 && lim->crit < 0)
		return arena_printf(a, "%s: off", name);
	if (isnan(f->value))
		return arena_printf(a, "%s: no limit known or no data", name);
	text = arena_printf(a, "%s %s of %s, %s", name, say_share(a, f->value), of,
	        limits_text(a, lim, say_share));
	if (j->as_usual[f->signal])
		return arena_printf(a, "%s; as usual here, so it is fine", text);
	if (!isnan(f->eta_s))
		return arena_printf(a, "%s; full in %s (%s to %s) if it goes on, warns at %s", text,
		        say_span(a, f->eta_s), say_span(a, f->eta_low_s),
		        say_span(a, f->eta_high_s),
		        say_span(a, (double)j->t->exhaustion_ms / 1000));
	return text;
}

/* It counts when the near end of the interval is within the setting. A trend that has held for long
 * is believed further ahead: half its age, at most twice the setting. */
static void take_forecast(struct judge *j, struct finding *f, struct forecast c)
{
	double ahead = (double)j->t->exhaustion_ms / 1000;

	if (isnan(c.eta_s) || ahead <= 0)
		return;
	f->eta_s = c.eta_s;
	f->eta_low_s = c.low_s;
	f->eta_high_s = c.high_s;
	if (c.low_s > ahead && c.eta_s > fmax(ahead, fmin(2 * ahead, c.age_s / 2)))
		return;
	if (f->severity == SEVERITY_NONE)
		f->severity = SEVERITY_WARN;
	f->since_ms = c.since_ms;
	j->as_usual[f->signal] = false;
}

/* Flat all day, or as high at this time yesterday: this is how the service lives. */
static bool memory_as_usual(const struct judge *j, const struct finding *f)
{
	const struct usual *u = &j->w->usual;
	bool flat = u->mem_low >= f->value - 0.1 && f->value <= u->mem_high + USUAL_MARGIN;
	bool daily = f->severity == SEVERITY_WARN && f->value <= u->mem_same_time + USUAL_MARGIN;

	return f->value < NEARLY_FULL && (flat || daily);
}

void judge_memory(struct judge *j)
{
	struct finding *f = &j->w->view.signal[SIGNAL_MEMORY];
	const struct limits *lim = &j->t->memory;
	struct arena *a = j->a;

	f->unit = "share";
	f->value = j->x.mem;
	f->baseline = j->w->usual.mem_high;
	f->severity = grade(f->value, lim);
	f->limit = limit_for(f->severity, lim);
	if (f->severity)
		f->since_ms = onset(j, mem_high);
	if (f->severity && memory_as_usual(j, f)) {
		f->severity = SEVERITY_NONE;
		j->as_usual[SIGNAL_MEMORY] = true;
	}
	take_forecast(j, f, forecast_memory(j->w, j->k->now_ms));
	if (!j->w->rules.wordless)
		f->rule = share_rule(j, f, "memory",
		        j->w->mem_limit_gb > 0 ? say_gb(a, j->w->mem_limit_gb) : "its limit", lim);
}

void judge_cpu(struct judge *j)
{
	struct finding *f = &j->w->view.signal[SIGNAL_CPU];
	const struct limits *lim = &j->t->cpu;
	struct window some = window_of(j->w, j->k->now_ms, fine_count(j->w, SOME_MS));

	f->unit = "share";
	f->value = j->x.cpu;
	f->baseline = j->w->usual.cpu_same_time;
	f->severity = grade(f->value, lim);
	if (!f->severity && some.n_cpu >= 8 && grade(some.cpu_low, lim)) {
		f->severity = grade(some.cpu_low, lim);
		f->value = some.cpu;
	}
	f->limit = limit_for(f->severity, lim);
	if (f->severity)
		f->since_ms = onset(j, cpu_high);
	if (f->severity && f->baseline >= 0.75 * f->limit) {
		f->severity = SEVERITY_NONE;
		j->as_usual[SIGNAL_CPU] = true;
	}
	if (!j->w->rules.wordless)
		f->rule = share_rule(j, f, "cpu",
		        j->w->cpu_limit > 0 ? arena_printf(j->a, "%.3g vCPU", j->w->cpu_limit)
		                            : "its limit",
		        lim);
}

void judge_disk(struct judge *j)
{
	struct finding *f = &j->w->view.signal[SIGNAL_DISK];
	const struct limits *lim = &j->t->disk;
	struct arena *a = j->a;

	f->unit = "share";
	f->value = j->x.disk;
	f->severity = grade(f->value, lim);
	f->limit = limit_for(f->severity, lim);
	if (f->severity)
		f->since_ms = onset(j, disk_high);
	if (j->x.n_disk)
		take_forecast(j, f, forecast_disk(j->w, j->k->now_ms));
	if (j->w->rules.wordless)
		return;
	f->rule = isnan(f->value) && (lim->warn >= 0 || lim->crit >= 0)
	                  ? "disk: no volume"
	                  : share_rule(j, f, "disk",
	                            j->w->disk_limit_gb > 0 ? say_gb(a, j->w->disk_limit_gb)
	                                                    : "the volume",
	                            lim);
}
