/* steer.c - see steer.h. */
#include "app/steer.h"

#include <inttypes.h>

#include "flow/flow.h"
#include "store/runs.h"
#include "str.h"

struct verb {
	const char *name;
	/* Does it and says, in *text, what came of it. */
	bool (*fn)(struct store *s, struct arena *a, int64_t run, const json *order,
	        const char **text, struct err *e);
};

/* The run as it is now. */
static bool look(struct store *s, struct arena *a, int64_t run, struct run_row *out, struct err *e)
{
	struct run_filter f = {.before = run + 1, .limit = 1};
	struct run_row *rows;
	size_t n;

	if (!runs_list(s, a, &f, &rows, &n, e))
		return false;
	if (n == 0 || rows[0].id != run)
		return err_set(e, ERR_NOT_FOUND, false, "there is no run %" PRId64, run);
	*out = rows[0];
	return true;
}

static bool cancel(struct store *s, struct arena *a, int64_t run, const json *order,
        const char **text, struct err *e)
{
	struct run_row before = {0}, after = {0};

	if (!look(s, a, run, &before, e))
		return false;
	if (before.ended_ms)
		return err_set(e, ERR_CONFLICT, false, "run %" PRId64 " had ended already: %s", run,
		        before.state);
	if (!flow_cancel(s, run, json_str(order, ".why", "cancelled by a person"), e) ||
	        !look(s, a, run, &after, e))
		return false;
	*text = after.ended_ms
	                ? arena_printf(a, "run %" PRId64 " is cancelled", run)
	                : arena_printf(a,
	                          "run %" PRId64 " is being executed: it ends at its next step",
	                          run);
	return true;
}

static bool retry(struct store *s, struct arena *a, int64_t run, const json *order,
        const char **text, struct err *e)
{
	const char *from = json_str(order, ".from", NULL);

	if (!flow_retry(s, run, from, e))
		return false;
	*text = from ? arena_printf(a, "run %" PRId64 " starts again at step %s", run, from)
	             : arena_printf(a, "run %" PRId64 " starts again at what failed", run);
	return true;
}

static bool pause_run(struct store *s, struct arena *a, int64_t run, const json *order,
        const char **text, struct err *e)
{
	(void)order;
	if (!flow_pause(s, run, e))
		return false;
	*text = arena_printf(a,
	        "run %" PRId64 " is paused; `healbot resume %" PRId64 "` lets it go on", run, run);
	return true;
}

static bool resume(struct store *s, struct arena *a, int64_t run, const json *order,
        const char **text, struct err *e)
{
	(void)order;
	if (!flow_resume(s, run, e))
		return false;
	*text = arena_printf(a, "run %" PRId64 " goes on", run);
	return true;
}

static const struct verb verbs[] = {
        {"cancel", cancel},
        {"retry", retry},
        {"pause", pause_run},
        {"resume", resume},
};

static const struct verb *verb_of(const json *order)
{
	const char *name = json_str(order, ".do", "");

	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (str_eq(verbs[i].name, name))
			return &verbs[i];
	return NULL;
}

static void each_run(struct store *s, struct arena *a, const struct verb *v, const json *order,
        json *done, json *failed)
{
	json_each (it, json_get(order, ".runs")) {
		const char *text;
		struct err e = {0};

		if (v->fn(s, a, json_int(it, "", 0), order, &text, &e))
			json_add_str(done, text);
		else
			json_add_str(failed, e.msg);
	}
}

static void cancel_where(
        struct store *s, struct arena *a, const json *order, json *done, json *failed)
{
	struct flow_where w = {.workflow = json_str(order, ".where.workflow", NULL),
	        .concurrency = json_str(order, ".where.concurrency", NULL),
	        .before_ms = json_int(order, ".where.before_ms", 0)};
	struct err e = {0};
	int64_t n = 0;

	if (flow_cancel_where(s, &w, json_str(order, ".why", "cancelled by a person"), &n, &e))
		json_add_str(done,
		        arena_printf(
		                a, "%" PRId64 " runs are cancelled, or end at their next step", n));
	else
		json_add_str(failed, e.msg);
}

json *steer(struct store *s, struct arena *a, const json *order, struct err *e)
{
	const struct verb *v = verb_of(order);
	json *answer = json_obj(a), *done = json_set_arr(answer, "done");
	json *failed = json_set_arr(answer, "failed");

	if (!v) {
		err_set(e, ERR_INPUT, false, "that is no order for runs");
		return NULL;
	}
	if (v->fn == cancel && json_has(order, ".where"))
		cancel_where(s, a, order, done, failed);
	else
		each_run(s, a, v, order, done, failed);
	return answer;
}
