/*
 * db.h - one SQLite connection: typed statements, rows, errors. Every SQL text of the bot is in
 * bot/store/, and bot/store/db*.c and store*.c are the only files that call SQLite.
 *
 *	db_exec(db, "UPDATE incident SET state = ? WHERE id = ?",
 *		DB_ARGS(db_text(name), db_int(id)), e);
 *
 *	struct db_query q;
 *	if (!db_query(db, &q, "SELECT id, name FROM x WHERE y = ?", DB_ARGS(db_int(y)), e))
 *		return false;
 *	while (db_next(&q))
 *		use(db_col_int(&q, 0), db_col_strdup(&q, 1, a));
 *	return db_done(&q, e);
 *
 * Statements are prepared once per connection and kept (by their text), so SQL is a constant or one
 * of few variants; values are always arguments, never printed into the text.
 *
 * Errors are ERR_STORE. Retryable: the disk is full, the file is locked, an I/O error (trying again
 * after somebody made room works, nothing is lost meanwhile). Not retryable: read-only, corrupt, a
 * broken constraint, wrong SQL.
 *
 * Where a `struct db *` comes from: a function run by store_write gets the writing one;
 *store_reader gives the calling thread's reading one. Thread: one at a time.
 */
#ifndef STORE_DB_H
#define STORE_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "err.h"
#include "json.h"

struct db;
struct sqlite3_stmt;

enum db_type { DB_END, DB_NULL, DB_INT, DB_REAL, DB_TEXT, DB_BLOB };

/* One argument. Text and blobs are borrowed until the statement is done. */
struct db_arg {
	enum db_type type;
	int64_t i;
	double d;
	const void *p;
	size_t n;
};

static inline struct db_arg db_int(int64_t v)
{
	return (struct db_arg){.type = DB_INT, .i = v};
}

/* 0 becomes NULL: for optional references and times. */
static inline struct db_arg db_int_or_null(int64_t v)
{
	return (struct db_arg){.type = v ? DB_INT : DB_NULL, .i = v};
}

static inline struct db_arg db_real(double v) /* NaN becomes NULL */
{
	return (struct db_arg){.type = DB_REAL, .d = v};
}

static inline struct db_arg db_text(const char *s) /* NULL becomes NULL */
{
	return (struct db_arg){.type = s ? DB_TEXT : DB_NULL, .p = s, .n = (size_t)-1};
}

static inline struct db_arg db_blob(const void *p, size_t n) /* p == NULL becomes NULL */
{
	return (struct db_arg){.type = p ? DB_BLOB : DB_NULL, .p = p, .n = n};
}

static inline struct db_arg db_bool(bool v)
{
	return (struct db_arg){.type = DB_INT, .i = v ? 1 : 0};
}

static inline struct db_arg db_null(void)
{
	return (struct db_arg){.type = DB_NULL};
}

/* For the `?`s in order. A statement without any takes NULL. */
#define DB_ARGS(...) ((const struct db_arg[]){__VA_ARGS__, {.type = DB_END}})

/* Runs one statement to its end (rows, if any, are dropped). */
bool db_exec(struct db *db, const char *sql, const struct db_arg *args, struct err *e);
/* Several statements separated by semicolons, without arguments, not kept (migrations, pragmas). */
bool db_script(struct db *db, const char *sql, struct err *e);
int64_t db_changes(const struct db *db); /* rows changed by the last db_exec */
int64_t db_last_id(const struct db *db); /* rowid of the last INSERT */

/* A running query; on the stack of its caller, who must call db_done (also after leaving early). */
struct db_query {
	struct db *db;
	struct sqlite3_stmt *stmt;
	int rc;
	int slot;
};

bool db_query(struct db *db, struct db_query *q, const char *sql, const struct db_arg *args,
        struct err *e);
bool db_next(struct db_query *q); /* true: there is a row; false: the end or an error */
bool db_done(struct db_query *q, struct err *e); /* false when db_next met an error */

bool db_col_null(const struct db_query *q, int col);
int64_t db_col_int(const struct db_query *q, int col); /* NULL is 0 */
bool db_col_bool(const struct db_query *q, int col);
double db_col_real(const struct db_query *q, int col);      /* NULL is NaN */
const char *db_col_text(const struct db_query *q, int col); /* until db_next; NULL is NULL */
const void *db_col_blob(const struct db_query *q, int col, size_t *n_out); /* until db_next */
char *db_col_strdup(const struct db_query *q, int col, struct arena *a);   /* NULL stays NULL */
/* The column as a JSON tree in `a`; NULL for NULL and for text that is not JSON (logged: nobody but
 * the bot writes these columns, so the file is damaged or was edited by hand). */
const json *db_col_json(const struct db_query *q, int col, struct arena *a);

/* The first column of the first row. *found (may be NULL) tells whether there was a row; *out keeps
 * its value when there was none. */
bool db_get_int(struct db *db, int64_t *out, bool *found, const char *sql,
        const struct db_arg *args, struct err *e);
/* *out = NULL when there is no row or it holds NULL. */
bool db_get_text(struct db *db, struct arena *a, char **out, const char *sql,
        const struct db_arg *args, struct err *e);

/* A tree as text for a column; NULL stays NULL. */
static inline struct db_arg db_json(struct arena *a, const json *j)
{
	return db_text(j ? json_print(a, j) : NULL);
}

/* store_limit_reads on this connection. */
void db_limit(struct db *db, int64_t ms);

/* --- for store*.c: making and closing connections --- */
struct store;
enum db_mode { DB_WRITE, DB_READ };
struct db *db_open(struct store *s, const char *path, enum db_mode mode, struct err *e);
void db_close(struct db *db); /* NULL is fine */
struct store *db_store(const struct db *db);
/* True while a transaction is open; SQLite ends one by itself on a full disk. */
bool db_in_transaction(const struct db *db);
void *db_handle(struct db *db); /* the sqlite3 *, for backup and checkpoint */
/* Fills e from a result code: "what: why, remedy". Returns false. */
bool db_fail(struct db *db, int rc, const char *what, struct err *e);

#endif
