/* runs_steer.c - how a run ends, by itself or by others: end, cancel, pause, retry. */
#include <string.h>

#include "clock.h"
#include "store/runs_engine.h"
#include "str.h"

enum { CANCEL_BATCH = 200 }; /* per transaction: others' writes go between */

struct run_facts {
	const char *workflow, *ckey, *state, *input;
	int version, lane;
	bool held, paused, suspect;
	int64_t entered, ended, due;
};

static bool read_facts(
        struct db *db, struct arena *a, int64_t run, struct run_facts *f, struct err *e)
{
	struct db_query q;
	bool found;

	if (!db_query(db, &q,
	            "SELECT workflow, ckey, state, input, version, lane, held, paused, entered,"
	            " ended, due, suspect FROM run WHERE id = ?",
	            DB_ARGS(db_int(run)), e))
		return false;
	found = db_next(&q);
	if (found)
		*f = (struct run_facts){.workflow = db_col_strdup(&q, 0, a),
		        .ckey = db_col_strdup(&q, 1, a),
		        .state = db_col_strdup(&q, 2, a),
		        .input = db_col_strdup(&q, 3, a),
		        .version = (int)db_col_int(&q, 4),
		        .lane = (int)db_col_int(&q, 5),
		        .held = db_col_bool(&q, 6),
		        .paused = db_col_bool(&q, 7),
		        .entered = db_col_int(&q, 8),
		        .ended = db_col_int(&q, 9),
		        .due = db_col_int(&q, 10),
		        .suspect = db_col_bool(&q, 11)};
	if (!db_done(&q, e))
		return false;
	return found || err_set(e, ERR_NOT_FOUND, false, "there is no run %lld", (long long)run);
}

/* --- ending --- */

static bool poke_joiners(struct db *db, int64_t run, struct err *e)
{
	struct db_query q;
	bool ok = true;

	if (!db_query(db, &q,
	            "SELECT run FROM step WHERE ref = ? AND kind = 'join' AND state = 'waiting'",
	            DB_ARGS(db_int(run)), e))
		return false;
	while (ok && db_next(&q))
		ok = run_poke_tx(db, db_col_int(&q, 0), e);
	return db_done(&q, ok ? e : NULL) && ok;
}

/* The hook is a run of its own, so it is as durable as what it cleans up after. */
static bool start_hook(struct db *db, struct arena *a, int64_t run, const struct run_facts *f,
        const char *suffix, const char *code, const char *msg, struct err *e)
{
	struct wf_start st = {.workflow = arena_printf(a, "%s!%s", f->workflow, suffix)};
	struct run_insert in = {
	        .start = &st, .version = f->version, .lane = f->lane, .parent = run};
	json *j = json_obj(a), *error;
	struct err ignored;
	int64_t id;

	json_set_int(j, "run", run);
	json_set_str(j, "workflow", f->workflow);
	json_set(j, "input", f->input ? json_parse(a, f->input, strlen(f->input), &ignored) : NULL);
	error = json_set_obj(j, "error");
	json_set_str(error, "code", code);
	json_set_str(error, "message", msg);
	in.input = json_print(a, j);
	return run_insert_tx(db, &in, &id, e);
}

static bool hooks(struct db *db, struct arena *a, int64_t run, const struct run_facts *f,
        enum run_then how, const char *code, const char *msg, struct err *e)
{
	const struct workflow *wf = runs_workflow(db_store(db), f->workflow);

	if (!wf) /* a hook itself has no hooks */
		return true;
	if (how == RUN_FAILED && wf->on_failure)
		return start_hook(db, a, run, f, "failed", code, msg, e);
	if (how == RUN_CANCELLED && wf->on_cancel && f->entered > 0)
		return start_hook(db, a, run, f, "cancelled", code, msg, e);
	return true;
}

static const char *end_state(enum run_then how)
{
	return how == RUN_DONE ? "done" : how == RUN_FAILED ? "failed" : "cancelled";
}

bool run_end_tx(struct db *db, int64_t run, enum run_then how, const char *code, const char *msg,
        struct err *e)
{
	struct arena *a = arena_new(0);
	struct run_facts f = {0};
	bool ok = read_facts(db, a, run, &f, e) &&
	          db_exec(db,
	                  "UPDATE run SET state = ?, ended = ?, held = 0, paused = 0, waits = NULL,"
	                  " boot = NULL, lease = 0, err_code = ?, err_msg = ? WHERE id = ?",
	                  DB_ARGS(db_text(end_state(how)), db_int(clock_now_ms()), db_text(code),
	                          db_text(msg), db_int(run)),
	                  e) &&
	          (!f.suspect || run_cleared_tx(db, run, e)) &&
	          (!f.ckey || run_promote_tx(db, f.ckey, e)) && poke_joiners(db, run, e) &&
	          hooks(db, a, run, &f, how, code, msg, e);

	arena_free(a);
	return ok;
}

/* --- cancel --- */

static bool cancel_one(struct db *db, int64_t run, const char *why, struct err *e)
{
	struct arena *a = arena_new(0);
	struct run_facts f = {0};
	bool ok = read_facts(db, a, run, &f, e);

	if (ok && !f.ended && str_eq(f.state, "running")) {
		ok = db_exec(db, "UPDATE run SET cancel = ? WHERE id = ?",
		        DB_ARGS(db_text(why), db_int(run)), e);
		store_note_wake(db, &(struct store_wake){.run = run, .steer = true});
	} else if (ok && !f.ended) {
		ok = run_end_tx(db, run, RUN_CANCELLED, err_code_name(ERR_CANCELED), why, e);
	}
	arena_free(a);
	return ok;
}

/* Children first, and theirs before them: the deepest has the largest depth. Hooks are children too
 * but clean up, so they are let run. */
bool flow_cancel_tx(struct db *db, int64_t run, const char *why, struct err *e)
{
	struct db_query q;
	bool ok = true;

	if (!db_query(db, &q,
	            "WITH RECURSIVE tree(id, depth) AS (VALUES (?, 0) UNION SELECT run.id, depth + 1"
	            " FROM run JOIN tree ON run.parent = tree.id WHERE run.ended = 0"
	            " AND instr(run.workflow, '!') = 0)"
	            " SELECT id FROM tree ORDER BY depth DESC",
	            DB_ARGS(db_int(run)), e))
		return false;
	while (ok && db_next(&q))
		ok = cancel_one(db, db_col_int(&q, 0), str_or(why, "cancelled"), e);
	return db_done(&q, ok ? e : NULL) && ok;
}

static bool find_where(struct db *db, struct arena *a, const struct run_cancel_where *w,
        int64_t **ids, size_t *n, struct err *e)
{
	size_t len = w->concurrency ? strlen(w->concurrency) : 0;
	bool prefix = len > 0 && w->concurrency[len - 1] == '*';
	struct db_query q;

	*n = 0;
	if (!db_query(db, &q,
	            "SELECT id FROM run WHERE ended = 0 AND cancel IS NULL"
	            " AND instr(workflow, '!') = 0"
	            " AND (?1 IS NULL OR workflow = ?1)"
	            " AND (?2 IS NULL OR (?3 = 0 AND ckey = ?2)"
	            "  OR (?3 > 0 AND substr(ckey, 1, ?3 - 1) = substr(?2, 1, ?3 - 1)))"
	            " AND (?4 = 0 OR created < ?4) ORDER BY id LIMIT ?5",
	            DB_ARGS(db_text(w->workflow), db_text(w->concurrency),
	                    db_int(prefix ? (int64_t)len : 0), db_int(w->before_ms),
	                    db_int(CANCEL_BATCH)),
	            e))
		return false;
	*ids = ARENA_ARRAY(a, CANCEL_BATCH, int64_t);
	while (*n < CANCEL_BATCH && db_next(&q))
		(*ids)[(*n)++] = db_col_int(&q, 0);
	return db_done(&q, e);
}

bool run_cancel_where_tx(struct db *db, void *arg, struct err *e)
{
	struct run_cancel_where *w = arg;
	struct arena *a = arena_new(0);
	int64_t *ids = NULL;
	size_t n;
	bool ok = find_where(db, a, w, &ids, &n, e);

	w->count = 0;
	for (size_t i = 0; ok && i < n; i++) {
		ok = flow_cancel_tx(db, ids[i], str_or(w->why, "cancelled"), e);
		w->count++;
	}
	w->more = ok && n == CANCEL_BATCH;
	arena_free(a);
	return ok;
}

/* --- pause --- */

static bool set_paused(
        struct db *db, int64_t run, const struct run_facts *f, bool paused, struct err *e)
{
	if (!db_exec(db, "UPDATE run SET paused = ? WHERE id = ?",
	            DB_ARGS(db_bool(paused), db_int(run)), e))
		return false;
	if (str_eq(f->state, "running"))
		store_note_wake(db, &(struct store_wake){.run = run, .steer = true});
	else if (!paused && str_eq(f->state, "ready"))
		store_note_wake(
		        db, &(struct store_wake){.run = run, .lane = f->lane, .due_ms = f->due});
	/* Another run of the key may go first now; or this one is the only one that can. */
	return !f->ckey || run_promote_tx(db, f->ckey, e);
}

bool flow_pause_tx(struct db *db, int64_t run, bool paused, struct err *e)
{
	struct arena *a = arena_new(0);
	struct run_facts f = {0};
	bool ok = read_facts(db, a, run, &f, e);

	if (ok && f.ended)
		ok = err_set(e, ERR_CONFLICT, false, "run %lld has ended", (long long)run);
	if (ok && f.paused != paused)
		ok = set_paused(db, run, &f, paused, e);
	arena_free(a);
	return ok;
}

/* --- retry --- */

static bool forget_from(struct db *db, int64_t run, const char *from, struct err *e)
{
	int64_t seq = 0;
	bool found;

	if (!db_get_int(db, &seq, &found, "SELECT seq FROM step WHERE run = ? AND name = ?",
	            DB_ARGS(db_int(run), db_text(from)), e))
		return false;
	if (!found)
		return err_set(
		        e, ERR_NOT_FOUND, false, "run %lld has no step %s", (long long)run, from);
	return db_exec(db,
	               "DELETE FROM blob WHERE id IN (SELECT in_blob FROM step WHERE run = ?1"
	               " AND seq >= ?2 UNION SELECT out_blob FROM step WHERE run = ?1 AND seq >= ?2)",
	               DB_ARGS(db_int(run), db_int(seq)), e) &&
	       db_exec(db,
	               "DELETE FROM attempt WHERE run = ?1 AND step IN"
	               " (SELECT name FROM step WHERE run = ?1 AND seq >= ?2)",
	               DB_ARGS(db_int(run), db_int(seq)), e) &&
	       db_exec(db,
	               "UPDATE signal SET taken_by = NULL WHERE run = ?1 AND taken_by IN"
	               " (SELECT name FROM step WHERE run = ?1 AND seq >= ?2)",
	               DB_ARGS(db_int(run), db_int(seq)), e) &&
	       db_exec(db, "DELETE FROM step WHERE run = ? AND seq >= ?",
	               DB_ARGS(db_int(run), db_int(seq)), e);
}

static bool renew_unfinished(struct db *db, int64_t run, int64_t now, struct err *e)
{
	return db_exec(db,
	        "UPDATE step SET attempt = 0, limited = 0, started = ?2, due = 0,"
	        " maybe = maybe OR state = 'running',"
	        " state = 'waiting', err_code = NULL, err_msg = NULL, ended = 0"
	        " WHERE run = ?1 AND kind = 'step' AND state <> 'done'",
	        DB_ARGS(db_int(run), db_int(now)), e);
}

static bool revive(struct db *db, int64_t run, const struct run_facts *f, struct err *e)
{
	int64_t now = clock_now_ms();

	store_note_wake(db, &(struct store_wake){.run = run, .lane = f->lane, .due_ms = now});
	return renew_unfinished(db, run, now, e) &&
	       db_exec(db, "DELETE FROM blob WHERE id = (SELECT out_blob FROM run WHERE id = ?)",
	               DB_ARGS(db_int(run)), e) &&
	       db_exec(db,
	               "UPDATE run SET state = 'ready', ended = 0, due = ?, cancel = NULL,"
	               " err_code = NULL, err_msg = NULL, out = NULL, out_blob = NULL,"
	               " crashes = 0, poke = 0 WHERE id = ?",
	               DB_ARGS(db_int(now), db_int(run)), e);
}

bool flow_retry_tx(struct db *db, int64_t run, const char *from_step, struct err *e)
{
	struct arena *a = arena_new(0);
	struct run_facts f = {0};
	bool ok = read_facts(db, a, run, &f, e);

	if (ok && !f.ended)
		ok = err_set(e, ERR_CONFLICT, false,
		        "run %lld has not ended: cancel it first, or wait", (long long)run);
	ok = ok && (!from_step || forget_from(db, run, from_step, e)) && revive(db, run, &f, e);
	arena_free(a);
	return ok;
}
