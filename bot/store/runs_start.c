/* runs_start.c - new runs, signals, and what makes a parked run due. */
#include <string.h>

#include "clock.h"
#include "store/runs_engine.h"
#include "store/runs_look.h"
#include "str.h"

/* --- the concurrency key --- */

static bool key_is_held(struct db *db, const char *ckey, bool *held, struct err *e)
{
	int64_t one;

	return db_get_int(db, &one, held, "SELECT 1 FROM run WHERE ckey = ? AND held = 1",
	        DB_ARGS(db_text(ckey)), e);
}

bool run_promote_tx(struct db *db, const char *ckey, struct err *e)
{
	struct db_query q;
	struct store_wake w = {0};
	bool held;

	if (!key_is_held(db, ckey, &held, e))
		return false;
	if (held)
		return true;
	if (!db_query(db, &q,
	            "UPDATE run SET state = 'ready' WHERE id = (SELECT id FROM run WHERE ckey = ?"
	            " AND state = 'queued' AND paused = 0 ORDER BY due, id LIMIT 1)"
	            " RETURNING id, lane, due",
	            DB_ARGS(db_text(ckey)), e))
		return false;
	if (db_next(&q)) {
		w = (struct store_wake){.run = db_col_int(&q, 0),
		        .lane = (int)db_col_int(&q, 1),
		        .due_ms = db_col_int(&q, 2)};
		store_note_wake(db, &w);
	}
	return db_done(&q, e);
}

/* --- starting --- */

/* By idempotency key. *run_out stays 0 when there is none. */
static bool find_by_key(struct db *db, const struct wf_start *st, int64_t *run_out, struct err *e)
{
	struct db_query q;
	bool other = false;

	if (!st->key)
		return true;
	if (!db_query(db, &q, "SELECT id, workflow FROM run WHERE key = ?",
	            DB_ARGS(db_text(st->key)), e))
		return false;
	if (db_next(&q)) {
		*run_out = db_col_int(&q, 0);
		other = !str_eq(db_col_text(&q, 1), st->workflow);
	}
	if (!db_done(&q, e))
		return false;
	return !other || err_set(e, ERR_CONFLICT, false,
	                         "the key %s was used by run %lld of another workflow", st->key,
	                         (long long)*run_out);
}

/* A waiting run that others are merged into goes when the earliest of them wants to go, also when
 * its key is held: who lets go of it promotes the run with the due of then. */
static bool bring_forward(struct db *db, int64_t run, int64_t due, struct err *e)
{
	int64_t lane = 0;
	bool ready;

	if (!db_exec(db,
	            "UPDATE run SET due = ?1 WHERE id = ?2 AND state IN ('ready', 'queued')"
	            " AND due > ?1",
	            DB_ARGS(db_int(due), db_int(run)), e))
		return false;
	if (db_changes(db) == 0)
		return true;
	if (!db_get_int(db, &lane, &ready, "SELECT lane FROM run WHERE id = ? AND state = 'ready'",
	            DB_ARGS(db_int(run)), e))
		return false;
	if (ready)
		store_note_wake(db, &(struct store_wake){
		                            .run = run, .lane = (enum wf_lane)lane, .due_ms = due});
	return true;
}

/* The waiting run that this start may join. */
static bool find_waiting(struct db *db, const struct wf_start *st, int64_t *run_out, struct err *e)
{
	struct db_query q;
	int64_t created = 0, due = 0, now = clock_now_ms();

	if (!st->coalesce || !st->concurrency)
		return true;
	if (!db_query(db, &q,
	            "SELECT id, created FROM run WHERE ckey = ? AND workflow = ? AND ended = 0"
	            " AND entered = 0 AND state <> 'running' ORDER BY id LIMIT 1",
	            DB_ARGS(db_text(st->concurrency), db_text(st->workflow)), e))
		return false;
	if (db_next(&q)) {
		*run_out = db_col_int(&q, 0);
		created = db_col_int(&q, 1);
	}
	if (!db_done(&q, e))
		return false;
	if (!*run_out)
		return true;
	if (st->debounce_ms <= 0)
		return bring_forward(db, *run_out, now + st->delay_ms, e);
	due = now + st->debounce_ms;
	if (due > created + 10 * st->debounce_ms)
		due = created + 10 * st->debounce_ms;
	/* The engine finds the later due when it comes for the earlier one. */
	return db_exec(db, "UPDATE run SET due = ? WHERE id = ?",
	        DB_ARGS(db_int(due), db_int(*run_out)), e);
}

/* Not sooner than spacing_ms after the key's latest run was, or will be, entered. */
static bool space_out(struct db *db, const struct wf_start *st, int64_t *due, struct err *e)
{
	int64_t last = 0;

	if (st->spacing_ms <= 0)
		return true;
	if (!db_get_int(db, &last, NULL,
	            "SELECT CASE WHEN entered > 0 THEN entered ELSE due END FROM run"
	            " WHERE ckey = ? ORDER BY id DESC LIMIT 1",
	            DB_ARGS(db_text(st->concurrency)), e))
		return false;
	if (last > 0 && last < RUN_NEVER && last + st->spacing_ms > *due)
		*due = last + st->spacing_ms;
	return true;
}

static bool insert_row(struct db *db, const struct run_insert *in, int64_t *run_out, struct err *e)
{
	const struct wf_start *st = in->start;
	int64_t now = clock_now_ms();
	int64_t due = now + st->delay_ms + (st->coalesce ? st->debounce_ms : 0);
	bool held = false;

	if (st->concurrency &&
	        (!key_is_held(db, st->concurrency, &held, e) || !space_out(db, st, &due, e)))
		return false;
	if (!db_exec(db,
	            "INSERT INTO run(parent, workflow, version, lane, key, ckey, state, due, input,"
	            " created, incident) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?9, ?," RUN_ABOUT_SQL(
	                    "?9") ")",
	            DB_ARGS(db_int_or_null(in->parent), db_text(st->workflow), db_int(in->version),
	                    db_int(in->lane), db_text(st->key), db_text(st->concurrency),
	                    db_text(held ? "queued" : "ready"), db_int(due), db_text(in->input),
	                    db_int(now)),
	            e))
		return false;
	*run_out = db_last_id(db);
	if (!held)
		store_note_wake(
		        db, &(struct store_wake){.run = *run_out, .lane = in->lane, .due_ms = due});
	return true;
}

bool run_insert_tx(struct db *db, const struct run_insert *in, int64_t *run_out, struct err *e)
{
	*run_out = 0;
	if (!find_by_key(db, in->start, run_out, e))
		return false;
	if (!*run_out && !find_waiting(db, in->start, run_out, e))
		return false;
	return *run_out || insert_row(db, in, run_out, e);
}

bool run_start_child_tx(
        struct db *db, const struct wf_start *st, int64_t parent, int64_t *run_out, struct err *e)
{
	const struct workflow *wf = runs_workflow(db_store(db), st->workflow);
	struct run_insert in = {.start = st, .parent = parent};
	struct arena *a;
	int64_t id;
	bool ok;

	if (!wf)
		return err_set(
		        e, ERR_NOT_FOUND, false, "there is no workflow named %s", st->workflow);
	a = arena_new(0);
	in.input = st->input ? json_print(a, st->input) : NULL;
	in.version = wf->version;
	in.lane = (int)wf->lane;
	ok = run_insert_tx(db, &in, run_out ? run_out : &id, e);
	arena_free(a);
	return ok;
}

bool flow_start_tx(struct db *db, const struct wf_start *st, int64_t *run_out, struct err *e)
{
	return run_start_child_tx(db, st, 0, run_out, e);
}

/* --- events for a parked run --- */

bool run_poke_tx(struct db *db, int64_t run, struct err *e)
{
	struct db_query q;
	int64_t now = clock_now_ms();

	if (!db_query(db, &q,
	            "UPDATE run SET poke = (state = 'running'),"
	            " due = CASE WHEN state = 'ready' THEN min(due, ?) ELSE due END"
	            " WHERE id = ? AND ended = 0 RETURNING state = 'ready', lane, due",
	            DB_ARGS(db_int(now), db_int(run)), e))
		return false;
	if (db_next(&q) && db_col_bool(&q, 0))
		store_note_wake(db, &(struct store_wake){.run = run,
		                            .lane = (int)db_col_int(&q, 1),
		                            .due_ms = db_col_int(&q, 2)});
	return db_done(&q, e);
}

static bool insert_signal(
        struct db *db, int64_t run, const char *name, const json *payload, struct err *e)
{
	struct arena *a = arena_new(0);
	char *text = payload ? json_print(a, payload) : NULL;
	bool ok =
	        !text || strlen(text) <= RUN_SIGNAL_MAX ||
	        err_set(e, ERR_INPUT, false, "the payload of signal %s is larger than 1 MiB", name);

	ok = ok &&
	     db_exec(db, "INSERT INTO signal(run, name, payload, sent) VALUES (?, ?, ?, ?)",
	             DB_ARGS(db_int(run), db_text(name), db_text(text), db_int(clock_now_ms())), e);
	arena_free(a);
	return ok;
}

bool flow_signal_tx(
        struct db *db, int64_t run, const char *signal, const json *payload, struct err *e)
{
	int64_t ended = 0, waits = 0;
	bool found, waiting;

	if (!db_get_int(db, &ended, &found, "SELECT ended FROM run WHERE id = ?",
	            DB_ARGS(db_int(run)), e))
		return false;
	if (!found)
		return err_set(e, ERR_NOT_FOUND, false, "there is no run %lld", (long long)run);
	if (ended)
		return err_set(e, ERR_CONFLICT, false, "run %lld has ended", (long long)run);
	if (!insert_signal(db, run, signal, payload, e))
		return false;
	if (!db_get_int(db, &waits, &waiting,
	            "SELECT 1 FROM step WHERE run = ? AND kind = 'wait' AND state = 'waiting'"
	            " AND signal = ?",
	            DB_ARGS(db_int(run), db_text(signal)), e))
		return false;
	return !waiting || run_poke_tx(db, run, e);
}
