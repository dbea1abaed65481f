/*
 * json.h - JSON on an arena (cJSON behind it; no other file sees cJSON.h).
 *
 * A tree belongs to its arena and is freed with it. Reading is by path with a type check and a
 * default, so that a missing or odd field is never a crash: ".a.b[0].c". A key that is not
 * [A-Za-z0-9_-]+ is written [\"any key\"]. Building never fails; strings are made valid UTF-8.
 * Depth over 200 and input over the caller's cap are refused. Thread: as the arena.
 */
#ifndef HEAL_JSON_H
#define HEAL_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "err.h"

typedef struct cJSON json;

/* NULL and ERR_PROTO when the bytes are not exactly one JSON value. Numbers are doubles: ids and
 * Slack timestamps must be strings. */
json *json_parse(struct arena *a, const char *text, size_t n, struct err *e);

/* Path lookups; `j` may be NULL. "" is j itself. */
const json *json_get(const json *j, const char *path);
const char *json_str(const json *j, const char *path, const char *def); /* only JSON strings */
double json_num(const json *j, const char *path, double def);           /* only JSON numbers */
int64_t json_int(const json *j, const char *path, int64_t def);         /* truncated, clamped */
bool json_bool(const json *j, const char *path, bool def);
bool json_is_obj(const json *j);
bool json_is_arr(const json *j);
bool json_is_str(const json *j);
bool json_is_null(const json *j);               /* a JSON null; false for NULL */
bool json_has(const json *j, const char *path); /* present and not null */

size_t json_len(const json *j); /* elements or members; 0 for anything else */
/* Iteration over array elements or object members, in order. */
const json *json_first(const json *j);
const json *json_next(const json *item);
const char *json_key(const json *item); /* member name, NULL in arrays */
#define json_each(it, j) for (const json *it = json_first(j); it; it = json_next(it))

json *json_obj(struct arena *a);
json *json_arr(struct arena *a);
/* Set a member of an object made by json_obj (replaces). A NULL string becomes null. `key` is
 * copied. The arena must be the tree's own. */
void json_set_str(json *o, const char *key, const char *v);
void json_set_num(json *o, const char *key, double v); /* NaN and infinities become null */
void json_set_int(json *o, const char *key, int64_t v);
void json_set_bool(json *o, const char *key, bool v);
void json_set_null(json *o, const char *key);
json *json_set_obj(json *o, const char *key); /* a new empty object, for filling */
json *json_set_arr(json *o, const char *key);
void json_set(json *o, const char *key, const json *v); /* deep copy of v; NULL = null */
void json_del(json *o, const char *key);
void json_add_str(json *arr, const char *v);
void json_add_num(json *arr, double v);
json *json_add_obj(json *arr);
json *json_add_arr(json *arr);
void json_add(json *arr, const json *v); /* deep copy of v; NULL = null */

json *json_copy(struct arena *a, const json *v);
char *json_print(struct arena *a, const json *j);        /* compact */
char *json_print_pretty(struct arena *a, const json *j); /* for people */
/* Hash of the compact text with object keys sorted: equal values have equal hashes. */
uint64_t json_hash(struct arena *a, const json *j);

/* Replaces every string value in the tree by fn(ctx, a, value) (keys stay). The redaction gate. */
void json_map_strings(struct arena *a, json *j,
        const char *(*fn)(void *ctx, struct arena *a, const char *s), void *ctx);

#endif
