/* runs_timers.c - durable clocks, and what happens when the wall clock is set. */
#include "clock.h"
#include "store/runs_engine.h"
#include "str.h"

/* --- timers --- */

struct timer_row {
	struct wf_start start;
	const char *name, *input;
	int64_t every, next;
};

static bool due_timer(struct db *db, struct arena *a, int64_t now, struct timer_row *t, bool *found,
        struct err *e)
{
	struct db_query q;

	if (!db_query(db, &q,
	            "SELECT name, workflow, input, every, next, ckey FROM timer WHERE next <= ?"
	            " ORDER BY next LIMIT 1",
	            DB_ARGS(db_int(now)), e))
		return false;
	*found = db_next(&q);
	if (*found) {
		t->name = db_col_strdup(&q, 0, a);
		t->start.workflow = db_col_strdup(&q, 1, a);
		t->input = db_col_strdup(&q, 2, a);
		t->every = db_col_int(&q, 3);
		t->next = db_col_int(&q, 4);
		t->start.concurrency = db_col_null(&q, 5) ? arena_printf(a, "timer:%s", t->name)
		                                          : db_col_strdup(&q, 5, a);
		t->start.coalesce = true;
	}
	return db_done(&q, e);
}

static bool fire(struct db *db, const struct timer_row *t, int64_t now, struct err *e)
{
	const struct workflow *wf = runs_workflow(db_store(db), t->start.workflow);
	int64_t next = t->next + ((now - t->next) / t->every + 1) * t->every, id;

	if (wf) { /* a timer whose workflow is gone only moves on */
		struct run_insert in = {.start = &t->start,
		        .input = t->input,
		        .version = wf->version,
		        .lane = (int)wf->lane};

		if (!run_insert_tx(db, &in, &id, e))
			return false;
	}
	return db_exec(db, "UPDATE timer SET next = ? WHERE name = ?",
	        DB_ARGS(db_int(next), db_text(t->name)), e);
}

bool run_timers_tx(struct db *db, int64_t now_ms, struct err *e)
{
	struct arena *a = NULL;
	bool ok = true;

	for (;;) {
		struct timer_row t = {0};
		int64_t next = 0;
		bool found;

		/* The usual answer, without an arena. */
		ok = db_get_int(
		        db, &next, &found, "SELECT next FROM timer ORDER BY next LIMIT 1", NULL, e);
		if (!ok || !found || next > now_ms)
			break;
		if (!a)
			a = arena_new(0);
		ok = due_timer(db, a, now_ms, &t, &found, e) && (!found || fire(db, &t, now_ms, e));
		if (!ok)
			break;
	}
	arena_free(a);
	return ok;
}

bool run_timer_set_tx(struct db *db, void *arg, struct err *e)
{
	const struct run_timer *t = arg;
	int64_t first = t->first_ms ? t->first_ms : clock_now_ms();
	struct arena *a;
	bool ok;

	if (t->every_ms <= 0)
		return db_exec(
		        db, "DELETE FROM timer WHERE name = ?", DB_ARGS(db_text(t->name)), e);
	a = arena_new(0);
	/* A restart does not shift a timer that exists: only a new period does. */
	ok = db_exec(db,
	        "INSERT INTO timer(name, workflow, input, every, next, ckey)"
	        " VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
	        " ON CONFLICT(name) DO UPDATE SET workflow = ?2, input = ?3, every = ?4, ckey = ?6,"
	        " next = CASE WHEN every = ?4 THEN next ELSE min(next, ?5 + ?4) END",
	        DB_ARGS(db_text(t->name), db_text(t->start->workflow), db_json(a, t->start->input),
	                db_int(t->every_ms), db_int(first), db_text(t->start->concurrency)),
	        e);
	arena_free(a);
	store_note_wake(db, &(struct store_wake){.lane = WF_BACKGROUND, .due_ms = first});
	return ok;
}

/* --- the wall clock is set --- */

/* A timer that waits longer than its period: nearer, by whole periods. */
static bool rein_in_timers(struct db *db, int64_t now, struct err *e)
{
	return db_exec(db,
	        "UPDATE timer SET next = next - (next - ?1 - 1) / every * every"
	        " WHERE next > ?1 + every",
	        DB_ARGS(db_int(now)), e);
}

static bool move_steps(struct db *db, int64_t by, struct err *e)
{
	return db_exec(db,
	        "UPDATE step SET started = started + ?1, begun = begun + ?1,"
	        " due = CASE WHEN due <= 0 OR due >= ?2 OR (kind = 'sleep' AND ref = 1) THEN due"
	        "  ELSE due + ?1 END"
	        " WHERE state IN ('waiting', 'running')"
	        " AND run IN (SELECT id FROM run WHERE ended = 0)",
	        DB_ARGS(db_int(by), db_int(RUN_NEVER)), e);
}

/* Not those of the moment between the setting of the clock and now, which are due in its terms
 * already: made since, or just woken. */
static bool move_runs(struct db *db, int64_t by, struct err *e)
{
	enum { JUST_NOW_MS = 5000 };
	int64_t now = clock_now_ms(), made = by > 0 ? now - by : RUN_NEVER;
	int64_t woken = by > 0 ? now - JUST_NOW_MS : RUN_NEVER;

	return db_exec(db,
	        "UPDATE run SET due = due + ?1 WHERE ended = 0 AND state <> 'running' AND due > 0"
	        " AND due < ?2 AND created <= ?3 AND NOT (due > ?4 AND due <= ?5)"
	        " AND NOT EXISTS (SELECT 1 FROM step s WHERE s.run = run.id"
	        "  AND s.kind = 'sleep' AND s.state = 'waiting' AND s.ref = 1)",
	        DB_ARGS(db_int(by), db_int(RUN_NEVER), db_int(made), db_int(woken), db_int(now)),
	        e);
}

bool run_shift_tx(struct db *db, void *arg, struct err *e)
{
	const struct run_shift *s = arg;

	return move_steps(db, s->by_ms, e) && move_runs(db, s->by_ms, e) &&
	       rein_in_timers(db, clock_now_ms(), e);
}

/* The latest moment that the store knows of. */
static bool latest_known(struct db *db, int64_t *ms, struct err *e)
{
	int64_t created = 0, ended = 0;

	if (!db_get_int(db, &created, NULL, "SELECT created FROM run ORDER BY id DESC LIMIT 1",
	            NULL, e) ||
	        !db_get_int(db, &ended, NULL,
	                "SELECT ended FROM run WHERE ended > 0 ORDER BY ended DESC LIMIT 1", NULL,
	                e))
		return false;
	*ms = created > ended ? created : ended;
	return true;
}

bool run_clock_check_tx(struct db *db, struct err *e)
{
	enum { TOLERATED_MS = 60000 };
	int64_t now = clock_now_ms(), latest;
	struct run_shift back;

	if (!latest_known(db, &latest, e))
		return false;
	back.by_ms = now - latest;
	return back.by_ms > -TOLERATED_MS ? rein_in_timers(db, now, e) : run_shift_tx(db, &back, e);
}
