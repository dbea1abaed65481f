/* blockkit_rules.c - rules that look at more than one field. */
#include <string.h>

#include "blockkit_i.h"

void bk_rule_section(struct bk *k, const json *o)
{
	const json *fields = json_get(o, ".fields");
	if (!json_has(o, ".text") && !fields)
		bk_find(k, "required", "missing required field: text or fields");
	size_t i = 0, at = bk_push(k, "fields");
	json_each (it, fields) {
		size_t here = bk_push_i(k, i++);
		bk_typed(k, it, AS_TEXT);
		if (blockkit_units(json_str(it, ".text", "")) > 2000)
			bk_find_at(k, "text", "too_long", "must be at most 2000 characters");
		bk_pop(k, here);
	}
	bk_pop(k, at);
}

void bk_rule_unique_actions(struct bk *k, const json *o)
{
	json *seen = json_obj(k->a);
	size_t i = 0, at = bk_push(k, "elements");
	json_each (it, json_get(o, ".elements")) {
		size_t here = bk_push_i(k, i++);
		const char *id = json_str(it, ".action_id", NULL);
		bool twice = false;
		json_each (s, seen)
			twice = twice || (id && strcmp(json_key(s), id) == 0);
		if (twice)
			bk_find_at(k, "action_id", "duplicate",
			        "action_id is used twice in this block");
		else if (id)
			json_set_bool(seen, id, true);
		bk_pop(k, here);
	}
	bk_pop(k, at);
}

void bk_rule_focus(struct bk *k, const json *o)
{
	k->focused += json_bool(o, ".focus_on_load", false);
}

static bool among(struct arena *a, const json *options, uint64_t hash)
{
	json_each (it, options)
		if (json_hash(a, it) == hash)
			return true;
	return false;
}

static bool offered(struct bk *k, const json *o, const json *initial)
{
	uint64_t hash = json_hash(k->a, initial);
	bool found = among(k->a, json_get(o, ".options"), hash);
	json_each (g, json_get(o, ".option_groups"))
		found = found || among(k->a, json_get(g, ".options"), hash);
	return found;
}

/* What is chosen at first must be one of the options, letter by letter. */
void bk_rule_initial(struct bk *k, const json *o)
{
	static const char why[] = "must exactly match one of the options";
	bk_rule_focus(k, o);
	const json *one = json_get(o, ".initial_option");
	if (one && !offered(k, o, one))
		bk_find_at(k, "initial_option", "enum", why);
	json_each (it, json_get(o, ".initial_options"))
		if (!offered(k, o, it))
			bk_find_at(k, "initial_options", "enum", why);
}

void bk_rule_options(struct bk *k, const json *o)
{
	bool list = json_has(o, ".options"), groups = json_has(o, ".option_groups");
	if (list == groups)
		bk_find(k, list ? "conflict" : "required",
		        "exactly one of options and option_groups is needed");
	bk_rule_initial(k, o);
}

void bk_rule_image(struct bk *k, const json *o)
{
	if (json_has(o, ".image_url") == json_has(o, ".slack_file"))
		bk_find(k, "one_of", "exactly one of image_url and slack_file is needed");
}

void bk_rule_slack_file(struct bk *k, const json *o)
{
	if (json_has(o, ".id") == json_has(o, ".url"))
		bk_find(k, "one_of", "exactly one of id and url is needed");
}

void bk_rule_input(struct bk *k, const json *o)
{
	(void)o;
	k->inputs++;
}

void bk_rule_text_input(struct bk *k, const json *o)
{
	bk_rule_focus(k, o);
	int64_t most = json_int(o, ".max_length", 3000), least = json_int(o, ".min_length", 0);
	if (least > most)
		bk_find_at(k, "min_length", "range", "must not be above max_length");
	if ((int64_t)blockkit_units(json_str(o, ".initial_value", "")) > most)
		bk_find_at(k, "initial_value", "too_long", "is longer than max_length");
}

void bk_rule_date(struct bk *k, const json *o)
{
	bk_rule_focus(k, o);
	const char *date = json_str(o, ".initial_date", NULL);
	const char *time = json_str(o, ".initial_time", NULL);
	static const char digit[] = "0123456789";
	if (date && !(strspn(date, digit) == 4 && date[4] == '-' && strspn(date + 5, digit) == 2 &&
	                    date[7] == '-' && strspn(date + 8, digit) == 2))
		bk_find_at(k, "initial_date", "format", "must be YYYY-MM-DD");
	if (time && !(strspn(time, digit) == 2 && time[2] == ':' && strspn(time + 3, digit) == 2))
		bk_find_at(k, "initial_time", "format", "must be HH:mm");
}

void bk_rule_table(struct bk *k, const json *o)
{
	k->tables++;
	size_t row = 0, at = bk_push(k, "rows");
	json_each (r, json_get(o, ".rows")) {
		size_t here = bk_push_i(k, row++), cell = 0;
		if (!json_is_arr(r))
			bk_find(k, "type", "a row is an array of cells");
		if (json_len(r) > 20)
			bk_find(k, "too_many", "must hold at most 20 cells");
		json_each (c, r) {
			size_t deep = bk_push_i(k, cell++);
			bk_typed(k, c, IN_CELL);
			bk_pop(k, deep);
		}
		bk_pop(k, here);
	}
	bk_pop(k, at);
}

void bk_rule_markdown(struct bk *k, const json *o)
{
	k->markdown_units += blockkit_units(json_str(o, ".text", ""));
}

void bk_rule_file(struct bk *k, const json *o)
{
	(void)o;
	bk_find(k, "not_sendable", "a file block comes from Slack and cannot be sent");
}

void bk_rule_chart(struct bk *k, const json *o)
{
	(void)o;
	k->charts++;
}

static bool has_point(const json *series, const char *label)
{
	json_each (p, json_get(series, ".data"))
		if (str_eq(json_str(p, ".label", NULL), label))
			return true;
	return false;
}

/* Each series has one point for each category and none besides. */
void bk_rule_series(struct bk *k, const json *o)
{
	const json *cats = json_get(o, ".axis_config.categories");
	json *names = json_arr(k->a);
	size_t i = 0, at = bk_push(k, "series");
	json_each (s, json_get(o, ".series")) {
		size_t here = bk_push_i(k, i++);
		const char *name = json_str(s, ".name", "");
		json_each (n, names)
			if (str_eq(json_str(n, "", NULL), name))
				bk_find_at(k, "name", "duplicate", "series names must differ");
		json_add_str(names, name);
		json_each (c, cats)
			if (!has_point(s, json_str(c, "", "")))
				bk_find(k, "required", "no point for category \"%s\"",
				        json_str(c, "", ""));
		if (json_len(json_get(s, ".data")) > json_len(cats))
			bk_find_at(k, "data", "too_many", "more points than categories");
		bk_pop(k, here);
	}
	bk_pop(k, at);
}
