/* runs_claim.c - who goes next: claiming due runs, timers, and taking over after a crash. */
#include <string.h>

#include "clock.h"
#include "store/runs_engine.h"
#include "str.h"

enum { CLAIM_TRIES = 100 };

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
	            " WHERE state = 'ready' AND paused = 0 AND lane = ? AND due <= ?"
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
		            "SELECT due FROM run WHERE state = 'ready' AND paused = 0 AND lane = ?"
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

/* --- after a crash --- */

/* `done`: progress made so far. A step found running counts the crash in its own attempts. From the
 * second crash without progress on, the run comes back later and later: the innocent ones that were
 * executing at the same time get out of its way, and kills in quick succession are not held against
 * a run. */
static bool count_crashes(struct db *db, int64_t now, struct err *e)
{
	return db_exec(db,
	        "UPDATE run SET state = 'ready', boot = NULL, lease = 0, crashes = s.n,"
	        " crash_mark = s.done,"
	        " due = ?1 + CASE WHEN s.n < 2 THEN 0 ELSE min(60000, 125 << min(s.n, 20)) END"
	        " FROM (SELECT id, done, CASE WHEN busy > 0 THEN crashes WHEN done > crash_mark THEN 1"
	        "  ELSE crashes + 1 END AS n"
	        "  FROM (SELECT r.id AS id, r.crashes, r.crash_mark,"
	        "   coalesce(sum(t.state = 'running'), 0) AS busy,"
	        "   coalesce(sum(t.state = 'done'), 0) AS done"
	        "   FROM run r LEFT JOIN step t ON t.run = r.id WHERE r.state = 'running'"
	        "   GROUP BY r.id)) s"
	        " WHERE run.id = s.id",
	        DB_ARGS(db_int(now)), e);
}

/* Ends runs chosen by a query of (id, message). */
static bool end_all(struct db *db, const char *sql, const struct db_arg *args, enum run_then how,
        int64_t *count, struct err *e)
{
	struct arena *a = arena_new(0);
	bool ok = true;

	for (;;) {
		struct db_query q;
		int64_t id = 0;
		char *msg = NULL;

		ok = db_query(db, &q, sql, args, e);
		if (!ok)
			break;
		if (db_next(&q)) {
			id = db_col_int(&q, 0);
			msg = db_col_strdup(&q, 1, a);
		}
		ok = db_done(&q, e) &&
		     (!id || run_end_tx(db, id, how,
		                     err_code_name(how == RUN_FAILED ? ERR_SYS : ERR_CANCELED), msg,
		                     e));
		if (!ok || !id)
			break;
		++*count;
	}
	arena_free(a);
	return ok;
}

/* Whoever is queued behind a key that nobody holds. Cannot be, unless rows were edited by hand. */
static bool free_queued(struct db *db, struct err *e)
{
	return db_exec(db,
	        "UPDATE run SET state = 'ready' WHERE state = 'queued' AND ended = 0 AND NOT EXISTS"
	        " (SELECT 1 FROM run h WHERE h.ckey = run.ckey AND h.held = 1)",
	        NULL, e);
}

bool run_recover_tx(struct db *db, void *arg, struct err *e)
{
	struct run_recover *r = arg;
	int64_t cancelled = 0;

	r->poisoned = 0;
	if (!count_crashes(db, clock_now_ms(), e))
		return false;
	r->recovered = db_changes(db);
	return end_all(db,
	               "SELECT id, cancel FROM run WHERE ended = 0 AND state = 'ready'"
	               " AND cancel IS NOT NULL LIMIT 1",
	               NULL, RUN_CANCELLED, &cancelled, e) &&
	       end_all(db,
	               "SELECT id, 'the bot died ' || crashes || ' times while it carried out this"
	               " run, outside its steps; it was stopped so that the others go on'"
	               " FROM run WHERE ended = 0 AND state = 'ready' AND crashes >= ? LIMIT 1",
	               DB_ARGS(db_int(RUN_CRASHES)), RUN_FAILED, &r->poisoned, e) &&
	       free_queued(db, e);
}

bool run_kinds(struct db *db, struct arena *a, struct run_kind **out, size_t *n, struct err *e)
{
	struct db_query q;
	size_t cap = 0;

	*n = 0;
	*out = NULL;
	if (!db_query(db, &q,
	            "SELECT workflow, version, count(*), count(*) OVER () FROM run WHERE ended = 0"
	            " GROUP BY workflow, version ORDER BY workflow, version",
	            NULL, e))
		return false;
	while (db_next(&q)) {
		if (!cap) {
			cap = (size_t)db_col_int(&q, 3);
			*out = ARENA_ARRAY(a, cap, struct run_kind);
		}
		(*out)[(*n)++] = (struct run_kind){.workflow = db_col_strdup(&q, 0, a),
		        .version = (int)db_col_int(&q, 1),
		        .count = db_col_int(&q, 2)};
	}
	return db_done(&q, e);
}
