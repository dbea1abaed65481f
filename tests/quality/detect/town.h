/*
 * town.h - services whose metrics are drawn, with the truth about them; for make quality.
 *
 * A service is three days of minutes. First its ordinary life is drawn (load with two daily waves
 * and a weekly one, jitter with a memory and now and then a heavy tail), then a kind bends it, then
 * the minutes become samples. The first day is history and not scored.
 */
#ifndef QUALITY_TOWN_H
#define QUALITY_TOWN_H

#include <stdbool.h>
#include <stdint.h>

#include "quality/quality.h"

enum { DAYS = 3, DAY = 1440, MINUTES = DAYS * DAY };

#define TOWN_START 1767571200LL /* Unix seconds: a Monday, midnight UTC */

struct minute {
	float load;      /* times the usual requests of this minute */
	float e5, e4;    /* share of the requests */
	float slow;      /* times the usual latency */
	float wait_ms;   /* on top of it: somebody else is slow */
	float cpu_extra; /* share of the limit */
	float mem;       /* share of the limit, before noise; < 0 = the usual */
	float disk;      /* share of the volume; < 0 = none */
	float up;        /* 1; 0 = does not answer, all requests fail */
	bool gap, deploy;
};

struct truth {
	bool any;
	int onset, by, until; /* minutes; an alert after `by` is late */
	int full, climb; /* leaks: first minute at the limit, begin of the climb to it; 0 = none */
};

struct service {
	char name[32];
	double requests; /* a minute, usually */
	double wave, second, weekend, phase;
	double p50, p95;                /* ms */
	double mem, cpu_idle, cpu_busy; /* shares: of memory; of CPU without and with usual load */
	double cpu_limit, mem_limit, disk_limit;
	struct minute m[MINUTES];
	struct truth truth;
};

struct kind {
	const char *name;
	bool healthy;
	void (*bend)(struct service *s);
};
extern const struct kind kinds[]; /* ended by {NULL} */

double draw_real(double low, double high);
double draw_log(double low, double high); /* evenly in the logarithm */
/* How busy minute i usually is, around 1. */
double town_wave(const struct service *s, int i);

/* An ordinary service; name "KIND-N". */
void town_service(struct service *s, const char *kind, int n);
/* Minute i of s as a CSV line, nothing in a gap. */
struct jitter {
	double load, mem, cpu, latency; /* noise that remembers */
};
void town_line(struct str *b, const struct service *s, int i, struct jitter *j);

#endif
