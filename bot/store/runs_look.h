/* runs_look.h - shared by the files that only look at runs: runs_list.c, runs_read.c. */
#ifndef STORE_RUNS_LOOK_H
#define STORE_RUNS_LOOK_H

#include "store/db.h"
#include "store/runs.h"

/* The incident that the run of this input is about, NULL = none: "incident" of the input, or, of a
 * hook, of the input of the run it follows. Column run.incident. */
#define RUN_ABOUT_SQL(input)                                                                       \
	" CASE WHEN json_valid(" input ") THEN coalesce(json_extract(" input ", '$.incident'),"    \
	" json_extract(" input ", '$.input.incident')) END"

/* What run_row_read reads, as the first columns of a query over table run. */
#define RUN_ROW_SQL                                                                                 \
	"SELECT id, coalesce(parent, 0), workflow, version, lane, state, paused, waits, key, ckey," \
	" created, entered, ended, due, lease, entries, crashes, err_code, err_msg,"                \
	" (SELECT count(*) FROM step WHERE step.run = run.id),"                                     \
	" (SELECT count(*) FROM step WHERE step.run = run.id AND step.state = 'done'),"             \
	" coalesce(incident, 0)"
enum { RUN_ROW_COLUMNS = 22 };
struct run_row run_row_read(const struct db_query *q, struct arena *a);

#endif
