/* test_github.c - the GitHub client: against the sandbox's real repositories, and every error. */
#include "clock.h"
#include "fix.h"
#include "github.h"
#include "loopback.h"
#include "net/http.h"
#include "sandbox_run.h"
#include "str.h"
#include "unit.h"

#define TOKEN "ghp_sandboxsandboxsandboxsandboxsandb0x"

/* --- errors: one scripted answer each --- */

struct answer {
	const char *name;
	int status;
	const char *headers, *body;
	enum err_code want;
	bool retryable;
	int64_t retry_ms; /* at least; 0 = any */
	const char *says;
};

static void one_answer(struct lb_conn *c, void *arg)
{
	const struct answer *r = arg;

	while (lb_request(c))
		if (!lb_answer(c, r->status, r->headers, r->body))
			return;
}

static void test_errors(void **state)
{
	static const char plain[] = "Content-Type: application/json\r\n";
	struct arena *a = *state;
	const char *soon =
	        arena_printf(a, "%sX-RateLimit-Remaining: 0\r\nX-RateLimit-Reset: %lld\r\n", plain,
	                (long long)(clock_now_ms() / 1000 + 120));
	const struct answer rows[] = {
	        {"bad token", 401, plain, "{\"message\":\"Bad credentials\"}", ERR_AUTH, false, 0,
	                "GITHUB_TOKEN"},
	        {"gone", 404, plain, "{\"message\":\"Not Found\"}", ERR_NOT_FOUND, false, 0,
	                "may not see"},
	        {"primary limit", 403, soon, "{\"message\":\"API rate limit exceeded\"}",
	                ERR_LIMITED, true, 100000, "rate limit"},
	        {"secondary limit", 403,
	                "Content-Type: application/json\r\nX-RateLimit-Remaining: 4000\r\n",
	                "{\"message\":\"You have exceeded a secondary rate limit\"}", ERR_LIMITED,
	                true, 60000, "rate limit"},
	        {"secondary with a time", 403,
	                "Content-Type: application/json\r\nRetry-After: 7\r\n",
	                "{\"message\":\"You have exceeded a secondary rate limit\"}", ERR_LIMITED,
	                true, 7000, "7 s"},
	        {"too many", 429, plain, "{}", ERR_LIMITED, true, 60000, ""},
	        {"permission", 403,
	                "Content-Type: application/json\r\nX-Accepted-GitHub-Permissions: "
	                "contents=write\r\nX-RateLimit-Remaining: 4000\r\n",
	                "{\"message\":\"Resource not accessible by personal access token\"}",
	                ERR_FORBIDDEN, false, 0, "contents=write"},
	        {"scope", 403,
	                "Content-Type: application/json\r\nX-Accepted-OAuth-Scopes: repo\r\n",
	                "{\"message\":\"no\"}", ERR_FORBIDDEN, false, 0, "repo"},
	        {"forbidden", 403, plain, "{\"message\":\"no\"}", ERR_FORBIDDEN, false, 0,
	                "Pull requests (write)"},
	        {"refused", 422, plain,
	                "{\"message\":\"Validation Failed\",\"errors\":[{\"field\":\"head\",\"code\":"
	                "\"invalid\"}]}",
	                ERR_INPUT, false, 0, "invalid of head"},
	        {"renamed", 301, "Content-Type: application/json\r\nLocation: /repositories/1\r\n",
	                "{}", ERR_CONFIG, false, 0, "moved"},
	        {"down", 502, "Content-Type: text/html\r\n", "<html>", ERR_STATUS, true, 0, "502"},
	        {"a web page", 200, "Content-Type: text/html\r\n", "<html>", ERR_PROTO, false, 0,
	                "api_url"},
	        {"broken", 200, plain, "{\"id\":", ERR_PROTO, false, 0, ""},
	};

	for (size_t i = 0; i < UNIT_LEN(rows); i++) {
		struct answer row = rows[i];
		struct loopback *lb = lb_start(one_answer, &row, NULL, NULL);
		struct http *h = http_new();
		struct github_config c = {.api_url = lb_url(lb, "http", "/"), .token = TOKEN};
		struct github *g = github_new(h, &c);
		struct github_repo repo;
		struct err e = {0};

		unit_case("%s", row.name);
		assert_false(github_repo_get(g, a, "acme/api", &repo, &e));
		assert_int_equal(e.code, row.want);
		assert_int_equal(e.retryable, row.retryable);
		assert_true((int64_t)e.retry_ms >= row.retry_ms);
		assert_non_null(strstr(e.msg, row.says));
		assert_null(strstr(e.msg, TOKEN));
		github_free(g);
		http_free(h);
		lb_stop(lb);
	}
}

static void test_names(void **state)
{
	struct http *h = http_new();
	struct github_config c = {.token = TOKEN, .api_url = "http://127.0.0.1:1"};
	struct github *g = github_new(h, &c);
	struct github_repo repo;
	struct err e = {0};

	assert_true(github_repo_ok("acme/api.v2_x-y"));
	assert_false(github_repo_ok("acme/.."));
	assert_false(github_repo_ok("acme/api?x"));
	assert_false(github_repo_ok(NULL));
	assert_false(github_repo_get(g, *state, "../x", &repo, &e));
	assert_int_equal(e.code, ERR_INPUT);
	assert_false(github_delete_branch(g, *state, "acme/api", "main", &e));
	assert_int_equal(e.code, ERR_INPUT);
	assert_false(github_delete_branch(g, *state, "acme/api", "heal/../main", &e));
	assert_int_equal(e.code, ERR_INPUT);
	assert_false(github_repo_get(g, *state, "acme/api", &repo, &e));
	assert_int_equal(e.code, ERR_NET);
	github_free(g);
	http_free(h);
}

/* --- the sandbox: real repositories --- */

struct world {
	struct sandbox_run *sb;
	struct http *h;
	struct github *g;
};

static bool up(struct world *w, struct arena *a, const char *token)
{
	struct github_config c = {.token = token};

	w->sb = sandbox_start(NULL);
	if (!w->sb)
		return false;
	c.api_url = arena_printf(a, "%s/github", sandbox_url(w->sb));
	w->h = http_new();
	w->g = github_new(w->h, &c);
	return true;
}

static void down(struct world *w)
{
	github_free(w->g);
	http_free(w->h);
	sandbox_stop(w->sb);
}

/* A branch with `edits` (shell) pushed by real git. */
static void push(struct world *w, struct arena *a, const char *branch, const char *edits)
{
	const char *dir = getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp";
	const char *cmd = arena_printf(a,
	        "set -e; d=$(mktemp -d %s/clone.XXXXXX); cd $d; export GIT_TERMINAL_PROMPT=0; "
	        "git -c credential.helper='!f() { echo username=x; echo password=" TOKEN "; }; f' "
	        "clone -q %s/git/acme/api.git w; cd w; git checkout -q -b %s; %s; git add -A; "
	        "git -c user.name=t -c user.email=t@x commit -q --allow-empty -m change; "
	        "git -c credential.helper='!f() { echo username=x; echo password=" TOKEN "; }; f' "
	        "push -q origin HEAD:%s; cd /; rm -rf $d",
	        dir, sandbox_url(w->sb), branch, edits, branch);

	assert_int_equal(system(cmd), 0); /* NOLINT(cert-env33-c): the test writes the command */
}

static void test_repository(void **state)
{
	struct arena *a = *state;
	struct world w;
	struct github_repo repo;
	struct github_tree tree;
	const char *sha, *login, *text;
	struct err e = {0};

	if (!up(&w, a, TOKEN))
		skip();
	assert_true(github_whoami(w.g, a, &login, &e));
	assert_string_equal(login, "heal-bot");
	assert_true(github_repo_get(w.g, a, "acme/api", &repo, &e));
	assert_string_equal(repo.default_branch, "main");
	assert_true(repo.is_private && repo.can_push && !repo.archived);
	assert_false(github_repo_get(w.g, a, "acme/none", &repo, &e));
	assert_int_equal(e.code, ERR_NOT_FOUND);
	assert_true(github_branch(w.g, a, "acme/api", "main", &sha, &e));
	assert_int_equal(strlen(sha), 40);
	assert_false(github_branch(w.g, a, "acme/api", "heal/none", &sha, &e));
	assert_int_equal(e.code, ERR_NOT_FOUND);
	assert_true(github_file_text(w.g, a, "acme/api", "src/pool.sh", NULL, &text, &e));
	assert_non_null(strstr(text, "pool_acquire"));
	assert_false(github_file_text(w.g, a, "acme/api", "src", NULL, &text, &e));
	assert_int_equal(e.code, ERR_PROTO);
	assert_true(github_tree_get(w.g, a, "acme/api", "main", &tree, &e));
	assert_int_equal(tree.n, 6);
	down(&w);
	/* A token that is none: what is private is not there. */
	assert_true(up(&w, a, "ghp_wrong"));
	assert_false(github_repo_get(w.g, a, "acme/api", &repo, &e));
	assert_int_equal(e.code, ERR_AUTH);
	down(&w);
}

/* So many were written. */
static int comments(struct world *w, struct arena *a)
{
	int n = 0;

	json_each (r, json_get(sandbox_control(w->sb, a, "/records?kind=effect", NULL), ".records"))
		n += str_eq(json_str(r, ".what", ""), "comment");
	return n;
}

static void test_pull_requests(void **state)
{
	struct arena *a = *state;
	struct world w;
	struct github_new_pr n = {.repo = "acme/api",
	        .head = "heal/inc-7-1",
	        .base = "main",
	        .title = "t",
	        .body = "b",
	        .draft = true};
	struct github_pr pr, again;
	struct github_diff d;
	struct github_checks k;
	bool created;
	struct err e = {0};

	if (!up(&w, a, TOKEN))
		skip();
	assert_false(github_create_pr(w.g, a, &n, &pr, &created, &e)); /* no such branch */
	assert_int_equal(e.code, ERR_INPUT);
	push(&w, a, "heal/inc-7-1", "echo more >> README.md; git mv src/pool.sh src/pools.sh");
	assert_false(github_find_pr(w.g, a, "acme/api", n.head, NULL, &pr, &e));
	assert_int_equal(e.code, ERR_NOT_FOUND);
	assert_true(github_create_pr(w.g, a, &n, &pr, &created, &e));
	assert_true(created && pr.draft && !pr.merged);
	assert_int_equal(pr.files, 2);
	assert_int_equal(pr.mergeable, GITHUB_MERGE_CLEAN);
	/* Twice is once. */
	assert_true(github_create_pr(w.g, a, &n, &again, &created, &e));
	assert_false(created);
	assert_int_equal(again.number, pr.number);
	assert_true(github_find_pr(w.g, a, "acme/api", n.head, "main", &again, &e));
	assert_false(github_find_pr(w.g, a, "acme/api", n.head, "dev", &again, &e));
	assert_true(github_compare(w.g, a, "acme/api", "main", n.head, &d, &e));
	assert_int_equal(d.ahead, 1);
	assert_int_equal(d.nfiles, 2);
	assert_string_equal(d.files[1].previous, "src/pool.sh");
	assert_string_equal(d.head_sha, pr.head_sha);
	/* Checks: running, then one more that fails, then the verdict is red. */
	assert_true(github_checks_get(w.g, a, "acme/api", pr.head_sha, &k, &e));
	assert_int_equal(k.verdict, GITHUB_CI_PENDING);
	sandbox_control(w.sb, a, "/time", "{\"advance_ms\":120000}");
	assert_true(github_checks_get(w.g, a, "acme/api", pr.head_sha, &k, &e));
	assert_int_equal(k.verdict, GITHUB_CI_GREEN);
	sandbox_control(w.sb, a, "/github/status",
	        "{\"repo\":\"acme/api\",\"number\":1,\"name\":\"deploy\",\"state\":\"error\"}");
	assert_true(github_checks_get(w.g, a, "acme/api", pr.head_sha, &k, &e));
	assert_int_equal(k.verdict, GITHUB_CI_RED);
	assert_string_equal(k.failing[0].name, "deploy");
	/* A comment with its key is written once. */
	for (int i = 0; i < 2; i++)
		assert_true(github_comment(w.g, a, "acme/api", pr.number, "look", "key", &e));
	assert_int_equal(comments(&w, a), 1);
	/* Merged for real. */
	sandbox_control(w.sb, a, "/github/merge", "{\"repo\":\"acme/api\",\"number\":1}");
	assert_true(github_pr_get(w.g, a, "acme/api", pr.number, &pr, &e));
	assert_true(pr.merged && pr.merged_ms > 0);
	assert_int_equal(strlen(pr.merge_sha), 40);
	assert_true(github_delete_branch(w.g, a, "acme/api", n.head, &e));
	assert_true(github_delete_branch(w.g, a, "acme/api", n.head, &e)); /* gone already */
	assert_true(github_find_pr(w.g, a, "acme/api", n.head, NULL, &again, &e));
	assert_true(again.merged);
	down(&w);
}

static void test_checks_forbidden(void **state)
{
	struct arena *a = *state;
	struct world w;
	struct github_checks k;
	const char *sha;
	struct err e = {0};

	if (!up(&w, a, TOKEN))
		skip();
	assert_true(github_branch(w.g, a, "acme/reports", "main", &sha, &e));
	assert_true(github_checks_get(w.g, a, "acme/reports", sha, &k, &e));
	assert_int_equal(k.verdict, GITHUB_CI_NONE);
	/* A token that may not read checks: Actions, and when those are closed too, unknown. */
	sandbox_control(w.sb, a, "/faults",
	        arena_printf(a,
	                "{\"peer\":\"github\",\"match\":\"GET /repos/acme/reports/commits/%s/"
	                "check-runs\",\"times\":99,\"action\":{\"status\":403,\"body\":\"{}\"}}",
	                sha));
	assert_true(github_checks_get(w.g, a, "acme/reports", sha, &k, &e));
	assert_true(k.partial);
	assert_int_equal(k.verdict, GITHUB_CI_NONE);
	sandbox_control(w.sb, a, "/faults",
	        "{\"peer\":\"github\",\"match\":\"GET /repos/acme/reports/actions/runs\",\"times\":99,"
	        "\"action\":{\"status\":403,\"body\":\"{}\"}}");
	assert_true(github_checks_get(w.g, a, "acme/reports", sha, &k, &e));
	assert_int_equal(k.verdict, GITHUB_CI_UNKNOWN);
	down(&w);
}

/* --- what came of a fix --- */

static struct fix_contract contract(struct arena *a, int incident)
{
	return (struct fix_contract){
	        .incident = incident,
	        .n = 1,
	        .service = "api",
	        .headline = "5xx",
	        .repo = "acme/api",
	        .base = "main",
	        .branch = fix_branch(a, incident, 1),
	        .plan = "p",
	        .max_files = 20,
	        .max_lines = 800,
	};
}

static void verify(struct world *w, struct arena *a, int incident, struct fix_outcome *o)
{
	struct fix_contract c = contract(a, incident);
	struct fix_claim claim = {.status = "pr_opened", .tests = "", .summary = ""};
	struct err e = {0};

	if (!fix_verify(w->g, a, &c, &claim, NULL, NULL, o, &e))
		fail_msg("%s", e.msg);
}

static void test_verify(void **state)
{
	struct arena *a = *state;
	struct world w;
	struct fix_outcome o;
	struct fix_contract c;
	struct fix_claim claim = {.status = "", .tests = "", .summary = ""};
	struct err e = {0};

	if (!up(&w, a, TOKEN))
		skip();
	verify(&w, a, 1, &o);
	assert_int_equal(o.end, FIX_END_NOTHING);
	push(&w, a, "heal/inc-2-1", "true");
	push(&w, a, "heal/inc-3-1", "echo x >> .github/workflows/ci.yml");
	push(&w, a, "heal/inc-4-1", "echo x > yarn.lock");
	push(&w, a, "heal/inc-5-1", "echo x >> README.md");
	verify(&w, a, 2, &o); /* a commit that changes nothing */
	assert_int_equal(o.end, FIX_END_REFUSED);
	verify(&w, a, 3, &o);
	assert_int_equal(o.end, FIX_END_REFUSED);
	assert_non_null(strstr(o.left, "ci.yml"));
	verify(&w, a, 4, &o);
	assert_int_equal(o.end, FIX_END_PR);
	assert_true(o.opened_by_bot && o.pr.draft && !o.gate.ok);
	verify(&w, a, 5, &o);
	assert_true(o.opened_by_bot && !o.pr.draft && o.gate.ok);
	verify(&w, a, 5, &o);
	assert_true(!o.opened_by_bot);
	assert_string_equal(
	        json_str(fix_outcome_json(a, &o), ".pr.title", ""), "Fix api: 5xx (INC-5)");
	/* The token may not open it: said, not retried. */
	push(&w, a, "heal/inc-6-1", "echo x >> README.md");
	sandbox_control(w.sb, a, "/faults",
	        "{\"peer\":\"github\",\"match\":\"POST /repos/acme/api/pulls\",\"times\":1,\"action\":{"
	        "\"status\":403,\"body\":\"{}\"}}");
	verify(&w, a, 6, &o);
	assert_int_equal(o.end, FIX_END_BRANCH);
	assert_non_null(strstr(o.left, "heal/inc-6-1"));
	/* GitHub is down: worth another try. */
	sandbox_control(w.sb, a, "/faults",
	        "{\"peer\":\"github\",\"match\":\"GET /repos/acme/api/pulls\",\"times\":1,\"action\":{"
	        "\"status\":502,\"body\":\"\"}}");
	c = contract(a, 6);
	assert_false(fix_verify(w.g, a, &c, &claim, NULL, NULL, &o, &e));
	assert_true(e.retryable);
	down(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        UNIT_ARENA(test_errors),
	        UNIT_ARENA(test_names),
	        UNIT_ARENA(test_repository),
	        UNIT_ARENA(test_pull_requests),
	        UNIT_ARENA(test_checks_forbidden),
	        UNIT_ARENA(test_verify),
	};
	int rc;

	http_global_init();
	http_set_gate(http_gate_none, NULL);
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	http_global_fini();
	return rc;
}
