/*
 * backoff.h - how long to wait before trying again. Pure: the random number is an argument.
 *
 * Thread: any.
 */
#ifndef NET_BACKOFF_H
#define NET_BACKOFF_H

#include <stdint.h>

/* Exponential with full jitter: evenly spread over 0 .. min(max_ms, first_ms * 2^attempt), attempt
 * counted from 0. It empties a herd fastest (Brooker, "Exponential Backoff And Jitter", 2015). */
int64_t backoff_full_ms(unsigned attempt, int64_t first_ms, int64_t max_ms, uint32_t random);

/* base_ms * (1 +- share), share in 0..1: for delays that should stay near what was announced. */
int64_t backoff_spread_ms(int64_t base_ms, double share, uint32_t random);

/* A random number that needs no seed. */
uint32_t backoff_random(void);

#endif
