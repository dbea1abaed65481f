/* healbot runs: workflow runs, and one with its steps as a tree. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/cli.h"
#include "app/commands.h"
#include "app/gate.h"
#include "clock.h"
#include "spark.h"
#include "store/runs.h"
#include "str.h"

enum { SHOWN_BYTES = 4096, LISTED = 100 };

static const char *when(struct arena *a, int64_t ms)
{
	return ms > 0 && ms < INT64_MAX ? clock_rfc3339(a, ms) : "–";
}

static void print_list(struct arena *a, const struct run_row *rows, size_t n)
{
	static const char *const heads[] = {
	        "ID", "WORKFLOW", "STATE", "STEPS", "CREATED", "TOOK", "WAITS / ERROR"};
	struct table *t = table_new(a);

	for (size_t i = 0; i < sizeof(heads) / sizeof(*heads); i++)
		table_column(t, heads[i], i == 0 ? TABLE_RIGHT : TABLE_LEFT, i == 6 ? 60 : 0);
	for (size_t i = 0; i < n; i++) {
		const struct run_row *r = &rows[i];

		table_cell(t, arena_printf(a, "%" PRId64, r->id));
		table_cell(t, r->workflow);
		table_cell(t, r->paused ? "paused" : r->state);
		table_cell(t, arena_printf(a, "%d/%d", r->steps_done, r->steps));
		table_cell(t, when(a, r->created_ms));
		table_cell(t, r->ended_ms ? clock_duration(a, r->ended_ms - r->created_ms) : "–");
		table_cell(t, gate_text(a, str_or(r->error, str_or(r->waits, ""))));
	}
	fputs(table_text(t, true, 0), stdout);
}

static void print_value(struct arena *a, const char *name, const json *v, int64_t bytes)
{
	if (v)
		printf("      %s %s\n", name, gate_text(a, json_print(a, v)));
	else if (bytes > 0)
		printf("      %s (%" PRId64 " bytes; --json shows them)\n", name, bytes);
}

static void print_step(struct arena *a, const struct run_step *s, bool last)
{
	int64_t took = s->ended_ms > s->started_ms ? s->ended_ms - s->started_ms : 0;

	printf("  %s %s%s  %s  %s  attempt %d%s%s\n", last ? "└─" : "├─", s->group ? "∥ " : "",
	        s->name, s->kind, s->outcome, s->attempt, took ? "  " : "",
	        took ? clock_duration(a, took) : "");
	print_value(a, "in ", s->input, 0);
	print_value(a, "out", s->output, s->output_bytes);
	for (size_t i = 0; i < s->nattempts; i++)
		printf("      attempt %d failed: %s\n", s->attempts[i].n,
		        gate_text(a, str_or(s->attempts[i].error, "")));
	if (s->error)
		printf("      error %s\n", gate_text(a, s->error));
}

static void print_one(struct arena *a, const struct run_detail *d)
{
	const struct run_row *r = &d->run;

	printf("run %" PRId64 "  %s v%d  %s%s\n", r->id, r->workflow, r->version, r->state,
	        r->paused ? " (paused)" : "");
	printf("  created %s  ended %s  entered %d times\n", when(a, r->created_ms),
	        when(a, r->ended_ms), r->entries);
	if (r->waits)
		printf("  waits for %s, due %s\n", r->waits, when(a, r->due_ms));
	if (r->concurrency)
		printf("  concurrency %s\n", r->concurrency);
	print_value(a, "in ", r->input, 0);
	for (size_t i = 0; i < d->nsteps; i++)
		print_step(a, &d->steps[i], i + 1 == d->nsteps);
	print_value(a, "out", r->result, 0);
	if (r->error)
		printf("  error %s\n", gate_text(a, r->error));
	for (size_t i = 0; i < d->nchildren; i++)
		printf("  child run %" PRId64 "  %s  %s\n", d->children[i].id,
		        d->children[i].workflow, d->children[i].state);
}

static json *run_json(struct arena *a, const struct run_row *r)
{
	json *o = json_obj(a);

	json_set_int(o, "id", r->id);
	json_set_str(o, "workflow", r->workflow);
	json_set_str(o, "state", r->paused ? "paused" : r->state);
	json_set_str(o, "waits", r->waits);
	json_set_str(o, "key", r->key);
	json_set_str(o, "concurrency", r->concurrency);
	json_set_int(o, "created_ms", r->created_ms);
	json_set_int(o, "ended_ms", r->ended_ms);
	json_set_int(o, "steps", r->steps);
	json_set_int(o, "steps_done", r->steps_done);
	json_set_str(o, "error", r->error ? gate_text(a, r->error) : NULL);
	return o;
}

static const char *masked(void *ctx, struct arena *a, const char *s)
{
	(void)ctx;
	return gate_text(a, s);
}

static json *detail_json(struct arena *a, const struct run_detail *d)
{
	json *o = run_json(a, &d->run), *arr = json_set_arr(o, "step_list");

	json_set(o, "input", d->run.input);
	json_set(o, "result", d->run.result);
	for (size_t i = 0; i < d->nsteps; i++) {
		const struct run_step *s = &d->steps[i];
		json *x = json_add_obj(arr);

		json_set_str(x, "name", s->name);
		json_set_str(x, "kind", s->kind);
		json_set_str(x, "state", s->state);
		json_set_str(x, "outcome", s->outcome);
		json_set_int(x, "attempt", s->attempt);
		json_set_int(x, "started_ms", s->started_ms);
		json_set_int(x, "ended_ms", s->ended_ms);
		json_set(x, "input", s->input);
		json_set(x, "output", s->output);
		json_set_str(x, "error", s->error);
	}
	json_map_strings(a, o, masked, NULL);
	return o;
}

static bool show_one(struct cli *c, struct store *s, const char *word, struct err *e)
{
	bool as_json = cli_opt(c, "json") != NULL;
	struct run_detail *d =
	        run_get(s, c->arena, strtoll(word, NULL, 10), as_json ? 0 : SHOWN_BYTES, e);

	if (!d)
		return false;
	if (as_json)
		puts(json_print_pretty(c->arena, detail_json(c->arena, d)));
	else
		print_one(c->arena, d);
	return true;
}

static bool list_all(struct cli *c, struct store *s, struct err *e)
{
	struct run_filter f = {.state = cli_opt(c, "failed") ? "failed" : NULL, .limit = LISTED};
	struct run_row *rows;
	size_t n;

	if (!runs_list(s, c->arena, &f, &rows, &n, e))
		return false;
	if (cli_opt(c, "json")) {
		json *arr = json_arr(c->arena);

		for (size_t i = 0; i < n; i++)
			json_add(arr, run_json(c->arena, &rows[i]));
		puts(json_print_pretty(c->arena, arr));
	} else if (n == 0) {
		puts("no runs");
	} else {
		print_list(c->arena, rows, n);
	}
	return true;
}

int command_runs(struct cli *c, int argc, char **argv)
{
	struct err e = {0};
	struct store *s;
	bool ok;

	gate_install(c->secrets);
	s = store_open(c->settings->heal.db, STORE_LOOK, &e);
	ok = s && (argc > 0 ? show_one(c, s, argv[0], &e) : list_all(c, s, &e));
	store_close(s);
	if (ok)
		return EXIT_OK;
	fprintf(stderr, "healbot: %s\n", e.msg);
	return e.code == ERR_CONFIG ? EXIT_USAGE : EXIT_FAILED;
}
