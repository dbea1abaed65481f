/* fuzz_digest.c - any bytes as a log: never over budget, each line has a group, twice the same. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "digest.h"
#include "tokens.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *once(
        struct arena *a, const uint8_t *data, size_t size, bool message, size_t budget)
{
	struct digest *d = digest_new(&(struct digest_options){.message_only = message});
	const char *p = (const char *)data, *end = p + size, *out;
	size_t lines = 0, n;

	digest_keep_assign(d);
	for (; p < end; lines++) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		size_t k = nl ? (size_t)(nl - p) : (size_t)(end - p);

		digest_add(d, 0, lines % 3 ? NULL : "error", p, k);
		p += k + (nl != NULL);
	}
	digest_end(d);
	digest_assign(d, &n);
	assert(n == lines);
	assert(digest_totals(d).lines == lines);
	out = digest_render(d, a, budget);
	assert(tokens_estimate(out, strlen(out)) <= budget);
	digest_free(d);
	return out;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new(0);
	bool message = size > 0 && data[0] & 1;
	size_t budget = 100 + (size > 1 ? data[1] : 0) * 10;

	assert(!strcmp(once(a, data, size, message, budget), once(a, data, size, message, budget)));
	arena_free(a);
	return 0;
}
