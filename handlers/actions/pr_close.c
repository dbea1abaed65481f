/* The Close PR button of a card whose incident ended by itself; the branch stays. */
#include <stdlib.h>

#include "fix.h"
#include "github.h"
#include "handler.h"
#include "incident.h"
#include "str.h"

static const json *close_step(struct wf *w, const json *in, struct err *e)
{
	struct heal *h = wf_heal(w);
	struct fix_row *f = fix_get(
	        h->store, wf_arena(w), json_int(in, ".incident", 0), (int)json_int(in, ".n", 0), e);
	struct err why = {0};
	bool ok;

	if (!f)
		return NULL;
	if (!str_eq(f->state, "pr_open") || !h->github) {
		err_set(e, ERR_CONFLICT, false, "PR #%d is not open any more", f->pr_number);
		return NULL;
	}
	ok = github_close_pr(h->github, wf_arena(w), f->repo, f->pr_number, &why);
	github_release(h->github);
	if (!ok) {
		*e = why;
		return NULL;
	}
	return audit_add(h->store, wf_key(w), json_str(in, ".user", NULL), "close pull request",
	               f->incident, in, e)
	               ? json_obj(wf_arena(w))
	               : NULL;
}

static bool run(struct wf *w, const struct call *c, struct err *e)
{
	json *in = json_obj(wf_arena(w));

	json_set_int(in, "incident", c->incident);
	json_set_int(in, "n", c->argc > 0 ? strtol(c->argv[0], NULL, 10) : 0);
	json_set_str(in, "user", c->user);
	return wf_step(w, "close", close_step, in, e) != NULL;
}

const struct action action_pr_close = {.id = "pr_close", .right = RIGHT_FIXER, .run = run};
