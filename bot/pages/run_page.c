/* run_page.c - the page of one run: facts, timeline, every step with its values, children, signals.
 */
#include <inttypes.h>

#include "clock.h"
#include "pages/routes.h"
#include "pages/run_table.h"
#include "pages/timeline.h"
#include "str.h"

enum { MAX_VALUE = 65536, MAX_STEPS = 300 };

static const char *value_href(struct page *p, int64_t run, const char *step, const char *part)
{
	struct str to = str_new(p->a);

	str_addf(&to, "/values/%" PRId64 "?part=%s&step=", run, part);
	str_url(&to, step);
	return to.s;
}

/* ---- facts ----------------------------------------------------------------------------------- */

static void fact_time(struct page *p, const char *name, int64_t ms)
{
	if (ms <= 0 || ms == INT64_MAX)
		return;
	fact_open(p, name);
	part_time(p, ms);
	fact_close(p);
}

static void fact_link(struct page *p, const char *name, const char *href, const char *words)
{
	fact_open(p, name);
	html_link(&p->h, href, words);
	fact_close(p);
}

static void relations(struct page *p, const struct run_row *r)
{
	if (r->incident)
		fact_link(p, "About", arena_printf(p->a, "/incidents/%" PRId64, r->incident),
		        arena_printf(p->a, "INC-%" PRId64, r->incident));
	if (r->parent)
		fact_link(p, "Started by", run_href(p->a, r->parent),
		        arena_printf(p->a, "run %" PRId64, r->parent));
	fact_text(p, "Idempotency key", r->key);
	fact_text(p, "Concurrency key", r->concurrency);
}

static void times(struct page *p, const struct run_row *r)
{
	int64_t end = r->ended_ms ? r->ended_ms : p->now_ms;

	fact_time(p, "Created", r->created_ms);
	if (r->entered_ms)
		fact_own(p, "Waited for a worker",
		        part_duration(p->a, r->entered_ms - r->created_ms));
	fact_time(p, "Ended", r->ended_ms);
	fact_own(p, r->ended_ms ? "Took" : "So far", part_duration(p->a, end - r->created_ms));
	if (!r->ended_ms) {
		fact_text(p, "Waits for", r->waits);
		fact_time(p, "Due", str_eq(r->state, "ready") ? r->due_ms : 0);
		fact_time(p, "Lease until", str_eq(r->state, "running") ? r->lease_ms : 0);
	}
}

static void facts(struct page *p, const struct run_row *r)
{
	html_open(&p->h, "dl", "class", "facts", NULL);
	fact_open(p, "State");
	part_state(p, run_state(r));
	fact_close(p);
	fact_own(p, "Version", arena_printf(p->a, "%d", r->version));
	fact_own(p, "Lane", r->lane == WF_INTERACTIVE ? "interactive" : "background");
	times(p, r);
	relations(p, r);
	fact_own(p, "Entered",
	        arena_printf(p->a, "%d times%s", r->entries,
	                r->crashes ? arena_printf(p->a, ", %d crashes between steps", r->crashes)
	                           : ""));
	html_close(&p->h, "dl");
	if (r->error) {
		html_open(&p->h, "p", "class", "trouble", NULL);
		html_text_in(&p->h, "strong", NULL, str_or(r->error_code, r->state));
		html_own(&p->h, ": ");
		html_text(&p->h, r->error);
		html_close(&p->h, "p");
	}
}

/* ---- steps ----------------------------------------------------------------------------------- */

static void attempts(struct page *p, const struct run_step *s)
{
	static const char *const columns[] = {"#Attempt", "When", "#Took", "Error", NULL};

	if (!s->nattempts)
		return;
	table_open(p, "Attempts that failed", columns);
	for (size_t i = 0; i < s->nattempts && !html_full(&p->h); i++) {
		const struct run_attempt *at = &s->attempts[i];

		row_open(p);
		cell_own(p, columns[0], arena_printf(p->a, "%d", at->n));
		cell_open(p, columns[1]);
		part_time(p, at->started_ms);
		cell_close(p);
		cell_own(p, columns[2], part_duration(p->a, at->ended_ms - at->started_ms));
		cell_open(p, columns[3]);
		html_text_in(&p->h, "strong", NULL, at->code);
		html_own(&p->h, " ");
		html_text(&p->h, at->error);
		cell_close(p);
		row_close(p);
	}
	table_end(p);
}

static void step_head(struct page *p, const struct run_step *s)
{
	html_open(&p->h, "header", NULL);
	html_text_in(&p->h, "h3", NULL, s->name);
	part_state(p, s->state);
	html_open(&p->h, "span", "class", "muted", NULL);
	html_ownf(&p->h, "%s", s->kind);
	if (s->ended_ms)
		html_ownf(&p->h, " · %s", part_duration(p->a, s->ended_ms - s->started_ms));
	if (s->attempt > 1)
		html_ownf(&p->h, " · attempt %d", s->attempt);
	if (s->calls > s->attempt)
		html_ownf(&p->h, " · called %d times", s->calls);
	if (s->group)
		html_ownf(&p->h, " · parallel group %d", s->group);
	html_close(&p->h, "span");
	html_close(&p->h, "header");
}

static void step_notes(struct page *p, const struct run_step *s)
{
	if (!str_eq(s->outcome, s->state))
		html_text_in(&p->h, "p", "trouble", s->outcome);
	if (s->signal) {
		html_open(&p->h, "p", NULL);
		html_own(&p->h, "Waits for the signal ");
		html_text_in(&p->h, "code", NULL, s->signal);
		html_close(&p->h, "p");
	}
	if (!s->ended_ms && s->due_ms > 0 && s->due_ms < INT64_MAX / 2) {
		html_open(&p->h, "p", NULL);
		html_own(&p->h, "Due ");
		part_time(p, s->due_ms);
		html_close(&p->h, "p");
	}
	if (s->child) {
		html_open(&p->h, "p", NULL);
		html_link(&p->h, run_href(p->a, s->child),
		        arena_printf(p->a, "Child run %" PRId64, s->child));
		html_close(&p->h, "p");
	}
	if (s->error) {
		html_open(&p->h, "p", "class", "trouble", NULL);
		html_text_in(&p->h, "strong", NULL, str_or(s->error_code, "failed"));
		html_own(&p->h, " ");
		html_text(&p->h, s->error);
		html_close(&p->h, "p");
	}
}

static void step(struct page *p, int64_t run, const struct run_step *s)
{
	html_open(&p->h, "article", "id", arena_printf(p->a, "step-%d", s->seq), "class",
	        s->group ? "step parallel" : "step", NULL);
	step_head(p, s);
	step_notes(p, s);
	part_value(p, "Input", s->input, s->input_bytes, value_href(p, run, s->name, "input"));
	part_value(p, "Output", s->output, s->output_bytes, value_href(p, run, s->name, "output"));
	attempts(p, s);
	html_close(&p->h, "article");
}

static void steps(struct page *p, const struct run_detail *d)
{
	part_open(p, "Steps");
	for (size_t i = 0; i < d->nsteps && i < MAX_STEPS && !html_full(&p->h); i++)
		step(p, d->run.id, &d->steps[i]);
	if (d->nsteps > MAX_STEPS)
		part_empty(p, arena_printf(p->a,
		                      "The first %d of %zu steps; healbot runs %" PRId64
		                      " --json has all.",
		                      MAX_STEPS, d->nsteps, d->run.id));
	if (d->nsteps == 0)
		part_empty(p, "No step has begun.");
	part_close(p);
}

/* ---- the rest -------------------------------------------------------------------------------- */

static void children(struct page *p, const struct run_detail *d)
{
	if (!d->nchildren)
		return;
	part_open(p, "Child runs");
	run_table(p, "Newest first", d->children, d->nchildren);
	part_close(p);
}

static void signals(struct page *p, const struct run_detail *d)
{
	static const char *const columns[] = {"Signal", "Sent", "Taken by", "*Payload", NULL};

	if (!d->nsignals)
		return;
	part_open(p, "Signals");
	table_open(p, "In the order they came", columns);
	for (size_t i = 0; i < d->nsignals && !html_full(&p->h); i++) {
		const struct run_signal *s = &d->signals[i];

		row_open(p);
		cell_text(p, columns[0], s->name);
		cell_open(p, columns[1]);
		part_time(p, s->sent_ms);
		cell_close(p);
		cell_text(p, columns[2], str_or(s->taken_by, "nobody yet"));
		cell_open(p, columns[3]);
		html_brief(&p->h, s->payload ? json_print(p->a, s->payload) : NULL, 200);
		cell_close(p);
		row_close(p);
	}
	table_end(p);
	part_close(p);
}

static void content(struct page *p, const struct run_detail *d)
{
	const struct run_row *r = &d->run;

	facts(p, r);
	part_value(p, "Input", r->input, r->input_bytes, value_href(p, r->id, "", "input"));
	part_value(p, "Result", r->result, r->result_bytes, value_href(p, r->id, "", "output"));
	if (d->nsteps)
		timeline(p, d, MAX_STEPS);
	steps(p, d);
	children(p, d);
	signals(p, d);
}

void run_page(void *ctx, const struct page_request *q, struct page_answer *out)
{
	const struct site *site = ctx;
	struct run_detail *d = NULL;
	struct err e = {0};
	struct page p;
	int64_t id;

	page_limit(site);
	if (str_int(q->rest, &id))
		d = run_get(site->store, q->a, id, MAX_VALUE, &e);
	else
		err_set(&e, ERR_NOT_FOUND, false, "there is no such run; /runs lists them");
	p = page_begin(site, q, out, SECTION_RUNS,
	        d ? arena_printf(q->a, "Run %" PRId64 " · %s", id, d->run.workflow) : "Run");
	if (d)
		content(&p, d);
	else
		page_trouble(&p, &e);
	page_end(&p);
}
