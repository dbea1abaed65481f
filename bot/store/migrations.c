/* migrations.c - see migrations.h: the families in order, and applying what is missing. */
#include "store/migrations.h"

#include <assert.h>

#include "clock.h"
#include "log.h"
#include "store/act_rows.h"
#include "store/diagnosis_rows.h"
#include "store/fix_rows.h"
#include "store/history_rows.h"
#include "store/hold_rows.h"
#include "store/incident_rows.h"
#include "store/memory_rows.h"
#include "store/remark_rows.h"

static const struct migration_family families[] = {
        {"flow", schema_flow},
        {"incident", schema_incident},
        {"diagnosis", schema_diagnosis},
        {"fix", schema_fix},
        {"memory", schema_memory},
        {"hold", schema_hold},
        {"remark", schema_remark},
        {"history", schema_history},
        {"act", schema_act},
};

static bool applied_count(struct db *db, const char *family, int64_t *n, struct err *e)
{
	return db_get_int(db, n, NULL,
	        "SELECT coalesce(max(id), 0) FROM migration WHERE family = ?",
	        DB_ARGS(db_text(family)), e);
}

static bool apply_one(struct db *db, const char *family, const struct migration *m, struct err *e)
{
	bool ok = db_script(db, "BEGIN IMMEDIATE", e) && db_script(db, m->sql, e) &&
	          db_exec(db, "INSERT INTO migration(family, id, applied_ms) VALUES (?, ?, ?)",
	                  DB_ARGS(db_text(family), db_int(m->id), db_int(clock_now_ms())), e) &&
	          db_script(db, "COMMIT", e);

	if (ok) {
		log_debug("store", "schema: applied %s %d", family, m->id);
		return true;
	}
	if (db_in_transaction(db))
		db_script(db, "ROLLBACK", NULL);
	return err_wrap(e, "schema step %s %d", family, m->id);
}

static bool compare(struct db *db, const struct migration_family *f, int64_t *have, int64_t *known,
        struct err *e)
{
	*known = 0;
	while (f->steps[*known].id)
		++*known;
	if (!applied_count(db, f->name, have, e))
		return false;
	if (*have <= *known)
		return true;
	return err_set(e, ERR_CONFIG, false,
	        "the database was made by a newer version of healbot (schema %s %d, this program "
	        "knows %d): start that version",
	        f->name, (int)*have, (int)*known);
}

static bool apply_family(struct db *db, const struct migration_family *f, int *count, struct err *e)
{
	int64_t have = 0, known;

	if (!compare(db, f, &have, &known, e))
		return false;
	*count += (int)known;
	for (int64_t i = have; i < known; i++) {
		assert(f->steps[i].id == i + 1);
		if (!apply_one(db, f->name, &f->steps[i], e))
			return false;
	}
	return true;
}

bool migrations_apply(struct db *db, int *count_out, struct err *e)
{
	*count_out = 0;
	if (!db_script(db,
	            "CREATE TABLE IF NOT EXISTS migration (family TEXT NOT NULL, id INTEGER NOT NULL,"
	            " applied_ms INTEGER NOT NULL, PRIMARY KEY (family, id)) STRICT, WITHOUT ROWID",
	            e))
		return false;
	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
		if (!apply_family(db, &families[i], count_out, e))
			return false;
	}
	return true;
}

bool migrations_check(struct db *db, int *count_out, struct err *e)
{
	*count_out = 0;
	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
		int64_t have = 0, known;

		if (!compare(db, &families[i], &have, &known, e))
			return false;
		*count_out += (int)known;
		if (have < known)
			return err_set(e, ERR_CONFIG, false,
			        "the database is of an older version of healbot: start the bot once, "
			        "it brings it up to date");
	}
	return true;
}
