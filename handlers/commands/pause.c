/*
 * /heal pause [2h] ["reason"]: the kill switch for what costs money and changes code. No model is
 * asked and no fix begins; measuring, opening and what is under way go on. /heal resume ends it.
 */
#include <stdint.h>

#include "clock.h"
#include "handler.h"
#include "hold.h"
#include "redact.h"
#include "str.h"

enum { MOST_DAYS = 30, DAY_MS = 86400000, REASON = 200 };

static const json *pause_step(struct wf *w, const json *in, struct err *e)
{
	int64_t ms = json_int(in, ".ms", 0);

	return pause_set(wf_heal(w)->store, ms > 0 ? wf_started_ms(w) + ms : INT64_MAX,
	               json_str(in, ".user", NULL), json_str(in, ".reason", NULL), e)
	               ? json_obj(wf_arena(w))
	               : NULL;
}

static const char *reason_of(struct wf *w, const struct call *c, int from)
{
	struct arena *a = wf_arena(w);
	struct str b = str_new(a);

	for (int i = from; i < c->argc; i++)
		str_addf(&b, "%s%s", i > from ? " " : "", c->argv[i]);
	if (b.len == 0)
		return NULL;
	return redact_text(wf_heal(w)->redact, a, str_clean(a, b.s, b.len, REASON));
}

static bool pause_run(struct wf *w, const struct call *c, struct err *e)
{
	struct arena *a = wf_arena(w);
	json *in = json_obj(a);
	int64_t ms = 0;
	bool timed = c->argc > 0 && clock_parse_duration(c->argv[0], &ms);

	if (timed && (ms < 60000 || ms > (int64_t)MOST_DAYS * DAY_MS))
		return err_set(
		        e, ERR_INPUT, false, "pause for 1m to %dd, or without a time", MOST_DAYS);
	json_set_int(in, "ms", ms);
	json_set_str(in, "user", c->user);
	json_set_str(in, "reason", reason_of(w, c, timed));
	if (!wf_step(w, "pause", pause_step, in, e))
		return false;
	return reply_text(w, c, "reply", e,
	        "Paused%s%s: no diagnosis and no fix begins. Measuring goes on; `/heal resume` ends "
	        "it.",
	        timed ? " for " : "", timed ? clock_duration(a, ms) : "");
}

const struct command cmd_pause = {
        .name = "pause",
        .args = "[2h] [\"reason\"]",
        .help = "no diagnoses and no fixes for a while; measuring goes on",
        .example = "pause 2h \"deploy freeze\"",
        .right = RIGHT_ADMIN,
        .run = pause_run,
};

/* A repeat after a crash may say that nothing was paused: no harm. */
static const json *resume_step(struct wf *w, const json *in, struct err *e)
{
	struct arena *a = wf_arena(w);
	json *out = json_obj(a);
	struct pause p;

	(void)in;
	pause_get(wf_heal(w)->store, a, &p);
	json_set_bool(out, "was", p.on);
	return pause_set(wf_heal(w)->store, 0, NULL, NULL, e) ? out : NULL;
}

static bool resume_run(struct wf *w, const struct call *c, struct err *e)
{
	const json *done = wf_step(w, "resume", resume_step, NULL, e);

	if (!done)
		return false;
	return json_bool(done, ".was", false)
	               ? reply_text(w, c, "reply", e,
	                         "Going on. What is open is diagnosed with the next scan.")
	               : reply_text(w, c, "reply", e, "Nothing was paused.");
}

const struct command cmd_resume = {
        .name = "resume",
        .help = "end a pause",
        .example = "resume",
        .right = RIGHT_ADMIN,
        .run = resume_run,
};
