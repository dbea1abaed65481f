/* fuzz_str_clean.c - foreign bytes cleaned, cut, escaped: always valid UTF-8, within the limit. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "arena.h"
#include "base/utf8.h"
#include "str.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The first byte picks the limit. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new(0);
	size_t max = size ? data[0] : 0, n = size ? size - 1 : 0;
	const char *s = size ? (const char *)data + 1 : "", *t;
	struct str b = str_new(a);

	t = str_clean(a, s, n, max);
	assert(utf8_valid(t, strlen(t)));
	assert(max == 0 || strlen(t) <= max);
	assert(!strchr(t, 0x1B) && !strchr(t, '\r') && !strchr(t, '\a'));
	assert(strcmp(str_clean(a, t, strlen(t), max), t) == 0);
	t = str_ellipsis(a, t, 1 + max);
	assert(str_chars(t) <= 1 + max);
	str_mrkdwn(&b, t);
	str_html(&b, t);
	str_url(&b, t);
	str_cut(&b, max);
	assert(utf8_valid(b.s, b.len));
	(void)str_distance(t, b.s);
	arena_free(a);
	return 0;
}
