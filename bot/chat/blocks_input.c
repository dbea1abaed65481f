/*
 * blocks_input.c - what a person fills in: the inputs of a modal, and reading them back.
 */
#include <assert.h>
#include <string.h>

#include "chat/blocks_private.h"

#define MAX_INPUT 3000

/* A block_id that nothing else in this view has. */
static char *unique_id(struct message *m, const char *id)
{
	assert(!is_blank(id));
	char *want = plain_line(m->a, id, LIMIT_ID - 10), *got = want;
	for (int n = 2;; n++) {
		bool taken = false;
		json_each (it, m->ids)
			taken = taken || str_eq(json_key(it), got);
		if (!taken)
			break;
		got = arena_printf(m->a, "%s~%d", want, n);
	}
	json_set_bool(m->ids, got, true);
	return got;
}

/* {"type":"input",…} without its element. */
static json *input_json(struct message *m, const char *id, const char *label)
{
	json *block = json_obj(m->a);
	json_set_str(block, "type", "input");
	json_set_str(block, "block_id", unique_id(m, id));
	set_plain(m->a, block, "label", label, "Input", LIMIT_LABEL);
	return block;
}

static void add_input(struct message *m, json *block)
{
	size_t cost = element_cost(m, block);
	if (!message_room(m, cost))
		return;
	struct part *p = message_part(m, PART_INPUT, KEEP_ALWAYS);
	p->element = block;
	p->fixed = cost;
	m->has_input = true;
}

void message_input(struct message *m, const struct input *in)
{
	int max = in->max > 0 && in->max < MAX_INPUT ? in->max : MAX_INPUT;
	json *block = input_json(m, in->id, in->label);
	json *el = json_set_obj(block, "element");
	json_set_str(el, "type", "plain_text_input");
	json_set_str(el, "action_id", plain_line(m->a, in->id, LIMIT_ID - 10));
	json_set_int(el, "max_length", max);
	json_set_bool(el, "multiline", in->multiline);
	const char *initial = in->multiline ? plain_lines(m->a, in->initial, (size_t)max)
	                                    : plain_line(m->a, in->initial, (size_t)max);
	if (!is_blank(initial))
		json_set_str(el, "initial_value", initial);
	if (!is_blank(in->placeholder))
		set_plain(m->a, el, "placeholder", in->placeholder, "…", LIMIT_PLACEHOLDER);
	if (!is_blank(in->hint))
		set_plain(m->a, block, "hint", in->hint, "…", LIMIT_LABEL);
	if (in->optional)
		json_set_bool(block, "optional", true);
	add_input(m, block);
}

static void add_menu(struct message *m, const char *id, const char *label, const char *type,
        const struct option *o, size_t n, const struct menu_kind *k)
{
	json *block = input_json(m, id, label);
	json *el = json_set_obj(block, "element");
	json_set_str(el, "type", type);
	json_set_str(el, "action_id", plain_line(m->a, id, LIMIT_ID - 10));
	size_t kept = options_json(m->a, el, o, n, k);
	m->skipped += n - kept;
	if (k->many)
		json_set_bool(block, "optional", true);
	if (kept > 0)
		add_input(m, block);
}

void message_checks(struct message *m, const char *id, const char *label_plain,
        const struct option *o, size_t n)
{
	static const struct menu_kind kind = {LIMIT_CHECKS, "initial_options", true, false};
	add_menu(m, id, label_plain, "checkboxes", o, n, &kind);
}

void message_choice(struct message *m, const char *id, const char *label_plain,
        const struct option *o, size_t n)
{
	static const struct menu_kind few = {LIMIT_CHECKS, "initial_option", false, false};
	static const struct menu_kind many = {LIMIT_SELECT, "initial_option", false, false};
	if (n <= LIMIT_CHECKS)
		add_menu(m, id, label_plain, "radio_buttons", o, n, &few);
	else
		add_menu(m, id, label_plain, "static_select", o, n, &many);
}

/* --- reading back --- */

static const json *member(const json *o, const char *key)
{
	if (json_is_obj(o))
		json_each (it, o)
			if (str_eq(json_key(it), key))
				return it;
	return NULL;
}

static const json *state_of(const json *view, const char *id)
{
	return member(member(json_get(view, ".state.values"), id), id);
}

const char *view_value(const json *view, const char *id)
{
	const json *v = state_of(view, id);
	return json_str(v, ".value", json_str(v, ".selected_option.value", ""));
}

bool view_checked(const json *view, const char *id, const char *value)
{
	const json *all = json_get(state_of(view, id), ".selected_options");
	if (json_is_arr(all))
		json_each (it, all)
			if (str_eq(json_str(it, ".value", NULL), value))
				return true;
	return false;
}
