/*
 * store_impl.h - the store's inside, for store*.c only.
 *
 * `mu` guards everything up to the reader list. The right to use the writing connection is
 * `leading`: one thread at a time has it (see store_write.c) and uses `writer` and the wake list
 * without `mu`.
 */
#ifndef STORE_STORE_IMPL_H
#define STORE_STORE_IMPL_H

#include <pthread.h>
#include <semaphore.h>

#include "store/store.h"

struct workflow;

struct store_job {
	struct store_job *next;
	store_fn fn;
	void *arg;
	store_done done; /* store_submit */
	bool lazy;       /* needs no sync of the disk */
	bool sync;       /* a thread waits in store_write */
	bool ok;
	bool dropped; /* failed, and the transaction with it: left out of the next try (leader only)
	               */
	/* Of a waiting thread: written before `woken` is posted, read after. Its thread need not
	 * have mu for that: else all that a commit wakes would queue for it. */
	bool finished;
	bool lead; /* it shall lead */
	sem_t *woken;
	size_t wake_mark;
	struct err err;
};

struct store_reader {
	struct store_reader *next;
	struct store *store;
	struct db *db;
};

struct store {
	char *path;
	enum store_mode mode;
	int lock_fd;
	char boot[40];
	int schema;
	const struct workflow *const *workflows;

	pthread_mutex_t mu;
	struct store_job *head, *tail;
	int64_t queued;
	bool leading;
	bool thread_leads; /* the store's own thread shall lead */
	bool trim;         /* the WAL shall be truncated */
	bool closing;
	pthread_cond_t work; /* for the store's own thread */
	pthread_t thread;
	bool has_thread;
	struct store_stats stats;

	struct db *writer;
	bool unsynced; /* the writer is in synchronous = NORMAL */
	struct store_wake *wakes;
	size_t nwakes, wakes_cap;
	int wal_frames, wal_checked; /* frames in the WAL now, and after the last checkpoint */
	store_wake_fn wake;
	void *wake_ctx;

	pthread_mutex_t readers_mu;
	struct store_reader *readers;
	pthread_key_t reader_key;
};

bool store_writer_start(struct store *s, struct err *e);
void store_writer_stop(struct store *s); /* runs what is queued first */

#endif
