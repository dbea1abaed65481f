/* told.c - see told.h. */
#include "powerloss/told.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "json.h"
#include "str.h"

enum kind { ACK, BEGIN, DONE, EFFECT };

/* What a store knows of one envelope or step; filled anew for each store. */
struct thing {
	unsigned seen; /* number of the store that has it */
	long calls;    /* of a step */
	bool done;
	long begun; /* while reading the log: calls so far */
};

struct item {
	enum kind kind;
	uint64_t at;
	long nth;
	const char *key;
	struct thing *thing;
};

struct told {
	struct arena *a;
	struct map *things; /* "seen env:…", "step run-1.name" */
	struct item *items;
	size_t n, cap;
	unsigned stores;
	struct told_counts counts;
};

/* --- reading the log --- */

static void add(struct told *t, enum kind kind, uint64_t at, const char *key)
{
	struct thing *g = map_get(t->things, key);
	size_t *count[] = {[ACK] = &t->counts.acks,
	        [BEGIN] = &t->counts.begun,
	        [DONE] = &t->counts.done,
	        [EFFECT] = &t->counts.effects};

	if (!g) {
		g = ARENA_NEW(t->a, struct thing);
		*g = (struct thing){0};
		map_put(t->things, key, g);
	}
	if (t->n == t->cap) {
		t->cap = t->cap ? t->cap * 2 : 1024;
		t->items = realloc(t->items, t->cap * sizeof(*t->items));
		if (!t->items)
			abort();
	}
	g->begun += kind == BEGIN;
	t->items[t->n++] =
	        (struct item){kind, at, kind == BEGIN ? g->begun : 1, arena_strdup(t->a, key), g};
	++*count[kind];
}

/* One masked text frame of a client (RFC 6455, 5.2); gives its length, 0 when it is none. */
static size_t frame(struct told *t, uint64_t at, const unsigned char *p, size_t n)
{
	size_t len = n > 1 ? p[1] & 0x7F : 0, head = len == 126 ? 8 : len == 127 ? 14 : 6;
	const char *id;
	char *text;

	if (n < head || !(p[1] & 0x80) || len == 127)
		return 0;
	if (len == 126)
		len = (size_t)p[2] << 8 | p[3];
	if (n < head + len)
		return 0;
	text = arena_alloc(t->a, len + 1);
	for (size_t i = 0; i < len; i++)
		text[i] = (char)(p[head + i] ^ p[head - 4 + i % 4]);
	text[len] = '\0';
	if ((p[0] & 0x0F) == 1 &&
	        (id = json_str(json_parse(t->a, text, len, NULL), ".envelope_id", NULL)))
		add(t, ACK, at, arena_printf(t->a, "seen env:%s", id));
	return head + len;
}

static void read_sent(struct told *t, uint64_t at, const struct record *r)
{
	size_t used = 0, n;

	while (used < r->len && (r->data[used] & 0xF0) == 0x80 &&
	        (n = frame(t, at, r->data + used, r->len - used)) > 0)
		used += n;
}

static void read_mark(struct told *t, uint64_t at, const struct record *r)
{
	const char *line = arena_strndup(t->a, (const char *)r->data, r->len - 1); /* its newline */
	const char *key = strstr(line, "run-");

	if (!key)
		return;
	key = arena_printf(t->a, "step %s", key);
	add(t,
	        str_starts(line, "begin ")  ? BEGIN
	        : str_starts(line, "done ") ? DONE
	                                    : EFFECT,
	        at, key);
}

struct told *told_read(const struct record *records, size_t n)
{
	struct told *t = calloc(1, sizeof(*t));

	if (!t)
		abort();
	t->a = arena_new(0);
	t->things = map_new(t->a);
	for (size_t i = 0; i < n; i++) {
		if (records[i].kind == RECORD_SENT)
			read_sent(t, i, &records[i]);
		else if (records[i].kind == RECORD_MARK)
			read_mark(t, i, &records[i]);
	}
	return t;
}

void told_free(struct told *t)
{
	free(t->items);
	arena_free(t->a);
	free(t);
}

struct told_counts told_counts(const struct told *t)
{
	return t->counts;
}

/* --- what a store knows --- */

static bool read_rows(struct told *t, sqlite3 *db, const char *sql)
{
	sqlite3_stmt *q;
	int rc = sqlite3_prepare_v2(db, sql, -1, &q, NULL);

	while (rc == SQLITE_OK || rc == SQLITE_ROW) {
		const char *key;
		struct thing *g;

		rc = sqlite3_step(q);
		if (rc != SQLITE_ROW)
			break;
		key = (const char *)sqlite3_column_text(q, 0); /* NULL in a damaged store */
		g = key ? map_get(t->things, key) : NULL;
		if (!g)
			continue;
		g->seen = t->stores;
		g->calls = (long)sqlite3_column_int64(q, 1);
		g->done = sqlite3_column_int(q, 2);
	}
	sqlite3_finalize(q);
	return rc == SQLITE_DONE;
}

static bool knows(const struct told *t, const struct item *i)
{
	if (i->thing->seen != t->stores)
		return false;
	return i->kind == ACK || (i->kind == DONE ? i->thing->done : i->thing->calls >= i->nth);
}

long told_missing(struct told *t, sqlite3 *db, uint64_t before, char *first, size_t n)
{
	static const char *const words[] = {"acknowledged", "begun", "done", "effect of"};
	long missing = 0;

	t->stores++;
	if (!read_rows(t, db, "SELECT 'seen ' || key, 0, 0 FROM seen") ||
	        !read_rows(t, db,
	                "SELECT 'step run-' || run || '.' || name, calls, state = 'done' FROM step"))
		return -1;
	for (size_t i = 0; i < t->n && t->items[i].at < before; i++) {
		if (knows(t, &t->items[i]))
			continue;
		if (missing++ == 0)
			snprintf(first, n, "%s %s", words[t->items[i].kind], t->items[i].key);
	}
	return missing;
}

bool told_effects(const struct told *t, uint64_t before, const char *path)
{
	FILE *f = fopen(path, "we");

	for (size_t i = 0; f && i < t->n && t->items[i].at < before; i++) {
		if (t->items[i].kind == EFFECT)
			fprintf(f, "%s\n", t->items[i].key + strlen("step "));
	}
	return f && fclose(f) == 0;
}
