/* graphql_i.h - syntax trees of documents and schemas. See graphql.h. */
#ifndef SANDBOX_GRAPHQL_I_H
#define SANDBOX_GRAPHQL_I_H

#include "graphql.h"

enum gql_tok { TOK_END, TOK_PUNCT, TOK_NAME, TOK_INT, TOK_FLOAT, TOK_STRING, TOK_BAD };

struct gql_lex {
	struct arena *a;
	const char *text, *p;
	enum gql_tok tok;
	char punct;       /* '.' stands for ... */
	const char *word; /* name, number or unescaped string */
	const char *at;   /* where the token begins */
	struct err *e;
	int depth;
};

void gql_next(struct gql_lex *l);
bool gql_fail(struct gql_lex *l, const char *what); /* err_set with line and column */
bool gql_is(const struct gql_lex *l, char punct);
bool gql_take(struct gql_lex *l, char punct);   /* skips it when it is there */
bool gql_expect(struct gql_lex *l, char punct); /* fails when it is not */
bool gql_word(struct gql_lex *l, const char **out);
void gql_where(const char *text, const char *at, int *line, int *column);

enum gql_kind { V_VAR, V_INT, V_FLOAT, V_STRING, V_BOOL, V_NULL, V_ENUM, V_LIST, V_OBJECT };

struct gql_value {
	enum gql_kind kind;
	const char *s; /* variable, number, text, enum word */
	bool b;
	const char *key;         /* in an object */
	struct gql_value *items; /* of a list or object */
	struct gql_value *next;
};

struct gql_type {
	const char *name;    /* NULL = list */
	struct gql_type *of; /* of the list */
	bool required;
};

struct gql_input { /* argument, variable or input field */
	const char *name, *at;
	struct gql_type *type;
	struct gql_value *value; /* default of a definition, or the value given */
	bool used;
	struct gql_input *next;
};

struct gql_directive {
	const char *name, *at;
	struct gql_input *args;
	struct gql_directive *next;
};

enum gql_sel_kind { SEL_FIELD, SEL_SPREAD, SEL_INLINE };

struct gql_sel {
	enum gql_sel_kind kind;
	const char *name, *alias, *at; /* field or fragment; inline: type condition or NULL */
	struct gql_input *args;
	struct gql_directive *directives;
	struct gql_sel *children;
	struct gql_sel *next;
};

struct gql_op {
	const char *kind, *name, *at;
	struct gql_input *vars;
	struct gql_sel *sel;
	struct gql_op *next;
};

struct gql_fragment {
	const char *name, *on, *at;
	struct gql_sel *sel;
	bool used, open;
	struct gql_fragment *next;
};

struct gql_doc {
	const char *text;
	struct gql_op *ops;
	struct gql_fragment *fragments;
};

bool gql_parse_type(struct gql_lex *l, struct gql_type **out);
bool gql_parse_value(struct gql_lex *l, bool constant, struct gql_value **out);
bool gql_parse_doc(struct arena *a, const char *text, struct gql_doc *out, struct err *e);

enum gql_def_kind { DEF_SCALAR, DEF_OBJECT, DEF_INPUT, DEF_ENUM };

struct gql_field_def {
	const char *name;
	struct gql_type *type;
	struct gql_input *args;
	struct gql_field_def *next;
};

struct gql_def {
	enum gql_def_kind kind;
	const char *name;
	struct gql_field_def *fields; /* object */
	struct gql_input *inputs;     /* input object */
	struct gql_value *words;      /* enum */
	struct gql_def *next;
};

struct gql_schema {
	struct gql_def *defs;
};

const struct gql_def *gql_def(const struct gql_schema *s, const char *name);
const struct gql_field_def *gql_field_def(const struct gql_def *d, const char *name);
struct gql_input *gql_input(struct gql_input *list, const char *name);
const struct gql_fragment *gql_fragment(const struct gql_doc *d, const char *name);
const char *gql_innermost(const struct gql_type *t);
const char *gql_type_text(struct arena *a, const struct gql_type *t);

/* The type whose fields an operation selects: "Query", "Mutation", "Subscription". */
const char *gql_root(const struct gql_op *op);

/* What is wrong with the document; each finding calls add(ctx, message, at). */
typedef void (*gql_add_fn)(void *ctx, const char *message, const char *at);
void gql_validate(const struct gql_schema *s, struct arena *a, struct gql_doc *d,
        const struct gql_op *op, gql_add_fn add, void *ctx);

/* Values: literals and variables to JSON of a type. NULL with *why set when it does not fit;
 * json null is a tree of its own. */
struct gql_coerce {
	const struct gql_schema *s;
	struct arena *a;
	const json *variables; /* coerced already; absent ones are absent */
	const char *why;
};
const json *gql_literal(struct gql_coerce *c, const struct gql_type *t, const struct gql_value *v);
const json *gql_given(struct gql_coerce *c, const struct gql_type *t, const json *v);
/* The arguments or variables of a list of definitions. */
const json *gql_arguments(struct gql_coerce *c, const struct gql_input *defs,
        const struct gql_input *given, const char *of);
const json *gql_variables(struct gql_coerce *c, const struct gql_input *defs, const json *given);

#endif
