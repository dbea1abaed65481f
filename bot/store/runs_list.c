/*
 * runs_list.c - many runs: lists with filters, counts, clocks. Quick among a hundred thousand.
 *
 * A list is walked by id, newest first, a page after the one before it; so each condition must
 * either be rare and have an index (state, incident, workflow), or be common enough to be met soon
 * on the way. Times become ids by the index over `created`, because ids grow with time. A + before
 * a column keeps SQLite from choosing it to walk by.
 */
#include <string.h>

#include "clock.h"
#include "store/runs_look.h"
#include "str.h"

#define NEVER (INT64_C(1) << 62) /* runs_engine.h: only an event wakes it */

struct run_row run_row_read(const struct db_query *q, struct arena *a)
{
	int64_t due = db_col_int(q, 13);

	return (struct run_row){.id = db_col_int(q, 0),
	        .parent = db_col_int(q, 1),
	        .workflow = db_col_strdup(q, 2, a),
	        .version = (int)db_col_int(q, 3),
	        .lane = (enum wf_lane)db_col_int(q, 4),
	        .state = db_col_strdup(q, 5, a),
	        .paused = db_col_bool(q, 6),
	        .waits = db_col_strdup(q, 7, a),
	        .key = db_col_strdup(q, 8, a),
	        .concurrency = db_col_strdup(q, 9, a),
	        .created_ms = db_col_int(q, 10),
	        .entered_ms = db_col_int(q, 11),
	        .ended_ms = db_col_int(q, 12),
	        .due_ms = due >= NEVER ? INT64_MAX : due,
	        .lease_ms = db_col_int(q, 14),
	        .entries = (int)db_col_int(q, 15),
	        .crashes = (int)db_col_int(q, 16),
	        .error_code = db_col_strdup(q, 17, a),
	        .error = db_col_strdup(q, 18, a),
	        .steps = (int)db_col_int(q, 19),
	        .steps_done = (int)db_col_int(q, 20),
	        .incident = db_col_int(q, 21)};
}

/* --- lists --- */

/* Words for several states. */
static const char *group_sql(const char *state)
{
	static const struct {
		const char *word, *sql;
	} groups[] = {
	        {"unfinished", " AND ended = 0"},
	        {"finished", " AND +ended > 0"},
	        {"paused", " AND ended = 0 AND paused = 1"},
	        {"due", " AND state = 'ready' AND paused = 0"},
	};

	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		if (str_eq(state, groups[i].word))
			return groups[i].sql;
	}
	return NULL;
}

static const char *state_sql(const char *state)
{
	const char *group = group_sql(state);

	if (!state || group)
		return group ? group : "";
	if (str_eq(state, "failed") || str_eq(state, "cancelled"))
		return " AND state IN ('failed', 'cancelled') AND state = ?2";
	return str_eq(state, "done") ? " AND +state = ?2" : " AND ended = 0 AND state = ?2";
}

static const char *about_sql(const struct run_filter *f)
{
	if (f->incident)
		return " AND incident = ?8";
	if (f->service)
		return " AND incident IN (SELECT id FROM incident WHERE service = ?9)";
	return "";
}

static const char *time_sql(const struct run_filter *f)
{
	if (f->since_ms && f->until_ms)
		return " AND +created >= ?5 AND +created < ?10"
		       " AND id >= coalesce((SELECT id FROM run WHERE created < ?5"
		       "  ORDER BY created DESC LIMIT 1), 0)"
		       " AND id <= coalesce((SELECT id FROM run WHERE created >= ?10"
		       "  ORDER BY created LIMIT 1), ?12)";
	if (f->since_ms)
		return " AND +created >= ?5 AND id >= coalesce((SELECT id FROM run"
		       " WHERE created < ?5 ORDER BY created DESC LIMIT 1), 0)";
	if (f->until_ms)
		return " AND +created < ?10 AND id <= coalesce((SELECT id FROM run"
		       " WHERE created >= ?10 ORDER BY created LIMIT 1), ?12)";
	return "";
}

static const char *order_sql(const struct run_filter *f)
{
	if (str_eq(f->state, "due"))
		return " ORDER BY due, id";
	return f->after ? " AND id > ?11 ORDER BY id" : " AND id < ?11 ORDER BY id DESC";
}

static const char *list_sql(struct arena *a, const struct run_filter *f)
{
	struct str sql = str_new(a);

	str_add(&sql, RUN_ROW_SQL " FROM run WHERE +id <= ?12");
	str_add(&sql, f->workflow ? " AND workflow = ?1" : "");
	str_add(&sql, state_sql(f->state));
	str_add(&sql, f->search ? " AND (instr(coalesce(key, ''), ?3) > 0 OR"
	                          " instr(coalesce(ckey, ''), ?3) > 0 OR"
	                          " instr(coalesce(input, ''), ?3) > 0)"
	                        : "");
	str_add(&sql, f->parent ? " AND parent = ?4" : "");
	str_add(&sql, about_sql(f));
	str_add(&sql, time_sql(f));
	str_add(&sql, order_sql(f));
	str_add(&sql, " LIMIT ?6 OFFSET ?7");
	return sql.s;
}

static void reverse(struct run_row *rows, size_t n)
{
	for (size_t i = 0; i < n / 2; i++) {
		struct run_row keep = rows[i];

		rows[i] = rows[n - 1 - i];
		rows[n - 1 - i] = keep;
	}
}

bool runs_list(struct store *s, struct arena *a, const struct run_filter *f, struct run_row **out,
        size_t *n_out, struct err *e)
{
	struct db *db = store_reader(s, e);
	int limit = f->limit > 0 ? f->limit : 50;
	int64_t edge = f->after ? f->after : f->before ? f->before : INT64_MAX;
	struct db_query q;

	*n_out = 0;
	*out = ARENA_ARRAY(a, (size_t)limit, struct run_row);
	if (!db || !db_query(db, &q, list_sql(a, f),
	                   DB_ARGS(db_text(f->workflow), db_text(f->state), db_text(f->search),
	                           db_int(f->parent), db_int(f->since_ms), db_int(limit),
	                           db_int(f->offset), db_int(f->incident), db_text(f->service),
	                           db_int(f->until_ms), db_int(edge), db_int(INT64_MAX)),
	                   e))
		return false;
	while (db_next(&q))
		(*out)[(*n_out)++] = run_row_read(&q, a);
	if (f->after && !str_eq(f->state, "due"))
		reverse(*out, *n_out);
	return db_done(&q, e);
}

/* --- counts --- */

/* The finished are most of the table: their number is that of all without the others, which have
 * small indexes. */
static bool count_rows(struct db *db, struct run_counts *out, struct err *e)
{
	int64_t all = 0, unfinished = 0;
	struct db_query q;

	if (!db_get_int(db, &all, NULL, "SELECT count(*) FROM run", NULL, e) ||
	        !db_get_int(db, &out->failed, NULL,
	                "SELECT count(*) FROM run WHERE state IN ('failed', 'cancelled')"
	                " AND state = 'failed'",
	                NULL, e) ||
	        !db_get_int(db, &out->cancelled, NULL,
	                "SELECT count(*) FROM run WHERE state IN ('failed', 'cancelled')"
	                " AND state = 'cancelled'",
	                NULL, e) ||
	        !db_query(db, &q,
	                "SELECT count(*), count(*) FILTER (WHERE state = 'ready'),"
	                " count(*) FILTER (WHERE state = 'queued'),"
	                " count(*) FILTER (WHERE state = 'running'),"
	                " count(*) FILTER (WHERE paused = 1) FROM run WHERE ended = 0",
	                NULL, e))
		return false;
	if (db_next(&q)) {
		unfinished = db_col_int(&q, 0);
		out->ready = db_col_int(&q, 1);
		out->queued = db_col_int(&q, 2);
		out->running = db_col_int(&q, 3);
		out->paused = db_col_int(&q, 4);
	}
	out->done = all - unfinished - out->failed - out->cancelled;
	return db_done(&q, e);
}

bool runs_count(struct store *s, struct run_counts *out, struct err *e)
{
	struct db *db = store_reader(s, e);
	int64_t now = clock_now_ms(), oldest = 0;
	struct db_query q;

	*out = (struct run_counts){0};
	if (!db || !count_rows(db, out, e) ||
	        !db_query(db, &q,
	                "SELECT count(*) FILTER (WHERE due <= ?1),"
	                " coalesce(min(due) FILTER (WHERE due > ?1 AND due < ?2), 0),"
	                " coalesce(min(due), 0) FROM run WHERE state = 'ready' AND paused = 0",
	                DB_ARGS(db_int(now), db_int(NEVER)), e))
		return false;
	if (db_next(&q)) {
		out->due_now = db_col_int(&q, 0);
		out->next_due_ms = db_col_int(&q, 1);
		oldest = db_col_int(&q, 2);
	}
	out->oldest_due_ms = out->due_now && oldest < now ? now - oldest : 0;
	return db_done(&q, e);
}

/* --- what can be chosen, and clocks --- */

/* Distinct names by jumping from one to the next in the index, not by reading all rows. */
bool runs_workflows(
        struct store *s, struct arena *a, const char ***out, size_t *n_out, struct err *e)
{
	enum { MAX_NAMES = 100 };
	struct db *db = store_reader(s, e);
	struct db_query q;

	*n_out = 0;
	*out = ARENA_ARRAY(a, MAX_NAMES, const char *);
	if (!db || !db_query(db, &q,
	                   "WITH RECURSIVE names(w) AS (SELECT min(workflow) FROM run UNION ALL"
	                   " SELECT (SELECT min(workflow) FROM run WHERE workflow > w)"
	                   " FROM names WHERE w IS NOT NULL)"
	                   " SELECT w FROM names WHERE w IS NOT NULL LIMIT ?",
	                   DB_ARGS(db_int(MAX_NAMES)), e))
		return false;
	while (db_next(&q))
		(*out)[(*n_out)++] = db_col_strdup(&q, 0, a);
	return db_done(&q, e);
}

bool runs_timers(
        struct store *s, struct arena *a, struct run_timer_row **out, size_t *n_out, struct err *e)
{
	enum { MAX_TIMERS = 100 };
	struct db *db = store_reader(s, e);
	struct db_query q;

	*n_out = 0;
	*out = ARENA_ARRAY(a, MAX_TIMERS, struct run_timer_row);
	if (!db || !db_query(db, &q,
	                   "SELECT name, workflow, every, next FROM timer ORDER BY next LIMIT ?",
	                   DB_ARGS(db_int(MAX_TIMERS)), e))
		return false;
	while (db_next(&q))
		(*out)[(*n_out)++] = (struct run_timer_row){.name = db_col_strdup(&q, 0, a),
		        .workflow = db_col_strdup(&q, 1, a),
		        .every_ms = db_col_int(&q, 2),
		        .next_ms = db_col_int(&q, 3)};
	return db_done(&q, e);
}
