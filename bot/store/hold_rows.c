/* Maintenance windows and candidates as rows. See include/hold.h. */
#include "store/hold_rows.h"

#include "clock.h"
#include "hold.h"
#include "store/store.h"
#include "str.h"

enum { MAX_CANDIDATES = 500, MAX_MUTES = 1000 };

const struct migration schema_hold[] = {
        {1, "CREATE TABLE mute ("
            "  service TEXT PRIMARY KEY COLLATE NOCASE,"
            "  since_ms INTEGER NOT NULL, until_ms INTEGER NOT NULL, by TEXT"
            ") WITHOUT ROWID;"
            "CREATE TABLE candidate ("
            "  id INTEGER PRIMARY KEY,"
            "  environment_id TEXT NOT NULL, service_id TEXT NOT NULL, service TEXT NOT NULL,"
            "  signal TEXT NOT NULL, severity INTEGER NOT NULL, hold TEXT NOT NULL,"
            "  incident INTEGER, began_ms INTEGER NOT NULL, seen_ms INTEGER NOT NULL,"
            "  ended_ms INTEGER, headline TEXT NOT NULL"
            ");"
            /* one unfinished candidate of a service, whoever asks */
            "CREATE UNIQUE INDEX candidate_alive ON candidate(environment_id, service_id)"
            "  WHERE ended_ms IS NULL;"
            "CREATE INDEX candidate_seen ON candidate(seen_ms);"
            "CREATE INDEX candidate_ended ON candidate(ended_ms) WHERE ended_ms IS NOT NULL;"},
        {0, NULL},
};

/* --- maintenance windows --- */

static bool mute_write(struct db *db, void *arg, struct err *e)
{
	const struct mute *m = arg;

	return db_exec(db,
	        "INSERT INTO mute (service, since_ms, until_ms, by) VALUES (?,?,?,?) ON CONFLICT DO "
	        "UPDATE SET until_ms = excluded.until_ms, by = excluded.by, since_ms = CASE WHEN "
	        "until_ms > excluded.since_ms THEN since_ms ELSE excluded.since_ms END",
	        DB_ARGS(db_text(m->service), db_int(m->since_ms), db_int(m->until_ms),
	                db_text(m->by)),
	        e);
}

bool mute_set(struct store *s, const struct mute *m, struct err *e)
{
	struct mute copy = *m;

	return store_write(s, mute_write, &copy, e);
}

struct mute_over {
	const char *service;
	int64_t now_ms;
	bool was;
};

static bool mute_delete(struct db *db, void *arg, struct err *e)
{
	struct mute_over *o = arg;
	int64_t until = 0;

	if (!db_get_int(db, &until, NULL, "SELECT until_ms FROM mute WHERE service = ?",
	            DB_ARGS(db_text(o->service)), e))
		return false;
	o->was = until > o->now_ms;
	return db_exec(db, "DELETE FROM mute WHERE service = ?", DB_ARGS(db_text(o->service)), e);
}

bool mute_end(struct store *s, const char *service, bool *was, struct err *e)
{
	struct mute_over o = {service, clock_now_ms(), false};

	if (!store_write(s, mute_delete, &o, e))
		return false;
	*was = o.was;
	return true;
}

bool mute_list(struct store *s, struct arena *a, struct mute **out, size_t *n_out, struct err *e)
{
	struct db *db = store_reader(s, e);
	struct db_query q;
	size_t n = 0;

	*n_out = 0;
	*out = ARENA_ARRAY(a, MAX_MUTES, struct mute);
	if (!db || !db_query(db, &q,
	                   "SELECT service, since_ms, until_ms, by FROM mute WHERE until_ms > ? "
	                   "ORDER BY service LIMIT ?",
	                   DB_ARGS(db_int(clock_now_ms()), db_int(MAX_MUTES)), e))
		return false;
	while (db_next(&q) && n < MAX_MUTES)
		(*out)[n++] = (struct mute){db_col_strdup(&q, 0, a), db_col_int(&q, 1),
		        db_col_int(&q, 2), db_col_strdup(&q, 3, a)};
	*n_out = n;
	return db_done(&q, e);
}

const struct mute *mute_of(const struct mute *list, size_t n, const char *service)
{
	for (size_t i = 0; i < n; i++)
		if (str_ieq(list[i].service, service))
			return &list[i];
	return NULL;
}

/* --- candidates --- */

const char *hold_name(enum hold h)
{
	static const char *const names[HOLD_COUNT] = {"shadow", "mute", "group"};

	return names[h];
}

static bool candidate_write(struct db *db, void *arg, struct err *e)
{
	const struct candidate *c = arg;

	return db_exec(db,
	        "INSERT INTO candidate (environment_id, service_id, service, signal, severity, hold, "
	        "incident, began_ms, seen_ms, headline) VALUES (?,?,?,?,?,?,?,?,?,?) ON CONFLICT "
	        "(environment_id, service_id) WHERE ended_ms IS NULL DO UPDATE SET severity = "
	        "max(severity, excluded.severity), hold = excluded.hold, incident = "
	        "excluded.incident, headline = CASE WHEN excluded.severity >= severity THEN "
	        "excluded.headline ELSE headline END",
	        DB_ARGS(db_text(c->environment_id), db_text(c->service_id), db_text(c->service),
	                db_text(signal_name(c->signal)), db_int(c->severity),
	                db_text(hold_name(c->hold)), db_int_or_null(c->incident),
	                db_int(c->began_ms), db_int(c->seen_ms), db_text(c->headline)),
	        e);
}

bool candidate_keep(struct store *s, const struct candidate *c, struct err *e)
{
	struct candidate copy = *c;

	return store_write(s, candidate_write, &copy, e);
}

struct candidate_over {
	const char *environment_id, *service_id;
	int64_t incident;
};

static bool candidate_finish(struct db *db, void *arg, struct err *e)
{
	const struct candidate_over *o = arg;

	return db_exec(db,
	        "UPDATE candidate SET ended_ms = ?, incident = coalesce(?, incident) WHERE "
	        "environment_id = ? AND service_id = ? AND ended_ms IS NULL",
	        DB_ARGS(db_int(clock_now_ms()), db_int_or_null(o->incident),
	                db_text(o->environment_id), db_text(o->service_id)),
	        e);
}

bool candidate_end(struct store *s, const char *environment_id, const char *service_id,
        int64_t incident, struct err *e)
{
	struct candidate_over o = {environment_id, service_id, incident};

	return store_write(s, candidate_finish, &o, e);
}

static enum hold hold_of(const char *word)
{
	for (int h = 0; h < HOLD_COUNT; h++)
		if (str_eq(hold_name((enum hold)h), word))
			return (enum hold)h;
	return HOLD_SHADOW;
}

static void read_candidate(const struct db_query *q, struct arena *a, struct candidate *c)
{
	c->id = db_col_int(q, 0);
	c->environment_id = db_col_strdup(q, 1, a);
	c->service_id = db_col_strdup(q, 2, a);
	c->service = db_col_strdup(q, 3, a);
	if (!signal_parse(db_col_text(q, 4), &c->signal))
		c->signal = SIGNAL_ERROR_RATE;
	c->severity = (enum severity)db_col_int(q, 5);
	c->hold = hold_of(db_col_text(q, 6));
	c->incident = db_col_int(q, 7);
	c->began_ms = db_col_int(q, 8);
	c->seen_ms = db_col_int(q, 9);
	c->ended_ms = db_col_int(q, 10);
	c->headline = db_col_strdup(q, 11, a);
}

bool candidate_list(struct store *s, struct arena *a, int64_t since_ms, struct candidate **out,
        size_t *n_out, struct err *e)
{
	struct db *db = store_reader(s, e);
	struct db_query q;
	size_t n = 0;

	*n_out = 0;
	*out = ARENA_ARRAY(a, MAX_CANDIDATES, struct candidate);
	if (!db ||
	        !db_query(db, &q,
	                "SELECT id, environment_id, service_id, service, signal, severity, hold, "
	                "incident, began_ms, seen_ms, ended_ms, headline FROM candidate WHERE "
	                "(?1 = 0 AND ended_ms IS NULL) OR (?1 > 0 AND seen_ms >= ?1) ORDER BY "
	                "seen_ms DESC, id DESC LIMIT ?2",
	                DB_ARGS(db_int(since_ms), db_int(MAX_CANDIDATES)), e))
		return false;
	while (db_next(&q) && n < MAX_CANDIDATES)
		read_candidate(&q, a, &(*out)[n++]);
	*n_out = n;
	return db_done(&q, e);
}

const struct candidate *candidate_of(const struct candidate *list, size_t n, const char *service_id)
{
	for (size_t i = 0; i < n; i++)
		if (list[i].ended_ms == 0 && str_eq(list[i].service_id, service_id))
			return &list[i];
	return NULL;
}

struct candidate_old {
	int64_t before_ms, deleted;
	int max;
};

static bool candidate_delete(struct db *db, void *arg, struct err *e)
{
	struct candidate_old *o = arg;

	if (!db_exec(db,
	            "DELETE FROM candidate WHERE id IN (SELECT id FROM candidate WHERE ended_ms < ? "
	            "LIMIT ?)",
	            DB_ARGS(db_int(o->before_ms), db_int(o->max)), e))
		return false;
	o->deleted = db_changes(db);
	return db_exec(db, "DELETE FROM mute WHERE until_ms < ?", DB_ARGS(db_int(o->before_ms)), e);
}

bool candidate_prune(struct store *s, int64_t before_ms, int max, int64_t *deleted, struct err *e)
{
	struct candidate_old o = {before_ms, 0, max};

	if (!store_write(s, candidate_delete, &o, e))
		return false;
	*deleted = o.deleted;
	return true;
}
