/* github_checks.c - the combined verdict on one commit. */
#include <stdlib.h>
#include <string.h>

#include "clients/github_wire.h"

#define FAILING_SHOWN 10

const char *github_ci_name(enum github_ci c)
{
	switch (c) {
	case GITHUB_CI_NONE:
		return "none";
	case GITHUB_CI_PENDING:
		return "pending";
	case GITHUB_CI_GREEN:
		return "green";
	case GITHUB_CI_RED:
		return "red";
	case GITHUB_CI_UNKNOWN:
		return "unknown";
	}
	abort();
}

enum mark { PASSED, FAILED, PENDING };

static void count(struct github_checks *c, enum mark m, struct github_check check)
{
	c->total++;
	switch (m) {
	case PASSED:
		c->passed++;
		break;
	case PENDING:
		c->pending++;
		break;
	case FAILED:
		c->failed++;
		if (c->nfailing < FAILING_SHOWN)
			c->failing[c->nfailing++] = check;
		break;
	}
}

/* Check runs and runs of Actions have the same two fields. Whatever conclusion is not known to be
 * harmless is red: GitHub adds new ones. */
static enum mark run_mark(const json *j)
{
	const char *conclusion = json_str(j, ".conclusion", "");

	if (!str_eq(json_str(j, ".status", ""), "completed"))
		return PENDING;
	return str_eq(conclusion, "success") || str_eq(conclusion, "neutral") ||
	                       str_eq(conclusion, "skipped")
	               ? PASSED
	               : FAILED;
}

static void add_runs(struct github_checks *c, const json *runs)
{
	json_each (it, runs) {
		count(c, run_mark(it),
		        (struct github_check){json_str(it, ".name", "check"),
		                json_str(it, ".conclusion", ""), json_str(it, ".html_url", ""),
		                json_int(it, ".id", 0)});
	}
}

/* The state of the whole is "pending" when there is no status at all: only the list counts. */
static void add_statuses(struct github_checks *c, const json *j)
{
	json_each (it, json_get(j, ".statuses")) {
		const char *state = json_str(it, ".state", "");
		enum mark m = str_eq(state, "success")   ? PASSED
		              : str_eq(state, "pending") ? PENDING
		                                         : FAILED;

		count(c, m,
		        (struct github_check){json_str(it, ".context", "status"), state,
		                json_str(it, ".target_url", ""), 0});
	}
}

static bool read_only_missing(const struct err *e)
{
	return e->code == ERR_FORBIDDEN || e->code == ERR_NOT_FOUND;
}

/* A fine-grained token cannot be given "Checks": then the runs of Actions say most of it. */
static bool from_actions(struct github *g, struct arena *a, const char *repo, const char *sha,
        struct github_checks *out, bool *blind, struct err *e)
{
	struct gh_call c = {
	        .path = gh_path(a, repo, "/actions/runs?head_sha=%s&per_page=100", gh_ref(a, sha)),
	        .what = "runs of Actions",
	};
	const json *j = NULL;
	struct err why = {0};

	out->partial = true;
	if (gh_do(g, a, &c, &j, &why)) {
		add_runs(out, json_get(j, ".workflow_runs"));
		return true;
	}
	*blind = read_only_missing(&why);
	if (!*blind && e)
		*e = why;
	return *blind;
}

static enum github_ci verdict(const struct github_checks *c, bool blind)
{
	if (c->failed)
		return GITHUB_CI_RED;
	if (blind)
		return GITHUB_CI_UNKNOWN;
	if (c->pending)
		return GITHUB_CI_PENDING;
	return c->total ? GITHUB_CI_GREEN : GITHUB_CI_NONE;
}

bool github_checks_get(struct github *g, struct arena *a, const char *repo, const char *sha,
        struct github_checks *out, struct err *e)
{
	struct gh_call c[2] = {{.what = "statuses"}, {.what = "check runs"}};
	struct http_request q[2];
	struct http_response r[2];
	struct err errs[2] = {{0}, {0}};
	const json *j[2] = {NULL, NULL};
	bool ok[2], blind = false;

	if (!gh_repo(repo, e))
		return false;
	*out = (struct github_checks){
	        .failing = ARENA_ARRAY(a, FAILING_SHOWN, struct github_check)};
	c[0].path = gh_path(a, repo, "/commits/%s/status?per_page=100", gh_ref(a, sha));
	c[1].path = gh_path(
	        a, repo, "/commits/%s/check-runs?filter=latest&per_page=100", gh_ref(a, sha));
	for (int i = 0; i < 2; i++)
		if (!gh_request(g, a, &c[i], &q[i], e))
			return false;
	http_do_all(g->http, a, q, 2, r, ok, errs);
	for (int i = 0; i < 2; i++)
		ok[i] = ok[i] && gh_reply(a, &r[i], &c[i], &j[i], &errs[i]);
	for (int i = 0; i < 2; i++) {
		if (!ok[i] && !read_only_missing(&errs[i])) {
			if (e)
				*e = errs[i];
			return false;
		}
	}
	add_statuses(out, j[0]);
	add_runs(out, json_get(j[1], ".check_runs"));
	if (!ok[1] && !from_actions(g, a, repo, sha, out, &blind, e))
		return false;
	/* More runs than one page: what was not seen may be red. */
	blind = blind || json_int(j[1], ".total_count", 0) > 100;
	out->verdict = verdict(out, blind);
	return true;
}
