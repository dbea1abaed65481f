/* parts.c - see parts.h: tables, states, times, values. */
#include "pages/parts.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "str.h"

enum { SHORT_VALUE = 480, SHOWN_VALUE = 16384 };

/* ---- sections and tables --------------------------------------------------------------------- */

void part_open(struct page *p, const char *heading)
{
	html_open(&p->h, "section", NULL);
	html_own_in(&p->h, "h2", NULL, heading);
}

void part_close(struct page *p)
{
	html_close(&p->h, "section");
}

static const char *column_class(const char *column)
{
	bool wide = column[0] == '*', number = column[wide] == '#';

	if (column[0] == '!')
		return "narrow";
	return wide && number ? "wide number" : wide ? "wide" : number ? "number" : NULL;
}

static const char *column_name(const char *column)
{
	return column + strspn(column, "*#!");
}

void table_open(struct page *p, const char *caption, const char *const *columns)
{
	html_open(&p->h, "table", NULL);
	html_own_in(&p->h, "caption", NULL, caption);
	html_open(&p->h, "thead", NULL);
	html_open(&p->h, "tr", NULL);
	for (; *columns; columns++) {
		html_open(&p->h, "th", "scope", "col", "class", column_class(*columns), NULL);
		html_own(&p->h, column_name(*columns));
		html_close(&p->h, "th");
	}
	html_close(&p->h, "tr");
	html_close(&p->h, "thead");
	html_open(&p->h, "tbody", NULL);
}

void table_end(struct page *p)
{
	html_close(&p->h, "tbody");
	html_close(&p->h, "table");
}

void row_open(struct page *p)
{
	html_open(&p->h, "tr", NULL);
}

void row_close(struct page *p)
{
	html_close(&p->h, "tr");
}

void cell_open(struct page *p, const char *column)
{
	html_open(&p->h, "td", "class", column_class(column), NULL);
}

void cell_close(struct page *p)
{
	html_close(&p->h, "td");
}

void cell_own(struct page *p, const char *column, const char *words)
{
	cell_open(p, column);
	html_own(&p->h, words);
	cell_close(p);
}

void cell_text(struct page *p, const char *column, const char *foreign)
{
	cell_open(p, column);
	html_text(&p->h, foreign);
	cell_close(p);
}

/* ---- words ----------------------------------------------------------------------------------- */

static const char *state_class(const char *state)
{
	static const struct {
		const char *class, *states;
	} kinds[] = {
	        {"state good", " done resolved ok merged connected healthy "},
	        {"state bad", " failed critical failing down died "},
	        {"state busy", " running diagnosing fixing verifying "},
	        {"state warn", " warning paused queued inconclusive open "},
	        {"state info", " diagnosed pr_open ready waiting info "},
	};
	char word[24];

	snprintf(word, sizeof(word), " %s ", state);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strstr(kinds[i].states, word))
			return kinds[i].class;
	return "state";
}

void part_state(struct page *p, const char *state)
{
	char *words = arena_strdup(p->a, state);

	for (char *c = words; *c; c++)
		*c = *c == '_' ? ' ' : *c;
	html_text_in(&p->h, "span", state_class(state), words);
}

const char *part_duration(struct arena *a, int64_t ms)
{
	if (ms < 0)
		return "–";
	if (ms < 1000)
		return arena_printf(a, "%" PRId64 " ms", ms);
	if (ms < 60000)
		return arena_printf(a, "%.1f s", (double)ms / 1000);
	return clock_duration(a, ms);
}

void part_time(struct page *p, int64_t ms)
{
	int64_t away = ms - p->now_ms;
	const char *exact;

	if (ms <= 0 || ms == INT64_MAX) {
		html_own(&p->h, "–");
		return;
	}
	exact = clock_rfc3339(p->a, ms);
	html_open(&p->h, "time", "datetime", exact, "title", exact, NULL);
	if (away > 999)
		html_ownf(&p->h, "in %s", clock_duration(p->a, away));
	else if (away > -1000)
		html_own(&p->h, "now");
	else
		html_ownf(&p->h, "%s ago", clock_duration(p->a, -away));
	html_close(&p->h, "time");
}

const char *part_bytes(struct arena *a, int64_t n)
{
	if (n < 1000)
		return arena_printf(a, "%" PRId64 " bytes", n);
	if (n < 1000000)
		return arena_printf(a, "%.1f kB", (double)n / 1e3);
	if (n < 1000000000)
		return arena_printf(a, "%.1f MB", (double)n / 1e6);
	return arena_printf(a, "%.1f GB", (double)n / 1e9);
}

/* ---- facts ----------------------------------------------------------------------------------- */

void fact_open(struct page *p, const char *name)
{
	html_open(&p->h, "div", NULL);
	html_own_in(&p->h, "dt", NULL, name);
	html_open(&p->h, "dd", NULL);
}

void fact_close(struct page *p)
{
	html_close(&p->h, "dd");
	html_close(&p->h, "div");
}

void fact_own(struct page *p, const char *name, const char *words)
{
	fact_open(p, name);
	html_own(&p->h, words);
	fact_close(p);
}

void fact_text(struct page *p, const char *name, const char *foreign)
{
	if (!foreign || !*foreign)
		return;
	fact_open(p, name);
	html_text(&p->h, foreign);
	fact_close(p);
}

void part_empty(struct page *p, const char *words)
{
	html_own_in(&p->h, "p", "empty", words);
}

void part_link(struct page *p, const char *href, const char *foreign)
{
	html_open(&p->h, "a", "href", href, NULL);
	html_text(&p->h, foreign);
	html_close(&p->h, "a");
}

/* ---- values ---------------------------------------------------------------------------------- */

static void download(struct page *p, const char *href, int64_t bytes)
{
	html_open(&p->h, "a", "class", "download", "href", href, NULL);
	html_ownf(&p->h, "Download (%s)", part_bytes(p->a, bytes));
	html_close(&p->h, "a");
}

static void shown(struct page *p, const char *name, const char *text)
{
	html_open(&p->h, "pre", "tabindex", "0", "role", "region", "aria-label", name, NULL);
	html_text(&p->h, text);
	html_close(&p->h, "pre");
}

void part_value(struct page *p, const char *name, const json *v, int64_t bytes, const char *href)
{
	const char *text = v ? json_print_pretty(p->a, v) : NULL;
	size_t n = text ? strlen(text) : 0;

	if (!text && bytes <= 0)
		return;
	html_open(&p->h, "div", "class", "value", NULL);
	if (text && n <= SHORT_VALUE) {
		html_own_in(&p->h, "h4", NULL, name);
		shown(p, name, text);
	} else if (text && (n <= SHOWN_VALUE || !href)) {
		html_open(&p->h, "details", NULL);
		html_open(&p->h, "summary", NULL);
		html_ownf(&p->h, "%s · %s", name, part_bytes(p->a, bytes ? bytes : (int64_t)n));
		html_close(&p->h, "summary");
		shown(p, name, text);
		if (href)
			download(p, href, bytes);
		html_close(&p->h, "details");
	} else {
		html_own_in(&p->h, "h4", NULL, name);
		download(p, href, bytes);
	}
	html_close(&p->h, "div");
}
