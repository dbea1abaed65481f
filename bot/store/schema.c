/*
 * schema.c - the tables of the inbox and of the flow engine.
 *
 * The picture
 *
 *	Slack ──▶ seen, inbox ──▶ run ──▶ step, signal, attempt, blob
 *	                 timer ──▶ run ──▶ run (child)
 *
 * One envelope becomes one `inbox` row and one `run` in the transaction that is committed before
 * the envelope is acknowledged. A run is a workflow function being carried out; each of its steps
 * is one `step` row, and re-entering the function finds the results there.
 *
 * run: id is never used twice (AUTOINCREMENT): "run-<id>.<step>" is the idempotency key that
 * outside systems keep, so after pruning an id must not come back.
 *
 *	state    'ready' may be entered when `due` has come. A run that sleeps, waits for a signal
 *	         or retries later is ready with a later due; NEVER (2^62) when only an event wakes
 *	         it. `waits` says in words what for.
 *	         'queued': another run holds its concurrency key `ckey`.
 *	         'running': a worker of process `boot` executes it. After a crash, the next process
 *	         finds these rows and makes them ready.
 *	         'done' 'failed' 'cancelled': `ended` > 0. Everywhere else ended = 0, and indexes
 *	         over unfinished runs say WHERE ended = 0.
 *	lease    until when its worker has promised to give a sign of life, for people to see
 *	held     entered, and owns its ckey until it ends: at most one per key, which the unique
 *	         index run_holder guarantees
 *	poke     something happened (signal, child's end) while it was running: when it parks it is
 *	         due at once instead of missing the event
 *	cancel   asked to stop, and why; a running one sees it at its next step or heartbeat
 *	crashes, crash_mark
 *	         a process that dies while a step executes is counted in that step's attempt. One
 *	         that dies between steps is counted in `crashes`, which starts again when more
 *	         steps are finished than at the last crash (crash_mark).
 *	suspect  the process died in it more than once: suspects are carried out one at a time
 *
 * step: key (run, name), because a step is remembered by name, not by position.
 *
 *	kind     'step' a body; 'sleep'; 'wait' for a signal; 'spawn' a child; 'join' a run's end
 *	state    'running' is committed BEFORE the body runs, with attempt counted: a body that
 *	         kills the process is stopped after its attempts, and a row found 'running' by a
 *	         later process means "may have had its effect: look before acting".
 *	         'waiting' until `due` (retry, poll, sleep), a signal, a run's end.
 *	         'done' with `out`; 'failed' with err_*.
 *	maybe    enum step_maybe: whether an earlier call may have had its effect
 *	in_hash  of the input's canonical JSON: another input at re-entry is a changed program
 *	ref      spawn, join: the other run; sleep: 1 = until a wall time
 *	signal   wait: its name; spawn: the workflow
 *	out, out_blob
 *	         texts above RUN_INLINE_BYTES are rows of `blob`, so that reading a run stays cheap
 *
 * attempt: calls of a body that failed. Those that worked leave only the step row.
 * signal: kept until taken by a wait; first come, first taken.
 * timer: durable clocks; when `next` has come the engine starts a run in the claiming transaction,
 *	with concurrency key `ckey`, so that a run started by hand and one of the clock exclude each
 *	other.
 * meta: facts about the file itself. seen: dedupe keys of the inbox, on disk because Slack repeats
 *	after minutes and after a restart.
 *
 * Times are wall milliseconds. JSON columns are text written by our printer. All tables are STRICT.
 */
#include "store/migrations.h"
#include "store/runs_look.h"

static const char flow_1[] =
        "CREATE TABLE run ("
        " id INTEGER PRIMARY KEY AUTOINCREMENT,"
        " parent INTEGER REFERENCES run(id) ON DELETE SET NULL,"
        " workflow TEXT NOT NULL, version INTEGER NOT NULL, lane INTEGER NOT NULL,"
        " key TEXT, ckey TEXT, held INTEGER NOT NULL DEFAULT 0,"
        " state TEXT NOT NULL CHECK (state IN"
        "  ('ready','queued','running','done','failed','cancelled')),"
        " paused INTEGER NOT NULL DEFAULT 0, poke INTEGER NOT NULL DEFAULT 0, cancel TEXT,"
        " due INTEGER NOT NULL, waits TEXT,"
        " input TEXT, out TEXT, out_blob INTEGER,"
        " created INTEGER NOT NULL, entered INTEGER NOT NULL DEFAULT 0,"
        " ended INTEGER NOT NULL DEFAULT 0,"
        " boot TEXT, lease INTEGER NOT NULL DEFAULT 0,"
        " entries INTEGER NOT NULL DEFAULT 0, crashes INTEGER NOT NULL DEFAULT 0,"
        " crash_mark INTEGER NOT NULL DEFAULT 0,"
        " err_code TEXT, err_msg TEXT,"
        " CHECK ((ended > 0) = (state IN ('done','failed','cancelled')))) STRICT;"
        "CREATE INDEX run_due ON run(lane, due) WHERE state = 'ready' AND paused = 0;"
        "CREATE UNIQUE INDEX run_key ON run(key) WHERE key IS NOT NULL;"
        "CREATE UNIQUE INDEX run_holder ON run(ckey) WHERE held = 1;"
        "CREATE INDEX run_ckey ON run(ckey, id) WHERE ckey IS NOT NULL;"
        "CREATE INDEX run_parent ON run(parent) WHERE parent IS NOT NULL;"
        "CREATE INDEX run_unfinished ON run(workflow, version) WHERE ended = 0;"
        "CREATE INDEX run_running ON run(boot) WHERE state = 'running';"
        "CREATE INDEX run_ended ON run(ended) WHERE ended > 0;"

        "CREATE TABLE step ("
        " run INTEGER NOT NULL REFERENCES run(id) ON DELETE CASCADE,"
        " name TEXT NOT NULL,"
        " kind TEXT NOT NULL CHECK (kind IN ('step','sleep','wait','spawn','join')),"
        " state TEXT NOT NULL CHECK (state IN ('running','waiting','done','failed')),"
        " seq INTEGER NOT NULL, grp INTEGER NOT NULL DEFAULT 0,"
        " attempt INTEGER NOT NULL DEFAULT 0, limited INTEGER NOT NULL DEFAULT 0,"
        " calls INTEGER NOT NULL DEFAULT 0, maybe INTEGER NOT NULL DEFAULT 0,"
        " started INTEGER NOT NULL, begun INTEGER NOT NULL,"
        " ended INTEGER NOT NULL DEFAULT 0, due INTEGER NOT NULL DEFAULT 0,"
        " in_hash INTEGER NOT NULL DEFAULT 0, input TEXT, in_blob INTEGER,"
        " memo TEXT, out TEXT, out_blob INTEGER,"
        " signal TEXT, ref INTEGER,"
        " err_code TEXT, err_msg TEXT,"
        " PRIMARY KEY (run, name)) STRICT, WITHOUT ROWID;"
        "CREATE INDEX step_join ON step(ref) WHERE kind = 'join' AND state = 'waiting';"

        "CREATE TABLE attempt ("
        " run INTEGER NOT NULL REFERENCES run(id) ON DELETE CASCADE,"
        " step TEXT NOT NULL, n INTEGER NOT NULL,"
        " started INTEGER NOT NULL, ended INTEGER NOT NULL, code TEXT NOT NULL, msg TEXT NOT NULL,"
        " PRIMARY KEY (run, step, n)) STRICT, WITHOUT ROWID;"

        "CREATE TABLE signal ("
        " id INTEGER PRIMARY KEY,"
        " run INTEGER NOT NULL REFERENCES run(id) ON DELETE CASCADE,"
        " name TEXT NOT NULL, payload TEXT, sent INTEGER NOT NULL, taken_by TEXT) STRICT;"
        "CREATE INDEX signal_run ON signal(run, name, id);"

        "CREATE TABLE blob ("
        " id INTEGER PRIMARY KEY,"
        " run INTEGER NOT NULL REFERENCES run(id) ON DELETE CASCADE,"
        " body TEXT NOT NULL) STRICT;"
        "CREATE INDEX blob_run ON blob(run);";

static const char flow_2[] =
        "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT) STRICT, WITHOUT ROWID;"

        "CREATE TABLE timer ("
        " name TEXT PRIMARY KEY, workflow TEXT NOT NULL, input TEXT,"
        " every INTEGER NOT NULL CHECK (every > 0), next INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
        "CREATE INDEX timer_next ON timer(next);"

        "CREATE TABLE inbox ("
        " id INTEGER PRIMARY KEY AUTOINCREMENT,"
        " kind TEXT NOT NULL, payload TEXT,"
        " received INTEGER NOT NULL, stored INTEGER NOT NULL,"
        " run INTEGER REFERENCES run(id) ON DELETE SET NULL,"
        " deliveries INTEGER NOT NULL DEFAULT 1) STRICT;"
        "CREATE INDEX inbox_received ON inbox(received);"
        "CREATE INDEX inbox_run ON inbox(run) WHERE run IS NOT NULL;"

        "CREATE TABLE seen ("
        " key TEXT PRIMARY KEY, inbox INTEGER NOT NULL, at INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
        "CREATE INDEX seen_at ON seen(at);";

static const char flow_3[] = "ALTER TABLE timer ADD COLUMN ckey TEXT;";

/* For looking at runs among many (runs_list.c). `incident` is what a run is about, by its input. */
static const char flow_4[] =
        "ALTER TABLE run ADD COLUMN incident INTEGER;"
        "UPDATE run SET incident =" RUN_ABOUT_SQL(
                "input") ";"
                         "CREATE INDEX run_incident ON run(incident, id) WHERE incident IS NOT NULL;"
                         "CREATE INDEX run_workflow ON run(workflow, id);"
                         "CREATE INDEX run_created ON run(created);"
                         "CREATE INDEX run_bad ON run(state, id) WHERE state IN ('failed', 'cancelled');";

static const char flow_5[] = "ALTER TABLE run ADD COLUMN suspect INTEGER NOT NULL DEFAULT 0;"
                             "CREATE INDEX run_suspect ON run(state) WHERE suspect = 1;";

const struct migration schema_flow[] = {
        {1, flow_1},
        {2, flow_2},
        {3, flow_3},
        {4, flow_4},
        {5, flow_5},
        {0},
};
