/* call.c - one call of a step's body: the policy, what becomes of it, and what a body may ask. */
#include <assert.h>
#include <string.h>
#include <sys/random.h>

#include "clock.h"
#include "flow/flow_impl.h"
#include "str.h"

enum {
	ATTEMPTS = 6,
	FIRST_MS = 1000,
	MAX_MS = 60000,
	TIMEOUT_MS = 600000,
	RETRY_AFTER_MAX_MS = 15 * 60000,
	LIMITED_MAX = 50,
	MEMO_MAX = 1024 * 1024,
};

struct wf_policy step_policy(const struct wf_policy *p)
{
	struct wf_policy q = p ? *p : (struct wf_policy){0};

	q.attempts = q.attempts > 0 ? q.attempts : ATTEMPTS;
	q.first_ms = q.first_ms > 0 ? q.first_ms : FIRST_MS;
	q.max_ms = q.max_ms > 0 ? q.max_ms : MAX_MS;
	q.timeout_ms = q.timeout_ms > 0 ? q.timeout_ms : TIMEOUT_MS;
	return q;
}

/* --- what becomes of a call --- */

/* When its first attempt began, in today's wall time: the clock may have been set meanwhile. */
static int64_t began_ms(const struct wf *w, const struct step_rec *r)
{
	return r->started_ms + atomic_load(&w->en->flow->clock_shift_ms) - w->en->clock_shift_ms;
}

void step_failed(struct wf *w, struct step_rec *r, const struct err *why)
{
	r->state = STEP_FAILED;
	r->ended_ms = clock_now_ms();
	r->err_code = arena_strdup(w->a, err_code_name(why->code));
	r->err_msg = arena_strdup(w->a, why->msg[0] ? why->msg : "it failed without saying why");
}

static void set_later(struct step_rec *r, int64_t due_ms)
{
	r->state = STEP_WAITING;
	r->due_ms = due_ms;
}

static void note_attempt(struct wf *w, struct step_rec *r, const struct err *why)
{
	r->failed = (struct run_attempt){.n = r->calls,
	        .started_ms = r->begun_ms,
	        .ended_ms = clock_now_ms(),
	        .code = arena_strdup(w->a, err_code_name(why->code)),
	        .error = arena_strdup(w->a, why->msg)};
}

/* 1..ceiling, any of them as likely: clients that failed together do not come back together (full
 * jitter: aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter). */
static int64_t jitter(const struct wf_policy *p, int attempt)
{
	int64_t ceiling = p->first_ms;
	uint64_t r = 0;
	ssize_t got;

	for (int i = 1; i < attempt && ceiling < p->max_ms; i++)
		ceiling *= 2;
	if (ceiling > p->max_ms)
		ceiling = p->max_ms;
	got = getrandom(&r, sizeof(r), 0);
	(void)got; /* less than all of it is random enough here */
	return 1 + (int64_t)(r % (uint64_t)ceiling);
}

static int64_t retry_delay(
        const struct wf_policy *p, const struct step_rec *r, const struct err *why)
{
	int64_t ms = jitter(p, r->attempt > 0 ? r->attempt : 1);
	int64_t asked = why->retry_ms < RETRY_AFTER_MAX_MS ? why->retry_ms : RETRY_AFTER_MAX_MS;

	/* The jitter comes on top of what was asked for, else all come back at that instant. */
	return asked ? asked + ms / 10 : ms;
}

static void after_failure(
        struct wf *w, struct step_rec *r, const struct wf_policy *p, struct err *why)
{
	int64_t delay, now = clock_now_ms();
	bool late;

	note_attempt(w, r, why);
	if (why->ambiguous && r->maybe == MAYBE_NO)
		r->maybe = MAYBE_YES;
	if (why->code == ERR_LIMITED && why->retryable && r->limited < LIMITED_MAX) {
		r->limited++;
		r->attempt--;
	}
	delay = retry_delay(p, r, why);
	late = p->total_ms > 0 && now + delay > began_ms(w, r) + p->total_ms;
	if (why->retryable && (late || r->attempt >= p->attempts))
		err_wrap(why, "after %d attempt%s%s", r->attempt, r->attempt == 1 ? "" : "s",
		        late ? ", no time for another" : "");
	if (!why->retryable || late || r->attempt >= p->attempts) {
		step_failed(w, r, why);
		return;
	}
	set_later(r, now + delay);
}

static void after_again(struct wf *w, struct step_rec *r, const struct wf_policy *p)
{
	int64_t now = clock_now_ms(), due = now + w->again_ms, last = began_ms(w, r) + p->total_ms;
	struct err e;

	if (w->again_memo && strlen(w->again_memo) > MEMO_MAX) {
		err_set(&e, ERR_INPUT, false, "the state of step %s is larger than 1 MiB", r->name);
		step_failed(w, r, &e);
		return;
	}
	r->memo = w->again_memo;
	r->attempt = 0; /* it works, it only has to wait */
	if (p->total_ms <= 0 || now < last) {
		set_later(r, p->total_ms > 0 && due > last ? last : due);
		return;
	}
	err_set(&e, ERR_TIMEOUT, false, "step %s did not get what it waited for in time", r->name);
	step_failed(w, r, &e);
}

static void after_result(struct wf *w, struct step_rec *r, const json *result)
{
	struct err e;

	r->out = json_print(w->a, result);
	if (strlen(r->out) > RUN_OUT_MAX) {
		r->out = NULL;
		err_set(&e, ERR_INPUT, false, "the result of step %s is larger than 16 MiB",
		        r->name);
		step_failed(w, r, &e);
		return;
	}
	r->state = STEP_DONE;
	r->ended_ms = clock_now_ms();
	r->memo = NULL;
}

static void after_call(struct wf *w, struct step_rec *r, const struct wf_policy *p,
        const json *result, struct err *why)
{
	if (result) {
		after_result(w, r, result);
	} else if (w->again && why->code == ERR_SUSPENDED) {
		after_again(w, r, p);
	} else if (why->code == ERR_CANCELED && flow_stopping(w->en->flow)) {
		r->attempt--; /* stopped, not failed */
		r->maybe = MAYBE_YES;
		set_later(r, clock_now_ms());
	} else {
		if (why->code == ERR_SUSPENDED)
			err_set(why, ERR_SYS, false,
			        "step %s said it is suspended without having called wf_again",
			        r->name);
		after_failure(w, r, p, why);
	}
}

/* --- calling --- */

static const json *call_body(
        struct wf *w, struct step_rec *r, wf_body body, const json *in, struct err *why)
{
	const struct flow_config *c = &w->en->flow->c;
	const json *result;

	w->memo = NULL;
	if (r->memo && !(w->memo = json_parse(w->a, r->memo, strlen(r->memo), why))) {
		why->retryable = false;
		err_wrap(why,
		        "the stored state of step %s is damaged (retry the run from that step)",
		        r->name);
		return NULL;
	}
	if (c->watch)
		c->watch(c->ctx, w->world, w);
	crash_mark("begin", w->en->run, r->name);
	crash_place(w->en->name, r->name);
	crash_point("before-body");
	result = body(w, in, why);
	crash_point(crash_called() ? "after-effect" : "after-body");
	if (c->watch)
		c->watch(c->ctx, w->world, NULL);
	return result;
}

void step_call(
        struct wf *w, struct step_rec *r, const struct wf_policy *p, wf_body body, const json *in)
{
	struct wf_policy q = step_policy(p);
	struct err why = {0};
	const json *result;

	w->step = r;
	w->key = arena_printf(w->a, "run-%lld.%s", (long long)w->en->run, r->name);
	w->give_up_mono_ms = clock_mono_ms() + q.timeout_ms;
	w->again = false;
	atomic_fetch_add(&w->en->flow->steps, 1);
	result = call_body(w, r, body, in, &why);
	w->step = NULL;
	after_call(w, r, &q, result, &why);
}

/* --- inside a body --- */

const char *wf_key(const struct wf *w)
{
	assert(w->step);
	return w->key;
}

int wf_attempt(const struct wf *w)
{
	assert(w->step);
	return w->step->attempt;
}

bool wf_maybe_done(const struct wf *w)
{
	assert(w->step);
	return w->step->maybe != MAYBE_NO;
}

void wf_found(struct wf *w)
{
	assert(w->step);
	if (w->step->maybe == MAYBE_YES)
		w->step->maybe = MAYBE_FOUND;
}

const json *wf_state(const struct wf *w)
{
	assert(w->step);
	return w->memo;
}

const json *wf_again(struct wf *w, int64_t ms, const json *state, struct err *e)
{
	assert(w->step);
	w->again = true;
	w->again_ms = ms > 0 ? ms : 0;
	w->again_memo = state ? json_print(w->a, state) : NULL;
	err_set(e, ERR_SUSPENDED, false, "step %s polls", w->step->name);
	return NULL;
}

static void renew(struct entry *en)
{
	int64_t now = clock_mono_ms(), ms = en->flow->c.lease_ms;
	struct run_commit c = {
	        .run = en->run, .then = RUN_KEEP, .lease_until_ms = clock_now_ms() + ms};

	if (atomic_load(&en->worker->lease_mono_ms) - now < ms / 2 &&
	        store_write_lazy(en->flow->c.store, run_commit_tx, &c, NULL))
		atomic_store(&en->worker->lease_mono_ms, now + ms);
}

bool wf_heartbeat(struct wf *w, struct err *e)
{
	if (flow_stopping(w->en->flow))
		return err_set(e, ERR_CANCELED, false, "the bot stops");
	if (!entry_wanted(w->en, e))
		return false;
	if (w->step && clock_mono_ms() > w->give_up_mono_ms) {
		err_set(e, ERR_TIMEOUT, true, "step %s took too long", w->step->name);
		if (e)
			e->ambiguous = true;
		return false;
	}
	renew(w->en);
	return true;
}
