/*
 * pool.h - worker threads: n threads that run one function, and their end.
 *
 * Workers share nothing through the pool; they meet in the store. Thread: one owner.
 */
#ifndef APP_POOL_H
#define APP_POOL_H

#include <stdbool.h>
#include <stddef.h>

#include "err.h"

struct pool;

/* Starts n threads; each calls fn(arg, index) once. Signals are blocked in them. ERR_SYS when the
 * system gives no thread (those already running get `cancel`, may be NULL, and are joined). */
struct pool *pool_start(size_t n, void (*fn)(void *arg, size_t index), void *arg,
        void (*cancel)(void *arg), struct err *e);
/* Waits until all have returned (whoever made them stop has done so before); frees. NULL is fine.
 */
void pool_join(struct pool *p);

#endif
