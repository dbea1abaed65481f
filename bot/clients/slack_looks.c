/*
 * slack_looks.c - see slack_looks.h. A spin on an atomic flag guards a few words for a few
 * instructions; workers meet here only after lost answers.
 */
#include <assert.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "clients/slack_looks.h"
#include "str.h"

#define LOOKS 128

struct slack_looks {
	atomic_flag busy;
	struct {
		uint64_t key; /* hash; 0 = free */
		int64_t ms;
	} at[LOOKS];
	size_t next; /* the oldest is overwritten */
};

struct slack_looks *slack_looks_new(void)
{
	struct slack_looks *l = calloc(1, sizeof *l);
	assert(l);
	atomic_flag_clear(&l->busy);
	return l;
}

void slack_looks_free(struct slack_looks *l)
{
	free(l);
}

bool slack_looks_enough(struct slack_looks *l, const char *key, int64_t now_ms, int64_t gap_ms)
{
	uint64_t hash = str_hash(key, strlen(key)) | 1;
	bool known = false, enough = false;
	while (atomic_flag_test_and_set(&l->busy))
		sched_yield();
	for (size_t i = 0; i < LOOKS; i++) {
		if (l->at[i].key != hash)
			continue;
		known = true;
		enough = now_ms - l->at[i].ms >= gap_ms;
		if (enough)
			l->at[i].key = 0;
	}
	if (!known) {
		l->at[l->next].key = hash;
		l->at[l->next].ms = now_ms;
		l->next = (l->next + 1) % LOOKS;
	}
	atomic_flag_clear(&l->busy);
	return enough;
}
