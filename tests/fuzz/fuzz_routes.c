/* fuzz_routes.c - any path: masking is done once and for all, the table takes everything. */
#include <assert.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "digest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new(0);
	struct routes *r = routes_new(size > 3 ? data[3] : 0);
	char *path = arena_strndup(a, (const char *)data, size);
	const char *masked = route_mask(a, path ? path : "");

	assert(strlen(masked) <= 210);
	routes_add(r, &(struct route_row){"GET", path, size ? data[0] * 4 : 0,
	                      size > 1 ? data[1] - 1.0 : (double)NAN, size > 2 ? data[2] : 0.0, 7});
	routes_add(r, &(struct route_row){path, masked, 500, 1e300, 1e300, 1});
	assert(routes_failing(r) >= 1);
	assert(*routes_render(r, a, 3));
	routes_free(r);
	arena_free(a);
	return 0;
}
