/* fuzz_history.c - any bytes as a stretch of samples: what makes sense is read, and packing what
 * was read gives it back. */
#include <assert.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "history.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new(0);
	size_t n, m, len;
	struct watch_sample *s = history_unpack(a, data, size, &n), *t;
	const void *again = history_pack(a, NULL, 0, s, n, &len);
	int64_t last = 0;
	size_t rising = 0;

	for (size_t i = 0; i < n; i++) {
		if (s[i].ts_ms <= last) /* times that stand still are dropped when packed */
			continue;
		last = s[i].ts_ms;
		rising++;
	}
	t = history_unpack(a, again, len, &m);
	assert(m == rising);
	if (m > 0)
		assert(t[m - 1].ts_ms == last);
	history_pack(a, data, size, s, n, &len);
	history_coarsen(a, s, n, 300000, &m);
	assert(m <= n);
	arena_free(a);
	return 0;
}
