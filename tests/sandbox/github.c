/*
 * github.c - GitHub's REST API as far as the bot uses it, over real bare repositories: who may, how
 * much, and which route. Pull requests live in memory; everything else is asked of git.
 */
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "github_i.h"

#define LIMIT 5000

struct gh_grant gh_grant_of(struct sb *sb, const char *token, const char *repo)
{
	struct gh_grant g = {0};

	if (!token)
		return g;
	if (str_eq(token, str_or(sb_setting(sb, "github.token"),
	                          "ghp_sandboxsandboxsandboxsandboxsandb0x")))
		return (struct gh_grant){true, false, GH_WRITE, GH_WRITE};
	if (str_eq(token, str_or(sb_setting(sb, "github.read_token"),
	                          "ghp_sandboxsandboxsandboxsandb0xread0nly")))
		return (struct gh_grant){true, false, GH_READ, GH_READ};
	(void)gh_app_grant(sb, token, repo, &g);
	return g;
}

static void github_reset(void *state)
{
	struct gh_peer *p = state;
	struct sb *sb = p->sb;
	struct gh_app *app = p->app;

	arena_free(p->a);
	*p = (struct gh_peer){.sb = sb, .a = arena_new(0), .app = app};
	gh_app_reset(app);
	p->last_comment = &p->comments;
	p->last_review = &p->reviews;
}

static void *github_init(struct sb *sb)
{
	struct gh_peer *p = calloc(1, sizeof(*p));

	if (!p)
		abort();
	p->sb = sb;
	github_reset(p);
	return p;
}

static void github_exit(void *state)
{
	struct gh_peer *p = state;

	gh_app_free(p->app);
	arena_free(p->a);
	free(p);
}

/* --- errors --- */

void gh_error(struct sb_response *rs, int status, const char *message)
{
	json *j = json_obj(sb_arena(rs));

	json_set_str(j, "message", message);
	json_set_str(j, "documentation_url", "https://docs.github.com/rest");
	sb_send_json(rs, status, j);
}

void gh_invalid(struct sb_response *rs, const char *field, const char *code, const char *message)
{
	json *j = json_obj(sb_arena(rs)), *one;

	json_set_str(j, "message", "Validation Failed");
	one = json_add_obj(json_set_arr(j, "errors"));
	json_set_str(one, "resource", "PullRequest");
	if (field)
		json_set_str(one, "field", field);
	json_set_str(one, "code", code);
	if (message)
		json_set_str(one, "message", message);
	json_set_str(j, "documentation_url", "https://docs.github.com/rest");
	sb_send_json(rs, 422, j);
}

void gh_not_found(struct sb_response *rs)
{
	gh_error(rs, 404, "Not Found");
}

int gh_int(const char *s)
{
	return (int)strtol(s, NULL, 10);
}

void gh_set_time(struct arena *a, json *o, const char *key, int64_t ms)
{
	if (ms > 0)
		json_set_str(o, key, clock_rfc3339(a, ms / 1000 * 1000));
	else
		json_set_null(o, key);
}

/* --- what holds for every request --- */

static bool accept_ok(const char *accept)
{
	return !accept || strstr(accept, "application/vnd.github") ||
	       strstr(accept, "application/json") || strstr(accept, "*/*");
}

static void limit_headers(struct gh_peer *p, struct sb_response *rs, int limit)
{
	struct arena *a = sb_arena(rs);
	int64_t reset = sb_now_ms(p->sb) / 1000 / 3600 * 3600 + 3600;
	int left = limit > p->used ? limit - p->used : 0;

	sb_set_header(rs, "X-RateLimit-Limit", arena_printf(a, "%d", limit));
	sb_set_header(rs, "X-RateLimit-Remaining", arena_printf(a, "%d", left));
	sb_set_header(rs, "X-RateLimit-Used", arena_printf(a, "%d", p->used));
	sb_set_header(rs, "X-RateLimit-Reset", arena_printf(a, "%lld", (long long)reset));
	sb_set_header(rs, "X-RateLimit-Resource", "core");
}

static bool formal(struct gh_peer *p, const struct sb_request *rq, struct sb_response *rs)
{
	const char *version = sb_header(rq, "x-github-api-version"), *agent;
	const char *set = sb_setting(p->sb, "github.limit");
	int limit = set ? gh_int(set) : LIMIT;

	agent = sb_header(rq, "user-agent");
	if (!agent || !*agent) {
		sb_sendf(rs, 403, "text/html",
		        "Request forbidden by administrative rules. Please make sure your request "
		        "has a User-Agent header\n");
		return false;
	}
	p->used++;
	limit_headers(p, rs, limit);
	if (p->used > limit) {
		gh_error(rs, 403, "API rate limit exceeded for user ID 1.");
		return false;
	}
	if (!accept_ok(sb_header(rq, "accept"))) {
		gh_error(rs, 415, "Must accept 'application/json'");
		return false;
	}
	if (version && !str_eq(version, "2022-11-28")) {
		gh_error(rs, 400, "Invalid API version");
		return false;
	}
	return true;
}

/* What the request's token may; false (answered) for a token that nobody has. None at all is a
 * grant that is not known. */
static bool grant_of(struct gh_call *c, struct gh_grant *out)
{
	const char *token = sb_bearer(c->rq), *head = sb_header(c->rq, "authorization");
	const char *repo = arena_printf(
	        c->rq->a, "%s/%s", str_or(sb_part(c->rq, 1), ""), str_or(sb_part(c->rq, 2), ""));

	*out = (struct gh_grant){0};
	if (!token && head && str_starts(head, "token "))
		token = head + 6;
	if (!token && !head)
		return true;
	*out = gh_grant_of(c->p->sb, token, repo);
	if (!out->known)
		gh_error(c->rs, 401, "Bad credentials");
	return out->known;
}

/* A write wants the permission of its area; GitHub names it in a header. */
static bool may_write(struct gh_call *c, const struct gh_grant *g)
{
	bool pulls = str_eq(sb_part(c->rq, 3), "pulls") || str_eq(sb_part(c->rq, 3), "issues");
	enum gh_level have = pulls ? g->pulls : g->contents;

	if (str_eq(c->rq->method, "GET"))
		return true;
	if (!g->known) {
		gh_error(c->rs, 401, "Requires authentication");
		return false;
	}
	if (have == GH_WRITE)
		return true;
	sb_set_header(c->rs, "X-Accepted-GitHub-Permissions",
	        pulls ? "pull_requests=write" : "contents=write");
	gh_error(c->rs, 403,
	        g->app ? "Resource not accessible by integration"
	               : "Resource not accessible by personal access token");
	return false;
}

/* --- routes --- */

static void send_user(struct gh_call *c)
{
	json *j = json_obj(c->rq->a);

	json_set_str(j, "login", "heal-bot");
	json_set_int(j, "id", 1);
	json_set_str(j, "type", "User");
	sb_send_json(c->rs, 200, j);
}

/* /repos/<owner>/<name>…: finds the repository as GitHub would show it. */
static bool in_repo(struct gh_call *c, bool authorised)
{
	const char *owner = sb_part(c->rq, 1), *name = sb_part(c->rq, 2), *p = c->rq->path;

	if (!owner || !name)
		return false;
	c->repo = seed_repo_find(arena_printf(c->rq->a, "%s/%s", owner, name));
	if (!c->repo || (c->repo->is_private && !authorised))
		return false;
	for (int slashes = 0; *p; p++)
		if (*p == '/' && ++slashes == 4)
			break;
	c->rest = p;
	return true;
}

static void user(struct gh_call *c, const struct gh_grant *g)
{
	if (!g->known)
		gh_error(c->rs, 401, "Requires authentication");
	else if (g->app)
		gh_error(c->rs, 403, "Resource not accessible by integration");
	else
		send_user(c);
}

static void github_handle(void *state, const struct sb_request *rq, struct sb_response *rs)
{
	struct gh_call c = {.p = state, .rq = rq, .rs = rs};
	const char *first = sb_part(rq, 0);
	struct gh_grant g;

	c.git = git_repos_of(c.p->sb);
	if (gh_page(&c) || gh_log_page(&c))
		return;
	if (!formal(c.p, rq, rs) || gh_app_route(&c) || !grant_of(&c, &g))
		return;
	if (str_eq(first, "user") && !sb_part(rq, 1) && str_eq(rq->method, "GET")) {
		user(&c, &g);
		return;
	}
	if (!str_eq(first, "repos") || !in_repo(&c, g.contents >= GH_READ)) {
		gh_not_found(rs);
		return;
	}
	if (!may_write(&c, &g))
		return;
	if (!gh_pulls_route(&c) && !gh_checks_route(&c) && !gh_git_route(&c) && !gh_read_route(&c))
		gh_not_found(rs);
}

const struct peer peer_github = {
        .name = "github",
        .init = github_init,
        .handle = github_handle,
        .control = gh_control,
        .reset = github_reset,
        .exit = github_exit,
};
