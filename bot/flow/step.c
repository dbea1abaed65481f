/*
 * step.c - memoised steps: asking for one, where it stands, and its result.
 *
 * A step is remembered by name. What would mix up a changed program with an older run is refused,
 * loudly: the same name with another input or of another kind; and, in a run of this very version,
 * a new step while one that was begun is not asked for again (it was renamed, removed or overtaken:
 * running on might repeat its effect under another name).
 */
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "flow/flow_impl.h"
#include "str.h"

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

bool step_counts(const struct step_rec *r)
{
	return r->state == STEP_DONE || r->state == STEP_RUNNING || r->maybe != MAYBE_NO;
}

/* The first step that had, or may have had, its effect and was not asked for in this entry. */
static const struct step_rec *passed_over(const struct entry *en)
{
	const struct step_rec *first = NULL;

	map_each (it, en->steps) {
		const struct wstep *s = it->value;

		if (!s->seen && step_counts(s->rec) && (!first || s->rec->seq < first->seq))
			first = s->rec;
	}
	return first;
}

void steps_dropped(struct wf *w)
{
	static const struct err why = {.code = ERR_CONFLICT,
	        .msg = "the program does not ask for this step any more; whether it had its effect "
	               "is unknown"};

	map_each (it, w->en->steps) {
		const struct wstep *s = it->value;

		if (!s->seen && s->rec->state == STEP_RUNNING) {
			s->rec->maybe = MAYBE_YES;
			step_failed(w, s->rec, &why);
			entry_pend(w->en, s->rec);
		}
	}
}

static struct step_rec *first_time(struct wf *w, const char *name, enum step_kind kind,
        const json *in, int64_t hash, struct err *e)
{
	struct entry *en = w->en;
	const struct step_rec *other = NULL;

	if (en->unasked > 0 && !en->wf->unordered && en->version == en->wf->version)
		other = passed_over(en);
	if (!other)
		return new_step(w, name, kind, in, hash);
	err_set(e, ERR_CONFLICT, false,
	        "the program changed under run %lld: it asks for a new step %s, but not any more for "
	        "%s, which was begun. Cancel the run, or finish it with the version that began it",
	        (long long)en->run, name, other->name);
	return NULL;
}

static const char *mismatch(
        const struct wstep *s, enum step_kind kind, int64_t hash, bool any_input)
{
	if (s->seen)
		return "was asked for twice in one entry (give loops an index)";
	if (s->rec->kind != kind)
		return "was another kind of step when it ran";
	if (!any_input && s->rec->in_hash != hash)
		return "ran with another input: the program changed under the run, or code outside "
		       "steps is not a function of input and results";
	return NULL;
}

static struct step_rec *open_step(struct wf *w, const char *name, enum step_kind kind,
        const json *in, bool any_input, struct err *e)
{
	int64_t hash = in && !any_input ? (int64_t)json_hash(w->a, in) : 0;
	struct wstep *s = map_get(w->en->steps, name);
	const char *what;

	if (!s)
		return first_time(w, name, kind, any_input ? NULL : in, hash, e);
	what = mismatch(s, kind, hash, any_input);
	w->en->unasked -= !s->seen && step_counts(s->rec);
	s->seen = true;
	if (!what)
		return s->rec;
	err_set(e, ERR_CONFLICT, false, "step %s of run %lld %s", name, (long long)w->en->run,
	        what);
	return NULL;
}

struct step_rec *step_open(
        struct wf *w, const char *name, enum step_kind kind, const json *in, struct err *e)
{
	return open_step(w, name, kind, in, false, e);
}

struct step_rec *step_open_body(
        struct wf *w, const char *name, const struct wf_policy *p, const json *in, struct err *e)
{
	return open_step(w, name, STEP_BODY, in, p && p->any_input, e);
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
	if (!text) {
		err_set(e, ERR_STORE, false,
		        "the stored result of step %s is missing; retry the run from that step",
		        r->name);
		return NULL;
	}
	j = json_parse(w->en->a, text, strlen(text), e);
	if (!j)
		err_wrap(e,
		        "the stored result of step %s is damaged (retry the run from that step)",
		        r->name);
	return j;
}

void step_error(const struct step_rec *r, struct err *e)
{
	err_set(e, err_code_parse(r->err_code), false, "%s", r->err_msg);
}

/* --- where it stands --- */

/* A row found running was being executed when an earlier process died. */
static void note_death(struct step_rec *r)
{
	r->maybe = MAYBE_YES;
	r->failed = (struct run_attempt){.n = r->calls,
	        .started_ms = r->begun_ms,
	        .ended_ms = clock_now_ms(),
	        .code = "died",
	        .error = "the bot died during this attempt"};
}

enum step_next step_prepare(struct wf *w, struct step_rec *r, const struct wf_policy *p)
{
	struct wf_policy q = step_policy(p);
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
	err_set(&e, ERR_SYS, false,
	        "the bot died in attempt %d of step %s, its last; it is not tried again",
	        r->attempt, r->name);
	step_failed(w, r, &e);
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

	if (!entry_gate(w, e) || !(r = step_open_body(w, name, p, in, e)))
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
