/*
 * Three words and more at a time: "owner of <*> is <*> <*>", where no two lines share all but two.
 * Templates of one shape that have their first word and one other in common are one when a third of
 * their words are the same in all, and each of the others has many values.
 */
#include <stdlib.h>
#include <string.h>

#include "digest/template_i.h"

enum { MEMBERS = 10, MOST_WORDS = 24, MOST_MEMBERS = 512, LOOKED_AT = 64 };

struct spoke {
	uint64_t key;
	uint32_t slot;
};

static int by_key(const void *pa, const void *pb)
{
	const struct spoke *a = pa, *b = pb;

	if (a->key != b->key)
		return a->key < b->key ? -1 : 1;
	return a->slot < b->slot ? -1 : a->slot > b->slot;
}

static size_t spokes(const struct templates *t, struct spoke *out)
{
	size_t n = 0;

	for (uint32_t s = 0; s < MAX_TEMPLATES; s++) {
		const struct template *x = &t->slot[s];

		if (!x->id || x->n < 5 || x->n > MOST_WORDS || x->h[0] == WILD)
			continue;
		for (size_t k = 1; k < x->n; k++) {
			if (x->h[k] != WILD)
				out[n++] = (struct spoke){mix64(x->shape + word_part(0, x->h[0]) +
				                                  word_part(k, x->h[k])),
				        s};
		}
	}
	return n;
}

/* The values of word i among the first members, at most WIDEN counted; 0 = it is variable already.
 */
static size_t values(const struct templates *t, const uint32_t *slots, size_t n, size_t i)
{
	uint64_t seen[WIDEN];
	size_t found = 0;

	n = n < LOOKED_AT ? n : LOOKED_AT;
	for (size_t k = 0; k < n && found < WIDEN; k++) {
		uint64_t h = t->slot[slots[k]].h[i];
		size_t j = 0;

		while (j < found && seen[j] != h)
			j++;
		if (j == found)
			seen[found++] = h;
	}
	return found == 1 && seen[0] == WILD ? 0 : found;
}

/* Which words differ; 0 = the templates are not one. */
static uint64_t star_mask(const struct templates *t, const uint32_t *slots, size_t n)
{
	const struct template *x = &t->slot[slots[0]];
	size_t same = 0, differ = 0;
	uint64_t mask = 0;

	for (size_t i = 0; i < x->n; i++) {
		size_t v = values(t, slots, n, i);

		same += v == 1;
		if (v < 2)
			continue;
		for (size_t k = 0; k < n && k < LOOKED_AT; k++) {
			if (!template_may_widen(&t->slot[slots[k]], i))
				return 0;
		}
		if (v < WIDEN)
			return 0;
		mask |= UINT64_C(1) << i;
		differ++;
	}
	return differ >= 3 && same >= 2 && same * 3 >= x->n ? mask : 0;
}

static void merge_star(struct templates *t, const struct spoke *e, size_t n)
{
	uint32_t slots[MOST_MEMBERS];
	size_t k = 0;
	uint64_t mask;

	for (size_t i = 0; i < n && k < MOST_MEMBERS; i++) {
		if (t->slot[e[i].slot].id && t->slot[e[i].slot].n > 4 &&
		        (k == 0 || t->slot[e[i].slot].shape == t->slot[slots[0]].shape))
			slots[k++] = e[i].slot;
	}
	if (k < MEMBERS || t->nfree == 0)
		return;
	mask = star_mask(t, slots, k);
	if (mask)
		template_merge(t, slots, k, mask);
}

void templates_star(struct templates *t)
{
	struct spoke *e = malloc((size_t)MAX_TEMPLATES * MOST_WORDS * sizeof(*e));
	size_t n;

	if (!e)
		abort();
	n = spokes(t, e);
	qsort(e, n, sizeof(*e), by_key);
	for (size_t i = 0, k; i < n; i = k) {
		for (k = i + 1; k < n && e[k].key == e[i].key;)
			k++;
		if (k - i >= MEMBERS)
			merge_star(t, e + i, k - i);
	}
	free(e);
}
