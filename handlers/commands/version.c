/* /heal version. */
#include "handler.h"

static bool run(struct wf *w, const struct call *c, struct err *e)
{
	return reply_text(w, c, "reply", e, "Heal %s", wf_heal(w)->version);
}

const struct command cmd_version = {
        .name = "version",
        .args = "",
        .help = "the bot's version",
        .example = "version",
        .right = RIGHT_VIEWER,
        .run = run,
};
