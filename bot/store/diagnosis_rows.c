/* Diagnoses and ratings as rows. See diagnosis_rows.h and include/incident.h. */
#include "store/diagnosis_rows.h"

#include "clock.h"
#include "store/incident_rows.h"
#include "store/store.h"
#include "str.h"

const struct migration schema_diagnosis[] = {
        {1, "CREATE TABLE diagnosis ("
            "  incident INTEGER NOT NULL REFERENCES incident(id), version INTEGER NOT NULL,"
            "  key TEXT NOT NULL UNIQUE,"
            "  plan TEXT, plan_hash TEXT, evidence TEXT, confidence TEXT, remedy TEXT,"
            "  prompt_version TEXT, model TEXT, rung TEXT, cost_usd REAL,"
            "  tokens_in INTEGER NOT NULL, tokens_out INTEGER NOT NULL, masked INTEGER NOT NULL,"
            "  prompt TEXT, hint TEXT, created_ms INTEGER NOT NULL,"
            "  PRIMARY KEY (incident, version)"
            ") WITHOUT ROWID;"
            "CREATE INDEX diagnosis_created ON diagnosis(created_ms);"
            "CREATE TABLE vote ("
            "  incident INTEGER NOT NULL REFERENCES incident(id),"
            "  target TEXT NOT NULL, number INTEGER NOT NULL, user TEXT NOT NULL,"
            "  vote TEXT NOT NULL, ts_ms INTEGER NOT NULL,"
            "  PRIMARY KEY (incident, target, number, user)"
            ") WITHOUT ROWID;"},
        {0, NULL},
};

bool diagnosis_row_by_key(struct db *db, const char *key, int *version, struct err *e)
{
	int64_t v = 0;

	if (!db_get_int(db, &v, NULL, "SELECT version FROM diagnosis WHERE key = ?",
	            DB_ARGS(db_text(key)), e))
		return false;
	*version = (int)v;
	return true;
}

bool diagnosis_row_insert(struct db *db, struct arena *a, const char *key,
        const struct diagnosis *d, int version, struct err *e)
{
	return db_exec(db,
	        "INSERT INTO diagnosis (incident, version, key, plan, plan_hash, evidence, "
	        "confidence, remedy, prompt_version, model, rung, cost_usd, tokens_in, tokens_out, "
	        "masked, prompt, hint, created_ms) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
	        DB_ARGS(db_int(d->incident), db_int(version), db_text(key), db_json(a, d->plan),
	                db_text(d->plan_hash), db_json(a, d->evidence), db_text(d->confidence),
	                db_text(d->remedy), db_text(d->prompt_version), db_text(d->model),
	                db_text(d->rung), db_real(d->cost_usd), db_int(d->tokens_in),
	                db_int(d->tokens_out), db_int(d->masked), db_text(d->prompt),
	                db_text(d->hint), db_int(d->created_ms)),
	        e);
}

static void read_diagnosis(const struct db_query *q, struct arena *a, struct diagnosis *d)
{
	d->incident = db_col_int(q, 0);
	d->version = (int)db_col_int(q, 1);
	d->plan = db_col_json(q, 2, a);
	d->plan_hash = db_col_strdup(q, 3, a);
	d->evidence = db_col_json(q, 4, a);
	d->confidence = db_col_strdup(q, 5, a);
	d->remedy = db_col_strdup(q, 6, a);
	d->prompt_version = db_col_strdup(q, 7, a);
	d->model = db_col_strdup(q, 8, a);
	d->rung = db_col_strdup(q, 9, a);
	d->cost_usd = db_col_null(q, 10) ? -1 : db_col_real(q, 10);
	d->tokens_in = db_col_int(q, 11);
	d->tokens_out = db_col_int(q, 12);
	d->masked = db_col_int(q, 13);
	d->prompt = db_col_strdup(q, 14, a);
	d->hint = db_col_strdup(q, 15, a);
	d->created_ms = db_col_int(q, 16);
}

struct diagnosis *diagnosis_get(
        struct store *s, struct arena *a, int64_t incident, int version, struct err *e)
{
	struct db *db = store_reader(s, e);
	struct diagnosis *d = NULL;
	struct db_query q;

	if (!db ||
	        !db_query(db, &q,
	                "SELECT incident, version, plan, plan_hash, evidence, confidence, remedy, "
	                "prompt_version, model, rung, cost_usd, tokens_in, tokens_out, masked, "
	                "prompt, hint, created_ms FROM diagnosis WHERE incident = ?1 AND "
	                "(?2 = 0 OR version = ?2) ORDER BY version DESC LIMIT 1",
	                DB_ARGS(db_int(incident), db_int(version)), e))
		return NULL;
	if (db_next(&q)) {
		d = ARENA_NEW(a, struct diagnosis);
		read_diagnosis(&q, a, d);
	}
	if (!db_done(&q, e))
		return NULL;
	if (!d)
		err_set(e, ERR_NOT_FOUND, false, "INC-%lld has no diagnosis yet",
		        (long long)incident);
	return d;
}

/* --- ratings --- */

/* A vote that was taken back stays as an empty one, so that an older event that is handled later
 * cannot bring it back. */
static bool vote_write(struct db *db, void *arg, struct err *e)
{
	const struct vote *v = arg;
	struct arena *a = arena_new(0);
	bool ok = db_exec(db,
	        "INSERT INTO vote (incident, target, number, user, vote, ts_ms) VALUES "
	        "(?,?,?,?,?,?) ON CONFLICT DO UPDATE SET vote = excluded.vote, ts_ms = "
	        "excluded.ts_ms WHERE excluded.ts_ms >= vote.ts_ms",
	        DB_ARGS(db_int(v->incident), db_text(v->target), db_int(v->number),
	                db_text(v->user), db_text(str_or(v->vote, "")), db_int(v->at_ms)),
	        e);

	ok = ok && (db_changes(db) == 0 || publish_request(db, a, v->incident, e));
	arena_free(a);
	return ok;
}

bool vote_set(struct store *s, const struct vote *v, struct err *e)
{
	struct vote copy = *v;

	return store_write(s, vote_write, &copy, e);
}

bool vote_list(struct store *s, struct arena *a, int64_t incident, struct vote_row **out,
        size_t *n_out, struct err *e)
{
	enum { MAX_VOTES = 500 };
	struct db *db = store_reader(s, e);
	struct vote_row *rows = ARENA_ARRAY(a, MAX_VOTES, struct vote_row);
	struct db_query q;
	size_t n = 0;

	if (!db ||
	        !db_query(db, &q,
	                "SELECT user, vote, target, number, ts_ms FROM vote WHERE incident = ? AND vote <> '' "
	                "ORDER BY ts_ms LIMIT 500",
	                DB_ARGS(db_int(incident)), e))
		return false;
	while (db_next(&q) && n < MAX_VOTES)
		rows[n++] = (struct vote_row){
		        .user = db_col_strdup(&q, 0, a),
		        .vote = db_col_strdup(&q, 1, a),
		        .target = db_col_strdup(&q, 2, a),
		        .number = (int)db_col_int(&q, 3),
		        .ts_ms = db_col_int(&q, 4),
		};
	*out = rows;
	*n_out = n;
	return db_done(&q, e);
}

/* Diagnoses by prompt version and model, fixes together; each with its ratings. */
static const char stats_sql[] =
        "SELECT 'diagnosis', d.prompt_version, d.model, count(*), total(max(d.cost_usd, 0)), "
        "total((SELECT count(*) FROM vote v WHERE v.incident = d.incident AND v.target = 'diagnosis' "
        "AND v.number = d.version AND v.vote = 'right')), "
        "total((SELECT count(*) FROM vote v WHERE v.incident = d.incident AND v.target = 'diagnosis' "
        "AND v.number = d.version AND v.vote = 'wrong')), "
        "total((SELECT count(*) FROM vote v WHERE v.incident = d.incident AND v.target = 'diagnosis' "
        "AND v.number = d.version AND v.vote = 'useless')) "
        "FROM diagnosis d WHERE d.created_ms >= ?1 AND d.plan IS NOT NULL GROUP BY 2, 3 "
        "UNION ALL SELECT 'fix', NULL, NULL, count(*), total(f.cost_usd), "
        "total((SELECT count(*) FROM vote v WHERE v.incident = f.incident AND v.target = 'fix' "
        "AND v.number = f.n AND v.vote = 'right')), "
        "total((SELECT count(*) FROM vote v WHERE v.incident = f.incident AND v.target = 'fix' "
        "AND v.number = f.n AND v.vote = 'wrong')), 0 "
        "FROM fix f WHERE f.started_ms >= ?1 HAVING count(*) > 0 ORDER BY 1, 4 DESC LIMIT 100";

bool vote_stats(struct store *s, struct arena *a, int64_t since_ms, struct vote_count **out,
        size_t *n_out, struct err *e)
{
	enum { MAX_GROUPS = 100 };
	struct db *db = store_reader(s, e);
	struct vote_count *rows = ARENA_ARRAY(a, MAX_GROUPS, struct vote_count);
	struct db_query q;
	size_t n = 0;

	if (!db || !db_query(db, &q, stats_sql, DB_ARGS(db_int(since_ms)), e))
		return false;
	while (db_next(&q) && n < MAX_GROUPS)
		rows[n++] = (struct vote_count){
		        .target = db_col_strdup(&q, 0, a),
		        .prompt_version = db_col_strdup(&q, 1, a),
		        .model = db_col_strdup(&q, 2, a),
		        .diagnoses = (int)db_col_int(&q, 3),
		        .cost_usd = db_col_real(&q, 4),
		        .right = (int)db_col_int(&q, 5),
		        .wrong = (int)db_col_int(&q, 6),
		        .useless = (int)db_col_int(&q, 7),
		};
	*out = rows;
	*n_out = n;
	return db_done(&q, e);
}
