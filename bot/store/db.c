/*
 * db.c - see db.h: the only file that prepares, binds and steps.
 *
 * Statements are kept in a small open-addressing table by the hash of their text. One that is in
 * use (a query inside a query of the same text) or finds the table full is prepared for that one
 * use.
 */
#include "store/db.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "log.h"
#include "str.h"

enum { SLOTS = 512, KEEP = 384, NO_SLOT = -1, BUSY_MS = 5000, LOOK_EVERY = 2000 };

struct kept {
	uint64_t hash;
	sqlite3_stmt *stmt;
	bool busy;
};

struct db {
	sqlite3 *h;
	struct store *store;
	int64_t until_ms; /* monotonic; db_limit */
	int nkept;
	struct kept kept[SLOTS];
};

/* --- errors --- */

static const char *remedy(int rc)
{
	switch (rc & 0xFF) {
	case SQLITE_FULL:
		return "the disk is full; make room, nothing is lost meanwhile";
	case SQLITE_READONLY:
		return "the database or its folder cannot be written; check owner and mode";
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return "the file is damaged; stop the bot, run healbot doctor, restore a backup";
	case SQLITE_CANTOPEN:
		return "the file cannot be opened; check the folder, its owner and mode";
	case SQLITE_IOERR:
		return "the disk reports an error";
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return "another program writes to the database";
	case SQLITE_INTERRUPT:
		return "the question took too long; ask for less";
	default:
		return NULL;
	}
}

bool db_fail(struct db *db, int rc, const char *what, struct err *e)
{
	int primary = rc & 0xFF;
	bool again = primary == SQLITE_FULL || primary == SQLITE_BUSY || primary == SQLITE_LOCKED ||
	             primary == SQLITE_IOERR;
	const char *hint = remedy(rc);
	const char *why = db && sqlite3_errcode(db->h) != SQLITE_OK ? sqlite3_errmsg(db->h)
	                                                            : sqlite3_errstr(rc);

	if (hint)
		return err_set(e, ERR_STORE, again, "%s: %s (%s)", what, hint, why);
	return err_set(e, ERR_STORE, again, "%s: %s (SQLite %d)", what, why, rc);
}

/* --- connections --- */

struct db *db_open(struct store *s, const char *path, enum db_mode mode, struct err *e)
{
	int flags =
	        SQLITE_OPEN_NOMUTEX | (mode == DB_WRITE ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
	                                                : SQLITE_OPEN_READONLY);
	struct db *db = calloc(1, sizeof(*db));
	int rc;

	if (!db)
		abort();
	db->store = s;
	rc = sqlite3_open_v2(path, &db->h, flags, NULL);
	if (rc == SQLITE_OK) {
		sqlite3_extended_result_codes(db->h, 1);
		sqlite3_busy_timeout(db->h, BUSY_MS);
		if (mode == DB_READ) /* only the writing connection ever does: see store.h */
			sqlite3_db_config(db->h, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
		return db;
	}
	db_fail(db->h ? db : NULL, rc, path, e);
	db_close(db);
	return NULL;
}

void db_close(struct db *db)
{
	if (!db)
		return;
	for (int i = 0; i < SLOTS; i++)
		sqlite3_finalize(db->kept[i].stmt);
	if (sqlite3_close(db->h) != SQLITE_OK)
		abort(); /* a query was not ended with db_done */
	free(db);
}

struct store *db_store(const struct db *db)
{
	return db->store;
}

bool db_in_transaction(const struct db *db)
{
	return sqlite3_get_autocommit(db->h) == 0;
}

void *db_handle(struct db *db)
{
	return db->h;
}

/* Called each LOOK_EVERY instructions of SQLite's machine. */
static int too_late(void *arg)
{
	const struct db *db = arg;

	return clock_mono_ms() > db->until_ms;
}

void db_limit(struct db *db, int64_t ms)
{
	db->until_ms = clock_mono_ms() + ms;
	sqlite3_progress_handler(db->h, ms > 0 ? LOOK_EVERY : 0, ms > 0 ? too_late : NULL, db);
}

/* --- statements --- */

/* The slot of this text, or a free one for it. */
static int find_slot(const struct db *db, const char *sql, uint64_t hash)
{
	unsigned i = (unsigned)hash & (SLOTS - 1);

	while (db->kept[i].stmt) {
		const struct kept *k = &db->kept[i];

		if (k->hash == hash && strcmp(sqlite3_sql(k->stmt), sql) == 0)
			break;
		i = (i + 1) & (SLOTS - 1);
	}
	return (int)i;
}

static bool prepare(struct db *db, struct db_query *q, const char *sql, struct err *e)
{
	uint64_t hash = str_hash(sql, strlen(sql));
	int slot = find_slot(db, sql, hash);
	struct kept *k = &db->kept[slot];
	bool keep = !k->stmt && db->nkept < KEEP;
	int rc;

	*q = (struct db_query){.db = db, .slot = NO_SLOT};
	if (k->stmt && !k->busy) {
		k->busy = true;
		q->slot = slot;
		q->stmt = k->stmt;
		return true;
	}
	rc = sqlite3_prepare_v3(
	        db->h, sql, -1, keep ? SQLITE_PREPARE_PERSISTENT : 0, &q->stmt, NULL);
	if (rc != SQLITE_OK)
		return db_fail(db, rc, "database", e);
	assert(q->stmt); /* an empty text is a programming error */
	if (keep) {
		*k = (struct kept){.hash = hash, .stmt = q->stmt, .busy = true};
		q->slot = slot;
		db->nkept++;
	}
	return true;
}

static int bind_one(sqlite3_stmt *stmt, int i, const struct db_arg *a)
{
	switch (a->type) {
	case DB_NULL:
		return sqlite3_bind_null(stmt, i);
	case DB_INT:
		return sqlite3_bind_int64(stmt, i, a->i);
	case DB_REAL:
		return sqlite3_bind_double(stmt, i, a->d);
	case DB_TEXT:
		return sqlite3_bind_text64(stmt, i, a->p, a->n == (size_t)-1 ? strlen(a->p) : a->n,
		        SQLITE_STATIC, SQLITE_UTF8);
	case DB_BLOB:
		return sqlite3_bind_blob64(stmt, i, a->p, a->n, SQLITE_STATIC);
	case DB_END:
		break;
	}
	abort();
}

static bool bind_all(struct db_query *q, const struct db_arg *args, struct err *e)
{
	int n = 0;

	for (; args && args[n].type != DB_END; n++) {
		int rc = bind_one(q->stmt, n + 1, &args[n]);

		assert(rc != SQLITE_RANGE);
		if (rc != SQLITE_OK)
			return db_fail(q->db, rc, "database", e);
	}
	assert(n == sqlite3_bind_parameter_count(q->stmt));
	return true;
}

static void release(struct db_query *q)
{
	if (q->slot == NO_SLOT) {
		sqlite3_finalize(q->stmt);
	} else {
		sqlite3_reset(q->stmt);
		sqlite3_clear_bindings(q->stmt);
		q->db->kept[q->slot].busy = false;
	}
	q->stmt = NULL;
}

bool db_query(struct db *db, struct db_query *q, const char *sql, const struct db_arg *args,
        struct err *e)
{
	if (!prepare(db, q, sql, e))
		return false;
	if (bind_all(q, args, e))
		return true;
	release(q);
	return false;
}

bool db_next(struct db_query *q)
{
	if (q->rc == SQLITE_DONE)
		return false;
	q->rc = sqlite3_step(q->stmt);
	return q->rc == SQLITE_ROW;
}

bool db_done(struct db_query *q, struct err *e)
{
	bool ok = q->rc == SQLITE_OK || q->rc == SQLITE_ROW || q->rc == SQLITE_DONE;

	if (!ok)
		db_fail(q->db, q->rc, "database", e);
	release(q);
	return ok;
}

bool db_exec(struct db *db, const char *sql, const struct db_arg *args, struct err *e)
{
	struct db_query q;

	if (!db_query(db, &q, sql, args, e))
		return false;
	while (db_next(&q))
		;
	return db_done(&q, e);
}

bool db_script(struct db *db, const char *sql, struct err *e)
{
	int rc = sqlite3_exec(db->h, sql, NULL, NULL, NULL);

	return rc == SQLITE_OK || db_fail(db, rc, "database", e);
}

int64_t db_changes(const struct db *db)
{
	return sqlite3_changes64(db->h);
}

int64_t db_last_id(const struct db *db)
{
	return sqlite3_last_insert_rowid(db->h);
}

/* --- columns --- */

bool db_col_null(const struct db_query *q, int col)
{
	return sqlite3_column_type(q->stmt, col) == SQLITE_NULL;
}

int64_t db_col_int(const struct db_query *q, int col)
{
	return sqlite3_column_int64(q->stmt, col);
}

bool db_col_bool(const struct db_query *q, int col)
{
	return sqlite3_column_int64(q->stmt, col) != 0;
}

double db_col_real(const struct db_query *q, int col)
{
	return db_col_null(q, col) ? (double)NAN : sqlite3_column_double(q->stmt, col);
}

const char *db_col_text(const struct db_query *q, int col)
{
	return (const char *)sqlite3_column_text(q->stmt, col);
}

const void *db_col_blob(const struct db_query *q, int col, size_t *n_out)
{
	const void *p = sqlite3_column_blob(q->stmt, col);

	*n_out = (size_t)sqlite3_column_bytes(q->stmt, col);
	return p;
}

char *db_col_strdup(const struct db_query *q, int col, struct arena *a)
{
	const char *s = db_col_text(q, col);

	return s ? arena_strndup(a, s, (size_t)sqlite3_column_bytes(q->stmt, col)) : NULL;
}

const json *db_col_json(const struct db_query *q, int col, struct arena *a)
{
	const char *s = db_col_text(q, col);
	struct err e;
	const json *j;

	if (!s)
		return NULL;
	j = json_parse(a, s, (size_t)sqlite3_column_bytes(q->stmt, col), &e);
	if (!j)
		log_error("store", "column %s holds no JSON: %s", sqlite3_column_name(q->stmt, col),
		        e.msg);
	return j;
}

bool db_get_int(struct db *db, int64_t *out, bool *found, const char *sql,
        const struct db_arg *args, struct err *e)
{
	struct db_query q;
	bool row;

	if (!db_query(db, &q, sql, args, e))
		return false;
	row = db_next(&q);
	if (row)
		*out = db_col_int(&q, 0);
	if (found)
		*found = row;
	return db_done(&q, e);
}

bool db_get_text(struct db *db, struct arena *a, char **out, const char *sql,
        const struct db_arg *args, struct err *e)
{
	struct db_query q;

	*out = NULL;
	if (!db_query(db, &q, sql, args, e))
		return false;
	if (db_next(&q))
		*out = db_col_strdup(&q, 0, a);
	return db_done(&q, e);
}
