/* fuzz_redact.c - any bytes: as many lines out as in, twice is once, a stream is what the whole is,
 * equal values get equal masks in another redactor, an exact value never survives. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "arena.h"
#include "redact.h"
#include "str.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char own[] = "own-Value/17+x";

static struct redact *redactor(void)
{
	struct redact *r = redact_new();

	assert(redact_exact(r, "own", own));
	return r;
}

/* Line by line, as the filter does it. */
static struct str stream(struct arena *a, const char *p, size_t n)
{
	struct redact *r = redactor();
	struct str out = str_new(a);

	for (const char *end = p + n;;) {
		const char *feed = memchr(p, '\n', (size_t)(end - p));
		size_t len;
		const char *line = redact_line(r, a, p, (size_t)((feed ? feed : end) - p), &len);

		assert(!memchr(line, '\n', len));
		str_addn(&out, line, len);
		if (!feed)
			break;
		str_addc(&out, '\n');
		p = feed + 1;
	}
	redact_free(r);
	return out;
}

static size_t lines(const char *p, size_t n)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++)
		count += p[i] == '\n';
	return count;
}

static void check_text(struct arena *a, const char *text, const struct str *streamed)
{
	struct redact *r = redactor(), *other = redactor();
	const char *out = redact_text(r, a, text);

	assert(strcmp(out, redact_text(other, a, text)) == 0);
	assert((out == text) == (redact_count(r) == 0));
	assert(!strstr(out, own));
	assert(strcmp(out, streamed->s) == 0);
	redact_reset_count(r);
	assert(redact_text(r, a, out) == out);
	assert(strcmp(redact_receipt(r, a), "nothing") == 0);
	redact_free(r);
	redact_free(other);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new(0);
	const char *p = size ? (const char *)data : "";
	struct str once = stream(a, p, size), twice = stream(a, once.s, once.len);

	assert(lines(p, size) == lines(once.s, once.len));
	assert(once.len == twice.len && memcmp(once.s, twice.s, once.len) == 0);
	if (!memchr(p, '\0', size))
		check_text(a, arena_strndup(a, p, size), &once);
	arena_free(a);
	return 0;
}
