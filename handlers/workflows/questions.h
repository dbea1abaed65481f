/*
 * questions.h - what INVESTIGATE and people's questions ask the model: step bodies that ask, pay
 * and keep what was sent.
 *
 * Each call is one step: its answer is stored before it is used, and money is counted also when it
 * failed.
 */
#ifndef HEAL_QUESTIONS_H
#define HEAL_QUESTIONS_H

#include "workflow.h"

/* {"incident","items","commit","user"} → {"plan","plan_hash","evidence","confidence","remedy",
 * "conclusive","prompt_version","model","rung","cost_usd","tokens_in","tokens_out"} */
const json *question_plan(struct wf *w, const json *in, struct err *e);
/* The same with {"plan"} of it → {"plan","plan_hash","confidence","conclusive","cost_usd",
 * "tokens_in","tokens_out"}. A plan that cannot be cross-checked says why; the step does not fail.
 */
const json *question_doubt(struct wf *w, const json *in, struct err *e);
/* {"incident","question","user"} → {"text","cost_usd"}, from the newest evidence. */
const json *question_answer(struct wf *w, const json *in, struct err *e);

#endif
