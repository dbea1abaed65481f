/* queue_page.c - the page "Queue": what waits to be done: due runs, clocks, the inbox. */
#include <inttypes.h>

#include "clock.h"
#include "pages/routes.h"
#include "pages/run_table.h"
#include "store/inbox.h"
#include "str.h"

enum { LISTED = 50 };

static void due(struct page *p)
{
	static const char *const columns[] = {"Due", "!Run", "Workflow", "*Waits for", NULL};
	struct run_filter f = {.state = "due", .limit = LISTED};
	struct run_row *rows;
	struct err e = {0};
	size_t n;

	part_open(p, "Due next");
	if (!runs_list(p->site->store, p->a, &f, &rows, &n, &e))
		page_trouble(p, &e);
	else if (n == 0)
		part_empty(p, "No run waits.");
	else
		table_open(p, "Sleeping, waiting and retrying runs, soonest first", columns);
	for (size_t i = 0; i < n; i++) {
		row_open(p);
		cell_open(p, columns[0]);
		if (rows[i].due_ms == INT64_MAX)
			html_own(&p->h, "when it is signalled");
		else
			part_time(p, rows[i].due_ms);
		cell_close(p);
		cell_open(p, columns[1]);
		html_link(&p->h, run_href(p->a, rows[i].id),
		        arena_printf(p->a, "%" PRId64, rows[i].id));
		cell_close(p);
		cell_text(p, columns[2], rows[i].workflow);
		cell_text(p, columns[3], rows[i].waits);
		row_close(p);
	}
	if (n)
		table_end(p);
	part_close(p);
}

static void clocks(struct page *p)
{
	static const char *const columns[] = {"Clock", "Starts", "Every", "Next", NULL};
	struct run_timer_row *rows;
	struct err e = {0};
	size_t n;

	part_open(p, "Clocks");
	if (!runs_timers(p->site->store, p->a, &rows, &n, &e))
		page_trouble(p, &e);
	if (n)
		table_open(p, "They start a run each time", columns);
	for (size_t i = 0; i < n; i++) {
		row_open(p);
		cell_text(p, columns[0], rows[i].name);
		cell_text(p, columns[1], rows[i].workflow);
		cell_own(p, columns[2], clock_duration(p->a, rows[i].every_ms));
		cell_open(p, columns[3]);
		part_time(p, rows[i].next_ms);
		cell_close(p);
		row_close(p);
	}
	if (n)
		table_end(p);
	part_close(p);
}

static void envelope(struct page *p, const char *const *columns, const struct inbox_row *r)
{
	row_open(p);
	cell_text(p, columns[0], r->kind);
	cell_open(p, columns[1]);
	part_state(p, r->status);
	cell_close(p);
	cell_open(p, columns[2]);
	part_time(p, r->received_ms);
	cell_close(p);
	cell_own(p, columns[3], part_duration(p->a, r->stored_ms - r->received_ms));
	cell_open(p, columns[4]);
	if (r->run)
		html_link(&p->h, run_href(p->a, r->run), arena_printf(p->a, "%" PRId64, r->run));
	cell_close(p);
	cell_own(p, columns[5], arena_printf(p->a, "%d", r->deliveries));
	row_close(p);
}

static void inbox(struct page *p)
{
	static const char *const columns[] = {
	        "Kind", "State", "Received", "*#Stored after", "!Run", "*#Deliveries", NULL};
	struct inbox_row *rows;
	struct err e = {0};
	size_t n;

	part_open(p, "Inbox");
	if (!inbox_list(p->site->store, p->a, LISTED, &rows, &n, &e))
		page_trouble(p, &e);
	else if (n == 0)
		part_empty(p, "Nothing has come from Slack.");
	if (n)
		table_open(p, "What came from Slack, newest first", columns);
	for (size_t i = 0; i < n; i++)
		envelope(p, columns, &rows[i]);
	if (n)
		table_end(p);
	part_close(p);
}

void queue_page(void *ctx, const struct page_request *q, struct page_answer *out)
{
	struct page p = page_begin(ctx, q, out, SECTION_QUEUE, "Queue");

	due(&p);
	clocks(&p);
	inbox(&p);
	page_end(&p);
}
