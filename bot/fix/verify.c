/* verify.c - GitHub has the last word on what came of a fix. */
#include <stdlib.h>
#include <string.h>

#include "fix/outcome.h"
#include "str.h"

static bool missing(const struct err *e)
{
	return e->code == ERR_NOT_FOUND;
}

/* What only a person can mend: said in the thread instead of tried again. */
static bool is_final(const struct err *e)
{
	return e->code == ERR_FORBIDDEN || e->code == ERR_INPUT || e->code == ERR_CONFLICT;
}

struct verify {
	struct github *g;
	struct arena *a;
	const struct fix_contract *c;
	const struct fix_claim *claim;
	struct redact *r;
	const json *published; /* of fix_body_publish; NULL */
};

/* The bot's own look at the commit saw more than GitHub shows: modes, the message. */
static void add_seen(struct arena *a, const json *from, struct fix_gate *to)
{
	to->draft = to->draft || json_bool(from, ".draft", false);
	json_each (f, json_get(from, ".flags")) {
		bool known = false;

		for (size_t i = 0; i < to->nflags; i++)
			known = known || str_eq(to->flags[i], json_str(f, "", ""));
		if (!known)
			fix_gate_flag(to, arena_strdup(a, json_str(f, "", "")));
	}
}

static bool gate_of(const struct verify *v, const char *base, struct fix_outcome *out,
        struct github_diff *d, struct err *e)
{
	struct arena *a = v->a;
	const struct fix_contract *c = v->c;

	if (!github_compare(v->g, a, c->repo, base, c->branch, d, e))
		return false;
	fix_gate_check(a, c, d, v->r, &out->gate);
	if (v->published)
		add_seen(a, json_get(v->published, ".gate"), &out->gate);
	json_each (it, v->claim->refused)
		fix_gate_flag(&out->gate, arena_printf(a, "tried something that was refused: %s",
		                                  json_str(it, "", "")));
	if (!str_eq(base, c->base))
		fix_gate_flag(
		        &out->gate, arena_printf(a, "goes to %.80s instead of %s", base, c->base));
	return true;
}

/* The agent opened it: what breaks the contract is written below it, once. */
static bool tell_flags(const struct verify *v, const struct fix_outcome *o, struct err *e)
{
	struct arena *a = v->a;
	const struct fix_contract *c = v->c;
	struct str b = str_new(a);
	struct err why = {0};

	str_add(&b, "Heal compared this branch with what was approved:\n\n");
	for (size_t i = 0; i < o->gate.nflags; i++)
		str_addf(&b, "- `%s`\n", o->gate.flags[i]);
	if (github_comment(v->g, a, c->repo, o->pr.number, b.s, fix_title(a, c), &why) ||
	        is_final(&why))
		return true; /* the card in the thread says it too */
	if (e)
		*e = why;
	return false;
}

static bool with_pr(const struct verify *v, struct fix_outcome *out, struct err *e)
{
	struct github_diff d;

	out->end = FIX_END_PR;
	if (!github_pr_get(v->g, v->a, v->c->repo, out->pr.number, &out->pr, e))
		return false;
	if (out->pr.merged || !*out->sha)
		return true;
	if (!gate_of(v, out->pr.base_ref, out, &d, e))
		return false;
	return out->gate.nflags == 0 || tell_flags(v, out, e);
}

static bool open_it(const struct verify *v, struct fix_outcome *out, struct err *e)
{
	struct arena *a = v->a;
	const struct fix_contract *c = v->c;
	const struct fix_claim *claim = v->claim;
	struct github_new_pr n = {
	        .repo = c->repo,
	        .head = c->branch,
	        .base = c->base,
	        .title = fix_pr_title(a, c),
	        .body = fix_pr_body(a, c, claim, &out->gate, claim->cost_usd),
	        .draft = c->draft || out->gate.draft || str_eq(claim->tests, "failed"),
	};
	struct err why = {0};

	fix_gate_text(a, c, "title or text", n.title, v->r, &out->gate);
	fix_gate_text(a, c, "title or text", n.body, v->r, &out->gate);
	if (out->gate.stop) {
		out->end = FIX_END_REFUSED;
		out->left = arena_printf(a,
		        "the pull request %s; it was not opened. The branch %s is "
		        "pushed: look at it, then delete it",
		        out->gate.flags[0], c->branch);
		return true;
	}
	if (github_create_pr(v->g, a, &n, &out->pr, &out->opened_by_bot, &why)) {
		out->end = FIX_END_PR;
		return true;
	}
	if (is_final(&why)) {
		out->end = FIX_END_BRANCH;
		out->left = arena_printf(a,
		        "the branch %s is pushed, but its pull request could not be opened: %s",
		        c->branch, why.msg);
		return true;
	}
	if (e)
		*e = why;
	return false;
}

static bool without_pr(const struct verify *v, struct fix_outcome *out, struct err *e)
{
	struct arena *a = v->a;
	const struct fix_contract *c = v->c;
	struct github_diff d;

	if (!gate_of(v, c->base, out, &d, e))
		return false;
	if (d.ahead == 0) {
		out->end = FIX_END_NOTHING;
		out->left = arena_printf(a,
		        "the branch %s was pushed without a commit of its own; delete it when you "
		        "like",
		        c->branch);
		return true;
	}
	if (out->gate.stop) {
		out->end = FIX_END_REFUSED;
		out->left = arena_printf(a,
		        "the branch %s breaks its contract (%s), so no pull request was opened; look "
		        "at it, then delete it",
		        c->branch, out->gate.flags[0]);
		return true;
	}
	return open_it(v, out, e);
}

/* Judged already. A branch that is there all the same was pushed by somebody else. */
static bool refuse(const struct verify *v, struct fix_outcome *out)
{
	const char *why = json_str(v->published, ".left", "the work was refused");

	out->end = FIX_END_REFUSED;
	out->left = why;
	out->gate.flags = ARENA_ARRAY(v->a, FIX_FLAGS_MAX + 1, const char *);
	add_seen(v->a, json_get(v->published, ".gate"), &out->gate);
	out->gate.stop = true;
	if (*out->sha)
		out->left =
		        arena_printf(v->a, "%s. A branch %s exists in %s; the bot did not make it",
		                why, v->c->branch, v->c->repo);
	return true;
}

bool fix_verify(struct github *g, struct arena *a, const struct fix_contract *c,
        const struct fix_claim *claim, const json *published, struct redact *r,
        struct fix_outcome *out, struct err *e)
{
	struct verify v = {g, a, c, claim, r, published};
	struct err branch = {0}, pr = {0};

	*out = (struct fix_outcome){.end = FIX_END_NOTHING, .sha = "", .left = ""};
	if (!github_branch(g, a, c->repo, c->branch, &out->sha, &branch) && !missing(&branch)) {
		if (e)
			*e = branch;
		return false;
	}
	/* A branch may be gone because its pull request was merged already. */
	if (github_find_pr(g, a, c->repo, c->branch, NULL, &out->pr, &pr))
		return with_pr(&v, out, e);
	if (!missing(&pr)) {
		if (e)
			*e = pr;
		return false;
	}
	if (str_eq(json_str(published, ".end", ""), "refused"))
		return refuse(&v, out);
	if (*out->sha)
		return without_pr(&v, out, e);
	out->left = str_eq(claim->status, "nothing")
	                    ? "the agent found nothing to change, and pushed nothing"
	            : c->publish == FIX_BY_BOT ? "the agent committed nothing"
	                                       : "no branch was pushed";
	return true;
}

/* --- JSON --- */

static const char *end_name(enum fix_end end)
{
	switch (end) {
	case FIX_END_PR:
		return "pr";
	case FIX_END_BRANCH:
		return "branch";
	case FIX_END_REFUSED:
		return "refused";
	case FIX_END_NOTHING:
		return "nothing";
	}
	abort();
}

json *fix_pr_json(struct arena *a, const struct github_pr *p)
{
	json *j = json_obj(a);

	json_set_int(j, "number", p->number);
	json_set_str(j, "url", p->url);
	json_set_str(j, "title", str_clean(a, p->title, strlen(p->title), 200));
	json_set_str(j, "state", p->state);
	json_set_bool(j, "draft", p->draft);
	json_set_bool(j, "merged", p->merged);
	json_set_str(j, "merge_sha", p->merge_sha);
	json_set_str(j, "head_sha", p->head_sha);
	json_set_int(j, "merged_ms", p->merged_ms);
	json_set_int(j, "files", p->files);
	json_set_int(j, "additions", p->additions);
	json_set_int(j, "deletions", p->deletions);
	json_set_str(j, "mergeable",
	        p->mergeable == GITHUB_MERGE_CLEAN      ? "clean"
	        : p->mergeable == GITHUB_MERGE_CONFLICT ? "conflict"
	                                                : "unknown");
	return j;
}

json *fix_gate_json(struct arena *a, const struct fix_gate *g)
{
	json *j = json_obj(a), *flags;

	json_set_bool(j, "ok", g->ok);
	json_set_bool(j, "stop", g->stop);
	json_set_bool(j, "draft", g->draft);
	json_set_int(j, "files", g->files);
	json_set_int(j, "additions", g->additions);
	json_set_int(j, "deletions", g->deletions);
	flags = json_set_arr(j, "flags");
	for (size_t i = 0; i < g->nflags; i++)
		json_add_str(flags, g->flags[i]);
	return j;
}

json *fix_outcome_json(struct arena *a, const struct fix_outcome *o)
{
	json *j = json_obj(a);

	json_set_str(j, "end", end_name(o->end));
	if (o->end == FIX_END_PR)
		json_set(j, "pr", fix_pr_json(a, &o->pr));
	json_set_bool(j, "opened_by_bot", o->opened_by_bot);
	json_set_str(j, "sha", o->sha);
	json_set_str(j, "left", o->left);
	json_set(j, "gate", fix_gate_json(a, &o->gate));
	return j;
}
