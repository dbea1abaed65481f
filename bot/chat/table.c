/*
 * table.c - columns that stay aligned in a terminal and in Slack's fixed-width font.
 */
#include <assert.h>
#include <string.h>

#include "chat/char.h"
#include "spark.h"
#include "str.h"

#define MAX_COLUMNS 32

/* --- width --- */

struct range {
	uint32_t from, to;
};

static bool in_ranges(const struct range *r, size_t n, uint32_t c)
{
	size_t lo = 0, hi = n;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (c > r[mid].to)
			lo = mid + 1;
		else if (c < r[mid].from)
			hi = mid;
		else
			return true;
	}
	return false;
}

/* Nonspacing marks and joiners that occur in practice (Unicode 15, general category Mn, Me, Cf). */
static const struct range zero_width[] = {
        {0x0300, 0x036f},
        {0x0483, 0x0489},
        {0x0591, 0x05bd},
        {0x064b, 0x065f},
        {0x0e34, 0x0e3a},
        {0x1ab0, 0x1aff},
        {0x1dc0, 0x1dff},
        {0x200b, 0x200f},
        {0x2060, 0x2064},
        {0x20d0, 0x20ff},
        {0x302a, 0x302d},
        {0xfe00, 0xfe0f},
        {0xfe20, 0xfe2f},
        {0xfeff, 0xfeff},
        {0xe0100, 0xe01ef},
};

/* East Asian Width W and F, and emoji that are shown as pictures by default (UAX 11, UTS 51). */
static const struct range wide[] = {
        {0x1100, 0x115f},
        {0x231a, 0x231b},
        {0x23e9, 0x23ec},
        {0x23f0, 0x23f0},
        {0x23f3, 0x23f3},
        {0x25fd, 0x25fe},
        {0x2614, 0x2615},
        {0x2648, 0x2653},
        {0x267f, 0x267f},
        {0x2693, 0x2693},
        {0x26a1, 0x26a1},
        {0x26aa, 0x26ab},
        {0x26bd, 0x26be},
        {0x26c4, 0x26c5},
        {0x26ce, 0x26ce},
        {0x26d4, 0x26d4},
        {0x26ea, 0x26ea},
        {0x26f2, 0x26f3},
        {0x26f5, 0x26f5},
        {0x26fa, 0x26fa},
        {0x26fd, 0x26fd},
        {0x2705, 0x2705},
        {0x270a, 0x270b},
        {0x2728, 0x2728},
        {0x274c, 0x274c},
        {0x274e, 0x274e},
        {0x2753, 0x2755},
        {0x2757, 0x2757},
        {0x2795, 0x2797},
        {0x27b0, 0x27b0},
        {0x27bf, 0x27bf},
        {0x2b1b, 0x2b1c},
        {0x2b50, 0x2b50},
        {0x2b55, 0x2b55},
        {0x2e80, 0x3029},
        {0x302e, 0x303e},
        {0x3041, 0x33ff},
        {0x3400, 0x4dbf},
        {0x4e00, 0xa4cf},
        {0xa960, 0xa97c},
        {0xac00, 0xd7a3},
        {0xf900, 0xfaff},
        {0xfe30, 0xfe6f},
        {0xff01, 0xff60},
        {0xffe0, 0xffe6},
        {0x1f300, 0x1f64f},
        {0x1f680, 0x1f6ff},
        {0x1f7e0, 0x1f7eb},
        {0x1f900, 0x1f9ff},
        {0x1fa70, 0x1faff},
        {0x20000, 0x3fffd},
};

static size_t columns(uint32_t c)
{
	if (c < 0x300)
		return 1;
	if (in_ranges(zero_width, sizeof zero_width / sizeof zero_width[0], c))
		return 0;
	return in_ranges(wide, sizeof wide / sizeof wide[0], c) ? 2 : 1;
}

size_t text_width(const char *s)
{
	size_t w = 0;
	for (uint32_t c; (c = char_next(&s)) != 0;)
		w += columns(c);
	return w;
}

static void pad(struct str *b, size_t n)
{
	for (size_t i = 0; i < n; i++)
		str_addc(b, ' ');
}

/* The longest head of s that is at most `width` columns. */
static size_t head_bytes(const char *s, size_t width)
{
	const char *p = s;
	size_t w = 0;
	for (;;) {
		const char *before = p;
		uint32_t c = char_next(&p);
		if (c == 0 || w + columns(c) > width)
			return (size_t)(before - s);
		w += columns(c);
	}
}

char *text_fit(struct arena *a, const char *s, size_t width, bool right)
{
	const char *shown = s;
	if (text_width(s) > width)
		shown = width ? arena_printf(a, "%.*s…", (int)head_bytes(s, width - 1), s) : "";
	struct str b = str_new(a);
	size_t gap = width - text_width(shown);
	if (right)
		pad(&b, gap);
	str_add(&b, shown);
	if (!right)
		pad(&b, gap);
	return b.s;
}

/* --- tables --- */

struct cell {
	struct cell *next;
	const char *text;
	bool rule; /* a rule stands before the row that this cell begins */
};

struct column {
	const char *title;
	enum table_align align;
	size_t max, width;
};

struct table {
	struct arena *a;
	struct column columns[MAX_COLUMNS];
	size_t ncolumns, ncells;
	struct cell *first, **tail;
	bool rule;
};

struct table *table_new(struct arena *a)
{
	struct table *t = ARENA_NEW(a, struct table);
	t->a = a;
	t->tail = &t->first;
	return t;
}

/* Foreign text on one line. */
static const char *one_line(struct arena *a, const char *s, size_t max_width)
{
	char *t = str_clean(a, s ? s : "", s ? strlen(s) : 0, 4096);
	for (char *p = t; *p; p++)
		if (*p == '\n' || *p == '\t')
			*p = ' ';
	return max_width && text_width(t) > max_width ? text_fit(a, t, max_width, false) : t;
}

void table_column(struct table *t, const char *title, enum table_align align, size_t max_width)
{
	assert(t->ncolumns < MAX_COLUMNS && !t->first);
	t->columns[t->ncolumns++] =
	        (struct column){one_line(t->a, title, max_width), align, max_width, 0};
}

void table_cell(struct table *t, const char *text)
{
	assert(t->ncolumns > 0);
	struct cell *c = ARENA_NEW(t->a, struct cell);
	c->text = one_line(t->a, text, t->columns[t->ncells % t->ncolumns].max);
	c->rule = t->rule;
	t->rule = false;
	t->ncells++;
	*t->tail = c;
	t->tail = &c->next;
}

void table_rule(struct table *t)
{
	t->rule = true;
}

static void measure(const struct table *t, struct column *cols, bool titles)
{
	for (size_t i = 0; i < t->ncolumns; i++)
		cols[i].width = titles ? text_width(cols[i].title) : 0;
	size_t i = 0;
	for (const struct cell *c = t->first; c; c = c->next) {
		size_t w = text_width(c->text);
		if (w > cols[i].width)
			cols[i].width = w;
		if (++i == t->ncolumns)
			i = 0;
	}
}

static void end_line(struct str *b)
{
	size_t n = b->len;
	while (n > 0 && b->s[n - 1] == ' ')
		n--;
	str_cut(b, n);
	str_addc(b, '\n');
}

static void add_cell(struct str *b, const struct column *cols, size_t i, const char *text)
{
	if (i > 0)
		str_add(b, "  ");
	str_add(b, text_fit(b->a, text, cols[i].width, cols[i].align == TABLE_RIGHT));
}

static void add_rule(struct str *b, const struct column *cols, size_t n)
{
	for (size_t i = 0; i < n; i++)
		for (size_t w = cols[i].width + (i ? 2 : 0); w > 0; w--)
			str_add(b, "─");
	str_addc(b, '\n');
}

char *table_text(const struct table *t, bool titles, size_t max_rows)
{
	struct column cols[MAX_COLUMNS];
	struct str b = str_new(t->a);
	size_t row = 0, i = 0, rows = t->ncolumns ? (t->ncells + t->ncolumns - 1) / t->ncolumns : 0;
	memcpy(cols, t->columns, sizeof cols);
	measure(t, cols, titles);
	for (size_t k = 0; titles && k < t->ncolumns; k++)
		add_cell(&b, cols, k, cols[k].title);
	if (titles && t->ncolumns)
		end_line(&b);
	for (const struct cell *c = t->first; c; c = c->next) {
		if (i == 0 && max_rows && row == max_rows)
			break;
		if (i == 0 && c->rule)
			add_rule(&b, cols, t->ncolumns);
		add_cell(&b, cols, i, c->text);
		if (++i == t->ncolumns || !c->next) {
			end_line(&b);
			i = 0;
			row++;
		}
	}
	if (row < rows)
		str_addf(&b, "… %zu more\n", rows - row);
	return b.s;
}
