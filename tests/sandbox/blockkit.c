/* blockkit.c - walks a value along the shapes and collects what is wrong. */
#include "blockkit.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "blockkit_i.h"

size_t blockkit_units(const char *s)
{
	size_t n = 0;
	for (const unsigned char *p = (const unsigned char *)s; *p; p++)
		n += (*p & 0xc0) == 0x80 ? 0 : *p >= 0xf0 ? 2 : 1;
	return n;
}

/* ---- where we are, and what is wrong there -------------------------------------------------- */

size_t bk_push(struct bk *k, const char *name)
{
	size_t before = k->path_len;
	int n = snprintf(k->path + before, sizeof k->path - before, "/%s", name);
	if (n > 0 && before + (size_t)n < sizeof k->path)
		k->path_len += (size_t)n;
	return before;
}

size_t bk_push_i(struct bk *k, size_t i)
{
	char name[24];
	snprintf(name, sizeof name, "%zu", i);
	return bk_push(k, name);
}

void bk_pop(struct bk *k, size_t to)
{
	k->path_len = to;
	k->path[to] = 0;
}

void bk_find(struct bk *k, const char *code, const char *fmt, ...)
{
	va_list ap;
	json *f = json_add_obj(k->findings);
	json_set_str(f, "pointer", k->path_len ? k->path : "/");
	json_set_str(f, "code", code);
	va_start(ap, fmt);
	json_set_str(f, "message", arena_vprintf(k->a, fmt, ap));
	va_end(ap);
}

void bk_find_at(struct bk *k, const char *name, const char *code, const char *what)
{
	size_t at = bk_push(k, name);
	bk_find(k, code, "%s", what);
	bk_pop(k, at);
}

/* ---- one value ------------------------------------------------------------------------------ */

bool bk_word(const char *words, const char *s)
{
	size_t n = strlen(s);
	for (const char *p = words; *p; p += strcspn(p, " "), p += *p == ' ')
		if (strcspn(p, " ") == n && memcmp(p, s, n) == 0)
			return true;
	return false;
}

void bk_str(struct bk *k, const json *v, const struct bk_field *f)
{
	const char *s = json_str(v, "", NULL);
	if (!s) {
		bk_find(k, "type", "must be a string");
		return;
	}
	size_t n = blockkit_units(s);
	if (f->counts)
		k->text_units += n;
	if (n < (size_t)f->min)
		bk_find(k, "too_short", "must be at least %d characters, is %zu", f->min, n);
	if (n > (size_t)f->max)
		bk_find(k, "too_long", "must be at most %d characters, is %zu", f->max, n);
	if (f->words && !bk_word(f->words, s))
		bk_find(k, "enum", "must be one of: %s", f->words);
}

static void check_int(struct bk *k, const json *v, const struct bk_field *f)
{
	double d = json_num(v, "", (double)NAN);
	if (isnan(d) || d != floor(d))
		bk_find(k, "type", "must be a whole number");
	else if (d < f->min || d > f->max)
		bk_find(k, "range", "must be %d to %d", f->min, f->max);
}

static void check_text(struct bk *k, const json *v, const struct bk_field *f)
{
	size_t before = json_len(k->findings);
	bk_typed(k, v, f->place);
	const char *s = json_str(v, ".text", NULL);
	if (s && json_len(k->findings) == before && blockkit_units(s) > (size_t)f->max) {
		size_t at = bk_push(k, "text");
		bk_find(k, "too_long", "must be at most %d characters, is %zu", f->max,
		        blockkit_units(s));
		bk_pop(k, at);
	}
}

static bool check_count(struct bk *k, const json *v, const struct bk_field *f)
{
	if (!json_is_arr(v)) {
		bk_find(k, "type", "must be an array");
		return false;
	}
	size_t n = json_len(v);
	if (n < (size_t)f->min)
		bk_find(k, "too_few", "must hold at least %d items, holds %zu", f->min, n);
	if (n > (size_t)f->max)
		bk_find(k, "too_many", "must hold at most %d items, holds %zu", f->max, n);
	return true;
}

static void check_items(struct bk *k, const json *v, const struct bk_field *f)
{
	if (!check_count(k, v, f) || f->kind == K_ARR)
		return;
	size_t i = 0;
	json_each (it, v) {
		size_t at = bk_push_i(k, i++);
		if (f->kind == K_LIST)
			bk_object(k, it, f->shape);
		else if (f->kind == K_MANY)
			bk_typed(k, it, f->place);
		else if (!json_is_str(it))
			bk_find(k, "type", "must be a string");
		bk_pop(k, at);
	}
}

void bk_value(struct bk *k, const json *v, const struct bk_field *f)
{
	switch (f->kind) {
	case K_ANY:
		return;
	case K_STR:
		bk_str(k, v, f);
		return;
	case K_BOOL:
		if (json_bool(v, "", true) != json_bool(v, "", false))
			bk_find(k, "type", "must be true or false");
		return;
	case K_INT:
		check_int(k, v, f);
		return;
	case K_NUM:
		if (isnan(json_num(v, "", (double)NAN)))
			bk_find(k, "type", "must be a number");
		return;
	case K_TEXT:
		check_text(k, v, f);
		return;
	case K_SHAPE:
		bk_object(k, v, f->shape);
		return;
	case K_ONE:
		bk_typed(k, v, f->place);
		return;
	case K_LIST:
	case K_MANY:
	case K_STRS:
	case K_ARR:
		check_items(k, v, f);
		return;
	}
	abort();
}

/* ---- objects -------------------------------------------------------------------------------- */

const json *bk_member(const json *o, const char *name)
{
	json_each (it, o)
		if (strcmp(json_key(it), name) == 0)
			return it;
	return NULL;
}

static void check_id(struct bk *k, const char *name, const json *v)
{
	const struct bk_field id = {.min = 1, .max = 255};
	size_t at = bk_push(k, name);
	bk_str(k, v, &id);
	const char *s = json_str(v, "", NULL);
	if (s && strcmp(name, "block_id") == 0) {
		if (bk_member(k->block_ids, s))
			bk_find(k, "duplicate", "block_id \"%s\" is used twice", s);
		json_set_bool(k->block_ids, s, true);
	}
	bk_pop(k, at);
}

static const struct bk_field *field_named(const struct bk_shape *shape, const char *name)
{
	for (const struct bk_field *f = shape->fields; f->name; f++)
		if (strcmp(f->name, name) == 0)
			return f;
	return NULL;
}

static void check_member(struct bk *k, const json *it, const struct bk_shape *shape)
{
	const char *name = json_key(it);
	const struct bk_field *f = field_named(shape, name);
	if (f) {
		size_t at = bk_push(k, name);
		bk_value(k, it, f);
		bk_pop(k, at);
		return;
	}
	bool block = shape->implied & HAS_BLOCK_ID && strcmp(name, "block_id") == 0;
	bool action = shape->implied & HAS_ACTION_ID && strcmp(name, "action_id") == 0;
	if (block || action)
		check_id(k, name, it);
	else if (!shape->type || strcmp(name, "type") != 0)
		bk_find_at(k, name, "additional_property", "is not a field of this object");
}

void bk_object(struct bk *k, const json *o, const struct bk_shape *shape)
{
	if (!json_is_obj(o)) {
		bk_find(k, "type", "must be an object");
		return;
	}
	json_each (it, o)
		check_member(k, it, shape);
	for (const struct bk_field *f = shape->fields; f->name; f++)
		if (f->required && !bk_member(o, f->name))
			bk_find(k, "required", "missing required field: %s", f->name);
	if (shape->implied & NEEDS_ACTION_ID && !bk_member(o, "action_id"))
		bk_find(k, "required", "missing required field: action_id");
	if (shape->rule)
		shape->rule(k, o);
}

void bk_typed(struct bk *k, const json *o, unsigned place)
{
	if (!json_is_obj(o)) {
		bk_find(k, "type", "must be an object");
		return;
	}
	const char *type = json_str(o, ".type", NULL);
	if (!type) {
		bk_find(k, "required", "missing required field: type");
		return;
	}
	bool known;
	const struct bk_shape *shape = bk_shape_find(type, place, &known);
	if (shape)
		bk_object(k, o, shape);
	else if (known)
		bk_find_at(k, "type", "not_allowed_here",
		        arena_printf(k->a, "%s may not stand here", type));
	else
		bk_find_at(k, "type", "enum", arena_printf(k->a, "unsupported type: %s", type));
}
