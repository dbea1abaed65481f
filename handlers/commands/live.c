/* /heal live: ends shadow mode. What is bad then opens with the scan that follows at once. */
#include "handler.h"
#include "hold.h"

static const json *live_step(struct wf *w, const json *in, struct err *e)
{
	struct heal *h = wf_heal(w);
	struct arena *a = wf_arena(w);
	json *out = json_obj(a);
	struct shadow s;

	if (!shadow_get(h->store, a, h->settings, &s, e))
		return NULL;
	json_set_bool(out, "was", s.on);
	return !s.on || shadow_end(h->store, json_str(in, ".user", NULL), e) ? out : NULL;
}

static const json *scan_step(struct wf *w, const json *in, struct err *e)
{
	struct wf_start st = {.workflow = "scan", .concurrency = "scan", .coalesce = true};

	(void)in;
	return flow_start(wf_heal(w)->store, &st, NULL, e) ? json_obj(wf_arena(w)) : NULL;
}

static bool run(struct wf *w, const struct call *c, struct err *e)
{
	json *in = json_obj(wf_arena(w));
	const json *done;

	json_set_str(in, "user", c->user);
	done = wf_step(w, "live", live_step, in, e);
	if (!done)
		return false;
	if (!json_bool(done, ".was", false))
		return reply_text(w, c, "reply", e, "I am live: there is no shadow mode to end.");
	return wf_step(w, "scan", scan_step, NULL, e) &&
	       confirm_text(w, c, "reply", e,
	               "Live. What is bad opens its thread with the scan that runs now.");
}

const struct command cmd_live = {
        .name = "live",
        .help = "end shadow mode: incidents are posted from now on",
        .example = "live",
        .right = RIGHT_RESPONDER,
        .run = run,
};
