/*
 * json.c - parsing and reading (see json.h). Building is in json_build.c, printing in json_print.c;
 * no other file sees cJSON.
 *
 * cJSON allocates nodes by malloc; the root is tied to the arena by arena_defer. cJSON is stricter
 * than its input deserves in one place (a lone surrogate fails the whole text, and peers cut log
 * lines in the middle of a pair) and laxer in others (\u0000 cuts a string, raw bytes need not be
 * UTF-8), so the text is mended first.
 */
#include "json.h"

#include <assert.h>
#include <cjson/cJSON.h>
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_text.h"

static void delete_tree(void *p)
{
	cJSON_Delete(p);
}

json *json_parse(struct arena *a, const char *text, size_t n, struct err *e)
{
	const char *end = NULL;
	cJSON *j;

	if (!json_text_mend(a, &text, &n, e))
		return NULL;
	j = cJSON_ParseWithLengthOpts(text, n, &end, 0);
	if (!j) {
		err_set(e, ERR_PROTO, false, "not JSON (at byte %zu of %zu)",
		        end ? (size_t)(end - text) : 0, n);
		return NULL;
	}
	arena_defer(a, delete_tree, j);
	while (end < text + n && strchr(" \t\r\n", *end) && *end)
		end++;
	if (end != text + n) {
		err_set(e, ERR_PROTO, false, "more than one JSON value (at byte %zu of %zu)",
		        (size_t)(end - text), n);
		return NULL;
	}
	return j;
}

static const json *member(const json *j, const char *key, size_t n)
{
	for (const json *it = cJSON_IsObject(j) ? j->child : NULL; it; it = it->next) {
		if (it->string && strlen(it->string) == n && memcmp(it->string, key, n) == 0)
			return it;
	}
	return NULL;
}

static bool key_char(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '-';
}

/* Is the quoted text at k, up to its closing quote, the name s? */
static bool same_quoted(const char *k, const char *s)
{
	for (; *k && *k != '"'; k++, s++) {
		k += *k == '\\';
		if (*k != *s || !*s)
			return false;
	}
	return *k == '"' && !*s;
}

/* ["any key"], with \" and \\ in it; *p stands behind the opening quote. */
static const json *quoted(const json *j, const char **p)
{
	const json *found = NULL;

	for (const json *it = cJSON_IsObject(j) ? j->child : NULL; it && !found; it = it->next) {
		if (it->string && same_quoted(*p, it->string))
			found = it;
	}
	while (**p && **p != '"')
		*p += **p == '\\' && (*p)[1] ? 2 : 1;
	assert(**p == '"' && (*p)[1] == ']');
	*p += 2;
	return found;
}

static const json *indexed(const json *j, const char **p)
{
	const json *it = cJSON_IsArray(j) ? j->child : NULL;
	char *end;
	unsigned long i;

	assert(isdigit((unsigned char)**p));
	i = strtoul(*p, &end, 10);
	assert(*end == ']');
	*p = end + 1;
	for (; it && i > 0; i--)
		it = it->next;
	return it;
}

/* A path that is not one is a bug of the caller, hence the asserts. */
const json *json_get(const json *j, const char *path)
{
	const char *p = path;

	while (*p) {
		if (*p == '.') {
			const char *key = ++p;

			while (key_char(*p))
				p++;
			assert(p > key);
			j = member(j, key, (size_t)(p - key));
		} else if (p[0] == '[' && p[1] == '"') {
			p += 2;
			j = quoted(j, &p);
		} else {
			assert(*p == '[');
			p++;
			j = indexed(j, &p);
		}
	}
	return j;
}

const char *json_str(const json *j, const char *path, const char *def)
{
	const json *v = json_get(j, path);

	return cJSON_IsString(v) && v->valuestring ? v->valuestring : def;
}

double json_num(const json *j, const char *path, double def)
{
	const json *v = json_get(j, path);

	return cJSON_IsNumber(v) ? v->valuedouble : def;
}

int64_t json_int(const json *j, const char *path, int64_t def)
{
	const json *v = json_get(j, path);
	double d = cJSON_IsNumber(v) ? v->valuedouble : 0;

	if (!cJSON_IsNumber(v) || isnan(d))
		return def;
	if (d >= 0x1p63)
		return INT64_MAX;
	if (d < -0x1p63)
		return INT64_MIN;
	return (int64_t)d;
}

bool json_bool(const json *j, const char *path, bool def)
{
	const json *v = json_get(j, path);

	return cJSON_IsBool(v) ? cJSON_IsTrue(v) : def;
}

bool json_is_obj(const json *j)
{
	return cJSON_IsObject(j);
}

bool json_is_arr(const json *j)
{
	return cJSON_IsArray(j);
}

bool json_is_str(const json *j)
{
	return cJSON_IsString(j);
}

bool json_is_null(const json *j)
{
	return cJSON_IsNull(j);
}

bool json_has(const json *j, const char *path)
{
	const json *v = json_get(j, path);

	return v && !cJSON_IsNull(v);
}

size_t json_len(const json *j)
{
	size_t n = 0;

	json_each (it, j)
		n++;
	return n;
}

const json *json_first(const json *j)
{
	return cJSON_IsArray(j) || cJSON_IsObject(j) ? j->child : NULL;
}

const json *json_next(const json *item)
{
	return item->next;
}

const char *json_key(const json *item)
{
	return item->string;
}
