/* incidents_page.c - the page "Incidents": which are open, and those before. */
#include <inttypes.h>

#include "incident.h"
#include "pages/parts.h"
#include "pages/routes.h"
#include "str.h"

enum { PER_PAGE = 50 };

static const char *const columns[] = {
        "!Incident", "Service", "What", "*Severity", "State", "Since", "*Ended", NULL};

static const char *const kinds[] = {"open", "snoozed", "resolved", "all", NULL};

static void choices(struct page *p, const char *chosen)
{
	html_open(&p->h, "nav", "class", "choices", "aria-label", "Which incidents", NULL);
	for (const char *const *k = kinds; *k; k++) {
		html_open(&p->h, "a", "href", arena_printf(p->a, "/incidents?which=%s", *k),
		        "aria-current", str_eq(*k, chosen) ? "true" : NULL, NULL);
		html_own(&p->h, *k);
		html_close(&p->h, "a");
	}
	html_close(&p->h, "nav");
}

static void one(struct page *p, const struct incident *inc)
{
	row_open(p);
	cell_open(p, columns[0]);
	html_link(&p->h, arena_printf(p->a, "/incidents/%" PRId64, inc->id),
	        arena_printf(p->a, "INC-%" PRId64, inc->id));
	cell_close(p);
	cell_text(p, columns[1], inc->service);
	cell_text(p, columns[2], inc->headline);
	cell_open(p, columns[3]);
	part_state(p, severity_name(inc->severity));
	cell_close(p);
	cell_open(p, columns[4]);
	part_state(p, incident_state_name(inc->state));
	cell_close(p);
	cell_open(p, columns[5]);
	part_time(p, inc->began_ms);
	cell_close(p);
	cell_open(p, columns[6]);
	part_time(p, inc->ended_ms);
	cell_close(p);
	row_close(p);
}

static void pager(struct page *p, const char *which, int64_t offset, size_t n)
{
	html_open(&p->h, "nav", "class", "pager", "aria-label", "More incidents", NULL);
	if (offset > 0)
		html_link(&p->h,
		        arena_printf(p->a, "/incidents?which=%s&offset=%" PRId64, which,
		                offset > PER_PAGE ? offset - PER_PAGE : 0),
		        "← Newer");
	if (n == PER_PAGE)
		html_link(&p->h,
		        arena_printf(p->a, "/incidents?which=%s&offset=%" PRId64, which,
		                offset + PER_PAGE),
		        "Older →");
	html_close(&p->h, "nav");
}

static const char *which_of(const struct page_request *q)
{
	const char *asked = page_param(q, "which");

	for (const char *const *k = kinds; *k; k++)
		if (str_eq(*k, asked))
			return *k;
	return "open";
}

void incidents_page(void *ctx, const struct page_request *q, struct page_answer *out)
{
	struct page p = page_begin(ctx, q, out, SECTION_INCIDENTS, "Incidents");
	struct incident_filter f = {.which = which_of(q), .limit = PER_PAGE};
	struct incident *list;
	struct err e = {0};
	int64_t offset;
	size_t n;

	if (!str_int(str_or(page_param(q, "offset"), "0"), &offset) || offset < 0 ||
	        offset > 1000000)
		offset = 0;
	f.offset = (int)offset;
	choices(&p, f.which);
	if (!incident_list(p.site->store, p.a, &f, &list, &n, &e)) {
		page_trouble(&p, &e);
	} else if (n == 0) {
		part_empty(&p, str_eq(f.which, "open") ? "Nothing is open: every service that was "
		                                         "scanned is fine."
		                                       : "There is none.");
	} else {
		table_open(&p, "Open ones first, the worst on top", columns);
		for (size_t i = 0; i < n && !html_full(&p.h); i++)
			one(&p, &list[i]);
		table_end(&p);
		pager(&p, f.which, offset, n);
	}
	page_end(&p);
}
