/* test_github_app.c - a GitHub App's tokens and the Git data API, against the sandbox, which checks
 * the signature of every web token and makes real objects in real repositories. */
#include "clock.h"
#include "github.h"
#include "net/http.h"
#include "sandbox_run.h"
#include "str.h"
#include "unit.h"

#define TOKEN   "ghp_sandboxsandboxsandboxsandboxsandb0x"
#define READ_IT "ghp_sandboxsandboxsandboxsandb0xread0nly"

struct world {
	struct sandbox_run *sb;
	struct http *http;
	struct github_config c;
};

static bool up(struct world *w, struct arena *a)
{
	*w = (struct world){.sb = sandbox_start(NULL), .http = http_new()};
	if (!w->sb) {
		http_free(w->http);
		return false;
	}
	w->c.api_url = arena_printf(a, "%s/github", sandbox_url(w->sb));
	return true;
}

static void down(struct world *w)
{
	http_free(w->http);
	sandbox_stop(w->sb);
}

static int effects(struct world *w, struct arena *a, const char *what)
{
	const json *all = sandbox_control(w->sb, a, "/records", NULL);
	int n = 0;

	if (json_is_obj(all))
		all = json_get(all, ".records");

	json_each (r, all)
		n += str_eq(json_str(r, ".what", ""), what);
	return n;
}

static struct github *app(struct world *w, struct arena *a)
{
	const json *j = sandbox_control(w->sb, a, "/github/app", NULL);

	w->c.app = json_str(j, ".id", NULL);
	w->c.app_key = json_str(j, ".key", NULL);
	assert_non_null(w->c.app_key);
	return github_new(w->http, &w->c);
}

/* --- the App --- */

static void test_app(void **state)
{
	struct arena *a = *state;
	struct github_repo repo;
	struct err e = {0};
	struct github *g;
	const char *who, *sha;
	struct world w;

	if (!up(&w, a))
		skip();
	g = app(&w, a);
	assert_true(github_whoami(g, a, &who, &e));
	assert_string_equal(who, "App Heal");
	assert_true(github_repo_get(g, a, "acme/api", &repo, &e));
	assert_true(repo.can_push);
	assert_true(github_branch(g, a, "acme/api", "main", &sha, &e));
	/* One token for both reads; it cannot write, so a write takes another, which is given back.
	 */
	assert_int_equal(effects(&w, a, "installation token"), 1);
	assert_true(github_ref_put(g, a, "acme/api", "heal/inc-1-1", sha, &e));
	assert_int_equal(effects(&w, a, "installation token"), 2);
	github_release(g);
	assert_int_equal(effects(&w, a, "installation token revoked"), 1);
	assert_true(github_branch(g, a, "acme/api", "heal/inc-1-1", &sha, &e));
	assert_int_equal(effects(&w, a, "installation token"), 2);
	/* Another repository: another token. One where it is not installed: said. */
	assert_true(github_repo_get(g, a, "acme/orders", &repo, &e));
	assert_int_equal(effects(&w, a, "installation token"), 3);
	assert_false(github_repo_get(g, a, "acme/reports", &repo, &e));
	assert_int_equal(e.code, ERR_NOT_FOUND);
	assert_non_null(strstr(e.msg, "install it there"));
	/* It ends: a new one is taken in time. */
	sandbox_control(w.sb, a, "/time", "{\"advance_ms\":3700000}");
	e = (struct err){0};
	assert_false(github_repo_get(g, a, "acme/api", &repo, &e)); /* our clock did not move */
	assert_int_equal(e.code, ERR_AUTH);
	/* What it still holds is given back at the end. */
	github_free(g);
	assert_int_equal(effects(&w, a, "installation token revoked"), 3);
	down(&w);
}

/* What the real one refuses: another key, no key. */
static void test_app_refused(void **state)
{
	static const char lines[] =
	        "-----BEGIN PRIVATE KEY-----\\nAAAA\\n-----END PRIVATE KEY-----";
	struct arena *a = *state;
	struct github_repo repo;
	struct err e = {0};
	struct github *g;
	struct world w;

	if (!up(&w, a))
		skip();
	g = app(&w, a);
	github_free(g);
	w.c.app = "999";
	g = github_new(w.http, &w.c);
	assert_false(github_repo_get(g, a, "acme/api", &repo, &e));
	assert_int_equal(e.code, ERR_AUTH);
	assert_non_null(strstr(e.msg, "GITHUB_APP_KEY"));
	assert_null(strstr(e.msg, "BEGIN"));
	github_free(g);
	w.c.app_key = lines;
	g = github_new(w.http, &w.c);
	e = (struct err){0};
	assert_false(github_repo_get(g, a, "acme/api", &repo, &e));
	assert_int_equal(e.code, ERR_CONFIG);
	assert_non_null(strstr(e.msg, "GITHUB_APP_KEY"));
	github_free(g);
	down(&w);
}

/* --- the Git data API --- */

struct made {
	const char *base, *tree, *commit;
};

static void make(struct github *g, struct arena *a, const char *text, struct made *m)
{
	struct github_new_commit n = {.message = "m",
	        .name = "heal",
	        .email = "heal@acme.example",
	        .when_ms = 1763978340000};
	struct github_entry entries[] = {
	        {"src/new.sh", "100755", NULL}, {"README.md", "100644", NULL}};
	struct github_commit base;
	struct err e = {0};

	if (!github_branch(g, a, "acme/api", "main", &m->base, &e) ||
	        !github_commit_get(g, a, "acme/api", m->base, &base, &e) ||
	        !github_blob_put(g, a, "acme/api", text, strlen(text), &entries[0].sha, &e) ||
	        !github_tree_put(g, a, "acme/api", base.tree, entries, 2, &m->tree, &e))
		fail_msg("%s", e.msg);
	n.tree = m->tree;
	n.parent = m->base;
	if (!github_commit_put(g, a, "acme/api", &n, &m->commit, &e))
		fail_msg("%s", e.msg);
}

static void test_objects(void **state)
{
	struct arena *a = *state;
	const char *data, *sha;
	struct made one, again, other;
	struct err e = {0};
	struct github *g;
	struct world w;
	size_t n;

	if (!up(&w, a))
		skip();
	w.c.token = TOKEN;
	g = github_new(w.http, &w.c);
	make(g, a, "#!/bin/sh\n\n", &one);
	make(g, a, "#!/bin/sh\n\n", &again);
	make(g, a, "#!/bin/sh\n", &other);
	/* Named by their content. */
	assert_string_equal(one.commit, again.commit);
	assert_string_not_equal(one.commit, other.commit);
	/* A branch is made once, never overwritten, and never outside of heal/. */
	for (int i = 0; i < 2; i++)
		if (!github_ref_put(g, a, "acme/api", "heal/inc-2-1", one.commit, &e))
			fail_msg("%s", e.msg);
	assert_false(github_ref_put(g, a, "acme/api", "heal/inc-2-1", other.commit, &e));
	assert_int_equal(e.code, ERR_CONFLICT);
	assert_false(github_ref_put(g, a, "acme/api", "main", one.commit, &e));
	assert_int_equal(e.code, ERR_INPUT);
	assert_true(github_branch(g, a, "acme/api", "heal/inc-2-1", &sha, &e));
	assert_string_equal(sha, one.commit);
	/* The bytes are there as they were given, and what was removed is gone. */
	assert_true(github_file_get(g, a, "acme/api", "src/new.sh", one.commit, &data, &n, &e));
	assert_int_equal(n, 11);
	assert_memory_equal(data, "#!/bin/sh\n\n", 11);
	assert_false(github_file_get(g, a, "acme/api", "README.md", one.commit, &data, &n, &e));
	assert_int_equal(e.code, ERR_NOT_FOUND);
	assert_int_equal(effects(&w, a, "push"), 1);
	github_free(g);
	/* A token that only reads. */
	w.c.token = READ_IT;
	g = github_new(w.http, &w.c);
	assert_true(github_branch(g, a, "acme/api", "main", &sha, &e));
	e = (struct err){0};
	assert_false(github_ref_put(g, a, "acme/api", "heal/inc-3-1", sha, &e));
	assert_int_equal(e.code, ERR_FORBIDDEN);
	assert_non_null(strstr(e.msg, "contents=write"));
	github_free(g);
	down(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        UNIT_ARENA(test_app),
	        UNIT_ARENA(test_app_refused),
	        UNIT_ARENA(test_objects),
	};
	int rc;

	http_global_init();
	http_set_gate(http_gate_none, NULL);
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	http_global_fini();
	return rc;
}
