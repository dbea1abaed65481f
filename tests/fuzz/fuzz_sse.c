/* fuzz_sse.c - any bytes as an event stream, in two pieces: the cut changes nothing. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "opencode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
	int n;
	uint64_t sum;
};

static bool note(void *ctx, const struct opencode_event *ev)
{
	struct seen *s = ctx;

	assert(*ev->type && ev->session);
	s->n++;
	s->sum = s->sum * 31 + strlen(ev->type) * 7 + strlen(ev->session) + (uint64_t)ev->kind;
	return true;
}

static struct seen feed(const char *p, size_t n, size_t cut)
{
	struct seen s = {0};
	struct opencode_sse *sse = opencode_sse_new(note, &s);

	opencode_sse_feed(sse, p, cut);
	opencode_sse_feed(sse, p + cut, n - cut);
	opencode_sse_free(sse);
	return s;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *p = (const char *)data;
	struct seen whole, cut;

	if (size == 0)
		return 0;
	whole = feed(p, size, 0);
	cut = feed(p, size, data[0] % size);
	assert(whole.n == cut.n && whole.sum == cut.sum);
	return 0;
}
