/*
 * json_build.c - making and changing trees (declared in json.h). cJSON frees children with their
 * root, and the root is tied to the arena.
 */
#include <assert.h>
#include <cjson/cJSON.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_text.h"
#include "base/utf8.h"
#include "json.h"

static cJSON *need(cJSON *j)
{
	if (!j)
		abort(); /* out of memory */
	return j;
}

static void delete_tree(void *p)
{
	cJSON_Delete(p);
}

static json *own(struct arena *a, cJSON *j)
{
	arena_defer(a, delete_tree, need(j));
	return j;
}

json *json_obj(struct arena *a)
{
	return own(a, cJSON_CreateObject());
}

json *json_arr(struct arena *a)
{
	return own(a, cJSON_CreateArray());
}

/* A string node; bytes that are not UTF-8 become U+FFFD. */
static cJSON *string_node(const char *s)
{
	struct arena *a;
	cJSON *j;

	if (!s)
		return need(cJSON_CreateNull());
	if (utf8_valid(s, strlen(s)))
		return need(cJSON_CreateString(s));
	a = arena_new(0);
	j = need(cJSON_CreateString(json_text_utf8(a, s, strlen(s))));
	arena_free(a);
	return j;
}

static cJSON *number_node(double v)
{
	return need(isfinite(v) ? cJSON_CreateNumber(v) : cJSON_CreateNull());
}

static cJSON *copy_node(const json *v)
{
	cJSON *c = need(v ? cJSON_Duplicate(v, 1) : cJSON_CreateNull());

	cJSON_free(c->string); /* a copied member is no member any more */
	c->string = NULL;
	return c;
}

static cJSON *put(json *o, const char *key, cJSON *v)
{
	cJSON *old;

	assert(cJSON_IsObject(o));
	old = cJSON_GetObjectItemCaseSensitive(o, key);
	if (!old) {
		if (!cJSON_AddItemToObject(o, key, v))
			abort();
		return v;
	}
	/* In place, so that the order stays. */
	if (!cJSON_ReplaceItemInObjectCaseSensitive(o, key, v))
		abort();
	return v;
}

static cJSON *add(json *arr, cJSON *v)
{
	assert(cJSON_IsArray(arr));
	if (!cJSON_AddItemToArray(arr, v))
		abort();
	return v;
}

void json_set_str(json *o, const char *key, const char *v)
{
	put(o, key, string_node(v));
}

void json_set_num(json *o, const char *key, double v)
{
	put(o, key, number_node(v));
}

void json_set_int(json *o, const char *key, int64_t v)
{
	put(o, key, number_node((double)v));
}

void json_set_bool(json *o, const char *key, bool v)
{
	put(o, key, need(cJSON_CreateBool(v)));
}

void json_set_null(json *o, const char *key)
{
	put(o, key, need(cJSON_CreateNull()));
}

json *json_set_obj(json *o, const char *key)
{
	return put(o, key, need(cJSON_CreateObject()));
}

json *json_set_arr(json *o, const char *key)
{
	return put(o, key, need(cJSON_CreateArray()));
}

void json_set(json *o, const char *key, const json *v)
{
	put(o, key, copy_node(v));
}

void json_del(json *o, const char *key)
{
	cJSON_DeleteItemFromObjectCaseSensitive(o, key);
}

void json_add_str(json *arr, const char *v)
{
	add(arr, string_node(v));
}

void json_add_num(json *arr, double v)
{
	add(arr, number_node(v));
}

json *json_add_obj(json *arr)
{
	return add(arr, need(cJSON_CreateObject()));
}

json *json_add_arr(json *arr)
{
	return add(arr, need(cJSON_CreateArray()));
}

void json_add(json *arr, const json *v)
{
	add(arr, copy_node(v));
}

json *json_copy(struct arena *a, const json *v)
{
	return own(a, copy_node(v));
}

void json_map_strings(struct arena *a, json *j,
        const char *(*fn)(void *ctx, struct arena *a, const char *s), void *ctx)
{
	if (cJSON_IsString(j) && j->valuestring) {
		const char *v = fn(ctx, a, j->valuestring);

		if (v != j->valuestring) {
			cJSON *made = string_node(v ? v : "");
			char *old = j->valuestring;

			j->valuestring = made->valuestring;
			made->valuestring = old;
			cJSON_Delete(made);
		}
	}
	for (json *it = json_first(j) ? j->child : NULL; it; it = it->next)
		json_map_strings(a, it, fn, ctx);
}
