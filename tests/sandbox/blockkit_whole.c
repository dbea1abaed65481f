/* blockkit_whole.c - messages, views and answers as a whole, and what Slack says of them. */
#include <stdio.h>
#include <string.h>

#include "blockkit_i.h"

/* Observed, not documented: chat.postMessage refuses somewhere near 13,200 characters, of which
 * each block takes about 125. */
#define MESSAGE_UNITS 13200
#define BLOCK_UNITS   125
#define TEXT_UNITS    12000
#define VIEW_BYTES    250000
#define ACK_BYTES     20480

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
	bk_value(k, blocks, &f);
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
	if (k.inputs && !home && !bk_member(view, "submit"))
		bk_find(&k, "required", "submit is required with input blocks");
	size_t bytes = strlen(json_print(a, view));
	if (bytes > VIEW_BYTES)
		bk_find(&k, "view_too_large", "the view has %zu bytes, 250000 are allowed", bytes);
	bk_pop(&k, at);
	return k.findings;
}

static void check_ts(struct bk *k, const json *m, const char *name)
{
	const json *v = bk_member(m, name);
	const char *s = json_str(v, "", "");
	size_t whole = strspn(s, "0123456789");
	bool good = whole > 0 && s[whole] == '.' && strspn(s + whole + 1, "0123456789") == 6 &&
	            strlen(s) == whole + 7;
	if (v && !good)
		bk_find_at(k, name, "format", "must be a string like \"1700000000.123456\"");
}

static void check_metadata(struct bk *k, const json *m)
{
	const json *md = bk_member(m, "metadata");
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
	const json *text = bk_member(m, "text"), *blocks = bk_member(m, "blocks");
	const json *md = bk_member(m, "markdown_text");
	/* chat.update takes less than chat.postMessage, which cuts at 40,000 */
	const struct bk_field text_field = {.max = bk_member(m, "ts") ? 4000 : 40000},
	                      md_field = {.min = 1, .max = 12000};
	size_t at = bk_push(&k, "text");
	if (text)
		bk_str(&k, text, &text_field);
	bk_pop(&k, at);
	if (md) {
		at = bk_push(&k, "markdown_text");
		bk_str(&k, md, &md_field);
		if (text || blocks)
			bk_find(&k, "markdown_text_conflict", "not together with text or blocks");
		bk_pop(&k, at);
	}
	if (blocks)
		check_blocks(&k, blocks);
	bool content = (text && *json_str(text, "", "")) || json_len(blocks) || md ||
	               bk_member(m, "attachments") || bk_member(m, "delete_original");
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
	if (!bk_word("errors update push clear", action))
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
