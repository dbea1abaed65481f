/* /heal assign: who owns the incident. */
#include <string.h>

#include "handler.h"
#include "incident.h"
#include "str.h"

/* <@U123|name>, <@U123>, U123 or "me". */
static const char *person(struct arena *a, const struct call *c, const char *word)
{
	size_t n;

	if (str_ieq(word, "me"))
		return c->user;
	if (str_starts(word, "<@"))
		word += 2;
	n = strspn(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");
	if (n < 5 || (word[0] != 'U' && word[0] != 'W'))
		return NULL;
	return arena_strndup(a, word, n);
}

static bool run(struct wf *w, const struct call *c, struct err *e)
{
	const char *who = c->argc > 0 ? person(wf_arena(w), c, c->argv[0]) : c->user;
	struct incident_event ev = {.kind = INCIDENT_EV_ASSIGNED, .actor = c->user, .note = who};

	if (!who)
		return err_set(e, ERR_INPUT, false,
		        "whom? Mention the person (`/heal assign 42 @ana`) or say `me`");
	if (!change(w, "assign", c->incident, &ev, e))
		return false;
	return confirm_text(w, c, "reply", e, "INC-%lld is assigned.", (long long)c->incident);
}

const struct command cmd_assign = {
        .name = "assign",
        .args = "ID @user|me",
        .help = "say who owns the incident",
        .example = "assign 42 me",
        .right = RIGHT_RESPONDER,
        .needs_incident = true,
        .run = run,
};
