/* When a diagnosis is made, and starting it. See include/investigate.h. */
#include "investigate.h"

#include <string.h>

#include "clock.h"
#include "handler.h"
#include "hold.h"
#include "incident.h"
#include "str.h"

bool investigate_start(struct store *s, struct arena *a, int64_t incident, const char *key,
        const char *hint, const char *user, int64_t *run_out, struct err *e)
{
	json *in = json_obj(a);
	struct wf_start st = {
	        .workflow = "investigate",
	        .input = in,
	        .key = key,
	        .concurrency = arena_printf(a, "investigate:%lld", (long long)incident),
	};

	json_set_int(in, "incident", incident);
	json_set_str(in, "hint", hint);
	json_set_str(in, "user", user);
	return flow_start(s, &st, run_out, e);
}

/* --- for a person --- */

/* A hint is kept: the next diagnosis has it as well. */
static bool keep_hint(struct wf *w, int64_t id, const json *in, struct err *e)
{
	struct store *s = wf_heal(w)->store;
	struct incident *inc = incident_get(s, wf_arena(w), id, e);
	struct remark r = {.incident = id,
	        .kind = "hint",
	        .user = json_str(in, ".user", NULL),
	        .text = json_str(in, ".hint", NULL),
	        .ts_ms = clock_now_ms()};

	if (!inc)
		return false;
	r.service = inc->service;
	return !r.text || remark_add(s, wf_key(w), &r, e);
}

static const json *start_step(struct wf *w, const json *in, struct err *e)
{
	struct store *s = wf_heal(w)->store;
	json *out = json_obj(wf_arena(w));
	int64_t id = json_int(in, ".incident", 0), run;
	struct incident_event ev = {
	        .kind = INCIDENT_EV_DIAGNOSING,
	        .actor = json_str(in, ".user", NULL),
	        .key = wf_key(w),
	};

	if (!pause_allows(s, wf_arena(w), e) || !incident_apply(s, id, &ev, e) ||
	        !keep_hint(w, id, in, e) ||
	        !investigate_start(s, wf_arena(w), id, wf_key(w), json_str(in, ".hint", NULL),
	                ev.actor, &run, e))
		return NULL;
	json_set_int(out, "run", run);
	return out;
}

bool investigate_ask(
        struct wf *w, int64_t incident, const char *hint, const char *user, struct err *e)
{
	json *in = json_obj(wf_arena(w));

	json_set_int(in, "incident", incident);
	json_set_str(in, "user", user);
	json_set_str(in, "hint", hint);
	return wf_step(w, "start", start_step, in, e) != NULL;
}

/* --- by itself --- */

/* Did it get worse since? */
static bool worse_since(struct wf *w, int64_t incident, int64_t ms, bool *yes, struct err *e)
{
	struct timeline_row *rows;
	size_t n;

	*yes = false;
	if (!incident_timeline(wf_heal(w)->store, wf_arena(w), incident, &rows, &n, e))
		return false;
	for (size_t i = 0; i < n; i++)
		*yes = *yes || (rows[i].ts_ms > ms && str_eq(rows[i].kind, "worse"));
	return true;
}

bool investigate_due(struct wf *w, const struct incident *inc, bool *due, struct err *e)
{
	struct heal *h = wf_heal(w);
	struct err none = {0};
	struct diagnosis *dx;

	*due = false;
	if (inc->trouble || (inc->state != INCIDENT_OPEN && inc->state != INCIDENT_DIAGNOSED &&
	                            inc->state != INCIDENT_INCONCLUSIVE))
		return true;
	if (inc->diagnosis == 0) {
		*due = inc->state == INCIDENT_OPEN;
		return true;
	}
	dx = diagnosis_get(h->store, wf_arena(w), inc->id, 0, &none);
	if (!dx || clock_now_ms() - dx->created_ms < h->settings->limits.diagnose_cooldown_ms)
		return true;
	if (inc->state != INCIDENT_OPEN)
		return worse_since(w, inc->id, dx->created_ms, due, e);
	*due = true; /* reopened, or the fix did not cure it */
	return true;
}
