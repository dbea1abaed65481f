/*
 * schema.h - the subset of JSON Schema that language models are held to, checked in C.
 *
 * Understood: type (a name or a list of names), properties, required, additionalProperties (false),
 * items, enum, maxItems, maxLength (in characters), minItems, description (ignored). Anything else
 * in a schema is a programming error (assert), so that no rule is silently not checked.
 * Thread: any.
 */
#ifndef BASE_SCHEMA_H
#define BASE_SCHEMA_H

#include <stdbool.h>

#include "arena.h"
#include "err.h"
#include "json.h"

/* ERR_PROTO with the path and what is wrong: "$.steps[2].risk: must be one of low, medium, high".
 */
bool schema_check(const json *schema, const json *value, struct err *e);

/* A copy of value without members that a closed object does not name, with null for missing members
 * that may be null and [] for missing arrays: what a server that does not enforce leaves behind. */
json *schema_tidy(struct arena *a, const json *schema, const json *value);

/* The schema as strict servers take it: without minItems, maxItems and maxLength. */
json *schema_strict(struct arena *a, const json *schema);

#endif
