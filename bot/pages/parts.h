/* parts.h - what the pages share: the frame, tables, states, times. */
#ifndef PAGES_PARTS_H
#define PAGES_PARTS_H

#include "err.h"
#include "json.h"
#include "pages/site.h"

/* A page being made. */
struct page {
	const struct site *site;
	const struct page_request *q;
	struct page_answer *out;
	struct arena *a;
	struct html h;
	int64_t now_ms;
};

/* The sections in the head of each page. */
enum section { SECTION_NONE, SECTION_OVERVIEW, SECTION_RUNS, SECTION_INCIDENTS, SECTION_QUEUE };

/* Everything up to the content, with the title as its heading (own words and foreign text mixed by
 * the caller: it is written as foreign). Sets the time limit of the page's queries. */
struct page page_begin(const struct site *site, const struct page_request *q,
        struct page_answer *out, enum section section, const char *title);
/* The rest, and the answer. */
void page_end(struct page *p);
/* Instead of what was to be shown: status 404 for ERR_NOT_FOUND, 400 for ERR_INPUT, else 503. */
void page_trouble(struct page *p, const struct err *e);
/* The read connection's time limit of one page. */
void page_limit(const struct site *site);

/* A section with its heading. */
void part_open(struct page *p, const char *heading);
void part_close(struct page *p);

/* A table: columns as "Name" strings, NULL-terminated; a name that begins with "*" is left out on a
 * narrow screen, one that begins with "#" holds numbers (right-aligned), "*#" both; "!" is as
 * narrow as its content. */
void table_open(struct page *p, const char *caption, const char *const *columns);
void table_end(struct page *p);
void row_open(struct page *p);
void row_close(struct page *p);
/* The cell of that column. */
void cell_open(struct page *p, const char *column);
void cell_close(struct page *p);
void cell_own(struct page *p, const char *column, const char *words);
void cell_text(struct page *p, const char *column, const char *foreign);

/* A state as a coloured word: of runs, steps, incidents, severities. */
void part_state(struct page *p, const char *state);
/* "3 min ago", "in 5 min" with the full time for the mouse and machines; "–" for 0. */
void part_time(struct page *p, int64_t ms);
/* "1.2 s", "350 ms", "4 min"; "–" for < 0. */
const char *part_duration(struct arena *a, int64_t ms);
const char *part_bytes(struct arena *a, int64_t n);
/* A term and its description inside <dl class="facts">. */
void fact_open(struct page *p, const char *name);
void fact_close(struct page *p);
void fact_own(struct page *p, const char *name, const char *words);
void fact_text(struct page *p, const char *name, const char *foreign); /* nothing when NULL */
void part_empty(struct page *p, const char *words);
/* A link with foreign words (a workflow's name is ours, a service's is not). */
void part_link(struct page *p, const char *href, const char *foreign);
/* Value of JSON: short ones shown, long ones folded, larger ones for download only. Without href
 * (NULL) there is nothing to download, and every one is shown. */
void part_value(struct page *p, const char *name, const json *v, int64_t bytes, const char *href);

#endif
