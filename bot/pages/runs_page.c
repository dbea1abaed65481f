/* runs_page.c - the page "Runs": a filter and a table, fifty at a time. */
#include <inttypes.h>

#include "pages/filter.h"
#include "pages/routes.h"
#include "pages/run_table.h"
#include "str.h"

enum { PER_PAGE = 50 };

static const char *const conditions[] = {"state", "workflow", "incident", "service", "since",
        "until", "search", "before", "after", NULL};

/* ---- the form -------------------------------------------------------------------------------- */

static void label(struct page *p, const char *name, const char *words)
{
	html_open(&p->h, "label", "for", name, NULL);
	html_own(&p->h, words);
	html_close(&p->h, "label");
}

static void option(struct page *p, const char *value, const char *words, const char *chosen)
{
	html_open(&p->h, "option", "value", value, "selected", str_eq(value, chosen) ? "" : NULL,
	        NULL);
	html_text(&p->h, words);
	html_close(&p->h, "option");
}

static void field_open(struct page *p, const char *name, const char *words)
{
	html_open(&p->h, "div", NULL);
	label(p, name, words);
}

static void choice_open(struct page *p, const char *name, const char *words, const char *any)
{
	field_open(p, name, words);
	html_open(&p->h, "select", "id", name, "name", name, NULL);
	html_open(&p->h, "option", "value", "", NULL);
	html_own(&p->h, any);
	html_close(&p->h, "option");
}

static void choice_close(struct page *p)
{
	html_close(&p->h, "select");
	html_close(&p->h, "div");
}

static void words_field(struct page *p, const char *name, const char *words, const char *hint)
{
	field_open(p, name, words);
	html_void(&p->h, "input", "id", name, "name", name, "value", page_param(p->q, name),
	        "placeholder", hint, "autocomplete", "off", NULL);
	html_close(&p->h, "div");
}

static void state_field(struct page *p)
{
	const char *chosen = page_param(p->q, "state");

	choice_open(p, "state", "State", "any");
	for (const char *const *s = filter_states; *s; s++)
		option(p, *s, *s, chosen);
	choice_close(p);
}

static void workflow_field(struct page *p)
{
	const char *chosen = page_param(p->q, "workflow"), **names;
	struct err ignored;
	size_t n = 0;

	choice_open(p, "workflow", "Workflow", "any");
	if (runs_workflows(p->site->store, p->a, &names, &n, &ignored))
		for (size_t i = 0; i < n; i++)
			option(p, names[i], names[i], chosen);
	choice_close(p);
}

static void since_field(struct page *p)
{
	static const struct {
		const char *age, *words;
	} ages[] = {{"1h", "the last hour"}, {"24h", "the last day"}, {"7d", "the last week"},
	        {"30d", "the last 30 days"}};
	const char *chosen = page_param(p->q, "since");
	bool known = !chosen || !*chosen;

	choice_open(p, "since", "Created", "at any time");
	for (size_t i = 0; i < sizeof(ages) / sizeof(ages[0]); i++) {
		known = known || str_eq(ages[i].age, chosen);
		option(p, ages[i].age, ages[i].words, chosen);
	}
	if (!known)
		option(p, chosen, chosen, chosen);
	choice_close(p);
}

static void form(struct page *p)
{
	html_open(&p->h, "form", "class", "filter", "method", "get", "action", "/runs", "role",
	        "search", "aria-label", "Runs", NULL);
	state_field(p);
	workflow_field(p);
	words_field(p, "incident", "Incident", "INC-42");
	words_field(p, "service", "Service", "api");
	since_field(p);
	words_field(p, "search", "Key or input", "contains …");
	html_open(&p->h, "div", "class", "buttons", NULL);
	html_own_in(&p->h, "button", NULL, "Show");
	html_link(&p->h, "/runs", "Reset");
	html_close(&p->h, "div");
	html_close(&p->h, "form");
}

/* ---- the pages before and after -------------------------------------------------------------- */

/* The same filter at another place. */
static const char *at(struct page *p, const char *edge, int64_t id)
{
	struct str to = str_new(p->a);

	str_addf(&to, "/runs?%s=%" PRId64, edge, id);
	for (const char *const *c = conditions; *c; c++) {
		const char *v = page_param(p->q, *c);

		if (!v || !*v || str_eq(*c, "before") || str_eq(*c, "after"))
			continue;
		str_addf(&to, "&%s=", *c);
		str_url(&to, v);
	}
	return to.s;
}

static void pager(struct page *p, const struct run_filter *f, const struct run_row *rows, size_t n)
{
	bool full = n == PER_PAGE;

	if (str_eq(f->state, "due") || n == 0)
		return;
	html_open(&p->h, "nav", "class", "pager", "aria-label", "More runs", NULL);
	if (f->before || (f->after && full))
		html_link(&p->h, at(p, "after", rows[0].id), "← Newer");
	if (f->after || full)
		html_link(&p->h, at(p, "before", rows[n - 1].id), "Older →");
	html_close(&p->h, "nav");
}

/* ---- the page -------------------------------------------------------------------------------- */

static bool read_filter(struct page *p, struct run_filter *f, struct err *e)
{
	for (const char *const *c = conditions; *c; c++)
		if (!filter_set(f, *c, page_param(p->q, *c), e))
			return false;
	return true;
}

void runs_page(void *ctx, const struct page_request *q, struct page_answer *out)
{
	struct page p = page_begin(ctx, q, out, SECTION_RUNS, "Runs");
	struct run_filter f = {.limit = PER_PAGE};
	struct run_row *rows;
	struct err e = {0};
	size_t n;

	form(&p);
	if (!read_filter(&p, &f, &e) || !runs_list(p.site->store, p.a, &f, &rows, &n, &e)) {
		page_trouble(&p, &e);
	} else if (n == 0) {
		part_empty(&p, "No run matches. Loosen a condition, or reset.");
	} else {
		run_table(&p, f.state && str_eq(f.state, "due") ? "Soonest first" : "Newest first",
		        rows, n);
		pager(&p, &f, rows, n);
	}
	page_end(&p);
}
