/* template_i.h - inside of the table of templates: template.c and template_merge.c. */
#ifndef TEMPLATE_I_H
#define TEMPLATE_I_H

#include "digest/digest_i.h"

enum {
	INDEX_SIZE = 32768,    /* > 2 * MAX_TEMPLATES, a power of two */
	FIRST_BUCKETS = 16384, /* both powers of two */
	MOST_BUCKETS = 524288,
	BUCKET_WORDS = 24, /* positions that may become variable */
	WIDEN = 5,         /* so many values in one place make it variable */
};

struct bucket {
	uint64_t key; /* 0 = never used */
	uint32_t n;
	uint32_t slot[WIDEN - 1], id[WIDEN - 1];
};

struct worth {
	double worth;
	uint32_t slot;
};

struct templates {
	struct template *slot;
	uint32_t *free, nfree;
	uint32_t *by_key, *by_shape; /* slot + 1 */
	struct bucket *bucket;
	size_t buckets, nbuckets; /* room, used */
	unsigned skip, idle;      /* see make_room */
	bool keep_groups;
	uint32_t last_id, *parent;
	size_t parents;
	uint64_t made, dropped, dropped_events;
};

uint64_t word_part(size_t i, uint64_t h);

/* The template's key without its word i. */
static inline uint64_t rest_key(const struct template *x, size_t i)
{
	uint64_t r = mix64(x->key - word_part(i, x->h[i]) + i * UINT64_C(0xc2b2ae3d27d4eb4f));

	return r ? r : 1;
}

void template_words(struct template *x, size_t n); /* room for n words */
uint32_t templates_slot(struct templates *t);
void templates_enter(struct templates *t, uint32_t slot);
void templates_leave(struct templates *t, uint32_t slot, uint32_t into);
void templates_list(struct templates *t, uint32_t slot); /* among those with variable words */
void templates_rebuild(struct templates *t);

/* Whether word i may become variable: something constant must remain. */
bool template_may_widen(const struct template *x, size_t i);
/* template_star.c: merges where three words and more differ. */
void templates_star(struct templates *t);
/* Makes one template of n, the words of `mask` variable; returns its slot. */
uint32_t template_merge(struct templates *t, const uint32_t *slots, size_t n, uint64_t mask);

#endif
