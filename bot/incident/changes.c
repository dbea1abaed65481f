/*
 * Every change of an incident: the state machine is asked, the row written, the timeline extended
 * and the publish run started, in one transaction. See include/incident.h.
 */
#include <assert.h>
#include <stdlib.h>

#include "clock.h"
#include "incident/changes.h"
#include "incident/state.h"
#include "json.h"
#include "store/incident_rows.h"
#include "store/store.h"
#include "str.h"

/* --- what an event writes besides the state --- */

static void end(struct incident *inc, const struct incident_event *ev, const char *how)
{
	inc->ended_ms = clock_now_ms();
	inc->how_ended = how;
	inc->ended_by = ev->actor;
	inc->end_note = ev->note;
	inc->snoozed_until_ms = 0;
	inc->quiet = false;
}

static void reopen(struct incident *inc)
{
	inc->ended_ms = 0;
	inc->how_ended = inc->ended_by = inc->end_note = NULL;
	inc->reopened++;
	inc->good_streak = 0;
	inc->trouble = NULL;
}

static void measure(struct incident *inc, const struct incident_event *ev)
{
	if (ev->facts) {
		inc->facts = ev->facts;
		inc->good_streak = (int)json_int(ev->facts, ".good", 0);
	}
	if (ev->headline)
		inc->headline = ev->headline;
	inc->quiet = ev->kind == INCIDENT_EV_QUIET;
}

static void worse(struct incident *inc, const struct incident_event *ev)
{
	inc->severity = ev->severity;
	if (inc->snoozed_until_ms == INT64_MAX)
		inc->snoozed_until_ms = 0; /* "until it gets worse": it did */
	measure(inc, ev);
}

static void write_fields(struct incident *inc, const struct incident_event *ev)
{
	switch (ev->kind) {
	case INCIDENT_EV_WORSE:
		worse(inc, ev);
		break;
	case INCIDENT_EV_BETTER:
		inc->severity = ev->severity;
		measure(inc, ev);
		break;
	case INCIDENT_EV_MEASURED:
	case INCIDENT_EV_QUIET:
		measure(inc, ev);
		break;
	case INCIDENT_EV_RECOVERED:
		measure(inc, ev);
		end(inc, ev, "auto");
		break;
	case INCIDENT_EV_VERIFIED:
		end(inc, ev, "verified");
		break;
	case INCIDENT_EV_RESOLVED:
		end(inc, ev, "by hand");
		break;
	case INCIDENT_EV_DISMISSED:
		end(inc, ev, "dismissed");
		break;
	case INCIDENT_EV_REOPENED:
		reopen(inc);
		break;
	case INCIDENT_EV_DIAGNOSIS_FAILED:
		inc->trouble = ev->note;
		break;
	case INCIDENT_EV_DIAGNOSING:
		inc->trouble = NULL;
		break;
	case INCIDENT_EV_ACKED:
		inc->acked_by = ev->actor;
		inc->acked_ms = clock_now_ms();
		break;
	case INCIDENT_EV_UNACKED:
		inc->acked_by = NULL;
		inc->acked_ms = 0;
		break;
	case INCIDENT_EV_SNOOZED:
		inc->snoozed_until_ms = ev->until_ms;
		break;
	case INCIDENT_EV_UNSNOOZED:
		inc->snoozed_until_ms = 0;
		break;
	case INCIDENT_EV_ASSIGNED:
		inc->owner = ev->note;
		break;
	case INCIDENT_EV_OPENED:
	case INCIDENT_EV_REMINDED:
	case INCIDENT_EV_DIAGNOSED:
	case INCIDENT_EV_INCONCLUSIVE:
	case INCIDENT_EV_FIX_STARTED:
	case INCIDENT_EV_FIX_FAILED:
	case INCIDENT_EV_FIX_STOPPED:
	case INCIDENT_EV_PR_OPENED:
	case INCIDENT_EV_PR_CLOSED:
	case INCIDENT_EV_MERGED:
	case INCIDENT_EV_VERIFYING:
	case INCIDENT_EV_NOT_VERIFIED:
	case INCIDENT_EV_NOTE:
	case INCIDENT_EV_UNPROVEN:
		break;
	case INCIDENT_EV_COUNT:
		abort();
	}
}

/* Already so: repeating it is fine and changes nothing. */
static bool is_repeat(
        const struct incident *inc, const struct incident_event *ev, enum incident_state to)
{
	if (ev->kind == INCIDENT_EV_ACKED)
		return str_eq(inc->acked_by, ev->actor);
	if (ev->kind == INCIDENT_EV_UNACKED)
		return !inc->acked_by;
	if (ev->kind == INCIDENT_EV_SNOOZED)
		return inc->snoozed_until_ms == ev->until_ms;
	if (ev->kind == INCIDENT_EV_UNSNOOZED)
		return inc->snoozed_until_ms == 0;
	return ev->kind == INCIDENT_EV_DIAGNOSING && inc->state == to;
}

/* Numbers alone are no news for the timeline. */
static bool is_news(enum incident_event_kind kind)
{
	return kind != INCIDENT_EV_MEASURED && kind != INCIDENT_EV_QUIET;
}

static bool already_over(const struct incident *inc, const struct incident_event *ev)
{
	return (ev->kind == INCIDENT_EV_RESOLVED && inc->state == INCIDENT_RESOLVED) ||
	       (ev->kind == INCIDENT_EV_DISMISSED && inc->state == INCIDENT_DISMISSED) ||
	       (ev->kind == INCIDENT_EV_RECOVERED && inc->state == INCIDENT_RESOLVED);
}

static bool write_news(
        struct db *db, const struct incident *inc, const struct incident_event *ev, struct err *e)
{
	const struct timeline_new t = {
	        .incident = inc->id,
	        .ts_ms = inc->changed_ms,
	        .kind = incident_event_name(ev->kind),
	        .actor = ev->actor,
	        .note = ev->note,
	        .key = ev->key,
	};

	return timeline_add(db, &t, e);
}

bool incident_did(
        struct db *db, int64_t id, const struct incident_event *ev, bool *out, struct err *e)
{
	return timeline_has(db, id, incident_event_name(ev->kind), ev->key, out, e);
}

bool incident_change_tx(struct db *db, struct arena *a, struct incident *inc,
        const struct incident_event *ev, struct err *e)
{
	enum incident_state to;
	bool done;

	if (!incident_did(db, inc->id, ev, &done, e) || done)
		return done;
	if (ev->if_revision > 0 && inc->revision != ev->if_revision)
		return err_set(e, ERR_CONFLICT, false, "INC-%lld has changed meanwhile; look again",
		        (long long)inc->id);
	if (already_over(inc, ev) && !ev->actor)
		return true;
	if (!incident_next(inc->state, ev->kind, &to))
		return err_set(e, ERR_CONFLICT, false, "%s",
		        incident_refusal(a, inc->id, inc->state, ev->kind));
	if (is_repeat(inc, ev, to))
		return true;
	inc->state = to;
	inc->changed_ms = clock_now_ms();
	write_fields(inc, ev);
	if (!incident_row_update(db, a, inc, e))
		return false;
	if (is_news(ev->kind) && !write_news(db, inc, ev, e))
		return false;
	return publish_request(db, a, inc->id, e);
}

bool incident_apply_tx(
        struct db *db, struct arena *a, int64_t id, const struct incident_event *ev, struct err *e)
{
	struct incident *inc = incident_row_get(db, a, id, e);

	return inc && incident_change_tx(db, a, inc, ev, e);
}

/* A write function with an arena of its own. */
struct write {
	bool (*fn)(struct db *db, struct arena *a, void *arg, struct err *e);
	void *arg;
};

static bool run_write(struct db *db, void *arg, struct err *e)
{
	const struct write *w = arg;
	struct arena *a = arena_new(0);
	bool ok = w->fn(db, a, w->arg, e);

	arena_free(a);
	return ok;
}

bool incident_write(struct store *s,
        bool (*fn)(struct db *db, struct arena *a, void *arg, struct err *e), void *arg,
        struct err *e)
{
	struct write w = {fn, arg};

	return store_write(s, run_write, &w, e);
}

struct apply {
	int64_t id;
	const struct incident_event *ev;
};

static bool do_apply(struct db *db, struct arena *a, void *arg, struct err *e)
{
	const struct apply *x = arg;

	return incident_apply_tx(db, a, x->id, x->ev, e);
}

bool incident_apply(struct store *s, int64_t id, const struct incident_event *ev, struct err *e)
{
	struct apply x = {id, ev};

	return incident_write(s, do_apply, &x, e);
}
