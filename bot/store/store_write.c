/*
 * store_write.c - group commit with a changing leader.
 *
 * Handing a write to a dedicated thread costs two thread switches, which on a small machine is as
 * much as the sync itself. So the thread that finds the connection free leads: it commits its own
 * job together with whatever else is queued (at most BATCH), wakes the owners, and hands the lead
 * to the next waiting thread. The store's own thread leads when only asynchronous jobs are queued,
 * and when the WAL is due to be copied back, so that nobody's write waits for a checkpoint longer
 * than needed.
 *
 * `leading` is true from the moment somebody has the lead until the queue is found empty.
 */
#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "log.h"
#include "store/store_impl.h"

enum {
	BATCH = 64,
	CHECKPOINT_FRAMES = 4000, /* 16 MB of WAL between checkpoints */
};

static int64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* --- one batch; the caller leads and does not hold mu --- */

void store_note_wake(struct db *db, const struct store_wake *w)
{
	struct store *s = db_store(db);

	if (s->nwakes == s->wakes_cap) {
		s->wakes_cap = s->wakes_cap ? s->wakes_cap * 2 : 64;
		s->wakes = realloc(s->wakes, s->wakes_cap * sizeof(*s->wakes));
		if (!s->wakes)
			abort();
	}
	s->wakes[s->nwakes++] = *w;
}

static void undo_job(struct store *s, struct store_job *j, bool alone)
{
	s->nwakes = j->wake_mark;
	if (alone && db_in_transaction(s->writer))
		db_exec(s->writer, "ROLLBACK", NULL, NULL);
	else if (db_in_transaction(s->writer) &&
	         (!db_exec(s->writer, "ROLLBACK TO job", NULL, NULL) ||
	                 !db_exec(s->writer, "RELEASE job", NULL, NULL)))
		db_exec(s->writer, "ROLLBACK", NULL, NULL);
}

/* A job alone in its transaction needs no savepoint. False when the whole transaction is gone. */
static bool run_job(struct store *s, struct store_job *j, bool alone)
{
	j->wake_mark = s->nwakes;
	j->err = (struct err){0};
	j->ok = (alone || db_exec(s->writer, "SAVEPOINT job", NULL, &j->err)) &&
	        j->fn(s->writer, j->arg, &j->err) &&
	        (alone || db_exec(s->writer, "RELEASE job", NULL, &j->err));
	if (!j->ok)
		undo_job(s, j, alone);
	return db_in_transaction(s->writer);
}

static void fail_rest(struct store_job **jobs, int n, const struct err *e)
{
	for (int i = 0; i < n; i++) {
		if (!jobs[i]->dropped) {
			jobs[i]->ok = false;
			jobs[i]->err = *e;
		}
	}
}

/* A sync that failed marks the pages as written: asked again the kernel says yes, though they never
 * got to the disk, and reads them from memory until it forgets them (found with PostgreSQL in 2018:
 * wiki.postgresql.org/wiki/Fsync_Errors). Nothing that is decided from here on would be certain, so
 * nothing is: the next process starts from the file, see open_writer. */
static void end_if_unsynced(struct store *s)
{
	int rc = sqlite3_extended_errcode(db_handle(s->writer));

	if (rc != SQLITE_IOERR_FSYNC && rc != SQLITE_IOERR_DIR_FSYNC)
		return;
	log_error("store",
	        "%s could not be brought to the disk: the bot ends, because what comes after such a "
	        "failure is not certain. Nothing acknowledged is lost. Check the disk, then start it again",
	        s->path);
	_Exit(EXIT_FAILURE);
}

static void commit_all(struct store *s, struct store_job **jobs, int n)
{
	struct err e = {0};

	if (db_exec(s->writer, "COMMIT", NULL, &e))
		return;
	end_if_unsynced(s);
	if (db_in_transaction(s->writer))
		db_exec(s->writer, "ROLLBACK", NULL, NULL);
	s->nwakes = 0;
	fail_rest(jobs, n, &e);
}

/* One transaction over the jobs that are not dropped. False: it vanished under a failing job, which
 * is dropped; the others are to be run again. */
static bool transact(struct store *s, struct store_job **jobs, int n)
{
	struct err e = {0};

	s->nwakes = 0;
	if (!db_exec(s->writer, "BEGIN IMMEDIATE", NULL, &e)) {
		fail_rest(jobs, n, &e);
		return true;
	}
	for (int i = 0; i < n; i++) {
		if (jobs[i]->dropped)
			continue;
		if (!run_job(s, jobs[i], n == 1)) {
			jobs[i]->dropped = true;
			return false;
		}
	}
	commit_all(s, jobs, n);
	return true;
}

/* The usual case: nothing fails, and no job needs a savepoint of its own (each would copy every
 * page that it changes). False: one failed, nothing is stored, and all are to be run again
 * carefully. */
static bool transact_plainly(struct store *s, struct store_job **jobs, int n)
{
	struct err e = {0};

	s->nwakes = 0;
	if (!db_exec(s->writer, "BEGIN IMMEDIATE", NULL, &e)) {
		fail_rest(jobs, n, &e);
		return true;
	}
	for (int i = 0; i < n; i++) {
		jobs[i]->err = (struct err){0};
		jobs[i]->ok = jobs[i]->fn(s->writer, jobs[i]->arg, &jobs[i]->err);
		if (jobs[i]->ok)
			continue;
		if (db_in_transaction(s->writer))
			db_exec(s->writer, "ROLLBACK", NULL, NULL);
		return false;
	}
	commit_all(s, jobs, n);
	return true;
}

static bool all_lazy(struct store_job **jobs, int n)
{
	for (int i = 0; i < n; i++) {
		if (!jobs[i]->lazy)
			return false;
	}
	return true;
}

/* Test builds can weaken it by CRASH_SYNC: the tests of power loss must find the loss then. */
static const char *sync_pragma(bool lazy)
{
#ifdef HEAL_CRASH_POINTS
	const char *test = getenv("CRASH_SYNC");

	if (test && strcmp(test, "OFF") == 0)
		return "PRAGMA synchronous = OFF";
	lazy = lazy || test;
#endif
	return lazy ? "PRAGMA synchronous = NORMAL" : "PRAGMA synchronous = FULL";
}

/* The pragma acts when it is compiled, so it is not a kept statement. */
static void set_sync(struct store *s, struct store_job **jobs, int n)
{
	bool lazy = all_lazy(jobs, n);

	if (lazy != s->unsynced && db_script(s->writer, sync_pragma(lazy), NULL))
		s->unsynced = lazy;
}

static void run_batch(struct store *s, struct store_job **jobs, int n)
{
	int64_t began = now_us(), took;

	set_sync(s, jobs, n);
	if (s->unsynced && !all_lazy(jobs, n))
		abort(); /* never acknowledge what is not on the disk */
	if (n == 1 || !transact_plainly(s, jobs, n)) {
		while (!transact(s, jobs, n))
			s->nwakes = 0;
	}
	took = now_us() - began;
	pthread_mutex_lock(&s->mu);
	s->stats.commits++;
	s->stats.jobs += n;
	s->stats.last_commit_us = took;
	if (took > s->stats.max_commit_us)
		s->stats.max_commit_us = took;
	pthread_mutex_unlock(&s->mu);
	for (int i = 0; i < n; i++) {
		if (!jobs[i]->sync && jobs[i]->done)
			jobs[i]->done(jobs[i]->arg, jobs[i]->ok ? NULL : &jobs[i]->err);
	}
	for (size_t i = 0; i < s->nwakes && s->wake; i++)
		s->wake(s->wake_ctx, &s->wakes[i]);
	s->nwakes = 0;
}

/* Only copies what no reader needs (PASSIVE): waits for nobody. */
static void checkpoint(struct store *s)
{
	int frames = 0, copied = 0;
	int rc = sqlite3_wal_checkpoint_v2(
	        db_handle(s->writer), NULL, SQLITE_CHECKPOINT_PASSIVE, &frames, &copied);
	struct err e;

	if (rc != SQLITE_OK) {
		end_if_unsynced(s);
		db_fail(s->writer, rc, "checkpoint", &e);
		log_warn("store", "%s", e.msg);
	}
	/* Completely copied: the next write starts the WAL from its beginning. */
	s->wal_checked = rc == SQLITE_OK && copied == frames ? 0 : s->wal_frames;
	s->wal_frames = s->wal_checked;
}

/* Waits for readers at most a moment: writes wait meanwhile. */
static void truncate_wal(struct store *s)
{
	enum { PATIENCE_MS = 50, BUSY_MS = 5000 };
	int rc;

	sqlite3_busy_timeout(db_handle(s->writer), PATIENCE_MS);
	rc = sqlite3_wal_checkpoint_v2(
	        db_handle(s->writer), NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	sqlite3_busy_timeout(db_handle(s->writer), BUSY_MS);
	if (rc == SQLITE_OK)
		s->wal_frames = s->wal_checked = 0;
	else
		log_debug("store", "the WAL is in use and stays as long as it is");
}

static int on_wal(void *ctx, sqlite3 *h, const char *name, int frames)
{
	struct store *s = ctx;

	(void)h;
	(void)name;
	s->wal_frames = frames;
	if (frames < s->wal_checked)
		s->wal_checked = 0;
	return SQLITE_OK;
}

/* --- the queue; the caller holds mu --- */

static void push(struct store *s, struct store_job *j)
{
	if (s->tail)
		s->tail->next = j;
	else
		s->head = j;
	s->tail = j;
	s->queued++;
}

static int take(struct store *s, struct store_job **jobs)
{
	int n = 0;

	while (s->head && n < BATCH) {
		jobs[n] = s->head;
		s->head = s->head->next;
		jobs[n++]->next = NULL;
	}
	if (!s->head)
		s->tail = NULL;
	s->queued -= n;
	return n;
}

static void lead_batch(struct store *s)
{
	struct store_job *jobs[BATCH];
	int n = take(s, jobs);

	pthread_mutex_unlock(&s->mu);
	run_batch(s, jobs, n);
	for (int i = 0; i < n; i++) {
		if (jobs[i]->sync) {
			jobs[i]->finished = true;
			sem_post(jobs[i]->woken); /* and it is gone, but for the leader's own */
		} else {
			free(jobs[i]);
		}
	}
	pthread_mutex_lock(&s->mu);
}

static void wake_thread(struct store *s)
{
	s->leading = true;
	s->thread_leads = true;
	pthread_cond_signal(&s->work);
}

static void hand_over(struct store *s)
{
	if (s->trim || s->wal_frames - s->wal_checked >= CHECKPOINT_FRAMES) {
		wake_thread(s);
		return;
	}
	for (struct store_job *j = s->head; j; j = j->next) {
		if (j->sync) {
			j->lead = true;
			sem_post(j->woken);
			return;
		}
	}
	if (s->head) {
		wake_thread(s);
	} else {
		s->leading = false;
		if (s->closing)
			pthread_cond_signal(&s->work);
	}
}

static void wait_woken(sem_t *woken)
{
	while (sem_wait(woken) != 0 && errno == EINTR)
		;
}

static void lead_until_done(struct store *s, const struct store_job *j)
{
	while (!j->finished)
		lead_batch(s);
	hand_over(s);
	pthread_mutex_unlock(&s->mu);
}

static bool write_job(struct store *s, store_fn fn, void *arg, bool lazy, struct err *e)
{
	sem_t woken;
	struct store_job j = {.fn = fn, .arg = arg, .lazy = lazy, .sync = true, .woken = &woken};

	if (s->mode == STORE_LOOK)
		return err_set(e, ERR_STORE, false,
		        "%s is open for reading only: the running bot has to do this", s->path);
	sem_init(&woken, 0, 0);
	pthread_mutex_lock(&s->mu);
	push(s, &j);
	if (!s->leading) {
		s->leading = true;
		lead_until_done(s, &j);
	} else {
		pthread_mutex_unlock(&s->mu);
		wait_woken(&woken);
		if (j.lead) {
			pthread_mutex_lock(&s->mu);
			lead_until_done(s, &j);
		}
	}
	sem_destroy(&woken);
	if (!j.ok && e)
		*e = j.err;
	return j.ok;
}

bool store_write(struct store *s, store_fn fn, void *arg, struct err *e)
{
	return write_job(s, fn, arg, false, e);
}

bool store_write_lazy(struct store *s, store_fn fn, void *arg, struct err *e)
{
	return write_job(s, fn, arg, true, e);
}

void store_submit(struct store *s, store_fn fn, void *arg, store_done done)
{
	struct store_job *j;

	if (s->mode == STORE_LOOK)
		abort(); /* a tool has no use for it */
	j = calloc(1, sizeof(*j));
	if (!j)
		abort();
	j->fn = fn;
	j->arg = arg;
	j->done = done;
	pthread_mutex_lock(&s->mu);
	push(s, j);
	if (!s->leading)
		wake_thread(s);
	pthread_mutex_unlock(&s->mu);
}

void store_trim(struct store *s)
{
	pthread_mutex_lock(&s->mu);
	s->trim = true;
	if (!s->leading)
		wake_thread(s);
	pthread_mutex_unlock(&s->mu);
}

/* --- the store's own thread --- */

static void thread_lead(struct store *s)
{
	bool trim = s->trim;

	s->thread_leads = false;
	s->trim = false;
	if (trim || s->wal_frames - s->wal_checked >= CHECKPOINT_FRAMES) {
		pthread_mutex_unlock(&s->mu);
		if (trim)
			truncate_wal(s);
		else
			checkpoint(s);
		pthread_mutex_lock(&s->mu);
	}
	if (s->head)
		lead_batch(s);
	hand_over(s);
}

static void *writer_thread(void *arg)
{
	struct store *s = arg;

	pthread_mutex_lock(&s->mu);
	for (;;) {
		while (!s->thread_leads && !(s->closing && !s->leading))
			pthread_cond_wait(&s->work, &s->mu);
		if (!s->thread_leads)
			break;
		thread_lead(s);
	}
	pthread_mutex_unlock(&s->mu);
	return NULL;
}

bool store_writer_start(struct store *s, struct err *e)
{
	int rc;

	sqlite3_wal_hook(db_handle(s->writer), on_wal, s);
	if (!db_script(s->writer, sync_pragma(false), e))
		return false;
	rc = pthread_create(&s->thread, NULL, writer_thread, s);
	if (rc)
		return err_set(e, ERR_SYS, true, "cannot start a thread: %s", strerror(rc));
	s->has_thread = true;
	return true;
}

void store_writer_stop(struct store *s)
{
	if (!s->has_thread)
		return;
	pthread_mutex_lock(&s->mu);
	s->closing = true;
	pthread_cond_signal(&s->work);
	pthread_mutex_unlock(&s->mu);
	pthread_join(s->thread, NULL);
	s->has_thread = false;
}
