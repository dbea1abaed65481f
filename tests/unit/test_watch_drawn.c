/*
 * Each signal, drawn: a picture of one metric over time and what must open. A block is a stretch of
 * `minutes`, ▁ is `low` and █ is `high` (with `ramp` it climbs from block to block), a blank is a
 * gap without samples. A day of ordinary life comes before each picture unless it says otherwise.
 */
#include "unit.h"

#include <math.h>

#include "app/config.h"
#include "str.h"
#include "watch.h"

enum { MIN_MS = 60000, DAY = 1440 };

static const int64_t start_ms = 1700006400000; /* a midnight */

enum metric { E5XX, E4XX, P95, P99, CPU, MEM, DISK, REQUESTS, NOTHING };
#define BIT(s) (1U << SIGNAL_##s)

struct picture {
	const char *name, *blocks;
	enum metric metric;
	int minutes;
	double low, high;
	unsigned opens; /* bits of signals; exactly these */
	unsigned critical;
	const char *rule; /* a part of the last rule of the signal; NULL = any */
	bool ramp;
	int before;        /* minutes of ordinary life; 0 = a day, -1 = none */
	double requests;   /* a minute; 0 = 300; < 0 = no HTTP */
	unsigned still;    /* open at the end */
	const char *extra; /* thresholds to try */
	int deploy;        /* a deployment this many minutes after the picture begins; 0 = none */
	bool sleeping, cron;
};

#define DRAWN(n, b, m, step, lo, hi, ...)                                                          \
	{                                                                                          \
		.name = n, .blocks = b, .metric = m, .minutes = step, .low = lo, .high = hi,       \
		__VA_ARGS__                                                                        \
	}

static const struct picture pictures[] = {
        /* 5xx */
        DRAWN("a burst of errors", "▁▁▁█▁▁▁▁▁▁", E5XX, 30, 0, 0.3, .opens = BIT(ERROR_RATE),
                .critical = BIT(ERROR_RATE)),
        DRAWN("a hiccup of two minutes", "▁▁▁▁▁▁▁█▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁", E5XX, 2, 0, 0.3, .opens = 0),
        DRAWN("1.5 times the limit, for hours", "▁▁██████", E5XX, 30, 0.001, 0.03,
                .opens = BIT(ERROR_RATE), .rule = "warns at 2 %", .still = BIT(ERROR_RATE)),
        DRAWN("under the limit, ten times the usual", "▁▁██████", E5XX, 30, 0.0005, 0.015,
                .opens = BIT(ERROR_RATE), .rule = "usual here is", .still = BIT(ERROR_RATE),
                .requests = 1200),
        DRAWN("one of three requests fails, of six an hour", "▁▁██████", E5XX, 30, 0, 0.34,
                .rule = "from 50 requests on", .requests = 0.1),
        DRAWN("an outage opens with the first scan", "▁▁█", E5XX, 10, 0, 0.9,
                .opens = BIT(ERROR_RATE), .critical = BIT(ERROR_RATE), .still = BIT(ERROR_RATE)),
        DRAWN("errors of a deployment's first minutes", "▁▁▁█▁▁▁▁▁▁▁▁▁", E5XX, 3, 0, 0.3,
                .deploy = 9),
        DRAWN("flapping stays one incident", "▁██▁▁▁▁██▁▁▁▁██▁▁▁▁▁▁▁", E5XX, 10, 0, 0.2,
                .opens = BIT(ERROR_RATE), .critical = BIT(ERROR_RATE)),
        /* 4xx */
        DRAWN("scanners: off by default", "▁▁████▁▁", E4XX, 30, 0.02, 0.7, .rule = "off"),
        DRAWN("4xx when it is asked for", "▁▁████", E4XX, 30, 0.02, 0.4,
                .opens = BIT(CLIENT_ERRORS), .critical = BIT(CLIENT_ERRORS),
                .extra = "client_error_rate=10%/25%", .still = BIT(CLIENT_ERRORS)),
        /* latency */
        DRAWN("slow: over the limit and far from usual", "▁▁████", P95, 15, 120, 6000,
                .opens = BIT(LATENCY), .critical = BIT(LATENCY), .still = BIT(LATENCY)),
        DRAWN("five times the usual, under a second", "▁▁████", P95, 15, 120, 620,
                .opens = BIT(LATENCY), .critical = BIT(LATENCY), .still = BIT(LATENCY)),
        DRAWN("a third slower", "▁▁████", P95, 30, 120, 160, .opens = 0),
        DRAWN("creeping up", "▁▂▃▄▅▆▇█", P95, 60, 120, 1200, .opens = BIT(LATENCY),
                .critical = BIT(LATENCY), .ramp = true, .still = BIT(LATENCY)),
        DRAWN("p99 where it is asked for", "▁▁████", P99, 30, 300, 9000, .opens = BIT(LATENCY),
                .rule = "p99", .extra = "p99=5s/-", .still = BIT(LATENCY)),
        DRAWN("p99 where it is not", "▁▁████", P99, 30, 300, 9000, .opens = 0),
        /* CPU */
        DRAWN("pinned CPU", "▁▁████", CPU, 15, 0.2, 0.97, .opens = BIT(CPU), .still = BIT(CPU)),
        DRAWN("five busy minutes", "▁▁▁█▁▁▁▁▁▁▁▁", CPU, 5, 0.2, 0.99, .opens = 0),
        DRAWN("busy, not pinned", "▁▁████", CPU, 60, 0.2, 0.8, .opens = 0),
        /* memory */
        DRAWN("a leak: ten hours to the limit", "▁▂▃▄▅▆", MEM, 60, 0.2, 0.85, .opens = BIT(MEMORY),
                .rule = "if it goes on", .ramp = true, .still = BIT(MEMORY)),
        DRAWN("a cache fills and stays", "▁▅▇▇████████████", MEM, 60, 0.2, 0.3, .ramp = true),
        DRAWN("nearly full", "▁▁████", MEM, 15, 0.4, 0.97, .opens = BIT(MEMORY),
                .critical = BIT(MEMORY), .still = BIT(MEMORY)),
        DRAWN("flat at 88 % for ever", "████████████████████████", MEM, 60, 0.2, 0.88,
                .rule = "as usual here", .before = -2),
        DRAWN("killed once at the limit", "▁▁▄█▁▁▁▁", MEM, 20, 0.2, 0.99, .opens = BIT(CRASH_LOOP)),
        DRAWN("killed again and again", "▁▁▄█▁▄█▁▄█▁▄█▁▄█", MEM, 3, 0.3, 0.99,
                .opens = BIT(CRASH_LOOP), .critical = BIT(CRASH_LOOP), .still = BIT(CRASH_LOOP)),
        DRAWN("a deployment makes room", "▁▁▄█▁▁▁▁▁▁▁▁", MEM, 20, 0.2, 0.94, .opens = 0,
                .deploy = 81),
        /* disk */
        DRAWN("a disk fills: four hours to go", "▁▂▃▄▅▆▇", DISK, 60, 0.3, 0.8, .opens = BIT(DISK),
                .rule = "if it goes on", .ramp = true, .still = BIT(DISK)),
        DRAWN("a disk is nearly full", "██████", DISK, 30, 0.3, 0.97, .opens = BIT(DISK),
                .critical = BIT(DISK), .still = BIT(DISK), .before = -1),
        DRAWN("a disk half full", "████████", DISK, 60, 0.3, 0.5, .opens = 0),
        /* traffic */
        DRAWN("busy, and then nothing", "██▁▁▁▁", REQUESTS, 15, 0, 300, .opens = BIT(SILENT),
                .rule = "no traffic", .still = BIT(SILENT)),
        DRAWN("three quiet minutes", "█████▁█████████", REQUESTS, 3, 0, 300, .opens = 0),
        DRAWN("nothing, for the first time known", "██▁▁▁▁", REQUESTS, 15, 0, 300, .before = -1),
        DRAWN("asleep", "██▁▁▁▁", REQUESTS, 15, 0, 300, .rule = "asleep", .sleeping = true),
        DRAWN("seldom used: a quiet hour", "████▁▁▁▁", REQUESTS, 15, 0, 0.4, .requests = 0.4),
        /* a worker without HTTP */
        DRAWN("a worker stops working", "████▁▁▁▁", CPU, 15, 0.001, 0.3, .opens = BIT(SILENT),
                .rule = "the least", .requests = -1, .still = BIT(SILENT), .before = 2 * DAY),
        DRAWN("a job is idle most of the time", "█▁▁▁▁▁▁▁", CPU, 30, 0.001, 0.3, .requests = -1,
                .cron = true, .before = 2 * DAY),
        /* gaps */
        DRAWN("no samples are no recovery", "▁██          ", E5XX, 10, 0, 0.3,
                .opens = BIT(ERROR_RATE), .critical = BIT(ERROR_RATE), .still = BIT(ERROR_RATE)),
        DRAWN("no samples are no trouble", "▁▁▁          ", E5XX, 10, 0, 0.3, .opens = 0),
        DRAWN("a gap in the middle", "▁█   ████", E5XX, 10, 0, 0.3, .opens = BIT(ERROR_RATE),
                .critical = BIT(ERROR_RATE), .still = BIT(ERROR_RATE)),
};

/* --- the pictures' values --- */

/* Height of the block at p: 0 … 7, -1 for a blank; moves on. */
static int block_at(const char **p)
{
	const unsigned char *s = (const unsigned char *)*p;

	if (*s == ' ') {
		(*p)++;
		return -1;
	}
	assert_true(s[0] == 0xe2 && s[1] == 0x96); /* U+2581 … U+2588 */
	*p += 3;
	return s[2] - 0x81;
}

static int heights(const char *blocks, int *out)
{
	int n = 0;

	while (*blocks)
		out[n++] = block_at(&blocks);
	return n;
}

struct life {
	const struct picture *p;
	struct arena *a;
	struct watch *w;
	uint32_t seed;
	int64_t minute;
	unsigned opened, critical;
	bool http;
	int64_t deployed_ms;
};

static double noise(struct life *l) /* -1 … 1 */
{
	l->seed = l->seed * 1664525U + 1013904223U;
	return (double)(l->seed >> 8) / (1 << 23) - 1;
}

static struct watch_sample ordinary(struct life *l)
{
	double requests = l->p->requests > 0 ? l->p->requests : 300;

	if (requests < 1) /* one now and then */
		requests = noise(l) * 0.5 + 0.5 < requests ? 1 : 0;
	return (struct watch_sample){.ts_ms = start_ms + l->minute * MIN_MS,
	        .cpu = 0.4 * (1 + 0.1 * noise(l)),
	        .cpu_limit = 2,
	        .mem_gb = 0.4 * (1 + 0.005 * noise(l)),
	        .mem_limit_gb = 2,
	        .disk_gb = 1.5,
	        .disk_limit_gb = 5,
	        .requests = l->http ? requests : (double)NAN,
	        .errors_4xx = l->http ? floor(requests * 0.02) : (double)NAN,
	        .errors_5xx = l->http ? 0 : (double)NAN,
	        .p50_ms = l->http ? 40 : (double)NAN,
	        .p95_ms = l->http ? 120 * (1 + 0.05 * noise(l)) : (double)NAN,
	        .p99_ms = l->http ? 300 : (double)NAN};
}

static void draw(struct life *l, struct watch_sample *s, double v)
{
	switch (l->p->metric) {
	case E5XX:
		s->errors_5xx = v > 0 && v * s->requests < 1 ? noise(l) < v * 2 - 1
		                                             : round(v * s->requests);
		break;
	case E4XX:
		s->errors_4xx = round(v * s->requests);
		break;
	case P95:
		s->p95_ms = v * (1 + 0.05 * noise(l));
		break;
	case P99:
		s->p99_ms = v;
		break;
	case CPU:
		s->cpu = v * s->cpu_limit * (1 + 0.01 * noise(l));
		break;
	case MEM:
		s->mem_gb = v * s->mem_limit_gb * (1 + 0.003 * noise(l));
		break;
	case DISK:
		s->disk_gb = v * s->disk_limit_gb;
		break;
	case REQUESTS:
		s->requests = round(v);
		if (s->requests <= 0)
			s->errors_4xx = 0, s->p50_ms = s->p95_ms = s->p99_ms = (double)NAN;
		break;
	case NOTHING:
		break;
	}
}

static void scan_now(struct life *l)
{
	struct watch_facts f = {.now_ms = start_ms + l->minute * MIN_MS,
	        .has_http = l->http,
	        .sleeping = l->p->sleeping,
	        .is_cron = l->p->cron,
	        .crashed = 0,
	        .running = 1,
	        .expected = 1,
	        .restarts = -1,
	        .deployed_ms = l->deployed_ms};
	const struct watch_event *ev;
	size_t n;

	ev = watch_evaluate(l->w, l->a, &f, &n);
	for (size_t i = 0; i < n; i++) {
		unsigned bit = 1U << ev[i].signal;

		l->opened |= ev[i].kind == WATCH_OPEN ? bit : 0;
		l->critical |= ev[i].finding.severity == SEVERITY_CRIT ? bit : 0;
	}
}

static void step(struct life *l, struct watch_sample *s)
{
	if (s) {
		s->deploy = l->deployed_ms == s->ts_ms;
		watch_feed(l->w, s);
	}
	l->minute++;
	if (l->minute % 10 == 0)
		scan_now(l);
}

static void live(struct life *l, int minutes)
{
	for (int i = 0; i < minutes; i++) {
		struct watch_sample s = ordinary(l);

		if (l->p->metric != E5XX && l->p->metric != NOTHING && l->p->metric != REQUESTS &&
		        l->p->before == -2)
			draw(l, &s, l->p->high);
		step(l, &s);
	}
}

static void show(struct life *l)
{
	const struct picture *p = l->p;
	int h[64], n = heights(p->blocks, h);
	int64_t begin = l->minute;

	for (int b = 0; b < n; b++) {
		int next = b + 1 < n && p->ramp ? h[b + 1] : h[b];

		for (int i = 0; i < p->minutes; i++) {
			struct watch_sample s = ordinary(l);
			double at = h[b] + (double)(next - h[b]) * i / p->minutes;

			if (p->deploy > 0 && l->minute - begin == p->deploy)
				l->deployed_ms = s.ts_ms;
			draw(l, &s, p->low + (p->high - p->low) * at / 7);
			step(l, h[b] < 0 ? NULL : &s);
		}
	}
}

/* The leading signal's rule at the end holds what the picture says. */
static bool rule_as_drawn(const struct picture *p, const struct watch_view *v)
{
	static const enum signal of[] = {SIGNAL_ERROR_RATE, SIGNAL_CLIENT_ERRORS, SIGNAL_LATENCY,
	        SIGNAL_LATENCY, SIGNAL_CPU, SIGNAL_MEMORY, SIGNAL_DISK, SIGNAL_SILENT,
	        SIGNAL_SILENT};
	enum signal s = p->opens == BIT(SILENT) ? SIGNAL_SILENT : of[p->metric];

	if (!p->rule || strstr(v->signal[s].rule, p->rule))
		return true;
	print_error("%s: the rule is “%s”\n", p->name, v->signal[s].rule);
	return false;
}

static bool as_drawn(const struct life *l, unsigned still, const struct watch_view *v)
{
	const struct picture *p = l->p;

	if (l->opened == p->opens && l->critical == p->critical && still == p->still)
		return rule_as_drawn(p, v);
	print_error("%s: opened %#x not %#x, critical %#x not %#x, still open %#x not %#x\n",
	        p->name, l->opened, p->opens, l->critical, p->critical, still, p->still);
	for (int i = 0; i < SIGNAL_COUNT; i++)
		if ((l->opened | p->opens) >> i & 1)
			print_error("    %s\n", v->signal[i].rule);
	return false;
}

static void test_pictures(void **state)
{
	struct arena *a = *state;
	int wrong = 0;

	for (size_t i = 0; i < UNIT_LEN(pictures); i++) {
		const struct picture *p = &pictures[i];
		struct config_source none = {0};
		struct str problems = str_new(a);
		const struct settings *set = config_load(a, &none, &problems);
		struct err e = {0};
		struct life l = {.p = p, .a = a, .seed = (uint32_t)i + 1, .http = p->requests >= 0};
		const struct watch_view *v;
		unsigned still = 0;

		unit_case("%s", p->name);
		if (p->extra)
			assert_true(settings_try(a, set, &p->extra, 1, &set, &e));
		l.w = watch_new(a, &(struct watch_rules){&set->thresholds, 10 * MIN_MS, 30 * MIN_MS,
		                           2, 3, 3, false});
		live(&l, p->before == -1   ? 0
		         : p->before == -2 ? DAY
		         : p->before == 0  ? DAY
		                           : p->before);
		if (p->before == -2) /* what was new then is usual now */
			l.opened = l.critical = 0;
		show(&l);
		v = watch_view(l.w);
		for (int k = 0; k < SIGNAL_COUNT; k++)
			still |= v->open[k] ? 1U << k : 0;
		wrong += !as_drawn(&l, still, v);
		arena_reset(a);
	}
	assert_int_equal(wrong, 0);
}

/* A week of days like this one, but nobody works on Sunday: no traffic then is no silence. */
static void test_hour_of_the_week(void **state)
{
	static const struct picture shop = {.name = "a shop", .metric = NOTHING};
	struct arena *a = *state;
	struct config_source none = {0};
	struct str problems = str_new(a);
	const struct settings *set = config_load(a, &none, &problems);
	struct life l = {.p = &shop, .a = a, .seed = 5, .http = true};

	l.w = watch_new(a,
	        &(struct watch_rules){&set->thresholds, 10 * MIN_MS, 30 * MIN_MS, 2, 3, 3, true});
	for (int64_t day = 0; day < 15; day++) {
		bool sunday = day % 7 == 5;

		for (int i = 0; i < DAY; i++) {
			struct watch_sample s = ordinary(&l);

			if (sunday)
				s.requests = s.errors_4xx = 0, s.p50_ms = s.p95_ms = s.p99_ms = NAN;
			step(&l, &s);
		}
		if (day == 5) /* the first one is news */
			assert_int_equal(l.opened, BIT(SILENT));
		if (day == 6)
			l.opened = 0;
	}
	assert_int_equal(l.opened, 0);
}

/*   __██__██__██__██__   comes back within hours: good for longer each time before it closes */
static void test_flapping_closes_later(void **state)
{
	static const struct picture p = {.name = "flaps", .metric = E5XX};
	struct arena *a = *state;
	struct config_source none = {0};
	struct str problems = str_new(a);
	const struct settings *set = config_load(a, &none, &problems);
	struct life l = {.p = &p, .a = a, .seed = 9, .http = true};
	int closed_after[4];

	l.w = watch_new(a,
	        &(struct watch_rules){&set->thresholds, 10 * MIN_MS, 30 * MIN_MS, 2, 3, 3, true});
	live(&l, DAY);
	for (int round = 0; round < 4; round++) {
		for (int i = 0; i < 30; i++) {
			struct watch_sample s = ordinary(&l);

			s.errors_5xx = 60;
			step(&l, &s);
		}
		assert_true(watch_view(l.w)->open[SIGNAL_ERROR_RATE]);
		closed_after[round] = 0;
		while (watch_view(l.w)->open[SIGNAL_ERROR_RATE]) {
			live(&l, 10);
			closed_after[round]++;
			assert_true(closed_after[round] < 30);
		}
	}
	assert_true(closed_after[1] >= closed_after[0] + 3);
	assert_true(closed_after[2] >= closed_after[1] + 3);
	assert_true(closed_after[3] >= closed_after[2]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        UNIT_ARENA(test_pictures),
	        UNIT_ARENA(test_hour_of_the_week),
	        UNIT_ARENA(test_flapping_closes_later),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
