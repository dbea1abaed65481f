/* Incidents, their timeline and their messages as rows. See incident_rows.h. */
#include "store/incident_rows.h"

#include "clock.h"
#include "store/runs.h"
#include "store/store.h"
#include "str.h"

const struct migration schema_incident[] = {
        {1, "CREATE TABLE incident ("
            "  id INTEGER PRIMARY KEY AUTOINCREMENT,"
            "  fingerprint TEXT NOT NULL,"
            "  project_id TEXT NOT NULL, environment_id TEXT NOT NULL, environment TEXT NOT NULL,"
            "  service_id TEXT NOT NULL, service TEXT NOT NULL,"
            "  signal TEXT NOT NULL, state TEXT NOT NULL, severity INTEGER NOT NULL,"
            "  opened_ms INTEGER NOT NULL, began_ms INTEGER NOT NULL, changed_ms INTEGER NOT NULL,"
            "  ended_ms INTEGER,"
            "  headline TEXT NOT NULL, facts TEXT NOT NULL,"
            "  acked_by TEXT, acked_ms INTEGER, owner TEXT,"
            "  snoozed_until_ms INTEGER NOT NULL DEFAULT 0,"
            "  quiet INTEGER NOT NULL DEFAULT 0, drill INTEGER NOT NULL DEFAULT 0,"
            "  good_streak INTEGER NOT NULL DEFAULT 0, reopened INTEGER NOT NULL DEFAULT 0,"
            "  previous INTEGER REFERENCES incident(id),"
            "  how_ended TEXT, ended_by TEXT, end_note TEXT,"
            "  channel TEXT, diagnosis INTEGER NOT NULL DEFAULT 0, trouble TEXT,"
            "  revision INTEGER NOT NULL DEFAULT 1"
            ");"
            /* one unfinished incident per service, whoever asks */
            "CREATE UNIQUE INDEX incident_alive ON incident(environment_id, service_id)"
            "  WHERE ended_ms IS NULL;"
            "CREATE INDEX incident_fingerprint ON incident(fingerprint, ended_ms);"
            "CREATE INDEX incident_opened ON incident(opened_ms);"
            "CREATE TABLE timeline ("
            "  id INTEGER PRIMARY KEY,"
            "  incident INTEGER NOT NULL REFERENCES incident(id),"
            "  ts_ms INTEGER NOT NULL, kind TEXT NOT NULL, actor TEXT, note TEXT"
            ");"
            "CREATE INDEX timeline_incident ON timeline(incident, id);"
            "CREATE TABLE slot ("
            "  incident INTEGER NOT NULL REFERENCES incident(id),"
            "  slot TEXT NOT NULL, ts TEXT, channel TEXT, hash INTEGER NOT NULL,"
            "  posted_ms INTEGER NOT NULL, updated_ms INTEGER NOT NULL,"
            "  PRIMARY KEY (incident, slot)"
            ") WITHOUT ROWID;"
            "CREATE INDEX slot_message ON slot(channel, ts);"},
        /* what a step wrote is not written again when the step is repeated after a crash */
        {2, "ALTER TABLE timeline ADD COLUMN key TEXT;"
            "CREATE UNIQUE INDEX timeline_key ON timeline(incident, key, kind)"
            "  WHERE key IS NOT NULL;"},
        {0, NULL},
};

#define COLUMNS                                                                                    \
	"i.id, i.fingerprint, i.project_id, i.environment_id, i.environment, i.service_id, "       \
	"i.service, i.signal, i.state, i.severity, i.opened_ms, i.began_ms, i.changed_ms, "        \
	"i.ended_ms, i.headline, i.facts, i.acked_by, i.acked_ms, i.owner, i.snoozed_until_ms, "   \
	"i.quiet, i.drill, i.good_streak, i.reopened, i.previous, i.how_ended, i.ended_by, "       \
	"i.end_note, i.channel, i.diagnosis, i.trouble, i.revision, s.ts, "                        \
	"(SELECT count(*) FROM incident o WHERE o.fingerprint = i.fingerprint "                    \
	"AND o.opened_ms > i.opened_ms - 2592000000 AND o.opened_ms <= i.opened_ms)"
#define FROM " FROM incident i LEFT JOIN slot s ON s.incident = i.id AND s.slot = 'root' "

static void read_identity(const struct db_query *q, struct arena *a, struct incident *inc)
{
	inc->id = db_col_int(q, 0);
	inc->fingerprint = db_col_strdup(q, 1, a);
	inc->project_id = db_col_strdup(q, 2, a);
	inc->environment_id = db_col_strdup(q, 3, a);
	inc->environment = db_col_strdup(q, 4, a);
	inc->service_id = db_col_strdup(q, 5, a);
	inc->service = db_col_strdup(q, 6, a);
	if (!signal_parse(db_col_text(q, 7), &inc->signal))
		inc->signal = SIGNAL_ERROR_RATE;
	if (!incident_state_parse(db_col_text(q, 8), &inc->state))
		inc->state = INCIDENT_OPEN;
	inc->severity = (enum severity)db_col_int(q, 9);
	inc->opened_ms = db_col_int(q, 10);
	inc->began_ms = db_col_int(q, 11);
	inc->changed_ms = db_col_int(q, 12);
	inc->ended_ms = db_col_int(q, 13);
	inc->headline = db_col_strdup(q, 14, a);
	inc->facts = db_col_json(q, 15, a);
}

static void read_state(const struct db_query *q, struct arena *a, struct incident *inc)
{
	inc->acked_by = db_col_strdup(q, 16, a);
	inc->acked_ms = db_col_int(q, 17);
	inc->owner = db_col_strdup(q, 18, a);
	inc->snoozed_until_ms = db_col_int(q, 19);
	inc->quiet = db_col_bool(q, 20);
	inc->drill = db_col_bool(q, 21);
	inc->good_streak = (int)db_col_int(q, 22);
	inc->reopened = (int)db_col_int(q, 23);
	inc->previous = db_col_int(q, 24);
	inc->how_ended = db_col_strdup(q, 25, a);
	inc->ended_by = db_col_strdup(q, 26, a);
	inc->end_note = db_col_strdup(q, 27, a);
	inc->channel = db_col_strdup(q, 28, a);
	inc->diagnosis = (int)db_col_int(q, 29);
	inc->trouble = db_col_strdup(q, 30, a);
	inc->revision = db_col_int(q, 31);
	inc->root_ts = db_col_strdup(q, 32, a);
	inc->occurrences_30d = (int)db_col_int(q, 33);
}

static void read_row(const struct db_query *q, struct arena *a, struct incident *inc)
{
	read_identity(q, a, inc);
	read_state(q, a, inc);
}

struct incident *incident_row_get(struct db *db, struct arena *a, int64_t id, struct err *e)
{
	struct incident *inc = NULL;
	struct db_query q;

	if (!db_query(db, &q, "SELECT " COLUMNS FROM "WHERE i.id = ?", DB_ARGS(db_int(id)), e))
		return NULL;
	if (db_next(&q)) {
		inc = ARENA_NEW(a, struct incident);
		read_row(&q, a, inc);
	}
	if (!db_done(&q, e))
		return NULL;
	if (!inc)
		err_set(e, ERR_NOT_FOUND, false,
		        "there is no INC-%lld; `/heal list all` shows what there is",
		        (long long)id);
	return inc;
}

bool incident_row_insert(
        struct db *db, struct arena *a, const struct incident *inc, int64_t *id_out, struct err *e)
{
	if (!db_exec(db,
	            "INSERT INTO incident (fingerprint, project_id, environment_id, environment, "
	            "service_id, service, signal, state, severity, opened_ms, began_ms, changed_ms, "
	            "headline, facts, drill, previous, channel) "
	            "VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
	            DB_ARGS(db_text(inc->fingerprint), db_text(inc->project_id),
	                    db_text(inc->environment_id), db_text(inc->environment),
	                    db_text(inc->service_id), db_text(inc->service),
	                    db_text(signal_name(inc->signal)),
	                    db_text(incident_state_name(inc->state)), db_int(inc->severity),
	                    db_int(inc->opened_ms), db_int(inc->began_ms), db_int(inc->changed_ms),
	                    db_text(inc->headline), db_json(a, inc->facts), db_bool(inc->drill),
	                    db_int_or_null(inc->previous), db_text(inc->channel)),
	            e))
		return false;
	*id_out = db_last_id(db);
	return true;
}

bool incident_row_update(struct db *db, struct arena *a, const struct incident *inc, struct err *e)
{
	return db_exec(db,
	        "UPDATE incident SET signal = ?, state = ?, severity = ?, began_ms = ?, "
	        "changed_ms = ?, ended_ms = ?, headline = ?, facts = ?, acked_by = ?, acked_ms = ?, "
	        "owner = ?, snoozed_until_ms = ?, quiet = ?, good_streak = ?, reopened = ?, "
	        "how_ended = ?, ended_by = ?, end_note = ?, channel = ?, diagnosis = ?, trouble = ?, "
	        "revision = revision + 1 WHERE id = ?",
	        DB_ARGS(db_text(signal_name(inc->signal)), db_text(incident_state_name(inc->state)),
	                db_int(inc->severity), db_int(inc->began_ms), db_int(inc->changed_ms),
	                db_int_or_null(inc->ended_ms), db_text(inc->headline),
	                db_json(a, inc->facts), db_text(inc->acked_by),
	                db_int_or_null(inc->acked_ms), db_text(inc->owner),
	                db_int(inc->snoozed_until_ms), db_bool(inc->quiet),
	                db_int(inc->good_streak), db_int(inc->reopened), db_text(inc->how_ended),
	                db_text(inc->ended_by), db_text(inc->end_note), db_text(inc->channel),
	                db_int(inc->diagnosis), db_text(inc->trouble), db_int(inc->id)),
	        e);
}

bool incident_row_of_service(struct db *db, const char *service_id, int64_t *id_out, struct err *e)
{
	*id_out = 0;
	return db_get_int(db, id_out, NULL,
	        "SELECT id FROM incident WHERE service_id = ? AND ended_ms IS NULL",
	        DB_ARGS(db_text(service_id)), e);
}

bool incident_row_last(struct db *db, const char *fingerprint, int64_t *id_out, struct err *e)
{
	*id_out = 0;
	return db_get_int(db, id_out, NULL,
	        "SELECT id FROM incident WHERE fingerprint = ? AND ended_ms IS NOT NULL "
	        "ORDER BY ended_ms DESC LIMIT 1",
	        DB_ARGS(db_text(fingerprint)), e);
}

bool timeline_add(struct db *db, const struct timeline_new *t, struct err *e)
{
	return db_exec(db,
	        "INSERT INTO timeline (incident, ts_ms, kind, actor, note, key)"
	        " VALUES (?,?,?,?,?,?)",
	        DB_ARGS(db_int(t->incident), db_int(t->ts_ms), db_text(t->kind), db_text(t->actor),
	                db_text(t->note), db_text(t->key)),
	        e);
}

bool timeline_has(struct db *db, int64_t incident, const char *kind, const char *key, bool *out,
        struct err *e)
{
	int64_t n = 0;
	bool ok = !key || db_get_int(db, &n, NULL,
	                          "SELECT count(*) FROM timeline"
	                          " WHERE incident = ? AND key = ? AND kind = ?",
	                          DB_ARGS(db_int(incident), db_text(key), db_text(kind)), e);

	*out = n > 0;
	return ok;
}

bool publish_request(struct db *db, struct arena *a, int64_t incident, struct err *e)
{
	json *in = json_obj(a);
	struct wf_start st = {
	        .workflow = "publish",
	        .input = in,
	        .concurrency = arena_printf(a, "publish:%lld", (long long)incident),
	        .coalesce = true,
	};

	json_set_int(in, "incident", incident);
	return flow_start_tx(db, &st, NULL, e);
}

/* --- reading, for everybody --- */

struct incident *incident_get(struct store *s, struct arena *a, int64_t id, struct err *e)
{
	struct db *db = store_reader(s, e);

	return db ? incident_row_get(db, a, id, e) : NULL;
}

/* One constant statement; what is not asked for is switched off by its argument. */
bool incident_list(struct store *s, struct arena *a, const struct incident_filter *f,
        struct incident **out, size_t *n_out, struct err *e)
{
	struct db *db = store_reader(s, e);
	int limit = f->limit > 0 ? f->limit : 20;
	const char *which = str_or(f->which, "open");
	struct incident *list = ARENA_ARRAY(a, (size_t)limit, struct incident);
	struct db_query q;
	size_t n = 0;

	if (!db)
		return false;
	if (!db_query(db, &q,
	            "SELECT " COLUMNS FROM
	            "WHERE CASE ?1 WHEN 'all' THEN 1 WHEN 'resolved' THEN i.ended_ms IS NOT NULL "
	            "WHEN 'snoozed' THEN i.ended_ms IS NULL AND i.snoozed_until_ms > ?2 "
	            "WHEN 'mine' THEN i.ended_ms IS NULL AND (i.owner = ?3 OR i.acked_by = ?3) "
	            "ELSE i.ended_ms IS NULL END "
	            "AND (?4 IS NULL OR i.service = ?4 COLLATE NOCASE) AND i.opened_ms >= ?5 "
	            "ORDER BY i.ended_ms IS NOT NULL, i.severity DESC, i.opened_ms DESC "
	            "LIMIT ?6 OFFSET ?7",
	            DB_ARGS(db_text(which), db_int(clock_now_ms()), db_text(f->user),
	                    db_text(f->service), db_int(f->since_ms), db_int(limit),
	                    db_int(f->offset)),
	            e))
		return false;
	while (db_next(&q))
		read_row(&q, a, &list[n++]);
	*out = list;
	*n_out = n;
	return db_done(&q, e);
}

bool incident_of_service(struct store *s, const char *service_id, int64_t *id_out, struct err *e)
{
	struct db *db = store_reader(s, e);

	return db && incident_row_of_service(db, service_id, id_out, e);
}

bool incident_of_message(struct store *s, struct arena *a, const char *channel, const char *ts,
        int64_t *id_out, const char **slot_out, struct err *e)
{
	struct db *db = store_reader(s, e);
	struct db_query q;

	*id_out = 0;
	if (slot_out)
		*slot_out = NULL;
	if (!db || !db_query(db, &q, "SELECT incident, slot FROM slot WHERE channel = ? AND ts = ?",
	                   DB_ARGS(db_text(channel), db_text(ts)), e))
		return false;
	if (db_next(&q)) {
		*id_out = db_col_int(&q, 0);
		if (slot_out)
			*slot_out = db_col_strdup(&q, 1, a);
	}
	return db_done(&q, e);
}

bool incident_timeline(struct store *s, struct arena *a, int64_t id, struct timeline_row **out,
        size_t *n_out, struct err *e)
{
	enum { MAX_ROWS = 500 };
	struct db *db = store_reader(s, e);
	struct timeline_row *rows = ARENA_ARRAY(a, MAX_ROWS, struct timeline_row);
	struct db_query q;
	size_t n = 0;

	if (!db || !db_query(db, &q,
	                   "SELECT id, ts_ms, kind, actor, note FROM (SELECT * FROM timeline WHERE "
	                   "incident = ? ORDER BY id DESC LIMIT 500) ORDER BY id",
	                   DB_ARGS(db_int(id)), e))
		return false;
	while (db_next(&q) && n < MAX_ROWS)
		rows[n++] = (struct timeline_row){
		        .id = db_col_int(&q, 0),
		        .ts_ms = db_col_int(&q, 1),
		        .kind = db_col_strdup(&q, 2, a),
		        .actor = db_col_strdup(&q, 3, a),
		        .note = db_col_strdup(&q, 4, a),
		};
	*out = rows;
	*n_out = n;
	return db_done(&q, e);
}

/* --- messages --- */

bool slot_list(struct store *s, struct arena *a, int64_t incident, struct slot_row **out,
        size_t *n_out, struct err *e)
{
	enum { MAX_SLOTS = 256 };
	struct db *db = store_reader(s, e);
	struct slot_row *rows = ARENA_ARRAY(a, MAX_SLOTS, struct slot_row);
	struct db_query q;
	size_t n = 0;

	if (!db || !db_query(db, &q,
	                   "SELECT slot, ts, channel, hash, posted_ms, updated_ms FROM slot WHERE "
	                   "incident = ? ORDER BY posted_ms DESC LIMIT 256",
	                   DB_ARGS(db_int(incident)), e))
		return false;
	while (db_next(&q) && n < MAX_SLOTS)
		rows[n++] = (struct slot_row){
		        .slot = db_col_strdup(&q, 0, a),
		        .ts = db_col_strdup(&q, 1, a),
		        .channel = db_col_strdup(&q, 2, a),
		        .hash = (uint64_t)db_col_int(&q, 3),
		        .posted_ms = db_col_int(&q, 4),
		        .updated_ms = db_col_int(&q, 5),
		};
	*out = rows;
	*n_out = n;
	return db_done(&q, e);
}

struct slot_write {
	int64_t incident;
	const struct slot_row *row;
};

static bool slot_write(struct db *db, void *arg, struct err *e)
{
	const struct slot_write *w = arg;

	return db_exec(db,
	        "INSERT INTO slot (incident, slot, ts, channel, hash, posted_ms, updated_ms) "
	        "VALUES (?,?,?,?,?,?,?) ON CONFLICT (incident, slot) DO UPDATE SET ts = excluded.ts, "
	        "channel = excluded.channel, hash = excluded.hash, posted_ms = excluded.posted_ms, "
	        "updated_ms = excluded.updated_ms",
	        DB_ARGS(db_int(w->incident), db_text(w->row->slot), db_text(w->row->ts),
	                db_text(w->row->channel), db_int((int64_t)w->row->hash),
	                db_int(w->row->posted_ms), db_int(w->row->updated_ms)),
	        e);
}

bool slot_set(struct store *s, int64_t incident, const struct slot_row *row, struct err *e)
{
	struct slot_write w = {incident, row};

	return store_write(s, slot_write, &w, e);
}

static bool slot_delete(struct db *db, void *arg, struct err *e)
{
	return db_exec(db, "DELETE FROM slot WHERE incident = ? AND slot NOT LIKE 'note:%'",
	        DB_ARGS(db_int(*(int64_t *)arg)), e);
}

bool slot_forget(struct store *s, int64_t incident, struct err *e)
{
	return store_write(s, slot_delete, &incident, e);
}
