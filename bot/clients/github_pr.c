/* github_pr.c - pull requests and their comments. */
#include <string.h>

#include "clients/github_wire.h"

#define COMMENT_PAGES 3
#define PER_PAGE      100

static void pr_parse(struct arena *a, const json *j, struct github_pr *p)
{
	const json *mergeable = json_get(j, ".mergeable");

	*p = (struct github_pr){
	        .number = (int)json_int(j, ".number", 0),
	        .url = json_str(j, ".html_url", ""),
	        .title = json_str(j, ".title", ""),
	        .body = json_str(j, ".body", ""),
	        .state = json_str(j, ".state", ""),
	        .draft = json_bool(j, ".draft", false),
	        /* A list has only the time. */
	        .merged = json_bool(j, ".merged", false) || json_has(j, ".merged_at"),
	        .head_ref = json_str(j, ".head.ref", ""),
	        .head_sha = json_str(j, ".head.sha", ""),
	        .head_repo = json_str(j, ".head.repo.full_name", ""),
	        .base_ref = json_str(j, ".base.ref", ""),
	        .base_repo = json_str(j, ".base.repo.full_name", ""),
	        .author = json_str(j, ".user.login", ""),
	        .created_ms = gh_time(j, ".created_at"),
	        .merged_ms = gh_time(j, ".merged_at"),
	        .closed_ms = gh_time(j, ".closed_at"),
	        .additions = (int)json_int(j, ".additions", 0),
	        .deletions = (int)json_int(j, ".deletions", 0),
	        .files = (int)json_int(j, ".changed_files", 0),
	        .commits = (int)json_int(j, ".commits", 0),
	};
	/* Before the merge this is a test merge, not what will be deployed. */
	p->merge_sha = p->merged ? json_str(j, ".merge_commit_sha", "") : "";
	if (mergeable && !json_is_null(mergeable))
		p->mergeable = json_bool(j, ".mergeable", false) ? GITHUB_MERGE_CLEAN
		                                                 : GITHUB_MERGE_CONFLICT;
	(void)a;
}

/* Of this repository, not of a fork with a branch of the same name. */
static bool is_of(const json *j, const char *branch, const char *base)
{
	int64_t head = json_int(j, ".head.repo.id", -1);

	return str_eq(json_str(j, ".head.ref", ""), branch) &&
	       (!base || str_eq(json_str(j, ".base.ref", ""), base)) && head >= 0 &&
	       head == json_int(j, ".base.repo.id", -2);
}

static const char *owner_of(struct arena *a, const char *repo)
{
	return arena_strndup(a, repo, strcspn(repo, "/"));
}

bool github_find_pr(struct github *g, struct arena *a, const char *repo, const char *branch,
        const char *base, struct github_pr *out, struct err *e)
{
	struct str path = str_new(a);
	struct gh_call c = {.what = arena_printf(a, "pull request of %.120s", branch)};
	const json *j = NULL;
	bool found = false;

	if (!gh_repo(repo, e))
		return false;
	str_addf(&path, "/pulls?state=all&per_page=%d&head=", PER_PAGE);
	str_url(&path, arena_printf(a, "%s:%s", owner_of(a, repo), branch));
	if (base) {
		str_add(&path, "&base=");
		str_url(&path, base);
	}
	c.path = gh_path(a, repo, "%s", path.s);
	if (!gh_do(g, a, &c, &j, e))
		return false;
	json_each (it, j) {
		bool open = str_eq(json_str(it, ".state", ""), "open");

		/* Newest first: the first open one, else the first. */
		if (!is_of(it, branch, base) || (found && !open))
			continue;
		pr_parse(a, it, out);
		found = true;
		if (open)
			break;
	}
	if (!found)
		return err_set(
		        e, ERR_NOT_FOUND, false, "%s has no pull request of %s", repo, branch);
	return true;
}

bool github_pr_get(struct github *g, struct arena *a, const char *repo, int number,
        struct github_pr *out, struct err *e)
{
	struct gh_call c = {.what = arena_printf(a, "pull request #%d", number)};
	const json *j = NULL;

	if (!gh_repo(repo, e))
		return false;
	c.path = gh_path(a, repo, "/pulls/%d", number);
	if (!gh_do(g, a, &c, &j, e))
		return false;
	pr_parse(a, j, out);
	return true;
}

static bool post_pr(struct github *g, struct arena *a, const struct github_new_pr *n, bool draft,
        struct github_pr *out, struct gh_call *c, struct err *e)
{
	json *body = json_obj(a);
	const json *j = NULL;

	json_set_str(body, "title", n->title);
	json_set_str(body, "head", n->head);
	json_set_str(body, "base", n->base);
	json_set_str(body, "body", n->body);
	json_set_bool(body, "draft", draft);
	c->body = body;
	c->path = gh_path(a, n->repo, "/pulls");
	c->what = "new pull request";
	if (!gh_do(g, a, c, &j, e))
		return false;
	pr_parse(a, j, out);
	if (out->number <= 0)
		return err_set(e, ERR_PROTO, false, "GitHub: new pull request: no number");
	return true;
}

bool github_create_pr(struct github *g, struct arena *a, const struct github_new_pr *n,
        struct github_pr *out, bool *created, struct err *e)
{
	struct gh_call c = {0};
	struct err why = {0};

	*created = true;
	if (!gh_repo(n->repo, e))
		return false;
	if (post_pr(g, a, n, n->draft, out, &c, &why))
		return true;
	if (c.status == 422 && n->draft && strstr(why.msg, "Draft pull requests are not supp")) {
		why = (struct err){0};
		if (post_pr(g, a, n, false, out, &c, &why))
			return true;
	}
	if (c.status == 422 && strstr(why.msg, "already exists")) {
		*created = false;
		return github_find_pr(g, a, n->repo, n->head, NULL, out, e);
	}
	if (c.status == 422 && strstr(why.msg, "No commits between"))
		why.code = ERR_CONFLICT;
	if (e)
		*e = why;
	return false;
}

bool github_close_pr(struct github *g, struct arena *a, const char *repo, int number, struct err *e)
{
	json *body = json_obj(a);
	struct gh_call c = {
	        .method = "PATCH",
	        .what = arena_printf(a, "closing of #%d", number),
	        .body = body,
	};

	if (!gh_repo(repo, e))
		return false;
	json_set_str(body, "state", "closed");
	c.path = gh_path(a, repo, "/pulls/%d", number);
	return gh_do(g, a, &c, NULL, e);
}

/* --- comments --- */

static bool has_comment(struct github *g, struct arena *a, const char *issue, const char *mark,
        bool *found, struct err *e)
{
	for (int page = 1; page <= COMMENT_PAGES; page++) {
		struct gh_call c = {
		        .path = arena_printf(a, "%s?per_page=%d&page=%d", issue, PER_PAGE, page),
		        .what = "comments",
		};
		const json *j = NULL;

		if (!gh_do(g, a, &c, &j, e))
			return false;
		json_each (it, j) {
			if (strstr(json_str(it, ".body", ""), mark)) {
				*found = true;
				return true;
			}
		}
		if (json_len(j) < PER_PAGE)
			break;
	}
	return true;
}

bool github_comment(struct github *g, struct arena *a, const char *repo, int number,
        const char *body, const char *key, struct err *e)
{
	const char *mark = arena_printf(a, "<!-- heal:%s -->", str_hash_hex(a, key));
	json *j = json_obj(a);
	struct gh_call c = {.what = "comment", .body = j};
	bool found = false;

	if (!gh_repo(repo, e))
		return false;
	c.path = gh_path(a, repo, "/issues/%d/comments", number);
	if (!has_comment(g, a, c.path, mark, &found, e))
		return false;
	if (found)
		return true;
	json_set_str(j, "body", arena_printf(a, "%s\n\n%s", body, mark));
	return gh_do(g, a, &c, NULL, e);
}
