/* blockkit.c - walks a value along the shapes and collects what is wrong. */
#include "blockkit.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "blockkit_i.h"

/* Observed, not documented: chat.postMessage refuses somewhere near 13,200 characters, of which
 * each block takes about 125. */
#define MESSAGE_UNITS 13200
#define BLOCK_UNITS   125
#define TEXT_UNITS    12000
#define VIEW_BYTES    250000
#define ACK_BYTES     20480

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

static bool word_allowed(const char *words, const char *s)
{
	size_t n = strlen(s);
	for (const char *p = words; *p; p += strcspn(p, " "), p += *p == ' ')
		if (strcspn(p, " ") == n && memcmp(p, s, n) == 0)
			return true;
	return false;
}

static void check_str(struct bk *k, const json *v, const struct bk_field *f)
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
	if (f->words && !word_allowed(f->words, s))
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

static void check_value(struct bk *k, const json *v, const struct bk_field *f)
{
	switch (f->kind) {
	case K_ANY:
		return;
	case K_STR:
		check_str(k, v, f);
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

static const json *member(const json *o, const char *name)
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
	check_str(k, v, &id);
	const char *s = json_str(v, "", NULL);
	if (s && strcmp(name, "block_id") == 0) {
		if (member(k->block_ids, s))
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
		check_value(k, it, f);
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
		if (f->required && !member(o, f->name))
			bk_find(k, "required", "missing required field: %s", f->name);
	if (shape->implied & NEEDS_ACTION_ID && !member(o, "action_id"))
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

/* ---- whole values --------------------------------------------------------------------------- */

static struct bk checker(struct arena *a, enum bk_surface surface)
{
	struct bk k = {.a = a, .surface = surface};
	k.findings = json_arr(a);
	k.block_ids = json_obj(a);
	return k;
}

static void check_totals(struct bk *k, size_t blocks)
{
	if (k->markdown_units > TEXT_UNITS)
		bk_find(k, "too_long", "markdown blocks together may hold 12000 characters");
	if (k->tables > 1)
		bk_find(k, "too_many", "a message may hold one table");
	if (k->charts > 2)
		bk_find(k, "too_many", "a message may hold two charts");
	if (k->focused > 1)
		bk_find(k, "duplicate", "focus_on_load may be set once");
	if (k->surface != BK_MESSAGE)
		return;
	if (k->text_units > TEXT_UNITS || k->text_units + BLOCK_UNITS * blocks > MESSAGE_UNITS)
		bk_find(k, "msg_blocks_too_long", "%zu characters in %zu blocks", k->text_units,
		        blocks);
}

static void check_blocks(struct bk *k, const json *blocks)
{
	static const unsigned places[] = {IN_MESSAGE, IN_MODAL, IN_HOME};
	static const int most[] = {50, 100, 100};
	const struct bk_field f = {
	        .kind = K_MANY, .max = most[k->surface], .place = places[k->surface]};
	size_t at = bk_push(k, "blocks");
	check_value(k, blocks, &f);
	check_totals(k, json_len(blocks));
	bk_pop(k, at);
}

json *blockkit_blocks(struct arena *a, const json *blocks, enum bk_surface surface)
{
	struct bk k = checker(a, surface);
	check_blocks(&k, blocks);
	return k.findings;
}

json *blockkit_view(struct arena *a, const json *view)
{
	const char *type = json_str(view, ".type", "");
	bool home = strcmp(type, "home") == 0;
	struct bk k = checker(a, home ? BK_HOME : BK_MODAL);
	size_t at = bk_push(&k, "view");
	if (!home && strcmp(type, "modal") != 0) {
		bk_find_at(&k, "type", "enum", "must be modal or home");
		return k.findings;
	}
	bk_object(&k, view, home ? &bk_home : &bk_modal);
	check_totals(&k, 0);
	if (k.inputs && !home && !member(view, "submit"))
		bk_find(&k, "required", "submit is required with input blocks");
	size_t bytes = strlen(json_print(a, view));
	if (bytes > VIEW_BYTES)
		bk_find(&k, "view_too_large", "the view has %zu bytes, 250000 are allowed", bytes);
	bk_pop(&k, at);
	return k.findings;
}

static void check_ts(struct bk *k, const json *m, const char *name)
{
	const json *v = member(m, name);
	const char *s = json_str(v, "", "");
	size_t whole = strspn(s, "0123456789");
	bool good = whole > 0 && s[whole] == '.' && strspn(s + whole + 1, "0123456789") == 6 &&
	            strlen(s) == whole + 7;
	if (v && !good)
		bk_find_at(k, name, "format", "must be a string like \"1700000000.123456\"");
}

static void check_metadata(struct bk *k, const json *m)
{
	const json *md = member(m, "metadata");
	if (!md || (json_is_obj(md) && !json_len(md)))
		return;
	size_t at = bk_push(k, "metadata");
	if (!*json_str(md, ".event_type", ""))
		bk_find(k, "required", "missing required field: event_type");
	if (!json_is_obj(json_get(md, ".event_payload")))
		bk_find(k, "required", "missing required field: event_payload");
	bk_pop(k, at);
}

json *blockkit_message(struct arena *a, const json *m)
{
	struct bk k = checker(a, BK_MESSAGE);
	if (!json_is_obj(m)) {
		bk_find(&k, "type", "must be an object");
		return k.findings;
	}
	check_ts(&k, m, "ts");
	check_ts(&k, m, "thread_ts");
	check_metadata(&k, m);
	const json *text = member(m, "text"), *blocks = member(m, "blocks");
	const json *md = member(m, "markdown_text");
	/* chat.update takes less than chat.postMessage, which cuts at 40,000 */
	const struct bk_field text_field = {.max = member(m, "ts") ? 4000 : 40000},
	                      md_field = {.min = 1, .max = 12000};
	size_t at = bk_push(&k, "text");
	if (text)
		check_str(&k, text, &text_field);
	bk_pop(&k, at);
	if (md) {
		at = bk_push(&k, "markdown_text");
		check_str(&k, md, &md_field);
		if (text || blocks)
			bk_find(&k, "markdown_text_conflict", "not together with text or blocks");
		bk_pop(&k, at);
	}
	if (blocks)
		check_blocks(&k, blocks);
	bool content = (text && *json_str(text, "", "")) || json_len(blocks) || md ||
	               member(m, "attachments") || member(m, "delete_original");
	if (!content)
		bk_find(&k, "no_text", "no text, blocks or attachments");
	return k.findings;
}

static void add_all(json *to, const json *findings, struct arena *a, const char *prefix)
{
	json_each (it, findings) {
		json *f = json_add_obj(to);
		json_set_str(f, "pointer",
		        arena_printf(a, "%s%s", prefix, json_str(it, ".pointer", "")));
		json_set_str(f, "code", json_str(it, ".code", ""));
		json_set_str(f, "message", json_str(it, ".message", ""));
	}
}

static void check_view_answer(struct bk *k, const json *p, const char *action)
{
	size_t at = bk_push(k, "payload");
	if (!word_allowed("errors update push clear", action))
		bk_find_at(k, "response_action", "enum", "must be errors, update, push or clear");
	if (strcmp(action, "errors") == 0 && !json_len(json_get(p, ".errors")))
		bk_find(k, "required", "errors must name at least one block_id");
	bk_pop(k, at);
	if (strcmp(action, "update") == 0 || strcmp(action, "push") == 0)
		add_all(k->findings, blockkit_view(k->a, json_get(p, ".view")), k->a, "/payload");
}

json *blockkit_ack(struct arena *a, const json *ack)
{
	struct bk k = checker(a, BK_MESSAGE);
	json_each (it, ack) {
		if (strcmp(json_key(it), "envelope_id") && strcmp(json_key(it), "payload"))
			bk_find_at(&k, json_key(it), "additional_property",
			        "is not a field of an answer");
	}
	if (!*json_str(ack, ".envelope_id", ""))
		bk_find(&k, "required", "missing required field: envelope_id");
	if (strlen(json_print(a, ack)) >= ACK_BYTES)
		bk_find(&k, "ack_too_large", "an answer must stay below 20480 bytes");
	const json *p = json_get(ack, ".payload");
	const char *action = json_str(p, ".response_action", NULL);
	if (action)
		check_view_answer(&k, p, action);
	else if (json_len(p) && !json_has(p, ".options") && !json_has(p, ".option_groups"))
		add_all(k.findings, blockkit_message(a, p), a, "/payload");
	return k.findings;
}

/* ---- what Slack says ------------------------------------------------------------------------ */

const char *blockkit_error(const json *findings)
{
	json_each (it, findings) {
		const char *code = json_str(it, ".code", "");
		if (strcmp(code, "msg_blocks_too_long") == 0 || strcmp(code, "view_too_large") == 0)
			return code;
	}
	return "invalid_blocks";
}

json *blockkit_lines(struct arena *a, const json *findings)
{
	json *out = json_arr(a);
	json_each (it, findings)
		json_add_str(
		        out, arena_printf(a, "[ERROR] %s [json-pointer:%s]",
		                     json_str(it, ".message", ""), json_str(it, ".pointer", "")));
	return out;
}
