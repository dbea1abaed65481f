/*
 * fuzz_blocks.c - whatever is put into the Block Kit builder, Slack must accept what comes out.
 */
#include <stdio.h>
#include <stdlib.h>

#include "unit/blockkit.c"        /* NOLINT: the checker is no library */
#include "unit/blockkit_random.c" /* NOLINT: the checker is no library */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new(0);
	const char *problem = blockkit_random(a, data, size < 4096 ? size : 4096);

	if (problem) {
		fprintf(stderr, "%s\n", problem);
		abort();
	}
	arena_free(a);
	return 0;
}
