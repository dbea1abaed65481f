/*
 * /heal fix: hands the plan to a coding agent. Typing it is the approval; the button in the thread
 * opens a dialog first, where steps can be left out.
 */
#include <stdlib.h>
#include <string.h>

#include "fix_start.h"
#include "handler.h"
#include "redact.h"
#include "str.h"

static bool parse(struct wf *w, const struct call *c, struct fix_ask *ask, struct err *e)
{
	char *end;

	for (int i = 0; i < c->argc; i++) {
		const char *word = c->argv[i];

		if (str_ieq(word, "yes"))
			continue;
		if (str_ieq(word, "draft")) {
			ask->draft = true;
		} else if (str_starts(word, "budget=")) {
			ask->budget_usd = strtod(word + 7 + (word[7] == '$'), &end);
			if (*end || !(ask->budget_usd > 0) || ask->budget_usd > 1000)
				return err_set(e, ERR_INPUT, false,
				        "budget is an amount of dollars: `budget=2.00`");
		} else if (str_starts(word, "repo=")) {
			ask->repo = word + 5;
		} else if (str_starts(word, "branch=")) {
			ask->branch = word + 7;
		} else if (!ask->extra) {
			ask->extra = redact_text(wf_heal(w)->redact, wf_arena(w),
			        str_clean(wf_arena(w), word, strlen(word), 1000));
		} else {
			return err_set(e, ERR_INPUT, false,
			        "put the extra instruction in quotes: `/heal fix 42 \"keep the API "
			        "stable\" draft`");
		}
	}
	return true;
}

static bool run(struct wf *w, const struct call *c, struct err *e)
{
	struct fix_ask ask = {.incident = c->incident};
	const json *got;

	if (!parse(w, c, &ask, e))
		return false;
	got = fix_start(w, c, &ask, e);
	if (!got)
		return false;
	return reply_text(w, c, "reply", e,
	        "Fix %d of INC-%lld is started: plan v%d in %s@%s → `%s`. The thread shows the "
	        "progress; `/heal stop %lld` ends it.",
	        (int)json_int(got, ".n", 0), (long long)c->incident,
	        (int)json_int(got, ".plan_version", 0), json_str(got, ".repo", ""),
	        json_str(got, ".base", ""), json_str(got, ".branch", ""), (long long)c->incident);
}

const struct command cmd_fix = {
        .name = "fix",
        .args = "ID [\"extra instruction\"] [draft] [budget=2.00] [branch=B] [repo=O/N]",
        .help = "hand the plan to the coding agent; the pull request comes back here",
        .example = "fix 42 \"keep the API stable\" draft",
        .right = RIGHT_FIXER,
        .needs_incident = true,
        .run = run,
};
