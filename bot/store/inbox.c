/* inbox.c - see inbox.h. */
#include "store/inbox.h"

#include <string.h>

#include "clock.h"
#include "store/runs_engine.h"

#define DAY_MS ((int64_t)24 * 3600 * 1000)

static int64_t first_delivery(struct db *db, const struct inbox_put *p, bool *known, struct err *e)
{
	int64_t id = 0;

	*known = false;
	for (size_t i = 0; i < sizeof(p->keys) / sizeof(p->keys[0]) && !*known; i++) {
		if (p->keys[i] &&
		        !db_get_int(db, &id, known, "SELECT inbox FROM seen WHERE key = ?",
		                DB_ARGS(db_text(p->keys[i])), e))
			return -1;
	}
	return id;
}

static bool remember(struct db *db, const struct inbox_put *p, int64_t now, struct err *e)
{
	for (size_t i = 0; i < sizeof(p->keys) / sizeof(p->keys[0]); i++) {
		if (p->keys[i] &&
		        !db_exec(db, "INSERT OR IGNORE INTO seen(key, inbox, at) VALUES (?, ?, ?)",
		                DB_ARGS(db_text(p->keys[i]), db_int(p->id), db_int(now)), e))
			return false;
	}
	return true;
}

static bool insert_row(struct db *db, struct inbox_put *p, int64_t now, struct err *e)
{
	if (!db_exec(db, "INSERT INTO inbox(kind, payload, received, stored) VALUES (?, ?, ?, ?)",
	            DB_ARGS(db_text(p->kind),
	                    (struct db_arg){.type = p->payload ? DB_TEXT : DB_NULL,
	                            .p = p->payload,
	                            .n = p->payload_len},
	                    db_int(p->received_ms), db_int(now)),
	            e))
		return false;
	p->id = db_last_id(db);
	return true;
}

static bool start_run(struct db *db, struct inbox_put *p, struct err *e)
{
	struct arena *a = arena_new(512);
	struct wf_start st = {.workflow = p->workflow, .concurrency = p->concurrency};
	json *in = json_obj(a);
	bool ok;

	json_set_int(in, "inbox", p->id);
	st.input = in;
	ok = flow_start_tx(db, &st, &p->run, e) &&
	     db_exec(db, "UPDATE inbox SET run = ? WHERE id = ?",
	             DB_ARGS(db_int(p->run), db_int(p->id)), e);
	arena_free(a);
	return ok;
}

bool inbox_put_tx(struct db *db, struct inbox_put *p, struct err *e)
{
	int64_t now = clock_now_ms();

	p->run = 0;
	p->id = first_delivery(db, p, &p->duplicate, e);
	if (p->id < 0)
		return false;
	/* A repeat may bring a key that the first delivery did not have: remembered as well. */
	if (p->duplicate)
		return remember(db, p, now, e) &&
		       db_exec(db, "UPDATE inbox SET deliveries = deliveries + 1 WHERE id = ?",
		               DB_ARGS(db_int(p->id)), e);
	return insert_row(db, p, now, e) && remember(db, p, now, e) &&
	       (!p->workflow || start_run(db, p, e));
}

static bool put_fn(struct db *db, void *arg, struct err *e)
{
	return inbox_put_tx(db, arg, e);
}

void inbox_submit(struct store *s, struct inbox_put *p, store_done done)
{
	store_submit(s, put_fn, p, done);
}

bool inbox_write(struct store *s, struct inbox_put *p, struct err *e)
{
	return store_write(s, put_fn, p, e);
}

/* --- reading --- */

#define COLUMNS                                                                                      \
	"SELECT i.id, i.kind, i.received, i.stored, coalesce(i.run, 0), i.deliveries,"               \
	" CASE WHEN i.run IS NULL THEN 'ignored' WHEN r.state IN ('ready', 'queued') THEN 'waiting'" \
	" ELSE r.state END"

static struct inbox_row read_row(const struct db_query *q, struct arena *a)
{
	return (struct inbox_row){.id = db_col_int(q, 0),
	        .kind = db_col_strdup(q, 1, a),
	        .received_ms = db_col_int(q, 2),
	        .stored_ms = db_col_int(q, 3),
	        .run = db_col_int(q, 4),
	        .deliveries = (int)db_col_int(q, 5),
	        .status = db_col_strdup(q, 6, a)};
}

struct inbox_row *inbox_get(struct store *s, struct arena *a, int64_t id, struct err *e)
{
	struct db *db = store_reader(s, e);
	struct inbox_row *row = NULL;
	struct db_query q;
	bool damaged = false;

	if (!db || !db_query(db, &q,
	                   COLUMNS ", i.payload FROM inbox i LEFT JOIN run r ON r.id = i.run"
	                           " WHERE i.id = ?",
	                   DB_ARGS(db_int(id)), e))
		return NULL;
	if (db_next(&q)) {
		row = ARENA_NEW(a, struct inbox_row);
		*row = read_row(&q, a);
		row->payload = db_col_json(&q, 7, a);
		damaged = !row->payload && !db_col_null(&q, 7);
	}
	if (!db_done(&q, e))
		return NULL;
	if (damaged)
		return err_set(e, ERR_STORE, false,
		               "envelope %lld is damaged in the store and cannot be handled",
		               (long long)id),
		       NULL;
	if (!row)
		err_set(e, ERR_NOT_FOUND, false, "there is no envelope %lld", (long long)id);
	return row;
}

bool inbox_list(struct store *s, struct arena *a, int limit, struct inbox_row **out, size_t *n_out,
        struct err *e)
{
	struct db *db = store_reader(s, e);
	struct db_query q;
	int max = limit > 0 ? limit : 50;

	*n_out = 0;
	*out = ARENA_ARRAY(a, (size_t)max, struct inbox_row);
	if (!db || !db_query(db, &q,
	                   COLUMNS " FROM inbox i LEFT JOIN run r ON r.id = i.run"
	                           " ORDER BY i.id DESC LIMIT ?",
	                   DB_ARGS(db_int(max)), e))
		return false;
	while (db_next(&q))
		(*out)[(*n_out)++] = read_row(&q, a);
	return db_done(&q, e);
}

bool inbox_lag(struct store *s, struct inbox_lag *out, struct err *e)
{
	struct db *db = store_reader(s, e);
	int64_t now = clock_now_ms(), oldest = 0;
	struct db_query q;

	*out = (struct inbox_lag){0};
	if (!db || !db_query(db, &q,
	                   "SELECT count(*), coalesce(min(i.received), 0) FROM run r"
	                   " JOIN inbox i ON i.run = r.id WHERE r.ended = 0 AND r.entered = 0",
	                   NULL, e))
		return false;
	if (db_next(&q)) {
		out->waiting = db_col_int(&q, 0);
		oldest = db_col_int(&q, 1);
	}
	if (!db_done(&q, e) ||
	        !db_query(db, &q,
	                "SELECT count(*), coalesce(sum(deliveries - 1), 0) FROM inbox"
	                " WHERE received >= ?",
	                DB_ARGS(db_int(now - DAY_MS)), e))
		return false;
	if (db_next(&q)) {
		out->received_24h = db_col_int(&q, 0);
		out->duplicates_24h = db_col_int(&q, 1);
	}
	out->oldest_ms = out->waiting && now > oldest ? now - oldest : 0;
	return db_done(&q, e);
}

/* --- pruning --- */

struct prune {
	int64_t before_ms, deleted;
	int max;
};

static bool prune_fn(struct db *db, void *arg, struct err *e)
{
	struct prune *p = arg;

	if (!db_exec(db,
	            "DELETE FROM inbox WHERE id IN (SELECT i.id FROM inbox i LEFT JOIN run r"
	            " ON r.id = i.run WHERE i.received < ? AND (r.id IS NULL OR r.ended > 0)"
	            " ORDER BY i.received LIMIT ?)",
	            DB_ARGS(db_int(p->before_ms), db_int(p->max)), e))
		return false;
	p->deleted = db_changes(db);
	if (!db_exec(db,
	            "DELETE FROM seen WHERE key IN"
	            " (SELECT key FROM seen WHERE at < ? ORDER BY at LIMIT ?)",
	            DB_ARGS(db_int(p->before_ms), db_int(p->max)), e))
		return false;
	p->deleted += db_changes(db);
	return true;
}

bool inbox_prune(struct store *s, int64_t before_ms, int max, int64_t *deleted, struct err *e)
{
	struct prune p = {.before_ms = before_ms, .max = max};
	bool ok = store_write(s, prune_fn, &p, e);

	if (deleted)
		*deleted = ok ? p.deleted : 0;
	return ok;
}
