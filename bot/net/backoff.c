/* backoff.c - see backoff.h. */
#include "net/backoff.h"

#include <assert.h>
#include <stdlib.h>

int64_t backoff_full_ms(unsigned attempt, int64_t first_ms, int64_t max_ms, uint32_t random)
{
	int64_t ceiling = first_ms;

	assert(first_ms >= 0 && max_ms >= 0);
	while (attempt-- > 0 && ceiling < max_ms)
		ceiling = ceiling > INT64_MAX / 2 ? max_ms : ceiling * 2;
	if (ceiling > max_ms)
		ceiling = max_ms;
	return (int64_t)((double)ceiling * ((double)random / UINT32_MAX));
}

int64_t backoff_spread_ms(int64_t base_ms, double share, uint32_t random)
{
	assert(base_ms >= 0 && share >= 0 && share <= 1);
	return (int64_t)((double)base_ms * (1 + share * (2.0 * random / UINT32_MAX - 1)));
}

uint32_t backoff_random(void)
{
	return arc4random();
}
