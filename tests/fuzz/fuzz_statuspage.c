/* fuzz_statuspage.c - any bytes as the answer of a status page, of every kind. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "base/utf8.h"
#include "statuspage.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	for (int kind = STATUS_KIND_AUTO; kind <= STATUS_KIND_HEROKU; kind++) {
		struct arena *a = arena_new(0);
		struct status_report r = {0};
		struct err e = {0};
		size_t n = 0;

		if (statuspage_parse(a, (enum status_kind)kind, (const char *)data, size, &r, &e)) {
			assert(r.level > STATUS_UNKNOWN && r.level <= STATUS_CRITICAL);
			assert(r.title && utf8_valid(r.title, strlen(r.title)));
			assert(!strchr(r.title, '\n'));
			while (r.components[n])
				n++;
			assert(n <= 12);
		} else {
			assert(e.code == ERR_PROTO && e.msg[0]);
		}
		arena_free(a);
	}
	return 0;
}
