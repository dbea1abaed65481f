/*
 * inbox.h - what arrived from outside, committed before it is acknowledged.
 *
 * One transaction: the dedupe keys, the payload, the run that will handle it. So an acknowledged
 * envelope is done or visibly failed, never silently gone; and a redelivery (Slack repeats for
 * about 5 minutes, also on another socket) finds its key and starts nothing. Keys are kept for 24 h
 * at least (inbox_prune), on disk.
 *
 * The run's input is {"inbox": ID}; its handler reads the payload with inbox_get.
 */
#ifndef STORE_INBOX_H
#define STORE_INBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "err.h"
#include "json.h"
#include "store/store.h"

struct inbox_put {
	const char *keys[4]; /* dedupe keys, e.g. "env:..." "event:Ev..."; NULL = unused. One known
	                        key makes the whole a duplicate */
	const char *kind;    /* "slash_commands" "interactive" "events_api" */
	const char *payload; /* JSON text, redacted already */
	size_t payload_len;
	int64_t received_ms;
	const char *workflow;    /* started for it; NULL = only kept (status "ignored") */
	const char *concurrency; /* of that run; NULL = none */
	/* results, set before done is called */
	bool duplicate;
	int64_t id;  /* inbox row (of the first delivery when duplicate) */
	int64_t run; /* 0 = none */
};

/* Commits and then calls done(p, err). `p` and what it points to stay valid until then. err->code
 * ERR_STORE: not stored, do not acknowledge (Slack will deliver again). Thread: any (the loop). */
void inbox_submit(struct store *s, struct inbox_put *p, store_done done);
/* The same, waiting. */
bool inbox_write(struct store *s, struct inbox_put *p, struct err *e);
/* Inside a write function. */
bool inbox_put_tx(struct db *db, struct inbox_put *p, struct err *e);

struct inbox_row {
	int64_t id, received_ms, stored_ms, run;
	const char *kind;
	const char *status;  /* "ignored" "waiting" "running" "done" "failed" "cancelled" */
	const json *payload; /* NULL in lists, and after it was pruned */
	int deliveries;      /* 1 + duplicates seen */
};
/* NULL and ERR_NOT_FOUND. Reads on the calling thread's connection. */
struct inbox_row *inbox_get(struct store *s, struct arena *a, int64_t id, struct err *e);
/* Newest first. */
bool inbox_list(struct store *s, struct arena *a, int limit, struct inbox_row **out, size_t *n_out,
        struct err *e);

struct inbox_lag {
	int64_t waiting;   /* stored, handler not yet entered */
	int64_t oldest_ms; /* age of the oldest of them; 0 = none */
	int64_t received_24h, duplicates_24h;
};
bool inbox_lag(struct store *s, struct inbox_lag *out, struct err *e);

/* Deletes handled rows and keys received before `before_ms`, at most `max` of each; *deleted (may
 * be NULL) tells how many, so that the caller goes on in small steps. */
bool inbox_prune(struct store *s, int64_t before_ms, int max, int64_t *deleted, struct err *e);

#endif
