/* graphql_parse.c - from tokens to the tree of a document. See graphql.h. */
#include <string.h>

#include "graphql_i.h"
#include "str.h"

enum { MAX_DEPTH = 60 };

bool gql_parse_type(struct gql_lex *l, struct gql_type **out)
{
	struct gql_type *t = ARENA_NEW(l->a, struct gql_type);

	*out = t;
	if (gql_take(l, '[')) {
		if (++l->depth > MAX_DEPTH)
			return gql_fail(l, "too deep");
		if (!gql_parse_type(l, &t->of) || !gql_expect(l, ']'))
			return false;
		l->depth--;
	} else if (!gql_word(l, &t->name)) {
		return false;
	}
	t->required = gql_take(l, '!');
	return true;
}

static bool items(struct gql_lex *l, bool constant, char close, struct gql_value *v)
{
	struct gql_value **end = &v->items;

	if (++l->depth > MAX_DEPTH)
		return gql_fail(l, "too deep");
	while (!gql_take(l, close)) {
		const char *key = NULL;

		if (v->kind == V_OBJECT && (!gql_word(l, &key) || !gql_expect(l, ':')))
			return false;
		if (!gql_parse_value(l, constant, end))
			return false;
		(*end)->key = key;
		end = &(*end)->next;
	}
	l->depth--;
	return true;
}

static bool word_value(struct gql_lex *l, struct gql_value *v)
{
	v->s = l->word;
	v->kind = V_ENUM;
	if (str_eq(v->s, "true") || str_eq(v->s, "false")) {
		v->kind = V_BOOL;
		v->b = v->s[0] == 't';
	} else if (str_eq(v->s, "null")) {
		v->kind = V_NULL;
	}
	gql_next(l);
	return true;
}

bool gql_parse_value(struct gql_lex *l, bool constant, struct gql_value **out)
{
	struct gql_value *v = ARENA_NEW(l->a, struct gql_value);

	*out = v;
	if (gql_take(l, '[')) {
		v->kind = V_LIST;
		return items(l, constant, ']', v);
	}
	if (gql_take(l, '{')) {
		v->kind = V_OBJECT;
		return items(l, constant, '}', v);
	}
	if (!constant && gql_take(l, '$')) {
		v->kind = V_VAR;
		return gql_word(l, &v->s);
	}
	if (l->tok == TOK_NAME)
		return word_value(l, v);
	if (l->tok != TOK_INT && l->tok != TOK_FLOAT && l->tok != TOK_STRING)
		return l->tok == TOK_BAD ? false : gql_fail(l, "expected a value");
	v->kind = l->tok == TOK_INT ? V_INT : l->tok == TOK_FLOAT ? V_FLOAT : V_STRING;
	v->s = l->word;
	gql_next(l);
	return true;
}

static bool arguments(struct gql_lex *l, struct gql_input **end)
{
	if (!gql_take(l, '('))
		return true;
	do {
		struct gql_input *arg = ARENA_NEW(l->a, struct gql_input);

		arg->at = l->at;
		if (!gql_word(l, &arg->name) || !gql_expect(l, ':') ||
		        !gql_parse_value(l, false, &arg->value))
			return false;
		*end = arg;
		end = &arg->next;
	} while (!gql_take(l, ')'));
	return true;
}

static bool directives(struct gql_lex *l, struct gql_directive **end)
{
	while (gql_is(l, '@')) {
		struct gql_directive *d = ARENA_NEW(l->a, struct gql_directive);

		d->at = l->at;
		gql_next(l);
		if (!gql_word(l, &d->name) || !arguments(l, &d->args))
			return false;
		*end = d;
		end = &d->next;
	}
	return true;
}

static bool selection(struct gql_lex *l, struct gql_sel **end);

static bool spread(struct gql_lex *l, struct gql_sel *s)
{
	s->kind = SEL_INLINE;
	if (l->tok == TOK_NAME && !str_eq(l->word, "on")) {
		s->kind = SEL_SPREAD;
		return gql_word(l, &s->name) && directives(l, &s->directives);
	}
	if (l->tok == TOK_NAME) {
		gql_next(l);
		if (!gql_word(l, &s->name))
			return false;
	}
	return directives(l, &s->directives) && selection(l, &s->children);
}

static bool field(struct gql_lex *l, struct gql_sel *s)
{
	s->kind = SEL_FIELD;
	if (!gql_word(l, &s->name))
		return false;
	s->alias = s->name;
	if (gql_take(l, ':') && !gql_word(l, &s->name))
		return false;
	if (!arguments(l, &s->args) || !directives(l, &s->directives))
		return false;
	return !gql_is(l, '{') || selection(l, &s->children);
}

static bool selection(struct gql_lex *l, struct gql_sel **end)
{
	if (!gql_expect(l, '{'))
		return false;
	if (++l->depth > MAX_DEPTH)
		return gql_fail(l, "too deep");
	do {
		struct gql_sel *s = ARENA_NEW(l->a, struct gql_sel);

		s->at = l->at;
		if (!(gql_take(l, '.') ? spread(l, s) : field(l, s)))
			return false;
		*end = s;
		end = &s->next;
	} while (!gql_take(l, '}'));
	l->depth--;
	return true;
}

static bool variables(struct gql_lex *l, struct gql_input **end)
{
	if (!gql_take(l, '('))
		return true;
	do {
		struct gql_input *v = ARENA_NEW(l->a, struct gql_input);

		v->at = l->at;
		if (!gql_expect(l, '$') || !gql_word(l, &v->name) || !gql_expect(l, ':') ||
		        !gql_parse_type(l, &v->type))
			return false;
		if (gql_take(l, '=') && !gql_parse_value(l, true, &v->value))
			return false;
		*end = v;
		end = &v->next;
	} while (!gql_take(l, ')'));
	return true;
}

static bool operation(struct gql_lex *l, struct gql_op *op)
{
	op->at = l->at;
	op->kind = "query";
	if (l->tok == TOK_NAME) {
		struct gql_directive *none = NULL;

		if (!gql_word(l, &op->kind))
			return false;
		if (!str_eq(op->kind, "query") && !str_eq(op->kind, "mutation") &&
		        !str_eq(op->kind, "subscription"))
			return gql_fail(l, "expected query, mutation, subscription or fragment");
		if (l->tok == TOK_NAME && !gql_word(l, &op->name))
			return false;
		if (!variables(l, &op->vars) || !directives(l, &none))
			return false;
	}
	return selection(l, &op->sel);
}

static bool fragment(struct gql_lex *l, struct gql_fragment *f)
{
	struct gql_directive *none = NULL;
	const char *on = NULL;

	f->at = l->at;
	gql_next(l);
	if (!gql_word(l, &f->name) || !gql_word(l, &on))
		return false;
	if (!str_eq(on, "on"))
		return gql_fail(l, "expected on");
	return gql_word(l, &f->on) && directives(l, &none) && selection(l, &f->sel);
}

bool gql_parse_doc(struct arena *a, const char *text, struct gql_doc *out, struct err *e)
{
	struct gql_lex l = {.a = a, .text = text, .p = text, .e = e};
	struct gql_op **op = &out->ops;
	struct gql_fragment **f = &out->fragments;

	*out = (struct gql_doc){.text = text};
	gql_next(&l);
	do {
		bool ok;

		if (l.tok == TOK_NAME && str_eq(l.word, "fragment")) {
			*f = ARENA_NEW(a, struct gql_fragment);
			ok = fragment(&l, *f);
			f = &(*f)->next;
		} else {
			*op = ARENA_NEW(a, struct gql_op);
			ok = operation(&l, *op);
			op = &(*op)->next;
		}
		if (!ok || l.tok == TOK_BAD)
			return false;
	} while (l.tok != TOK_END);
	return true;
}
