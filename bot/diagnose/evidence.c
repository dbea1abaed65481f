/* evidence.c - the list of facts: ids, copies, JSON, the table. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "diagnose/evidence_i.h"
#include "spark.h"
#include "str.h"

static const char *const kind_names[] = {"metric", "fine", "log", "routes", "deploy", "commits",
        "code", "trace", "build", "restart", "neighbour", "architecture", "upstream", "earlier",
        "person", "missing"};
static const char *const kind_people[] = {"metrics", "metrics", "logs", "HTTP logs", "deploys",
        "commits", NULL, "traces", "build log", "instances", "neighbours", "architecture",
        "upstream status", "earlier incidents", "what people said", NULL};

_Static_assert(sizeof(kind_names) / sizeof(*kind_names) == EVIDENCE_KIND_COUNT, "a name each");
_Static_assert(sizeof(kind_people) / sizeof(*kind_people) == EVIDENCE_KIND_COUNT, "a word each");

const char *evidence_kind_name(enum evidence_kind k)
{
	assert(k < EVIDENCE_KIND_COUNT);
	return kind_names[k];
}

bool evidence_kind_parse(const char *name, enum evidence_kind *out)
{
	for (int i = 0; i < EVIDENCE_KIND_COUNT; i++) {
		if (str_eq(name, kind_names[i])) {
			*out = (enum evidence_kind)i;
			return true;
		}
	}
	return false;
}

struct evidence_list *evidence_new(struct arena *a)
{
	struct evidence_list *l = ARENA_NEW(a, struct evidence_list);

	l->a = a;
	l->next_id = 1;
	return l;
}

const struct evidence *evidence_add(struct evidence_list *l, const struct evidence *item)
{
	struct evidence *x;
	const char *value = str_or(item->value, "");

	value = str_clean(l->a, value, strlen(value), EVIDENCE_VALUE_MAX);
	if (l->n == EVIDENCE_MAX || value[strspn(value, " \t\n")] == '\0')
		return NULL;
	x = ARENA_NEW(l->a, struct evidence);
	*x = *item;
	x->value = value;
	x->window = arena_strdup(l->a, str_or(item->window, ""));
	x->link = item->link && str_starts(item->link, "https://") ? arena_strdup(l->a, item->link)
	                                                           : NULL;
	x->suspicious = evidence_suspicious(value);
	if (x->suspicious && x->strength == EVIDENCE_DECISIVE)
		x->strength = EVIDENCE_WEAK;
	x->id = item->kind == EVIDENCE_MISSING ? "" : arena_printf(l->a, "e%u", l->next_id++);
	l->items[l->n++] = x;
	return x;
}

size_t evidence_count(const struct evidence_list *l)
{
	return l->n;
}

const struct evidence *evidence_at(const struct evidence_list *l, size_t i)
{
	return i < l->n ? l->items[i] : NULL;
}

const struct evidence *evidence_find(const struct evidence_list *l, const char *id)
{
	for (size_t i = 0; id && *id && i < l->n; i++) {
		if (str_eq(l->items[i]->id, id))
			return l->items[i];
	}
	return NULL;
}

struct evidence_list *evidence_subset(
        struct arena *a, const struct evidence_list *l, const bool *keep)
{
	struct evidence_list *out = evidence_new(a);

	out->next_id = l->next_id;
	for (size_t i = 0; i < l->n; i++) {
		if (keep[i])
			out->items[out->n++] = l->items[i];
	}
	return out;
}

/* --- JSON --- */

static const char *const strength_names[] = {"context", "weak", "decisive"};

json *evidence_json(const struct evidence_list *l, struct arena *a)
{
	json *arr = json_arr(a);

	for (size_t i = 0; i < l->n; i++) {
		const struct evidence *x = l->items[i];
		json *o = json_add_obj(arr);

		json_set_str(o, "id", x->id);
		json_set_str(o, "kind", kind_names[x->kind]);
		json_set_str(o, "value", x->value);
		json_set_str(o, "window", x->window);
		json_set_str(o, "link", x->link);
		json_set_str(o, "strength", strength_names[x->strength]);
		json_set_bool(o, "timely", x->timely);
		json_set_bool(o, "suspicious", x->suspicious);
		json_set_num(o, "weight", x->weight);
	}
	return arr;
}

static enum evidence_strength strength_parse(const char *name)
{
	if (str_eq(name, "decisive"))
		return EVIDENCE_DECISIVE;
	return str_eq(name, "weak") ? EVIDENCE_WEAK : EVIDENCE_CONTEXT;
}

void evidence_append(struct evidence_list *l, const json *items)
{
	json_each (o, items) {
		struct evidence x = {
		        .value = json_str(o, ".value", ""),
		        .window = json_str(o, ".window", ""),
		        .link = json_str(o, ".link", NULL),
		        .strength = strength_parse(json_str(o, ".strength", "")),
		        .timely = json_bool(o, ".timely", false),
		        .weight = json_num(o, ".weight", 0),
		};

		if (evidence_kind_parse(json_str(o, ".kind", ""), &x.kind))
			evidence_add(l, &x);
	}
}

json *evidence_json_for_machine(struct arena *a, const json *items)
{
	json *out = json_arr(a);

	json_each (o, items) {
		json *copy = json_copy(a, o);

		json_set_str(copy, "value", evidence_for_machine(a, json_str(o, ".value", "")));
		json_add(out, copy);
	}
	return out;
}

/* --- for people --- */

const char *evidence_table(const struct evidence_list *l, struct arena *a, size_t columns)
{
	struct str b = str_new(a);

	for (size_t i = 0; i < l->n; i++) {
		const struct evidence *x = l->items[i];
		const char *first = arena_strndup(a, x->value, strcspn(x->value, "\n"));
		const char *window = *x->window ? arena_printf(a, "  (%s)", x->window) : "";
		size_t used = 18 + text_width(window) + (x->suspicious ? 2 : 0);
		size_t left = columns > used + 10 ? columns - used : 10;

		if (x->kind == EVIDENCE_MISSING)
			continue;
		str_addf(&b, "%-4s%-14s%s%s%s\n", x->id, kind_names[x->kind],
		        x->suspicious ? "⚠ " : "", str_ellipsis(a, first, left), window);
	}
	return b.s;
}

const char *evidence_checked(const struct evidence_list *l, struct arena *a)
{
	struct str b = str_new(a);

	for (size_t i = 0; i < l->n; i++) {
		const char *word = kind_people[l->items[i]->kind];

		if (word && l->items[i]->kind != EVIDENCE_ARCHITECTURE && !strstr(b.s, word))
			str_addf(&b, "%s%s", b.len ? ", " : "", word);
	}
	return b.s;
}
