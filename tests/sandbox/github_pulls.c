/* github_pulls.c - pull requests and comments. */
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "github_i.h"

struct gh_pull *gh_pull_find(struct gh_peer *p, const char *repo, int number)
{
	for (struct gh_pull *u = p->pulls; u; u = u->next) {
		if (u->number == number && str_eq(u->repo, repo))
			return u;
	}
	return NULL;
}

const char *gh_pull_sha(struct gh_peer *p, struct arena *a, const struct gh_pull *u)
{
	const char *sha = u->head_sha;

	if (!sha)
		sha = git_branch_sha(git_repos_of(p->sb), a, u->repo, u->head);
	return str_or(sha, "");
}

/* A number for a repository that stays the same. */
static int64_t repo_id(const char *name)
{
	return (int64_t)(str_hash(name, strlen(name)) % 100000000);
}

static void end_json(struct arena *a, json *o, const char *repo, const char *ref, const char *sha)
{
	json *r;

	json_set_str(o, "ref", ref);
	json_set_str(o, "sha", sha);
	json_set_str(o, "label", arena_printf(a, "%.*s:%s", (int)strcspn(repo, "/"), repo, ref));
	r = json_set_obj(o, "repo");
	json_set_int(r, "id", repo_id(repo));
	json_set_str(r, "full_name", repo);
}

static void numbers_json(struct git_repos *g, struct arena *a, const struct gh_pull *u,
        const char *base, const char *head, json *o)
{
	json *files = json_arr(a);
	int64_t add = 0, del = 0;
	const char *n, *tree;

	gh_files_json(g, a, u->repo, base, head, files);
	json_each (f, files) {
		add += json_int(f, ".additions", 0);
		del += json_int(f, ".deletions", 0);
	}
	n = GIT(g, a, u->repo, "rev-list", "--count", arena_printf(a, "%s..%s", base, head));
	json_set_int(o, "changed_files", (int64_t)json_len(files));
	json_set_int(o, "additions", add);
	json_set_int(o, "deletions", del);
	json_set_int(o, "commits", n ? gh_int(n) : 0);
	tree = u->closed ? NULL : GIT(g, a, u->repo, "merge-tree", "--write-tree", base, head);
	if (u->closed)
		json_set_null(o, "mergeable");
	else
		json_set_bool(o, "mergeable", tree != NULL);
	json_set_str(o, "mergeable_state", tree ? "clean" : "unknown");
}

void gh_pull_json(struct gh_peer *p, struct arena *a, const struct gh_pull *u, bool full, json *o)
{
	struct git_repos *g = git_repos_of(p->sb);
	const char *head = gh_pull_sha(p, a, u);
	const char *base = str_or(git_branch_sha(g, a, u->repo, u->base), "");

	json_set_int(o, "number", u->number);
	json_set_str(o, "html_url",
	        arena_printf(a, "%s/github/%s/pull/%d", sb_url(p->sb), u->repo, u->number));
	json_set_str(o, "title", u->title);
	json_set_str(o, "body", u->body);
	json_set_str(o, "state", u->closed ? "closed" : "open");
	json_set_bool(o, "draft", u->draft);
	json_set_str(json_set_obj(o, "user"), "login", "heal-bot");
	end_json(a, json_set_obj(o, "head"), u->repo, u->head, head);
	end_json(a, json_set_obj(o, "base"), u->repo, u->base, base);
	gh_set_time(a, o, "created_at", u->created_ms);
	gh_set_time(a, o, "closed_at", u->closed_ms);
	gh_set_time(a, o, "merged_at", u->merged_ms);
	/* Before the merge: the commit of a test merge, which nobody may rely on. */
	json_set_str(o, "merge_commit_sha", str_or(u->merge_sha, head));
	if (!full)
		return;
	json_set_bool(o, "merged", u->merged);
	if (u->merged)
		base = arena_printf(a, "%s^1", u->merge_sha);
	numbers_json(g, a, u, base, head, o);
}

/* --- list and get --- */

static bool wanted(const struct gh_call *c, const struct gh_pull *u, const char *state)
{
	const char *head = sb_query(c->rq, "head"), *base = sb_query(c->rq, "base");

	if (!str_eq(u->repo, c->repo->name))
		return false;
	if (!str_eq(state, "all") && u->closed != str_eq(state, "closed"))
		return false;
	if (base && *base && !str_eq(base, u->base))
		return false;
	/* A head that is not "owner:branch" is no filter at all. */
	if (!head || !strchr(head, ':'))
		return true;
	return str_eq(head,
	        arena_printf(c->rq->a, "%.*s:%s", (int)strcspn(u->repo, "/"), u->repo, u->head));
}

static void list_pulls(struct gh_call *c)
{
	const char *state = str_or(sb_query(c->rq, "state"), "open");
	json *arr = json_arr(c->rq->a);

	if (!str_eq(state, "open") && !str_eq(state, "closed") && !str_eq(state, "all")) {
		gh_invalid(c->rs, "state", "invalid", NULL);
		return;
	}
	for (const struct gh_pull *u = c->p->pulls; u; u = u->next) {
		if (wanted(c, u, state))
			gh_pull_json(c->p, c->rq->a, u, false, json_add_obj(arr));
	}
	sb_send_json(c->rs, 200, arr);
}

static void send_pull(struct gh_call *c, const struct gh_pull *u, int status)
{
	json *o = json_obj(c->rq->a);

	gh_pull_json(c->p, c->rq->a, u, true, o);
	sb_send_json(c->rs, status, o);
}

/* --- create --- */

static const struct gh_pull *open_one(struct gh_peer *p, const char *repo, const char *head)
{
	for (const struct gh_pull *u = p->pulls; u; u = u->next) {
		if (!u->closed && str_eq(u->repo, repo) && str_eq(u->head, head))
			return u;
	}
	return NULL;
}

static void record(struct gh_call *c, const struct gh_pull *u, const char *what)
{
	json *j = json_obj(c->rq->a);

	json_set_str(j, "what", what);
	json_set_str(j, "repo", u->repo);
	json_set_int(j, "number", u->number);
	json_set_str(j, "head", u->head);
	json_set_str(j, "base", u->base);
	json_set_str(j, "title", u->title);
	json_set_str(j, "sha", gh_pull_sha(c->p, c->rq->a, u));
	sb_record(c->p->sb, "github", "effect", j);
}

/* True when the answer was sent already: the request is refused. */
static bool refused(struct gh_call *c, const json *j, const char *head, const char *base)
{
	static const char *const strings[] = {"title", "head", "base"};
	const char *repo = c->repo->name, *n;
	struct arena *a = c->rq->a;

	for (size_t i = 0; i < 3; i++) {
		if (!*json_str(j, arena_printf(a, ".%s", strings[i]), "")) {
			gh_invalid(c->rs, strings[i], "missing_field", NULL);
			return true;
		}
	}
	if (json_has(j, ".draft") && !str_eq(json_print(a, json_get(j, ".draft")), "true") &&
	        !str_eq(json_print(a, json_get(j, ".draft")), "false")) {
		gh_error(c->rs, 422, "Invalid request. draft is not a boolean");
		return true;
	}
	if (!git_branch_sha(c->git, a, repo, base)) {
		gh_invalid(c->rs, "base", "invalid", NULL);
		return true;
	}
	if (!git_branch_sha(c->git, a, repo, head)) {
		gh_invalid(c->rs, "head", "invalid", NULL);
		return true;
	}
	if (open_one(c->p, repo, head)) {
		gh_invalid(c->rs, NULL, "custom",
		        arena_printf(a, "A pull request already exists for %.*s:%s.",
		                (int)strcspn(repo, "/"), repo, head));
		return true;
	}
	n = GIT(c->git, a, repo, "rev-list", "--count", arena_printf(a, "%s..%s", base, head));
	if (!n || str_eq(n, "0")) {
		gh_invalid(c->rs, NULL, "custom",
		        arena_printf(a, "No commits between %s and %s", base, head));
		return true;
	}
	return false;
}

static int next_number(const struct gh_peer *p, const char *repo)
{
	int n = 0;

	for (const struct gh_pull *u = p->pulls; u; u = u->next) {
		if (str_eq(u->repo, repo) && u->number > n)
			n = u->number;
	}
	return n + 1;
}

static void create_pull(struct gh_call *c)
{
	struct err e = {0};
	const json *j = sb_json(c->rq, &e);
	const char *head = json_str(j, ".head", ""), *base = json_str(j, ".base", "");
	struct arena *own = c->p->a;
	struct gh_pull *u;

	if (!json_is_obj(j)) {
		gh_error(c->rs, 400, "Problems parsing JSON");
		return;
	}
	if (strchr(head, ':'))
		head = strchr(head, ':') + 1;
	if (refused(c, j, head, base))
		return;
	u = ARENA_NEW(own, struct gh_pull);
	u->number = next_number(c->p, c->repo->name);
	u->repo = c->repo->name;
	u->title = arena_strdup(own, json_str(j, ".title", ""));
	u->body = arena_strdup(own, json_str(j, ".body", NULL));
	u->head = arena_strdup(own, head);
	u->base = arena_strdup(own, base);
	u->draft = json_bool(j, ".draft", false);
	u->created_ms = sb_now_ms(c->p->sb);
	u->next = c->p->pulls;
	c->p->pulls = u;
	record(c, u, "pull request opened");
	send_pull(c, u, 201);
}

static void patch_pull(struct gh_call *c, struct gh_pull *u)
{
	struct err e = {0};
	const json *j = sb_json(c->rq, &e);
	const char *state = json_str(j, ".state", NULL), *title = json_str(j, ".title", NULL);
	const char *body = json_str(j, ".body", NULL);

	if (state && !str_eq(state, "open") && !str_eq(state, "closed")) {
		gh_invalid(c->rs, "state", "invalid", NULL);
		return;
	}
	if (title)
		u->title = arena_strdup(c->p->a, title);
	if (body)
		u->body = arena_strdup(c->p->a, body);
	if (str_eq(state, "closed") && !u->closed) {
		u->head_sha = arena_strdup(c->p->a, gh_pull_sha(c->p, c->rq->a, u));
		u->closed = true;
		u->closed_ms = sb_now_ms(c->p->sb);
		record(c, u, "pull request closed");
	} else if (str_eq(state, "open") && !u->merged) {
		u->closed = false;
		u->closed_ms = 0;
		u->head_sha = NULL;
	}
	send_pull(c, u, 200);
}

static void pull_files(struct gh_call *c, const struct gh_pull *u)
{
	json *arr = json_arr(c->rq->a);
	const char *base = u->merged ? arena_printf(c->rq->a, "%s^1", u->merge_sha) : u->base;

	gh_files_json(c->git, c->rq->a, u->repo, base, gh_pull_sha(c->p, c->rq->a, u), arr);
	sb_send_json(c->rs, 200, arr);
}

static void pull_reviews(struct gh_call *c, const struct gh_pull *u)
{
	json *arr = json_arr(c->rq->a);

	for (const struct gh_review *v = c->p->reviews; v; v = v->next) {
		json *o;

		if (v->number != u->number || !str_eq(v->repo, u->repo))
			continue;
		o = json_add_obj(arr);
		json_set_str(json_set_obj(o, "user"), "login", v->user);
		json_set_str(o, "state", v->state);
	}
	sb_send_json(c->rs, 200, arr);
}

/* --- comments --- */

static void comment_json(const struct gh_comment *k, json *o)
{
	json_set_int(o, "id", k->id);
	json_set_str(o, "body", k->body);
	json_set_str(json_set_obj(o, "user"), "login", "heal-bot");
}

static void list_comments(struct gh_call *c, int number)
{
	json *arr = json_arr(c->rq->a);
	const char *page = sb_query(c->rq, "page");

	for (const struct gh_comment *k = c->p->comments; k && (!page || gh_int(page) <= 1);
	        k = k->next) {
		if (k->number == number && str_eq(k->repo, c->repo->name))
			comment_json(k, json_add_obj(arr));
	}
	sb_send_json(c->rs, 200, arr);
}

static void add_comment(struct gh_call *c, int number)
{
	struct err e = {0};
	const json *j = sb_json(c->rq, &e);
	const char *body = json_str(j, ".body", "");
	struct gh_comment *k;
	json *o = json_obj(c->rq->a), *what = json_obj(c->rq->a);

	if (!*body) {
		gh_invalid(c->rs, "body", "missing_field", NULL);
		return;
	}
	k = ARENA_NEW(c->p->a, struct gh_comment);
	k->id = sb_next(c->p->sb);
	k->repo = c->repo->name;
	k->number = number;
	k->body = arena_strdup(c->p->a, body);
	*c->p->last_comment = k;
	c->p->last_comment = &k->next;
	json_set_str(what, "what", "comment");
	json_set_str(what, "repo", k->repo);
	json_set_int(what, "number", number);
	json_set_str(what, "body", body);
	sb_record(c->p->sb, "github", "effect", what);
	comment_json(k, o);
	sb_send_json(c->rs, 201, o);
}

/* --- routes --- */

static bool one_pull(struct gh_call *c, const char *sub)
{
	const char *method = c->rq->method;
	struct gh_pull *u = gh_pull_find(c->p, c->repo->name, gh_int(sb_part(c->rq, 4)));

	if (!u) {
		gh_not_found(c->rs);
		return true;
	}
	if (!sub && str_eq(method, "GET"))
		send_pull(c, u, 200);
	else if (!sub && str_eq(method, "PATCH"))
		patch_pull(c, u);
	else if (str_eq(sub, "files") && str_eq(method, "GET"))
		pull_files(c, u);
	else if (str_eq(sub, "reviews") && str_eq(method, "GET"))
		pull_reviews(c, u);
	else
		return false;
	return true;
}

static bool issue(struct gh_call *c)
{
	const char *n = sb_part(c->rq, 4), *sub = sb_part(c->rq, 5);
	int number = n ? gh_int(n) : 0;

	if (!str_eq(sub, "comments"))
		return false;
	if (!gh_pull_find(c->p, c->repo->name, number))
		gh_not_found(c->rs);
	else if (str_eq(c->rq->method, "GET"))
		list_comments(c, number);
	else if (str_eq(c->rq->method, "POST"))
		add_comment(c, number);
	else
		return false;
	return true;
}

bool gh_pulls_route(struct gh_call *c)
{
	const char *what = sb_part(c->rq, 3), *method = c->rq->method;

	if (str_eq(what, "issues"))
		return issue(c);
	if (!str_eq(what, "pulls"))
		return false;
	if (sb_part(c->rq, 4))
		return one_pull(c, sb_part(c->rq, 5));
	if (str_eq(method, "GET"))
		list_pulls(c);
	else if (str_eq(method, "POST"))
		create_pull(c);
	else
		return false;
	return true;
}
