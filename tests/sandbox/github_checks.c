/*
 * github_checks.c - statuses and check runs of a commit.
 *
 * Every head of a pull request has one check, "ci", which runs for a while after the pull request
 * was opened and then succeeds; control adds others or overrules it. acme/reports has no CI.
 */
#include <string.h>

#include "github_i.h"

#define CI_MS 60000

static bool overruled(const struct gh_peer *p, const char *sha, const char *name)
{
	for (const struct gh_check *k = p->checks; k; k = k->next) {
		if (!k->is_status && str_eq(k->sha, sha) && str_eq(k->name, name))
			return true;
	}
	return false;
}

static void run_json(struct gh_call *c, json *arr, int64_t id, const char *name, const char *status,
        const char *conclusion)
{
	json *o = json_add_obj(arr);

	json_set_int(o, "id", id);
	json_set_str(o, "name", name);
	json_set_str(o, "status", status);
	json_set_str(o, "conclusion", conclusion);
	json_set_str(o, "html_url",
	        arena_printf(c->rq->a, "%s/github/%s/actions", sb_url(c->p->sb), c->repo->name));
}

static void all_runs(struct gh_call *c, const char *sha, json *arr)
{
	const struct gh_pull *u = c->p->pulls;

	while (u &&
	        !(str_eq(u->repo, c->repo->name) && str_eq(gh_pull_sha(c->p, c->rq->a, u), sha)))
		u = u->next;
	if (u && c->repo->is_private && !overruled(c->p, sha, "ci")) {
		bool done = sb_now_ms(c->p->sb) - u->created_ms >= sb_scaled(c->p->sb, CI_MS);

		run_json(c, arr, 1, "ci", done ? "completed" : "in_progress",
		        done ? "success" : NULL);
	}
	for (const struct gh_check *k = c->p->checks; k; k = k->next) {
		if (!k->is_status && str_eq(k->sha, sha))
			run_json(c, arr, k->id, k->name, k->status, k->conclusion);
	}
}

static void check_runs(struct gh_call *c, const char *sha)
{
	json *o = json_obj(c->rq->a), *arr = json_set_arr(o, "check_runs");

	all_runs(c, sha, arr);
	json_set_int(o, "total_count", (int64_t)json_len(arr));
	sb_send_json(c->rs, 200, o);
}

static void action_runs(struct gh_call *c)
{
	json *o = json_obj(c->rq->a), *arr = json_set_arr(o, "workflow_runs");

	all_runs(c, str_or(sb_query(c->rq, "head_sha"), ""), arr);
	json_set_int(o, "total_count", (int64_t)json_len(arr));
	sb_send_json(c->rs, 200, o);
}

static void statuses(struct gh_call *c, const char *sha)
{
	json *o = json_obj(c->rq->a), *arr = json_set_arr(o, "statuses");
	const char *state = "success";

	for (const struct gh_check *k = c->p->checks; k; k = k->next) {
		json *s;

		if (!k->is_status || !str_eq(k->sha, sha))
			continue;
		s = json_add_obj(arr);
		json_set_str(s, "context", k->name);
		json_set_str(s, "state", k->status);
		if (!str_eq(k->status, "success"))
			state = str_eq(k->status, "pending") ? "pending" : "failure";
	}
	/* Without any status the whole is "pending": the trap of this call. */
	json_set_str(o, "state", json_len(arr) ? state : "pending");
	json_set_int(o, "total_count", (int64_t)json_len(arr));
	json_set_str(o, "sha", sha);
	sb_send_json(c->rs, 200, o);
}

/* --- logs --- */

static const struct gh_check *check_of(const struct gh_peer *p, const char *id)
{
	for (const struct gh_check *k = p->checks; k; k = k->next)
		if (k->id == gh_int(id))
			return k;
	return NULL;
}

bool gh_log_page(struct gh_call *c)
{
	const struct gh_check *k;

	if (!str_eq(sb_part(c->rq, 0), "_logs") || !sb_part(c->rq, 1))
		return false;
	k = check_of(c->p, sb_part(c->rq, 1));
	/* The storage takes its signature in the address, and nothing beside it. */
	if (sb_header(c->rq, "authorization"))
		sb_sendf(c->rs, 400, "text/plain", "InvalidAuthenticationInfo\n");
	else if (k && k->log && str_eq(sb_query(c->rq, "sig"), "s1"))
		sb_sendf(c->rs, 200, "text/plain", "%s", k->log);
	else
		sb_sendf(c->rs, 404, "text/plain", "BlobNotFound\n");
	return true;
}

static bool actions(struct gh_call *c)
{
	const char *what = sb_part(c->rq, 4), *id = sb_part(c->rq, 5), *sub = sb_part(c->rq, 6);
	const struct gh_check *k;

	if (str_eq(what, "runs") && !id) {
		action_runs(c);
		return true;
	}
	if (!str_eq(what, "jobs") || !id || !str_eq(sub, "logs"))
		return false;
	k = check_of(c->p, id);
	if (!k || !k->log) {
		gh_not_found(c->rs);
		return true;
	}
	sb_set_header(c->rs, "Location",
	        arena_printf(c->rq->a, "%s/github/_logs/%s?sig=s1", sb_url(c->p->sb), id));
	sb_send(c->rs, 302, "text/plain", "", 0);
	return true;
}

bool gh_checks_route(struct gh_call *c)
{
	const char *what = sb_part(c->rq, 3), *sha = sb_part(c->rq, 4), *sub = sb_part(c->rq, 5);

	if (!str_eq(c->rq->method, "GET"))
		return false;
	if (str_eq(what, "actions"))
		return actions(c);
	if (str_eq(what, "check-runs") && str_eq(sub, "annotations")) {
		sb_send_json(c->rs, 200, json_arr(c->rq->a));
		return true;
	}
	if (!str_eq(what, "commits") || !sha)
		return false;
	if (str_eq(sub, "status"))
		statuses(c, sha);
	else if (str_eq(sub, "check-runs"))
		check_runs(c, sha);
	else
		return false;
	return true;
}
