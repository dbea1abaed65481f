/*
 * runs_recover.c - at the start of a process: what the one before left behind.
 *
 * Whatever another boot id executed is due at once. Suspects are marked: see flow/flow.h.
 */
#include <string.h>

#include "clock.h"
#include "store/runs_engine.h"
#include "str.h"

/* Executing when the process died, and not for the first time: the deaths before are in `attempt`,
 * those between steps in `crashes`. Who still waits for its turn since an earlier death stays a
 * suspect: else it would run beside the culprit, and die with it, every other time. */
static bool mark_suspects(struct db *db, struct err *e)
{
	return db_exec(db,
	        "UPDATE run SET suspect = 1 WHERE ended = 0 AND state = 'running'"
	        " AND (crashes > 0 OR EXISTS (SELECT 1"
	        " FROM step t JOIN attempt a ON a.run = t.run AND a.step = t.name"
	        " WHERE t.run = run.id AND t.state = 'running' AND a.code = 'died'))",
	        NULL, e);
}

/* It got through without killing the process, or ended: the next suspect may go. */
bool run_cleared_tx(struct db *db, int64_t run, struct err *e)
{
	struct store_wake w = {.lane = WF_INTERACTIVE, .due_ms = clock_now_ms()};

	if (!db_exec(db, "UPDATE run SET suspect = 0 WHERE id = ?", DB_ARGS(db_int(run)), e))
		return false;
	store_note_wake(db, &w);
	w.lane = WF_BACKGROUND;
	store_note_wake(db, &w);
	return true;
}

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
	if (!run_clock_check_tx(db, e) || !mark_suspects(db, e) ||
	        !count_crashes(db, clock_now_ms(), e))
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
