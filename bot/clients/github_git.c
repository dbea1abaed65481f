/* github_git.c - the Git data API: blobs, trees, commits and refs. See docs.github.com/rest/git. */
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "clients/github_wire.h"
#include "clock.h"

#define PREFIX "heal/"

static const char *sha_of(const json *j, const char *what, struct err *e)
{
	const char *sha = json_str(j, ".sha", "");

	if (!*sha)
		err_set(e, ERR_PROTO, false, "GitHub: %s: no id in the answer", what);
	return *sha ? sha : NULL;
}

/* Posts `c->body` below /git/ and reads the object's id. */
static bool put(struct github *g, struct arena *a, const char *repo, const char *kind,
        struct gh_call *c, const char **sha_out, struct err *e)
{
	const json *j = NULL;

	if (!gh_repo(repo, e))
		return false;
	c->path = gh_path(a, repo, "/git/%s", kind);
	if (!gh_do(g, a, c, &j, e))
		return false;
	*sha_out = sha_of(j, c->what, e);
	return *sha_out != NULL;
}

bool github_commit_get(struct github *g, struct arena *a, const char *repo, const char *sha,
        struct github_commit *out, struct err *e)
{
	struct gh_call c = {.what = arena_printf(a, "commit %.12s", sha)};
	const json *j = NULL;

	if (!gh_repo(repo, e))
		return false;
	c.path = gh_path(a, repo, "/git/commits/%s", gh_ref(a, sha));
	if (!gh_do(g, a, &c, &j, e))
		return false;
	*out = (struct github_commit){
	        .sha = json_str(j, ".sha", ""),
	        .tree = json_str(j, ".tree.sha", ""),
	        .parent = json_str(j, ".parents[0].sha", ""),
	};
	return *out->tree || err_set(e, ERR_PROTO, false, "GitHub: %s: no tree in it", c.what);
}

static char *base64(struct arena *a, const void *data, size_t n)
{
	char *out = arena_alloc(a, (n + 2) / 3 * 4 + 1);

	EVP_EncodeBlock((unsigned char *)out, data, (int)n);
	return out;
}

bool github_blob_put(struct github *g, struct arena *a, const char *repo, const void *data,
        size_t n, const char **sha_out, struct err *e)
{
	struct gh_call c = {.method = "POST", .what = "new blob"};

	/* As it is: see the header. */
	c.raw_json =
	        arena_printf(a, "{\"encoding\":\"base64\",\"content\":\"%s\"}", base64(a, data, n));
	return put(g, a, repo, "blobs", &c, sha_out, e);
}

bool github_tree_put(struct github *g, struct arena *a, const char *repo, const char *base_tree,
        const struct github_entry *entries, size_t n, const char **sha_out, struct err *e)
{
	json *body = json_obj(a), *list;
	struct gh_call c = {.what = "new tree", .body = body};

	json_set_str(body, "base_tree", base_tree);
	list = json_set_arr(body, "tree");
	for (size_t i = 0; i < n; i++) {
		json *one = json_add_obj(list);

		json_set_str(one, "path", entries[i].path);
		json_set_str(one, "mode", entries[i].mode);
		json_set_str(one, "type", "blob");
		json_set_str(one, "sha", entries[i].sha); /* null removes it */
	}
	return put(g, a, repo, "trees", &c, sha_out, e);
}

bool github_commit_put(struct github *g, struct arena *a, const char *repo,
        const struct github_new_commit *n, const char **sha_out, struct err *e)
{
	json *body = json_obj(a), *who, *parents;
	struct gh_call c = {.what = "new commit", .body = body};

	json_set_str(body, "message", n->message);
	json_set_str(body, "tree", n->tree);
	parents = json_set_arr(body, "parents");
	json_add_str(parents, n->parent);
	if (n->parent2)
		json_add_str(parents, n->parent2);
	for (int i = 0; n->name && i < 2; i++) {
		who = json_set_obj(body, i ? "committer" : "author");
		json_set_str(who, "name", n->name);
		json_set_str(who, "email", n->email);
		json_set_str(who, "date", clock_rfc3339(a, n->when_ms / 1000 * 1000));
	}
	return put(g, a, repo, "commits", &c, sha_out, e);
}

/* --- refs --- */

/* The branch is there: forward to our commit, or it holds something else. */
static bool move_ref(struct github *g, struct arena *a, const char *repo, const char *branch,
        const char *sha, struct err *e)
{
	json *body = json_obj(a);
	struct gh_call c = {
	        .method = "PATCH",
	        .what = arena_printf(a, "branch %.120s", branch),
	        .body = body,
	};
	struct err why = {0};
	const char *now;

	if (!github_branch(g, a, repo, branch, &now, e))
		return false;
	if (str_eq(now, sha))
		return true;
	json_set_str(body, "sha", sha);
	json_set_bool(body, "force", false);
	c.path = gh_path(a, repo, "/git/refs/heads/%s", gh_ref(a, branch));
	if (gh_do(g, a, &c, NULL, &why))
		return true;
	if (c.status == 422)
		return err_set(e, ERR_CONFLICT, false,
		        "GitHub: the branch %.120s holds a commit that is not ours (%.12s); it was not "
		        "overwritten",
		        branch, now);
	if (e)
		*e = why;
	return false;
}

bool github_ref_put(struct github *g, struct arena *a, const char *repo, const char *branch,
        const char *sha, struct err *e)
{
	json *body = json_obj(a);
	struct gh_call c = {.what = arena_printf(a, "branch %.120s", branch), .body = body};
	struct err why = {0};

	if (!gh_repo(repo, e))
		return false;
	if (!str_starts(branch, PREFIX) || strstr(branch, ".."))
		return err_set(e, ERR_INPUT, false,
		        "only branches below " PREFIX " may be written, not “%.80s”", branch);
	json_set_str(body, "ref", arena_printf(a, "refs/heads/%s", branch));
	json_set_str(body, "sha", sha);
	c.path = gh_path(a, repo, "/git/refs");
	if (gh_do(g, a, &c, NULL, &why))
		return true;
	if (c.status == 422 && strstr(why.msg, "already exists"))
		return move_ref(g, a, repo, branch, sha, e);
	if (e)
		*e = why;
	return false;
}
