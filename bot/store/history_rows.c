/*
 * Samples as rows: one blob holds a stretch of one service at one resolution, packed by
 * history_pack.c. The newest blob of a service is rewritten with each scan, so stretches are short
 * where samples are dense; a stretch becomes one of the next level as it is, because rows that grow
 * leave holes in the pages. See include/history.h.
 */
#include "store/history_rows.h"

#include <string.h>

#include "history.h"
#include "store/store.h"
#include "str.h"

enum { DAY_MS = 86400000, LEVELS = 3, MINUTE_MS = 60000 };

static const struct level {
	int64_t step_ms;  /* 0 = as scanned */
	int64_t chunk_ms; /* one blob */
	int64_t keep_ms;  /* then it becomes the next level, or goes */
} levels[LEVELS] = {
        {0, 2 * 3600000LL, 2LL * DAY_MS},
        {5LL * MINUTE_MS, 2 * 3600000LL, 15LL * DAY_MS},
        {60LL * MINUTE_MS, 1LL * DAY_MS, HISTORY_KEEP_MS},
};

const struct migration schema_history[] = {
        {1, "CREATE TABLE history_series ("
            "  id INTEGER PRIMARY KEY, environment_id TEXT NOT NULL, service_id TEXT NOT NULL,"
            "  last_ms INTEGER NOT NULL DEFAULT 0, UNIQUE (environment_id, service_id)"
            ");"
            "CREATE TABLE history ("
            "  id INTEGER PRIMARY KEY,"
            "  series INTEGER NOT NULL REFERENCES history_series(id),"
            "  level INTEGER NOT NULL, start_ms INTEGER NOT NULL, end_ms INTEGER NOT NULL,"
            "  data BLOB NOT NULL"
            ");"
            "CREATE UNIQUE INDEX history_stretch ON history(series, level, start_ms);"
            "CREATE INDEX history_age ON history(level, end_ms);"},
        {0, NULL},
};

/* --- writing --- */

/* Adds samples to the stretch that begins at start_ms, all of them within it. */
static bool extend(struct db *db, struct arena *a, int64_t series, int level, int64_t start_ms,
        const struct watch_sample *s, size_t n, struct err *e)
{
	struct db_query q;
	const void *old = NULL, *data;
	size_t old_len = 0, len;

	if (!db_query(db, &q,
	            "SELECT data FROM history WHERE series = ? AND level = ? AND start_ms = ?",
	            DB_ARGS(db_int(series), db_int(level), db_int(start_ms)), e))
		return false;
	if (db_next(&q)) {
		const void *blob = db_col_blob(&q, 0, &old_len);

		old = blob ? memcpy(arena_alloc(a, old_len + 1), blob, old_len) : NULL;
	}
	if (!db_done(&q, e))
		return false;
	data = history_pack(a, old, old_len, s, n, &len);
	return db_exec(db,
	        "INSERT INTO history (series, level, start_ms, end_ms, data) VALUES (?,?,?,?,?) ON "
	        "CONFLICT (series, level, start_ms) DO UPDATE SET end_ms = excluded.end_ms, data = "
	        "excluded.data",
	        DB_ARGS(db_int(series), db_int(level), db_int(start_ms), db_int(s[n - 1].ts_ms),
	                db_blob(data, len)),
	        e);
}

static bool add_samples(struct db *db, struct arena *a, int64_t series, int level,
        const struct watch_sample *s, size_t n, struct err *e)
{
	int64_t chunk = levels[level].chunk_ms;

	for (size_t i = 0; i < n;) {
		int64_t start = s[i].ts_ms / chunk * chunk;
		size_t k = i;

		while (k < n && s[k].ts_ms / chunk * chunk == start)
			k++;
		if (!extend(db, a, series, level, start, s + i, k - i, e))
			return false;
		i = k;
	}
	return true;
}

static bool series_of(
        struct db *db, const struct history_add *add, int64_t *id, int64_t *last_ms, struct err *e)
{
	struct db_query q;

	if (!db_exec(db,
	            "INSERT INTO history_series (environment_id, service_id) VALUES (?,?) ON "
	            "CONFLICT DO NOTHING",
	            DB_ARGS(db_text(add->environment_id), db_text(add->service_id)), e) ||
	        !db_query(db, &q,
	                "SELECT id, last_ms FROM history_series WHERE environment_id = ? AND "
	                "service_id = ?",
	                DB_ARGS(db_text(add->environment_id), db_text(add->service_id)), e))
		return false;
	if (db_next(&q)) {
		*id = db_col_int(&q, 0);
		*last_ms = db_col_int(&q, 1);
	}
	return db_done(&q, e);
}

struct append {
	const struct history_add *add;
	size_t n;
};

static bool append_one(struct db *db, struct arena *a, const struct history_add *add, struct err *e)
{
	int64_t id = 0, last_ms = 0;
	size_t from = 0;

	if (add->n == 0)
		return true;
	if (!series_of(db, add, &id, &last_ms, e))
		return false;
	while (from < add->n && add->samples[from].ts_ms <= last_ms)
		from++;
	if (from == add->n)
		return true;
	return add_samples(db, a, id, 0, add->samples + from, add->n - from, e) &&
	       db_exec(db, "UPDATE history_series SET last_ms = ? WHERE id = ?",
	               DB_ARGS(db_int(add->samples[add->n - 1].ts_ms), db_int(id)), e);
}

static bool append_all(struct db *db, void *arg, struct err *e)
{
	const struct append *p = arg;
	struct arena *a = arena_new(0);
	bool ok = true;

	for (size_t i = 0; ok && i < p->n; i++) {
		ok = append_one(db, a, &p->add[i], e);
		arena_reset(a);
	}
	arena_free(a);
	return ok;
}

bool history_append(struct store *s, const struct history_add *add, size_t n, struct err *e)
{
	struct append p = {add, n};

	return store_write(s, append_all, &p, e);
}

/* --- reading --- */

static size_t take_blob(struct arena *a, const struct db_query *q, const struct history_range *r,
        struct watch_sample **out, size_t n, size_t *cap)
{
	size_t len = 0, got;
	const void *blob = db_col_blob(q, 0, &len);
	struct watch_sample *s = history_unpack(a, blob, len, &got);

	if (n + got > *cap) {
		struct watch_sample *more = ARENA_ARRAY(a, (n + got) * 2, struct watch_sample);

		if (n)
			memcpy(more, *out, n * sizeof(**out));
		*out = more;
		*cap = (n + got) * 2;
	}
	for (size_t i = 0; i < got; i++)
		if (s[i].ts_ms >= r->from_ms && s[i].ts_ms < r->to_ms)
			(*out)[n++] = s[i];
	return n;
}

bool history_read(struct store *s, struct arena *a, const struct history_range *r,
        struct watch_sample **out, size_t *n_out, struct err *e)
{
	struct db *db = store_reader(s, e);
	struct db_query q;
	size_t n = 0, cap = 0;

	*out = NULL;
	*n_out = 0;
	if (!db || !db_query(db, &q,
	                   "SELECT h.data FROM history h JOIN history_series x ON x.id = h.series "
	                   "WHERE x.environment_id = ? AND x.service_id = ? AND h.end_ms >= ? AND "
	                   "h.start_ms < ? ORDER BY h.level DESC, h.start_ms",
	                   DB_ARGS(db_text(r->environment_id), db_text(r->service_id),
	                           db_int(r->from_ms), db_int(r->to_ms)),
	                   e))
		return false;
	while (db_next(&q))
		n = take_blob(a, &q, r, out, n, &cap);
	*n_out = n;
	return db_done(&q, e);
}

/* --- down-sampling --- */

struct thin {
	int64_t now_ms, done;
	int max;
};

struct old_row {
	int64_t id, series;
	const void *data;
	size_t len;
};

static bool old_rows(struct db *db, struct arena *a, int level, const struct thin *t,
        struct old_row *rows, size_t *n, struct err *e)
{
	struct db_query q;

	*n = 0;
	if (!db_query(db, &q,
	            "SELECT id, series, data FROM history WHERE level = ? AND end_ms < ? ORDER BY "
	            "start_ms LIMIT ?",
	            DB_ARGS(db_int(level), db_int(t->now_ms - levels[level].keep_ms),
	                    db_int(t->max - t->done)),
	            e))
		return false;
	while (db_next(&q)) {
		struct old_row *r = &rows[(*n)++];
		const void *blob = db_col_blob(&q, 2, &r->len);

		r->id = db_col_int(&q, 0);
		r->series = db_col_int(&q, 1);
		r->data = blob ? memcpy(arena_alloc(a, r->len + 1), blob, r->len) : NULL;
	}
	return db_done(&q, e);
}

static bool to_next_level(
        struct db *db, struct arena *a, int level, const struct old_row *r, struct err *e)
{
	size_t n, m;
	struct watch_sample *s = history_unpack(a, r->data, r->len, &n), *coarse;

	if (level + 1 < LEVELS && n > 0) {
		coarse = history_coarsen(a, s, n, levels[level + 1].step_ms, &m);
		if (!add_samples(db, a, r->series, level + 1, coarse, m, e))
			return false;
	}
	return db_exec(db, "DELETE FROM history WHERE id = ?", DB_ARGS(db_int(r->id)), e);
}

static bool thin_level(struct db *db, struct arena *a, int level, struct thin *t, struct err *e)
{
	struct old_row *rows = ARENA_ARRAY(a, (size_t)t->max + 1, struct old_row);
	size_t n;

	if (t->done >= t->max)
		return true;
	if (!old_rows(db, a, level, t, rows, &n, e))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!to_next_level(db, a, level, &rows[i], e))
			return false;
	t->done += (int64_t)n;
	return true;
}

static bool thin_all(struct db *db, void *arg, struct err *e)
{
	struct thin *t = arg;
	struct arena *a = arena_new(0);
	bool ok = true;

	t->done = 0;
	for (int level = LEVELS - 1; ok && level >= 0; level--)
		ok = thin_level(db, a, level, t, e);
	ok = ok && db_exec(db,
	                   "DELETE FROM history_series WHERE last_ms < ? AND NOT EXISTS (SELECT 1 "
	                   "FROM history WHERE series = history_series.id)",
	                   DB_ARGS(db_int(t->now_ms - HISTORY_KEEP_MS)), e);
	arena_free(a);
	return ok;
}

bool history_thin(struct store *s, int64_t now_ms, int max, int64_t *done, struct err *e)
{
	struct thin t = {now_ms, 0, max};

	if (!store_write(s, thin_all, &t, e))
		return false;
	*done = t.done;
	return true;
}
