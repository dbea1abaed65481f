/* Any bytes as an answer of Railway: classified, and whatever data there is decoded. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "clients/railway_private.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void decode(struct arena *a, const json *data)
{
	static const char *const counts[] = {".c0", ".c1"}, *const durations[] = {".d0", ".d1"};
	struct railway_collect c = {0};
	struct railway_scan scan = {.start_ms = 600000,
	        .end_ms = 2400000,
	        .step_ms = 60000,
	        .complete_until_ms = 2400000};
	struct railway_logs logs;
	struct railway_http_logs http_logs;
	size_t n;

	railway_decode_state(a, json_get(data, ".environment"), &c);
	railway_finish_state(a, &c, &scan);
	railway_decode_usage(
	        a, json_get(data, ".usage"), json_get(data, ".slow"), c.services, &scan);
	for (size_t i = 0; i < 2; i++) {
		struct railway_http h = {0};

		railway_decode_counts(a, json_get(data, counts[i]), 2400000, &h);
		railway_decode_durations(a, json_get(data, durations[i]), i > 0, 2400000, &h);
		railway_window(a, &h);
		for (size_t k = 0; k < scan.nservices; k++)
			railway_samples(a, &scan, &scan.services[k], &h, &n);
	}
	railway_decode_logs(a, json_get(data, ".logs"), 5, &logs);
	railway_decode_http_logs(a, json_get(data, ".logs"), 5, &http_logs);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct http_header none[] = {{NULL, NULL}};
	static const int statuses[] = {200, 400, 403, 429, 502};
	struct arena *a = arena_new(0);
	struct railway_reply reply;
	struct http_response r = {.content_type = "", .retry_after_ms = -1, .headers = none};
	struct err e;

	if (size > 0) {
		r.status = statuses[data[0] % 5];
		r.body = arena_strndup(a, (const char *)data + 1, size - 1);
		r.len = strlen(r.body);
		railway_reply(a, &r, 1790000000000, &reply, &e);
		decode(a, reply.data);
	}
	arena_free(a);
	return 0;
}
