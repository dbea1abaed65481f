/* github_read.c - repositories, refs, comparison, files and trees: asked of git. */
#include <stdlib.h>
#include <string.h>

#include "github_i.h"

static void send_repo(struct gh_call *c)
{
	json *o = json_obj(c->rq->a);

	json_set_int(
	        o, "id", (int64_t)(str_hash(c->repo->name, strlen(c->repo->name)) % 100000000));
	json_set_str(o, "full_name", c->repo->name);
	json_set_str(o, "name", strchr(c->repo->name, '/') + 1);
	json_set_bool(o, "private", c->repo->is_private);
	json_set_bool(o, "archived", false);
	json_set_str(o, "default_branch", "main");
	json_set_str(o, "html_url",
	        arena_printf(c->rq->a, "%s/github/%s", sb_url(c->p->sb), c->repo->name));
	json_set_bool(json_set_obj(o, "permissions"), "push", true);
	sb_send_json(c->rs, 200, o);
}

/* The rest of the path behind `prefix`, decoded; NULL when it does not begin so. */
static const char *behind(const struct gh_call *c, const char *prefix)
{
	size_t n = strlen(prefix);

	if (strncmp(c->rest, prefix, n) != 0 || !c->rest[n])
		return NULL;
	return sb_unescape(c->rq->a, c->rest + n, strlen(c->rest + n), false);
}

static void get_ref(struct gh_call *c, const char *branch)
{
	const char *sha = git_branch_sha(c->git, c->rq->a, c->repo->name, branch);
	json *o = json_obj(c->rq->a), *object;

	if (!sha) {
		gh_not_found(c->rs);
		return;
	}
	json_set_str(o, "ref", arena_printf(c->rq->a, "refs/heads/%s", branch));
	object = json_set_obj(o, "object");
	json_set_str(object, "type", "commit");
	json_set_str(object, "sha", sha);
	sb_send_json(c->rs, 200, o);
}

static void delete_ref(struct gh_call *c, const char *branch)
{
	json *what = json_obj(c->rq->a);

	if (!git_branch_sha(c->git, c->rq->a, c->repo->name, branch)) {
		gh_error(c->rs, 422, "Reference does not exist");
		return;
	}
	GIT(c->git, c->rq->a, c->repo->name, "update-ref", "-d",
	        arena_printf(c->rq->a, "refs/heads/%s", branch));
	json_set_str(what, "what", "branch deleted");
	json_set_str(what, "repo", c->repo->name);
	json_set_str(what, "branch", branch);
	sb_record(c->p->sb, "github", "effect", what);
	sb_send(c->rs, 204, "text/plain", "", 0);
}

/* --- changed files --- */

static const char *status_word(char c)
{
	switch (c) {
	case 'A':
		return "added";
	case 'D':
		return "removed";
	case 'R':
		return "renamed";
	default:
		return "modified";
	}
}

/* One line of --name-status: "M\tpath" or "R100\told\tnew". */
static void file_json(struct git_repos *g, struct arena *a, const char *repo, const char *range,
        char *line, json *arr)
{
	char *path = strchr(line, '\t'), *renamed;
	const char *numbers, *patch, *hunk;
	json *o;

	if (!path)
		return;
	*path++ = '\0';
	renamed = strchr(path, '\t');
	o = json_add_obj(arr);
	json_set_str(o, "status", status_word(line[0]));
	if (renamed) {
		*renamed++ = '\0';
		json_set_str(o, "previous_filename", path);
		path = renamed;
	}
	json_set_str(o, "filename", path);
	numbers = str_or(GIT(g, a, repo, "diff", "--numstat", range, "--", path), "");
	json_set_int(o, "additions", gh_int(numbers));
	numbers = strchr(numbers, '\t');
	json_set_int(o, "deletions", numbers ? gh_int(numbers + 1) : 0);
	patch = GIT(g, a, repo, "diff", range, "--", path);
	hunk = patch ? strstr(patch, "\n@@") : NULL;
	if (hunk)
		json_set_str(o, "patch", hunk + 1);
}

void gh_files_json(struct git_repos *g, struct arena *a, const char *repo, const char *base,
        const char *head, json *arr)
{
	const char *range = arena_printf(a, "%s...%s", base, head);
	char *names = GIT(g, a, repo, "diff", "--name-status", "-M", range), *save = NULL;

	for (char *line = names ? strtok_r(names, "\n", &save) : NULL; line;
	        line = strtok_r(NULL, "\n", &save))
		file_json(g, a, repo, range, line, arr);
}

static const char *commit_of(struct gh_call *c, const char *ref)
{
	const char *sha = git_branch_sha(c->git, c->rq->a, c->repo->name, ref);

	return sha ? sha
	           : GIT(c->git, c->rq->a, c->repo->name, "rev-parse", "--verify", "-q",
	                     arena_printf(c->rq->a, "%s^{commit}", ref));
}

static int64_t count(struct gh_call *c, const char *from, const char *to)
{
	const char *n = GIT(c->git, c->rq->a, c->repo->name, "rev-list", "--count",
	        arena_printf(c->rq->a, "%s..%s", from, to));

	return n ? gh_int(n) : 0;
}

static void compare(struct gh_call *c, const char *basehead)
{
	struct arena *a = c->rq->a;
	const char *dots = strstr(basehead, "..."), *base, *head, *mb;
	json *o = json_obj(a), *commits;

	base = dots ? commit_of(c, arena_strndup(a, basehead, (size_t)(dots - basehead))) : NULL;
	head = dots ? commit_of(c, dots + 3) : NULL;
	if (!base || !head) {
		gh_not_found(c->rs);
		return;
	}
	mb = str_or(GIT(c->git, a, c->repo->name, "merge-base", base, head), "");
	json_set_str(json_set_obj(o, "base_commit"), "sha", base);
	json_set_str(json_set_obj(o, "merge_base_commit"), "sha", mb);
	json_set_int(o, "ahead_by", count(c, base, head));
	json_set_int(o, "behind_by", count(c, head, base));
	commits = json_set_arr(o, "commits");
	if (count(c, base, head) > 0)
		json_set_str(json_add_obj(commits), "sha", head);
	gh_files_json(c->git, a, c->repo->name, base, head, json_set_arr(o, "files"));
	sb_send_json(c->rs, 200, o);
}

/* --- files --- */

static void contents(struct gh_call *c, const char *path)
{
	const char *ref = str_or(sb_query(c->rq, "ref"), "main"), *sha = commit_of(c, ref);
	const char *accept = str_or(sb_header(c->rq, "accept"), "");
	const char *type, *text;
	size_t n = 0;

	type = sha ? GIT(c->git, c->rq->a, c->repo->name, "cat-file", "-t",
	                     arena_printf(c->rq->a, "%s:%s", sha, path))
	           : NULL;
	if (!type) {
		gh_not_found(c->rs);
		return;
	}
	if (str_eq(type, "tree")) {
		sb_send_json(c->rs, 200, json_arr(c->rq->a));
		return;
	}
	if (!strstr(accept, "raw")) {
		gh_error(c->rs, 501,
		        "the sandbox gives contents only as application/vnd.github.raw+json");
		return;
	}
	text = git_run_raw(c->git, c->rq->a, c->repo->name,
	        (const char *const[]){
	                "cat-file", "blob", arena_printf(c->rq->a, "%s:%s", sha, path), NULL},
	        &n);
	sb_send(c->rs, 200, "application/vnd.github.raw+json; charset=utf-8", text, n);
}

static void tree(struct gh_call *c, const char *ref)
{
	const char *sha = commit_of(c, ref);
	char *names = NULL, *save = NULL;
	json *o = json_obj(c->rq->a), *arr;

	if (sha)
		names = GIT(c->git, c->rq->a, c->repo->name, "ls-tree", "-r", "--name-only", sha);
	if (!names) {
		gh_not_found(c->rs);
		return;
	}
	json_set_str(o, "sha", sha);
	json_set_bool(o, "truncated", false);
	arr = json_set_arr(o, "tree");
	for (char *line = strtok_r(names, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		json *f = json_add_obj(arr);

		json_set_str(f, "path", line);
		json_set_str(f, "type", "blob");
	}
	sb_send_json(c->rs, 200, o);
}

/* --- routes --- */

bool gh_read_route(struct gh_call *c)
{
	static const struct {
		const char *method, *prefix;
		void (*fn)(struct gh_call *c, const char *rest);
	} routes[] = {
	        {"GET", "/git/ref/heads/", get_ref},
	        {"DELETE", "/git/refs/heads/", delete_ref},
	        {"GET", "/compare/", compare},
	        {"GET", "/contents/", contents},
	        {"GET", "/git/trees/", tree},
	};

	if (!*c->rest && str_eq(c->rq->method, "GET")) {
		send_repo(c);
		return true;
	}
	for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
		const char *rest = behind(c, routes[i].prefix);

		if (!rest || !str_eq(c->rq->method, routes[i].method))
			continue;
		routes[i].fn(c, rest);
		return true;
	}
	return false;
}
