/* Once a day: what has been handled long ago is deleted in small steps; timelines stay. */
#include "app/housekeeping.h"

#include "clock.h"
#include "handler.h"
#include "hold.h"
#include "log.h"
#include "store/inbox.h"
#include "store/remark_rows.h"
#include "store/runs.h"

enum { BATCH = 500, MAX_BATCHES = 200 };

static const int64_t day_ms = 86400000;

static bool prune(struct store *s, int64_t before_ms,
        bool (*fn)(struct store *s, int64_t before_ms, int max, int64_t *deleted, struct err *e),
        int64_t *total, struct err *e)
{
	int64_t n = BATCH;

	for (int i = 0; i < MAX_BATCHES && n >= BATCH; i++) {
		if (!fn(s, before_ms, BATCH, &n, e))
			return false;
		*total += n;
	}
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
	        !prune(s, now - 35 * day_ms, candidate_prune, &deleted, e) ||
	        !prune(s, now - 90 * day_ms, prompt_prune, &deleted, e))
		return NULL;
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
