/* fuzz_settings.c - any text as the value of any setting, and as an environment variable. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "app/config.h"
#include "app/config_table.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Room for the field of any type, two ints of a ratio included. */
union field {
	struct limits pair;
	int64_t n;
	int ints[2];
	void *p;
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new(0);
	const char *text = arena_strndup(a, size ? (const char *)data : "", size);
	const char *host, *env[] = {arena_printf(a, "HEAL_%s", text), NULL};
	struct config_source src = {.path = "/dev/null", .env = env};
	struct str why = str_new(a);
	int port;

	for (const struct setting *s = setting_table; s->key; s++) {
		union field at;
		size_t before = why.len;

		memset(&at, 0, sizeof(at));
		if (setting_parse(a, s, text, &at, &why))
			assert(why.len == before);
		else
			assert(why.len > before);
	}
	if (config_host_port(a, text, &host, &port))
		assert(*host && port >= 0 && port <= 65535);
	(void)config_private_host(text);
	why = str_new(a);
	assert((config_load(a, &src, &why) == NULL) == (why.len > 0));
	arena_free(a);
	return 0;
}
