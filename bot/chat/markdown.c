/*
 * markdown.c - Markdown of a model, walked node by node and written anew as mrkdwn.
 *
 * The parser is cmark-gfm with tables and strikethrough. Its tree is only read: every text goes
 * through an escaper, every address through the policy. The walk is a loop over events, so nesting
 * costs no stack.
 */
#include <cmark-gfm-core-extensions.h>
#include <cmark-gfm.h>
#include <string.h>
#include <strings.h>
#include <threads.h>

#include "blocks.h"
#include "markdown.h"
#include "spark.h"
#include "str.h"

#define MAX_SOURCE  (64 * 1024)
#define MAX_INDENT  4
#define MAX_PARTS   200
#define MAX_COLUMNS 12 /* a wider table cannot be read in Slack anyway */

struct walk {
	struct arena *a;
	const struct md_policy *policy;
	struct str cur; /* the mrkdwn part being written */
	struct md_part *parts;
	size_t nparts;
	int bold, quote, depth;
	int list[MAX_INDENT + 1]; /* by depth: 0 = bullets, else the next number */
	bool item_open;           /* a marker was just written: no line break after it */
	struct table *table;
	int column; /* of the cell that comes next */
};

/* --- output --- */

static void flush(struct walk *w)
{
	size_t n = w->cur.len;
	while (n > 0 && strchr(" \n", w->cur.s[n - 1]))
		n--;
	str_cut(&w->cur, n);
	if (n > 0 && w->nparts < MAX_PARTS)
		w->parts[w->nparts++] = (struct md_part){MD_MRKDWN, w->cur.s};
	w->cur = str_new(w->a);
}

static void add_code_part(struct walk *w, const char *code)
{
	flush(w);
	if (code[strspn(code, " \t\n")] && w->nparts < MAX_PARTS)
		w->parts[w->nparts++] = (struct md_part){MD_CODE, code};
}

static void newline(struct walk *w)
{
	str_addc(&w->cur, '\n');
	if (w->quote > 0)
		str_add(&w->cur, "> ");
}

/* Begins a block: on a line of its own, after an empty one unless it belongs to a list. */
static void begin_block(struct walk *w)
{
	if (w->item_open) {
		w->item_open = false;
		return;
	}
	if (w->cur.len == 0) {
		if (w->quote > 0)
			str_add(&w->cur, "> ");
		return;
	}
	newline(w);
	if (w->depth == 0)
		newline(w);
}

/* A backquote in running text would begin code. */
static void add_text(struct walk *w, const char *s)
{
	char *t = str_clean(w->a, s ? s : "", s ? strlen(s) : 0, 0);
	for (char *p = t; *p; p++)
		*p = *p == '`' ? '\'' : *p == '\n' || *p == '\t' ? ' ' : *p;
	str_mrkdwn(&w->cur, t);
}

/* --- links --- */

/* The text below a node, without its formatting. */
static char *plain_below(struct arena *a, cmark_node *node)
{
	struct str b = str_new(a);
	cmark_iter *it = cmark_iter_new(node);
	for (cmark_event_type ev; (ev = cmark_iter_next(it)) != CMARK_EVENT_DONE;) {
		cmark_node *n = cmark_iter_get_node(it);
		cmark_node_type t = cmark_node_get_type(n);
		if (ev != CMARK_EVENT_ENTER)
			continue;
		if (t == CMARK_NODE_TEXT || t == CMARK_NODE_CODE || t == CMARK_NODE_HTML_INLINE)
			str_add(&b, cmark_node_get_literal(n));
		else if (t == CMARK_NODE_SOFTBREAK || t == CMARK_NODE_LINEBREAK)
			str_addc(&b, ' ');
	}
	cmark_iter_free(it);
	return str_clean(a, b.s, b.len, 0);
}

static size_t host_len(const char *s)
{
	return strcspn(s, "/?#: \t<>()[]\"'|\\");
}

/* Where a host name begins in s: behind "//" or "user@", else at s. */
static const char *host_of(const char *s)
{
	const char *p = strstr(s, "//");
	p = p ? p + 2 : s;
	const char *at = memchr(p, '@', strcspn(p, "/?#"));
	return at ? at + 1 : p;
}

/* Does the label look like an address with another host than the link's? */
static bool label_lies(const char *label, const char *url)
{
	while (*label == ' ')
		label++;
	const char *lh = host_of(label), *uh = host_of(url);
	size_t ln = host_len(lh), un = host_len(uh);
	bool looks =
	        strstr(label, "//") || (memchr(lh, '.', ln) &&
	                                       strspn(lh, "-._0123456789abcdefghijklmnopqrstuvwxyz"
	                                                  "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == ln &&
	                                       ln > 3 && lh[ln - 1] != '.' && lh[0] != '.');
	return looks && (ln != un || strncasecmp(lh, uh, ln) != 0);
}

static bool may_link(const struct walk *w, const char *url)
{
	return url && (str_starts(url, "https://") || str_starts(url, "http://")) && w->policy &&
	       w->policy->link_ok && w->policy->link_ok(w->policy->ctx, url);
}

static void add_link(struct walk *w, cmark_node *node)
{
	const char *url = cmark_node_get_url(node);
	char *label = plain_below(w->a, node);
	if (may_link(w, url) && !label_lies(label, url) && *label)
		mrk_link(&w->cur, url, label);
	else
		add_text(w, label);
}

/* --- nodes --- */

static void begin_item(struct walk *w)
{
	int level = w->depth < MAX_INDENT ? w->depth : MAX_INDENT;
	if (w->cur.len > 0 && !w->item_open)
		newline(w);
	for (int i = 1; i < level; i++)
		str_add(&w->cur, "    ");
	if (w->list[level] > 0)
		str_addf(&w->cur, "%d. ", w->list[level]++);
	else
		str_add(&w->cur, "• ");
	w->item_open = true;
}

static void begin_list(struct walk *w, cmark_node *node)
{
	if (w->depth == 0 && w->cur.len > 0 && !w->item_open)
		newline(w);
	w->depth++;
	int level = w->depth < MAX_INDENT ? w->depth : MAX_INDENT;
	bool numbered = cmark_node_get_list_type(node) == CMARK_ORDERED_LIST;
	int start = cmark_node_get_list_start(node);
	w->list[level] = !numbered ? 0 : start > 0 ? start : 1;
}

/* Emphasis marks; inside a bold heading a second star would end it. */
static void mark(struct walk *w, char c, bool enter)
{
	if (c == '*') {
		w->bold += enter ? 1 : -1;
		if (w->bold != (enter ? 1 : 0))
			return;
	}
	str_addc(&w->cur, c);
}

/* Blocks; false when the type is none of them. */
static bool block_event(struct walk *w, cmark_node *node, bool enter)
{
	switch ((unsigned)cmark_node_get_type(node)) {
	case CMARK_NODE_PARAGRAPH:
		if (enter)
			begin_block(w);
		return true;
	case CMARK_NODE_HEADING:
		if (enter)
			begin_block(w);
		mark(w, '*', enter);
		return true;
	case CMARK_NODE_BLOCK_QUOTE:
		if (enter && w->quote++ == 0 && w->cur.len > 0 && !w->item_open)
			str_addc(&w->cur, '\n');
		if (!enter)
			w->quote--;
		return true;
	case CMARK_NODE_LIST:
		if (enter)
			begin_list(w, node);
		else
			w->depth--;
		w->item_open = w->item_open && enter;
		return true;
	case CMARK_NODE_ITEM:
		if (enter)
			begin_item(w);
		return true;
	case CMARK_NODE_CODE_BLOCK:
		add_code_part(w, str_clean(w->a, cmark_node_get_literal(node),
		                         strlen(cmark_node_get_literal(node)), 0));
		return true;
	case CMARK_NODE_HTML_BLOCK:
		begin_block(w);
		add_text(w, cmark_node_get_literal(node));
		return true;
	default: /* not a block: cmark's types are an open set */
		return false;
	}
}

static bool inline_event(struct walk *w, cmark_node *node, bool enter)
{
	switch ((unsigned)cmark_node_get_type(node)) {
	case CMARK_NODE_TEXT:
	case CMARK_NODE_HTML_INLINE:
		add_text(w, cmark_node_get_literal(node));
		return true;
	case CMARK_NODE_CODE:
		mrk_code(&w->cur, cmark_node_get_literal(node));
		return true;
	case CMARK_NODE_SOFTBREAK:
		str_addc(&w->cur, ' ');
		return true;
	case CMARK_NODE_LINEBREAK:
		if (w->bold > 0) /* Slack's bold ends at the line */
			str_addc(&w->cur, ' ');
		else
			newline(w);
		return true;
	case CMARK_NODE_STRONG:
		mark(w, '*', enter);
		return true;
	case CMARK_NODE_EMPH:
		mark(w, '_', enter);
		return true;
	default:
		return false;
	}
}

/* Types of the extensions are known by name only. */
static void extension_event(struct walk *w, cmark_node *node, bool enter)
{
	const char *type = cmark_node_get_type_string(node);
	if (str_eq(type, "strikethrough"))
		mark(w, '~', enter);
	else if (str_eq(type, "table") && enter)
		w->table = table_new(w->a);
	else if (str_eq(type, "table") && w->table)
		add_code_part(w, table_text(w->table, true, 0));
	if (str_eq(type, "table") && !enter)
		w->table = NULL;
	if (str_eq(type, "table_header") && !enter && w->table)
		table_rule(w->table);
	if (str_starts(type, "table_") && enter)
		w->column = 0;
}

/* Nodes whose children are not walked. True when it was one. */
static bool leaf_event(struct walk *w, cmark_node *node)
{
	cmark_node_type type = cmark_node_get_type(node);
	if (type == CMARK_NODE_IMAGE)
		return true; /* dropped: a picture from the network is not ours to show */
	if (type == CMARK_NODE_LINK) {
		add_link(w, node);
		return true;
	}
	if (!w->table || !str_eq(cmark_node_get_type_string(node), "table_cell"))
		return false;
	if (w->column++ >= MAX_COLUMNS)
		return true;
	cmark_node *row = cmark_node_parent(node);
	char *text = plain_below(w->a, node);
	if (str_eq(cmark_node_get_type_string(row), "table_header"))
		table_column(w->table, text, TABLE_LEFT, 40);
	else
		table_cell(w->table, text);
	return true;
}

static void walk_tree(struct walk *w, cmark_node *root)
{
	cmark_iter *it = cmark_iter_new(root);
	for (cmark_event_type ev; (ev = cmark_iter_next(it)) != CMARK_EVENT_DONE;) {
		cmark_node *node = cmark_iter_get_node(it);
		bool enter = ev == CMARK_EVENT_ENTER;
		if (enter && leaf_event(w, node)) {
			cmark_iter_reset(it, node, CMARK_EVENT_EXIT);
			continue;
		}
		if (!block_event(w, node, enter) && !inline_event(w, node, enter))
			extension_event(w, node, enter);
	}
	cmark_iter_free(it);
}

/* --- entry --- */

/* cmark keeps its list of extensions in a global that is filled once. */
static once_flag registered = ONCE_FLAG_INIT;

static cmark_node *parse(const char *md, size_t n)
{
	static const char *const extensions[] = {"table", "strikethrough"};
	call_once(&registered, cmark_gfm_core_extensions_ensure_registered);
	cmark_parser *p = cmark_parser_new(
	        CMARK_OPT_DEFAULT | CMARK_OPT_VALIDATE_UTF8 | CMARK_OPT_STRIKETHROUGH_DOUBLE_TILDE);
	for (size_t i = 0; i < sizeof extensions / sizeof extensions[0]; i++) {
		cmark_syntax_extension *x = cmark_find_syntax_extension(extensions[i]);
		if (x)
			cmark_parser_attach_syntax_extension(p, x);
	}
	cmark_parser_feed(p, md, n);
	cmark_node *root = cmark_parser_finish(p);
	cmark_parser_free(p);
	return root;
}

size_t markdown_parts(struct arena *a, const char *md, size_t n, const struct md_policy *policy,
        struct md_part **out)
{
	size_t most = policy && policy->max_bytes ? policy->max_bytes : MAX_SOURCE;
	struct walk w = {.a = a, .policy = policy, .cur = str_new(a)};
	w.parts = ARENA_ARRAY(a, MAX_PARTS, struct md_part);
	cmark_node *root = parse(md, n < most ? n : most);
	walk_tree(&w, root);
	cmark_node_free(root);
	flush(&w);
	*out = w.parts;
	return w.nparts;
}

char *markdown_mrkdwn(struct arena *a, const char *md, size_t n, const struct md_policy *policy)
{
	struct md_part *parts;
	size_t count = markdown_parts(a, md, n, policy, &parts);
	struct str b = str_new(a);
	for (size_t i = 0; i < count; i++) {
		str_add(&b, i ? "\n\n" : "");
		if (parts[i].kind == MD_MRKDWN) {
			str_add(&b, parts[i].text);
			continue;
		}
		char *code = arena_strdup(a, parts[i].text);
		for (char *p = strstr(code, "```"); p; p = strstr(p, "```"))
			memset(p, '\'', 3);
		str_add(&b, "```\n");
		str_mrkdwn(&b, code);
		str_add(&b, str_ends(code, "\n") ? "```" : "\n```");
	}
	return b.s;
}
