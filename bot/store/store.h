/*
 * store.h - the database file: one writer with group commit, many readers.
 *
 * Writing. There is one writing connection (SQLite 3.7.0-3.51.2 can lose pages when two connections
 * write and checkpoint at the same moment, sqlite.org/wal.html#walresetbug; and two writers only
 * wait for each other). A write is a function `fn(db, arg, e)` put into a queue. Whoever finds the
 * connection free takes the queue's head - up to 64 functions - and runs them in one transaction:
 * one sync of the disk for all. Each function has a savepoint: one that returns false is undone
 * alone. store_write returns, and store_submit calls back, after the commit: what was told to be
 * stored survives a loss of power (WAL, synchronous=FULL). A full disk or an error of a write only
 * fails the write; an error of the sync ends the process with exit code 1, because asking the
 * kernel again would not tell the truth.
 *
 * A write function does SQL and nothing else: no network, no waiting, no store_write, no log at
 * info. It may be run a second time in a new transaction (after a full disk ended the first), so it
 * only reads `arg`, or writes results there that a second run overwrites.
 *
 * Reading. store_reader gives each thread its own read-only connection; it sees every committed
 * write. Keep queries short: a long one stops the WAL from being emptied.
 *
 * One process. A lock on "<path>.lock" is held as long as the store is open for writing; a second
 * bot is told who holds it.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "err.h"
#include "store/db.h"

struct store;

enum store_mode {
	STORE_OWN,  /* the bot: takes the lock, migrates, reads and writes */
	STORE_LOOK, /* a tool beside a running bot: reads only; store_write fails with ERR_STORE */
};

/* Opens (STORE_OWN: creates, migrates) the database. ERR_CONFLICT: another process has it ("heal.db
 * is in use by process 1234"). ERR_CONFIG: not a Heal database, made by a newer version, no such
 * folder. ERR_STORE: cannot be opened, read-only. NULL on failure. Thread: main. */
struct store *store_open(const char *path, enum store_mode mode, struct err *e);
/* Finishes what is queued, empties the WAL, closes. No other thread may use the store any more
 * (their read connections are closed here). NULL is fine. */
void store_close(struct store *s);
const char *store_path(const struct store *s);
/* Different at every start: who owns a lease. */
const char *store_boot(const struct store *s);

/* --- writing --- */
typedef bool (*store_fn)(struct db *db, void *arg, struct err *e);

/* Runs fn in a transaction and returns after the commit. False: fn failed or the commit did, and
 * nothing of it is stored. Thread: any but the loop (it may wait for the disk). */
bool store_write(struct store *s, store_fn fn, void *arg, struct err *e);

/* For what need not survive a loss of power by itself (a claim, a lease): not synced, but visible
 * to all and safe from the death of the process when this returns, and durable with the next
 * store_write of anybody, because the log is written in order. */
bool store_write_lazy(struct store *s, store_fn fn, void *arg, struct err *e);

/* The same without waiting. `done` (may be NULL) is called once, after the commit, on the thread
 * that committed: it must be short and must not call the store; `err` is NULL when it worked. `arg`
 * must stay valid until then. Never fails itself. Thread: any. */
typedef void (*store_done)(void *arg, const struct err *err);
void store_submit(struct store *s, store_fn fn, void *arg, store_done done);

/* --- reading --- */
/* The calling thread's read connection; NULL and ERR_STORE when it cannot be opened. It lives until
 * the thread or the store ends. Thread: any. */
struct db *store_reader(struct store *s, struct err *e);
/* Queries of the calling thread that have not ended `ms` from now fail, until the next call: what
 * is shown must not read for minutes. 0 = no limit any more. Thread: any. */
void store_limit_reads(struct store *s, int64_t ms);

/* --- wake-up (the flow engine's) --- */
struct store_wake {
	int64_t run;
	bool steer; /* it executes and was cancelled or paused; else: it is due at due_ms (wall) */
	int lane;   /* enum wf_lane */
	int64_t due_ms;
};
/* Called after each commit that noted such a thing, on the committing thread: be short, do not call
 * the store. Set it before threads exist. */
typedef void (*store_wake_fn)(void *ctx, const struct store_wake *w);
void store_on_wake(struct store *s, store_wake_fn fn, void *ctx);
/* Inside a write function: delivered only when it commits. */
void store_note_wake(struct db *db, const struct store_wake *w);

/* --- care --- */
/* Asks the store's own thread to copy the WAL back and to give its space on the disk back; soon,
 * when no reader needs it. Thread: any. */
void store_trim(struct store *s);
/* PRAGMA integrity_check and foreign_key_check; ERR_STORE with the first finding. Thread: any. */
bool store_check(struct store *s, struct err *e);
/* A consistent copy at `to` (must not exist), made while the bot runs; complete and synced when it
 * returns true. Thread: any but the loop. */
bool store_backup(struct store *s, const char *to, struct err *e);

struct store_stats {
	int64_t commits, jobs; /* since start; jobs / commits = how well writes are grouped */
	int64_t queued;        /* right now */
	int64_t db_bytes, wal_bytes, free_bytes; /* free space of the file system */
	int64_t last_commit_us, max_commit_us;
	int schema; /* migrations applied */
};
void store_stats(struct store *s, struct store_stats *out);

#endif
