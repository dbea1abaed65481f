/* runs_claim.c - who goes next: claiming due runs. */
#include <string.h>

#include "clock.h"
#include "store/runs_engine.h"
#include "str.h"

enum { CLAIM_TRIES = 100 };

/* Suspects go one at a time. */
#define NOT_HELD_BACK                                                                              \
	" AND (suspect = 0 OR NOT EXISTS"                                                          \
	" (SELECT 1 FROM run o WHERE o.suspect = 1 AND o.state = 'running'))"

/* --- claiming --- */

/* The most overdue run of a lane; *id = 0 when none is due. */
static bool most_overdue(
        struct db *db, int lane, int64_t now, int64_t *id, bool *blocked, struct err *e)
{
	struct db_query q;

	*id = 0;
	if (!db_query(db, &q,
	            "SELECT id, ckey IS NOT NULL AND held = 0 AND EXISTS (SELECT 1 FROM run h WHERE"
	            " h.ckey = run.ckey AND h.held = 1) FROM run"
	            " WHERE state = 'ready' AND paused = 0 AND lane = ? AND due <= ?" NOT_HELD_BACK
	            " ORDER BY due LIMIT 1",
	            DB_ARGS(db_int(lane), db_int(now)), e))
		return false;
	if (db_next(&q)) {
		*id = db_col_int(&q, 0);
		*blocked = db_col_bool(&q, 1);
	}
	return db_done(&q, e);
}

static bool take(struct db *db, struct run_claim *c, int64_t id, int64_t now, struct err *e)
{
	struct db_query q;

	if (!db_query(db, &q,
	            "UPDATE run SET state = 'running', held = ckey IS NOT NULL, boot = ?, lease = ?,"
	            " entered = CASE WHEN entered > 0 THEN entered ELSE ? END,"
	            " entries = entries + 1, poke = 0, waits = NULL WHERE id = ?"
	            " RETURNING created, parent, workflow, input, version, entries, lane",
	            DB_ARGS(db_text(c->boot), db_int(now + c->lease_ms), db_int(now), db_int(id)),
	            e))
		return false;
	if (db_next(&q)) {
		c->id = id;
		c->created_ms = db_col_int(&q, 0);
		c->parent = db_col_int(&q, 1);
		c->workflow = db_col_strdup(&q, 2, c->a);
		c->input = db_col_strdup(&q, 3, c->a);
		c->version = (int)db_col_int(&q, 4);
		c->entries = (int)db_col_int(&q, 5);
		c->lane = (int)db_col_int(&q, 6);
	}
	return db_done(&q, e);
}

static bool claim_lane(struct db *db, struct run_claim *c, int lane, int64_t now, struct err *e)
{
	for (int i = 0; i < CLAIM_TRIES; i++) {
		int64_t id;
		bool blocked = false;

		if (!most_overdue(db, lane, now, &id, &blocked, e))
			return false;
		if (!id)
			return true;
		if (!blocked)
			return take(db, c, id, now, e);
		if (!db_exec(db, "UPDATE run SET state = 'queued' WHERE id = ?",
		            DB_ARGS(db_int(id)), e))
			return false;
	}
	c->next_due_ms = now; /* come again: nobody else's commit shall wait for so many */
	return true;
}

static bool find_next_due(struct db *db, struct run_claim *c, struct err *e)
{
	int64_t due = RUN_NEVER;

	for (int lane = WF_INTERACTIVE; lane <= (c->interactive_only ? 0 : WF_BACKGROUND); lane++) {
		if (!db_get_int(db, &due, NULL,
		            "SELECT due FROM run WHERE state = 'ready' AND paused = 0 AND lane = ?" NOT_HELD_BACK
		            " ORDER BY due LIMIT 1",
		            DB_ARGS(db_int(lane)), e))
			return false;
		if (due < c->next_due_ms)
			c->next_due_ms = due;
	}
	if (c->interactive_only)
		return true;
	if (!db_get_int(db, &due, NULL, "SELECT next FROM timer ORDER BY next LIMIT 1", NULL, e))
		return false;
	if (due < c->next_due_ms)
		c->next_due_ms = due;
	return true;
}

bool run_claim_tx(struct db *db, void *arg, struct err *e)
{
	struct run_claim *c = arg;
	int64_t now = clock_now_ms();

	c->id = 0;
	c->next_due_ms = RUN_NEVER;
	if (!c->interactive_only && !run_timers_tx(db, now, e))
		return false;
	if (!claim_lane(db, c, WF_INTERACTIVE, now, e))
		return false;
	if (!c->id && !c->interactive_only && !claim_lane(db, c, WF_BACKGROUND, now, e))
		return false;
	return find_next_due(db, c, e);
}
