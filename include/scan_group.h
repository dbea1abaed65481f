/*
 * scan_group.h - which of the services that need attention at one time fail together, so that they
 * get one thread (a parent incident) and not one each.
 *
 *   database   a database is bad, and at least two services began failing with it
 *   deploy     at least two services are bad since the same commit was deployed to them
 *   at once    at least four services began failing within ten minutes (or one scan)
 *
 * Pure: a scan in, groups out. Signals that are nobody else's fault (memory, disk, a job that did
 * not run) do not count for the first and the last. What is named is a likely cause, not a proof.
 */
#ifndef HEAL_SCAN_GROUP_H
#define HEAL_SCAN_GROUP_H

#include "hold.h"
#include "scan.h"

struct scan_group {
	size_t leader;         /* index of its service in the scan */
	int64_t incident;      /* it has this open incident; 0 = one must be opened */
	const char *cause;     /* for people, clean text */
	const size_t *members; /* the other services */
	size_t nmembers;
};

/* `fresh`: indices of the services that would get a thread of their own now; `open`: the unfinished
 * incidents. Each service is in at most one group. Groups live in the arena. */
struct scan_group *scan_groups(struct arena *a, const struct scan *scan, const size_t *fresh,
        size_t nfresh, const struct incident *open, size_t nopen, size_t *n_out);

/* When the trouble of a service began: the earliest of its signals that are bad; `now` when none
 * says. Wall ms. */
int64_t scan_began(const struct scan_service *x, int64_t now_ms);
/* Is any of its signals open (confirmed)? */
bool scan_any_open(const struct scan_service *x);

/* The group as facts (facts.h, "group"): its cause and its members as the candidates tell. NULL
 * when `incident` has no member that is still bad. */
json *scan_group_facts(struct arena *a, const char *cause, int64_t incident,
        const struct candidate *list, size_t n);

#endif
