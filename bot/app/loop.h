/*
 * loop.h - the loop thread of the bot: Socket Mode into the inbox, the local pages, signals.
 *
 * Runs on the thread that calls loop_run (main). SIGTERM, SIGINT and SIGHUP end it: sockets are
 * closed with 1000, within 2 s. Without an app-level token there is no Socket Mode, without an
 * address no pages.
 */
#ifndef APP_LOOP_H
#define APP_LOOP_H

#include "app/metrics.h"
#include "app/secrets.h"
#include "arena.h"
#include "chat/socket_mode.h"
#include "err.h"
#include "net/pages.h"
#include "settings.h"
#include "store/store.h"

struct loop;

struct loop_options {
	const struct settings *settings;
	const struct secrets *secrets;
	struct store *store;
	struct metrics *metrics;
	/* Every string of what Slack sends goes through it before it is stored; loop thread. */
	const char *(*redact)(void *ctx, struct arena *a, const char *text);
	void *redact_ctx;
	/* What ails the rest of the bot, for /healthz; NULL returned = nothing. On the pages'
	 * thread (net/pages.h), as are the collectors of `metrics`. May be NULL. */
	const char *(*ails)(void *ctx, struct arena *a);
	void *ails_ctx;
	/* Pages besides /healthz and /metrics, ended by an entry without a path; NULL = none. */
	const struct page_route *routes;
	void *routes_ctx;
	page_form_fn form; /* see pages.h; NULL = plain words */
	/* The end has begun (signal or loop_stop): tell the workers. Loop thread, once. May be
	 * NULL. */
	void (*on_stop)(void *ctx);
	void *on_stop_ctx;
};

/* Before threads (it blocks signals for them). ERR_CONFIG, ERR_SYS: the pages cannot listen. */
struct loop *loop_new(const struct loop_options *o, struct err *e);
void loop_run(struct loop *l);
void loop_stop(struct loop *l); /* thread: any */
/* After loop_run and after store_close (which may still report a commit). NULL is fine. */
void loop_free(struct loop *l);
/* What Socket Mode knows of itself; false without a token. Loop thread. */
bool loop_slack(const struct loop *l, struct socket_mode_stats *out);
/* Where the pages listen; 0 = nowhere. */
int loop_http_port(const struct loop *l);

#endif
