/*
 * state.h - what one struct watch remembers, for bot/watch/ only.
 *
 * Three rings, bounded whatever the age: fine bins (a minute each by default) that cover the
 * window, quarter-hour slots that cover two days, and the hours of a week. A slot is packed to
 * 16-bit numbers: shares in 1/50000, everything else on a logarithmic scale of 0.1 % per step or
 * finer. All that is judged is computed from these rings, so that saving them saves everything.
 */
#ifndef WATCH_STATE_H
#define WATCH_STATE_H

#include <math.h>

#include "watch.h"

#define SHARE_STEPS 50000.0

enum {
	FINE = 48,      /* fine bins */
	SLOTS = 192,    /* quarter hours: two days */
	DAY_SLOTS = 96, /* quarter hours of a day */
	HOUR_SLOTS = 4,
	WEEK_HOURS = 168,
	SLOT_MS = 900000, /* a quarter of an hour */
	MINUTE_MS = 60000,
	NO_U16 = 0xffff, /* no value */
	LATELY = 16,     /* slots (four hours): what is higher than all before them is new */
	RESTARTS = 8,    /* remembered out-of-memory restarts */
	MAX_FLAPS = 3,
};

struct fine {
	float requests, e4xx, e5xx; /* sums; NAN = unknown */
	float p95, p99;             /* ms, weighted by requests */
	float cpu, mem, disk;       /* mean share of the limit */
	uint32_t n;                 /* samples */
};

enum slot_flag { SLOT_USED = 1, SLOT_SLOW = 2 };

struct slot {
	uint16_t mem_low, mem_high, disk, cpu; /* share */
	uint16_t p95, requests;                /* log: ms; requests a minute */
	uint16_t e5xx;                         /* share of the requests */
	uint16_t flags;                        /* enum slot_flag */
};

/* The slot that is being filled. */
struct filling {
	double mem_low, mem_high, disk, cpu, p95, p95_weight, requests, e5xx;
	uint32_t n_disk, n_cpu, n_requests, flags;
};

/* One hour of the week, blended with the same hour of the weeks before. */
struct hour {
	uint16_t p95, requests; /* log: the highest of its slots that were not slow; the lowest */
	uint16_t cpu, mem;      /* share: the highest */
};

/* What is usual, from the slots; worked out anew whenever a slot is complete. NAN = not known. */
struct usual {
	double p95;               /* ms: median of two days, or that of this time of day or of the
	                           * week if more */
	double requests;          /* a minute, at this time yesterday or last week: the lowest */
	double cpu_same_time;     /* highest share around this time yesterday or last week */
	double mem_same_time;     /* highest share around this time yesterday or last week */
	double mem_low, mem_high; /* of the last day without the last 90 minutes */
	unsigned slots;           /* how many there are */
	/* of two days, at the begin of this hour: */
	int64_t hour;                  /* its first slot */
	double two_days_p95, high_p95; /* ms: the median; what a tenth of the slots is above */
	double error_rate;             /* share, the last hour left out */
	double mem_top, disk_top;      /* highest before tops_until (four hours ago) */
	double cpu_least;              /* lowest before that; NAN without a day of it */
	int mem_slots, disk_slots;     /* how many there are */
	int64_t tops_until;            /* slot */
};

struct watch {
	struct watch_rules rules;
	int64_t fine_ms;
	struct watch_view view;
	uint32_t history[SIGNAL_COUNT]; /* bit i: bad i judged scans ago */
	int64_t since[SIGNAL_COUNT];
	enum severity open_severity[SIGNAL_COUNT];
	int lower[SIGNAL_COUNT]; /* scans in a row below open_severity */
	int flaps[SIGNAL_COUNT]; /* how often it came back soon after it had closed */
	int64_t closed_ms[SIGNAL_COUNT];
	int64_t last_ms, deploy_ms, segment_ms, evaluated_ms;
	int64_t restart_ms[RESTARTS]; /* of memory found in the samples, newest first */
	int64_t oom_ms;               /* the newest that fell from (nearly) the limit */
	int64_t now_ms, now_at;       /* of the evaluation under way, and its bin; not saved */
	int64_t fine_at, slot_at;     /* number of the newest bin, of the slot being filled */
	double mem_limit_gb, disk_limit_gb, cpu_limit, last_mem;
	struct fine fine[FINE];
	struct slot slot[SLOTS];
	struct filling filling;
	struct hour week[WEEK_HOURS];
	struct usual usual;
	bool has_requests;
};

/* --- packing (pack.c) --- */
uint16_t pack_share(double v);
static inline double unpack_share(uint16_t v)
{
	return v == NO_U16 ? (double)NAN : v / SHARE_STEPS;
}
uint16_t pack_log(double v); /* v >= 0 */
double unpack_log(uint16_t v);

/* The value at place k of v sorted; reorders v (Hoare's quickselect). 0 <= k < n. */
double select_nth(double *v, int n, int k);

/* --- rings (feed.c) --- */
/* Number of the bin that ends at or holds now_ms: asked for hundreds of times an evaluation. */
static inline int64_t fine_number(const struct watch *w, int64_t now_ms)
{
	return now_ms == w->now_ms ? w->now_at : (now_ms - 1) / w->fine_ms;
}
/* The bin `back` bins before the one that holds now_ms; NULL when there is none. */
static inline const struct fine *fine_back(const struct watch *w, int64_t now_ms, int back)
{
	int64_t at = fine_number(w, now_ms) - back;
	const struct fine *f;

	if (at > w->fine_at || at <= w->fine_at - FINE || at < 0)
		return NULL;
	f = &w->fine[(uint64_t)at % FINE];
	return f->n ? f : NULL;
}
int64_t fine_start(const struct watch *w, int64_t now_ms, int back); /* its begin, ms */
/* Number of bins in `ms` of time, at least 1, at most FINE. */
int fine_count(const struct watch *w, int64_t ms);
/* The complete slot number `at` (slots since the epoch); NULL = none. */
static inline const struct slot *slot_of(const struct watch *w, int64_t at)
{
	const struct slot *s;

	if (at >= w->slot_at || at < w->slot_at - SLOTS || at < 0)
		return NULL;
	s = &w->slot[(uint64_t)at % SLOTS];
	return s->flags & SLOT_USED ? s : NULL;
}

/* --- usual.c --- */
void usual_update(struct watch *w);
/* An hour (since the epoch) is complete: into the week. */
void usual_learn_hour(struct watch *w, int64_t hour);

/* --- trend.c --- */
struct forecast {
	double eta_s, low_s, high_s; /* NAN = not filling up */
	int64_t since_ms;
	double age_s; /* how long the trend has held */
};
/* When memory (or the disk) is full, should its trend go on. */
struct forecast forecast_memory(const struct watch *w, int64_t now_ms);
struct forecast forecast_disk(const struct watch *w, int64_t now_ms);

/* --- judge.c --- */
/* Fills w->view.signal and the flags of the view; no hysteresis. Rules are written to `a`. */
void judge_all(struct watch *w, struct arena *a, const struct watch_facts *k);

/* --- words.c --- */
const char *say_share(struct arena *a, double share);
const char *say_count(struct arena *a, double v);
const char *say_ms(struct arena *a, double ms);
const char *say_gb(struct arena *a, double gb);
const char *say_span(struct arena *a, double seconds);

#endif
