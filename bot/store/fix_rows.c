/* Fixes and money as rows. See fix_rows.h and include/incident.h. */
#include "store/fix_rows.h"

#include "clock.h"
#include "store/store.h"

const struct migration schema_fix[] = {
        {1, "CREATE TABLE fix ("
            "  incident INTEGER NOT NULL REFERENCES incident(id), n INTEGER NOT NULL,"
            "  key TEXT NOT NULL UNIQUE, state TEXT NOT NULL, run INTEGER,"
            "  repo TEXT NOT NULL, base TEXT NOT NULL, branch TEXT NOT NULL,"
            "  contract TEXT NOT NULL, session TEXT, progress TEXT,"
            "  cost_usd REAL NOT NULL DEFAULT 0,"
            "  pr_number INTEGER, pr_url TEXT, pr_title TEXT, pr TEXT,"
            "  started_by TEXT, started_ms INTEGER NOT NULL, ended_ms INTEGER, deadline_ms INTEGER,"
            "  error TEXT, verification TEXT,"
            "  PRIMARY KEY (incident, n)"
            ") WITHOUT ROWID;"
            "CREATE INDEX fix_repo ON fix(repo, state);"
            "CREATE TABLE spend ("
            "  key TEXT PRIMARY KEY, ts_ms INTEGER NOT NULL, incident INTEGER, kind TEXT NOT NULL,"
            "  user TEXT, usd REAL NOT NULL, tokens INTEGER NOT NULL"
            ") WITHOUT ROWID;"
            "CREATE INDEX spend_ts ON spend(ts_ms);"},
        {0, NULL},
};

static struct fix_row *read_fix(const struct db_query *q, struct arena *a)
{
	struct fix_row *f = ARENA_NEW(a, struct fix_row);

	f->incident = db_col_int(q, 0);
	f->n = (int)db_col_int(q, 1);
	f->state = db_col_strdup(q, 2, a);
	f->run = db_col_int(q, 3);
	f->repo = db_col_strdup(q, 4, a);
	f->base = db_col_strdup(q, 5, a);
	f->branch = db_col_strdup(q, 6, a);
	f->contract = db_col_json(q, 7, a);
	f->session = db_col_strdup(q, 8, a);
	f->progress = db_col_json(q, 9, a);
	f->cost_usd = db_col_real(q, 10);
	f->pr_number = (int)db_col_int(q, 11);
	f->pr_url = db_col_strdup(q, 12, a);
	f->pr_title = db_col_strdup(q, 13, a);
	f->pr = db_col_json(q, 14, a);
	f->started_by = db_col_strdup(q, 15, a);
	f->started_ms = db_col_int(q, 16);
	f->ended_ms = db_col_int(q, 17);
	f->deadline_ms = db_col_int(q, 18);
	f->error = db_col_strdup(q, 19, a);
	f->verification = db_col_json(q, 20, a);
	return f;
}

struct fix_row *fix_row_get(struct db *db, struct arena *a, int64_t incident, int n, struct err *e)
{
	struct fix_row *f = NULL;
	struct db_query q;

	if (!db_query(db, &q,
	            "SELECT incident, n, state, run, repo, base, branch, contract, session, progress, "
	            "cost_usd, pr_number, pr_url, pr_title, pr, started_by, started_ms, ended_ms, "
	            "deadline_ms, error, verification FROM fix WHERE incident = ?1 AND "
	            "(?2 = 0 OR n = ?2) ORDER BY n DESC LIMIT 1",
	            DB_ARGS(db_int(incident), db_int(n)), e))
		return NULL;
	if (db_next(&q))
		f = read_fix(&q, a);
	if (!db_done(&q, e))
		return NULL;
	if (!f)
		err_set(e, ERR_NOT_FOUND, false, "INC-%lld has no fix", (long long)incident);
	return f;
}

struct fix_row *fix_get(struct store *s, struct arena *a, int64_t incident, int n, struct err *e)
{
	struct db *db = store_reader(s, e);

	return db ? fix_row_get(db, a, incident, n, e) : NULL;
}

bool fix_row_by_key(struct db *db, const char *key, int *n, struct err *e)
{
	int64_t v = 0;

	if (!db_get_int(db, &v, NULL, "SELECT n FROM fix WHERE key = ?", DB_ARGS(db_text(key)), e))
		return false;
	*n = (int)v;
	return true;
}

bool fix_row_insert(
        struct db *db, struct arena *a, const char *key, const struct fix_row *f, struct err *e)
{
	return db_exec(db,
	        "INSERT INTO fix (incident, n, key, state, run, repo, base, branch, contract, "
	        "started_by, started_ms, deadline_ms) VALUES (?,?,?,?,?,?,?,?,?,?,?,?)",
	        DB_ARGS(db_int(f->incident), db_int(f->n), db_text(key), db_text(f->state),
	                db_int_or_null(f->run), db_text(f->repo), db_text(f->base),
	                db_text(f->branch), db_json(a, f->contract), db_text(f->started_by),
	                db_int(f->started_ms), db_int_or_null(f->deadline_ms)),
	        e);
}

bool fix_row_update(struct db *db, struct arena *a, const struct fix_row *f, struct err *e)
{
	return db_exec(db,
	        "UPDATE fix SET state = ?, run = ?, session = ?, progress = ?, cost_usd = ?, "
	        "pr_number = ?, pr_url = ?, pr_title = ?, pr = ?, ended_ms = ?, error = ?, "
	        "verification = ?, contract = ?, deadline_ms = ? WHERE incident = ? AND n = ?",
	        DB_ARGS(db_text(f->state), db_int_or_null(f->run), db_text(f->session),
	                db_json(a, f->progress), db_real(f->cost_usd), db_int_or_null(f->pr_number),
	                db_text(f->pr_url), db_text(f->pr_title), db_json(a, f->pr),
	                db_int_or_null(f->ended_ms), db_text(f->error), db_json(a, f->verification),
	                db_json(a, f->contract), db_int_or_null(f->deadline_ms),
	                db_int(f->incident), db_int(f->n)),
	        e);
}

bool fix_row_open_in_repo(struct db *db, const char *repo, int64_t *count, struct err *e)
{
	*count = 0;
	return db_get_int(db, count, NULL,
	        "SELECT count(*) FROM fix WHERE repo = ? AND state IN ('queued', 'running', "
	        "'pr_open')",
	        DB_ARGS(db_text(repo)), e);
}

bool fix_reserved(struct store *s, double *usd, struct err *e)
{
	struct db *db = store_reader(s, e);
	struct db_query q;

	*usd = 0;
	if (!db || !db_query(db, &q,
	                   "SELECT total(max(cost_usd, coalesce(json_extract(contract, "
	                   "'$.budget_usd'), 0))) FROM fix WHERE state IN ('queued', 'running')",
	                   NULL, e))
		return false;
	if (db_next(&q))
		*usd = db_col_real(&q, 0);
	return db_done(&q, e);
}

bool fix_row_on_host(
        struct db *db, const char *host, int64_t incident, int n, int64_t *count, struct err *e)
{
	*count = 0;
	return db_get_int(db, count, NULL,
	        "SELECT count(*) FROM fix WHERE state = 'running' AND "
	        "json_extract(contract, '$.host') = ? AND NOT (incident = ? AND n = ?)",
	        DB_ARGS(db_text(host), db_int(incident), db_int(n)), e);
}

/* --- money --- */

struct spend_write {
	const char *key, *kind, *user;
	int64_t incident, tokens;
	double usd;
};

static bool spend_write(struct db *db, void *arg, struct err *e)
{
	const struct spend_write *w = arg;

	return db_exec(db,
	        "INSERT INTO spend (key, ts_ms, incident, kind, user, usd, tokens) VALUES "
	        "(?,?,?,?,?,?,?) ON CONFLICT DO UPDATE SET usd = excluded.usd, tokens = "
	        "excluded.tokens",
	        DB_ARGS(db_text(w->key), db_int(clock_now_ms()), db_int_or_null(w->incident),
	                db_text(w->kind), db_text(w->user), db_real(w->usd > 0 ? w->usd : 0),
	                db_int(w->tokens)),
	        e);
}

bool spend_add(struct store *s, const char *key, int64_t incident, const char *kind,
        const char *user, double usd, int64_t tokens, struct err *e)
{
	struct spend_write w = {key, kind, user, incident, tokens, usd};

	return store_write(s, spend_write, &w, e);
}

bool spend_sum(struct store *s, int64_t since_ms, const char *kind, int64_t incident, double *usd,
        struct err *e)
{
	struct db *db = store_reader(s, e);
	struct db_query q;

	*usd = 0;
	if (!db ||
	        !db_query(db, &q,
	                "SELECT total(usd) FROM spend WHERE ts_ms >= ?1 AND (?2 IS NULL OR kind = "
	                "?2) AND (?3 = 0 OR incident = ?3)",
	                DB_ARGS(db_int(since_ms), db_text(kind), db_int(incident)), e))
		return false;
	if (db_next(&q))
		*usd = db_col_real(&q, 0);
	return db_done(&q, e);
}

bool spend_count(struct store *s, int64_t since_ms, const char *kind, int64_t *n, struct err *e)
{
	struct db *db = store_reader(s, e);

	*n = 0;
	return db &&
	       db_get_int(db, n, NULL, "SELECT count(*) FROM spend WHERE ts_ms >= ? AND kind = ?",
	               DB_ARGS(db_int(since_ms), db_text(kind)), e);
}
