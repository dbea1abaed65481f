/* spend_group.c - where the money went; see include/incident.h. */
#include "incident.h"
#include "store/db.h"
#include "store/store.h"
#include "str.h"

enum { MAX_ROWS = 40 };

#define SUMS                                                                                       \
	", total(CASE WHEN s.kind = 'diagnosis' THEN s.usd END), total(CASE WHEN s.kind = 'fix' "  \
	"THEN s.usd END), total(s.tokens) FROM spend s "
#define SINCE "WHERE s.ts_ms >= ? AND s.kind IN ('diagnosis', 'fix') GROUP BY 1 ORDER BY "

static const struct {
	const char *by, *sql;
} groups[] = {
        {"day", "SELECT strftime('%Y-%m-%d', s.ts_ms / 1000, 'unixepoch')" SUMS SINCE
                "1 DESC LIMIT 40"},
        {"service", "SELECT i.service" SUMS "LEFT JOIN incident i ON i.id = s.incident " SINCE
                    "total(s.usd) DESC, 1 LIMIT 40"},
        {"person", "SELECT s.user" SUMS SINCE "total(s.usd) DESC, 1 LIMIT 40"},
};

static const char *sql_of(const char *by)
{
	for (size_t i = 0; i < sizeof(groups) / sizeof(*groups); i++) {
		if (str_eq(by, groups[i].by))
			return groups[i].sql;
	}
	return NULL;
}

bool spend_by(struct store *s, struct arena *a, int64_t since_ms, const char *by,
        struct spend_row **out, size_t *n_out, struct err *e)
{
	const char *sql = sql_of(by);
	struct db *db = sql ? store_reader(s, e) : NULL;
	struct spend_row *rows = ARENA_ARRAY(a, MAX_ROWS, struct spend_row);
	struct db_query q;
	size_t n = 0;

	if (!sql)
		return err_set(e, ERR_INPUT, false,
		        "“%.40s”: costs are listed by day, service or person", by);
	if (!db || !db_query(db, &q, sql, DB_ARGS(db_int(since_ms)), e))
		return false;
	while (db_next(&q) && n < MAX_ROWS)
		rows[n++] = (struct spend_row){.name = db_col_strdup(&q, 0, a),
		        .diagnosis_usd = db_col_real(&q, 1),
		        .fix_usd = db_col_real(&q, 2),
		        .tokens = (int64_t)db_col_real(&q, 3)};
	*out = rows;
	*n_out = n;
	return db_done(&q, e);
}
