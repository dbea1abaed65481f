/* wait.c - steps that wait for time, a signal or another run, and starting other runs. */
#include <stdlib.h>

#include "clock.h"
#include "flow/flow_impl.h"
#include "str.h"

/* --- time --- */

static bool sleep_until(struct wf *w, const char *name, int64_t due_ms, bool wall, struct err *e)
{
	struct entry *en = w->en;
	struct step_rec *r;

	if (!entry_gate(w, e) || !(r = step_open(w, name, STEP_SLEEP, NULL, e)))
		return false;
	if (r->state == STEP_DONE)
		return true;
	if (!r->stored) {
		r->due_ms = due_ms;
		r->ref = wall;
	}
	if (r->due_ms <= clock_now_ms()) {
		r->state = STEP_DONE;
		r->ended_ms = clock_now_ms();
		entry_pend(en, r);
		return true;
	}
	if (!r->stored)
		entry_pend(en, r);
	en->due_is_wall = r->ref != 0;
	return entry_suspend(en, r->due_ms, arena_printf(en->a, "sleep %s", name), e);
}

bool wf_sleep(struct wf *w, const char *name, int64_t ms, struct err *e)
{
	return sleep_until(w, name, clock_now_ms() + ms, false, e);
}

bool wf_sleep_until(struct wf *w, const char *name, int64_t wall_ms, struct err *e)
{
	return sleep_until(w, name, wall_ms, true, e);
}

/* --- events --- */

/* What a stored step waited for or started must be what is asked for today. */
static bool same_word(
        struct wf *w, const struct step_rec *r, const char *did, const char *word, struct err *e)
{
	return !r->signal || str_eq(r->signal, word) ||
	       err_set(e, ERR_CONFLICT, false,
	               "step %s of run %lld %s %s and not %s: the program changed under the run",
	               r->name, (long long)w->en->run, did, r->signal, word);
}

/* Takes what the step waits for, or parks the run, in one transaction: an event cannot fall
 * between. */
static const json *take_or_park(struct wf *w, struct step_rec *r, const char *waits, struct err *e)
{
	struct entry *en = w->en;
	struct run_commit c = {.then = RUN_PARK, .due_ms = r->due_ms, .waits = waits};

	r->tried = true;
	entry_pend(en, r);
	if (!entry_commit(en, &c, e))
		return NULL;
	if (r->state == STEP_DONE)
		return step_result(w, r, e);
	entry_suspend(en, r->due_ms, waits, e);
	return NULL;
}

const json *wf_wait(
        struct wf *w, const char *name, const char *signal, int64_t timeout_ms, struct err *e)
{
	struct entry *en = w->en;
	struct step_rec *r;

	if (!entry_gate(w, e) || !(r = step_open(w, name, STEP_WAIT, NULL, e)))
		return NULL;
	if (r->stored && !same_word(w, r, "waited for the signal", signal, e))
		return NULL;
	if (r->state == STEP_DONE)
		return step_result(w, r, e);
	if (!r->stored) {
		r->signal = arena_strdup(en->a, signal);
		r->due_ms = timeout_ms > 0 ? clock_now_ms() + timeout_ms : RUN_NEVER;
	}
	return take_or_park(w, r, arena_printf(en->a, "signal %s", r->signal), e);
}

const json *wf_join(struct wf *w, const char *name, int64_t run, struct err *e)
{
	struct entry *en = w->en;
	struct step_rec *r;

	if (!entry_gate(w, e) || !(r = step_open(w, name, STEP_JOIN, NULL, e)))
		return NULL;
	if (r->stored && r->ref != run) {
		err_set(e, ERR_CONFLICT, false,
		        "step %s of run %lld joined run %lld: the program changed under the run",
		        name, (long long)en->run, (long long)r->ref);
		return NULL;
	}
	if (r->state == STEP_DONE)
		return step_result(w, r, e);
	r->ref = run;
	r->due_ms = RUN_NEVER;
	return take_or_park(w, r, arena_printf(en->a, "run %lld", (long long)run), e);
}

/* --- children --- */

bool wf_spawn(struct wf *w, const char *name, const char *workflow, const json *in,
        int64_t *run_out, struct err *e)
{
	struct wf_start st = {.workflow = workflow, .input = in};

	return wf_spawn_with(w, name, &st, run_out, e);
}

bool wf_spawn_with(
        struct wf *w, const char *name, const struct wf_start *st, int64_t *run_out, struct err *e)
{
	struct run_commit c = {.then = RUN_KEEP};
	struct entry *en = w->en;
	struct step_rec *r;

	if (!entry_gate(w, e) || !(r = step_open(w, name, STEP_SPAWN, st->input, e)))
		return false;
	if (r->stored && !same_word(w, r, "started", st->workflow, e))
		return false;
	if (r->state != STEP_DONE) {
		r->signal = arena_strdup(en->a, st->workflow);
		r->start = st;
		r->tried = true;
		entry_pend(en, r);
		if (!entry_commit(en, &c, e)) {
			entry_unpend(en, r); /* no such workflow: nothing to be stored */
			return false;
		}
	}
	*run_out = r->ref;
	return true;
}
