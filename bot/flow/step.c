/* step.c - memoised steps: asking, calling, and what becomes of a call. */
#include <assert.h>
#include <stdlib.h>
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
};

static struct wf_policy complete(const struct wf_policy *p)
{
	struct wf_policy q = p ? *p : (struct wf_policy){0};

	q.attempts = q.attempts > 0 ? q.attempts : ATTEMPTS;
	q.first_ms = q.first_ms > 0 ? q.first_ms : FIRST_MS;
	q.max_ms = q.max_ms > 0 ? q.max_ms : MAX_MS;
	q.timeout_ms = q.timeout_ms > 0 ? q.timeout_ms : TIMEOUT_MS;
	return q;
}

/* --- asking --- */

static struct step_rec *new_step(
        struct wf *w, const char *name, enum step_kind kind, const json *in, int64_t hash)
{
	struct entry *en = w->en;
	struct wstep *s = ARENA_NEW(en->a, struct wstep);

	s->rec = ARENA_NEW(en->a, struct step_rec);
	s->rec->name = arena_strdup(en->a, name);
	s->rec->kind = kind;
	s->rec->state = STEP_WAITING;
	s->rec->seq = en->next_seq++;
	s->rec->started_ms = s->rec->begun_ms = clock_now_ms();
	s->rec->in_hash = hash;
	s->rec->input = in ? json_print(en->a, in) : NULL;
	s->seen = true;
	map_put(en->steps, s->rec->name, s);
	return s->rec;
}

struct step_rec *step_open(
        struct wf *w, const char *name, enum step_kind kind, const json *in, struct err *e)
{
	int64_t hash = in ? (int64_t)json_hash(w->a, in) : 0;
	struct wstep *s = map_get(w->en->steps, name);
	const char *what = NULL;

	if (!s)
		return new_step(w, name, kind, in, hash);
	if (s->seen)
		what = "was asked for twice in one entry (give loops an index)";
	else if (s->rec->kind != kind)
		what = "was another kind of step when it ran";
	else if (s->rec->in_hash != hash)
		what = "ran with another input: the program changed under the run, or code outside "
		       "steps is not a function of input and results";
	s->seen = true;
	if (!what)
		return s->rec;
	err_set(e, ERR_CONFLICT, false, "step %s of run %lld %s", name, (long long)w->en->run,
	        what);
	return NULL;
}

const json *step_result(struct wf *w, struct step_rec *r, struct err *e)
{
	const char *text = r->out;
	const json *j;

	if (!text && r->out_blob) {
		struct db *db = store_reader(w->en->flow->c.store, e);

		text = db ? run_blob(db, w->en->a, r->out_blob, e) : NULL;
		if (!text)
			return NULL;
	}
	text = text ? text : "null";
	j = json_parse(w->en->a, text, strlen(text), e);
	if (!j)
		err_wrap(e, "the stored result of step %s is damaged", r->name);
	return j;
}

void step_error(const struct step_rec *r, struct err *e)
{
	err_set(e, err_code_parse(r->err_code), false, "%s", r->err_msg);
}

/* --- what becomes of a call --- */

static void set_failed(struct wf *w, struct step_rec *r, const struct err *why)
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

	note_attempt(w, r, why);
	r->maybe = r->maybe || why->ambiguous;
	if (why->code == ERR_LIMITED && why->retryable && r->limited < LIMITED_MAX) {
		r->limited++;
		r->attempt--;
	}
	delay = retry_delay(p, r, why);
	if (why->retryable && r->attempt >= p->attempts)
		err_wrap(why, "after %d attempts", r->attempt);
	if (!why->retryable || r->attempt >= p->attempts ||
	        (p->total_ms > 0 && now + delay > r->started_ms + p->total_ms)) {
		set_failed(w, r, why);
		return;
	}
	set_later(r, now + delay);
}

static void after_again(struct wf *w, struct step_rec *r, const struct wf_policy *p)
{
	int64_t now = clock_now_ms(), due = now + w->again_ms, last = r->started_ms + p->total_ms;
	struct err e;

	r->memo = w->again_memo;
	r->attempt = 0; /* it works, it only has to wait */
	if (p->total_ms <= 0 || now < last) {
		set_later(r, p->total_ms > 0 && due > last ? last : due);
		return;
	}
	err_set(&e, ERR_TIMEOUT, false, "step %s did not get what it waited for in time", r->name);
	set_failed(w, r, &e);
}

static void after_result(struct wf *w, struct step_rec *r, const json *result)
{
	struct err e;

	r->out = json_print(w->a, result);
	if (strlen(r->out) > RUN_OUT_MAX) {
		r->out = NULL;
		err_set(&e, ERR_INPUT, false, "the result of step %s is larger than 16 MiB",
		        r->name);
		set_failed(w, r, &e);
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
		r->maybe = true;
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

/* A row found running was being executed when an earlier process died. */
static void note_death(struct step_rec *r)
{
	r->maybe = true;
	r->failed = (struct run_attempt){.n = r->calls,
	        .started_ms = r->begun_ms,
	        .ended_ms = clock_now_ms(),
	        .code = "died",
	        .error = "the bot died during this attempt"};
}

enum step_next step_prepare(struct wf *w, struct step_rec *r, const struct wf_policy *p)
{
	struct wf_policy q = complete(p);
	struct err e;

	if (r->state == STEP_DONE)
		return STEP_HAS_RESULT;
	if (r->state == STEP_FAILED)
		return STEP_HAS_ERROR;
	if (r->state == STEP_WAITING)
		return r->due_ms > clock_now_ms() ? STEP_LATER : STEP_CALL;
	note_death(r);
	if (r->attempt < q.attempts)
		return STEP_CALL;
	err_set(&e, ERR_SYS, false, "the bot died %d times in step %s; it is not tried again",
	        r->attempt, r->name);
	set_failed(w, r, &e);
	entry_pend(w->en, r);
	return STEP_HAS_ERROR;
}

void step_begin(struct step_rec *r)
{
	r->state = STEP_RUNNING;
	r->attempt++;
	r->calls++;
	r->begun_ms = clock_now_ms();
	r->due_ms = 0;
}

void step_call(
        struct wf *w, struct step_rec *r, const struct wf_policy *p, wf_body body, const json *in)
{
	struct wf_policy q = complete(p);
	struct err why = {0}, ignored;
	const json *result;

	w->step = r;
	w->key = arena_printf(w->a, "run-%lld.%s", (long long)w->en->run, r->name);
	w->give_up_mono_ms = clock_mono_ms() + q.timeout_ms;
	w->memo = r->memo ? json_parse(w->a, r->memo, strlen(r->memo), &ignored) : NULL;
	w->again = false;
	atomic_fetch_add(&w->en->flow->steps, 1);
	crash_mark("begin", w->en->run, r->name);
	crash_place(w->en->name, r->name);
	crash_point("before-body");
	result = body(w, in, &why);
	crash_point(crash_called() ? "after-effect" : "after-body");
	w->step = NULL;
	after_call(w, r, &q, result, &why);
}

const json *step_conclude(struct wf *w, struct step_rec *r, struct err *e)
{
	switch (r->state) {
	case STEP_DONE:
		return step_result(w, r, e);
	case STEP_FAILED:
		step_error(r, e);
		return NULL;
	case STEP_WAITING:
		entry_suspend(w->en, r->due_ms,
		        arena_printf(
		                w->en->a, "%s of %s", r->attempt > 0 ? "retry" : "poll", r->name),
		        e);
		return NULL;
	case STEP_RUNNING:
		break;
	}
	abort();
}

const json *wf_step_with(struct wf *w, const char *name, const struct wf_policy *p, wf_body body,
        const json *in, struct err *e)
{
	struct run_commit c = {.then = RUN_KEEP};
	struct step_rec *r;

	if (!entry_gate(w, e) || !(r = step_open(w, name, STEP_BODY, in, e)))
		return NULL;
	if (step_prepare(w, r, p) != STEP_CALL)
		return step_conclude(w, r, e);
	step_begin(r);
	entry_pend(w->en, r);
	if (!entry_commit(w->en, &c, e))
		return NULL;
	step_call(w, r, p, body, in);
	entry_pend(w->en, r);
	return step_conclude(w, r, e);
}

const json *wf_step(struct wf *w, const char *name, wf_body body, const json *in, struct err *e)
{
	return wf_step_with(w, name, NULL, body, in, e);
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
	return w->step->maybe;
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
	int64_t now = clock_now_ms(), ms = en->flow->c.lease_ms;
	struct run_commit c = {.run = en->run, .then = RUN_KEEP, .lease_until_ms = now + ms};

	if (atomic_load(&en->lease_until_ms) - now < ms / 2 &&
	        store_write_lazy(en->flow->c.store, run_commit_tx, &c, NULL))
		atomic_store(&en->lease_until_ms, now + ms);
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
