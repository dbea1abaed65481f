/* Prompts and remarks as rows. See remark_rows.h and include/incident.h. */
#include "store/remark_rows.h"

#include "incident.h"
#include "store/incident_rows.h"
#include "str.h"

const struct migration schema_remark[] = {
        {1, "CREATE TABLE prompt ("
            "  id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, incident INTEGER NOT NULL,"
            "  purpose TEXT NOT NULL, model TEXT, body TEXT NOT NULL, ts_ms INTEGER NOT NULL"
            ");"
            "CREATE INDEX prompt_incident ON prompt(incident);"
            "CREATE INDEX prompt_ts ON prompt(ts_ms);"
            "CREATE TABLE remark ("
            "  id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, incident INTEGER NOT NULL,"
            "  service TEXT NOT NULL, kind TEXT NOT NULL, user TEXT, text TEXT NOT NULL,"
            "  link TEXT, ts_ms INTEGER NOT NULL"
            ");"
            "CREATE INDEX remark_service ON remark(service, ts_ms);"},
        {0, NULL},
};

/* --- prompts --- */

struct prompt_write {
	const char *key;
	const struct prompt_row *p;
};

static bool prompt_write(struct db *db, void *arg, struct err *e)
{
	const struct prompt_write *w = arg;

	return db_exec(db,
	        "INSERT INTO prompt (key, incident, purpose, model, body, ts_ms) VALUES "
	        "(?,?,?,?,?,?) ON CONFLICT DO NOTHING",
	        DB_ARGS(db_text(w->key), db_int(w->p->incident), db_text(w->p->purpose),
	                db_text(w->p->model), db_text(w->p->body), db_int(w->p->ts_ms)),
	        e);
}

bool prompt_add(struct store *s, const char *key, const struct prompt_row *p, struct err *e)
{
	struct prompt_write w = {key, p};

	return store_write(s, prompt_write, &w, e);
}

bool prompt_list(struct store *s, struct arena *a, int64_t incident, struct prompt_row **out,
        size_t *n_out, struct err *e)
{
	enum { MAX_PROMPTS = 100 };
	struct db *db = store_reader(s, e);
	struct prompt_row *rows = ARENA_ARRAY(a, MAX_PROMPTS, struct prompt_row);
	struct db_query q;
	size_t n = 0;

	if (!db ||
	        !db_query(db, &q,
	                "SELECT incident, purpose, model, body, ts_ms FROM prompt WHERE incident = ? "
	                "ORDER BY id LIMIT 100",
	                DB_ARGS(db_int(incident)), e))
		return false;
	while (db_next(&q) && n < MAX_PROMPTS)
		rows[n++] = (struct prompt_row){
		        .incident = db_col_int(&q, 0),
		        .purpose = db_col_strdup(&q, 1, a),
		        .model = db_col_strdup(&q, 2, a),
		        .body = db_col_strdup(&q, 3, a),
		        .ts_ms = db_col_int(&q, 4),
		};
	*out = rows;
	*n_out = n;
	return db_done(&q, e);
}

struct prune {
	int64_t before_ms, deleted;
	int max;
};

static bool prune_write(struct db *db, void *arg, struct err *e)
{
	struct prune *p = arg;

	if (!db_exec(db,
	            "DELETE FROM prompt WHERE id IN (SELECT id FROM prompt WHERE ts_ms < ? LIMIT ?)",
	            DB_ARGS(db_int(p->before_ms), db_int(p->max)), e))
		return false;
	p->deleted = db_changes(db);
	return true;
}

bool prompt_prune(struct store *s, int64_t before_ms, int max, int64_t *deleted, struct err *e)
{
	struct prune p = {.before_ms = before_ms, .max = max};

	if (!store_write(s, prune_write, &p, e))
		return false;
	*deleted = p.deleted;
	return true;
}

/* --- remarks --- */

struct remark_write {
	const char *key;
	const struct remark *r;
};

static bool remark_write(struct db *db, void *arg, struct err *e)
{
	const struct remark_write *w = arg;

	return db_exec(db,
	        "INSERT INTO remark (key, incident, service, kind, user, text, link, ts_ms) VALUES "
	        "(?,?,?,?,?,?,?,?) ON CONFLICT DO NOTHING",
	        DB_ARGS(db_text(w->key), db_int(w->r->incident), db_text(w->r->service),
	                db_text(w->r->kind), db_text(w->r->user), db_text(w->r->text),
	                db_text(w->r->link), db_int(w->r->ts_ms)),
	        e);
}

bool remark_add(struct store *s, const char *key, const struct remark *r, struct err *e)
{
	struct remark_write w = {key, r};

	return store_write(s, remark_write, &w, e);
}

bool remark_list(struct store *s, struct arena *a, int64_t incident, const char *service,
        int64_t since_ms, struct remark **out, size_t *n_out, struct err *e)
{
	enum { MAX_REMARKS = 30 };
	struct db *db = store_reader(s, e);
	struct remark *rows = ARENA_ARRAY(a, MAX_REMARKS, struct remark);
	struct db_query q;
	size_t n = 0;

	if (!db ||
	        !db_query(db, &q,
	                "SELECT incident, service, kind, user, text, link, ts_ms FROM (SELECT * FROM "
	                "remark WHERE incident = ?1 OR (service = ?2 AND ts_ms >= ?3) ORDER BY id "
	                "DESC LIMIT 30) ORDER BY id",
	                DB_ARGS(db_int(incident), db_text(service), db_int(since_ms)), e))
		return false;
	while (db_next(&q) && n < MAX_REMARKS)
		rows[n++] = (struct remark){
		        .incident = db_col_int(&q, 0),
		        .service = db_col_strdup(&q, 1, a),
		        .kind = db_col_strdup(&q, 2, a),
		        .user = db_col_strdup(&q, 3, a),
		        .text = db_col_strdup(&q, 4, a),
		        .link = db_col_strdup(&q, 5, a),
		        .ts_ms = db_col_int(&q, 6),
		};
	*out = rows;
	*n_out = n;
	return db_done(&q, e);
}
