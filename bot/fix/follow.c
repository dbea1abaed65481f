/* follow.c - following the agent to its end: one look and one move per call, never a held thread.
 */
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "fix.h"
#include "fix/host.h"
#include "fix/redacted.h"
#include "heal.h"
#include "incident.h"
#include "str.h"

/* A server that does not answer is waited for: it may be restarting, and messages are durable. */
#define DOWN_MAX_MS   300000
#define DOWN_AGAIN_MS 3000

#define HEADLESS                                                                                    \
	"Nobody is there to allow this. It is not part of the contract: go another way, or finish " \
	"and say what was missing."

struct follow {
	struct wf *w;
	struct arena *a;
	struct heal *h;
	const char *session;
	struct fix_contract c;
	struct fix_drive d;
	struct opencode_poll p;
	int64_t down_ms; /* since when the server does not answer; 0 = it does */
	uint64_t shown;  /* hash of the progress that was stored last */
};

static bool load(struct follow *f, const json *in, struct err *e)
{
	const json *state = wf_state(f->w);

	if (!fix_contract_parse(f->a, json_get(in, ".contract"), &f->c, e))
		return false;
	f->session = json_str(in, ".session", "");
	fix_drive_parse(f->a, json_get(state, ".drive"), &f->d);
	f->down_ms = json_int(state, ".down_ms", 0);
	f->shown = strtoull(json_str(state, ".shown", "0"), NULL, 16);
	if (!state) {
		f->d.memory.prompt_id = json_str(in, ".message", NULL);
		f->d.memory.prompted_ms = clock_now_ms();
		f->d.sessions = (int)json_int(in, ".attempt", 1);
	}
	return true;
}

static const json *again(struct follow *f, int64_t ms, struct err *e)
{
	json *state = json_obj(f->a);

	json_set(state, "drive", fix_drive_json(f->a, &f->d));
	json_set_int(state, "down_ms", f->down_ms);
	json_set_str(state, "shown", arena_printf(f->a, "%016llx", (unsigned long long)f->shown));
	return wf_again(f->w, ms > 0 ? ms : 1, state, e);
}

static const json *clean(struct follow *f, json *j)
{
	return fix_redacted(f->a, f->h->redact, j);
}

/* The thread is told when something changed; publishing spaces the edits. */
static bool show(struct follow *f, struct err *e)
{
	struct fix_row row = {.incident = f->c.incident, .n = f->c.n, .session = f->session};
	uint64_t hash;

	f->d.progress = clean(f, fix_progress(f->a, &f->c, &f->p, f->d.progress, &f->d));
	hash = json_hash(f->a, f->d.progress);
	if (hash == f->shown)
		return true;
	f->shown = hash;
	row.progress = f->d.progress;
	row.cost_usd = f->p.view.session.cost_usd;
	return fix_update(f->h->store, &row, NULL, e);
}

/* Server's time of the newest message. */
static int64_t newest_ms(const struct follow *f)
{
	const struct opencode_view *v = &f->p.view;
	int64_t ms = v->session.created_ms;

	for (size_t i = 0; i < v->nmessages; i++)
		if (v->messages[i].created_ms > ms)
			ms = v->messages[i].created_ms;
	return ms;
}

static const json *finished(struct follow *f, const char *end, const char *why)
{
	struct fix_claim claim;
	json *out = json_obj(f->a), *c = json_set_obj(out, "claim");

	fix_claim_of(f->a, &f->c, &f->p.view, &claim);
	json_set_str(c, "status", claim.status);
	json_set_int(c, "pr_number",
	        claim.pr_number ? claim.pr_number : json_int(f->d.progress, ".pr", 0));
	json_set_str(c, "summary", claim.summary);
	json_set_str(c, "tests", claim.tests);
	json_set(c, "refused", json_get(f->d.progress, ".refused"));
	json_set_str(out, "end", end);
	json_set_str(out, "why", why);
	json_set(out, "progress", f->d.progress);
	json_set_num(out, "cost_usd", f->p.view.session.cost_usd);
	json_set_int(out, "tokens", f->p.view.session.tokens_in + f->p.view.session.tokens_out);
	json_set_int(out, "turns", f->d.memory.turns);
	json_set_int(out, "last_ms", newest_ms(f));
	return clean(f, out);
}

/* --- moves --- */

static bool refuse_asks(struct follow *f, struct err *e)
{
	for (size_t i = 0; i < f->p.view.nasks; i++) {
		const struct opencode_ask *q = &f->p.view.asks[i];
		bool ok = q->question ? opencode_answer(f->h->opencode, f->a, q, HEADLESS, e)
		                      : opencode_permit(
		                                f->h->opencode, f->a, q->id, "reject", HEADLESS, e);

		if (!ok)
			return false;
	}
	return true;
}

static bool send_prompt(struct follow *f, const char *text, struct err *e)
{
	int64_t after = newest_ms(f);
	struct opencode_prompt p = {.text = text, .agent = f->c.agent, .model = f->c.model};
	const char *version;

	if (!text)
		p.text = fix_prompt(f->a, &f->c, f->h->settings->heal.prompts, &version, e);
	if (!p.text)
		return false;
	p.message_id = opencode_message_id(
	        f->a, after, arena_printf(f->a, "%s %d", fix_title(f->a, &f->c), f->d.prompts));
	if (!opencode_prompt(f->h->opencode, f->a, f->session, &p, e))
		return false;
	f->d.memory.prompt_id = p.message_id;
	f->d.memory.prompted_ms = clock_now_ms();
	return true;
}

static const json *finish(struct follow *f, const struct fix_move *m, struct err *e)
{
	/* The server still calls an ended session busy: give it a push. */
	if (f->d.memory.stuck_busy)
		(void)opencode_abort(f->h->opencode, f->a, f->session, e);
	return finished(f, f->d.aborting ? "aborted" : "finished", m->why);
}

static const json *move(struct follow *f, const struct fix_move *m, struct err *e)
{
	bool ok = true;

	switch (m->what) {
	case FIX_DO_WAIT:
		break;
	case FIX_DO_ANSWER:
		ok = refuse_asks(f, e);
		break;
	case FIX_DO_PROMPT:
		ok = send_prompt(f, m->text, e);
		break;
	case FIX_DO_ABORT:
		ok = opencode_abort(f->h->opencode, f->a, f->session, e);
		break;
	case FIX_DO_NEW:
		return finished(f, "lost", m->why);
	case FIX_DO_FINISH:
		return finish(f, m, e);
	}
	return ok ? again(f, m->wait_ms, e) : NULL;
}

/* No answer: wait for it, but not for ever, and not past the deadline. */
static const json *unreachable(struct follow *f, struct err *e)
{
	struct err why = *e;
	int64_t now = clock_now_ms();

	if (!why.retryable && why.code != ERR_NET && why.code != ERR_TIMEOUT)
		return NULL;
	if (f->down_ms == 0)
		f->down_ms = now;
	if (now - f->down_ms >= DOWN_MAX_MS || (f->c.deadline_ms > 0 && now >= f->c.deadline_ms)) {
		*e = (struct err){0};
		return finished(f, "aborted",
		        arena_printf(f->a, "the OpenCode server does not answer (%s)", why.msg));
	}
	return again(f, DOWN_AGAIN_MS, e);
}

const json *fix_body_follow(struct wf *w, const json *in, struct err *e)
{
	struct follow f = {.w = w, .a = wf_arena(w), .h = wf_heal(w)};
	struct fix_move m;

	if (!f.h->opencode) {
		err_set(e, ERR_CONFIG, false, "no OpenCode server is set: opencode.url");
		return NULL;
	}
	if (!load(&f, in, e) || !fix_use_host(w, &f.c, e))
		return NULL;
	if (!opencode_poll(f.h->opencode, f.a, f.session, &f.d.memory, NULL, &f.p, e))
		return unreachable(&f, e);
	f.down_ms = 0;
	fix_decide(f.a, &f.c, &f.p, &f.d, f.h->settings->opencode.poll_ms, &m);
	if (!show(&f, e))
		return NULL;
	return move(&f, &m, e);
}
