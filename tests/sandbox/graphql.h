/*
 * graphql.h - a small GraphQL server: schema, checks, execution (spec of October 2021, the part
 * that peers use: queries, variables, fragments, @include and @skip; no subscriptions or unions).
 *
 * It is as strict as a real one, so that a document that passes here is well-formed: every rule
 * that can reject Heal's documents is there (unknown fields and arguments, types of variables,
 * required arguments, leaf selections, unused and undefined variables and fragments, conflicting
 * aliases). Errors have the shapes of Railway: parse and validation HTTP 400, a resolver's error
 * HTTP 200 with null propagation.
 *
 * Everything lives in the arena that is passed. Thread: the caller's.
 */
#ifndef SANDBOX_GRAPHQL_H
#define SANDBOX_GRAPHQL_H

#include <stdbool.h>
#include <stddef.h>

#include "arena.h"
#include "err.h"
#include "json.h"

struct gql_schema;

/* From SDL text (types, inputs, enums, scalars; descriptions and comments are skipped). */
struct gql_schema *gql_schema_parse(struct arena *a, const char *sdl, struct err *e);

struct gql_info {                         /* what a resolver is asked for */
	const char *type, *field, *alias; /* "Query" "metrics" "usage" */
	const char *returns;              /* innermost type name: "MetricsResult" */
	const json *parent;               /* the object that has the field; NULL at the root */
	const json *args;                 /* coerced, defaults filled in */
};

/* Returns the value (NULL = null), or sets *error to a message (and *code, optional). */
typedef const json *(*gql_resolve_fn)(void *ctx, struct arena *a, const struct gql_info *info,
        const char **error, const char **code);

struct gql_limits {       /* 0 = none */
	unsigned breadth; /* selected fields in all */
	unsigned depth;
	unsigned roots; /* fields of the operation itself, aliases counted one by one */
};

struct gql_request {
	const char *query;
	const json *variables; /* may be NULL */
	const char *operation; /* NULL = the only one */
	const struct gql_limits *limits;
	gql_resolve_fn resolve;
	void *ctx;
	const char *trace; /* put into every error */
};

/* The answer's body; *status is 200 or 400. */
json *gql_execute(
        const struct gql_schema *s, struct arena *a, const struct gql_request *q, int *status);

#endif
