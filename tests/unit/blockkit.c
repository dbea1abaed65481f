/*
 * blockkit.c - see blockkit.h. Checks JSON values only; knows nothing of bot/chat.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "str.h"
#include "unit/blockkit.h"

struct check {
	struct arena *a;
	const char *problem;
	const char *ids[512];
	size_t nids;
	size_t text; /* UTF-16 units of all texts */
	bool has_input, view;
};

__attribute__((format(printf, 3, 4))) static void bad(
        struct check *c, const char *where, const char *fmt, ...)
{
	va_list ap;
	if (c->problem)
		return;
	va_start(ap, fmt);
	c->problem = arena_printf(c->a, "%s: %s", where, arena_vprintf(c->a, fmt, ap));
	va_end(ap);
}

/* UTF-16 units, straight from the bytes of valid UTF-8: lead bytes count, four-byte ones twice. */
static size_t units(const char *s)
{
	size_t n = 0;
	for (; *s; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80 ? 1 + ((unsigned char)*s >= 0xf0) : 0;
	return n;
}

static void keys(struct check *c, const json *o, const char *where, const char *allowed)
{
	if (!json_is_obj(o)) {
		bad(c, where, "is not an object");
		return;
	}
	json_each (it, o) {
		char *want = arena_printf(c->a, " %s ", json_key(it));
		if (!strstr(allowed, want))
			bad(c, where, "field \"%s\" is not known here", json_key(it));
	}
}

static const char *string(
        struct check *c, const json *o, const char *where, const char *key, size_t min, size_t max)
{
	const json *v = json_get(o, arena_printf(c->a, ".%s", key));
	if (!v && min == 0)
		return NULL;
	const char *s = json_str(v, "", NULL);
	if (!s) {
		bad(c, where, "\"%s\" is not a string", key);
		return NULL;
	}
	if (units(s) < min || units(s) > max)
		bad(c, where, "\"%s\" has %zu units, allowed %zu..%zu", key, units(s), min, max);
	for (const unsigned char *p = (const unsigned char *)s; *p; p++)
		if ((*p < 0x20 && *p != '\n' && *p != '\t') || *p == 0x7f)
			bad(c, where, "\"%s\" holds a control character %02x", key, *p);
	return s;
}

/* mrkdwn: every < begins a token we know, every & an entity, every fence is closed. */
static void markup(struct check *c, const char *where, const char *s)
{
	size_t fences = 0;
	for (const char *p = s; *p; p++) {
		if (str_starts(p, "```")) {
			fences++;
			p += 2;
		} else if (*p == '<') {
			size_t n = strcspn(p + 1, "<>");
			bool known = str_starts(p, "<http://") || str_starts(p, "<https://") ||
			             str_starts(p, "<!date^") || str_starts(p, "<@U") ||
			             str_starts(p, "<@W") || str_starts(p, "<!subteam^");
			if (p[1 + n] != '>' || !known)
				bad(c, where, "token that is not ours: %.40s", p);
			p += n + (p[1 + n] ? 1 : 0);
		} else if (*p == '>' && p != s && p[-1] != '\n') {
			bad(c, where, "bare > in: %.40s", p > s + 20 ? p - 20 : s);
		} else if (*p == '&' && !str_starts(p, "&amp;") && !str_starts(p, "&lt;") &&
		           !str_starts(p, "&gt;")) {
			bad(c, where, "bare & at: %.20s", p);
		}
	}
	if (fences % 2)
		bad(c, where, "a code fence is open");
}

static void text(struct check *c, const json *o, const char *where, const char *type, size_t max)
{
	const char *got = json_str(o, ".type", "");
	bool mrkdwn = str_eq(got, "mrkdwn");
	if (!str_eq(got, type))
		bad(c, where, "text is %s, wanted %s", got, type);
	keys(c, o, where, mrkdwn ? " type text verbatim " : " type text emoji ");
	const char *s = string(c, o, where, "text", 1, max);
	if (!s)
		return;
	c->text += units(s);
	if (s[strspn(s, " \t\n")] == '\0')
		bad(c, where, "text is blank");
	if (mrkdwn && !json_bool(o, ".verbatim", false))
		bad(c, where, "mrkdwn without verbatim");
	if (!mrkdwn && json_bool(o, ".emoji", true))
		bad(c, where, "plain text turns :words: into emoji");
	if (mrkdwn)
		markup(c, where, s);
}

static void plain_if(struct check *c, const json *o, const char *where, const char *key, size_t max)
{
	const json *t = json_get(o, arena_printf(c->a, ".%s", key));
	if (t)
		text(c, t, arena_printf(c->a, "%s.%s", where, key), "plain_text", max);
}

static void options(struct check *c, const json *menu, const char *where, size_t max, bool urls)
{
	const json *all = json_get(menu, ".options");
	if (json_len(all) < 1 || json_len(all) > max)
		bad(c, where, "%zu options, allowed 1..%zu", json_len(all), max);
	if (!all)
		return;
	json_each (o, all) {
		keys(c, o, where,
		        urls ? " text value description url " : " text value description ");
		text(c, json_get(o, ".text"), where, "plain_text", 75);
		string(c, o, where, "value", 1, 150);
		plain_if(c, o, where, "description", 75);
		string(c, o, where, "url", 0, 3000);
	}
}

static void confirm(struct check *c, const json *el, const char *where)
{
	const json *o = json_get(el, ".confirm");
	if (!o)
		return;
	keys(c, o, where, " title text confirm deny style ");
	text(c, json_get(o, ".title"), where, "plain_text", 100);
	text(c, json_get(o, ".text"), where, "plain_text", 300);
	text(c, json_get(o, ".confirm"), where, "plain_text", 30);
	text(c, json_get(o, ".deny"), where, "plain_text", 30);
}

static void element(struct check *c, const json *el, const char *where)
{
	const char *type = json_str(el, ".type", "");
	string(c, el, where, "action_id", 1, 255);
	if (str_eq(type, "button")) {
		keys(c, el, where, " type action_id text value url style confirm ");
		text(c, json_get(el, ".text"), where, "plain_text", 75);
		string(c, el, where, "value", 0, 2000);
		const char *url = string(c, el, where, "url", 0, 3000);
		if (url && !str_starts(url, "http"))
			bad(c, where, "url %.20s", url);
		const char *style = json_str(el, ".style", NULL);
		if (style && !str_eq(style, "primary") && !str_eq(style, "danger"))
			bad(c, where, "style %s", style);
		confirm(c, el, where);
	} else if (str_eq(type, "static_select")) {
		keys(c, el, where, " type action_id placeholder options initial_option ");
		plain_if(c, el, where, "placeholder", 150);
		options(c, el, where, 100, false);
	} else if (str_eq(type, "overflow")) {
		keys(c, el, where, " type action_id options ");
		options(c, el, where, 5, true);
	} else {
		bad(c, where, "element %s", type);
	}
}

static void input_element(struct check *c, const json *el, const char *where)
{
	const char *type = json_str(el, ".type", "");
	if (str_eq(type, "plain_text_input")) {
		keys(c, el, where,
		        " type action_id multiline initial_value max_length placeholder ");
		int64_t max = json_int(el, ".max_length", 0);
		if (max < 1 || max > 3000)
			bad(c, where, "max_length %lld", (long long)max);
		string(c, el, where, "initial_value", 0, (size_t)max);
		plain_if(c, el, where, "placeholder", 150);
	} else if (str_eq(type, "checkboxes")) {
		keys(c, el, where, " type action_id options initial_options ");
		options(c, el, where, 10, false);
	} else if (str_eq(type, "radio_buttons")) {
		keys(c, el, where, " type action_id options initial_option ");
		options(c, el, where, 10, false);
	} else {
		element(c, el, where);
	}
}

static void row(struct check *c, const json *b, const char *where)
{
	const json *els = json_get(b, ".elements");
	keys(c, b, where, " type elements ");
	if (json_len(els) < 1 || json_len(els) > 25)
		bad(c, where, "%zu elements in a row", json_len(els));
	if (!els)
		return;
	json_each (x, els) {
		element(c, x, where);
		json_each (y, els)
			if (x != y && str_eq(json_str(x, ".action_id", ""),
			                      json_str(y, ".action_id", "")))
				bad(c, where, "action_id %s repeats",
				        json_str(x, ".action_id", ""));
	}
}

static void section(struct check *c, const json *b, const char *where)
{
	const json *t = json_get(b, ".text"), *f = json_get(b, ".fields");
	keys(c, b, where, " type text fields accessory ");
	if (!t && !f)
		bad(c, where, "neither text nor fields");
	if (t)
		text(c, t, where, "mrkdwn", 3000);
	if (f && (json_len(f) < 1 || json_len(f) > 10))
		bad(c, where, "%zu fields", json_len(f));
	if (f)
		json_each (it, f)
			text(c, it, where, "mrkdwn", 2000);
	if (json_get(b, ".accessory"))
		element(c, json_get(b, ".accessory"), where);
}

static void rich_text(struct check *c, const json *b, const char *where)
{
	keys(c, b, where, " type elements ");
	const json *pre = json_get(b, ".elements[0]");
	if (json_len(json_get(b, ".elements")) != 1 ||
	        !str_eq(json_str(pre, ".type", ""), "rich_text_preformatted"))
		bad(c, where, "rich text of another shape");
	const json *t = json_get(pre, ".elements[0]");
	keys(c, pre, where, " type elements ");
	keys(c, t, where, " type text ");
	const char *s = string(c, t, where, "text", 1, 9000);
	c->text += s ? units(s) : 0;
}

static void image(struct check *c, const json *b, const char *where)
{
	keys(c, b, where, " type alt_text image_url slack_file ");
	string(c, b, where, "alt_text", 1, 2000);
	if (!json_get(b, ".image_url") == !json_get(b, ".slack_file"))
		bad(c, where, "image_url or slack_file, one of them");
	string(c, b, where, "image_url", 0, 3000);
}

static void input(struct check *c, const json *b, const char *where)
{
	keys(c, b, where, " type block_id label element hint optional ");
	text(c, json_get(b, ".label"), where, "plain_text", 2000);
	plain_if(c, b, where, "hint", 2000);
	const char *id = string(c, b, where, "block_id", 1, 255);
	for (size_t i = 0; i < c->nids; i++)
		if (str_eq(c->ids[i], id))
			bad(c, where, "block_id %s repeats", id);
	if (c->nids < 512)
		c->ids[c->nids++] = id;
	string(c, json_get(b, ".element"), where, "action_id", 1, 255);
	input_element(c, json_get(b, ".element"), where);
	c->has_input = true;
}

static void block(struct check *c, const json *b, const char *where)
{
	const char *type = json_str(b, ".type", "");
	if (str_eq(type, "header")) {
		keys(c, b, where, " type text ");
		text(c, json_get(b, ".text"), where, "plain_text", 150);
	} else if (str_eq(type, "section")) {
		section(c, b, where);
	} else if (str_eq(type, "context")) {
		const json *els = json_get(b, ".elements");
		keys(c, b, where, " type elements ");
		if (json_len(els) < 1 || json_len(els) > 10)
			bad(c, where, "%zu elements in a context", json_len(els));
		json_each (it, els)
			text(c, it, where, "mrkdwn", 3000);
	} else if (str_eq(type, "divider")) {
		keys(c, b, where, " type ");
	} else if (str_eq(type, "actions")) {
		row(c, b, where);
	} else if (str_eq(type, "image")) {
		image(c, b, where);
	} else if (str_eq(type, "rich_text")) {
		rich_text(c, b, where);
	} else if (str_eq(type, "input")) {
		input(c, b, where);
	} else {
		bad(c, where, "block type \"%s\"", type);
	}
}

static void blocks(struct check *c, const json *all, size_t max)
{
	size_t i = 0;
	if (json_len(all) > max)
		bad(c, "blocks", "%zu blocks, at most %zu", json_len(all), max);
	if (json_is_arr(all))
		json_each (b, all)
			block(c, b, arena_printf(c->a, "/blocks/%zu", i++));
	/* Observed: Slack refuses above 12,000 of text, or 13,200 with 125 for each block. */
	if (!c->view && (c->text > 11000 || c->text + 125 * i > 11500))
		bad(c, "blocks", "%zu units of text in %zu blocks", c->text, i);
}

static void view(struct check *c, const json *v)
{
	bool modal = str_eq(json_str(v, ".type", ""), "modal");
	keys(c, v, "view",
	        modal ? " type callback_id title submit close private_metadata notify_on_close "
	                "blocks "
	              : " type blocks ");
	if (modal)
		text(c, json_get(v, ".title"), "title", "plain_text", 24);
	plain_if(c, v, "view", "submit", 24);
	plain_if(c, v, "view", "close", 24);
	string(c, v, "view", "private_metadata", 0, 3000);
	string(c, v, "view", "callback_id", 0, 255);
	blocks(c, json_get(v, ".blocks"), 100);
	if (json_len(json_get(v, ".blocks")) == 0)
		bad(c, "view", "no blocks");
	if (modal && c->has_input && !json_get(v, ".submit"))
		bad(c, "view", "input without submit");
	size_t bytes = strlen(json_print(c->a, v));
	if (bytes > 250000)
		bad(c, "view", "%zu bytes", bytes);
}

const char *blockkit_check(struct arena *a, const json *j, enum blockkit_kind kind)
{
	struct check c = {.a = a, .view = kind == BLOCKKIT_VIEW};
	if (c.view) {
		view(&c, j);
		return c.problem;
	}
	keys(&c, j, "message", " text blocks ");
	const char *s = string(&c, j, "message", "text", 1, 3000);
	if (s)
		markup(&c, "text", s);
	c.text = 0;
	if (json_get(j, ".blocks"))
		blocks(&c, json_get(j, ".blocks"), 50);
	return c.problem;
}
