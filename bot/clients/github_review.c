/* github_review.c - why a check failed, and what people say about a pull request. */
#include <stdlib.h>
#include <string.h>

#include "clients/github_wire.h"

#define LOG_MAX    (8u << 20)
#define REVIEWERS  50
#define ANNOTATION 300

/* --- a failing check --- */

/* The last `max` bytes, from the beginning of a line. */
static const char *tail(struct arena *a, const char *s, size_t n, size_t max)
{
	const char *from = n > max ? s + n - max : s, *nl;

	if (from > s && (nl = memchr(from, '\n', (size_t)(s + n - from))))
		from = nl + 1;
	return str_clean(a, from, (size_t)(s + n - from), max);
}

/* Behind the redirect lies a storage of somebody else's: no token goes there. */
static bool log_behind(struct github *g, struct arena *a, const char *url, size_t max,
        const char **out, struct err *e)
{
	struct http_request q = {
	        .url = url, .timeout_ms = g->timeout_ms, .max_bytes = LOG_MAX, .secret_path = true};
	struct http_response r;

	if (!http_do(g->http, a, &q, &r, e))
		return err_wrap(e, "GitHub: log of the check");
	*out = r.status == 200 ? tail(a, r.body, r.len, max) : "";
	return true;
}

static bool job_log(struct github *g, struct arena *a, const char *repo, int64_t id, size_t max,
        const char **out, struct err *e)
{
	struct gh_call c = {
	        .path = gh_path(a, repo, "/actions/jobs/%lld/logs", (long long)id),
	        .what = "log of the check",
	        .max_bytes = LOG_MAX,
	};
	struct http_request q;
	struct http_response r;
	const char *url;

	if (!gh_request(g, a, &c, &q, e))
		return false;
	if (!http_do(g->http, a, &q, &r, e))
		return err_wrap(e, "GitHub: %s", c.what);
	url = http_header(&r, "location");
	if (r.status == 302 && url)
		return log_behind(g, a, url, max, out, e);
	if (r.status == 200)
		*out = tail(a, r.body, r.len, max);
	return true; /* not of Actions, expired, or not for us: then the annotations */
}

static void add_annotations(struct str *b, const json *list)
{
	json_each (it, list)
		str_addf(b, "%.200s:%lld: %.*s\n", json_str(it, ".path", ""),
		        (long long)json_int(it, ".start_line", 0), ANNOTATION,
		        json_str(it, ".message", ""));
}

bool github_check_output(struct github *g, struct arena *a, const char *repo,
        const struct github_check *check, size_t max, const char **out, struct err *e)
{
	struct gh_call c = {.what = "annotations of the check"};
	struct str b = str_new(a);
	const json *j = NULL;
	struct err none = {0};

	*out = "";
	if (!gh_repo(repo, e))
		return false;
	if (check->id == 0)
		return true;
	if (!job_log(g, a, repo, check->id, max, out, e))
		return false;
	if (**out)
		return true;
	c.path = gh_path(a, repo, "/check-runs/%lld/annotations?per_page=20", (long long)check->id);
	if (gh_do(g, a, &c, &j, &none))
		add_annotations(&b, j);
	*out = str_clean(a, b.s, b.len, max);
	return true;
}

/* --- reviews --- */

struct reviewer {
	const char *login;
	bool approved;
};

bool github_reviews_get(struct github *g, struct arena *a, const char *repo, int number,
        struct github_reviews *out, struct err *e)
{
	struct gh_call c = {.what = arena_printf(a, "reviews of #%d", number)};
	struct reviewer *who = ARENA_ARRAY(a, REVIEWERS, struct reviewer);
	const json *j = NULL;
	size_t n = 0;

	*out = (struct github_reviews){.by = ""};
	if (!gh_repo(repo, e))
		return false;
	c.path = gh_path(a, repo, "/pulls/%d/reviews?per_page=100", number);
	if (!gh_do(g, a, &c, &j, e))
		return false;
	json_each (
	        it, j) { /* oldest first; a comment changes no verdict, a dismissal takes it back */
		const char *state = json_str(it, ".state", ""),
		           *login = json_str(it, ".user.login", "?");
		size_t i = 0;

		if (!str_eq(state, "APPROVED") && !str_eq(state, "CHANGES_REQUESTED") &&
		        !str_eq(state, "DISMISSED"))
			continue;
		while (i < n && !str_eq(who[i].login, login))
			i++;
		if (str_eq(state, "DISMISSED")) {
			if (i < n)
				who[i] = who[--n];
			continue;
		}
		if (i == REVIEWERS)
			continue;
		n = i == n ? n + 1 : n;
		who[i] = (struct reviewer){login, str_eq(state, "APPROVED")};
		out->by = login;
		out->wants_changes = !who[i].approved;
	}
	for (size_t i = 0; i < n; i++) {
		out->approved += who[i].approved;
		out->changes += !who[i].approved;
	}
	return true;
}
