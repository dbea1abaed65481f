/* session.h - sessions of a fix at the OpenCode server; for bot/fix. */
#ifndef FIX_SESSION_H
#define FIX_SESSION_H

#include "fix.h"
#include "heal.h"

/* The session of this title made by this run, or a new one with `rules`. */
struct opencode_session *fix_session(struct wf *w, const struct fix_contract *c, const char *title,
        const struct opencode_rule *rules, size_t nrules, struct err *e);
/* Runs a command of ours on the agent's host, in a session of its own (bundle.h has the commands).
 * `timeout_ms` of the command. */
bool fix_shell(struct wf *w, const struct fix_contract *c, const char *command, uint32_t timeout_ms,
        const char **output, struct err *e);
/* Removes that session; failures are only logged. */
void fix_shell_end(struct wf *w, const struct fix_contract *c);

#endif
