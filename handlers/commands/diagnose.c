/* /heal diagnose: look once more, with a hint from a person. */
#include <string.h>

#include "handler.h"
#include "incident.h"
#include "investigate.h"
#include "redact.h"
#include "spark.h"
#include "str.h"

static bool run(struct wf *w, const struct call *c, struct err *e)
{
	struct heal *h = wf_heal(w);
	const char *hint = NULL;

	if (!h->llm)
		return err_set(e, ERR_INPUT, false,
		        "no LLM is connected, so there are numbers only; an operator sets [llm] model "
		        "and its key");
	if (c->argc > 0)
		hint = redact_text(h->redact, wf_arena(w),
		        str_clean(wf_arena(w), c->argv[0], strlen(c->argv[0]), 500));
	if (!investigate_ask(w, c->incident, hint, c->user, e))
		return false;
	return confirm_text(w, c, "reply", e,
	        "Diagnosing INC-%lld once more; the thread shows it. At most %s.",
	        (long long)c->incident, num_usd(wf_arena(w), h->settings->limits.diagnosis_usd));
}

const struct command cmd_diagnose = {
        .name = "diagnose",
        .args = "ID [\"hint\"]",
        .help = "diagnose once more, with a hint",
        .example = "diagnose 42 \"it is the nightly batch\"",
        .right = RIGHT_RESPONDER,
        .needs_incident = true,
        .run = run,
};
