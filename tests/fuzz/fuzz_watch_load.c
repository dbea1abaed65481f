/* fuzz_watch_load.c - any bytes as saved state: refused, or usable and saved again the same. */
#include <assert.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "app/config.h"
#include "str.h"
#include "watch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void use(struct watch *w, struct arena *a)
{
	int64_t at = watch_last_ms(w);

	for (int i = 0; i < 30; i++) {
		struct watch_sample s = {.ts_ms = at + 60000 * (i + 1),
		        .cpu = 1,
		        .cpu_limit = 1,
		        .mem_gb = 1 + i,
		        .mem_limit_gb = 32,
		        .disk_gb = NAN,
		        .disk_limit_gb = NAN,
		        .requests = 100,
		        .errors_5xx = i,
		        .p50_ms = 1,
		        .p95_ms = 10 * i,
		        .p99_ms = NAN};
		struct watch_facts f = {.now_ms = s.ts_ms + 60000, .has_http = true};
		size_t n;

		watch_feed(w, &s);
		watch_evaluate(w, a, &f, &n);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct config_source none = {0};
	struct arena *a = arena_new(0);
	struct str problems = str_new(a);
	const struct settings *s = config_load(a, &none, &problems);
	struct watch_rules r = {&s->thresholds, 600000, 1800000, 2, 3, 3, false};
	struct watch *w = watch_new(a, &r);

	if (watch_load(w, data, size)) {
		size_t n;

		watch_save(w, a, &n);
		assert(n == size);
	}
	use(w, a);
	arena_free(a);
	return 0;
}
