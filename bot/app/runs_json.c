/* runs_json.c - see runs_print.h: runs as JSON, complete. */
#include <string.h>

#include "app/gate.h"
#include "app/runs_print.h"

enum { MAX_DEPTH = 5 };

static json *run_json(struct arena *a, const struct run_row *r)
{
	json *o = json_obj(a);

	json_set_int(o, "id", r->id);
	json_set_int(o, "parent", r->parent);
	json_set_str(o, "workflow", r->workflow);
	json_set_int(o, "version", r->version);
	json_set_str(o, "state", r->paused ? "paused" : r->state);
	json_set_str(o, "waits", r->waits);
	json_set_str(o, "key", r->key);
	json_set_str(o, "concurrency", r->concurrency);
	json_set_int(o, "incident", r->incident);
	json_set_int(o, "created_ms", r->created_ms);
	json_set_int(o, "entered_ms", r->entered_ms);
	json_set_int(o, "ended_ms", r->ended_ms);
	if (r->due_ms == INT64_MAX)
		json_set_null(o, "due_ms");
	else
		json_set_int(o, "due_ms", r->due_ms);
	json_set_int(o, "entries", r->entries);
	json_set_int(o, "crashes", r->crashes);
	json_set_int(o, "steps", r->steps);
	json_set_int(o, "steps_done", r->steps_done);
	json_set_str(o, "error_code", r->error_code);
	json_set_str(o, "error", r->error);
	return o;
}

static const char *masked(void *ctx, struct arena *a, const char *s)
{
	(void)ctx;
	return gate_text(a, s);
}

json *runs_json_list(struct arena *a, const struct run_row *rows, size_t n)
{
	json *arr = json_arr(a);

	for (size_t i = 0; i < n; i++)
		json_add(arr, run_json(a, &rows[i]));
	json_map_strings(a, arr, masked, NULL);
	return arr;
}

static void add_attempts(json *step, const struct run_step *s)
{
	json *arr = json_set_arr(step, "attempts");

	for (size_t i = 0; i < s->nattempts; i++) {
		json *o = json_add_obj(arr);

		json_set_int(o, "n", s->attempts[i].n);
		json_set_int(o, "started_ms", s->attempts[i].started_ms);
		json_set_int(o, "ended_ms", s->attempts[i].ended_ms);
		json_set_str(o, "code", s->attempts[i].code);
		json_set_str(o, "error", s->attempts[i].error);
	}
}

static void add_step(json *arr, const struct run_step *s)
{
	json *o = json_add_obj(arr);

	json_set_str(o, "name", s->name);
	json_set_str(o, "kind", s->kind);
	json_set_str(o, "state", s->state);
	json_set_str(o, "outcome", s->outcome);
	json_set_int(o, "group", s->group);
	json_set_int(o, "attempt", s->attempt);
	json_set_int(o, "calls", s->calls);
	json_set_int(o, "started_ms", s->started_ms);
	json_set_int(o, "begun_ms", s->begun_ms);
	json_set_int(o, "ended_ms", s->ended_ms);
	json_set_int(o, "child", s->child);
	json_set_str(o, "signal", s->signal);
	json_set(o, "input", s->input);
	json_set(o, "output", s->output);
	json_set_str(o, "error_code", s->error_code);
	json_set_str(o, "error", s->error);
	add_attempts(o, s);
}

static void add_signals(json *run, const struct run_detail *d)
{
	json *arr = json_set_arr(run, "signals");

	for (size_t i = 0; i < d->nsignals; i++) {
		json *o = json_add_obj(arr);

		json_set_str(o, "name", d->signals[i].name);
		json_set_int(o, "sent_ms", d->signals[i].sent_ms);
		json_set_str(o, "taken_by", d->signals[i].taken_by);
		json_set(o, "payload", d->signals[i].payload);
	}
}

static json *tree(struct store *s, struct arena *a, int64_t id, int depth, struct err *e)
{
	struct run_detail *d = run_get(s, a, id, 0, e);
	json *o, *arr;

	if (!d)
		return NULL;
	o = run_json(a, &d->run);
	json_set(o, "input", d->run.input);
	json_set(o, "result", d->run.result);
	arr = json_set_arr(o, "step_list");
	for (size_t i = 0; i < d->nsteps; i++)
		add_step(arr, &d->steps[i]);
	add_signals(o, d);
	arr = json_set_arr(o, "children");
	for (size_t i = 0; depth < MAX_DEPTH && i < d->nchildren; i++) {
		json *child = tree(s, a, d->children[i].id, depth + 1, e);

		if (!child)
			return NULL;
		json_add(arr, child);
	}
	return o;
}

json *runs_json_tree(struct store *s, struct arena *a, int64_t id, struct err *e)
{
	json *o = tree(s, a, id, 0, e);

	if (o)
		json_map_strings(a, o, masked, NULL);
	return o;
}
