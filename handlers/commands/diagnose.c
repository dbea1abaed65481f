/* /heal diagnose: look once more, with a hint from a person. */
#include <string.h>

#include "handler.h"
#include "incident.h"
#include "investigate.h"
#include "redact.h"
#include "spark.h"
#include "str.h"

static const json *start_step(struct wf *w, const json *in, struct err *e)
{
	json *out = json_obj(wf_arena(w));
	int64_t run;

	if (!investigate_start(wf_heal(w)->store, wf_arena(w), json_int(in, ".incident", 0),
	            wf_key(w), json_str(in, ".hint", NULL), json_str(in, ".user", NULL), &run, e))
		return NULL;
	json_set_int(out, "run", run);
	return out;
}

static bool run(struct wf *w, const struct call *c, struct err *e)
{
	struct heal *h = wf_heal(w);
	json *in = json_obj(wf_arena(w));

	if (!h->llm)
		return err_set(e, ERR_INPUT, false,
		        "no LLM is connected, so there are numbers only; an operator sets [llm] model "
		        "and its key");
	json_set_int(in, "incident", c->incident);
	json_set_str(in, "user", c->user);
	if (*c->text && c->argc > 0)
		json_set_str(in, "hint",
		        redact_text(h->redact, wf_arena(w),
		                str_clean(wf_arena(w), c->argv[0], strlen(c->argv[0]), 500)));
	if (!wf_step(w, "start", start_step, in, e))
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
