/*
 * github_control.c - what a person or a test does at GitHub, and the page of a pull request.
 *
 *   POST merge  {"repo","number"}                           merges in the bare repository
 *   POST close  {"repo","number"}
 *   POST check  {"repo","number" or "sha","name","status","conclusion"}
 *               and, for the job's log, "log"
 *   POST review {"repo","number","user","state"}: APPROVED, CHANGES_REQUESTED, COMMENTED, DISMISSED
 *   POST commit {"repo","branch","path","text"}: somebody else's commit on a branch
 *   POST status {"repo","number" or "sha","name","state"}
 *   GET  pulls  {"pulls":[…]}
 *   GET  app    {"id","key"}: the GitHub App that is installed in acme/api and acme/orders
 */
#include <stdlib.h>
#include <string.h>

#include "github_i.h"
#include "railway_peer.h"

const char *gh_merge(struct gh_peer *p, struct arena *a, struct gh_pull *u)
{
	struct git_repos *g = git_repos_of(p->sb);
	const char *head = gh_pull_sha(p, a, u), *tree, *commit;
	const char *base = git_branch_sha(g, a, u->repo, u->base);
	json *what = json_obj(a);

	if (u->closed)
		return "it is not open";
	tree = base && *head ? GIT(g, a, u->repo, "merge-tree", "--write-tree", base, head) : NULL;
	if (!tree)
		return "it has conflicts, or its branch is gone";
	commit = GIT(g, a, u->repo, "commit-tree", tree, "-p", base, "-p", head, "-m",
	        arena_printf(
	                a, "Merge pull request #%d from %s\n\n%s", u->number, u->head, u->title));
	if (!commit || !GIT(g, a, u->repo, "update-ref", arena_printf(a, "refs/heads/%s", u->base),
	                       commit, base))
		return "git refused";
	u->head_sha = arena_strdup(p->a, head);
	u->merge_sha = arena_strdup(p->a, commit);
	u->closed = u->merged = true;
	u->closed_ms = u->merged_ms = sb_now_ms(p->sb);
	json_set_str(what, "what", "pull request merged");
	json_set_str(what, "repo", u->repo);
	json_set_int(what, "number", u->number);
	json_set_str(what, "sha", commit);
	sb_record(p->sb, "github", "effect", what);
	(void)railway_merged(p->sb, u->repo, u->merge_sha, u->title, "heal-bot");
	return NULL;
}

/* --- controls --- */

struct control {
	struct gh_peer *p;
	const struct sb_request *rq;
	struct sb_response *rs;
	const json *in;
	struct gh_pull *pull; /* NULL = none named */
};

static void ok(const struct control *c)
{
	json *o = json_obj(c->rq->a);

	json_set_bool(o, "ok", true);
	if (c->pull)
		gh_pull_json(c->p, c->rq->a, c->pull, true, json_set_obj(o, "pull"));
	sb_send_json(c->rs, 200, o);
}

static void merge(const struct control *c)
{
	const char *why = c->pull ? gh_merge(c->p, c->rq->a, c->pull) : "no such pull request";

	if (why)
		sb_sendf(c->rs, c->pull ? 409 : 404, "text/plain", "%s\n", why);
	else
		ok(c);
}

static void close_it(const struct control *c)
{
	if (!c->pull || c->pull->closed) {
		sb_sendf(c->rs, 409, "text/plain", "no open pull request\n");
		return;
	}
	c->pull->head_sha = arena_strdup(c->p->a, gh_pull_sha(c->p, c->rq->a, c->pull));
	c->pull->closed = true;
	c->pull->closed_ms = sb_now_ms(c->p->sb);
	ok(c);
}

static void add_check(const struct control *c, bool is_status)
{
	struct arena *a = c->p->a;
	struct gh_check *k;
	const char *sha = json_str(c->in, ".sha", NULL);

	if (!sha && c->pull)
		sha = gh_pull_sha(c->p, c->rq->a, c->pull);
	if (!sha) {
		sb_sendf(c->rs, 400, "text/plain", "sha, or repo and number, please\n");
		return;
	}
	k = ARENA_NEW(a, struct gh_check);
	k->sha = arena_strdup(a, sha);
	k->name = arena_strdup(a, json_str(c->in, ".name", "ci"));
	k->status = arena_strdup(a, is_status ? json_str(c->in, ".state", "success")
	                                      : json_str(c->in, ".status", "completed"));
	k->conclusion = arena_strdup(a, json_str(c->in, ".conclusion", NULL));
	k->log = arena_strdup(a, json_str(c->in, ".log", NULL));
	k->id = sb_next(c->p->sb);
	k->is_status = is_status;
	k->next = c->p->checks;
	c->p->checks = k;
	ok(c);
}

static void review(const struct control *c)
{
	struct gh_review *v;

	if (!c->pull) {
		sb_sendf(c->rs, 404, "text/plain", "no such pull request\n");
		return;
	}
	v = ARENA_NEW(c->p->a, struct gh_review);
	v->repo = c->pull->repo;
	v->number = c->pull->number;
	v->user = arena_strdup(c->p->a, json_str(c->in, ".user", "cho"));
	v->state = arena_strdup(c->p->a, json_str(c->in, ".state", "APPROVED"));
	*c->p->last_review = v;
	c->p->last_review = &v->next;
	ok(c);
}

static void commit(const struct control *c)
{
	struct git_repos *g = git_repos_of(c->p->sb);
	struct arena *a = c->rq->a;
	const char *repo = json_str(c->in, ".repo", ""), *text = json_str(c->in, ".text", "");
	const char *branch = json_str(c->in, ".branch", "main"), *blob, *tree = NULL, *made = NULL;
	const char *now = git_branch_sha(g, a, repo, branch);
	const char *env = "GIT_INDEX_FILE=control-index";

	blob = now ? git_run_input(g, a, repo, NULL,
	                     (const char *const[]){"hash-object", "-w", "--stdin", NULL}, text,
	                     strlen(text))
	           : NULL;
	if (blob &&
	        git_run_input(
	                g, a, repo, env, (const char *const[]){"read-tree", now, NULL}, NULL, 0) &&
	        git_run_input(g, a, repo, env,
	                (const char *const[]){"update-index", "--add", "--cacheinfo", "100644",
	                        blob, json_str(c->in, ".path", "x"), NULL},
	                NULL, 0))
		tree = git_run_input(
		        g, a, repo, env, (const char *const[]){"write-tree", NULL}, NULL, 0);
	if (tree)
		made = GIT(g, a, repo, "commit-tree", tree, "-p", now, "-m", "Another change");
	if (!made || !GIT(g, a, repo, "update-ref", arena_printf(a, "refs/heads/%s", branch), made))
		sb_sendf(c->rs, 409, "text/plain", "git refused\n");
	else
		ok(c);
}

static void list(const struct control *c)
{
	json *o = json_obj(c->rq->a), *arr = json_set_arr(o, "pulls");

	for (const struct gh_pull *u = c->p->pulls; u; u = u->next) {
		json *one = json_add_obj(arr);

		gh_pull_json(c->p, c->rq->a, u, true, one);
		json_set_str(one, "repo", u->repo);
	}
	sb_send_json(c->rs, 200, o);
}

/* The page's button: back to the page. */
static void merge_form(struct control *c)
{
	const char *repo = sb_form(c->rq, "repo"), *number = sb_form(c->rq, "number"), *why;

	c->pull = repo && number ? gh_pull_find(c->p, repo, gh_int(number)) : NULL;
	why = c->pull ? gh_merge(c->p, c->rq->a, c->pull) : "no such pull request";
	if (why) {
		sb_sendf(c->rs, 409, "text/plain", "%s\n", why);
		return;
	}
	sb_set_header(
	        c->rs, "Location", arena_printf(c->rq->a, "/github/%s/pull/%s", repo, number));
	sb_send(c->rs, 303, "text/plain", "", 0);
}

void gh_control(void *state, const struct sb_request *rq, struct sb_response *rs)
{
	struct control c = {.p = state, .rq = rq, .rs = rs};
	const char *verb = str_or(sb_part(rq, 0), ""), *type = sb_header(rq, "content-type");
	struct err e = {0};

	if (str_eq(verb, "merge") && type && strstr(type, "urlencoded")) {
		merge_form(&c);
		return;
	}
	c.in = rq->len ? sb_json(rq, &e) : NULL;
	c.pull = gh_pull_find(c.p, json_str(c.in, ".repo", ""), (int)json_int(c.in, ".number", 0));
	if (str_eq(verb, "merge"))
		merge(&c);
	else if (str_eq(verb, "close"))
		close_it(&c);
	else if (str_eq(verb, "check") || str_eq(verb, "status"))
		add_check(&c, str_eq(verb, "status"));
	else if (str_eq(verb, "review"))
		review(&c);
	else if (str_eq(verb, "commit"))
		commit(&c);
	else if (str_eq(verb, "pulls"))
		list(&c);
	else if (str_eq(verb, "app"))
		gh_app_control(state, rq, rs);
	else
		sb_sendf(rs, 404, "text/plain", "merge, close, check, status, pulls or app\n");
}

/* --- the page --- */

static void add_diff(struct str *b, const char *diff)
{
	str_add(b, "<pre>");
	while (diff && *diff) {
		size_t n = strcspn(diff, "\n");
		const char *class = *diff == '+' ? "a" : *diff == '-' ? "d" : "n";

		str_addf(b, "<span class=%s>", class);
		str_html(b, arena_strndup(b->a, diff, n));
		str_add(b, "</span>\n");
		diff += n + (diff[n] == '\n');
	}
	str_add(b, "</pre>");
}

static void add_state(struct str *b, const struct gh_pull *u)
{
	str_addf(b, "<p><b>%s</b> · %s → %s",
	        u->merged   ? "Merged"
	        : u->closed ? "Closed"
	        : u->draft  ? "Draft"
	                    : "Open",
	        u->head, u->base);
	if (!u->closed)
		str_addf(b,
		        "<form method=post action=/_control/github/merge>"
		        "<input type=hidden name=repo value=\"%s\">"
		        "<input type=hidden name=number value=%d>"
		        "<button>Merge pull request</button></form>",
		        u->repo, u->number);
}

bool gh_page(struct gh_call *c)
{
	const struct sb_request *rq = c->rq;
	const char *n = sb_part(rq, 3), *repo, *diff, *base;
	struct str b = str_new(rq->a);
	const struct gh_pull *u;

	if (!str_eq(sb_part(rq, 2), "pull") || !n || sb_part(rq, 4) ||
	        str_eq(sb_part(rq, 0), "repos"))
		return false;
	repo = arena_printf(rq->a, "%s/%s", sb_part(rq, 0), sb_part(rq, 1));
	u = gh_pull_find(c->p, repo, gh_int(n));
	if (!u) {
		sb_sendf(c->rs, 404, "text/plain", "no such pull request\n");
		return true;
	}
	str_add(&b, "<!doctype html><meta charset=utf-8><title>");
	str_html(&b, u->title);
	str_add(&b, "</title><style>body{font:15px system-ui;max-width:52em;margin:2em auto;"
	            "padding:0 1em}pre{background:#f6f8fa;padding:1em;overflow:auto}"
	            ".a{background:#dafbe1}.d{background:#ffebe9}</style><h1>");
	str_html(&b, u->title);
	str_addf(&b, " <small>#%d · %s</small></h1>", u->number, u->repo);
	add_state(&b, u);
	str_add(&b, "<pre style=white-space:pre-wrap>");
	str_html(&b, str_or(u->body, ""));
	str_add(&b, "</pre>");
	base = u->merged ? arena_printf(rq->a, "%s^1", u->merge_sha) : u->base;
	diff = GIT(c->git, rq->a, repo, "diff",
	        arena_printf(rq->a, "%s...%s", base, gh_pull_sha(c->p, rq->a, u)));
	add_diff(&b, diff);
	sb_send(c->rs, 200, "text/html; charset=utf-8", b.s, b.len);
	return true;
}
