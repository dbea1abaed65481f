/* /heal who: the person's own rights, and whom to ask for more. */
#include "handler.h"

static bool run(struct wf *w, const struct call *c, struct err *e)
{
	enum right r;

	if (!right_of(w, c->user, &r, e))
		return false;
	return reply_text(w, c, "reply", e,
	        "You are *%s*.\nviewer: status, list, show, why, who, stats\nresponder: ack, snooze, "
	        "resolve, ignore, assign, diagnose, scan — %s\nfixer: fix, stop — %s\nadmin — %s",
	        right_name(r), right_whom(w, RIGHT_RESPONDER), right_whom(w, RIGHT_FIXER),
	        right_whom(w, RIGHT_ADMIN));
}

const struct command cmd_who = {
        .name = "who",
        .args = "",
        .help = "your rights, and whom to ask",
        .example = "who",
        .right = RIGHT_VIEWER,
        .run = run,
};
