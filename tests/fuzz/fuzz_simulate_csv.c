/* fuzz_simulate_csv.c - any bytes as a file of samples, in chunks of any size: judged or refused
 * with a line number. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "app/config.h"
#include "app/simulate.h"
#include "str.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void told(void *ctx, int64_t ts_ms, const char *service, const struct watch_event *ev)
{
	(void)ctx;
	assert(ts_ms > 0 && service[0] && signal_name(ev->signal));
	assert(ev->finding.severity != SEVERITY_NONE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct config_source none = {0};
	struct arena *a = arena_new(0);
	struct str problems = str_new(a);
	struct simulation *s = simulation_new(a, config_load(a, &none, &problems), told, NULL);
	size_t step = size ? 1 + data[0] : 1;
	struct err e = {0};
	bool ok = true;

	for (size_t at = 0; at < size && ok; at += step) {
		size_t n = size - at < step ? size - at : step;
		char *copy = arena_alloc(a, n);

		memcpy(copy, data + at, n);
		ok = simulation_feed(s, copy, n, &e);
	}
	if (ok)
		ok = simulation_end(s, &e);
	assert(ok || strncmp(e.msg, "line ", 5) == 0);
	arena_free(a);
	return 0;
}
