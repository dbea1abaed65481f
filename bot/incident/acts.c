/* An act at Railway: its row, its run and its line in the timeline, in one transaction. See
 * include/incident.h. */
#include "clock.h"
#include "incident/changes.h"
#include "incident/state.h"
#include "store/act_rows.h"
#include "store/incident_rows.h"
#include "store/runs.h"
#include "store/store.h"
#include "str.h"

struct begin {
	const char *key;
	struct act_row row;
};

static bool may_begin(
        struct db *db, const struct incident *inc, const struct act_row *r, struct err *e)
{
	int64_t running;

	if (incident_state_over(inc->state))
		return err_set(e, ERR_CONFLICT, false,
		        "INC-%lld is over; `/heal reopen %lld` first", (long long)inc->id,
		        (long long)inc->id);
	if (!act_row_running(db, r->service_id, &running, e))
		return false;
	if (running > 0)
		return err_set(e, ERR_CONFLICT, false,
		        "something is being done to %s already; wait for its end in the thread",
		        inc->service);
	return true;
}

static bool start_run(struct db *db, struct arena *a, const struct incident *inc,
        const struct begin *b, struct err *e)
{
	json *in = json_obj(a);
	struct wf_start st = {.workflow = "act",
	        .input = in,
	        .key = arena_printf(a, "act:%lld:%d", (long long)inc->id, b->row.n)};

	json_set_int(in, "incident", inc->id);
	json_set_int(in, "n", b->row.n);
	json_set(in, "ask", b->row.ask);
	json_set_str(in, "hash", json_str(b->row.proposal, ".hash", ""));
	json_set(in, "proposal", b->row.proposal);
	json_set(in, "metric", b->row.metric);
	return flow_start_tx(db, &st, NULL, e);
}

static bool do_begin(struct db *db, struct arena *a, void *arg, struct err *e)
{
	struct begin *b = arg;
	struct incident *inc = incident_row_get(db, a, b->row.incident, e);
	struct err none = {0};
	struct act_row *last;
	int n;

	if (!inc || !act_row_by_key(db, b->key, &n, e))
		return false;
	if (n > 0) {
		b->row.n = n;
		return true;
	}
	last = act_row_get(db, a, inc->id, 0, &none);
	if (!last && none.code != ERR_NOT_FOUND) {
		*e = none;
		return false;
	}
	b->row.n = last ? last->n + 1 : 1;
	b->row.service_id = inc->service_id;
	return may_begin(db, inc, &b->row, e) && act_row_insert(db, a, b->key, &b->row, e) &&
	       timeline_add(db,
	               &(struct timeline_new){.incident = inc->id,
	                       .ts_ms = b->row.started_ms,
	                       .kind = "act",
	                       .actor = b->row.started_by,
	                       .note = json_str(b->row.proposal, ".title", "")},
	               e) &&
	       start_run(db, a, inc, b, e) && publish_request(db, a, inc->id, e);
}

bool act_begin(
        struct store *s, const char *key, const struct act_row *row, int *n_out, struct err *e)
{
	struct begin b = {key, *row};

	b.row.state = "running";
	if (!incident_write(s, do_begin, &b, e))
		return false;
	*n_out = b.row.n;
	return true;
}

struct update {
	const struct act_row *row;
	const char *event;
};

/* Each event of an act once: the step that tells it may be repeated after a crash. */
static bool write_event(
        struct db *db, struct arena *a, const struct act_row *row, const char *event, struct err *e)
{
	const struct timeline_new t = {
	        .incident = row->incident,
	        .ts_ms = clock_now_ms(),
	        .kind = event,
	        .note = row->note,
	        .key = arena_printf(a, "act-%d", row->n),
	};
	bool done;

	return timeline_has(db, t.incident, t.kind, t.key, &done, e) &&
	       (done || timeline_add(db, &t, e));
}

static bool do_update(struct db *db, struct arena *a, void *arg, struct err *e)
{
	const struct update *u = arg;
	struct act_row *row = act_row_get(db, a, u->row->incident, u->row->n, e);

	if (!row)
		return false;
	row->state = str_or(u->row->state, row->state);
	row->note = u->row->note ? u->row->note : row->note;
	row->proof = u->row->proof ? u->row->proof : row->proof;
	row->ended_ms = u->row->ended_ms ? u->row->ended_ms : row->ended_ms;
	if (!act_row_update(db, a, row, e))
		return false;
	if (u->event && !write_event(db, a, row, u->event, e))
		return false;
	return publish_request(db, a, row->incident, e);
}

bool act_update(struct store *s, const struct act_row *row, const char *event, struct err *e)
{
	struct update u = {row, event};

	return incident_write(s, do_update, &u, e);
}

struct act_row *act_get(struct store *s, struct arena *a, int64_t incident, int n, struct err *e)
{
	struct db *db = store_reader(s, e);

	return db ? act_row_get(db, a, incident, n, e) : NULL;
}
