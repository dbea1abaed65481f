/*
 * flow_clock.c - durations survive that somebody sets the wall clock.
 *
 * Due times are wall times, because they have to mean something to the next process. While this one
 * runs, wall minus elapsed time must stay what it is; when it changes by more than TOLERATED_MS,
 * the clock was set (small steps are ntpd's and even out), and by as much the store moves what
 * waits for a duration. An entry that is under way has the moved rows in memory: it moves them too.
 */
#include "clock.h"
#include "flow/flow_impl.h"
#include "log.h"

enum { TOLERATED_MS = 2000 };

bool flow_clock_was_set(struct flow *f)
{
	int64_t by = clock_offset_ms() - atomic_load(&f->clock_offset_ms);

	return by < -TOLERATED_MS || by > TOLERATED_MS;
}

static void move_rows(struct flow *f)
{
	int64_t is = clock_offset_ms();
	struct run_shift shift = {.by_ms = is - atomic_load(&f->clock_offset_ms)};
	struct err e;

	log_warn("flow", "the wall clock was set %s by %lld s; what waits is moved with it",
	        shift.by_ms < 0 ? "back" : "forward",
	        (long long)(shift.by_ms < 0 ? -shift.by_ms : shift.by_ms) / 1000);
	if (!store_write(f->c.store, run_shift_tx, &shift, &e)) {
		log_error("flow", "what waits could not be moved, tried again: %s", e.msg);
		return;
	}
	atomic_fetch_add(&f->clock_shift_ms, shift.by_ms);
	atomic_store(&f->clock_offset_ms, is);
	flow_poke(f);
}

void flow_watch_clock(struct flow *f)
{
	if (!flow_clock_was_set(f))
		return;
	/* Nobody claims by the new clock what has not been moved yet. */
	pthread_mutex_lock(&f->clock_mu);
	if (flow_clock_was_set(f))
		move_rows(f);
	pthread_mutex_unlock(&f->clock_mu);
}

static void move(struct step_rec *r, int64_t by)
{
	bool until = r->kind == STEP_SLEEP && r->ref;

	r->started_ms += by;
	r->begun_ms += by;
	if (r->due_ms > 0 && r->due_ms < RUN_NEVER && !until)
		r->due_ms += by;
}

void entry_follow_clock(struct entry *en)
{
	int64_t shift, by;

	flow_watch_clock(en->flow);
	shift = atomic_load(&en->flow->clock_shift_ms);
	by = shift - en->clock_shift_ms;
	en->clock_shift_ms = shift;
	if (!by)
		return;
	if (en->due_ms > 0 && en->due_ms < RUN_NEVER && !en->due_is_wall)
		en->due_ms += by;
	map_each (it, en->steps) {
		struct step_rec *r = ((struct wstep *)it->value)->rec;

		if (r->state == STEP_WAITING || r->state == STEP_RUNNING)
			move(r, by);
	}
}
