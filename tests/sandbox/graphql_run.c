/* graphql_run.c - executing a valid document (spec, 6). See graphql.h. */
#include <string.h>

#include "graphql_i.h"
#include "str.h"

struct path {
	const struct path *up;
	const char *name; /* NULL = index */
	size_t index;
};

struct run {
	const struct gql_schema *s;
	struct arena *a;
	const struct gql_request *q;
	struct gql_doc doc;
	const json *variables;
	json *body, *errors;
	unsigned breadth, depth, roots;
};

/* --- errors --- */

static void add_path(json *to, const struct path *p)
{
	if (!p)
		return;
	add_path(to, p->up);
	if (p->name)
		json_add_str(to, p->name);
	else
		json_add_num(to, (double)p->index);
}

static json *errors_of(struct run *r)
{
	if (!r->errors)
		r->errors = json_set_arr(r->body, "errors");
	return r->errors;
}

static void add_error(struct run *r, const char *message, const char *code, const char *at,
        const struct path *path)
{
	json *e = json_add_obj(errors_of(r)), *where;

	json_set_str(e, "message", message);
	if (at) {
		int line, column;

		gql_where(r->doc.text, at, &line, &column);
		where = json_add_obj(json_set_arr(e, "locations"));
		json_set_int(where, "line", line);
		json_set_int(where, "column", column);
	}
	if (path)
		add_path(json_set_arr(e, "path"), path);
	json_set_str(json_set_obj(e, "extensions"), "code", code);
	json_set_str(e, "traceId", r->q->trace);
}

static void add_finding(void *ctx, const char *message, const char *at)
{
	add_error(ctx, message, "GRAPHQL_VALIDATION_FAILED", at, NULL);
}

/* --- how big --- */

static void measure(struct run *r, const struct gql_sel *sel, unsigned depth)
{
	if (depth > 60)
		return;
	for (; sel; sel = sel->next) {
		if (sel->kind == SEL_FIELD) {
			r->breadth++;
			r->roots += depth == 0;
			r->depth = depth + 1 > r->depth ? depth + 1 : r->depth;
			measure(r, sel->children, depth + 1);
		} else if (sel->kind == SEL_INLINE) {
			measure(r, sel->children, depth);
		} else {
			const struct gql_fragment *f = gql_fragment(&r->doc, sel->name);

			measure(r, f ? f->sel : NULL, depth);
		}
	}
}

static bool too_big(struct run *r, const struct gql_op *op)
{
	const struct gql_limits *m = r->q->limits;
	const char *what = NULL;
	unsigned n = 0, max = 0;

	measure(r, op->sel, 0);
	if (!m)
		return false;
	if (m->breadth && r->breadth > m->breadth) {
		what = "breadth";
		n = r->breadth;
		max = m->breadth;
	} else if (m->depth && r->depth > m->depth) {
		what = "depth";
		n = r->depth;
		max = m->depth;
	} else if (m->roots && r->roots > m->roots) {
		what = "aliases";
		n = r->roots;
		max = m->roots;
	}
	if (what)
		add_finding(r,
		        arena_printf(r->a, "Query exceeds maximum %s (%s: %u, max: %u)", what, what,
		                n, max),
		        op->at);
	return what != NULL;
}

/* --- fields of one response name, over fragments --- */

struct group {
	const struct gql_sel *first;
	const struct gql_sel *sets[8]; /* selections to merge */
	size_t nsets;
	struct group *next;
};

static bool wanted(struct run *r, const struct gql_directive *d)
{
	for (; d; d = d->next) {
		const struct gql_value *v = d->args->value;
		bool on = v->kind == V_VAR
		                  ? json_bool(r->variables, arena_printf(r->a, ".%s", v->s), false)
		                  : v->b;

		if (on != str_eq(d->name, "include"))
			return false;
	}
	return true;
}

static void collect(struct run *r, const struct gql_sel *sel, struct group **groups)
{
	for (; sel; sel = sel->next) {
		struct group **g = groups;

		if (!wanted(r, sel->directives))
			continue;
		if (sel->kind != SEL_FIELD) {
			const struct gql_fragment *f =
			        sel->kind == SEL_SPREAD ? gql_fragment(&r->doc, sel->name) : NULL;

			collect(r, f ? f->sel : sel->children, groups);
			continue;
		}
		while (*g && !str_eq((*g)->first->alias, sel->alias))
			g = &(*g)->next;
		if (!*g) {
			*g = ARENA_NEW(r->a, struct group);
			(*g)->first = sel;
		}
		if ((*g)->nsets < sizeof((*g)->sets) / sizeof((*g)->sets[0]))
			(*g)->sets[(*g)->nsets++] = sel->children;
	}
}

/* --- values --- */

static bool run_set(struct run *r, const struct gql_def *type, const struct group *of,
        const json *parent, json *into, const struct path *path);

/* Puts a value where it belongs: into an object under a key, or at the end of a list. */
static void put(json *to, const char *key, const json *v)
{
	if (!key)
		json_add(to, v);
	else if (v)
		json_set(to, key, v);
	else
		json_set_null(to, key);
}

/* False: the value is null though it must not be, and the parent has to become null. */
static bool complete(struct run *r, const struct gql_type *t, const struct group *g, const json *v,
        json *to, const char *key, const struct path *path)
{
	const struct gql_def *d;
	size_t i = 0;
	json *made;
	bool ok = true;

	if (!v || json_is_null(v)) {
		if (t->required)
			add_error(r,
			        arena_printf(r->a, "Cannot return null for non-nullable field %s.",
			                g->first->name),
			        "INTERNAL_SERVER_ERROR", g->first->at, path);
		put(to, key, NULL);
		return !t->required;
	}
	if (!t->name) {
		made = key ? json_set_arr(to, key) : json_add_arr(to);
		json_each (it, v) {
			struct path p = {path, NULL, i++};

			ok = complete(r, t->of, g, it, made, NULL, &p) && ok;
		}
	} else {
		d = gql_def(r->s, t->name);
		if (d->kind != DEF_OBJECT) {
			put(to, key, v);
			return true;
		}
		made = key ? json_set_obj(to, key) : json_add_obj(to);
		ok = run_set(r, d, g, v, made, path);
	}
	if (ok)
		return true;
	/* An element of a list cannot be taken back; its list is dropped with it, which is what
	 * Railway's types ([T!]!) ask for anyway. */
	if (key)
		json_set_null(to, key);
	return key && !t->required;
}

static bool run_field(struct run *r, const struct gql_def *type, const struct group *g,
        const json *parent, json *into, const struct path *up)
{
	const struct gql_field_def *f = gql_field_def(type, g->first->name);
	struct path path = {up, g->first->alias, 0};
	struct gql_coerce c = {.s = r->s, .a = r->a, .variables = r->variables};
	const char *error = NULL, *code = NULL;
	struct gql_info info = {.type = type->name,
	        .field = g->first->name,
	        .alias = g->first->alias,
	        .parent = parent};
	const json *v;

	if (str_eq(g->first->name, "__typename")) {
		json_set_str(into, g->first->alias, type->name);
		return true;
	}
	info.returns = gql_innermost(f->type);
	info.args = gql_arguments(&c, f->args, g->first->args, f->name);
	if (!info.args) {
		add_error(r, c.why, "BAD_USER_INPUT", g->first->at, &path);
		json_set_null(into, g->first->alias);
		return !f->type->required;
	}
	v = r->q->resolve(r->q->ctx, r->a, &info, &error, &code);
	if (error) {
		add_error(r, error, code ? code : "INTERNAL_SERVER_ERROR", g->first->at, &path);
		json_set_null(into, g->first->alias);
		return !f->type->required;
	}
	return complete(r, f->type, g, v, into, g->first->alias, &path);
}

static bool run_set(struct run *r, const struct gql_def *type, const struct group *of,
        const json *parent, json *into, const struct path *path)
{
	struct group *groups = NULL;
	bool ok = true;

	for (size_t i = 0; i < of->nsets; i++)
		collect(r, of->sets[i], &groups);
	for (const struct group *g = groups; g; g = g->next)
		ok = run_field(r, type, g, parent, into, path) && ok;
	return ok;
}

/* --- the whole --- */

const char *gql_root(const struct gql_op *op)
{
	if (str_eq(op->kind, "query"))
		return "Query";
	return str_eq(op->kind, "mutation") ? "Mutation" : "Subscription";
}

static const struct gql_op *pick(struct run *r)
{
	for (const struct gql_op *op = r->doc.ops; op; op = op->next)
		if (r->q->operation ? str_eq(r->q->operation, op->name) : !r->doc.ops->next)
			return op;
	add_error(r, r->q->operation ? "Unknown operation named." : "Must provide operation name.",
	        "BAD_USER_INPUT", NULL, NULL);
	return NULL;
}

static const struct gql_op *prepare(struct run *r)
{
	struct gql_coerce c = {.s = r->s, .a = r->a};
	const struct gql_op *op;
	struct err e;

	if (!r->q->query || !gql_parse_doc(r->a, r->q->query, &r->doc, &e)) {
		add_error(r,
		        r->q->query ? e.msg
		                    : "GraphQL operations must contain a non-empty `query`.",
		        r->q->query ? "GRAPHQL_PARSE_FAILED" : "BAD_REQUEST", NULL, NULL);
		return NULL;
	}
	op = pick(r);
	if (!op)
		return NULL;
	if (!gql_def(r->s, gql_root(op))) {
		add_error(r, "This peer answers no such operation.", "GRAPHQL_VALIDATION_FAILED",
		        op->at, NULL);
		return NULL;
	}
	gql_validate(r->s, r->a, &r->doc, op, add_finding, r);
	if (r->errors || too_big(r, op))
		return NULL;
	r->variables = gql_variables(&c, op->vars, r->q->variables);
	if (r->variables)
		return op;
	add_error(r, c.why, "BAD_USER_INPUT", op->at, NULL);
	return NULL;
}

json *gql_execute(
        const struct gql_schema *s, struct arena *a, const struct gql_request *q, int *status)
{
	struct run r = {.s = s, .a = a, .q = q, .body = json_obj(a)};
	const struct gql_op *op = prepare(&r);
	struct group all = {.nsets = 1};
	json *data;

	*status = op ? 200 : 400;
	if (!op)
		return r.body;
	all.sets[0] = op->sel;
	data = json_set_obj(r.body, "data");
	if (!run_set(&r, gql_def(s, gql_root(op)), &all, NULL, data, NULL))
		json_set_null(r.body, "data");
	return r.body;
}
