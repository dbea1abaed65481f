/* fuzz_json.c - any bytes parsed; what parses prints, and parses again to an equal value. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "arena.h"
#include "base/utf8.h"
#include "json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *twice(void *ctx, struct arena *a, const char *s)
{
	(void)ctx;
	return arena_printf(a, "%s%s", s, s);
}

static void walk(const json *j)
{
	(void)json_get(j, ".a.b[0].c");
	(void)json_get(j, "[\"any \\\"key\"][3]");
	(void)json_int(j, ".n", 1);
	json_each (it, j)
		walk(it);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new(0);
	struct err e = {0};
	json *j = json_parse(a, (const char *)data, size, &e), *again;

	if (j) {
		const char *text = json_print(a, j), *pretty = json_print_pretty(a, j);

		assert(utf8_valid(text, strlen(text)));
		again = json_parse(a, text, strlen(text), &e);
		assert(again && json_hash(a, again) == json_hash(a, j));
		again = json_parse(a, pretty, strlen(pretty), &e);
		assert(again && strcmp(json_print(a, again), text) == 0);
		assert(json_hash(a, json_copy(a, j)) == json_hash(a, j));
		walk(j);
		json_map_strings(a, j, twice, NULL);
		assert(json_print(a, j)[0]);
	} else {
		assert(e.code == ERR_PROTO && e.msg[0]);
	}
	arena_free(a);
	return 0;
}
