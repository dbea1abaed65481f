/*
 * publish.c - from the agent's commit to a branch at GitHub, made by the bot.
 *
 * The commit is read through the OpenCode server, compared with what the files really were at
 * GitHub, judged by the gate, and only then written: blobs, tree, commit, ref. The tree's id at
 * GitHub has to be the one of the agent's commit, so that what is published is what was tested. All
 * objects are named by their content: repeated after a crash, the step finds its own.
 */
#include <string.h>

#include "fix/bundle.h"
#include "fix/host.h"
#include "fix/outcome.h"
#include "fix/redacted.h"
#include "fix/session.h"
#include "heal.h"
#include "str.h"

#define READ_MS   60000
#define BYTES_MAX (4u << 20)
#define AUTHOR    "heal"
#define EMAIL     "heal@users.noreply.github.com"

struct publish {
	struct wf *w;
	struct arena *a;
	struct heal *h;
	struct fix_contract c;
	struct bundle b;
	struct github_diff diff;
	struct fix_gate gate;
	const char *known; /* what the branch may hold: what was there before, or our last push */
	const char *sha;   /* of our commit */
	const char *left;
};

/* --- read --- */

static bool read_head(struct publish *p, struct err *e)
{
	const char *out;

	return fix_shell(p->w, &p->c, bundle_command(p->a, &p->c), READ_MS, &out, e) &&
	       bundle_parse(p->a, out, &p->b, e);
}

static bool read_contents(struct publish *p, struct err *e)
{
	const char *out;

	return fix_shell(p->w, &p->c, bundle_contents_command(p->a, &p->c, &p->b), READ_MS, &out,
	               e) &&
	       bundle_contents(p->a, out, &p->b, e);
}

/* --- compare with what was there --- */

static bool diff_one(
        struct publish *p, const struct bundle_file *b, struct github_file *f, struct err *e)
{
	struct text old = {"", 0}, new = {b->data, b->n};
	struct err why = {0};
	bool was = github_file_get(
	        p->h->github, p->a, p->c.repo, b->path, p->b.base, &old.s, &old.n, &why);

	if (!was && why.code != ERR_NOT_FOUND && why.code != ERR_PROTO) {
		*e = why;
		return false;
	}
	*f = (struct github_file){
	        .path = b->path,
	        .status = !b->new_mode                ? "removed"
	                  : why.code == ERR_NOT_FOUND ? "added"
	                                              : "modified",
	        .old_mode = b->old_mode,
	        .new_mode = b->new_mode,
	};
	line_diff(p->a, was ? &old : NULL, b->data ? &new : NULL, f);
	return true;
}

static bool judge(struct publish *p, struct err *e)
{
	struct bundle *b = &p->b;

	p->diff = (struct github_diff){
	        .files = ARENA_ARRAY(p->a, b->nfiles + 1, struct github_file),
	        .nfiles = b->nfiles,
	        .merge_base = b->base,
	        .head_sha = b->head,
	};
	for (size_t i = 0; i < b->nfiles; i++)
		if (!diff_one(p, &b->files[i], &p->diff.files[i], e))
			return false;
	fix_gate_check(p->a, &p->c, &p->diff, p->h->redact, &p->gate);
	fix_gate_text(p->a, &p->c, "commit message", b->message, p->h->redact, &p->gate);
	return true;
}

/* The agent's commits have to stand on the branch that was approved. */
static bool on_base(struct publish *p, bool *ok, struct err *e)
{
	struct github_diff d;
	struct err why = {0};

	*ok = github_compare(p->h->github, p->a, p->c.repo, p->c.base, p->b.base, &d, &why) &&
	      d.ahead == 0;
	if (*ok || why.code == ERR_NONE || why.code == ERR_NOT_FOUND)
		return true;
	*e = why;
	return false;
}

/* --- write --- */

static bool put_tree(struct publish *p, const char **tree, struct err *e)
{
	struct github_entry *entries = ARENA_ARRAY(p->a, p->b.nfiles + 1, struct github_entry);
	struct github_commit base;

	for (size_t i = 0; i < p->b.nfiles; i++) {
		const struct bundle_file *f = &p->b.files[i];
		const char *sha = NULL;

		if (f->data &&
		        !github_blob_put(p->h->github, p->a, p->c.repo, f->data, f->n, &sha, e))
			return false;
		entries[i] = (struct github_entry){
		        .path = f->path,
		        .mode = arena_printf(
		                p->a, "%06o", (unsigned)(f->new_mode ? f->new_mode : f->old_mode)),
		        .sha = sha,
		};
		if (!wf_heartbeat(p->w, e))
			return false;
	}
	return github_commit_get(p->h->github, p->a, p->c.repo, p->b.base, &base, e) &&
	       github_tree_put(
	               p->h->github, p->a, p->c.repo, base.tree, entries, p->b.nfiles, tree, e);
}

static const char *message_of(struct publish *p)
{
	return arena_printf(p->a, "%s\n\nHeal-Incident: INC-%lld (fix %d, plan v%d)\n",
	        *p->b.message ? p->b.message : fix_pr_title(p->a, &p->c), (long long)p->c.incident,
	        p->c.n, p->c.plan_version);
}

/* What the branch holds; "" = it is not there. */
static bool branch_now(struct publish *p, const char **sha, struct err *e)
{
	struct err why = {0};

	*sha = "";
	if (github_branch(p->h->github, p->a, p->c.repo, p->c.branch, sha, &why) ||
	        why.code == ERR_NOT_FOUND)
		return true;
	*e = why;
	return false;
}

/* A second push goes on top of the first; when the base has moved, it is a merge of both. */
static bool put_commit(struct publish *p, const char *tree, const char *now, struct err *e)
{
	struct github_new_commit n = {
	        .message = message_of(p),
	        .tree = tree,
	        .parent = *now ? now : p->b.base,
	        .name = AUTHOR,
	        .email = EMAIL,
	        .when_ms = wf_started_ms(p->w),
	};
	struct github_diff d;

	if (*now) {
		if (!github_compare(p->h->github, p->a, p->c.repo, now, p->b.base, &d, e))
			return false;
		n.parent2 = d.ahead > 0 ? p->b.base : NULL;
	}
	return github_commit_put(p->h->github, p->a, p->c.repo, &n, &p->sha, e) &&
	       github_ref_put(p->h->github, p->a, p->c.repo, p->c.branch, p->sha, e);
}

static bool write_branch(struct publish *p, struct err *e)
{
	const char *tree, *now;
	struct github_commit top = {.tree = ""};

	if (!put_tree(p, &tree, e) || !branch_now(p, &now, e))
		return false;
	if (!str_eq(tree, p->b.tree)) {
		p->left =
		        "what arrived at GitHub is not what the agent committed; the branch was not "
		        "made";
		return true;
	}
	if (*now && !github_commit_get(p->h->github, p->a, p->c.repo, now, &top, e))
		return false;
	if (*now && str_eq(top.tree, tree)) {
		p->sha = now; /* ours, from before a crash */
		return true;
	}
	if (*now && !str_eq(now, p->known)) {
		p->left = arena_printf(p->a,
		        "the branch %s was pushed by somebody else meanwhile; does the agent's host "
		        "hold a token that writes? Nothing was added to it",
		        p->c.branch);
		return true;
	}
	return put_commit(p, tree, now, e);
}

/* --- the whole --- */

static const json *result(struct publish *p, const char *end)
{
	json *out = json_obj(p->a);

	json_set_str(out, "end", end);
	json_set_str(out, "sha", p->sha);
	json_set_str(out, "tree", p->b.tree);
	json_set_str(out, "left", p->left);
	json_set_int(out, "dirty", p->b.dirty);
	json_set(out, "gate", fix_gate_json(p->a, &p->gate));
	return fix_redacted(p->a, p->h->redact, out);
}

static const char *stays(struct publish *p, const char *why)
{
	return arena_printf(p->a,
	        "%s. Nothing was pushed; the work is in the folder %s on the OpenCode host", why,
	        fix_folder(p->a, &p->c));
}

static const json *refuse(struct publish *p, const char *why)
{
	p->left = stays(p, why);
	return result(p, "refused");
}

static const json *publish(struct publish *p, struct err *e)
{
	bool ok;

	if (!on_base(p, &ok, e))
		return NULL;
	if (!ok)
		return refuse(p,
		        arena_printf(p->a, "the agent's commit does not stand on %s", p->c.base));
	if (p->b.bytes > BYTES_MAX)
		return refuse(p, arena_printf(p->a, "the agent's commit holds %llu MB of new files",
		                         (unsigned long long)(p->b.bytes >> 20)));
	if (!read_contents(p, e) || !judge(p, e))
		return NULL;
	if (p->gate.stop)
		return refuse(p, arena_printf(p->a, "the change breaks its contract: it %s",
		                         p->gate.flags[0]));
	if (!write_branch(p, e))
		return NULL;
	fix_shell_end(p->w, &p->c);
	return result(p, p->sha ? "pushed" : "refused");
}

/* A branch that cannot be written is an end with a sentence, not a crash of the run. */
static bool is_final(const struct err *e)
{
	return e->code == ERR_FORBIDDEN || e->code == ERR_INPUT || e->code == ERR_CONFLICT ||
	       e->code == ERR_PROTO;
}

static const json *publish_body(struct wf *w, const json *in, struct err *e)
{
	struct publish p = {.w = w, .a = wf_arena(w), .h = wf_heal(w)};
	struct err why = {0};
	const json *out;

	p.known = json_str(in, ".known", "");
	if (!fix_contract_parse(p.a, json_get(in, ".contract"), &p.c, e) ||
	        !fix_contract_check(&p.c, e) || !fix_use_host(w, &p.c, e))
		return NULL;
	p.gate = (struct fix_gate){
	        .ok = true, .flags = ARENA_ARRAY(p.a, FIX_FLAGS_MAX + 1, const char *)};
	if (!read_head(&p, &why)) {
		if (why.code == ERR_NOT_FOUND)
			return result(&p, "nothing");
		out = NULL;
	} else {
		out = p.b.nfiles ? publish(&p, &why) : result(&p, "nothing");
	}
	if (out)
		return out;
	if (is_final(&why) && !why.retryable)
		return refuse(&p, why.msg);
	*e = why;
	return NULL;
}

const json *fix_body_publish(struct wf *w, const json *in, struct err *e)
{
	struct github *g = wf_heal(w)->github;
	const json *out;

	if (!g) {
		err_set(e, ERR_CONFIG, false,
		        "nothing can be published: set GITHUB_TOKEN, or [github] app and GITHUB_APP_KEY");
		return NULL;
	}
	out = publish_body(w, in, e);
	github_release(g);
	return out;
}
