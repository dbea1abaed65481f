/* llm_shared.c - what was learned about servers: a small lock-free table, one word per model. */
#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "clients/llm_i.h"
#include "str.h"

/* More models than anybody configures; when full, nothing more is remembered. */
enum { SLOTS = 64, BREAKERS = 8 };

struct slot {
	atomic_uint_fast64_t key;  /* 0 = free */
	atomic_uint_fast32_t word; /* factor in thousandths << 8 | field << 4 | rung */
};

struct llm_shared {
	struct slot slots[SLOTS];
	struct llm_breaker breakers[BREAKERS];
};

struct llm_shared *llm_shared_new(void)
{
	struct llm_shared *s = calloc(1, sizeof(*s));

	if (!s)
		abort();
	return s;
}

void llm_shared_free(struct llm_shared *s)
{
	free(s);
}

static uint64_t key_of(const char *base, const char *model)
{
	uint64_t k = str_hash(base, strlen(base)) * 1099511628211u ^ str_hash(model, strlen(model));

	return k ? k : 1;
}

/* The slot of the key, taken when it is free; NULL when the table is full. */
static struct slot *slot_of(struct llm_shared *s, uint64_t key)
{
	for (unsigned i = 0; i < SLOTS; i++) {
		struct slot *t = &s->slots[(key + i) % SLOTS];
		uint_fast64_t seen = 0;

		if (atomic_compare_exchange_strong(&t->key, &seen, key) || seen == key)
			return t;
	}
	return NULL;
}

struct llm_breaker *llm_breaker_of(struct llm_shared *s, const char *base)
{
	uint64_t key = key_of(base, "");

	for (unsigned i = 0; i < BREAKERS; i++) {
		uint_fast64_t seen = 0;

		if (atomic_compare_exchange_strong(&s->breakers[i].key, &seen, key) || seen == key)
			return &s->breakers[i];
	}
	return NULL;
}

struct llm_learned llm_learned_get(struct llm_shared *s, const char *base, const char *model)
{
	struct slot *t = slot_of(s, key_of(base, model));
	uint32_t w = t ? (uint32_t)atomic_load(&t->word) : 0;
	struct llm_learned v = {.rung = (enum llm_rung)(w & 15),
	        .field = (enum llm_field)(w >> 4 & 15),
	        .factor = (double)(w >> 8) / 1000};

	if (v.factor <= 0)
		v.factor = 1;
	return v;
}

void llm_learned_set(
        struct llm_shared *s, const char *base, const char *model, const struct llm_learned *v)
{
	struct slot *t = slot_of(s, key_of(base, model));
	uint32_t factor = (uint32_t)(v->factor * 1000 + 0.5);

	assert(v->rung <= RUNG_TEXT && factor < 1u << 20);
	if (t)
		atomic_store(&t->word, factor << 8 | (uint32_t)v->field << 4 | (uint32_t)v->rung);
}
