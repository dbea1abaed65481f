/* Templates that become one. See template.c. */
#include <stdlib.h>
#include <string.h>

#include "digest/template_i.h"

enum { PAIR_WORDS = 16, COUNTERS = 1 << 21 };

bool template_may_widen(const struct template *x, size_t i)
{
	size_t constant = 0;
	const char *w = x->text + x->at[i];
	bool capitals = x->len[i] > 1, plain = true;

	for (size_t k = 0; k < x->len[i]; k++) {
		capitals &= (w[k] >= 'A' && w[k] <= 'Z') || w[k] == '_';
		plain &= (w[k] >= 'a' && w[k] <= 'z') || (w[k] >= 'A' && w[k] <= 'Z');
	}
	/* NEW, RUNNING, GET: a state or a kind, not a value; nor is the word that begins a message
	 */
	if (capitals || (plain && i == 0))
		return false;

	for (size_t k = 0; k < x->n; k++)
		constant += k != i && x->h[k] != WILD;
	return constant > 0;
}

/* The text of x with the words of mask as <*>. */
static void widen(struct template *to, const struct template *x, uint64_t mask)
{
	size_t n = strlen(x->text), from = 0;
	struct text b = {.max = n + 4 * (size_t)x->n + 1};

	template_words(to, x->n);
	b.p = malloc(b.max + 1);
	if (!b.p)
		abort();
	to->key = x->key;
	to->shape = x->shape;
	for (size_t i = 0; i < x->n; i++) {
		bool wild = x->h[i] == WILD || (mask >> i & 1);

		text_add(&b, x->text + from, x->at[i] - from);
		to->at[i] = (uint16_t)b.n;
		if (wild)
			text_adds(&b, "<*>");
		else
			text_add(&b, x->text + x->at[i], x->len[i]);
		to->len[i] = (uint16_t)(b.n - to->at[i]);
		from = (size_t)x->at[i] + x->len[i];
		to->h[i] = wild ? WILD : x->h[i];
		to->key += word_part(i, to->h[i]) - word_part(i, x->h[i]);
	}
	text_adds(&b, x->text + from);
	b.p[b.n] = '\0';
	to->text = b.p;
	to->widened = true;
}

static void absorb(struct template *to, struct template *x)
{
	to->count += x->count;
	to->before += x->before;
	to->layout = to->layout ? to->layout : x->layout;
	to->said = x->said > to->said ? x->said : to->said;
	to->given = x->given > to->given ? x->given : to->given;
	to->content = x->content > to->content ? x->content : to->content;
	if (x->first_ms && (!to->first_ms || x->first_ms < to->first_ms))
		to->first_ms = x->first_ms;
	if (x->last_ms > to->last_ms)
		to->last_ms = x->last_ms;
	for (size_t i = 0; i < VALUES && !to->values[0]; i++) {
		char *v = to->values[i];

		to->values[i] = x->values[i];
		x->values[i] = v;
	}
	if (!to->sample || x->telling > to->telling) {
		free(to->sample);
		to->sample = x->sample;
		x->sample = NULL;
		to->telling = x->telling;
	}
}

static uint32_t find_key(const struct templates *t, uint64_t key)
{
	size_t i = mix64(key) & (INDEX_SIZE - 1);

	while (t->by_key[i] && t->slot[t->by_key[i] - 1].key != key)
		i = (i + 1) & (INDEX_SIZE - 1);
	return t->by_key[i];
}

uint32_t template_merge(struct templates *t, const uint32_t *slots, size_t n, uint64_t mask)
{
	struct template made = {0};
	uint32_t into;

	widen(&made, &t->slot[slots[0]], mask);
	into = find_key(t, made.key);
	if (into) {
		free(made.h);
		free(made.text);
		into--;
		if (!t->slot[into].widened) {
			t->slot[into].widened = true;
			templates_list(t, into);
		}
	} else {
		into = templates_slot(t);
		made.id = t->slot[into].id;
		t->slot[into] = made;
		templates_enter(t, into);
	}
	for (size_t i = 0; i < n; i++) {
		if (slots[i] == into)
			continue;
		absorb(&t->slot[into], &t->slot[slots[i]]);
		templates_leave(t, slots[i], t->slot[into].id);
	}
	return into;
}

/* --- two words at a time: "user <*> from <*>", where no pair of values meets again --- */

struct entry {
	uint64_t key;
	uint32_t slot;
	uint8_t i, j;
};

static uint64_t pair_key(const struct template *x, size_t i, size_t j)
{
	return mix64(x->key - word_part(i, x->h[i]) - word_part(j, x->h[j]) +
	             (i * 64 + j) * UINT64_C(0xc2b2ae3d27d4eb4f));
}

static int by_key(const void *pa, const void *pb)
{
	const struct entry *a = pa, *b = pb;

	return a->key < b->key     ? -1
	       : a->key > b->key   ? 1
	       : a->slot < b->slot ? -1
	                           : a->slot > b->slot;
}

static size_t constants(const struct template *x)
{
	size_t n = 0;

	for (size_t i = 0; i < x->n; i++)
		n += x->h[i] != WILD;
	return n;
}

/* Calls for each pair of constant words of each template; with NULL entries it only counts. */
static size_t pairs(struct templates *t, uint8_t *counter, struct entry *out, size_t max)
{
	size_t n = 0;

	for (uint32_t s = 0; s < MAX_TEMPLATES; s++) {
		const struct template *x = &t->slot[s];
		size_t words = x->n < PAIR_WORDS ? x->n : PAIR_WORDS;

		if (!x->id || constants(x) < 4)
			continue;
		for (size_t i = 0; i + 1 < words; i++) {
			for (size_t j = i + 1; j < words && x->h[i] != WILD; j++) {
				uint64_t k;
				uint8_t *c;

				if (x->h[j] == WILD)
					continue;
				k = pair_key(x, i, j);
				c = &counter[k & (COUNTERS - 1)];
				if (!out)
					*c = (uint8_t)(*c + (*c < 255));
				else if (*c >= WIDEN && n < max)
					out[n++] = (struct entry){k, s, (uint8_t)i, (uint8_t)j};
				else if (*c >= WIDEN)
					return n;
			}
		}
	}
	return n;
}

static size_t distinct(const struct templates *t, const struct entry *e, size_t n, size_t at)
{
	size_t found = 0;

	for (size_t i = 0; i < n && found < WIDEN; i++) {
		bool seen = false;

		for (size_t k = 0; k < i && !seen; k++)
			seen = t->slot[e[k].slot].h[at] == t->slot[e[i].slot].h[at];
		found += !seen;
	}
	return found;
}

static void merge_run(struct templates *t, const struct entry *e, size_t n)
{
	enum { MOST = 2048 };
	uint32_t slots[MOST];
	struct entry live[64];
	size_t k = 0;

	for (size_t i = 0; i < n && k < MOST; i++) {
		const struct template *x = &t->slot[e[i].slot];

		if (!x->id || pair_key(x, e[i].i, e[i].j) != e[i].key || x->h[e[i].i] == WILD ||
		        x->h[e[i].j] == WILD)
			continue;
		if (k < 64)
			live[k] = e[i];
		slots[k++] = e[i].slot;
	}
	if (k < WIDEN || distinct(t, live, k < 64 ? k : 64, e->i) < WIDEN ||
	        distinct(t, live, k < 64 ? k : 64, e->j) < WIDEN || t->nfree == 0)
		return;
	template_merge(t, slots, k, UINT64_C(1) << e->i | UINT64_C(1) << e->j);
}

/* Templates that a widened one covers go into it. */
static void fold_covered(struct templates *t)
{
	for (uint32_t s = 0; s < MAX_TEMPLATES; s++) {
		struct template *x = &t->slot[s];
		uint32_t w = 0;
		size_t steps = 0;

		if (!x->id)
			continue;
		for (size_t i = mix64(x->shape) & (INDEX_SIZE - 1); t->by_shape[i];
		        i = (i + 1) & (INDEX_SIZE - 1)) {
			w = t->by_shape[i];
			if (t->slot[w - 1].shape == x->shape)
				break;
			w = 0;
		}
		for (; w && steps < 200; w = t->slot[w - 1].next, steps++) {
			struct template *y = &t->slot[w - 1];
			size_t k = 0;

			if (y == x || !y->id || !y->widened || y->n != x->n)
				continue;
			while (k < x->n && (y->h[k] == WILD || y->h[k] == x->h[k]))
				k++;
			if (k < x->n)
				continue;
			absorb(y, x);
			templates_leave(t, s, y->id);
			break;
		}
	}
}

void templates_settle(struct templates *t)
{
	enum { MOST = 400000 };
	uint8_t *counter = calloc(COUNTERS, 1);
	struct entry *e = calloc(MOST, sizeof(*e));
	size_t n;

	if (!counter || !e)
		abort();
	pairs(t, counter, NULL, 0);
	n = pairs(t, counter, e, MOST);
	qsort(e, n, sizeof(*e), by_key);
	for (size_t i = 0; i < n;) {
		size_t k = i;

		while (k < n && e[k].key == e[i].key)
			k++;
		if (k - i >= WIDEN)
			merge_run(t, e + i, k - i);
		i = k;
	}
	free(counter);
	free(e);
	templates_star(t);
	fold_covered(t);
	templates_rebuild(t);
}
