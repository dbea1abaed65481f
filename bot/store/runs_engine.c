/* runs_engine.c - see runs_engine.h: what a worker commits while it carries out a run. */
#include "store/runs_engine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "str.h"

static const char *const kinds[] = {"step", "sleep", "wait", "spawn", "join"};
static const char *const states[] = {"running", "waiting", "done", "failed"};

static int index_of(const char *const *words, size_t n, const char *word)
{
	for (size_t i = 0; i < n; i++) {
		if (str_eq(words[i], word))
			return (int)i;
	}
	abort(); /* the table's CHECK lets nothing else in */
}

/* --- blobs --- */

int64_t run_put_blob(struct db *db, int64_t run, const char *text, struct err *e)
{
	return db_exec(db, "INSERT INTO blob(run, body) VALUES (?, ?)",
	               DB_ARGS(db_int(run), db_text(text)), e)
	               ? db_last_id(db)
	               : 0;
}

const char *run_blob(struct db *db, struct arena *a, int64_t id, struct err *e)
{
	char *text;

	if (!db_get_text(
	            db, a, &text, "SELECT body FROM blob WHERE id = ?", DB_ARGS(db_int(id)), e))
		return NULL;
	if (!text)
		err_set(e, ERR_STORE, false, "blob %lld is missing: the database was damaged",
		        (long long)id);
	return text;
}

/* Large text goes to a blob: *id is set and *text cleared. */
static bool place(struct db *db, int64_t run, const char **text, int64_t *id, struct err *e)
{
	if (!*text || strlen(*text) <= RUN_INLINE_BYTES)
		return true;
	*id = run_put_blob(db, run, *text, e);
	*text = NULL;
	return *id != 0;
}

/* --- steps --- */

static bool insert_step(
        struct db *db, int64_t run, const struct step_rec *r, const char *out, struct err *e)
{
	const char *input = r->input;
	int64_t in_blob = 0;

	if (!place(db, run, &input, &in_blob, e))
		return false;
	return db_exec(db,
	        "INSERT INTO step(run, name, kind, state, seq, grp, attempt, limited, calls, maybe,"
	        " started, begun, ended, due, in_hash, input, in_blob, memo, out, out_blob, signal,"
	        " ref, err_code, err_msg)"
	        " VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
	        DB_ARGS(db_int(run), db_text(r->name), db_text(kinds[r->kind]),
	                db_text(states[r->state]), db_int(r->seq), db_int(r->group),
	                db_int(r->attempt), db_int(r->limited), db_int(r->calls), db_int(r->maybe),
	                db_int(r->started_ms), db_int(r->begun_ms), db_int(r->ended_ms),
	                db_int(r->due_ms), db_int(r->in_hash), db_text(input),
	                db_int_or_null(in_blob), db_text(r->memo), db_text(out),
	                db_int_or_null(r->out_blob), db_text(r->signal), db_int_or_null(r->ref),
	                db_text(r->err_code), db_text(r->err_msg)),
	        e);
}

static bool update_step(
        struct db *db, int64_t run, const struct step_rec *r, const char *out, struct err *e)
{
	return db_exec(db,
	        "UPDATE step SET state = ?, grp = ?, attempt = ?, limited = ?, calls = ?,"
	        " maybe = ?, begun = ?, ended = ?, due = ?, memo = ?, out = ?, out_blob = ?,"
	        " ref = ?, err_code = ?, err_msg = ? WHERE run = ? AND name = ?",
	        DB_ARGS(db_text(states[r->state]), db_int(r->group), db_int(r->attempt),
	                db_int(r->limited), db_int(r->calls), db_int(r->maybe), db_int(r->begun_ms),
	                db_int(r->ended_ms), db_int(r->due_ms), db_text(r->memo), db_text(out),
	                db_int_or_null(r->out_blob), db_int_or_null(r->ref), db_text(r->err_code),
	                db_text(r->err_msg), db_int(run), db_text(r->name)),
	        e);
}

static bool put_attempt(struct db *db, int64_t run, const struct step_rec *r, struct err *e)
{
	const struct run_attempt *f = &r->failed;

	return db_exec(db,
	        "INSERT OR REPLACE INTO attempt(run, step, n, started, ended, code, msg)"
	        " VALUES (?, ?, ?, ?, ?, ?, ?)",
	        DB_ARGS(db_int(run), db_text(r->name), db_int(f->n), db_int(f->started_ms),
	                db_int(f->ended_ms), db_text(f->code), db_text(f->error)),
	        e);
}

static bool take_signal(
        struct db *db, const struct run_commit *c, struct step_rec *r, struct err *e)
{
	struct db_query q;
	int64_t id = 0;

	if (!db_query(db, &q,
	            "SELECT id, payload FROM signal WHERE run = ? AND name = ? AND taken_by IS NULL"
	            " ORDER BY id LIMIT 1",
	            DB_ARGS(db_int(c->run), db_text(r->signal)), e))
		return false;
	if (db_next(&q)) {
		id = db_col_int(&q, 0);
		r->out = db_col_null(&q, 1) ? "null" : db_col_strdup(&q, 1, c->a);
	}
	if (!db_done(&q, e))
		return false;
	if (!id && r->due_ms <= clock_now_ms())
		r->out = "{\"timeout\":true}";
	return !id || db_exec(db, "UPDATE signal SET taken_by = ? WHERE id = ?",
	                      DB_ARGS(db_text(r->name), db_int(id)), e);
}

/* The text of a column or of the blob beside it. */
static const char *text_or_blob(
        struct db *db, struct arena *a, const struct db_query *q, int col, struct err *e)
{
	if (!db_col_null(q, col))
		return db_col_strdup(q, col, a);
	return db_col_null(q, col + 1) ? "null" : run_blob(db, a, db_col_int(q, col + 1), e);
}

static const char *outcome(struct db *db, struct arena *a, const struct db_query *q, struct err *e)
{
	const char *result = text_or_blob(db, a, q, 1, e);
	json *error;

	if (!result)
		return NULL;
	if (db_col_null(q, 3))
		return arena_printf(a, "{\"state\":\"%s\",\"result\":%s,\"error\":null}",
		        db_col_text(q, 0), result);
	error = json_obj(a);
	json_set_str(error, "code", db_col_text(q, 3));
	json_set_str(error, "message", db_col_text(q, 4));
	return arena_printf(a, "{\"state\":\"%s\",\"result\":%s,\"error\":%s}", db_col_text(q, 0),
	        result, json_print(a, error));
}

static bool look_at_end(
        struct db *db, const struct run_commit *c, struct step_rec *r, struct err *e)
{
	struct db_query q;
	bool ok = true;

	if (!db_query(db, &q,
	            "SELECT state, out, out_blob, err_code, err_msg, ended FROM run WHERE id = ?",
	            DB_ARGS(db_int(r->ref)), e))
		return false;
	if (!db_next(&q)) /* pruned, or never was */
		r->out = "{\"state\":\"failed\",\"result\":null,\"error\":"
		         "{\"code\":\"not_found\",\"message\":\"there is no such run\"}}";
	else if (db_col_int(&q, 5) > 0)
		ok = (r->out = outcome(db, c->a, &q, e)) != NULL;
	return db_done(&q, ok ? e : NULL) && ok;
}

static bool spawn(struct db *db, const struct run_commit *c, struct step_rec *r, struct err *e)
{
	if (!run_start_child_tx(db, r->start, c->run, &r->ref, e))
		return false;
	r->out = arena_printf(c->a, "{\"run\":%lld}", (long long)r->ref);
	return true;
}

/* A step that waits for something in the store: is it there? Computed from scratch, because a write
 * function may be run twice. */
static bool try_step(struct db *db, const struct run_commit *c, struct step_rec *r, struct err *e)
{
	bool ok = true;

	r->out = NULL;
	r->ended_ms = 0;
	switch (r->kind) {
	case STEP_WAIT:
		ok = take_signal(db, c, r, e);
		break;
	case STEP_JOIN:
		ok = look_at_end(db, c, r, e);
		break;
	case STEP_SPAWN:
		ok = spawn(db, c, r, e);
		break;
	case STEP_BODY:
	case STEP_SLEEP:
		return true;
	}
	r->state = ok && r->out ? STEP_DONE : STEP_WAITING;
	r->ended_ms = r->state == STEP_DONE ? clock_now_ms() : 0;
	return ok;
}

static bool put_step(
        struct db *db, struct run_commit *c, struct step_rec *r, bool tried, struct err *e)
{
	const char *out;

	if (tried && !try_step(db, c, r, e))
		return false;
	if (tried && r->state == STEP_DONE)
		c->goes_on = true;
	out = r->out;
	if (out)
		r->out_blob = 0;
	if (!place(db, c->run, &out, &r->out_blob, e))
		return false;
	if (r->failed.n && !put_attempt(db, c->run, r, e))
		return false;
	return r->stored ? update_step(db, c->run, r, out, e) : insert_step(db, c->run, r, out, e);
}

/* --- what becomes of the run --- */

static bool park(struct db *db, const struct run_commit *c, struct err *e)
{
	struct db_query q;
	struct store_wake w = {.run = c->run};
	char *cancel = NULL;
	bool wake = false, suspect = false;

	if (!db_query(db, &q,
	            "UPDATE run SET state = 'ready', due = CASE WHEN poke THEN min(?1, ?2) ELSE ?2 END,"
	            " poke = 0, waits = ?3, boot = NULL, lease = 0, crashes = 0 WHERE id = ?4"
	            " RETURNING lane, due, paused, cancel, suspect",
	            DB_ARGS(db_int(clock_now_ms()), db_int(c->due_ms), db_text(c->waits),
	                    db_int(c->run)),
	            e))
		return false;
	if (db_next(&q)) {
		w.lane = (int)db_col_int(&q, 0);
		w.due_ms = db_col_int(&q, 1);
		wake = !db_col_bool(&q, 2) && w.due_ms < RUN_NEVER;
		cancel = db_col_strdup(&q, 3, c->a);
		suspect = db_col_bool(&q, 4);
	}
	if (!db_done(&q, e) || (suspect && !run_cleared_tx(db, c->run, e)))
		return false;
	if (cancel)
		return run_end_tx(
		        db, c->run, RUN_CANCELLED, err_code_name(ERR_CANCELED), cancel, e);
	if (wake)
		store_note_wake(db, &w);
	return true;
}

static bool finish(struct db *db, const struct run_commit *c, struct err *e)
{
	const char *result = c->result;
	int64_t blob = 0;

	if (result &&
	        (!place(db, c->run, &result, &blob, e) ||
	                !db_exec(db, "UPDATE run SET out = ?, out_blob = ? WHERE id = ?",
	                        DB_ARGS(db_text(result), db_int_or_null(blob), db_int(c->run)), e)))
		return false;
	return run_end_tx(db, c->run, c->then, c->err_code, c->err_msg, e);
}

static bool settle(struct db *db, struct run_commit *c, struct err *e)
{
	if (c->goes_on)
		return c->lease_until_ms <= 0 ||
		       db_exec(db, "UPDATE run SET lease = ? WHERE id = ?",
		               DB_ARGS(db_int(c->lease_until_ms), db_int(c->run)), e);
	return c->then == RUN_PARK ? park(db, c, e) : finish(db, c, e);
}

bool run_commit_tx(struct db *db, void *arg, struct err *e)
{
	struct run_commit *c = arg;

	c->goes_on = c->then == RUN_KEEP;
	for (size_t i = 0; i < c->nsteps; i++) {
		struct step_rec *r = c->steps[i];

		if (!put_step(db, c, r, r->tried, e))
			return false;
	}
	if (!settle(db, c, e))
		return false;
	if (c->claim)
		c->claim->id = 0;
	return !c->claim || c->goes_on || run_claim_tx(db, c->claim, e);
}

/* --- reading --- */

static struct step_rec *read_step(const struct db_query *q, struct arena *a)
{
	struct step_rec *r = ARENA_NEW(a, struct step_rec);

	r->stored = true;
	r->name = db_col_strdup(q, 0, a);
	r->kind = (enum step_kind)index_of(kinds, 5, db_col_text(q, 1));
	r->state = (enum step_state)index_of(states, 4, db_col_text(q, 2));
	r->seq = (int)db_col_int(q, 3);
	r->group = (int)db_col_int(q, 4);
	r->attempt = (int)db_col_int(q, 5);
	r->limited = (int)db_col_int(q, 6);
	r->calls = (int)db_col_int(q, 7);
	r->maybe = (enum step_maybe)db_col_int(q, 8);
	r->started_ms = db_col_int(q, 9);
	r->begun_ms = db_col_int(q, 10);
	r->ended_ms = db_col_int(q, 11);
	r->due_ms = db_col_int(q, 12);
	r->in_hash = db_col_int(q, 13);
	r->memo = db_col_strdup(q, 14, a);
	r->out = db_col_strdup(q, 15, a);
	r->out_blob = db_col_int(q, 16);
	r->signal = db_col_strdup(q, 17, a);
	r->ref = db_col_int(q, 18);
	r->err_code = db_col_strdup(q, 19, a);
	r->err_msg = db_col_strdup(q, 20, a);
	return r;
}

bool run_load_steps(struct db *db, struct arena *a, int64_t run, struct step_rec ***out, size_t *n,
        struct err *e)
{
	struct db_query q;
	size_t cap = 0;

	*n = 0;
	*out = NULL;
	if (!db_query(db, &q,
	            "SELECT name, kind, state, seq, grp, attempt, limited, calls, maybe, started,"
	            " begun, ended, due, in_hash, memo, out, out_blob, signal, ref, err_code, err_msg,"
	            " count(*) OVER () FROM step WHERE run = ? ORDER BY seq",
	            DB_ARGS(db_int(run)), e))
		return false;
	while (db_next(&q)) {
		if (!cap) {
			cap = (size_t)db_col_int(&q, 21);
			*out = ARENA_ARRAY(a, cap, struct step_rec *);
		}
		(*out)[(*n)++] = read_step(&q, a);
	}
	return db_done(&q, e);
}

bool run_read_steering(struct db *db, int64_t run, char *why, size_t n, bool *cancelled,
        bool *paused, struct err *e)
{
	struct db_query q;

	if (!db_query(
	            db, &q, "SELECT cancel, paused FROM run WHERE id = ?", DB_ARGS(db_int(run)), e))
		return false;
	if (db_next(&q)) {
		*cancelled = !db_col_null(&q, 0);
		*paused = db_col_bool(&q, 1);
		snprintf(why, n, "%s", str_or(db_col_text(&q, 0), ""));
	}
	return db_done(&q, e);
}
