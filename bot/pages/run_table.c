/* run_table.c - see run_table.h. */
#include "pages/run_table.h"

#include <inttypes.h>

#include "str.h"

static const char *const columns[] = {"!Run", "Workflow", "State", "*#Steps", "Started", "*#Took",
        "*About", "*Waits for / error", NULL};
enum { RUN, WORKFLOW, STATE, STEPS, STARTED, TOOK, ABOUT, WHY };

const char *run_href(struct arena *a, int64_t id)
{
	return arena_printf(a, "/runs/%" PRId64, id);
}

const char *run_state(const struct run_row *r)
{
	return r->paused ? "paused" : r->state;
}

static const char *took(struct page *p, const struct run_row *r)
{
	if (!r->entered_ms)
		return "–";
	return part_duration(p->a, (r->ended_ms ? r->ended_ms : p->now_ms) - r->created_ms);
}

static void about(struct page *p, const struct run_row *r)
{
	cell_open(p, columns[ABOUT]);
	if (r->incident)
		html_link(&p->h, arena_printf(p->a, "/incidents/%" PRId64, r->incident),
		        arena_printf(p->a, "INC-%" PRId64, r->incident));
	cell_close(p);
}

static void one(struct page *p, const struct run_row *r)
{
	row_open(p);
	cell_open(p, columns[RUN]);
	html_link(&p->h, run_href(p->a, r->id), arena_printf(p->a, "%" PRId64, r->id));
	cell_close(p);
	cell_text(p, columns[WORKFLOW], r->workflow);
	cell_open(p, columns[STATE]);
	part_state(p, run_state(r));
	cell_close(p);
	cell_own(p, columns[STEPS], arena_printf(p->a, "%d/%d", r->steps_done, r->steps));
	cell_open(p, columns[STARTED]);
	part_time(p, r->created_ms);
	cell_close(p);
	cell_own(p, columns[TOOK], took(p, r));
	about(p, r);
	cell_open(p, columns[WHY]);
	html_brief(&p->h, str_or(r->error, r->waits), 120);
	cell_close(p);
	row_close(p);
}

void run_table(struct page *p, const char *caption, const struct run_row *rows, size_t n)
{
	table_open(p, caption, columns);
	for (size_t i = 0; i < n && !html_full(&p->h); i++)
		one(p, &rows[i]);
	table_end(p);
}
