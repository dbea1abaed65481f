/* drive.c - what to do after each look at the agent. Pure. */
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "fix.h"
#include "str.h"

#define CONTINUES_MAX 2
#define NUDGES_MAX    1
#define ASKS_MAX      6
#define SESSIONS_MAX  2
/* Too little time for anything new. */
#define LAST_CALL_MS 60000
/* The longest the agent's model may ask us to wait. */
#define RETRY_MAX_MS 600000
/* An abort is repeated after this, and no longer believed in after that. */
#define ABORT_AGAIN_MS 5000
#define ABORT_LOST_MS  60000

json *fix_drive_json(struct arena *a, const struct fix_drive *d)
{
	json *j = json_obj(a);

	json_set(j, "memory", opencode_memory_json(a, &d->memory));
	json_set_int(j, "prompts", d->prompts);
	json_set_int(j, "continues", d->continues);
	json_set_int(j, "nudges", d->nudges);
	json_set_int(j, "asks", d->asks);
	json_set_int(j, "sessions", d->sessions);
	json_set_bool(j, "aborting", d->aborting);
	json_set_int(j, "abort_ms", d->abort_ms);
	json_set_str(j, "abort_why", d->abort_why);
	json_set(j, "progress", d->progress);
	return j;
}

void fix_drive_parse(struct arena *a, const json *j, struct fix_drive *d)
{
	*d = (struct fix_drive){
	        .prompts = (int)json_int(j, ".prompts", 1),
	        .continues = (int)json_int(j, ".continues", 0),
	        .nudges = (int)json_int(j, ".nudges", 0),
	        .asks = (int)json_int(j, ".asks", 0),
	        .sessions = (int)json_int(j, ".sessions", 1),
	        .aborting = json_bool(j, ".aborting", false),
	        .abort_ms = json_int(j, ".abort_ms", 0),
	        .abort_why = arena_strdup(a, json_str(j, ".abort_why", NULL)),
	        .progress =
	                json_has(j, ".progress") ? json_copy(a, json_get(j, ".progress")) : NULL,
	};
	opencode_memory_parse(a, json_get(j, ".memory"), &d->memory);
}

static void finish(struct fix_move *out, bool ok, const char *why)
{
	out->what = FIX_DO_FINISH;
	out->ok = ok;
	out->why = why;
}

static void give_up(
        struct arena *a, int64_t now, struct fix_drive *d, const char *why, struct fix_move *out)
{
	out->what = FIX_DO_ABORT;
	out->wait_ms = 500;
	out->why = arena_strdup(a, why);
	if (!d->aborting) {
		d->aborting = true;
		d->abort_ms = now;
		d->abort_why = out->why;
	}
}

static void prompt(struct fix_drive *d, const char *text, struct fix_move *out)
{
	d->prompts++;
	out->what = FIX_DO_PROMPT;
	out->text = text;
}

static bool over(enum opencode_state s)
{
	switch (s) {
	case OPENCODE_STARTING:
	case OPENCODE_RUNNING:
	case OPENCODE_RETRYING:
		return false;
	case OPENCODE_DONE:
	case OPENCODE_FAILED:
	case OPENCODE_ABORTED:
	case OPENCODE_STOPPED:
	case OPENCODE_INTERRUPTED:
	case OPENCODE_DROPPED:
	case OPENCODE_LOST:
		return true;
	}
	abort();
}

/* An abort is under way: nothing else counts any more. */
static void await_abort(
        struct arena *a, const struct opencode_poll *p, struct fix_drive *d, struct fix_move *out)
{
	int64_t since = p->view.at_ms - d->abort_ms;
	const char *why = str_or(d->abort_why, "it was stopped");

	if (over(p->state) && p->view.status == OPENCODE_IDLE) {
		finish(out, false, why);
	} else if (since >= ABORT_LOST_MS) {
		finish(out, false,
		        arena_printf(
		                a, "%s; the OpenCode server did not stop it within a minute", why));
	} else if (since >= ABORT_AGAIN_MS) {
		out->what = FIX_DO_ABORT;
		out->wait_ms = 2000;
		out->why = why;
	} else {
		out->wait_ms = 500;
	}
}

/* A reason to end a run that is still going; NULL = none. */
static const char *limit(struct arena *a, const struct fix_contract *c,
        const struct opencode_poll *p, const struct fix_drive *d)
{
	const struct opencode_view *v = &p->view;
	int64_t quiet = v->at_ms - d->memory.mark_ms;

	if (c->deadline_ms > 0 && v->at_ms >= c->deadline_ms)
		return "the deadline has passed";
	if (c->budget_usd > 0 && v->session.cost_usd >= c->budget_usd)
		return arena_printf(a, "the budget of $%.2f is used up", c->budget_usd);
	if (c->max_turns > 0 && d->memory.turns >= c->max_turns)
		return arena_printf(a, "it took %d turns without an end", d->memory.turns);
	if (c->idle_ms > 0 && quiet >= c->idle_ms)
		return arena_printf(a, "nothing happened for %s", clock_duration(a, quiet));
	if (p->state == OPENCODE_RETRYING && v->retry_in_ms > RETRY_MAX_MS)
		return arena_printf(
		        a, "its model is not available for %s", clock_duration(a, v->retry_in_ms));
	return NULL;
}

static void while_running(struct arena *a, const struct fix_contract *c,
        const struct opencode_poll *p, struct fix_drive *d, struct fix_move *out)
{
	const char *why = limit(a, c, p, d);

	if (why) {
		give_up(a, p->view.at_ms, d, why, out);
		return;
	}
	if (p->view.nasks == 0)
		return;
	d->asks += (int)p->view.nasks;
	if (d->asks > ASKS_MAX) {
		give_up(a, p->view.at_ms, d,
		        arena_printf(a, "it asked %d times for what it may not do (last: %s)",
		                d->asks, p->view.asks[0].permission),
		        out);
		return;
	}
	out->what = FIX_DO_ANSWER;
	out->wait_ms = 500;
}

static void after_end(struct arena *a, const struct fix_contract *c, const struct opencode_poll *p,
        struct fix_drive *d, struct fix_move *out)
{
	bool time_left = c->deadline_ms <= 0 || p->view.at_ms + LAST_CALL_MS < c->deadline_ms;
	struct fix_claim claim;

	finish(out, false, p->why);
	switch (p->state) {
	case OPENCODE_DONE:
		fix_claim_of(a, c, &p->view, &claim);
		if (!*claim.status && claim.pr_number == 0 && d->nudges < NUDGES_MAX && time_left) {
			d->nudges++;
			prompt(d, fix_prompt_continue(a, c, p->state), out);
			return;
		}
		finish(out, true, "");
		return;
	case OPENCODE_STOPPED:
		if (d->nudges < NUDGES_MAX && time_left) {
			d->nudges++;
			prompt(d, fix_prompt_continue(a, c, p->state), out);
		}
		return;
	case OPENCODE_INTERRUPTED:
		if (d->continues < CONTINUES_MAX && time_left) {
			d->continues++;
			prompt(d, fix_prompt_continue(a, c, p->state), out);
		}
		return;
	case OPENCODE_DROPPED:
		/* NULL: the same prompt again, it never arrived. */
		if (d->continues < CONTINUES_MAX && time_left) {
			d->continues++;
			prompt(d, NULL, out);
		}
		return;
	case OPENCODE_LOST:
		if (d->sessions < SESSIONS_MAX && time_left)
			out->what = FIX_DO_NEW;
		return;
	case OPENCODE_FAILED:
	case OPENCODE_ABORTED:
	case OPENCODE_STARTING:
	case OPENCODE_RUNNING:
	case OPENCODE_RETRYING:
		return;
	}
	abort();
}

void fix_decide(struct arena *a, const struct fix_contract *c, const struct opencode_poll *p,
        struct fix_drive *d, int64_t poll_ms, struct fix_move *out)
{
	*out = (struct fix_move){.what = FIX_DO_WAIT, .wait_ms = poll_ms, .why = ""};
	if (d->aborting)
		await_abort(a, p, d, out);
	else if (over(p->state))
		after_end(a, c, p, d, out);
	else
		while_running(a, c, p, d, out);
}
