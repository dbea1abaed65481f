/*
 * blocks_render.c - the whole message: what shrinks, what goes, and the JSON.
 *
 * The plan. Every part begins with the room one block has. While the message is too large, the
 * lowest `keep` level halves the room of its parts down to MIN_ROOM, then gives up whole parts from
 * its end, then the next level does. Each level is a bounded number of passes over the parts, so
 * the work is linear whatever was put in.
 */
#include <stdlib.h>
#include <string.h>

#include "chat/blocks_private.h"

#define MIN_ROOM       240
#define BLOCK_UNITS    125
#define MESSAGE_BLOCKS 50
#define VIEW_BLOCKS    100
#define VIEW_MAX_UNITS 60000 /* 250 KB of JSON at 3 bytes a unit and room for the structure */
#define NOTE_UNITS     200   /* the line that says what was left out */

struct item {
	const struct part *p;
	size_t room, units;
	bool dropped;
};

struct plan {
	struct arena *a;
	struct item *items;
	size_t n;
	size_t units, blocks, dropped;
	size_t max_units, max_blocks;
};

/* --- one part in its room --- */

/* As many lines as fit, then "… n more lines". `escaped`: mrkdwn, else raw. */
static char *fit_lines(struct arena *a, const char *s, size_t room, bool escaped)
{
	if (text_units(s) <= room)
		return arena_strdup(a, s);
	size_t used = 24, lines = 0, taken = 0; /* 24: the line that counts the rest */
	const char *p = s;
	while (*p) {
		size_t n = strcspn(p, "\n");
		size_t units = text_units(arena_strndup(a, p, n)) + 1;
		if (used + units > room)
			break;
		used += units;
		taken++;
		p += n + (p[n] == '\n');
	}
	if (taken == 0)
		return escaped ? mrk_cut(a, s, room) : plain_lines(a, s, room);
	for (const char *q = p; *q; q++)
		lines += *q == '\n';
	return arena_printf(
	        a, "%.*s… %zu more line%s", (int)(p - s), s, lines + 1, lines ? "s" : "");
}

static char *list_text(struct arena *a, const struct part *p, size_t room)
{
	struct str b = str_new(a);
	size_t used = 24;
	if (p->text) {
		str_add(&b, mrk_cut(a, p->text, room / 2));
		used += text_units(b.s);
	}
	for (size_t i = 0; i < p->n; i++) {
		const char *line = i < MAX_ITEMS ? p->items[i] : NULL;
		const char *mark = p->numbered ? arena_printf(a, "%zu. ", i + 1) : "• ";
		size_t units = line ? text_units(line) + text_units(mark) + 1 : 0;
		bool first = i == 0 && line && used + units > room && room > used + 40;
		if (first) /* one long item: better half of it than nothing */
			line = mrk_cut(a, line, room - used - 8);
		if (!line || (!first && used + units > room)) {
			str_addf(&b, "%s… %zu more", b.len ? "\n" : "", p->n - i);
			return b.s;
		}
		used += first ? room : units;
		str_addf(&b, "%s%s%s", b.len ? "\n" : "", mark, line);
	}
	return b.s;
}

/* The one text of a part as it is sent; NULL for parts that have none. */
static char *part_text(struct arena *a, const struct part *p, size_t room)
{
	switch (p->kind) {
	case PART_SECTION:
	case PART_CONTEXT:
		return mrk_cut(a, p->text, room);
	case PART_CODE:
		return arena_printf(a, "```\n%s\n```", fit_lines(a, p->text, room - 8, true));
	case PART_PRE:
		return fit_lines(a, p->text, room, false);
	case PART_LIST:
		return list_text(a, p, room);
	case PART_HEADER:
	case PART_IMAGE:
		return arena_strdup(a, p->text);
	case PART_FIELDS:
	case PART_DIVIDER:
	case PART_ROW:
	case PART_INPUT:
		return NULL;
	}
	abort();
}

static size_t field_room(const struct part *p, size_t room)
{
	size_t each = room / p->n;
	return each > LIMIT_FIELD ? LIMIT_FIELD : each;
}

static size_t part_units(struct arena *a, const struct part *p, size_t room)
{
	size_t units = p->fixed + BLOCK_UNITS;
	if (p->kind == PART_FIELDS) {
		for (size_t i = 0; i < p->n; i++)
			units += text_units(mrk_cut(a, p->items[i], field_room(p, room)));
		return units;
	}
	const char *text = part_text(a, p, room);
	return units + (text ? text_units(text) : 0);
}

/* --- the plan --- */

static bool too_much(const struct plan *pl)
{
	return pl->units > pl->max_units || pl->blocks > pl->max_blocks;
}

static bool can_shrink(const struct part *p)
{
	return p->kind == PART_SECTION || p->kind == PART_CONTEXT || p->kind == PART_CODE ||
	       p->kind == PART_PRE || p->kind == PART_LIST || p->kind == PART_FIELDS;
}

static void shrink(struct plan *pl, enum keep keep, size_t room)
{
	for (size_t i = pl->n; i-- > 0 && pl->units > pl->max_units;) {
		struct item *it = &pl->items[i];
		if (it->dropped || it->p->keep != keep || !can_shrink(it->p) || it->room <= room)
			continue;
		pl->units -= it->units;
		it->room = room;
		it->units = part_units(pl->a, it->p, room);
		pl->units += it->units;
	}
}

static void drop(struct plan *pl, enum keep keep)
{
	for (size_t i = pl->n; i-- > 0 && too_much(pl);) {
		struct item *it = &pl->items[i];
		if (it->dropped || it->p->keep != keep)
			continue;
		it->dropped = true;
		pl->units -= it->units;
		pl->blocks--;
		pl->dropped += it->p->kind != PART_DIVIDER;
	}
}

static bool is_empty(const struct part *p)
{
	return p->kind == PART_ROW && json_len(p->element) == 0;
}

static struct plan make_plan(const struct message *m)
{
	bool msg = m->surface == SURFACE_MESSAGE;
	struct plan pl = {.a = m->a,
	        .max_units = (msg ? MESSAGE_MAX_UNITS : VIEW_MAX_UNITS) - NOTE_UNITS,
	        .max_blocks = (msg ? MESSAGE_BLOCKS : VIEW_BLOCKS) - 1};
	size_t n = 0;
	for (const struct part *p = m->first; p; p = p->next)
		n++;
	pl.items = ARENA_ARRAY(m->a, n + 1, struct item);
	for (const struct part *p = m->first; p; p = p->next) {
		if (is_empty(p))
			continue;
		struct item *it = &pl.items[pl.n++];
		it->p = p;
		it->room = p->kind == PART_PRE ? LIMIT_PRE : LIMIT_TEXT;
		it->units = part_units(m->a, p, it->room);
		pl.units += it->units;
		pl.blocks++;
	}
	for (int keep = KEEP_LOW; keep >= KEEP_ALWAYS && too_much(&pl); keep--) {
		for (size_t room = LIMIT_TEXT; room >= MIN_ROOM; room /= 2)
			shrink(&pl, (enum keep)keep, room);
		drop(&pl, (enum keep)keep);
	}
	return pl;
}

/* --- JSON --- */

static void set_mrkdwn(json *o, const char *text)
{
	json_set_str(o, "type", "mrkdwn");
	json_set_str(o, "text", text);
	json_set_bool(o, "verbatim", true);
}

static json *typed(json *blocks, const char *type)
{
	json *o = json_add_obj(blocks);
	json_set_str(o, "type", type);
	return o;
}

static void add_section(json *blocks, const struct part *p, const char *text)
{
	json *o = typed(blocks, "section");
	set_mrkdwn(json_set_obj(o, "text"), text);
	if (p->element)
		json_set(o, "accessory", p->element);
}

static void add_context(json *blocks, const char *text)
{
	set_mrkdwn(json_add_obj(json_set_arr(typed(blocks, "context"), "elements")), text);
}

static void add_pre(json *blocks, const char *text)
{
	json *pre = json_add_obj(json_set_arr(typed(blocks, "rich_text"), "elements"));
	json_set_str(pre, "type", "rich_text_preformatted");
	json *t = json_add_obj(json_set_arr(pre, "elements"));
	json_set_str(t, "type", "text");
	json_set_str(t, "text", text);
}

static void add_fields(struct arena *a, json *blocks, const struct item *it)
{
	json *arr = json_set_arr(typed(blocks, "section"), "fields");
	for (size_t i = 0; i < it->p->n; i++)
		set_mrkdwn(json_add_obj(arr),
		        mrk_cut(a, it->p->items[i], field_room(it->p, it->room)));
}

static void add_image(json *blocks, const struct part *p)
{
	json *o = typed(blocks, "image");
	json_set_str(o, "alt_text", p->text);
	if (p->ref[0] == 'F')
		json_set_str(json_set_obj(o, "slack_file"), "id", p->ref);
	else
		json_set_str(o, "image_url", p->ref);
}

static void add_block(struct arena *a, json *blocks, const struct item *it)
{
	const struct part *p = it->p;
	const char *text = part_text(a, p, it->room);
	switch (p->kind) {
	case PART_HEADER:
		set_plain(a, typed(blocks, "header"), "text", text, "Heal", LIMIT_HEADER);
		return;
	case PART_SECTION:
	case PART_CODE:
	case PART_LIST:
		add_section(blocks, p, text);
		return;
	case PART_CONTEXT:
		add_context(blocks, text);
		return;
	case PART_DIVIDER:
		typed(blocks, "divider");
		return;
	case PART_FIELDS:
		add_fields(a, blocks, it);
		return;
	case PART_PRE:
		add_pre(blocks, text);
		return;
	case PART_IMAGE:
		add_image(blocks, p);
		return;
	case PART_ROW:
		json_set(typed(blocks, "actions"), "elements", p->element);
		return;
	case PART_INPUT:
		json_add(blocks, p->element);
		return;
	}
	abort();
}

const json *message_blocks(const struct message *m)
{
	struct plan pl = make_plan(m);
	json *blocks = json_arr(m->a);
	for (size_t i = 0; i < pl.n; i++)
		if (!pl.items[i].dropped)
			add_block(m->a, blocks, &pl.items[i]);
	size_t out = pl.dropped + m->skipped;
	if (out > 0)
		add_context(blocks, arena_printf(m->a, "… %zu more not shown here", out));
	if (json_len(blocks) == 0 && m->surface != SURFACE_MESSAGE)
		add_context(blocks, "Nothing to show.");
	return blocks;
}

const char *message_text(const struct message *m)
{
	return mrk_cut(m->a, mrk(m->a, "%s", m->fallback), LIMIT_TEXT);
}

static void set_modal(const struct message *m, json *view)
{
	const struct modal *v = m->modal;
	json_set_str(view, "callback_id", v->callback);
	set_plain(m->a, view, "title", v->title, "Heal", LIMIT_VIEW_TITLE);
	if (*v->submit || m->has_input)
		set_plain(m->a, view, "submit", v->submit, "OK", LIMIT_VIEW_TITLE);
	set_plain(m->a, view, "close", v->close, "Cancel", LIMIT_VIEW_TITLE);
	if (v->data)
		json_set_str(view, "private_metadata", v->data);
	if (v->notify_close)
		json_set_bool(view, "notify_on_close", true);
}

const json *message_json(const struct message *m)
{
	json *o = json_obj(m->a);
	const json *blocks = message_blocks(m);
	if (m->surface == SURFACE_MESSAGE) {
		json_set_str(o, "text", message_text(m));
		if (json_len(blocks) > 0)
			json_set(o, "blocks", blocks);
		return o;
	}
	json_set_str(o, "type", m->surface == SURFACE_HOME ? "home" : "modal");
	if (m->surface == SURFACE_MODAL)
		set_modal(m, o);
	json_set(o, "blocks", blocks);
	return o;
}
