/* steer.c - starting and steering runs from outside: each is one transaction. */
#include <assert.h>

#include "flow/flow.h"
#include "store/runs_engine.h"
#include "str.h"

struct order {
	const struct wf_start *start;
	int64_t run;
	const char *text; /* signal, why, step */
	const json *payload;
	bool paused;
};

static bool start_fn(struct db *db, void *arg, struct err *e)
{
	struct order *o = arg;

	return flow_start_tx(db, o->start, &o->run, e);
}

bool flow_start(struct store *s, const struct wf_start *st, int64_t *run_out, struct err *e)
{
	struct order o = {.start = st};

	if (!store_write(s, start_fn, &o, e))
		return false;
	if (run_out)
		*run_out = o.run;
	return true;
}

static bool signal_fn(struct db *db, void *arg, struct err *e)
{
	const struct order *o = arg;

	return flow_signal_tx(db, o->run, o->text, o->payload, e);
}

bool flow_signal(
        struct store *s, int64_t run, const char *signal, const json *payload, struct err *e)
{
	struct order o = {.run = run, .text = signal, .payload = payload};

	return store_write(s, signal_fn, &o, e);
}

static bool cancel_fn(struct db *db, void *arg, struct err *e)
{
	const struct order *o = arg;

	return flow_cancel_tx(db, o->run, o->text, e);
}

bool flow_cancel(struct store *s, int64_t run, const char *why, struct err *e)
{
	struct order o = {.run = run, .text = why};

	return store_write(s, cancel_fn, &o, e);
}

bool flow_cancel_key(struct store *s, const char *concurrency, const char *why, struct err *e)
{
	struct run_cancel_where o = {.concurrency = concurrency, .why = why};

	return store_write(s, run_cancel_where_tx, &o, e);
}

static bool pause_fn(struct db *db, void *arg, struct err *e)
{
	const struct order *o = arg;

	return flow_pause_tx(db, o->run, o->paused, e);
}

bool flow_pause(struct store *s, int64_t run, struct err *e)
{
	struct order o = {.run = run, .paused = true};

	return store_write(s, pause_fn, &o, e);
}

bool flow_resume(struct store *s, int64_t run, struct err *e)
{
	struct order o = {.run = run};

	return store_write(s, pause_fn, &o, e);
}

static bool retry_fn(struct db *db, void *arg, struct err *e)
{
	const struct order *o = arg;

	return flow_retry_tx(db, o->run, o->text, e);
}

bool flow_retry(struct store *s, int64_t run, const char *from_step, struct err *e)
{
	struct order o = {.run = run, .text = from_step};

	return store_write(s, retry_fn, &o, e);
}

bool flow_cancel_where(struct store *s, const struct flow_where *w, const char *why,
        int64_t *count_out, struct err *e)
{
	struct run_cancel_where o = {.workflow = w->workflow,
	        .concurrency = w->concurrency,
	        .before_ms = w->before_ms,
	        .why = why};
	int64_t count = 0;

	if (!w->workflow && !w->concurrency && w->before_ms <= 0)
		return err_set(e, ERR_INPUT, false,
		        "say which runs to cancel: by workflow, by key or by age");
	do {
		if (!store_write(s, run_cancel_where_tx, &o, e))
			return false;
		count += o.count;
	} while (o.more);
	if (count_out)
		*count_out = count;
	return true;
}

bool flow_every(struct store *s, const char *timer, const struct wf_start *st, int64_t every_ms,
        int64_t first_ms, struct err *e)
{
	struct run_timer t = {
	        .name = timer, .start = st, .every_ms = every_ms, .first_ms = first_ms};

	assert(every_ms <= 0 || runs_workflow(s, st->workflow));
	return store_write(s, run_timer_set_tx, &t, e);
}
