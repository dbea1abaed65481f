/* judge.h - the parts of judging one service at one time, for bot/watch/ only. */
#ifndef WATCH_JUDGE_H
#define WATCH_JUDGE_H

#include "watch/state.h"

/* Sums and means of the newest bins. */
struct window {
	double requests, e4xx, e5xx;
	double cpu, cpu_low, mem, disk; /* shares; NAN = none */
	int bins, counted, n_cpu, n_mem, n_disk;
};

/* One evaluation in progress. */
struct judge {
	struct watch *w;
	const struct thresholds *t;
	const struct watch_facts *k;
	struct arena *a;               /* for rules */
	int64_t deployed_ms;           /* the newest deployment; 0 = none known */
	struct window x;               /* the whole window */
	int bins;                      /* of the whole window */
	int64_t span_ms[SIGNAL_COUNT]; /* what the finding was measured over */
	bool as_usual[SIGNAL_COUNT];   /* over the limit, but always so */
	bool unusual;                  /* errors: below the limit, but far above the usual */
};

struct window window_of(const struct watch *w, int64_t now_ms, int bins);
/* A negative limit is off. NAN is no trouble. */
enum severity grade(double value, const struct limits *lim);

/* Each fills its own finding. judge.c: */
void judge_rate(struct judge *j, enum signal s, const struct limits *lim);
void judge_memory(struct judge *j);
void judge_cpu(struct judge *j);
void judge_disk(struct judge *j);
/* latency.c */
void judge_latency(struct judge *j);
/* events.c: crash loop, deployment, silence, cron */
void judge_crash(struct judge *j);
void judge_deploy(struct judge *j);
void judge_silent(struct judge *j);
void judge_cron(struct judge *j);

#endif
