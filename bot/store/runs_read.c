/* runs_read.c - one run with its steps, attempts and signals; and pruning old ones. */
#include <string.h>

#include "clock.h"
#include "log.h"
#include "store/runs_engine.h"
#include "store/runs_look.h"
#include "str.h"

/* --- one run --- */

/* The text of a blob, unless it is larger than max_bytes (0 = no limit): then NULL, and its size
 * only. A run may have a thousand of them. */
static bool read_blob(struct db *db, int64_t id, int64_t max_bytes, const char **text,
        int64_t *bytes, struct arena *a, struct err *e)
{
	if (!db_get_int(db, bytes, NULL, "SELECT length(CAST(body AS BLOB)) FROM blob WHERE id = ?",
	            DB_ARGS(db_int(id)), e))
		return false;
	if (max_bytes > 0 && *bytes > max_bytes)
		return true;
	*text = run_blob(db, a, id, e);
	return *text != NULL;
}

/* The JSON of a text column or of the blob beside it, unless it is larger than max_bytes. */
static bool read_json(struct db *db, const struct db_query *q, int col, int64_t max_bytes,
        const json **out, int64_t *bytes, struct arena *a, struct err *e)
{
	const char *text = db_col_text(q, col);
	struct err damage;

	*out = NULL;
	if (!text && !db_col_null(q, col + 1) &&
	        !read_blob(db, db_col_int(q, col + 1), max_bytes, &text, bytes, a, e))
		return false;
	if (!text)
		return true;
	*bytes = (int64_t)strlen(text);
	if (max_bytes > 0 && *bytes > max_bytes)
		return true;
	*out = json_parse(a, text, strlen(text), &damage);
	if (!*out) /* whoever looks wants to see the rest */
		log_error("store", "a stored value of a run is damaged: %s", damage.msg);
	return true;
}

static const char *outcome_of(const char *state, enum step_maybe maybe)
{
	if (maybe == MAYBE_FOUND && str_eq(state, "done"))
		return "done (found after crash)";
	if (maybe == MAYBE_YES && str_eq(state, "failed"))
		return "failed (effect unknown: please look)";
	return state;
}

static bool read_run_step(struct db *db, const struct db_query *q, struct run_step *s,
        int64_t max_bytes, struct arena *a, struct err *e)
{
	*s = (struct run_step){.name = db_col_strdup(q, 0, a),
	        .kind = db_col_strdup(q, 1, a),
	        .state = db_col_strdup(q, 2, a),
	        .seq = (int)db_col_int(q, 3),
	        .group = (int)db_col_int(q, 4),
	        .attempt = (int)db_col_int(q, 5),
	        .calls = (int)db_col_int(q, 6),
	        .started_ms = db_col_int(q, 7),
	        .begun_ms = db_col_int(q, 8),
	        .ended_ms = db_col_int(q, 9),
	        .due_ms = db_col_int(q, 10),
	        .child = db_col_int(q, 11),
	        .signal = db_col_strdup(q, 12, a),
	        .error_code = db_col_strdup(q, 13, a),
	        .error = db_col_strdup(q, 14, a)};
	s->outcome = outcome_of(s->state, (enum step_maybe)db_col_int(q, 15));
	return read_json(db, q, 16, max_bytes, &s->input, &s->input_bytes, a, e) &&
	       read_json(db, q, 18, max_bytes, &s->output, &s->output_bytes, a, e);
}

static bool get_steps(struct db *db, struct arena *a, int64_t id, int64_t max_bytes,
        struct run_detail *d, struct err *e)
{
	struct db_query q;
	bool ok = true;

	if (!db_query(db, &q,
	            "SELECT name, kind, state, seq, grp, attempt, calls, started, begun, ended, due,"
	            " coalesce(ref, 0), signal, err_code, err_msg, maybe, input, in_blob, out, out_blob"
	            " FROM step WHERE run = ? ORDER BY seq",
	            DB_ARGS(db_int(id)), e))
		return false;
	d->steps = ARENA_ARRAY(a, (size_t)d->run.steps, struct run_step);
	while (ok && d->nsteps < (size_t)d->run.steps && db_next(&q))
		ok = read_run_step(db, &q, &d->steps[d->nsteps++], max_bytes, a, e);
	return db_done(&q, ok ? e : NULL) && ok;
}

static struct run_step *step_named(const struct run_detail *d, const char *name)
{
	for (size_t i = 0; i < d->nsteps; i++) {
		if (str_eq(d->steps[i].name, name))
			return &d->steps[i];
	}
	return NULL;
}

static bool get_attempts(
        struct db *db, struct arena *a, int64_t id, struct run_detail *d, struct err *e)
{
	struct db_query q;

	if (!db_query(db, &q,
	            "SELECT step, n, started, ended, code, msg, count(*) OVER (PARTITION BY step)"
	            " FROM attempt WHERE run = ? ORDER BY step, n",
	            DB_ARGS(db_int(id)), e))
		return false;
	while (db_next(&q)) {
		struct run_step *s = step_named(d, db_col_text(&q, 0));

		if (!s)
			continue;
		if (!s->attempts)
			s->attempts = ARENA_ARRAY(a, (size_t)db_col_int(&q, 6), struct run_attempt);
		s->attempts[s->nattempts++] = (struct run_attempt){.n = (int)db_col_int(&q, 1),
		        .started_ms = db_col_int(&q, 2),
		        .ended_ms = db_col_int(&q, 3),
		        .code = db_col_strdup(&q, 4, a),
		        .error = db_col_strdup(&q, 5, a)};
	}
	return db_done(&q, e);
}

static bool get_signals(
        struct db *db, struct arena *a, int64_t id, struct run_detail *d, struct err *e)
{
	struct db_query q;

	if (!db_query(db, &q,
	            "SELECT name, payload, sent, taken_by, count(*) OVER () FROM signal"
	            " WHERE run = ? ORDER BY id",
	            DB_ARGS(db_int(id)), e))
		return false;
	while (db_next(&q)) {
		if (!d->signals)
			d->signals = ARENA_ARRAY(a, (size_t)db_col_int(&q, 4), struct run_signal);
		d->signals[d->nsignals++] = (struct run_signal){.name = db_col_strdup(&q, 0, a),
		        .payload = db_col_json(&q, 1, a),
		        .sent_ms = db_col_int(&q, 2),
		        .taken_by = db_col_strdup(&q, 3, a)};
	}
	return db_done(&q, e);
}

static bool get_row(struct db *db, struct arena *a, int64_t id, int64_t max_bytes,
        struct run_row *r, struct err *e)
{
	struct db_query q;
	bool found, ok = true;

	if (!db_query(db, &q, RUN_ROW_SQL ", input, NULL, out, out_blob FROM run WHERE id = ?",
	            DB_ARGS(db_int(id)), e))
		return false;
	found = db_next(&q);
	if (found) {
		*r = run_row_read(&q, a);
		ok = read_json(db, &q, RUN_ROW_COLUMNS, max_bytes, &r->input, &r->input_bytes, a,
		             e) &&
		     read_json(db, &q, RUN_ROW_COLUMNS + 2, max_bytes, &r->result, &r->result_bytes,
		             a, e);
	}
	if (!db_done(&q, ok ? e : NULL) || !ok)
		return false;
	return found || err_set(e, ERR_NOT_FOUND, false, "there is no run %lld", (long long)id);
}

struct run_detail *run_get(
        struct store *s, struct arena *a, int64_t id, int64_t max_bytes, struct err *e)
{
	struct run_detail *d = ARENA_NEW(a, struct run_detail);
	struct run_filter children = {.parent = id, .limit = 200};
	struct db *db = store_reader(s, e);
	bool ok = db && get_row(db, a, id, max_bytes, &d->run, e) &&
	          get_steps(db, a, id, max_bytes, d, e) && get_attempts(db, a, id, d, e) &&
	          get_signals(db, a, id, d, e) &&
	          runs_list(s, a, &children, &d->children, &d->nchildren, e);

	return ok ? d : NULL;
}

static const char *text_sql(bool own, enum run_part part)
{
	if (part == RUN_INPUT)
		return own ? "SELECT input, NULL FROM run WHERE id = ?"
		           : "SELECT input, in_blob FROM step WHERE run = ? AND name = ?";
	return own ? "SELECT out, out_blob FROM run WHERE id = ?"
	           : "SELECT out, out_blob FROM step WHERE run = ? AND name = ?";
}

const char *run_text(struct store *s, struct arena *a, int64_t id, const char *step,
        enum run_part part, struct err *e)
{
	struct db *db = store_reader(s, e);
	bool own = !step || !step[0];
	const char *text = NULL;
	struct db_query q;
	bool ok = true;

	if (!db || !db_query(db, &q, text_sql(own, part),
	                   own ? DB_ARGS(db_int(id)) : DB_ARGS(db_int(id), db_text(step)), e))
		return NULL;
	if (db_next(&q)) {
		text = db_col_strdup(&q, 0, a);
		if (!text && !db_col_null(&q, 1))
			ok = (text = run_blob(db, a, db_col_int(&q, 1), e)) != NULL;
	}
	if (!db_done(&q, ok ? e : NULL) || !ok)
		return NULL;
	if (!text)
		err_set(e, ERR_NOT_FOUND, false, "run %lld has no %s of %s", (long long)id,
		        part == RUN_INPUT ? "input" : "output", own ? "its own" : step);
	return text;
}

/* --- pruning --- */

struct prune {
	int64_t before_ms, deleted;
	int64_t keep; /* so many finished ones of each workflow are left, however old */
	int max;
};

/* A child stays as long as its parent has not ended. */
#define ORPHANED " NOT EXISTS (SELECT 1 FROM run p WHERE p.id = run.parent AND p.ended = 0)"

static bool prune_old(struct db *db, const struct prune *p, struct err *e)
{
	return db_exec(db,
	        "DELETE FROM run WHERE id IN (SELECT id FROM run WHERE ended > 0 AND ended < ?1"
	        " AND" ORPHANED " ORDER BY ended LIMIT ?2)",
	        DB_ARGS(db_int(p->before_ms), db_int(p->max)), e);
}

/* Of each workflow apart: the many runs of people's words must not push out the few of a fix. */
static bool prune_many(struct db *db, const struct prune *p, struct err *e)
{
	return db_exec(db,
	        "DELETE FROM run WHERE id IN (SELECT id FROM (SELECT id, parent, row_number() OVER"
	        " (PARTITION BY workflow ORDER BY ended DESC, id DESC) AS place FROM run"
	        " WHERE ended > 0) AS run WHERE place > ?1 AND" ORPHANED " LIMIT ?2)",
	        DB_ARGS(db_int(p->keep), db_int(p->max)), e);
}

static bool prune_fn(struct db *db, void *arg, struct err *e)
{
	struct prune *p = arg;

	if (!(p->keep > 0 ? prune_many(db, p, e) : prune_old(db, p, e)))
		return false;
	p->deleted = db_changes(db);
	return true;
}

static bool prune(struct store *s, struct prune *p, int64_t *deleted, struct err *e)
{
	bool ok = store_write(s, prune_fn, p, e);

	if (deleted)
		*deleted = ok ? p->deleted : 0;
	return ok;
}

bool runs_prune(struct store *s, int64_t before_ms, int max, int64_t *deleted, struct err *e)
{
	struct prune p = {.before_ms = before_ms, .max = max};

	return prune(s, &p, deleted, e);
}

bool runs_prune_to(struct store *s, int64_t keep, int max, int64_t *deleted, struct err *e)
{
	struct prune p = {.keep = keep, .max = max};

	return prune(s, &p, deleted, e);
}
