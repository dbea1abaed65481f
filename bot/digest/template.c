/*
 * The table of templates. An event's words (variable ones masked) are looked up by hash. When five
 * templates differ in one word only, that word becomes variable too and they are one. Memory is
 * bounded: when the table is full, the half that tells least goes.
 */
#include <stdlib.h>
#include <string.h>

#include "digest/template_i.h"

static void *must(void *p)
{
	if (!p)
		abort();
	return p;
}

/* --- hashes --- */

uint64_t word_part(size_t i, uint64_t h)
{
	return mix64(h + (i + 1) * UINT64_C(0x9e3779b97f4a7c15));
}

static uint64_t shape_of(const struct words *w)
{
	uint64_t s = w->n * UINT64_C(0xff51afd7ed558ccd) + mix64(w->tail);

	for (size_t i = 0; i < w->n; i++) {
		if (w->gap[i])
			s += mix64(w->gap[i] + (i + 101) * UINT64_C(0x9e3779b97f4a7c15));
	}
	return s;
}

static uint64_t key_of(uint64_t shape, const uint64_t *h, size_t n)
{
	for (size_t i = 0; i < n; i++)
		shape += word_part(i, h[i]);
	return shape;
}

/* --- an open-addressing index from hash to slot + 1 --- */

static uint32_t *index_find(
        uint32_t *index, const struct templates *t, uint64_t hash, bool by_shape)
{
	size_t i = mix64(hash) & (INDEX_SIZE - 1);

	while (index[i]) {
		const struct template *x = &t->slot[index[i] - 1];

		if ((by_shape ? x->shape : x->key) == hash)
			break;
		i = (i + 1) & (INDEX_SIZE - 1);
	}
	return &index[i];
}

/* Deletion by moving the entries after it (Knuth, vol. 3, 6.4, algorithm R). */
static void index_delete(struct templates *t, uint32_t *cell)
{
	size_t i = (size_t)(cell - t->by_key), j = i;

	for (;;) {
		size_t home;

		j = (j + 1) & (INDEX_SIZE - 1);
		if (!t->by_key[j])
			break;
		home = mix64(t->slot[t->by_key[j] - 1].key) & (INDEX_SIZE - 1);
		if (((j - home) & (INDEX_SIZE - 1)) < ((j - i) & (INDEX_SIZE - 1)))
			continue;
		t->by_key[i] = t->by_key[j];
		i = j;
	}
	t->by_key[i] = 0;
}

/* --- buckets: templates that are equal but for one position --- */

static struct bucket *bucket_at(struct templates *t, uint64_t key)
{
	size_t i = key & (t->buckets - 1);

	while (t->bucket[i].key && t->bucket[i].key != key)
		i = (i + 1) & (t->buckets - 1);
	return &t->bucket[i];
}

uint32_t templates_group(struct templates *t, uint32_t id)
{
	uint32_t root = id;

	if (!t->parent || id == 0 || id > t->last_id)
		return id;
	while (t->parent[root] != root)
		root = t->parent[root];
	while (t->parent[id] != root) {
		uint32_t up = t->parent[id];

		t->parent[id] = root;
		id = up;
	}
	return root;
}

static uint32_t new_id(struct templates *t)
{
	uint32_t id = ++t->last_id;

	if (t->keep_groups) {
		if (id >= t->parents) {
			t->parents = t->parents ? t->parents * 2 : 4096;
			t->parent = must(realloc(t->parent, t->parents * sizeof(*t->parent)));
		}
		t->parent[id] = id;
	}
	return id;
}

static void slot_free(struct template *x)
{
	free(x->h);
	free(x->text);
	free(x->sample);
	for (size_t i = 0; i < VALUES; i++)
		free(x->values[i]);
	memset(x, 0, sizeof(*x));
}

/* --- the list of templates with variable words of one shape --- */

void templates_list(struct templates *t, uint32_t slot)
{
	uint32_t *head = index_find(t->by_shape, t, t->slot[slot].shape, true);

	t->slot[slot].next = *head;
	*head = slot + 1;
}

static bool matches(const struct template *x, const struct words *w)
{
	for (size_t i = 0; i < x->n; i++) {
		if (x->h[i] != WILD && x->h[i] != w->h[i])
			return false;
	}
	return true;
}

static uint32_t list_match(struct templates *t, uint64_t shape, const struct words *w)
{
	uint32_t s = *index_find(t->by_shape, t, shape, true);

	for (int k = 0; s && k < 200; k++) {
		const struct template *x = &t->slot[s - 1];

		if (x->id && x->widened && x->n == w->n && matches(x, w))
			return s;
		s = x->next;
	}
	return 0;
}

/* --- making room --- */

static int by_worth(const void *pa, const void *pb)
{
	const struct worth *a = pa, *b = pb;

	return a->worth < b->worth ? -1 : a->worth > b->worth ? 1 : a->slot < b->slot ? -1 : 1;
}

/* What is lost least: harmless, rare, long ago. */
static double worth_of(const struct template *x)
{
	double w = (double)x->said * 8 + (double)x->content * 5 + x->telling;
	uint64_t c = x->count;

	for (; c > 1; c >>= 1)
		w += 4;
	return w + 1e-9 * (double)x->id;
}

void templates_rebuild(struct templates *t)
{
	memset(t->by_key, 0, INDEX_SIZE * sizeof(*t->by_key));
	memset(t->by_shape, 0, INDEX_SIZE * sizeof(*t->by_shape));
	memset(t->bucket, 0, t->buckets * sizeof(*t->bucket));
	t->nbuckets = 0;
	t->nfree = 0;
	for (uint32_t i = MAX_TEMPLATES; i-- > 0;) {
		if (!t->slot[i].id)
			t->free[t->nfree++] = i;
	}
	for (uint32_t i = 0; i < MAX_TEMPLATES; i++) {
		struct template *x = &t->slot[i];

		if (!x->id)
			continue;
		*index_find(t->by_key, t, x->key, false) = i + 1;
		x->next = 0;
	}
	for (uint32_t i = 0; i < MAX_TEMPLATES; i++) {
		struct template *x = &t->slot[i];

		if (x->id && x->widened)
			templates_list(t, i);
		for (size_t k = 0; x->id && k < x->n && k < BUCKET_WORDS; k++) {
			struct bucket *b = bucket_at(t, rest_key(x, k));

			if (x->h[k] == WILD || b->n == WIDEN - 1)
				continue;
			b->key = rest_key(x, k);
			b->slot[b->n] = i;
			b->id[b->n++] = x->id;
			t->nbuckets += b->n == 1;
		}
	}
}

static void make_room(struct templates *t)
{
	struct worth *w;
	size_t n = 0;

	/* The search for merges is dear: where it finds nothing, it is tried more and more seldom.
	 */
	if (t->skip > 0) {
		t->skip--;
	} else {
		templates_settle(t);
		t->idle = t->nfree > MAX_TEMPLATES / 16 ? 0 : t->idle * 2 + 1;
		t->idle = t->idle > 63 ? 63 : t->idle;
		t->skip = t->idle;
	}
	if (t->nfree > MAX_TEMPLATES / 4)
		return;
	w = must(calloc(MAX_TEMPLATES, sizeof(*w)));
	for (uint32_t i = 0; i < MAX_TEMPLATES; i++) {
		if (t->slot[i].id)
			w[n++] = (struct worth){worth_of(&t->slot[i]), i};
	}
	qsort(w, n, sizeof(*w), by_worth);
	for (size_t i = 0; i < n && i < MAX_TEMPLATES / 2; i++) {
		struct template *x = &t->slot[w[i].slot];

		t->dropped++;
		t->dropped_events += x->count;
		slot_free(x);
	}
	free(w);
	templates_rebuild(t);
}

/* --- a new template --- */

/* The event's text with masks; at and len then refer to it. */
static void write_text(struct template *x, const struct words *w, const char *p, size_t n)
{
	struct text b = {.max = n + 4 * w->n + 1};
	size_t from = 0;

	b.p = must(malloc(b.max + 1));
	for (size_t i = 0; i < w->n; i++) {
		text_add(&b, p + from, w->at[i] - from);
		x->at[i] = (uint16_t)b.n;
		if (w->h[i] == WILD)
			text_adds(&b, "<*>");
		else
			text_add(&b, p + w->at[i], w->len[i]);
		x->len[i] = (uint16_t)(b.n - x->at[i]);
		from = (size_t)w->at[i] + w->len[i];
	}
	if (from < n)
		text_add(&b, p + from, n - from);
	b.p[b.n] = '\0';
	x->text = b.p;
}

void template_words(struct template *x, size_t n)
{
	x->n = (uint8_t)n;
	x->h = must(malloc((n ? n : 1) * (sizeof(*x->h) + 2 * sizeof(*x->at))));
	x->at = (uint16_t *)(void *)(x->h + n);
	x->len = x->at + n;
}

uint32_t templates_slot(struct templates *t)
{
	uint32_t s = t->free[--t->nfree];

	t->slot[s].id = new_id(t);
	return s;
}

void templates_enter(struct templates *t, uint32_t slot)
{
	*index_find(t->by_key, t, t->slot[slot].key, false) = slot + 1;
	if (t->slot[slot].widened)
		templates_list(t, slot);
}

void templates_leave(struct templates *t, uint32_t slot, uint32_t into)
{
	struct template *x = &t->slot[slot];
	uint32_t *cell = index_find(t->by_key, t, x->key, false);

	if (*cell == slot + 1)
		index_delete(t, cell);
	if (t->parent)
		t->parent[x->id] = into;
	if (x->widened) { /* it stays in its list: only a rebuild takes it out */
		uint64_t shape = x->shape;
		uint32_t next = x->next;

		slot_free(x);
		x->shape = shape;
		x->next = next;
		return;
	}
	slot_free(x);
	t->free[t->nfree++] = slot;
}

static void count(struct template *x, const struct sighting *s)
{
	x->count++;
	x->before += s->before;
	if (s->level > x->said)
		x->said = (uint8_t)s->level;
	if (s->given > x->given)
		x->given = (uint8_t)s->given;
	if (s->ts_ms > 0) {
		if (x->first_ms == 0 || s->ts_ms < x->first_ms)
			x->first_ms = s->ts_ms;
		if (s->ts_ms > x->last_ms)
			x->last_ms = s->ts_ms;
	}
}

/* The variable words of the 2nd, 4th, 8th … event: seldom enough to cost nothing. */
static void remember(struct template *x, const struct sighting *s)
{
	enum { WORDS = 3, WORD = 40 };
	char room[WORDS * (WORD + 2) + 1];
	struct text t = {room, 0, sizeof(room) - 1};
	size_t free_at = 0, n = 0;

	if ((x->count & (x->count - 1)) != 0)
		return;
	while (free_at < VALUES && x->values[free_at])
		free_at++;
	for (size_t i = 0; i < x->n && i < s->words->n && n < WORDS; i++) {
		size_t k = s->words->len[i];

		if (x->h[i] != WILD || s->words->at[i] + k > s->ngroup)
			continue;
		if (n++ > 0)
			text_adds(&t, ", ");
		text_add(&t, s->group + s->words->at[i], k < WORD ? k : WORD);
	}
	room[t.n] = '\0';
	for (size_t i = 0; i < free_at; i++) {
		if (!strcmp(x->values[i], room))
			return;
	}
	if (n > 0 && free_at < VALUES)
		x->values[free_at] = must(strdup(room));
}

static uint32_t create(struct templates *t, const struct sighting *s, uint64_t shape, uint64_t key)
{
	const struct words *w = s->words;
	uint32_t slot;
	struct template *x;

	if (t->nfree < 2)
		make_room(t);
	slot = templates_slot(t);
	x = &t->slot[slot];
	template_words(x, w->n);
	memcpy(x->h, w->h, w->n * sizeof(*x->h));
	x->shape = shape;
	x->key = key;
	x->layout = s->layout;
	write_text(x, w, s->group, s->ngroup < MAX_GROUP ? s->ngroup : MAX_GROUP);
	x->sample = must(strndup(s->show, s->nshow));
	x->content = (uint8_t)severity_of_text(s->show, s->nshow);
	x->telling = telling_of_text(s->show, s->nshow);
	count(x, s);
	templates_enter(t, slot);
	t->made++;
	return slot;
}

/* --- the public side --- */

struct templates *templates_new(bool keep_groups)
{
	struct templates *t = must(calloc(1, sizeof(*t)));

	t->keep_groups = keep_groups;
	t->buckets = FIRST_BUCKETS;
	t->slot = must(calloc(MAX_TEMPLATES, sizeof(*t->slot)));
	t->free = must(calloc(MAX_TEMPLATES, sizeof(*t->free)));
	t->by_key = must(calloc(INDEX_SIZE, sizeof(*t->by_key)));
	t->by_shape = must(calloc(INDEX_SIZE, sizeof(*t->by_shape)));
	t->bucket = must(calloc(FIRST_BUCKETS, sizeof(*t->bucket)));
	for (uint32_t i = MAX_TEMPLATES; i-- > 0;)
		t->free[t->nfree++] = i;
	return t;
}

void templates_free(struct templates *t)
{
	for (size_t i = 0; i < MAX_TEMPLATES; i++)
		slot_free(&t->slot[i]);
	free(t->slot);
	free(t->free);
	free(t->by_key);
	free(t->by_shape);
	free(t->bucket);
	free(t->parent);
	free(t);
}

/* Puts the template into its buckets; a full bucket makes its word variable. */
static uint32_t spread(struct templates *t, uint32_t slot)
{
	struct template *x = &t->slot[slot];

	if (x->n < 2)
		return slot;
	for (size_t k = 0; k < x->n && k < BUCKET_WORDS; k++) {
		struct bucket *b;
		size_t live = 0;

		if (x->h[k] == WILD)
			continue;
		b = bucket_at(t, rest_key(x, k));
		b->key = rest_key(x, k);
		for (size_t i = 0; i < b->n; i++) {
			if (t->slot[b->slot[i]].id == b->id[i]) {
				b->slot[live] = b->slot[i];
				b->id[live++] = b->id[i];
			}
		}
		b->n = (uint32_t)live;
		if (live == WIDEN - 1 && t->nfree > 0 && template_may_widen(x, k)) {
			uint32_t all[WIDEN];

			memcpy(all, b->slot, live * sizeof(*all));
			all[live] = slot;
			b->n = 0;
			return spread(t, template_merge(t, all, WIDEN, UINT64_C(1) << k));
		}
		if (live < WIDEN - 1) {
			b->slot[b->n] = slot;
			b->id[b->n++] = x->id;
			t->nbuckets += b->n == 1;
		}
	}
	return slot;
}

/* Twice the room; at the most, the emptied ones are given back. */
static void more_buckets(struct templates *t)
{
	if (t->buckets < MOST_BUCKETS) {
		t->buckets *= 2;
		t->bucket = must(realloc(t->bucket, t->buckets * sizeof(*t->bucket)));
	}
	templates_rebuild(t);
}

uint32_t templates_add(struct templates *t, const struct sighting *s)
{
	uint64_t shape = shape_of(s->words), key = key_of(shape, s->words->h, s->words->n);
	uint32_t found = *index_find(t->by_key, t, key, false), id;

	if (!found)
		found = list_match(t, shape, s->words);
	if (found) {
		count(&t->slot[found - 1], s);
		remember(&t->slot[found - 1], s);
		return t->slot[found - 1].id;
	}
	if (t->nbuckets > t->buckets / 2)
		more_buckets(t);
	found = create(t, s, shape, key);
	id = t->slot[found].id;
	spread(t, found);
	return id;
}

const struct template *templates_slots(const struct templates *t, size_t *n_out)
{
	*n_out = MAX_TEMPLATES;
	return t->slot;
}

uint64_t templates_dropped(const struct templates *t, uint64_t *events)
{
	*events = t->dropped_events;
	return t->dropped;
}

uint64_t templates_made(const struct templates *t)
{
	return t->made;
}
