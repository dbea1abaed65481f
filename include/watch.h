/*
 * watch.h - samples in, findings out. Pure: no clock, no I/O; the scan and `healbot simulate` run
 * this same code on the same samples.
 *
 * One `struct watch` follows one service: feed it samples in time order, then evaluate at the
 * scan's times. Its memory is bounded (about 8 KiB per service whatever the age), and it can be
 * saved to a blob and loaded again by any later version. Missing values are NAN: never zero, never
 * recovery. Thread: the caller's; objects are not shared.
 */
#ifndef HEAL_WATCH_H
#define HEAL_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "settings.h"

enum signal {
	SIGNAL_ERROR_RATE,    /* 5xx share */
	SIGNAL_CLIENT_ERRORS, /* 4xx share; off by default */
	SIGNAL_LATENCY,       /* p95, absolute or against the service's own usual */
	SIGNAL_MEMORY,        /* share of the limit, or forecast to reach it */
	SIGNAL_CPU,           /* share of the limit, sustained */
	SIGNAL_DISK,          /* share of the volume, or forecast */
	SIGNAL_CRASH_LOOP,    /* restarts, crashed instances, OOM */
	SIGNAL_DEPLOY,        /* latest deployment failed or is stuck */
	SIGNAL_SILENT,        /* traffic stopped that never stops */
	SIGNAL_CRON,          /* a scheduled job that did not run or failed */
	SIGNAL_COUNT
};

/* Stable words used in the store, JSON and commands: "error_rate" "client_error_rate" "latency"
 * "memory" "cpu" "disk" "crash_loop" "deploy" "silent" "cron". */
const char *signal_name(enum signal s);
bool signal_parse(const char *word, enum signal *out);
/* For people: "HTTP 5xx", "p95 latency", "memory" … */
const char *signal_label(enum signal s);

enum severity { SEVERITY_NONE, SEVERITY_WARN, SEVERITY_CRIT };
const char *severity_name(enum severity s); /* "none" "warning" "critical" */

/* One sample of one service (typically a minute). Counts are per sample; NAN = missing. */
struct watch_sample {
	int64_t ts_ms;
	double cpu, cpu_limit; /* vCPU */
	double mem_gb, mem_limit_gb;
	double disk_gb, disk_limit_gb;
	double requests, errors_4xx, errors_5xx;
	double p50_ms, p95_ms, p99_ms;
	bool deploy; /* first sample of a new deployment */
};

/* What is known at evaluation time besides samples. */
struct watch_facts {
	int64_t now_ms;
	bool has_http; /* the service has a public domain */
	bool sleeping; /* app sleeping: silence is normal */
	bool is_cron, is_database;
	int crashed, running, expected; /* instances; -1 = unknown */
	int restarts;                   /* crashes or restarts inside the window; -1 = unknown */
	bool deploy_failed;             /* latest deployment FAILED or CRASHED */
	bool deploy_stuck;              /* building or deploying for longer than its grace */
	int64_t deployed_ms;            /* when the running deployment began; 0 = unknown */
	bool cron_missed;
};

struct finding {
	enum signal signal;
	enum severity severity;
	double value, limit; /* in `unit`s; limit = the threshold that was crossed */
	double baseline;     /* the usual value; NAN = none yet */
	const char *unit;    /* "share" "ms" "count" "gb" "s" */
	double numerator,
	        denominator; /* failed and all requests, when that is what it is; else NAN */
	int64_t since_ms;    /* when it began */
	double eta_s;        /* forecast time to exhaustion; NAN = none */
	double eta_low_s, eta_high_s; /* 80 % interval; NAN = none */
	bool at_once;     /* opens without waiting for N of M (crash loop, ≥ 50 % errors) */
	const char *rule; /* in words, with the numbers: why this is (not) a finding */
};

/* The current state of every signal, for /heal why: also those that are fine. */
struct watch_view {
	struct finding signal[SIGNAL_COUNT]; /* severity NONE = fine; rule says why */
	int streak_bad[SIGNAL_COUNT], streak_good[SIGNAL_COUNT];
	int recent_bad[SIGNAL_COUNT]; /* bad ones of the last open_m judged scans */
	int close_at[SIGNAL_COUNT];   /* good ones in a row that close it */
	bool open[SIGNAL_COUNT];
	enum severity severity; /* worst of the open ones */
	bool no_traffic;        /* quiet: not recovery */
	bool blind;             /* no samples in the window */
	bool in_grace;          /* after a deployment */
};

enum watch_event_kind { WATCH_OPEN, WATCH_WORSE, WATCH_BETTER, WATCH_HOLD, WATCH_CLOSE };
struct watch_event {
	enum watch_event_kind kind;
	enum signal signal;
	struct finding finding;
};

struct watch_rules {
	const struct thresholds *thresholds;
	int64_t every_ms, window_ms;
	int open_n, open_m, close_n;
	bool wordless; /* findings without `rule`: for simulations, where nobody reads them */
};

struct watch;

struct watch *watch_new(struct arena *a, const struct watch_rules *r);
/* A sample older than the last one is ignored (scan windows overlap). */
void watch_feed(struct watch *w, const struct watch_sample *s);
/* Judges the window that ends at f->now_ms, applies hysteresis, and returns the events (arena `a`).
 * Call it once per scan. */
const struct watch_event *watch_evaluate(
        struct watch *w, struct arena *a, const struct watch_facts *f, size_t *n_out);
/* The state after the last evaluation. */
const struct watch_view *watch_view(const struct watch *w);
/* Timestamp of the newest sample fed, ms; 0 = none. */
int64_t watch_last_ms(const struct watch *w);
/* Serialised state (versioned, endian-neutral), for the store; load ignores an unreadable blob and
 * starts afresh (returns false). */
const void *watch_save(const struct watch *w, struct arena *a, size_t *n_out);
bool watch_load(struct watch *w, const void *blob, size_t n);

#endif
