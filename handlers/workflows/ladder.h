/*
 * ladder.h - the rungs below a model: what the store can answer costs nothing.
 *
 *   stored   the same evidence was asked about within a day, with the same prompt and model
 *   known    the newest closed incident of the same fingerprint was cured (verified) and its
 *            diagnosis rated right and never wrong: its cause and steps are said again, through
 *            the guards, about today's evidence. Only for the first diagnosis, and when nobody
 *            asked for one: who asks wants another look.
 *
 * Above them: [llm] triage_model for the cross-check and for questions, [llm] model for the plan.
 */
#ifndef HEAL_LADDER_H
#define HEAL_LADDER_H

#include "diagnose.h"
#include "incident.h"
#include "workflow.h"

/* The answer of a rung, as question_plan gives it with cost 0 and the rung's name; NULL = none. */
const json *ladder_answer(struct wf *w, const json *in, const struct diagnose_request *q);
/* Keeps a model's answer, cross-checked, for the same evidence. A failure is no failure of the
 * diagnosis. */
void ladder_keep(struct wf *w, const json *items, const struct diagnosis *d, bool conclusive);

#endif
