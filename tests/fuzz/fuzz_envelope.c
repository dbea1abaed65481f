/* fuzz_envelope.c - any bytes as a message of Socket Mode: parsed, acknowledged, stored. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "arena.h"
#include "chat/envelope.h"
#include "json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena *a = arena_new(64);
	struct envelope env;
	bool cut;

	envelope_parse(a, (const char *)data, n, &env);
	if (env.kind == ENVELOPE_WORK || env.kind == ENVELOPE_UNREADABLE) {
		const char *ack = envelope_ack(a, env.id, env.payload, &cut);
		const json *back = json_parse(a, ack, strlen(ack), NULL);

		assert(back && strcmp(json_str(back, ".envelope_id", ""), env.id) == 0);
		assert(strlen(ack) <= ENVELOPE_ACK_MAX);
	}
	if (env.kind == ENVELOPE_WORK) {
		const char *text = envelope_stored(a, &env, NULL, NULL);

		assert(json_parse(a, text, strlen(text), NULL));
		assert(env.keys[0] && strncmp(env.keys[0], "env:", 4) == 0);
	}
	arena_free(a);
	return 0;
}
