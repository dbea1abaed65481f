/*
 * git.c - git over HTTP (smart protocol) by git http-backend: /git/<owner>/<name>.git/…
 *
 * Reading a private repository and every push want the token as Basic password, as GitHub does.
 * Pushes to anything but heal/ branches are refused by the repositories' own hook.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "git_repo.h"
#include "github_i.h"
#include "railway_peer.h"
#include "repos.h"

struct git_peer {
	struct sb *sb;
	struct git_repos *repos;
};

/* Railway's deployments show the real commits of these repositories. */
static void tell_railway(struct git_peer *p)
{
	struct arena *a = arena_new(0);

	for (const struct seed_repo *r = seed_repos; r->name && seed_repo_here(r); r++) {
		char *log = GIT(p->repos, a, r->name, "log", "--format=%H %s", "main"),
		     *save = NULL;

		for (char *l = log ? strtok_r(log, "\n", &save) : NULL; l;
		        l = strtok_r(NULL, "\n", &save)) {
			char *message = strchr(l, ' ');

			*message++ = '\0';
			railway_set_commit(p->sb, r->name, message, l);
		}
	}
	arena_free(a);
}

static void *git_init(struct sb *sb)
{
	struct git_peer *p = calloc(1, sizeof(*p));

	if (!p)
		abort();
	p->sb = sb;
	p->repos = git_repos_new();
	tell_railway(p);
	return p;
}

static void git_exit(void *state)
{
	struct git_peer *p = state;

	git_repos_free(p->repos);
	free(p);
}

static void git_reset(void *state)
{
	struct git_peer *p = state;

	git_repos_reset(p->repos);
	tell_railway(p);
}

struct git_repos *git_repos_of(struct sb *sb)
{
	struct git_peer *p = sb_peer_state(sb, "git");

	return p->repos;
}

/* --- what a push changed --- */

struct push {
	struct git_peer *p;
	char *repo, *before;
};

static char *refs(struct git_peer *p, struct arena *a, const char *repo)
{
	char *s = GIT(p->repos, a, repo, "for-each-ref", "--format=%(refname) %(objectname)");

	return s ? s : arena_strdup(a, "");
}

static void record_ref(struct push *u, struct arena *a, const char *line)
{
	const char *blank = strchr(line, ' ');
	json *what = json_obj(a);

	json_set_str(what, "repo", u->repo);
	json_set_str(what, "ref", arena_strndup(a, line, (size_t)(blank - line)));
	json_set_str(what, "sha", blank + 1);
	json_set_str(what, "what", "push");
	sb_record(u->p->sb, "git", "effect", what);
}

static void pushed(void *arg, int exit_status)
{
	struct push *u = arg;
	struct arena *a = arena_new(0);
	char *save = NULL;

	(void)exit_status;
	for (char *line = strtok_r(refs(u->p, a, u->repo), "\n", &save); line;
	        line = strtok_r(NULL, "\n", &save)) {
		if (!strstr(u->before, line))
			record_ref(u, a, line);
	}
	arena_free(a);
	free(u->repo);
	free(u->before);
	free(u);
}

/* --- requests --- */

static struct gh_grant grant_of(struct git_peer *p, const struct sb_request *rq, const char *repo)
{
	const char *user, *password;

	if (!sb_basic(rq, &user, &password))
		return (struct gh_grant){0};
	return gh_grant_of(p->sb, password, repo);
}

static void add_env(struct arena *a, const char **env, size_t *n, const char *name, const char *v)
{
	if (v)
		env[(*n)++] = arena_printf(a, "%s=%s", name, v);
}

static void backend(
        struct git_peer *p, const struct sb_request *rq, struct sb_response *rs, struct push *u)
{
	const char *const argv[] = {"/usr/bin/env", "git", "http-backend", NULL};
	const char **env = ARENA_ARRAY(rq->a, 32, const char *);
	const char *const *own = git_repos_env(p->repos);
	struct sb_cgi cgi = {.argv = argv, .env = env, .done = u ? pushed : NULL, .arg = u};
	size_t n = 0;

	while (*own)
		env[n++] = *own++;
	add_env(rq->a, env, &n, "GIT_PROJECT_ROOT", git_repos_dir(p->repos));
	add_env(rq->a, env, &n, "GIT_HTTP_EXPORT_ALL", "1");
	add_env(rq->a, env, &n, "PATH_INFO", sb_unescape(rq->a, rq->path, strlen(rq->path), false));
	add_env(rq->a, env, &n, "QUERY_STRING", rq->query);
	add_env(rq->a, env, &n, "REQUEST_METHOD", rq->method);
	add_env(rq->a, env, &n, "CONTENT_TYPE", sb_header(rq, "content-type"));
	add_env(rq->a, env, &n, "CONTENT_LENGTH", arena_printf(rq->a, "%zu", rq->len));
	add_env(rq->a, env, &n, "HTTP_CONTENT_ENCODING", sb_header(rq, "content-encoding"));
	add_env(rq->a, env, &n, "HTTP_GIT_PROTOCOL", sb_header(rq, "git-protocol"));
	add_env(rq->a, env, &n, "REMOTE_ADDR", "127.0.0.1");
	add_env(rq->a, env, &n, "REMOTE_USER",
	        u || strstr(rq->query, "receive-pack") ? "bot" : NULL);
	sb_cgi(rq, rs, &cgi);
}

/* "acme/api" of "/acme/api.git/info/refs"; NULL when the path is not of that form. */
static const char *repo_of(const struct sb_request *rq)
{
	const char *owner = sb_part(rq, 0), *name = sb_part(rq, 1);
	size_t n = name ? strlen(name) : 0;

	if (n < 5 || strcmp(name + n - 4, ".git") != 0)
		return NULL;
	return arena_printf(rq->a, "%s/%.*s", owner, (int)n - 4, name);
}

static struct push *watch_push(struct git_peer *p, struct arena *a, const char *repo)
{
	struct push *u = calloc(1, sizeof(*u));

	if (!u || !(u->repo = strdup(repo)) || !(u->before = strdup(refs(p, a, repo))))
		abort();
	u->p = p;
	return u;
}

static void git_handle(void *state, const struct sb_request *rq, struct sb_response *rs)
{
	struct git_peer *p = state;
	const char *name = repo_of(rq);
	const struct seed_repo *r = name ? seed_repo_find(name) : NULL;
	struct gh_grant g;
	const char *last = strrchr(rq->path, '/');
	bool push =
	        str_eq(last, "/git-receive-pack") || strstr(rq->query, "service=git-receive-pack");

	if (!name) {
		sb_sendf(rs, 404, "text/plain", "Not Found\n");
		return;
	}
	g = grant_of(p, rq, name);
	if (!g.known && !(r && !push && !r->is_private)) {
		/* GitHub asks for a password first, then says that there is nothing. */
		sb_set_header(rs, "WWW-Authenticate", "Basic realm=\"GitHub\"");
		sb_sendf(rs, 401, "text/plain", "Authentication failed\n");
		return;
	}
	if (!r || (r->is_private && g.contents < GH_READ)) {
		sb_sendf(rs, 404, "text/plain", "Repository not found.\n");
		return;
	}
	if (push && g.contents < GH_WRITE) {
		sb_sendf(rs, 403, "text/plain", "Permission to %s.git denied to heal-agent.\n",
		        name);
		return;
	}
	backend(p, rq, rs, str_eq(last, "/git-receive-pack") ? watch_push(p, rq->a, name) : NULL);
}

const struct peer peer_git = {
        .name = "git",
        .init = git_init,
        .handle = git_handle,
        .reset = git_reset,
        .exit = git_exit,
};
