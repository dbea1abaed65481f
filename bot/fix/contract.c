/* contract.c - what a person approved: checked, stored, read back. */
#include <string.h>

#include "fix.h"
#include "github.h"
#include "str.h"

#define MAX_FILES   20
#define MAX_LINES   800
#define MAX_TURNS   120
#define IDLE_MS     600000
#define COMMAND_MAX 300
#define GLOBS_MAX   100

const char *const fix_forbidden_default[] = {".github/**", ".gitlab-ci.yml", ".circleci/**",
        "Jenkinsfile",                                          /* what runs by itself */
        ".env", ".env.*", "*.pem", "*.key", "*.p12", "id_rsa*", /* secrets */
        "package-lock.json", "yarn.lock", "pnpm-lock.yaml", "poetry.lock", "Cargo.lock", "go.sum",
        "Gemfile.lock", "composer.lock", /* dependencies come with the plan or not at all */
        "Dockerfile*", "docker-compose*.yml", "railway.json", "railway.toml", "Procfile",
        "nixpacks.toml", ".gitmodules", NULL};

const char *fix_branch(struct arena *a, int64_t incident, int n)
{
	return arena_printf(a, "heal/inc-%lld-%d", (long long)incident, n);
}

const char *fix_folder(struct arena *a, const struct fix_contract *c)
{
	return c->folder ? c->folder : arena_printf(a, "inc-%lld-%d", (long long)c->incident, c->n);
}

const char *fix_title(struct arena *a, const struct fix_contract *c)
{
	return arena_printf(
	        a, "heal:inc-%lld-%d:%s", (long long)c->incident, c->n, str_or(c->repo, ""));
}

/* --- check --- */

static bool only(const char *s, const char *also)
{
	for (; *s; s++) {
		if (!((*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z') ||
		            (*s >= '0' && *s <= '9') || strchr(also, *s)))
			return false;
	}
	return true;
}

/* Stricter than git-check-ref-format(1): nothing a shell could read as anything else. */
static bool ref_ok(const char *s)
{
	return s && *s && strlen(s) <= 200 && only(s, "._/-+") && *s != '-' && *s != '/' &&
	       *s != '.' && !strstr(s, "..") && !strstr(s, "//") && !strstr(s, "/.") &&
	       !str_ends(s, ".lock") && !str_ends(s, "/") && !str_ends(s, ".");
}

static bool url_ok(const char *s)
{
	return s && (str_starts(s, "https://") || str_starts(s, "http://")) && strlen(s) < 400 &&
	       only(s, ":/._-~%+"); /* no "@": credentials do not belong into a URL */
}

static bool path_ok(const char *s)
{
	return *s && *s != '/' && *s != '-' && strlen(s) <= 200 && !strstr(s, "..") &&
	       only(s, "._/-+@ ");
}

static bool line_ok(const char *s)
{
	size_t n = strlen(s);

	if (n == 0 || n > COMMAND_MAX)
		return false;
	for (; *s; s++) {
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			return false;
	}
	return true;
}

static bool bad(struct err *e, const char *field, const char *value)
{
	return err_set(e, ERR_INPUT, false, "the contract's %s is not usable: “%.120s”", field,
	        value ? value : "");
}

static bool globs_ok(const char **list, struct err *e, const char *what)
{
	size_t n = 0;

	for (; list && list[n]; n++)
		if (!line_ok(list[n]) || strstr(list[n], "..") || *list[n] == '/')
			return bad(e, what, list[n]);
	return n <= GLOBS_MAX || bad(e, what, "more than 100");
}

bool fix_contract_check(const struct fix_contract *c, struct err *e)
{
	if (c->incident <= 0 || c->n <= 0)
		return bad(e, "incident", "none");
	if (!github_repo_ok(c->repo))
		return bad(e, "repository (owner/name)", c->repo);
	if (!url_ok(c->clone_url))
		return bad(e, "clone URL", c->clone_url);
	if (!ref_ok(c->base))
		return bad(e, "base branch", c->base);
	if (!ref_ok(c->branch) || !str_starts(c->branch, "heal/"))
		return bad(e, "branch", c->branch);
	if (str_eq(c->base, c->branch))
		return bad(e, "base branch", c->base);
	if (c->folder && (!only(c->folder, "-") || strlen(c->folder) > 60))
		return bad(e, "folder", c->folder);
	if (c->directory && !path_ok(c->directory))
		return bad(e, "directory", c->directory);
	if (c->tests && !line_ok(c->tests))
		return bad(e, "test command", c->tests);
	if (!c->publish_cmd || !line_ok(c->publish_cmd))
		return bad(e, "opencode.publish_cmd", c->publish_cmd);
	if (!c->plan || !*c->plan)
		return bad(e, "plan", "empty");
	if (!globs_ok(c->allowed, e, "allowed paths") ||
	        !globs_ok(c->forbidden, e, "forbidden paths"))
		return false;
	return true;
}

/* --- JSON --- */

static const char *const publish_names[] = {"bot", "agent", NULL};
static const char *const breach_names[] = {"draft", "stop", "flag", NULL};

static int index_of(const char *const *names, const char *name)
{
	for (int i = 0; names[i]; i++)
		if (str_eq(names[i], name))
			return i;
	return 0;
}

static void set_list(json *j, const char *key, const char *const *list)
{
	json *arr = list ? json_set_arr(j, key) : NULL;

	for (size_t i = 0; list && list[i]; i++)
		json_add_str(arr, list[i]);
}

json *fix_contract_json(struct arena *a, const struct fix_contract *c)
{
	json *j = json_obj(a);

	json_set_str(j, "publish", publish_names[c->publish]);
	json_set_str(j, "breach", breach_names[c->breach]);
	json_set_int(j, "test_rounds", c->test_rounds);
	json_set_bool(j, "tests_must_pass", c->tests_must_pass);
	json_set_int(j, "ci_rounds", c->ci_rounds);
	json_set_int(j, "incident", c->incident);
	json_set_int(j, "n", c->n);
	json_set_str(j, "service", c->service);
	json_set_str(j, "headline", c->headline);
	json_set_str(j, "repo", c->repo);
	json_set_str(j, "clone_url", c->clone_url);
	json_set_str(j, "base", c->base);
	json_set_str(j, "branch", c->branch);
	json_set_str(j, "folder", c->folder);
	json_set_str(j, "directory", c->directory);
	json_set_str(j, "tests", c->tests);
	json_set_str(j, "publish_cmd", c->publish_cmd);
	json_set_int(j, "plan_version", c->plan_version);
	json_set_str(j, "plan_hash", c->plan_hash);
	json_set_str(j, "plan", c->plan);
	json_set(j, "evidence", c->evidence);
	json_set_str(j, "cause", c->cause);
	json_set_str(j, "thread", c->thread);
	json_set_str(j, "extra", c->extra);
	json_set_str(j, "requested_by", c->requested_by);
	set_list(j, "allowed", (const char *const *)c->allowed);
	set_list(j, "forbidden",
	        c->forbidden ? (const char *const *)c->forbidden : fix_forbidden_default);
	json_set_int(j, "max_files", c->max_files > 0 ? c->max_files : MAX_FILES);
	json_set_int(j, "max_lines", c->max_lines > 0 ? c->max_lines : MAX_LINES);
	json_set_num(j, "budget_usd", c->budget_usd);
	json_set_int(j, "deadline_ms", c->deadline_ms);
	json_set_int(j, "work_ms", c->work_ms);
	json_set_int(j, "idle_ms", c->idle_ms > 0 ? c->idle_ms : IDLE_MS);
	json_set_int(j, "max_turns", c->max_turns > 0 ? c->max_turns : MAX_TURNS);
	json_set_bool(j, "draft", c->draft);
	json_set_str(j, "agent", c->agent);
	json_set_str(j, "model", c->model);
	return j;
}

const char *fix_contract_hash(struct arena *a, const struct fix_contract *c)
{
	json *j = fix_contract_json(a, c);

	json_del(j, "deadline_ms");
	return arena_printf(
	        a, "%012llx", (unsigned long long)(json_hash(a, j) & 0xffffffffffffULL));
}

static const char *text(struct arena *a, const json *j, const char *path)
{
	return arena_strdup(a, json_str(j, path, NULL));
}

static const char **get_list(struct arena *a, const json *list)
{
	const char **out;
	size_t n = 0;

	if (!json_is_arr(list))
		return NULL;
	out = ARENA_ARRAY(a, json_len(list) + 1, const char *);
	json_each (it, list) {
		if (json_is_str(it))
			out[n++] = text(a, it, "");
	}
	return out;
}

bool fix_contract_parse(struct arena *a, const json *j, struct fix_contract *out, struct err *e)
{
	if (!json_is_obj(j) || json_int(j, ".incident", 0) <= 0 || !json_has(j, ".repo"))
		return err_set(
		        e, ERR_PROTO, false, "the stored contract of the fix is not readable");
	*out = (struct fix_contract){
	        /* a contract without the word is of a time when agents published */
	        .publish =
	                (enum fix_publish)index_of(publish_names, json_str(j, ".publish", "agent")),
	        .breach = (enum fix_breach)index_of(breach_names, json_str(j, ".breach", "draft")),
	        .test_rounds = (int)json_int(j, ".test_rounds", 0),
	        .tests_must_pass = json_bool(j, ".tests_must_pass", false),
	        .ci_rounds = (int)json_int(j, ".ci_rounds", 0),
	        .incident = json_int(j, ".incident", 0),
	        .n = (int)json_int(j, ".n", 0),
	        .service = text(a, j, ".service"),
	        .headline = text(a, j, ".headline"),
	        .repo = text(a, j, ".repo"),
	        .clone_url = text(a, j, ".clone_url"),
	        .base = text(a, j, ".base"),
	        .branch = text(a, j, ".branch"),
	        .folder = text(a, j, ".folder"),
	        .directory = text(a, j, ".directory"),
	        .tests = text(a, j, ".tests"),
	        .publish_cmd = text(a, j, ".publish_cmd"),
	        .plan_version = (int)json_int(j, ".plan_version", 0),
	        .plan_hash = text(a, j, ".plan_hash"),
	        .plan = text(a, j, ".plan"),
	        .evidence =
	                json_has(j, ".evidence") ? json_copy(a, json_get(j, ".evidence")) : NULL,
	        .cause = text(a, j, ".cause"),
	        .thread = text(a, j, ".thread"),
	        .extra = text(a, j, ".extra"),
	        .requested_by = text(a, j, ".requested_by"),
	        .allowed = get_list(a, json_get(j, ".allowed")),
	        .forbidden = get_list(a, json_get(j, ".forbidden")),
	        .max_files = (int)json_int(j, ".max_files", MAX_FILES),
	        .max_lines = (int)json_int(j, ".max_lines", MAX_LINES),
	        .budget_usd = json_num(j, ".budget_usd", 0),
	        .deadline_ms = json_int(j, ".deadline_ms", 0),
	        .work_ms = json_int(j, ".work_ms", 0),
	        .idle_ms = json_int(j, ".idle_ms", IDLE_MS),
	        .max_turns = (int)json_int(j, ".max_turns", MAX_TURNS),
	        .draft = json_bool(j, ".draft", true),
	        .agent = text(a, j, ".agent"),
	        .model = text(a, j, ".model"),
	};
	return true;
}
