/*
 * loop.h - the sandbox's poll loop: descriptors, timers, deferred calls. One thread.
 */
#ifndef HEAL_SANDBOX_LOOP_H
#define HEAL_SANDBOX_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "sandbox.h"

struct loop;
struct watch;

struct loop *loop_new(void);
void loop_free(struct loop *l);
/* Runs until loop_stop. */
void loop_run(struct loop *l);
void loop_stop(struct loop *l);

/* Calls fn(arg, revents) whenever poll(2) reports one of `events` (or an error) for fd. */
struct watch *loop_watch(
        struct loop *l, int fd, short events, void (*fn)(void *arg, short revents), void *arg);
void watch_events(struct watch *w, short events);
/* No call comes after this; the descriptor is not closed. */
void loop_unwatch(struct loop *l, struct watch *w);

struct sb_timer *loop_timer(struct loop *l, uint32_t ms, void (*fn)(void *arg), void *arg);
void loop_cancel(struct loop *l, struct sb_timer *t);

/* Calls fn(arg) when the current round of callbacks is over: the place to free what callers up the
 * stack may still look at. */
void loop_defer(struct loop *l, void (*fn)(void *arg), void *arg);

int64_t loop_mono_ms(void);

#endif
