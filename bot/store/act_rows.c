/* Acts at Railway as rows. See act_rows.h and include/incident.h. */
#include "store/act_rows.h"

#include "store/store.h"

const struct migration schema_act[] = {
        {1, "CREATE TABLE act ("
            "  incident INTEGER NOT NULL REFERENCES incident(id), n INTEGER NOT NULL,"
            "  key TEXT NOT NULL UNIQUE, service_id TEXT NOT NULL, ask TEXT NOT NULL,"
            "  proposal TEXT NOT NULL, state TEXT NOT NULL, note TEXT, proof TEXT,"
            "  started_by TEXT, started_ms INTEGER NOT NULL, ended_ms INTEGER,"
            "  PRIMARY KEY (incident, n)"
            ") WITHOUT ROWID;"
            "CREATE INDEX act_running ON act(service_id) WHERE state = 'running';"},
        {0, NULL},
};

static struct act_row *read_act(const struct db_query *q, struct arena *a)
{
	struct act_row *r = ARENA_NEW(a, struct act_row);

	r->incident = db_col_int(q, 0);
	r->n = (int)db_col_int(q, 1);
	r->service_id = db_col_strdup(q, 2, a);
	r->ask = db_col_json(q, 3, a);
	r->proposal = db_col_json(q, 4, a);
	r->state = db_col_strdup(q, 5, a);
	r->note = db_col_strdup(q, 6, a);
	r->proof = db_col_json(q, 7, a);
	r->started_by = db_col_strdup(q, 8, a);
	r->started_ms = db_col_int(q, 9);
	r->ended_ms = db_col_int(q, 10);
	return r;
}

struct act_row *act_row_get(struct db *db, struct arena *a, int64_t incident, int n, struct err *e)
{
	struct act_row *r = NULL;
	struct db_query q;

	if (!db_query(db, &q,
	            "SELECT incident, n, service_id, ask, proposal, state, note, proof, started_by, "
	            "started_ms, ended_ms FROM act WHERE incident = ?1 AND (?2 = 0 OR n = ?2) "
	            "ORDER BY n DESC LIMIT 1",
	            DB_ARGS(db_int(incident), db_int(n)), e))
		return NULL;
	if (db_next(&q))
		r = read_act(&q, a);
	if (!db_done(&q, e))
		return NULL;
	if (!r)
		err_set(e, ERR_NOT_FOUND, false, "INC-%lld has no act", (long long)incident);
	return r;
}

bool act_row_by_key(struct db *db, const char *key, int *n, struct err *e)
{
	int64_t v = 0;

	if (!db_get_int(db, &v, NULL, "SELECT n FROM act WHERE key = ?", DB_ARGS(db_text(key)), e))
		return false;
	*n = (int)v;
	return true;
}

bool act_row_insert(
        struct db *db, struct arena *a, const char *key, const struct act_row *r, struct err *e)
{
	return db_exec(db,
	        "INSERT INTO act (incident, n, key, service_id, ask, proposal, state, started_by, "
	        "started_ms) VALUES (?,?,?,?,?,?,?,?,?)",
	        DB_ARGS(db_int(r->incident), db_int(r->n), db_text(key), db_text(r->service_id),
	                db_json(a, r->ask), db_json(a, r->proposal), db_text(r->state),
	                db_text(r->started_by), db_int(r->started_ms)),
	        e);
}

bool act_row_update(struct db *db, struct arena *a, const struct act_row *r, struct err *e)
{
	return db_exec(db,
	        "UPDATE act SET state = ?, note = ?, proof = ?, ended_ms = ? "
	        "WHERE incident = ? AND n = ?",
	        DB_ARGS(db_text(r->state), db_text(r->note), db_json(a, r->proof),
	                db_int_or_null(r->ended_ms), db_int(r->incident), db_int(r->n)),
	        e);
}

bool act_row_running(struct db *db, const char *service_id, int64_t *count, struct err *e)
{
	*count = 0;
	return db_get_int(db, count, NULL,
	        "SELECT count(*) FROM act WHERE service_id = ? AND state = 'running'",
	        DB_ARGS(db_text(service_id)), e);
}
