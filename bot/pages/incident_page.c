/* incident_page.c - the page of one incident: facts, timeline, diagnosis, fixes, its runs. */
#include <inttypes.h>

#include "incident.h"
#include "pages/routes.h"
#include "pages/run_table.h"
#include "str.h"

enum { RUNS = 50, FIXES = 20 };

/* ---- facts ----------------------------------------------------------------------------------- */

static void when(struct page *p, const char *name, int64_t ms)
{
	if (ms <= 0)
		return;
	fact_open(p, name);
	if (ms == INT64_MAX)
		html_own(&p->h, "it gets worse");
	else
		part_time(p, ms);
	fact_close(p);
}

static void facts(struct page *p, const struct incident *inc)
{
	html_open(&p->h, "dl", "class", "facts", NULL);
	fact_open(p, "State");
	part_state(p, incident_state_name(inc->state));
	fact_close(p);
	fact_open(p, "Severity");
	part_state(p, severity_name(inc->severity));
	fact_close(p);
	fact_text(p, "Service", inc->service);
	fact_text(p, "Environment", inc->environment);
	fact_own(p, "Signal", signal_name(inc->signal));
	when(p, "Began", inc->began_ms);
	when(p, "Opened", inc->opened_ms);
	when(p, "Ended", inc->ended_ms);
	fact_text(p, "How it ended", inc->how_ended);
	fact_text(p, "Acknowledged by", inc->acked_by);
	fact_text(p, "Owner", inc->owner);
	when(p, "Snoozed until", inc->snoozed_until_ms);
	fact_own(p, "Occurrences in 30 days", arena_printf(p->a, "%d", inc->occurrences_30d));
	if (inc->previous) {
		fact_open(p, "The one before");
		html_link(&p->h, arena_printf(p->a, "/incidents/%" PRId64, inc->previous),
		        arena_printf(p->a, "INC-%" PRId64, inc->previous));
		fact_close(p);
	}
	html_close(&p->h, "dl");
	if (inc->trouble)
		html_text_in(&p->h, "p", "trouble", inc->trouble);
}

/* ---- what happened --------------------------------------------------------------------------- */

static void happened(struct page *p, int64_t id)
{
	struct timeline_row *rows;
	struct err e = {0};
	size_t n;

	part_open(p, "What happened");
	if (!incident_timeline(p->site->store, p->a, id, &rows, &n, &e)) {
		page_trouble(p, &e);
		n = 0;
	}
	html_open(&p->h, "ol", "class", "events", NULL);
	for (size_t i = 0; i < n && !html_full(&p->h); i++) {
		html_open(&p->h, "li", NULL);
		part_time(p, rows[i].ts_ms);
		html_text_in(&p->h, "strong", NULL, rows[i].kind);
		html_open(&p->h, "span", NULL);
		html_own(&p->h, "by ");
		html_text(&p->h, str_or(rows[i].actor, "Heal"));
		html_close(&p->h, "span");
		if (rows[i].note)
			html_text_in(&p->h, "p", NULL, rows[i].note);
		html_close(&p->h, "li");
	}
	html_close(&p->h, "ol");
	part_close(p);
}

/* ---- diagnosis and fixes --------------------------------------------------------------------- */

static void diagnosis(struct page *p, const struct incident *inc)
{
	struct err none = {0};
	struct diagnosis *d =
	        inc->diagnosis ? diagnosis_get(p->site->store, p->a, inc->id, 0, &none) : NULL;

	if (!d)
		return;
	part_open(p, "Diagnosis");
	html_open(&p->h, "dl", "class", "facts", NULL);
	fact_own(p, "Version", arena_printf(p->a, "%d", d->version));
	fact_text(p, "Confidence", d->confidence);
	fact_text(p, "Suspected cause",
	        json_str(d->plan, ".cause", json_str(d->plan, ".cause.text", NULL)));
	fact_text(p, "Model", d->model);
	if (d->cost_usd >= 0)
		fact_own(p, "Cost", arena_printf(p->a, "$%.3f", d->cost_usd));
	when(p, "Made", d->created_ms);
	html_close(&p->h, "dl");
	if (d->trouble)
		html_text_in(&p->h, "p", "trouble", d->trouble);
	part_value(p, "Plan", d->plan, 0, NULL);
	part_value(p, "Evidence", d->evidence, 0, NULL);
	part_close(p);
}

static void fix(struct page *p, const struct fix_row *f)
{
	html_open(&p->h, "article", "class", "step", NULL);
	html_open(&p->h, "header", NULL);
	html_open(&p->h, "h3", NULL);
	html_ownf(&p->h, "Fix %d", f->n);
	html_close(&p->h, "h3");
	part_state(p, f->state);
	html_close(&p->h, "header");
	html_open(&p->h, "dl", "class", "facts", NULL);
	fact_text(p, "Repository", f->repo);
	fact_text(p, "Branch", f->branch);
	fact_text(p, "Started by", f->started_by);
	when(p, "Started", f->started_ms);
	when(p, "Ended", f->ended_ms);
	if (f->run) {
		fact_open(p, "Run");
		html_link(&p->h, run_href(p->a, f->run), arena_printf(p->a, "%" PRId64, f->run));
		fact_close(p);
	}
	if (f->pr_url) {
		fact_open(p, "Pull request");
		part_link(p, f->pr_url,
		        arena_printf(p->a, "#%d %s", f->pr_number, str_or(f->pr_title, "")));
		fact_close(p);
	}
	html_close(&p->h, "dl");
	if (f->error)
		html_text_in(&p->h, "p", "trouble", f->error);
	html_close(&p->h, "article");
}

static void fixes(struct page *p, int64_t id)
{
	for (int n = 1; n <= FIXES; n++) {
		struct err none = {0};
		struct fix_row *f = fix_get(p->site->store, p->a, id, n, &none);

		if (!f && n > 1)
			part_close(p);
		if (!f)
			return;
		if (n == 1)
			part_open(p, "Fixes");
		fix(p, f);
		if (n == FIXES)
			part_close(p);
	}
}

static void runs(struct page *p, int64_t id)
{
	struct run_filter f = {.incident = id, .limit = RUNS};
	struct run_row *rows;
	struct err e = {0};
	size_t n;

	part_open(p, "Runs");
	if (!runs_list(p->site->store, p->a, &f, &rows, &n, &e))
		page_trouble(p, &e);
	else if (n == 0)
		part_empty(p, "Its runs have been pruned; what happened stays above.");
	else
		run_table(p, "Newest first", rows, n);
	if (n == RUNS)
		html_link(&p->h, arena_printf(p->a, "/runs?incident=%" PRId64, id), "All runs");
	part_close(p);
}

void incident_page(void *ctx, const struct page_request *q, struct page_answer *out)
{
	const struct site *site = ctx;
	struct incident *inc = NULL;
	struct err e = {0};
	struct page p;
	int64_t id;

	page_limit(site);
	if (str_int(q->rest, &id))
		inc = incident_get(site->store, q->a, id, &e);
	else
		err_set(&e, ERR_NOT_FOUND, false,
		        "there is no such incident; /incidents lists them");
	p = page_begin(site, q, out, SECTION_INCIDENTS,
	        inc ? arena_printf(q->a, "INC-%" PRId64 " · %s · %s", id, inc->service,
	                      str_or(inc->headline, ""))
	            : "Incident");
	if (inc) {
		facts(&p, inc);
		happened(&p, id);
		diagnosis(&p, inc);
		fixes(&p, id);
		runs(&p, id);
	} else {
		page_trouble(&p, &e);
	}
	page_end(&p);
}
