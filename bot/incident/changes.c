/*
 * Every change of an incident: the state machine is asked, the row written, the timeline extended
 * and the publish run started, in one transaction. See include/incident.h.
 */
#include <assert.h>
#include <stdlib.h>

#include "clock.h"
#include "digest.h"
#include "incident.h"
#include "incident/state.h"
#include "json.h"
#include "store/diagnosis_rows.h"
#include "store/fix_rows.h"
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

static bool change_tx(struct db *db, struct arena *a, struct incident *inc,
        const struct incident_event *ev, struct err *e)
{
	enum incident_state to;

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
	if (is_news(ev->kind) && !timeline_add(db, inc->id, inc->changed_ms,
	                                 incident_event_name(ev->kind), ev->actor, ev->note, e))
		return false;
	return publish_request(db, a, inc->id, e);
}

static bool apply_tx(
        struct db *db, struct arena *a, int64_t id, const struct incident_event *ev, struct err *e)
{
	struct incident *inc = incident_row_get(db, a, id, e);

	return inc && change_tx(db, a, inc, ev, e);
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

static bool write_with(struct store *s,
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

	return apply_tx(db, a, x->id, x->ev, e);
}

bool incident_apply(struct store *s, int64_t id, const struct incident_event *ev, struct err *e)
{
	struct apply x = {id, ev};

	return write_with(s, do_apply, &x, e);
}

/* --- opening --- */

const char *incident_fingerprint(struct arena *a, const struct incident_new *n)
{
	struct str b = str_new(a);

	str_addf(&b, "%s\n%s\n%s\n%s\n%s", n->project_id, n->environment_id, n->service_id,
	        signal_name(n->signal), n->detail ? route_mask(a, n->detail) : "");
	return str_hash_hex(a, b.s);
}

struct open {
	const struct incident_new *n;
	int64_t id;
	bool opened;
};

static bool reopen_tx(
        struct db *db, struct arena *a, struct open *o, struct incident *last, struct err *e)
{
	struct incident_event back = {
	        .kind = INCIDENT_EV_REOPENED,
	        .note = "the same symptom is back",
	};

	o->id = last->id;
	o->opened = true;
	last->severity = o->n->severity;
	last->headline = o->n->headline;
	last->facts = o->n->facts;
	return change_tx(db, a, last, &back, e);
}

static bool insert_tx(struct db *db, struct arena *a, struct open *o, const char *fingerprint,
        int64_t previous, struct err *e)
{
	const struct incident_new *n = o->n;
	int64_t now = clock_now_ms();
	struct incident inc = {
	        .fingerprint = fingerprint,
	        .project_id = n->project_id,
	        .environment_id = n->environment_id,
	        .environment = n->environment,
	        .service_id = n->service_id,
	        .service = n->service,
	        .signal = n->signal,
	        .state = INCIDENT_OPEN,
	        .severity = n->severity,
	        .opened_ms = now,
	        .began_ms = n->began_ms > 0 && n->began_ms < now ? n->began_ms : now,
	        .changed_ms = now,
	        .headline = n->headline,
	        .facts = n->facts,
	        .channel = n->channel,
	        .drill = n->drill,
	        .previous = previous,
	};

	o->opened = true;
	return incident_row_insert(db, a, &inc, &o->id, e) &&
	       timeline_add(db, o->id, now, "opened", NULL, n->headline, e) &&
	       publish_request(db, a, o->id, e);
}

static bool do_open(struct db *db, struct arena *a, void *arg, struct err *e)
{
	struct open *o = arg;
	const char *fingerprint = incident_fingerprint(a, o->n);
	struct incident *last;
	int64_t previous;

	o->opened = false;
	if (!incident_row_of_service(db, o->n->service_id, &o->id, e))
		return false;
	if (o->id != 0)
		return true;
	if (!incident_row_last(db, fingerprint, &previous, e))
		return false;
	if (previous == 0)
		return insert_tx(db, a, o, fingerprint, 0, e);
	last = incident_row_get(db, a, previous, e);
	if (!last)
		return false;
	/* what people called "not an issue" is not opened again under the same number */
	if (last->state == INCIDENT_RESOLVED && clock_now_ms() - last->ended_ms < o->n->reopen_ms)
		return reopen_tx(db, a, o, last, e);
	return insert_tx(db, a, o, fingerprint, previous, e);
}

bool incident_open(
        struct store *s, const struct incident_new *n, int64_t *id_out, bool *opened, struct err *e)
{
	struct open o = {.n = n};

	if (!write_with(s, do_open, &o, e))
		return false;
	*id_out = o.id;
	*opened = o.opened;
	return true;
}

/* --- diagnoses --- */

struct add_diagnosis {
	const char *key;
	const struct diagnosis *d;
	bool conclusive;
	int version;
};

static bool do_add_diagnosis(struct db *db, struct arena *a, void *arg, struct err *e)
{
	struct add_diagnosis *x = arg;
	struct incident_event ev = {
	        .kind = x->conclusive ? INCIDENT_EV_DIAGNOSED : INCIDENT_EV_INCONCLUSIVE,
	};
	struct incident *inc;

	if (!diagnosis_row_by_key(db, x->key, &x->version, e))
		return false;
	if (x->version > 0)
		return true;
	inc = incident_row_get(db, a, x->d->incident, e);
	if (!inc)
		return false;
	x->version = ++inc->diagnosis;
	inc->trouble = NULL;
	ev.note = arena_printf(
	        a, "plan v%d, confidence %s", x->version, str_or(x->d->confidence, "none"));
	if (!x->d->plan) {
		ev.kind = INCIDENT_EV_DIAGNOSIS_FAILED;
		ev.note = x->d->trouble;
	}
	if (!diagnosis_row_insert(db, a, x->key, x->d, x->version, e))
		return false;
	if (incident_state_over(
	            inc->state)) { /* ended meanwhile: keep the diagnosis, not the state */
		return incident_row_update(db, a, inc, e) && publish_request(db, a, inc->id, e);
	}
	return change_tx(db, a, inc, &ev, e);
}

bool diagnosis_add(struct store *s, const char *key, const struct diagnosis *d, bool conclusive,
        int *version_out, struct err *e)
{
	struct add_diagnosis x = {key, d, conclusive, 0};

	if (!write_with(s, do_add_diagnosis, &x, e))
		return false;
	*version_out = x.version;
	return true;
}

/* --- fixes --- */

struct begin {
	const char *key;
	struct fix_row row;
	int max_open;
};

static bool check_room(struct db *db, const struct begin *b, struct err *e)
{
	int64_t open;

	if (!fix_row_open_in_repo(db, b->row.repo, &open, e))
		return false;
	if (b->max_open > 0 && open >= b->max_open)
		return err_set(e, ERR_CONFLICT, false,
		        "%s already has %lld fixes under way or in review (limit %d); merge or close "
		        "one first",
		        b->row.repo, (long long)open, b->max_open);
	return true;
}

static bool do_begin(struct db *db, struct arena *a, void *arg, struct err *e)
{
	struct begin *b = arg;
	struct incident_event ev = {.kind = INCIDENT_EV_FIX_STARTED, .actor = b->row.started_by};
	struct err none = {0};
	struct fix_row *last;
	int n;

	if (!fix_row_by_key(db, b->key, &n, e))
		return false;
	if (n > 0) {
		b->row.n = n;
		return true;
	}
	last = fix_row_get(db, a, b->row.incident, 0, &none);
	if (!last && none.code != ERR_NOT_FOUND) {
		*e = none;
		return false;
	}
	if (!check_room(db, b, e))
		return false;
	n = last ? last->n + 1 : 1;
	if (b->row.n != n)
		return err_set(e, ERR_CONFLICT, false,
		        "INC-%lld: another fix was started at the same moment",
		        (long long)b->row.incident);
	return fix_row_insert(db, a, b->key, &b->row, e) &&
	       apply_tx(db, a, b->row.incident, &ev, e);
}

bool fix_begin(struct store *s, const char *key, const struct fix_row *f, int max_open, int *n_out,
        struct err *e)
{
	struct begin b = {key, *f, max_open};

	if (!write_with(s, do_begin, &b, e))
		return false;
	*n_out = b.row.n;
	return true;
}

#define TAKE(field)                                                                                \
	do {                                                                                       \
		if (f->field)                                                                      \
			row->field = f->field;                                                     \
	} while (0)

static void merge(struct fix_row *row, const struct fix_row *f)
{
	TAKE(state);
	TAKE(run);
	TAKE(contract);
	TAKE(session);
	TAKE(progress);
	TAKE(pr_number);
	TAKE(pr_url);
	TAKE(pr_title);
	TAKE(pr);
	TAKE(ended_ms);
	TAKE(deadline_ms);
	TAKE(error);
	TAKE(verification);
	if (f->cost_usd >= 0)
		row->cost_usd = f->cost_usd;
}

struct update {
	const struct fix_row *f;
	const struct incident_event *ev;
	bool settle; /* a refused event does not keep the row from being written */
	bool moved;
};

/* The state machine is asked before anything is written: a refusal leaves the transaction whole. */
static bool would_take(
        struct db *db, struct arena *a, const struct update *u, bool *ok, struct err *e)
{
	struct incident *inc = incident_row_get(db, a, u->f->incident, e);
	enum incident_state to;

	*ok = inc && incident_next(inc->state, u->ev->kind, &to);
	return inc != NULL;
}

static bool do_update(struct db *db, struct arena *a, void *arg, struct err *e)
{
	struct update *u = arg;
	struct fix_row *row = fix_row_get(db, a, u->f->incident, u->f->n, e);

	if (!row)
		return false;
	merge(row, u->f);
	if (!fix_row_update(db, a, row, e))
		return false;
	u->moved = u->ev != NULL;
	if (u->ev && u->settle && !would_take(db, a, u, &u->moved, e))
		return false;
	if (u->ev && u->moved)
		return apply_tx(db, a, row->incident, u->ev, e);
	return publish_request(db, a, row->incident, e);
}

bool fix_update(
        struct store *s, const struct fix_row *f, const struct incident_event *ev, struct err *e)
{
	struct update u = {.f = f, .ev = ev};

	return write_with(s, do_update, &u, e);
}

bool fix_settle(struct store *s, const struct fix_row *f, const struct incident_event *ev,
        bool *moved, struct err *e)
{
	struct update u = {.f = f, .ev = ev, .settle = true};

	if (!write_with(s, do_update, &u, e))
		return false;
	if (moved)
		*moved = u.moved;
	return true;
}
