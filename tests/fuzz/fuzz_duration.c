/* fuzz_duration.c - any text as a duration, a date; what is read is written and read again. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "arena.h"
#include "clock.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new(0);
	const char *s = arena_strndup(a, (const char *)data, size);
	int64_t ms, again;

	if (s && clock_parse_duration(s, &ms)) {
		assert(ms >= 0);
		assert(clock_parse_duration(clock_duration_short(a, ms), &again) && again == ms);
		assert(clock_duration(a, ms)[0]);
	}
	if (s && clock_parse_rfc3339(s, &ms)) {
		assert(clock_parse_rfc3339(clock_rfc3339(a, ms), &again) || ms < -62167219200000 ||
		        ms > 253402300799999);
		assert(clock_hhmm(a, ms)[0]);
	}
	arena_free(a);
	return 0;
}
