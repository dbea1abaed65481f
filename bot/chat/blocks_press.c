/*
 * blocks_press.c - what a person presses: buttons and menus, in rows.
 */
#include <assert.h>
#include <string.h>

#include "chat/blocks_private.h"

void set_plain(struct arena *a, json *o, const char *key, const char *s, const char *or_else,
        size_t max_units)
{
	json *t = json_set_obj(o, key);
	json_set_str(t, "type", "plain_text");
	json_set_str(t, "text", str_or(plain_line(a, s, max_units), or_else));
	json_set_bool(t, "emoji", false);
}

bool action_is(const char *action_id, const char *name)
{
	size_t n = strlen(name);
	if (!action_id || strncmp(action_id, name, n) != 0)
		return false;
	return action_id[n] == '\0' || action_id[n] == '#';
}

/* --- one element --- */

/* Values come back with the click: they are sent unchanged or not at all. */
static bool is_exact(struct arena *a, const char *s, size_t max_units)
{
	return text_units(s) <= max_units && str_eq(s, str_clean(a, s, strlen(s), 0));
}

bool is_web(struct arena *a, const char *url)
{
	return url && (str_starts(url, "https://") || str_starts(url, "http://")) &&
	       !strpbrk(url, " \t\n") && is_exact(a, url, LIMIT_URL);
}

static void set_confirm(struct arena *a, json *o, const struct confirm *c)
{
	json *j = json_set_obj(o, "confirm");
	set_plain(a, j, "title", c->title, "Are you sure?", 100);
	set_plain(a, j, "text", c->text, "This cannot be undone.", 300);
	set_plain(a, j, "confirm", c->yes, "Yes", 30);
	set_plain(a, j, "deny", c->no, "Cancel", 30);
	if (c->danger)
		json_set_str(j, "style", "danger");
}

json *button_json(struct arena *a, const struct button *b)
{
	if (is_blank(b->action) || (b->value && !is_exact(a, b->value, LIMIT_VALUE)))
		return NULL;
	json *o = json_obj(a);
	json_set_str(o, "type", "button");
	json_set_str(o, "action_id", plain_line(a, b->action, LIMIT_ID - 10));
	set_plain(a, o, "text", b->text, "…", LIMIT_BUTTON);
	if (b->value)
		json_set_str(o, "value", b->value);
	if (is_web(a, b->url))
		json_set_str(o, "url", b->url);
	if (b->style == STYLE_PRIMARY)
		json_set_str(o, "style", "primary");
	else if (b->style == STYLE_DANGER)
		json_set_str(o, "style", "danger");
	if (b->confirm)
		set_confirm(a, o, b->confirm);
	return o;
}

size_t options_json(
        struct arena *a, json *menu, const struct option *o, size_t n, const struct menu_kind *k)
{
	json *arr = json_set_arr(menu, "options"), *chosen = NULL;
	size_t kept = 0;
	for (size_t i = 0; i < n && kept < k->most; i++) {
		if (is_blank(o[i].value) || !is_exact(a, o[i].value, LIMIT_OPTION_VALUE))
			continue;
		json *opt = json_obj(a);
		set_plain(a, opt, "text", o[i].text, "–", LIMIT_OPTION);
		json_set_str(opt, "value", o[i].value);
		if (!is_blank(o[i].description))
			set_plain(a, opt, "description", o[i].description, "–", LIMIT_OPTION);
		if (k->urls && is_web(a, o[i].url))
			json_set_str(opt, "url", o[i].url);
		json_add(arr, opt);
		kept++;
		if (!o[i].selected || !k->chosen)
			continue;
		if (k->many && !chosen)
			chosen = json_set_arr(menu, k->chosen);
		if (k->many)
			json_add(chosen, opt);
		else
			json_set(menu, k->chosen, opt);
	}
	return kept;
}

size_t element_cost(const struct message *m, const json *element)
{
	return m->surface == SURFACE_MESSAGE ? json_units(element)
	                                     : strlen(json_print(m->a, element));
}

/* --- rows --- */

void message_row(struct message *m, enum keep keep)
{
	struct part *p = message_part(m, PART_ROW, keep);
	p->element = json_arr(m->a);
	m->row = p;
}

/* Two elements of a row must not have the same action_id. */
static void number_action(struct message *m, json *el)
{
	const char *id = json_str(el, ".action_id", "");
	size_t same = 0;
	json_each (it, m->row->element)
		same += action_is(json_str(it, ".action_id", ""), id);
	if (same > 0)
		json_set_str(el, "action_id", arena_printf(m->a, "%s#%zu", id, same + 1));
}

static void add_to_row(struct message *m, json *el)
{
	if (!m->row)
		message_row(m, KEEP_ALWAYS);
	if (json_len(m->row->element) >= LIMIT_ROW)
		message_row(m, m->row->keep);
	size_t cost = el ? element_cost(m, el) : 0;
	if (!el) {
		m->skipped++;
		return;
	}
	if (!message_room(m, cost))
		return;
	number_action(m, el);
	json_add(m->row->element, el);
	m->row->fixed += cost;
}

void message_button(struct message *m, const struct button *b)
{
	add_to_row(m, button_json(m->a, b));
}

static json *menu_json(struct message *m, const char *type, const char *action)
{
	assert(!is_blank(action));
	json *o = json_obj(m->a);
	json_set_str(o, "type", type);
	json_set_str(o, "action_id", plain_line(m->a, action, LIMIT_ID - 10));
	return o;
}

void message_select(struct message *m, const char *action, const char *placeholder_plain,
        const struct option *o, size_t n)
{
	static const struct menu_kind kind = {LIMIT_SELECT, "initial_option", false, false};
	json *menu = menu_json(m, "static_select", action);
	set_plain(m->a, menu, "placeholder", placeholder_plain, "Choose…", LIMIT_PLACEHOLDER);
	size_t kept = options_json(m->a, menu, o, n, &kind);
	add_to_row(m, kept ? menu : NULL);
}

void message_overflow(struct message *m, const char *action, const struct option *o, size_t n)
{
	static const struct menu_kind kind = {LIMIT_OVERFLOW, NULL, false, true};
	json *menu = menu_json(m, "overflow", action);
	size_t kept = options_json(m->a, menu, o, n, &kind);
	add_to_row(m, kept ? menu : NULL);
}

void message_section_button(
        struct message *m, enum keep keep, const char *mrkdwn, const struct button *b)
{
	struct part **before = m->tail;
	message_section(m, keep, mrkdwn);
	struct part *p = *before;
	json *el = button_json(m->a, b);
	size_t cost = el ? element_cost(m, el) : 0;
	if (p && el && message_room(m, cost)) {
		p->element = el;
		p->fixed = cost;
	}
}
