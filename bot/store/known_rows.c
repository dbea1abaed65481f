/* known_rows.c - the diagnosis of an earlier incident that was right and whose cure worked. */
#include "incident.h"
#include "store/db.h"
#include "store/store.h"

struct diagnosis *diagnosis_cured(struct store *s, struct arena *a, int64_t incident, struct err *e)
{
	static const char sql[] =
	        "SELECT d.incident, d.version FROM incident i JOIN incident o ON o.fingerprint = "
	        "i.fingerprint AND o.id <> i.id AND o.how_ended = 'verified' JOIN diagnosis d ON "
	        "d.incident = o.id AND d.plan IS NOT NULL WHERE i.id = ? AND EXISTS (SELECT 1 FROM vote "
	        "v WHERE v.incident = d.incident AND v.target = 'diagnosis' AND v.number = d.version "
	        "AND v.vote = 'right') AND NOT EXISTS (SELECT 1 FROM vote v WHERE v.incident = "
	        "d.incident AND v.target = 'diagnosis' AND v.vote = 'wrong') ORDER BY o.ended_ms DESC, "
	        "d.version DESC LIMIT 1";
	struct db *db = store_reader(s, e);
	int64_t id = 0, version = 0;
	struct db_query q;

	if (!db || !db_query(db, &q, sql, DB_ARGS(db_int(incident)), e))
		return NULL;
	if (db_next(&q)) {
		id = db_col_int(&q, 0);
		version = db_col_int(&q, 1);
	}
	if (!db_done(&q, e))
		return NULL;
	if (id)
		return diagnosis_get(s, a, id, (int)version, e);
	err_set(e, ERR_NOT_FOUND, false, "no earlier incident of this kind has a proven cure");
	return NULL;
}
