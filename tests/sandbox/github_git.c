/* github_git.c - the Git data API: blobs, trees, commits and refs, made by git in the bare
 * repository. */
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "github_i.h"

#define BLOB_MAX (40u << 20)

static void send_sha(struct gh_call *c, const char *sha)
{
	json *o = json_obj(c->rq->a);

	json_set_str(o, "sha", sha);
	json_set_str(o, "url", arena_printf(c->rq->a, "%s%s", sb_url(c->p->sb), c->rq->path));
	sb_send_json(c->rs, 201, o);
}

/* "blob", "tree", "commit"; NULL when there is no such object. */
static const char *type_of(struct gh_call *c, const char *sha)
{
	if (strlen(sha) != 40 || strspn(sha, "0123456789abcdef") != 40)
		return NULL;
	return GIT(c->git, c->rq->a, c->repo->name, "cat-file", "-t", sha);
}

/* --- blobs --- */

static bool decode(struct arena *a, const char *s, char **out, size_t *n)
{
	size_t len = strlen(s), pad = 0;
	int got;

	if (len % 4 || len > BLOB_MAX)
		return false;
	while (pad < 2 && len > pad && s[len - 1 - pad] == '=')
		pad++;
	*out = arena_alloc(a, len / 4 * 3 + 1);
	got = EVP_DecodeBlock((unsigned char *)*out, (const unsigned char *)s, (int)len);
	if (got < 0)
		return false;
	*n = (size_t)got - pad;
	return true;
}

static void post_blob(struct gh_call *c, const json *j)
{
	const char *content = json_str(j, ".content", NULL), *sha;
	const char *encoding = json_str(j, ".encoding", "utf-8");
	char *data = NULL;
	size_t n = 0;

	if (!content) {
		gh_invalid(c->rs, "content", "missing_field", NULL);
		return;
	}
	if (str_eq(encoding, "base64")) {
		if (!decode(c->rq->a, content, &data, &n)) {
			gh_error(c->rs, 422, "content is not valid Base64");
			return;
		}
	} else {
		data = arena_strdup(c->rq->a, content);
		n = strlen(content);
	}
	sha = git_run_input(c->git, c->rq->a, c->repo->name, NULL,
	        (const char *const[]){"hash-object", "-w", "--stdin", NULL}, data, n);
	if (sha)
		send_sha(c, sha);
	else
		gh_error(c->rs, 500, "git refused the blob");
}

/* --- trees --- */

/* A line of git update-index --index-info; an error sentence or NULL. */
static const char *index_line(struct gh_call *c, const json *e, struct str *b)
{
	static const char *const modes[] = {"100644", "100755", "120000", "160000", "040000"};
	const char *path = json_str(e, ".path", ""), *mode = json_str(e, ".mode", "");
	const char *sha = json_str(e, ".sha", NULL);
	bool ok = false;

	for (size_t i = 0; i < sizeof(modes) / sizeof(*modes); i++)
		ok = ok || str_eq(mode, modes[i]);
	if (!ok)
		return "tree.mode must be one of 100644, 100755, 040000, 160000, 120000";
	if (!*path || *path == '/' || strstr(path, "..") || str_starts(path, ".git/"))
		return "tree.path contains a malformed path component";
	if (!sha && json_is_null(json_get(e, ".sha"))) {
		str_addf(b, "0 %040d 0\t%s\n", 0, path);
		return NULL;
	}
	if (!sha || (!str_eq(mode, "160000") && !str_eq(type_of(c, sha), "blob")))
		return arena_printf(c->rq->a, "tree.sha %s is not a valid blob", str_or(sha, ""));
	str_addf(b, "%s %s 0\t%s\n", mode, sha, path);
	return NULL;
}

static void post_tree(struct gh_call *c, const json *j)
{
	struct arena *a = c->rq->a;
	const char *base = json_str(j, ".base_tree", NULL), *why = NULL, *sha = NULL, *env;
	struct str lines = str_new(a);

	if (!json_is_arr(json_get(j, ".tree"))) {
		gh_invalid(c->rs, "tree", "missing_field", NULL);
		return;
	}
	if (base && !str_eq(type_of(c, base), "tree")) {
		gh_error(c->rs, 422, "base_tree is not a valid tree oid");
		return;
	}
	json_each (e, json_get(j, ".tree"))
		why = why ? why : index_line(c, e, &lines);
	if (why) {
		gh_error(c->rs, 422, why);
		return;
	}
	env = arena_printf(a, "GIT_INDEX_FILE=api-index-%lld", (long long)sb_next(c->p->sb));
	if (git_run_input(c->git, a, c->repo->name, env,
	            (const char *const[]){"read-tree", base ? base : "--empty", NULL}, NULL, 0) &&
	        git_run_input(c->git, a, c->repo->name, env,
	                (const char *const[]){"update-index", "--index-info", NULL}, lines.s,
	                lines.len))
		sha = git_run_input(c->git, a, c->repo->name, env,
		        (const char *const[]){"write-tree", NULL}, NULL, 0);
	if (sha)
		send_sha(c, sha);
	else
		gh_error(c->rs, 422, "the tree could not be made of these entries");
}

/* --- commits --- */

static const char *person(struct arena *a, const json *who, int64_t now)
{
	int64_t ms = now;

	(void)(json_has(who, ".date") && clock_parse_rfc3339(json_str(who, ".date", ""), &ms));
	return arena_printf(a, "%s <%s> %lld +0000", json_str(who, ".name", "heal-bot"),
	        json_str(who, ".email", "heal-bot@users.noreply.github.example"),
	        (long long)(ms / 1000));
}

static void post_commit(struct gh_call *c, const json *j)
{
	struct arena *a = c->rq->a;
	const char *tree = json_str(j, ".tree", ""), *message = json_str(j, ".message", ""), *sha;
	struct str b = str_new(a);
	int64_t now = sb_now_ms(c->p->sb);

	if (!*message) {
		gh_invalid(c->rs, "message", "missing_field", NULL);
		return;
	}
	if (!str_eq(type_of(c, tree), "tree")) {
		gh_error(c->rs, 422, "Tree SHA does not exist");
		return;
	}
	str_addf(&b, "tree %s\n", tree);
	json_each (p, json_get(j, ".parents")) {
		if (!str_eq(type_of(c, json_str(p, "", "")), "commit")) {
			gh_error(c->rs, 422, "Parent SHA does not exist or is not a commit object");
			return;
		}
		str_addf(&b, "parent %s\n", json_str(p, "", ""));
	}
	str_addf(&b, "author %s\n", person(a, json_get(j, ".author"), now));
	str_addf(&b, "committer %s\n\n%s",
	        person(a,
	                json_has(j, ".committer") ? json_get(j, ".committer")
	                                          : json_get(j, ".author"),
	                now),
	        message);
	sha = git_run_input(c->git, a, c->repo->name, NULL,
	        (const char *const[]){"hash-object", "-t", "commit", "-w", "--stdin", NULL}, b.s,
	        b.len);
	if (sha)
		send_sha(c, sha);
	else
		gh_error(c->rs, 422, "git refused the commit");
}

static void get_commit(struct gh_call *c, const char *sha)
{
	json *o = json_obj(c->rq->a), *parents;
	char *list, *save = NULL;

	if (!str_eq(type_of(c, sha), "commit")) {
		gh_not_found(c->rs);
		return;
	}
	json_set_str(o, "sha", sha);
	json_set_str(json_set_obj(o, "tree"), "sha",
	        GIT(c->git, c->rq->a, c->repo->name, "rev-parse",
	                arena_printf(c->rq->a, "%s^{tree}", sha)));
	json_set_str(o, "message",
	        GIT(c->git, c->rq->a, c->repo->name, "log", "-1", "--format=%B", sha));
	parents = json_set_arr(o, "parents");
	list = GIT(c->git, c->rq->a, c->repo->name, "log", "-1", "--format=%P", sha);
	for (char *p = list ? strtok_r(list, " \n", &save) : NULL; p;
	        p = strtok_r(NULL, " \n", &save))
		json_set_str(json_add_obj(parents), "sha", p);
	sb_send_json(c->rs, 200, o);
}

/* --- refs --- */

static void send_ref(struct gh_call *c, int status, const char *ref, const char *sha)
{
	json *o = json_obj(c->rq->a), *object, *what = json_obj(c->rq->a);

	GIT(c->git, c->rq->a, c->repo->name, "update-ref", ref, sha);
	json_set_str(what, "what", "push");
	json_set_str(what, "by", "api");
	json_set_str(what, "repo", c->repo->name);
	json_set_str(what, "ref", ref);
	json_set_str(what, "sha", sha);
	sb_record(c->p->sb, "git", "effect", what);
	json_set_str(o, "ref", ref);
	object = json_set_obj(o, "object");
	json_set_str(object, "type", "commit");
	json_set_str(object, "sha", sha);
	sb_send_json(c->rs, status, o);
}

static void post_ref(struct gh_call *c, const json *j)
{
	const char *ref = json_str(j, ".ref", ""), *sha = json_str(j, ".sha", "");

	if (!str_starts(ref, "refs/") || !strchr(ref + 5, '/')) {
		gh_error(c->rs, 422,
		        "Reference name must start with 'refs/' and have at least two slashes.");
		return;
	}
	if (!str_eq(type_of(c, sha), "commit")) {
		gh_error(c->rs, 422, "Object does not exist");
		return;
	}
	if (str_starts(ref, "refs/heads/") &&
	        git_branch_sha(c->git, c->rq->a, c->repo->name, ref + 11))
		gh_error(c->rs, 422, "Reference already exists");
	else
		send_ref(c, 201, ref, sha);
}

static void patch_ref(struct gh_call *c, const char *branch, const json *j)
{
	const char *sha = json_str(j, ".sha", ""), *now;

	now = git_branch_sha(c->git, c->rq->a, c->repo->name, branch);
	if (!now)
		gh_error(c->rs, 422, "Reference does not exist");
	else if (!str_starts(branch, "heal/"))
		gh_error(c->rs, 422, "Changes must be made through a pull request.");
	else if (!str_eq(type_of(c, sha), "commit"))
		gh_error(c->rs, 422, "Object does not exist");
	else if (!GIT(c->git, c->rq->a, c->repo->name, "merge-base", "--is-ancestor", now, sha) &&
	         !json_bool(j, ".force", false))
		gh_error(c->rs, 422, "Update is not a fast forward");
	else
		send_ref(c, 200, arena_printf(c->rq->a, "refs/heads/%s", branch), sha);
}

/* --- routes --- */

static bool post(struct gh_call *c, const char *kind)
{
	static const struct {
		const char *kind;
		void (*fn)(struct gh_call *c, const json *j);
	} kinds[] = {{"blobs", post_blob}, {"trees", post_tree}, {"commits", post_commit},
	        {"refs", post_ref}};
	struct err e = {0};
	const json *j = sb_json(c->rq, &e);

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		if (!str_eq(kind, kinds[i].kind))
			continue;
		if (json_is_obj(j))
			kinds[i].fn(c, j);
		else
			gh_error(c->rs, 400, "Problems parsing JSON");
		return true;
	}
	return false;
}

bool gh_git_route(struct gh_call *c)
{
	const char *kind = sb_part(c->rq, 4), *id = sb_part(c->rq, 5);
	struct err e = {0};

	if (!str_eq(sb_part(c->rq, 3), "git") || !kind)
		return false;
	if (str_eq(c->rq->method, "POST") && !id)
		return post(c, kind);
	if (str_eq(c->rq->method, "GET") && str_eq(kind, "commits") && id) {
		get_commit(c, id);
		return true;
	}
	if (!str_eq(c->rq->method, "PATCH") || !str_starts(c->rest, "/git/refs/heads/"))
		return false;
	id = c->rest + strlen("/git/refs/heads/");
	patch_ref(c, sb_unescape(c->rq->a, id, strlen(id), false), sb_json(c->rq, &e));
	return true;
}
