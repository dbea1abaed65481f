/* looks_i.h - shared by the look_*.c files only: what every look needs. */
#ifndef HEAL_LOOKS_I_H
#define HEAL_LOOKS_I_H

#include "diagnose.h"
#include "incident.h"
#include "looks.h"

enum {
	HOUR_MS = 3600 * 1000,
	LOOK_BACK_MS = 2 * HOUR_MS, /* of logs before the onset: what is new, what is usual */
	CHANGE_MS = 2 * HOUR_MS,    /* a deployment this long before the onset is suspected */
	MAX_LOGS = 3000,
};

struct look {
	struct incident *inc;
	struct evidence_list *list;
	int64_t from_ms, to_ms;
	const char *window, *link, *deployment;
	json *out; /* the step's result; look_done adds items and masked */
};

bool look_init(struct wf *w, const json *in, struct look *k, struct err *e);
const json *look_done(struct wf *w, const struct look *k);
/* A failed read is evidence of its own: what is missing. Only what a retry may heal fails the step,
 * and only twice. */
const json *look_failed(
        struct wf *w, const struct look *k, const char *what, const struct err *why, struct err *e);
/* Redacted and clean. */
const char *look_safe(struct wf *w, const char *text, size_t max);
/* When the serving deployment was made, if that was shortly before the onset; else 0. */
int64_t look_change_ms(const struct look *k);

#endif
