/*
 * Once an hour: what has been handled long ago is deleted in small steps; timelines stay. Envelopes
 * and their keys are kept for 2 days (Slack repeats within hours), finished runs for 30 days and at
 * most 10,000 of each workflow.
 */
#include "app/housekeeping.h"

#include "clock.h"
#include "handler.h"
#include "history.h"
#include "hold.h"
#include "log.h"
#include "store/inbox.h"
#include "store/remark_rows.h"
#include "store/runs.h"

enum { BATCH = 500, MAX_BATCHES = 200, KEEP_RUNS = 10000 };

static const int64_t day_ms = 86400000;

/* `bound`: a time or a number, as fn has it. */
static bool prune(struct store *s, int64_t bound,
        bool (*fn)(struct store *s, int64_t bound, int max, int64_t *deleted, struct err *e),
        int64_t *total, struct err *e)
{
	int64_t n = BATCH;

	for (int i = 0; i < MAX_BATCHES && n >= BATCH; i++) {
		if (!fn(s, bound, BATCH, &n, e))
			return false;
		*total += n;
	}
	return true;
}

static bool thin_history(struct store *s, int64_t now_ms, struct err *e)
{
	int64_t n = BATCH;

	for (int i = 0; i < MAX_BATCHES && n >= BATCH; i++)
		if (!history_thin(s, now_ms, BATCH, &n, e))
			return false;
	return true;
}

static const json *prune_step(struct wf *w, const json *in, struct err *e)
{
	struct store *s = wf_heal(w)->store;
	int64_t now = clock_now_ms(), deleted = 0;
	json *out = json_obj(wf_arena(w));

	(void)in;
	if (!prune(s, now - 2 * day_ms, inbox_prune, &deleted, e) ||
	        !prune(s, now - 30 * day_ms, runs_prune, &deleted, e) ||
	        !prune(s, KEEP_RUNS, runs_prune_to, &deleted, e) ||
	        !prune(s, now - 35 * day_ms, candidate_prune, &deleted, e) ||
	        !prune(s, now - 90 * day_ms, prompt_prune, &deleted, e) || !thin_history(s, now, e))
		return NULL;
	store_trim(s);
	json_set_int(out, "deleted", deleted);
	return out;
}

static bool housekeeping(struct wf *w, struct err *e)
{
	const json *done = wf_step(w, "prune", prune_step, NULL, e);

	if (!done)
		return false;
	wf_result(w, done);
	return true;
}

const struct workflow wf_housekeeping = {
        .name = "housekeeping",
        .version = 1,
        .run = housekeeping,
        .lane = WF_BACKGROUND,
};
