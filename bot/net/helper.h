/*
 * helper.h - a thread beside the loop: jobs in order, one at a time, each with an end on the loop.
 *
 * What may wait (a name look-up, the disk, a query) is handed to a helper, so the loop never does.
 * Jobs that may wait for different things have helpers of their own: a page of the browser is never
 * in front of Slack. The thread is started by the first job.
 */
#ifndef NET_HELPER_H
#define NET_HELPER_H

#include <stdbool.h>
#include <stddef.h>

#include "net/ioloop.h"

struct helper;

/* Aborts when memory is out. Thread: the loop, or before ioloop_run. */
struct helper *helper_new(struct ioloop *l);
/* Calls work(arg) on the thread, then done(arg) on the loop. `first`: before what waits. Thread:
 * the loop, or before ioloop_run. */
void helper_work(
        struct helper *h, bool first, void (*work)(void *arg), void (*done)(void *arg), void *arg);
/* Jobs that wait or run. Thread: the loop. */
size_t helper_waiting(struct helper *h);
/* No new job is begun; waits for the one that runs, at most wait_ms (< 0 = as long as it takes).
 * False: it still runs. Again is fine. Thread: the loop. */
bool helper_end(struct helper *h, int wait_ms);
/* After helper_end: what was never begun gets its done(arg), on this thread. One that still runs is
 * left behind with its memory. NULL is fine. */
void helper_free(struct helper *h);

#endif
