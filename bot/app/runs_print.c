/* runs_print.c - see runs_print.h: a table of runs, and one run as a tree. */
#include "app/runs_print.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "app/gate.h"
#include "clock.h"
#include "spark.h"
#include "str.h"

enum { LOADED_BYTES = 65536, SHOWN_CHARS = 300, MAX_DEPTH = 5 };

/* What one printing needs everywhere. */
struct tree {
	struct store *store;
	struct arena *a;
	bool full;
};

static const char *when(struct arena *a, int64_t ms)
{
	return ms > 0 && ms < INT64_MAX ? clock_rfc3339(a, ms) : "–";
}

static const char *took(struct arena *a, int64_t from, int64_t to)
{
	int64_t ms = to - from;

	if (!to)
		return "–";
	return ms < 1000 ? arena_printf(a, "%" PRId64 " ms", ms) : clock_duration(a, ms);
}

/* ---- the table ------------------------------------------------------------------------------- */

void runs_print_list(struct arena *a, const struct run_row *rows, size_t n)
{
	static const char *const heads[] = {
	        "ID", "WORKFLOW", "STATE", "STEPS", "CREATED", "TOOK", "ABOUT", "WAITS / ERROR"};
	enum { HEADS = sizeof(heads) / sizeof(*heads) };
	struct table *t = table_new(a);

	for (size_t i = 0; i < HEADS; i++)
		table_column(
		        t, heads[i], i == 0 ? TABLE_RIGHT : TABLE_LEFT, i + 1 == HEADS ? 60 : 0);
	for (size_t i = 0; i < n; i++) {
		const struct run_row *r = &rows[i];

		table_cell(t, arena_printf(a, "%" PRId64, r->id));
		table_cell(t, r->workflow);
		table_cell(t, r->paused ? "paused" : r->state);
		table_cell(t, arena_printf(a, "%d/%d", r->steps_done, r->steps));
		table_cell(t, when(a, r->created_ms));
		table_cell(t, took(a, r->created_ms, r->ended_ms));
		table_cell(t, r->incident ? arena_printf(a, "INC-%" PRId64, r->incident) : "");
		table_cell(t, gate_text(a, str_or(r->error, str_or(r->waits, ""))));
	}
	fputs(table_text(t, true, 0), stdout);
}

/* ---- values ---------------------------------------------------------------------------------- */

static const char *clean(struct arena *a, const char *text)
{
	return gate_text(a, str_clean(a, text, strlen(text), 0));
}

static void value(
        const struct tree *t, const char *in, const char *name, const json *v, int64_t bytes)
{
	const char *text = v ? clean(t->a, json_print(t->a, v)) : NULL;

	if (!text && bytes > 0)
		printf("%s%s (%" PRId64 " bytes; --full shows them)\n", in, name, bytes);
	else if (text && !t->full && str_chars(text) > SHOWN_CHARS)
		printf("%s%s %s (%zu bytes; --full shows them)\n", in, name,
		        str_ellipsis(t->a, text, SHOWN_CHARS), strlen(text));
	else if (text)
		printf("%s%s %s\n", in, name, text);
}

static void note(const struct tree *t, const char *in, const char *name, const char *text)
{
	if (text)
		printf("%s%s %s\n", in, name, clean(t->a, text));
}

/* ---- the tree -------------------------------------------------------------------------------- */

static bool print_run(const struct tree *t, int64_t id, const char *in, int depth, struct err *e);

static void print_attempts(const struct tree *t, const struct run_step *s, const char *in)
{
	for (size_t i = 0; i < s->nattempts; i++) {
		const struct run_attempt *at = &s->attempts[i];

		printf("%sattempt %d  %s  %s  failed: %s: %s\n", in, at->n,
		        when(t->a, at->started_ms), took(t->a, at->started_ms, at->ended_ms),
		        str_or(at->code, "?"), clean(t->a, str_or(at->error, "")));
	}
}

static bool print_step(const struct tree *t, const struct run_step *s, bool last, const char *in,
        int depth, struct err *e)
{
	const char *below = arena_printf(t->a, "%s%s    ", in, last ? " " : "│");

	printf("%s%s %s%s  %s  %s", in, last ? "└─" : "├─",
	        s->group ? arena_printf(t->a, "∥%d ", s->group) : "", clean(t->a, s->name), s->kind,
	        s->outcome);
	if (s->ended_ms)
		printf("  %s", took(t->a, s->started_ms, s->ended_ms));
	if (s->attempt > 1 || s->nattempts)
		printf("  attempt %d", s->attempt);
	if (s->calls > s->attempt)
		printf("  called %d times", s->calls);
	if (s->signal)
		printf("  for signal %s", clean(t->a, s->signal));
	if (s->child)
		printf("  run %" PRId64, s->child);
	putchar('\n');
	value(t, below, "in ", s->input, s->input_bytes);
	value(t, below, "out", s->output, s->output_bytes);
	print_attempts(t, s, below);
	note(t, below, "error", s->error);
	return !str_eq(s->kind, "spawn") || !s->child || depth >= MAX_DEPTH ||
	       print_run(t, s->child, below, depth + 1, e);
}

static void print_head(const struct tree *t, const struct run_row *r, const char *in)
{
	printf("%srun %" PRId64 "  %s v%d  %s%s", in, r->id, r->workflow, r->version, r->state,
	        r->paused ? " (paused)" : "");
	if (r->incident)
		printf("  INC-%" PRId64, r->incident);
	if (r->ended_ms)
		printf("  took %s", took(t->a, r->created_ms, r->ended_ms));
	printf("\n%s  created %s  ended %s  entered %d times\n", in, when(t->a, r->created_ms),
	        when(t->a, r->ended_ms), r->entries);
	if (r->waits && !r->ended_ms)
		printf("%s  waits for %s, due %s\n", in, clean(t->a, r->waits),
		        r->due_ms == INT64_MAX ? "when it is signalled" : when(t->a, r->due_ms));
	if (r->concurrency)
		printf("%s  concurrency %s\n", in, clean(t->a, r->concurrency));
}

/* A hook (on failure, on cancel) is a child that no step has started. */
static bool has_step(const struct run_detail *d, int64_t child)
{
	for (size_t i = 0; i < d->nsteps; i++)
		if (d->steps[i].child == child)
			return true;
	return false;
}

static bool print_run(const struct tree *t, int64_t id, const char *in, int depth, struct err *e)
{
	struct run_detail *d = run_get(t->store, t->a, id, t->full ? 0 : LOADED_BYTES, e);
	const char *inner = arena_printf(t->a, "%s  ", in);
	bool ok = true;

	if (!d && depth > 0 && e->code == ERR_NOT_FOUND) /* pruned before its parent */
		return true;
	if (!d)
		return false;
	print_head(t, &d->run, in);
	value(t, inner, "in ", d->run.input, d->run.input_bytes);
	for (size_t i = 0; ok && i < d->nsteps; i++)
		ok = print_step(t, &d->steps[i], i + 1 == d->nsteps, inner, depth, e);
	value(t, inner, "out", d->run.result, d->run.result_bytes);
	note(t, inner, "error", d->run.error);
	for (size_t i = 0; ok && depth < MAX_DEPTH && i < d->nchildren; i++)
		if (!has_step(d, d->children[i].id))
			ok = print_run(t, d->children[i].id, inner, depth + 1, e);
	return ok;
}

bool runs_print_tree(struct store *s, struct arena *a, int64_t id, bool full, struct err *e)
{
	struct tree t = {.store = s, .a = a, .full = full};

	return print_run(&t, id, "", 0, e);
}
