/* graphql_schema.c - SDL, and looking things up in it. See graphql.h. */
#include <string.h>

#include "graphql_i.h"
#include "str.h"

/* --- parsing --- */

static void skip_descriptions(struct gql_lex *l)
{
	while (l->tok == TOK_STRING)
		gql_next(l);
}

static bool inputs(struct gql_lex *l, char close, struct gql_input **end)
{
	do {
		struct gql_input *in = ARENA_NEW(l->a, struct gql_input);

		skip_descriptions(l);
		if (!gql_word(l, &in->name) || !gql_expect(l, ':') || !gql_parse_type(l, &in->type))
			return false;
		if (gql_take(l, '=') && !gql_parse_value(l, true, &in->value))
			return false;
		*end = in;
		end = &in->next;
		skip_descriptions(l);
	} while (!gql_take(l, close));
	return true;
}

static bool fields(struct gql_lex *l, struct gql_field_def **end)
{
	do {
		struct gql_field_def *f = ARENA_NEW(l->a, struct gql_field_def);

		skip_descriptions(l);
		if (!gql_word(l, &f->name))
			return false;
		if (gql_take(l, '(') && !inputs(l, ')', &f->args))
			return false;
		if (!gql_expect(l, ':') || !gql_parse_type(l, &f->type))
			return false;
		*end = f;
		end = &f->next;
		skip_descriptions(l);
	} while (!gql_take(l, '}'));
	return true;
}

static bool words(struct gql_lex *l, struct gql_value **end)
{
	do {
		struct gql_value *v = ARENA_NEW(l->a, struct gql_value);

		skip_descriptions(l);
		v->kind = V_ENUM;
		if (!gql_word(l, &v->s))
			return false;
		*end = v;
		end = &v->next;
	} while (!gql_take(l, '}'));
	return true;
}

static bool definition(struct gql_lex *l, struct gql_def *d)
{
	const char *kind = NULL;

	skip_descriptions(l);
	if (!gql_word(l, &kind) || !gql_word(l, &d->name))
		return false;
	if (str_eq(kind, "scalar")) {
		d->kind = DEF_SCALAR;
		return true;
	}
	if (!gql_expect(l, '{'))
		return false;
	if (str_eq(kind, "type")) {
		d->kind = DEF_OBJECT;
		return fields(l, &d->fields);
	}
	if (str_eq(kind, "input")) {
		d->kind = DEF_INPUT;
		return inputs(l, '}', &d->inputs);
	}
	if (!str_eq(kind, "enum"))
		return gql_fail(l, "expected type, input, enum or scalar");
	d->kind = DEF_ENUM;
	return words(l, &d->words);
}

static bool known_type(const struct gql_schema *s, const struct gql_type *t, struct err *e)
{
	const char *name = gql_innermost(t);

	return gql_def(s, name) || err_set(e, ERR_INPUT, false, "schema: no type %s", name);
}

/* Every type that is named must be defined. */
static bool closed(const struct gql_schema *s, struct err *e)
{
	for (const struct gql_def *d = s->defs; d; d = d->next) {
		for (const struct gql_input *in = d->inputs; in; in = in->next)
			if (!known_type(s, in->type, e))
				return false;
		for (const struct gql_field_def *f = d->fields; f; f = f->next) {
			if (!known_type(s, f->type, e))
				return false;
			for (const struct gql_input *in = f->args; in; in = in->next)
				if (!known_type(s, in->type, e))
					return false;
		}
	}
	return true;
}

struct gql_schema *gql_schema_parse(struct arena *a, const char *sdl, struct err *e)
{
	static const char *const builtin[] = {"Int", "Float", "String", "Boolean", "ID"};
	struct gql_schema *s = ARENA_NEW(a, struct gql_schema);
	struct gql_lex l = {.a = a, .text = sdl, .p = sdl, .e = e};
	struct gql_def **end = &s->defs;

	for (size_t i = 0; i < sizeof(builtin) / sizeof(builtin[0]); i++) {
		*end = ARENA_NEW(a, struct gql_def);
		(*end)->name = builtin[i];
		end = &(*end)->next;
	}
	gql_next(&l);
	while (l.tok != TOK_END) {
		*end = ARENA_NEW(a, struct gql_def);
		if (!definition(&l, *end))
			return NULL;
		end = &(*end)->next;
	}
	return closed(s, e) ? s : NULL;
}

/* --- looking up --- */

const struct gql_def *gql_def(const struct gql_schema *s, const char *name)
{
	for (const struct gql_def *d = s->defs; d && name; d = d->next)
		if (strcmp(d->name, name) == 0)
			return d;
	return NULL;
}

const struct gql_field_def *gql_field_def(const struct gql_def *d, const char *name)
{
	for (const struct gql_field_def *f = d ? d->fields : NULL; f; f = f->next)
		if (strcmp(f->name, name) == 0)
			return f;
	return NULL;
}

struct gql_input *gql_input(struct gql_input *list, const char *name)
{
	for (; list; list = list->next)
		if (strcmp(list->name, name) == 0)
			return list;
	return NULL;
}

const struct gql_fragment *gql_fragment(const struct gql_doc *d, const char *name)
{
	for (const struct gql_fragment *f = d->fragments; f; f = f->next)
		if (strcmp(f->name, name) == 0)
			return f;
	return NULL;
}

const char *gql_innermost(const struct gql_type *t)
{
	while (!t->name)
		t = t->of;
	return t->name;
}

const char *gql_type_text(struct arena *a, const struct gql_type *t)
{
	const char *inner = t->name ? t->name : arena_printf(a, "[%s]", gql_type_text(a, t->of));

	return t->required ? arena_printf(a, "%s!", inner) : inner;
}
