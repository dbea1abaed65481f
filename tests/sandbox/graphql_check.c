/* graphql_check.c - is a document valid for a schema (spec, 5)? See graphql.h. */
#include <string.h>

#include "graphql_i.h"
#include "str.h"

enum { MAX_NEST = 60 };

struct check {
	const struct gql_schema *s;
	struct arena *a;
	struct gql_doc *d;
	struct gql_input *vars;
	gql_add_fn add;
	void *ctx;
	int depth;
};

#define SAY(c, at, ...) (c)->add((c)->ctx, arena_printf((c)->a, __VA_ARGS__), at)

/* --- values --- */

static bool same_type(const struct gql_type *have, const struct gql_type *want)
{
	if (want->required && !have->required)
		return false;
	if (!want->name != !have->name)
		return false;
	return want->name ? str_eq(want->name, have->name) : same_type(have->of, want->of);
}

static void check_variable(struct check *c, const struct gql_input *arg, const struct gql_value *v,
        const struct gql_type *t, bool has_default)
{
	struct gql_input *var = gql_input(c->vars, v->s);
	struct gql_type have, want = *t;

	if (!var) {
		SAY(c, arg->at, "Variable \"$%s\" is not defined.", v->s);
		return;
	}
	var->used = true;
	have = *var->type;
	if (want.required && !have.required &&
	        ((var->value && var->value->kind != V_NULL) || has_default))
		want.required = false;
	if (!same_type(&have, &want))
		SAY(c, arg->at,
		        "Variable \"$%s\" of type \"%s\" used in position expecting type \"%s\".",
		        v->s, gql_type_text(c->a, var->type), gql_type_text(c->a, t));
}

/* Variables may stand inside lists and objects; what holds none is coerced as a whole. */
static bool check_inside(struct check *c, const struct gql_input *arg, const struct gql_value *v,
        const struct gql_type *t, bool has_default)
{
	bool any = false;

	if (v->kind == V_VAR) {
		check_variable(c, arg, v, t, has_default);
		return true;
	}
	for (const struct gql_value *i = v->items; i; i = i->next) {
		const struct gql_type *inner = t->of ? t->of : t;

		if (v->kind == V_OBJECT) {
			const struct gql_def *d = gql_def(c->s, gql_innermost(t));
			struct gql_input *f = gql_input(d->inputs, i->key);

			if (!f) {
				SAY(c, arg->at, "Field \"%s\" is not defined by type \"%s\".",
				        i->key, d->name);
				return true;
			}
			inner = f->type;
		}
		any = check_inside(c, arg, i, inner, false) || any;
	}
	return any;
}

static void check_arguments(struct check *c, const char *of, const struct gql_input *defs,
        struct gql_input *given, const char *at)
{
	for (struct gql_input *g = given; g; g = g->next) {
		const struct gql_input *d = defs;
		struct gql_coerce co = {.s = c->s, .a = c->a};

		while (d && !str_eq(d->name, g->name))
			d = d->next;
		if (gql_input(g->next, g->name))
			SAY(c, g->at, "There can be only one argument named \"%s\".", g->name);
		if (!d) {
			SAY(c, g->at, "Unknown argument \"%s\" on field \"%s\".", g->name, of);
			continue;
		}
		if (check_inside(c, g, g->value, d->type, d->value != NULL))
			continue;
		if (!gql_literal(&co, d->type, g->value))
			SAY(c, g->at, "Argument \"%s\": %s", g->name,
			        co.why ? co.why : "bad value");
	}
	for (const struct gql_input *d = defs; d; d = d->next)
		if (d->type->required && !d->value && !gql_input(given, d->name))
			SAY(c, at,
			        "Argument \"%s\" of type \"%s\" is required, but it was not provided.",
			        d->name, gql_type_text(c->a, d->type));
}

static void check_directives(struct check *c, const struct gql_directive *d)
{
	struct gql_type boolean = {.name = "Boolean", .required = true};
	struct gql_input condition = {.name = "if", .type = &boolean};

	for (; d; d = d->next) {
		if (!str_eq(d->name, "include") && !str_eq(d->name, "skip"))
			SAY(c, d->at, "Unknown directive \"@%s\".", d->name);
		else
			check_arguments(c, d->name, &condition, d->args, d->at);
	}
}

/* --- selections --- */

static void check_set(struct check *c, const struct gql_def *type, struct gql_sel *sel);

static void check_field(struct check *c, const struct gql_def *type, struct gql_sel *s)
{
	const struct gql_field_def *f = gql_field_def(type, s->name);
	const struct gql_def *inner;

	if (str_eq(s->name, "__typename"))
		return;
	if (!f) {
		SAY(c, s->at, "Cannot query field \"%s\" on type \"%s\".", s->name, type->name);
		return;
	}
	check_arguments(c, s->name, f->args, s->args, s->at);
	inner = gql_def(c->s, gql_innermost(f->type));
	if (inner->kind == DEF_OBJECT && !s->children)
		SAY(c, s->at, "Field \"%s\" of type \"%s\" must have a selection of subfields.",
		        s->name, gql_type_text(c->a, f->type));
	else if (inner->kind != DEF_OBJECT && s->children)
		SAY(c, s->at,
		        "Field \"%s\" must not have a selection since type \"%s\" has no subfields.",
		        s->name, gql_type_text(c->a, f->type));
	else if (s->children)
		check_set(c, inner, s->children);
}

static void check_spread(struct check *c, const struct gql_def *type, struct gql_sel *s)
{
	struct gql_fragment *f = c->d->fragments;

	while (f && !str_eq(f->name, s->name))
		f = f->next;
	if (!f) {
		SAY(c, s->at, "Unknown fragment \"%s\".", s->name);
		return;
	}
	f->used = true;
	if (f->open) {
		SAY(c, s->at, "Cannot spread fragment \"%s\" within itself.", s->name);
		return;
	}
	if (!str_eq(f->on, type->name)) {
		SAY(c, s->at,
		        "Fragment \"%s\" cannot be spread here as objects of type \"%s\" can never be "
		        "of type \"%s\".",
		        s->name, type->name, f->on);
		return;
	}
	f->open = true;
	check_set(c, type, f->sel);
	f->open = false;
}

static const char *args_text(struct arena *a, const struct gql_value *v)
{
	struct str b = str_new(a);

	str_addf(&b, "%d%s%s%d", (int)v->kind, v->key ? v->key : "", v->s ? v->s : "", v->b);
	for (const struct gql_value *i = v->items; i; i = i->next)
		str_addf(&b, "(%s)", args_text(a, i));
	return b.s;
}

static bool same_args(struct arena *a, const struct gql_input *x, struct gql_input *y)
{
	size_t nx = 0, ny = 0;

	for (const struct gql_input *i = y; i; i = i->next)
		ny++;
	for (; x; x = x->next, nx++) {
		struct gql_input *o = gql_input(y, x->name);

		if (!o || !str_eq(args_text(a, x->value), args_text(a, o->value)))
			return false;
	}
	return nx == ny;
}

/* Two fields with one response name must be the same question (5.3.2), within one set. */
static void check_twins(struct check *c, const struct gql_sel *sel)
{
	for (; sel; sel = sel->next) {
		for (struct gql_sel *o = sel->next; o && sel->kind == SEL_FIELD; o = o->next) {
			if (o->kind != SEL_FIELD || !str_eq(o->alias, sel->alias))
				continue;
			if (!str_eq(o->name, sel->name) || !same_args(c->a, sel->args, o->args))
				SAY(c, o->at, "Fields \"%s\" conflict. Use different aliases.",
				        o->alias);
		}
	}
}

static void check_set(struct check *c, const struct gql_def *type, struct gql_sel *sel)
{
	if (++c->depth > MAX_NEST) {
		SAY(c, sel->at, "Query is too deep.");
		c->depth--;
		return;
	}
	check_twins(c, sel);
	for (; sel; sel = sel->next) {
		check_directives(c, sel->directives);
		if (sel->kind == SEL_FIELD)
			check_field(c, type, sel);
		else if (sel->kind == SEL_SPREAD)
			check_spread(c, type, sel);
		else if (sel->name && !str_eq(sel->name, type->name))
			SAY(c, sel->at, "Fragment cannot be spread here on type \"%s\".",
			        type->name);
		else
			check_set(c, type, sel->children);
	}
	c->depth--;
}

static void check_variables(struct check *c)
{
	for (struct gql_input *v = c->vars; v; v = v->next) {
		const struct gql_def *d = gql_def(c->s, gql_innermost(v->type));
		struct gql_coerce co = {.s = c->s, .a = c->a};

		if (gql_input(v->next, v->name))
			SAY(c, v->at, "There can be only one variable named \"$%s\".", v->name);
		if (!d || d->kind == DEF_OBJECT)
			SAY(c, v->at, "Variable \"$%s\" cannot be of type \"%s\".", v->name,
			        gql_type_text(c->a, v->type));
		else if (v->value && !gql_literal(&co, v->type, v->value))
			SAY(c, v->at, "Variable \"$%s\": %s", v->name,
			        co.why ? co.why : "bad default");
	}
}

void gql_validate(const struct gql_schema *s, struct arena *a, struct gql_doc *d,
        const struct gql_op *op, gql_add_fn add, void *ctx)
{
	struct check c = {.s = s, .a = a, .d = d, .vars = op->vars, .add = add, .ctx = ctx};

	check_variables(&c);
	check_set(&c, gql_def(s, gql_root(op)), op->sel);
	for (const struct gql_input *v = op->vars; v; v = v->next)
		if (!v->used)
			SAY(&c, v->at, "Variable \"$%s\" is never used in operation \"%s\".",
			        v->name, op->name ? op->name : "");
	for (const struct gql_fragment *f = d->fragments; f; f = f->next)
		if (!f->used)
			SAY(&c, f->at, "Fragment \"%s\" is never used.", f->name);
}
