/* What the scan remembers, small facts by key, and the audit log. See include/incident.h. */
#include "store/memory_rows.h"

#include <string.h>

#include "clock.h"
#include "incident.h"
#include "store/store.h"

const struct migration schema_memory[] = {
        {1, "CREATE TABLE scan_state ("
            "  environment_id TEXT NOT NULL, service_id TEXT NOT NULL, service TEXT NOT NULL,"
            "  watch BLOB, view TEXT, scanned_ms INTEGER NOT NULL,"
            "  PRIMARY KEY (environment_id, service_id)"
            ");"
            "CREATE TABLE memo (key TEXT PRIMARY KEY, value TEXT NOT NULL, ts_ms INTEGER NOT NULL)"
            "  WITHOUT ROWID;"
            "CREATE TABLE audit ("
            "  id INTEGER PRIMARY KEY, ts_ms INTEGER NOT NULL, user TEXT, what TEXT NOT NULL,"
            "  incident INTEGER, detail TEXT"
            ");"},
        /* a step that is repeated after a crash writes its row once */
        {2, "ALTER TABLE audit ADD COLUMN key TEXT;"
            "CREATE UNIQUE INDEX audit_key ON audit(key) WHERE key IS NOT NULL;"},
        {0, NULL},
};

struct scan_write {
	const struct scan_row *rows;
	size_t n;
	struct arena *a;
};

static bool scan_write(struct db *db, void *arg, struct err *e)
{
	const struct scan_write *w = arg;

	for (size_t i = 0; i < w->n; i++) {
		const struct scan_row *r = &w->rows[i];

		if (!db_exec(db,
		            "INSERT INTO scan_state (environment_id, service_id, service, watch, view, "
		            "scanned_ms) VALUES (?,?,?,?,?,?) ON CONFLICT DO UPDATE SET service = "
		            "excluded.service, watch = excluded.watch, view = excluded.view, scanned_ms "
		            "= excluded.scanned_ms",
		            DB_ARGS(db_text(r->environment_id), db_text(r->service_id),
		                    db_text(r->service), db_blob(r->watch, r->watch_len),
		                    db_json(w->a, r->view), db_int(r->scanned_ms)),
		            e))
			return false;
	}
	return true;
}

bool scan_save(struct store *s, const struct scan_row *rows, size_t n, struct err *e)
{
	struct scan_write w = {rows, n, arena_new(0)};
	bool ok = store_write(s, scan_write, &w, e);

	arena_free(w.a);
	return ok;
}

static void read_scan(const struct db_query *q, struct arena *a, struct scan_row *r)
{
	size_t n = 0;
	const void *blob = db_col_blob(q, 3, &n);

	r->environment_id = db_col_strdup(q, 0, a);
	r->service_id = db_col_strdup(q, 1, a);
	r->service = db_col_strdup(q, 2, a);
	r->watch = blob ? memcpy(arena_alloc(a, n), blob, n) : NULL;
	r->watch_len = blob ? n : 0;
	r->view = db_col_json(q, 4, a);
	r->scanned_ms = db_col_int(q, 5);
}

bool scan_load(struct store *s, struct arena *a, const char *environment_id, struct scan_row **out,
        size_t *n_out, struct err *e)
{
	struct db *db = store_reader(s, e);
	int64_t count = 0;
	struct db_query q;
	size_t n = 0;

	if (!db || !db_get_int(db, &count, NULL, "SELECT count(*) FROM scan_state", NULL, e))
		return false;
	*out = ARENA_ARRAY(a, (size_t)count + 1, struct scan_row);
	if (!db_query(db, &q,
	            "SELECT environment_id, service_id, service, watch, view, scanned_ms FROM "
	            "scan_state WHERE ?1 IS NULL OR environment_id = ?1 ORDER BY service",
	            DB_ARGS(db_text(environment_id)), e))
		return false;
	while (db_next(&q) && n < (size_t)count)
		read_scan(&q, a, &(*out)[n++]);
	*n_out = n;
	return db_done(&q, e);
}

/* --- small facts --- */

struct memo_write {
	const char *key;
	const char *value;
};

static bool memo_write(struct db *db, void *arg, struct err *e)
{
	const struct memo_write *w = arg;

	if (!w->value)
		return db_exec(db, "DELETE FROM memo WHERE key = ?", DB_ARGS(db_text(w->key)), e);
	return db_exec(db,
	        "INSERT INTO memo (key, value, ts_ms) VALUES (?,?,?) ON CONFLICT DO UPDATE SET value "
	        "= excluded.value, ts_ms = excluded.ts_ms",
	        DB_ARGS(db_text(w->key), db_text(w->value), db_int(clock_now_ms())), e);
}

bool memo_set(struct store *s, const char *key, const json *value, struct err *e)
{
	struct arena *a = arena_new(0);
	struct memo_write w = {key, value ? json_print(a, value) : NULL};
	bool ok = store_write(s, memo_write, &w, e);

	arena_free(a);
	return ok;
}

const json *memo_get(struct store *s, struct arena *a, const char *key)
{
	struct err ignored = {0};
	struct db *db = store_reader(s, &ignored);
	const json *value = NULL;
	struct db_query q;

	if (!db || !db_query(db, &q, "SELECT value FROM memo WHERE key = ?", DB_ARGS(db_text(key)),
	                   &ignored))
		return NULL;
	if (db_next(&q))
		value = db_col_json(&q, 0, a);
	return db_done(&q, &ignored) ? value : NULL;
}

/* --- who changed what --- */

struct audit_write {
	const char *key, *user, *what, *detail;
	int64_t incident;
};

static bool audit_write(struct db *db, void *arg, struct err *e)
{
	const struct audit_write *w = arg;

	return db_exec(db,
	        "INSERT OR IGNORE INTO audit (key, ts_ms, user, what, incident, detail)"
	        " VALUES (?,?,?,?,?,?)",
	        DB_ARGS(db_text(w->key), db_int(clock_now_ms()), db_text(w->user), db_text(w->what),
	                db_int_or_null(w->incident), db_text(w->detail)),
	        e);
}

bool audit_add(struct store *s, const char *key, const char *user, const char *what,
        int64_t incident, const json *detail, struct err *e)
{
	struct arena *a = arena_new(0);
	struct audit_write w = {key, user, what, detail ? json_print(a, detail) : NULL, incident};
	bool ok = store_write(s, audit_write, &w, e);

	arena_free(a);
	return ok;
}
