/*
 * blocks.c - the parts of a message: taken in, cut to what one block may hold, kept for the plan.
 */
#include <assert.h>
#include <string.h>

#include "chat/blocks_private.h"
#include "markdown.h"

/* Strings of buttons and menus in one message or view: they cannot shrink, so they are bounded when
 * they are added. A view counts bytes of JSON (250 KB in all), a message counts text. */
#define MESSAGE_ELEMENT_UNITS 4000
#define VIEW_ELEMENT_BYTES    40000

static struct message *message_make(struct arena *a, enum surface surface)
{
	struct message *m = ARENA_NEW(a, struct message);
	m->a = a;
	m->surface = surface;
	m->tail = &m->first;
	m->ids = json_obj(a);
	m->fallback = "Heal";
	return m;
}

struct message *message_new(struct arena *a, const char *fallback)
{
	struct message *m = message_make(a, SURFACE_MESSAGE);
	const char *text = plain_lines(a, fallback, LIMIT_TEXT);
	if (!is_blank(text))
		m->fallback = text;
	return m;
}

struct message *message_home(struct arena *a)
{
	return message_make(a, SURFACE_HOME);
}

struct message *message_modal(struct arena *a, const struct modal *v)
{
	assert(text_units(v->data ? v->data : "") <= 3000);
	struct message *m = message_make(a, SURFACE_MODAL);
	struct modal *copy = ARENA_NEW(a, struct modal);
	copy->callback = plain_line(a, v->callback, LIMIT_ID);
	copy->title = plain_line(a, v->title, LIMIT_VIEW_TITLE);
	copy->submit = plain_line(a, v->submit, LIMIT_VIEW_TITLE);
	copy->close = plain_line(a, v->close, LIMIT_VIEW_TITLE);
	copy->data = arena_strdup(a, v->data);
	copy->notify_close = v->notify_close;
	m->modal = copy;
	return m;
}

struct part *message_part(struct message *m, enum part_kind kind, enum keep keep)
{
	struct part *p = ARENA_NEW(m->a, struct part);
	p->kind = kind;
	p->keep = keep;
	*m->tail = p;
	m->tail = &p->next;
	if (kind != PART_ROW)
		m->row = NULL;
	return p;
}

/* --- text --- */

void message_header(struct message *m, const char *plain)
{
	char *s = plain_line(m->a, plain, LIMIT_HEADER);
	if (*s)
		message_part(m, PART_HEADER, KEEP_ALWAYS)->text = s;
}

static char *trim_newlines(struct arena *a, const char *s)
{
	while (*s == '\n')
		s++;
	size_t n = strlen(s);
	while (n > 0 && (s[n - 1] == '\n' || s[n - 1] == ' '))
		n--;
	return arena_strndup(a, s, n);
}

/* What a caller built is cleaned once more: one bad byte would cost the whole message. */
static char *clean_mrkdwn(struct message *m, const char *s, size_t max_units)
{
	char *t = str_clean(m->a, s ? s : "", s ? strlen(s) : 0, 0);
	return is_blank(t) ? NULL : mrk_cut(m->a, trim_newlines(m->a, t), max_units);
}

void message_section(struct message *m, enum keep keep, const char *mrkdwn)
{
	char *s = clean_mrkdwn(m, mrkdwn, LIMIT_TEXT);
	if (s)
		message_part(m, PART_SECTION, keep)->text = s;
}

void message_context(struct message *m, enum keep keep, const char *mrkdwn)
{
	char *s = clean_mrkdwn(m, mrkdwn, LIMIT_TEXT);
	if (s)
		message_part(m, PART_CONTEXT, keep)->text = s;
}

void message_divider(struct message *m)
{
	message_part(m, PART_DIVIDER, KEEP_LOW);
}

/* Copies the items that are not blank; at most max of them. Returns how many were not blank. */
static size_t copy_items(struct message *m, const char *const *mrkdwn, size_t n, size_t max_items,
        size_t max_units, const char ***out)
{
	const char **items = ARENA_ARRAY(m->a, (n < max_items ? n : max_items) + 1, const char *);
	size_t kept = 0, all = 0;
	for (size_t i = 0; i < n; i++) {
		if (is_blank(mrkdwn[i]))
			continue;
		char *s = kept < max_items ? clean_mrkdwn(m, mrkdwn[i], max_units) : NULL;
		if (s)
			items[kept++] = s;
		all++;
	}
	*out = items;
	return kept < max_items ? kept : all;
}

void message_fields(struct message *m, enum keep keep, const char *const *mrkdwn, size_t n)
{
	const char **items;
	size_t all = copy_items(m, mrkdwn, n, LIMIT_FIELDS, LIMIT_FIELD, &items);
	if (all == 0)
		return;
	struct part *p = message_part(m, PART_FIELDS, keep);
	p->items = items;
	p->n = all < LIMIT_FIELDS ? all : LIMIT_FIELDS;
	m->skipped += all - p->n;
}

void message_list(struct message *m, enum keep keep, const char *title, bool numbered,
        const char *const *mrkdwn, size_t n)
{
	const char **items;
	size_t all = copy_items(m, mrkdwn, n, MAX_ITEMS, LIMIT_TEXT / 3, &items);
	if (all == 0)
		return;
	struct part *p = message_part(m, PART_LIST, keep);
	p->text = clean_mrkdwn(m, title, LIMIT_TEXT / 3);
	p->items = items;
	p->n = all;
	p->numbered = numbered;
}

void message_code(struct message *m, enum keep keep, const char *code)
{
	char *s = plain_lines(m->a, code, LIMIT_PRE);
	if (is_blank(s))
		return;
	struct str b = str_new(m->a);
	str_mrkdwn(&b, defuse(m->a, trim_newlines(m->a, s), 3));
	message_part(m, PART_CODE, keep)->text = b.s;
}

void message_pre(struct message *m, enum keep keep, const char *code)
{
	char *s = plain_lines(m->a, code, LIMIT_PRE);
	if (!is_blank(s))
		message_part(m, PART_PRE, keep)->text = trim_newlines(m->a, s);
}

/* Where to break a long mrkdwn text: after the last line that fits, else where mrk_cut would. */
static size_t break_at(struct arena *a, const char *s, size_t max_units)
{
	size_t n = strlen(mrk_cut(a, s, max_units));
	if (n >= strlen(s))
		return strlen(s);
	n = n > strlen("…") ? n - strlen("…") : n;
	size_t line = n;
	while (line > 0 && s[line - 1] != '\n')
		line--;
	return line > n / 3 ? line : n;
}

void message_markdown(struct message *m, enum keep keep, const char *md,
        const struct md_policy *policy, size_t max_units)
{
	struct md_part *parts;
	size_t n = markdown_parts(m->a, md ? md : "", md ? strlen(md) : 0, policy, &parts);
	size_t left = max_units;
	for (size_t i = 0; i < n && left > 0; i++) {
		const char *s = parts[i].text;
		size_t units = text_units(s);
		if (parts[i].kind == MD_CODE) {
			message_code(m, keep, plain_lines(m->a, s, left));
			left -= units < left ? units : left;
			continue;
		}
		s = mrk_cut(m->a, s, left);
		left -= units < left ? units : left;
		while (*s) {
			size_t end = break_at(m->a, s, LIMIT_TEXT);
			message_section(m, keep, arena_strndup(m->a, s, end));
			s += end;
		}
	}
}

void message_image(struct message *m, enum keep keep, const char *ref, const char *alt_plain)
{
	bool url = str_starts(ref, "https://") && is_web(m->a, ref);
	bool file = ref[0] == 'F' && strlen(ref) <= 32 &&
	            strspn(ref, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == strlen(ref);
	const char *alt = str_or(plain_line(m->a, alt_plain, LIMIT_ALT), "picture");
	if (!url && !file) {
		message_context(m, keep, mrk(m->a, "%s", alt));
		return;
	}
	struct part *p = message_part(m, PART_IMAGE, keep);
	p->ref = arena_strdup(m->a, ref);
	p->text = alt;
}

/* --- room for what cannot shrink --- */

size_t json_units(const json *j)
{
	if (json_is_str(j))
		return text_units(json_str(j, "", ""));
	size_t n = 0;
	if (json_is_obj(j) || json_is_arr(j))
		json_each (it, j)
			n += json_units(it);
	return n;
}

bool message_room(struct message *m, size_t units)
{
	size_t most = m->surface == SURFACE_MESSAGE ? MESSAGE_ELEMENT_UNITS : VIEW_ELEMENT_BYTES;
	if (units > most || m->fixed > most - units) {
		m->skipped++;
		return false;
	}
	m->fixed += units;
	return true;
}
