/* github.c - GitHub: requests, errors, repositories and branches. */
#include "github.h"

#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "clients/github_wire.h"
#include "clock.h"

#define DEFAULT_URL "https://api.github.com"
#define PREFIX      "heal/"
/* GitHub's rule for a secondary limit that gives no time: at least a minute. */
#define SECONDARY_MS 60000

static char *copy(const char *s)
{
	char *c = strdup(s);

	if (!c)
		abort();
	return c;
}

struct github *github_new(struct http *h, const struct github_config *c)
{
	struct github *g = calloc(1, sizeof(*g));
	size_t n;

	if (!g)
		abort();
	assert(h && (c->token || (c->app && c->app_key)));
	g->http = h;
	g->url = copy(str_or(c->api_url, DEFAULT_URL));
	n = strlen(g->url);
	while (n > 0 && g->url[n - 1] == '/')
		g->url[--n] = '\0';
	g->token = c->token ? copy(c->token) : NULL;
	if (!c->token)
		g->app = gh_app_new(c->app, c->app_key);
	g->timeout_ms = c->timeout_ms ? c->timeout_ms : 20000;
	return g;
}

void github_free(struct github *g)
{
	if (!g)
		return;
	gh_app_free(g);
	if (g->token)
		explicit_bzero(g->token, strlen(g->token));
	free(g->token);
	free(g->url);
	free(g);
}

/* --- paths --- */

static bool name_ok(const char *s, size_t n)
{
	if (n == 0 || n > 100 || (n == 1 && s[0] == '.') || (n == 2 && s[0] == '.' && s[1] == '.'))
		return false;
	for (size_t i = 0; i < n; i++) {
		char c = s[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		            c == '-' || c == '_' || c == '.'))
			return false;
	}
	return true;
}

bool github_repo_ok(const char *repo)
{
	const char *slash = repo ? strchr(repo, '/') : NULL;

	return slash && name_ok(repo, (size_t)(slash - repo)) && repo[0] != '-' &&
	       name_ok(slash + 1, strlen(slash + 1));
}

bool gh_repo(const char *repo, struct err *e)
{
	if (github_repo_ok(repo))
		return true;
	return err_set(e, ERR_INPUT, false, "“%.80s” is no repository: write owner/name",
	        repo ? repo : "");
}

const char *gh_path(struct arena *a, const char *repo, const char *fmt, ...)
{
	va_list ap;
	char *rest;

	va_start(ap, fmt);
	rest = arena_vprintf(a, fmt, ap);
	va_end(ap);
	return arena_printf(a, "/repos/%s%s", repo, rest);
}

const char *gh_ref(struct arena *a, const char *ref)
{
	struct str b = str_new(a);

	while (*ref) {
		size_t n = strcspn(ref, "/");

		str_url(&b, arena_strndup(a, ref, n));
		ref += n;
		if (*ref == '/') {
			str_addc(&b, '/');
			ref++;
		}
	}
	return b.s;
}

int64_t gh_time(const json *j, const char *path)
{
	const char *s = json_str(j, path, NULL);
	int64_t ms = 0;

	return s && clock_parse_rfc3339(s, &ms) ? ms : 0;
}

/* --- errors --- */

/* "Validation Failed: A pull request already exists for …" */
static const char *reason(struct arena *a, const struct http_response *r)
{
	struct err ignored;
	const json *j = json_parse(a, r->body, r->len, &ignored);
	const char *s = json_str(j, ".message", ""), *detail;

	detail = json_str(j, ".errors[0].message", json_str(j, ".errors[0]", NULL));
	if (!detail && json_has(j, ".errors[0].field"))
		detail = arena_printf(a, "%s of %s", json_str(j, ".errors[0].code", "?"),
		        json_str(j, ".errors[0].field", "?"));
	if (detail)
		s = arena_printf(a, "%s: %s", s, detail);
	return str_clean(a, s, strlen(s), 200);
}

/* 403 and 429: how long, or 0 when it is no limit at all. */
static int64_t limit_ms(const struct http_response *r, const char *why)
{
	const char *remaining = http_header(r, "x-ratelimit-remaining");
	const char *reset = http_header(r, "x-ratelimit-reset");

	if (r->retry_after_ms >= 0)
		return r->retry_after_ms > 0 ? r->retry_after_ms : 1000;
	if (remaining && reset && strcmp(remaining, "0") == 0) {
		int64_t ms = strtoll(reset, NULL, 10) * 1000 - clock_now_ms();

		return ms < 1000 ? 1000 : ms;
	}
	if (r->status == 429 || strstr(why, "secondary rate limit") || strstr(why, "abuse"))
		return SECONDARY_MS;
	return 0;
}

static bool limited(const char *what, int64_t ms, struct err *e)
{
	err_set(e, ERR_LIMITED, true, "GitHub: %s: rate limit, free again in %lld s", what,
	        (long long)((ms + 999) / 1000));
	if (e)
		e->retry_ms = ms < 3600000 ? (uint32_t)ms : 3600000;
	return false;
}

static bool forbidden(
        const struct http_response *r, const char *what, const char *why, struct err *e)
{
	const char *needs = http_header(r, "x-accepted-github-permissions");
	const char *scopes = http_header(r, "x-accepted-oauth-scopes");

	if (needs && *needs)
		return err_set(e, ERR_FORBIDDEN, false,
		        "GitHub: %s: the token lacks a permission (%.80s): give it to GITHUB_TOKEN for "
		        "this repository. GitHub says: %s",
		        what, needs, why);
	if (scopes && *scopes)
		return err_set(e, ERR_FORBIDDEN, false,
		        "GitHub: %s: the token lacks a scope (one of %.80s). GitHub says: %s", what,
		        scopes, why);
	return err_set(e, ERR_FORBIDDEN, false,
	        "GitHub: %s: refused: %s. GITHUB_TOKEN needs Contents and Pull requests (write), "
	        "Actions and Commit statuses (read)",
	        what, why);
}

static bool failed(struct arena *a, const struct http_response *r, const char *what, struct err *e)
{
	const char *why = reason(a, r);
	int64_t ms;

	if (r->status == 403 || r->status == 429) {
		ms = limit_ms(r, why);
		return ms ? limited(what, ms, e) : forbidden(r, what, why, e);
	}
	if (r->status == 401)
		return err_set(e, ERR_AUTH, false,
		        "GitHub refuses the token (%s): set a valid GITHUB_TOKEN, or GITHUB_APP_KEY and "
		        "github.app",
		        why);
	if (r->status == 404 || r->status == 410)
		return err_set(e, ERR_NOT_FOUND, false,
		        "GitHub: %s: not found, or the token may not see it", what);
	if (r->status == 409)
		return err_set(e, ERR_CONFLICT, false, "GitHub: %s: %s", what, why);
	if (r->status == 422 || r->status == 400)
		return err_set(e, ERR_INPUT, false, "GitHub: %s: refused: %s", what, why);
	if (r->status >= 300 && r->status < 400)
		return err_set(e, ERR_CONFIG, false,
		        "GitHub: %s: the repository has moved: write its new name in the settings",
		        what);
	err_set(e, ERR_STATUS, r->status >= 500 || r->status == 408, "GitHub: %s: HTTP %d%s%s",
	        what, r->status, *why ? ": " : "", why);
	if (e && r->retry_after_ms > 0 && r->retry_after_ms < 3600000)
		e->retry_ms = (uint32_t)r->retry_after_ms;
	return false;
}

/* --- requests --- */

bool gh_request(struct github *g, struct arena *a, const struct gh_call *c,
        struct http_request *out, struct err *e)
{
	struct http_header *h = ARENA_ARRAY(a, 4, struct http_header);
	const char *bearer = c->bearer ? c->bearer : g->token;

	if (!bearer && !(bearer = gh_app_token(g, a, c, e)))
		return false;
	h[0] = (struct http_header){"Accept", str_or(c->accept, "application/vnd.github+json")};
	h[1] = (struct http_header){"X-GitHub-Api-Version", "2022-11-28"};
	if (c->raw_json)
		h[2] = (struct http_header){"Content-Type", "application/json"};
	*out = (struct http_request){
	        .method = c->method,
	        .url = arena_printf(a, "%s%s", g->url, c->path),
	        .headers = h,
	        .bearer = bearer,
	        .body_json = c->body,
	        .body_raw = c->raw_json,
	        .body_raw_len = c->raw_json ? strlen(c->raw_json) : 0,
	        .timeout_ms = g->timeout_ms,
	        .max_bytes = c->max_bytes,
	};
	return true;
}

bool gh_reply(struct arena *a, const struct http_response *r, struct gh_call *c, const json **out,
        struct err *e)
{
	const json *j;

	if (out)
		*out = NULL;
	c->status = r->status;
	c->raw = r->body;
	c->raw_len = r->len;
	c->type = r->content_type;
	if (r->status < 200 || r->status > 299)
		return failed(a, r, c->what, e);
	if (!out || r->status == 204 || c->accept)
		return true;
	if (!strstr(r->content_type, "json"))
		return err_set(e, ERR_PROTO, false,
		        "GitHub: %s: %s instead of JSON: is github.api_url right?", c->what,
		        *r->content_type ? r->content_type : "nothing");
	j = json_parse(a, r->body, r->len, e);
	if (!j)
		return err_wrap(e, "GitHub: %s", c->what);
	*out = j;
	return true;
}

bool gh_do(struct github *g, struct arena *a, struct gh_call *c, const json **out, struct err *e)
{
	struct http_request q;
	struct http_response r;

	if (!gh_request(g, a, c, &q, e))
		return false;
	if (!http_do(g->http, a, &q, &r, e))
		return err_wrap(e, "GitHub: %s", c->what);
	return gh_reply(a, &r, c, out, e);
}

/* --- who, repositories, branches --- */

bool github_whoami(struct github *g, struct arena *a, const char **login_out, struct err *e)
{
	struct gh_call c = {
	        .path = g->app ? "/app" : "/user",
	        .what = g->app ? "the App" : "owner of the token",
	};
	const json *j = NULL;

	if (!gh_do(g, a, &c, &j, e))
		return false;
	*login_out = g->app ? arena_printf(a, "App %s", json_str(j, ".name", "?"))
	                    : json_str(j, ".login", "?");
	return true;
}

bool github_repo_get(
        struct github *g, struct arena *a, const char *repo, struct github_repo *out, struct err *e)
{
	struct gh_call c = {.what = arena_printf(a, "repository %.120s", repo ? repo : "")};
	const json *j = NULL;

	if (!gh_repo(repo, e))
		return false;
	c.path = gh_path(a, repo, "%s", "");
	if (!gh_do(g, a, &c, &j, e))
		return false;
	*out = (struct github_repo){
	        .id = json_int(j, ".id", 0),
	        .full_name = json_str(j, ".full_name", repo),
	        .default_branch = json_str(j, ".default_branch", "main"),
	        .url = json_str(j, ".html_url", ""),
	        .is_private = json_bool(j, ".private", false),
	        .archived = json_bool(j, ".archived", false),
	        /* Of an App that member says nothing: the first write does. */
	        .can_push = g->app || json_bool(j, ".permissions.push", true),
	};
	return true;
}

bool github_branch(struct github *g, struct arena *a, const char *repo, const char *branch,
        const char **sha_out, struct err *e)
{
	struct gh_call c = {.what = arena_printf(a, "branch %.120s", branch)};
	const json *j = NULL;
	const char *sha;

	if (!gh_repo(repo, e))
		return false;
	c.path = gh_path(a, repo, "/git/ref/heads/%s", gh_ref(a, branch));
	if (!gh_do(g, a, &c, &j, e))
		return false;
	sha = json_str(j, ".object.sha", "");
	if (!*sha)
		return err_set(e, ERR_PROTO, false, "GitHub: %s: no commit in the answer", c.what);
	if (sha_out)
		*sha_out = sha;
	return true;
}

bool github_delete_branch(
        struct github *g, struct arena *a, const char *repo, const char *branch, struct err *e)
{
	struct gh_call c = {
	        .method = "DELETE",
	        .what = arena_printf(a, "removal of branch %.120s", branch),
	};
	struct err why = {0};

	if (!gh_repo(repo, e))
		return false;
	if (!str_starts(branch, PREFIX) || strstr(branch, ".."))
		return err_set(e, ERR_INPUT, false,
		        "only branches below " PREFIX " may be removed, not “%.80s”", branch);
	c.path = gh_path(a, repo, "/git/refs/heads/%s", gh_ref(a, branch));
	/* A branch that is gone is 422 "Reference does not exist". */
	if (gh_do(g, a, &c, NULL, &why) || why.code == ERR_NOT_FOUND || c.status == 422)
		return true;
	if (e)
		*e = why;
	return false;
}
