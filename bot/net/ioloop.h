/*
 * ioloop.h - the loop thread: sockets (libwebsockets), timers, signals, and a queue from elsewhere.
 *
 * Everything on it is short: no handler, no libcurl, no disk. What may block goes to the helper
 * thread by ioloop_work and its result comes back to the loop. From another thread only
 * ioloop_post and ioloop_quit may be called (lws_cancel_service is the one function of
 * libwebsockets that is safe there).
 */
#ifndef NET_IOLOOP_H
#define NET_IOLOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "err.h"

struct ioloop;
struct ioloop_timer;

/* One per process, made before threads. ERR_SYS when sockets cannot be had. */
struct ioloop *ioloop_new(struct err *e);
/* After ioloop_run returned and every connection was told to close. Waits up to 2 s for a job on
 * the helper thread. NULL is fine. */
void ioloop_free(struct ioloop *l);

/* Runs callbacks on the calling thread until ioloop_quit. */
void ioloop_run(struct ioloop *l);
void ioloop_quit(struct ioloop *l); /* thread: any */

/* Calls fn(arg) on the loop, soon, in the order of the posts. What is posted after the end of
 * ioloop_run is called by ioloop_free. Thread: any. */
void ioloop_post(struct ioloop *l, void (*fn)(void *arg), void *arg);

/* Calls work(arg) on the helper thread (one job at a time, in order), then done(arg) on the loop.
 * Thread: the loop, or before ioloop_run. */
void ioloop_work(struct ioloop *l, void (*work)(void *arg), void (*done)(void *arg), void *arg);

/* A timer that calls fn(arg) once per ioloop_timer_set; setting it again moves it. Loop thread. */
struct ioloop_timer *ioloop_timer_new(struct ioloop *l, void (*fn)(void *arg), void *arg);
void ioloop_timer_set(struct ioloop_timer *t, int64_t ms);
void ioloop_timer_cancel(struct ioloop_timer *t);
void ioloop_timer_free(struct ioloop_timer *t); /* NULL is fine */

/* Blocks SIGTERM, SIGINT and SIGHUP for this thread and those started later, and calls
 * fn(arg, signal) on the loop instead. Call before threads. */
bool ioloop_signals(struct ioloop *l, void (*fn)(void *arg, int signal), void *arg, struct err *e);

/* For ws.c and pages.c. */
struct lws_context;
struct lws_vhost;
struct lws_context *ioloop_lws(struct ioloop *l);
struct lws_vhost *ioloop_vhost(struct ioloop *l, bool proxied);

#endif
