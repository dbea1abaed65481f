/* graphql_coerce.c - values of arguments and variables (spec, 3.5 to 3.12 and 6.1.2). */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "graphql_i.h"
#include "str.h"

static const json *wrong(struct gql_coerce *c, const struct gql_type *t, const char *got)
{
	if (!c->why)
		c->why = arena_printf(
		        c->a, "%s cannot represent value: %s", gql_type_text(c->a, t), got);
	return NULL;
}

/* A JSON null is an element of a helper array: trees belong to somebody. */
static const json *make_null(struct arena *a)
{
	json *o = json_obj(a);

	json_set_null(o, "v");
	return json_get(o, ".v");
}

static bool word_of(const struct gql_def *d, const char *word)
{
	for (const struct gql_value *v = d->words; v; v = v->next)
		if (str_eq(v->s, word))
			return true;
	return false;
}

static bool scalar_fits(const struct gql_def *d, const json *v)
{
	bool text = json_is_str(v);
	double num = json_num(v, "", NAN);
	int64_t ms;

	if (d->kind == DEF_ENUM)
		return text && word_of(d, json_str(v, "", ""));
	if (str_eq(d->name, "Int"))
		return !isnan(num) && num == trunc(num) && fabs(num) <= 2147483648.0;
	if (str_eq(d->name, "Float"))
		return !isnan(num);
	if (str_eq(d->name, "String"))
		return text;
	if (str_eq(d->name, "ID"))
		return text || !isnan(num);
	if (str_eq(d->name, "Boolean"))
		return json_bool(v, "", true) == json_bool(v, "", false);
	if (str_eq(d->name, "DateTime"))
		return text && clock_parse_rfc3339(json_str(v, "", ""), &ms);
	return true;
}

static const json *given_object(struct gql_coerce *c, const struct gql_def *d, const json *v)
{
	json *o = json_obj(c->a);

	json_each (it, v) {
		if (!gql_input(d->inputs, json_key(it))) {
			c->why = arena_printf(c->a, "Field \"%s\" is not defined by type \"%s\".",
			        json_key(it), d->name);
			return NULL;
		}
	}
	for (const struct gql_input *in = d->inputs; in; in = in->next) {
		const json *x = json_get(v, arena_printf(c->a, "[\"%s\"]", in->name));

		if (!x && in->value)
			x = gql_literal(c, in->type, in->value);
		else if (x)
			x = gql_given(c, in->type, x);
		else if (in->type->required)
			return wrong(c, in->type, "nothing");
		if (c->why)
			return NULL;
		if (x)
			json_set(o, in->name, x);
	}
	return o;
}

const json *gql_given(struct gql_coerce *c, const struct gql_type *t, const json *v)
{
	const struct gql_def *d;
	json *list;

	if (!v || json_is_null(v))
		return t->required ? wrong(c, t, "null") : make_null(c->a);
	if (!t->name) {
		const json *x;

		list = json_arr(c->a);
		if (!json_is_arr(v)) { /* one value stands for a list of one */
			x = gql_given(c, t->of, v);
			if (x)
				json_add(list, x);
			return x ? list : NULL;
		}
		json_each (it, v) {
			x = gql_given(c, t->of, it);
			if (!x)
				return NULL;
			json_add(list, x);
		}
		return list;
	}
	d = gql_def(c->s, t->name);
	if (d->kind == DEF_INPUT)
		return json_is_obj(v) ? given_object(c, d, v) : wrong(c, t, json_print(c->a, v));
	return scalar_fits(d, v) ? v : wrong(c, t, json_print(c->a, v));
}

/* --- literals: to JSON first, then as a given value --- */

static const json *plain(struct gql_coerce *c, const struct gql_value *v, bool *absent)
{
	json *o = json_obj(c->a), *list;
	const json *x;

	switch (v->kind) {
	case V_VAR:
		x = json_get(c->variables, arena_printf(c->a, ".%s", v->s));
		*absent = !x;
		return x ? x : make_null(c->a);
	case V_INT:
	case V_FLOAT:
		json_set_num(o, "v", strtod(v->s, NULL));
		break;
	case V_STRING:
	case V_ENUM:
		json_set_str(o, "v", v->s);
		break;
	case V_BOOL:
		json_set_bool(o, "v", v->b);
		break;
	case V_NULL:
		json_set_null(o, "v");
		break;
	case V_LIST:
		list = json_set_arr(o, "v");
		for (const struct gql_value *i = v->items; i; i = i->next)
			json_add(list, plain(c, i, absent));
		*absent = false;
		break;
	case V_OBJECT:
		list = json_set_obj(o, "v");
		for (const struct gql_value *i = v->items; i; i = i->next) {
			bool none = false;

			x = plain(c, i, &none);
			if (!none)
				json_set(list, i->key, x);
		}
		break;
	}
	return json_get(o, ".v");
}

/* "a" is no enum word and RED is no string, though both are strings in JSON. */
static bool spelled_right(
        const struct gql_schema *s, const struct gql_type *t, const struct gql_value *v)
{
	const struct gql_def *d;

	if (v->kind == V_LIST && !t->name) {
		for (const struct gql_value *i = v->items; i; i = i->next)
			if (!spelled_right(s, t->of, i))
				return false;
		return true;
	}
	d = gql_def(s, gql_innermost(t));
	if (v->kind == V_ENUM)
		return d->kind == DEF_ENUM;
	return v->kind != V_STRING || d->kind != DEF_ENUM;
}

const json *gql_literal(struct gql_coerce *c, const struct gql_type *t, const struct gql_value *v)
{
	bool absent = false;
	const json *x;

	if (!spelled_right(c->s, t, v))
		return wrong(c, t, v->s);
	x = plain(c, v, &absent);
	return gql_given(c, t, x);
}

const json *gql_arguments(struct gql_coerce *c, const struct gql_input *defs,
        const struct gql_input *given, const char *of)
{
	json *o = json_obj(c->a);

	for (const struct gql_input *d = defs; d; d = d->next) {
		const struct gql_input *g = given;
		const struct gql_value *v;
		const json *x = NULL;

		while (g && !str_eq(g->name, d->name))
			g = g->next;
		v = g ? g->value : NULL;
		if (v && v->kind == V_VAR &&
		        !json_get(c->variables, arena_printf(c->a, ".%s", v->s)))
			v = NULL; /* a variable without a value is an argument that is not given */
		v = v ? v : d->value;
		if (v)
			x = gql_literal(c, d->type, v);
		else if (d->type->required)
			wrong(c, d->type, "nothing");
		if (c->why) {
			c->why = arena_printf(
			        c->a, "Argument \"%s\" of \"%s\": %s", d->name, of, c->why);
			return NULL;
		}
		if (x)
			json_set(o, d->name, x);
	}
	return o;
}

const json *gql_variables(struct gql_coerce *c, const struct gql_input *defs, const json *given)
{
	json *o = json_obj(c->a);

	for (const struct gql_input *d = defs; d; d = d->next) {
		const json *v = json_get(given, arena_printf(c->a, ".%s", d->name));
		const json *x = NULL;

		if (!v && d->value)
			x = gql_literal(c, d->type, d->value);
		else if (!v && d->type->required)
			c->why = arena_printf(c->a,
			        "Variable \"$%s\" of required type \"%s\" was not provided.",
			        d->name, gql_type_text(c->a, d->type));
		else if (v)
			x = gql_given(c, d->type, v);
		if (c->why) {
			if (v)
				c->why = arena_printf(c->a,
				        "Variable \"$%s\" got invalid value; %s", d->name, c->why);
			return NULL;
		}
		if (x)
			json_set(o, d->name, x);
	}
	return o;
}
