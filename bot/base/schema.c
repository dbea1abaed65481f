/* schema.c - see schema.h. One recursive check, one copy that tidies, one copy that strips. */
#include "base/schema.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "str.h"

enum { MAX_DEPTH = 20 };

/* Where we are, as a chain on the stack: printed only when something is wrong. */
struct at {
	const struct at *up;
	const char *key; /* NULL = element `index` */
	size_t index;
	unsigned depth;
};

static bool is_num(const json *j)
{
	return !isnan(json_num(j, "", (double)NAN));
}

static bool is_bool(const json *j)
{
	return json_bool(j, "", true) == json_bool(j, "", false);
}

static bool is_type(const char *type, const json *v)
{
	if (str_eq(type, "object"))
		return json_is_obj(v);
	if (str_eq(type, "array"))
		return json_is_arr(v);
	if (str_eq(type, "string"))
		return json_is_str(v);
	if (str_eq(type, "null"))
		return json_is_null(v);
	if (str_eq(type, "boolean"))
		return is_bool(v);
	if (str_eq(type, "number"))
		return is_num(v);
	assert(str_eq(type, "integer"));
	return is_num(v) && floor(json_num(v, "", 0)) == json_num(v, "", 0);
}

/* `type` of a schema is a name or a list of names. */
static bool has_type(const json *schema, const json *v)
{
	const json *type = json_get(schema, ".type");

	assert(type);
	if (json_is_str(type))
		return is_type(json_str(type, "", ""), v);
	json_each (t, type) {
		if (is_type(json_str(t, "", ""), v))
			return true;
	}
	return false;
}

static const char *type_words(struct arena *a, const json *schema)
{
	const json *type = json_get(schema, ".type");
	struct str b = str_new(a);

	if (json_is_str(type))
		return json_str(type, "", "");
	json_each (t, type) {
		str_addf(&b, "%s%s", b.len ? " or " : "", json_str(t, "", ""));
	}
	return b.s;
}

static void path_add(struct str *b, const struct at *at)
{
	if (!at) {
		str_addc(b, '$');
		return;
	}
	path_add(b, at->up);
	if (at->key)
		str_addf(b, ".%s", at->key);
	else
		str_addf(b, "[%zu]", at->index);
}

static bool wrong(const struct at *at, struct err *e, const char *what)
{
	struct arena *a = arena_new(0);
	struct str b = str_new(a);

	path_add(&b, at);
	err_set(e, ERR_PROTO, false, "%s: %s", b.s, what);
	arena_free(a);
	return false;
}

static bool wrongf(const struct at *at, struct err *e, const char *fmt, ...)
        __attribute__((format(printf, 3, 4)));

static bool wrongf(const struct at *at, struct err *e, const char *fmt, ...)
{
	struct arena *a = arena_new(0);
	va_list ap;

	va_start(ap, fmt);
	wrong(at, e, arena_vprintf(a, fmt, ap));
	va_end(ap);
	arena_free(a);
	return false;
}

static bool same_scalar(const json *a, const json *b)
{
	if (json_is_str(a) || json_is_str(b))
		return str_eq(json_str(a, "", NULL), json_str(b, "", NULL));
	if (json_is_null(a) || json_is_null(b))
		return json_is_null(a) && json_is_null(b);
	if (is_bool(a) || is_bool(b))
		return is_bool(a) && is_bool(b) &&
		       json_bool(a, "", false) == json_bool(b, "", false);
	return is_num(a) && is_num(b) && json_num(a, "", 0) == json_num(b, "", 0);
}

static bool check_enum(const json *words, const json *v, const struct at *at, struct err *e)
{
	struct arena *a;
	struct str b;

	json_each (w, words) {
		if (same_scalar(w, v))
			return true;
	}
	a = arena_new(0);
	b = str_new(a);
	json_each (w, words) {
		str_addf(&b, "%s%s", b.len ? ", " : "", json_str(w, "", "null"));
	}
	wrongf(at, e, "must be one of %s", b.s);
	arena_free(a);
	return false;
}

static bool check(const json *schema, const json *v, const struct at *at, struct err *e);

static struct at below(const struct at *at, const char *key, size_t index)
{
	return (struct at){.up = at, .key = key, .index = index, .depth = at ? at->depth + 1 : 1};
}

/* Member by key without path syntax: keys of a foreign value may hold anything. */
static const json *member(const json *o, const char *key)
{
	json_each (m, o) {
		if (str_eq(json_key(m), key))
			return m;
	}
	return NULL;
}

static bool closed(const json *schema)
{
	return json_has(schema, ".additionalProperties") &&
	       !json_bool(schema, ".additionalProperties", true);
}

static bool check_obj(const json *schema, const json *v, const struct at *at, struct err *e)
{
	const json *props = json_get(schema, ".properties");

	json_each (r, json_get(schema, ".required")) {
		if (!member(v, json_str(r, "", "")))
			return wrongf(at, e, "\"%s\" is missing", json_str(r, "", ""));
	}
	json_each (m, v) {
		const json *p = member(props, json_key(m));
		struct at here = below(at, json_key(m), 0);

		if (!p && closed(schema))
			return wrongf(at, e, "\"%.60s\" is not a member it may have", json_key(m));
		if (p && !check(p, m, &here, e))
			return false;
	}
	return true;
}

static bool check_arr(const json *schema, const json *v, const struct at *at, struct err *e)
{
	int64_t n = (int64_t)json_len(v);
	const json *items = json_get(schema, ".items");
	size_t i = 0;

	if (n > json_int(schema, ".maxItems", INT64_MAX))
		return wrongf(at, e, "has %lld items, at most %lld are allowed", (long long)n,
		        (long long)json_int(schema, ".maxItems", 0));
	if (n < json_int(schema, ".minItems", 0))
		return wrongf(at, e, "has %lld items, at least %lld are needed", (long long)n,
		        (long long)json_int(schema, ".minItems", 0));
	json_each (it, v) {
		struct at here = below(at, NULL, i++);

		if (items && !check(items, it, &here, e))
			return false;
	}
	return true;
}

static void assert_known(const json *schema)
{
	static const char *const known[] = {"type", "properties", "required",
	        "additionalProperties", "items", "enum", "maxItems", "minItems", "maxLength",
	        "description"};

	json_each (m, schema) {
		bool found = false;

		for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
			found = found || str_eq(known[i], json_key(m));
		assert(found);
	}
}

static bool check(const json *schema, const json *v, const struct at *at, struct err *e)
{
	const json *words = json_get(schema, ".enum");

	assert_known(schema);
	if (at && at->depth > MAX_DEPTH)
		return wrong(at, e, "is nested too deep");
	if (!has_type(schema, v)) {
		struct arena *a = arena_new(0);

		wrongf(at, e, "must be %s", type_words(a, schema));
		arena_free(a);
		return false;
	}
	if (words && !check_enum(words, v, at, e))
		return false;
	if (json_is_obj(v))
		return check_obj(schema, v, at, e);
	if (json_is_arr(v))
		return check_arr(schema, v, at, e);
	if (json_is_str(v) &&
	        (int64_t)str_chars(json_str(v, "", "")) > json_int(schema, ".maxLength", INT64_MAX))
		return wrongf(at, e, "is longer than %lld characters",
		        (long long)json_int(schema, ".maxLength", 0));
	return true;
}

bool schema_check(const json *schema, const json *value, struct err *e)
{
	return check(schema, value, NULL, e);
}

/* --- tidying --- */

/* A value that may stand for a missing member: null where allowed, an empty array, else NULL. */
static json *stand_in(struct arena *a, const json *schema)
{
	json *none = json_obj(a);

	json_set_null(none, "v");
	if (has_type(schema, json_get(none, ".v")))
		return json_copy(a, json_get(none, ".v"));
	if (str_eq(json_str(schema, ".type", ""), "array"))
		return json_arr(a);
	return NULL;
}

static json *tidy(struct arena *a, const json *schema, const json *v, unsigned depth)
{
	const json *props = json_get(schema, ".properties");
	json *out;

	if (depth > MAX_DEPTH || (!json_is_obj(v) && !json_is_arr(v)))
		return json_copy(a, v);
	if (json_is_arr(v)) {
		out = json_arr(a);
		json_each (it, v) {
			json_add(out, tidy(a, json_get(schema, ".items"), it, depth + 1));
		}
		return out;
	}
	if (!props)
		return json_copy(a, v);
	out = json_obj(a);
	json_each (p, props) {
		const json *m = member(v, json_key(p));
		const json *stand = m ? NULL : stand_in(a, p);

		if (m)
			json_set(out, json_key(p), tidy(a, p, m, depth + 1));
		else if (stand)
			json_set(out, json_key(p), stand);
	}
	return out;
}

json *schema_tidy(struct arena *a, const json *schema, const json *value)
{
	return tidy(a, schema, value, 0);
}

/* --- what strict servers take --- */

static bool is_limit(const char *key)
{
	return str_eq(key, "maxItems") || str_eq(key, "minItems") || str_eq(key, "maxLength");
}

/* `named`: the members are property names, not rules. */
static json *strip(struct arena *a, const json *v, bool named)
{
	json *out;

	if (json_is_arr(v)) {
		out = json_arr(a);
		json_each (it, v) {
			json_add(out, strip(a, it, false));
		}
		return out;
	}
	if (!json_is_obj(v))
		return json_copy(a, v);
	out = json_obj(a);
	json_each (m, v) {
		if (named || !is_limit(json_key(m)))
			json_set(out, json_key(m),
			        strip(a, m, !named && str_eq(json_key(m), "properties")));
	}
	return out;
}

json *schema_strict(struct arena *a, const json *schema)
{
	return strip(a, schema, false);
}
