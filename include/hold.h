/*
 * hold.h - what keeps a finding from becoming a thread, and the switch that keeps money unspent.
 *
 *   shadow   after the install nothing is posted per incident; what would have opened is listed
 *   mute     a maintenance window of one service
 *   group    the finding is a member of another service's incident (see scan_group.h)
 *   pause    no model is asked and no fix is started; measuring and opening go on
 *
 * A finding that is held is a candidate: one unfinished row per service, kept as long as it is bad
 * and 35 days afterwards, so that `why` and the shadow list can speak of it. When nothing holds it
 * any more and it is still bad, the next scan opens its incident.
 *
 * Everything is in the store and survives a restart. Structs live in the given arena. Times are
 * wall ms. Thread: workers, the loop (pages).
 */
#ifndef HEAL_HOLD_H
#define HEAL_HOLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "err.h"
#include "json.h"
#include "settings.h"
#include "watch.h"

struct store;

/* --- shadow mode --- */

struct shadow {
	bool on;
	int64_t since_ms;    /* the first scan */
	int64_t until_ms;    /* then it ends by itself; INT64_MAX = when somebody says so */
	const char *live_by; /* who said so; NULL = nobody did */
	int64_t live_ms;
};
/* By [scan] shadow and what was said. Before the first scan it counts from now. */
bool shadow_get(struct store *s, struct arena *a, const struct settings *set, struct shadow *out,
        struct err *e);
/* The first scan: begins it, once. A store that has scanned before is live already. */
bool shadow_begin(struct store *s, int64_t now_ms, struct err *e);
/* "Go live". */
bool shadow_end(struct store *s, const char *user, struct err *e);

/* --- maintenance windows --- */

struct mute {
	const char *service; /* as in Railway; compared without case */
	int64_t since_ms, until_ms;
	const char *by; /* user id */
};
bool mute_set(struct store *s, const struct mute *m, struct err *e);
/* *was: whether there was one. */
bool mute_end(struct store *s, const char *service, bool *was, struct err *e);
/* Those in force now, by service. */
bool mute_list(struct store *s, struct arena *a, struct mute **out, size_t *n_out, struct err *e);
const struct mute *mute_of(const struct mute *list, size_t n, const char *service);

/* --- the kill switch --- */

struct pause {
	bool on;
	int64_t since_ms, until_ms; /* INT64_MAX = until somebody resumes */
	const char *by, *reason;    /* reason NULL = none given */
};
void pause_get(struct store *s, struct arena *a, struct pause *out);
/* until_ms 0 ends it. */
bool pause_set(
        struct store *s, int64_t until_ms, const char *by, const char *reason, struct err *e);
/* For whatever asks a model or starts a fix: false with ERR_CONFLICT and the sentence for a person
 * ("paused since 14:02 UTC: deploy freeze; `/heal resume` ends it"). */
bool pause_allows(struct store *s, struct arena *a, struct err *e);

/* --- candidates --- */

enum hold { HOLD_SHADOW, HOLD_MUTE, HOLD_GROUP, HOLD_COUNT };
const char *hold_name(enum hold h); /* "shadow" "mute" "group" */

struct candidate {
	int64_t id;
	const char *environment_id, *service_id, *service;
	enum signal signal;
	enum severity severity; /* the worst it was */
	enum hold hold;
	int64_t incident;          /* it belongs to this one (group), or became it; 0 = none */
	int64_t began_ms;          /* of the symptom */
	int64_t seen_ms, ended_ms; /* when it would have opened; ended 0 = still bad */
	const char *headline;
};
/* Keeps the unfinished candidate of the service current, or makes one. */
bool candidate_keep(struct store *s, const struct candidate *c, struct err *e);
/* It recovered, or became an incident (0 = it did not). Nothing happens when there is none. */
bool candidate_end(struct store *s, const char *environment_id, const char *service_id,
        int64_t incident, struct err *e);
/* Unfinished ones (since_ms 0), or all seen since then; newest first, at most 500. */
bool candidate_list(struct store *s, struct arena *a, int64_t since_ms, struct candidate **out,
        size_t *n_out, struct err *e);
/* The unfinished one of a service in a list; NULL = none. */
const struct candidate *candidate_of(
        const struct candidate *list, size_t n, const char *service_id);
/* Deletes at most `max` that ended before then. */
bool candidate_prune(struct store *s, int64_t before_ms, int max, int64_t *deleted, struct err *e);

#endif
