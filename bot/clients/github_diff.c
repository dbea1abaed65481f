/* github_diff.c - what a branch changes, and reading files. */
#include <string.h>

#include "clients/github_wire.h"

#define COMPARE_FILES 300 /* GitHub lists no more */
#define TEXT_MAX      (1u << 20)

static void file_parse(const json *j, struct github_file *f)
{
	*f = (struct github_file){
	        .path = json_str(j, ".filename", ""),
	        .previous = json_str(j, ".previous_filename", NULL),
	        .status = json_str(j, ".status", ""),
	        .additions = (int)json_int(j, ".additions", 0),
	        .deletions = (int)json_int(j, ".deletions", 0),
	        .patch = json_str(j, ".patch", NULL),
	};
}

bool github_compare(struct github *g, struct arena *a, const char *repo, const char *base,
        const char *head, struct github_diff *out, struct err *e)
{
	struct gh_call c = {.what = arena_printf(a, "comparison of %.80s with %.80s", head, base)};
	const json *j = NULL, *files, *last;

	if (!gh_repo(repo, e))
		return false;
	c.path = gh_path(a, repo, "/compare/%s...%s", gh_ref(a, base), gh_ref(a, head));
	if (!gh_do(g, a, &c, &j, e))
		return false;
	files = json_get(j, ".files");
	*out = (struct github_diff){
	        .merge_base = json_str(j, ".merge_base_commit.sha", ""),
	        .ahead = (int)json_int(j, ".ahead_by", 0),
	        .behind = (int)json_int(j, ".behind_by", 0),
	        .files = ARENA_ARRAY(a, json_len(files) + 1, struct github_file),
	        .head_sha = "",
	        .truncated = json_len(files) >= COMPARE_FILES,
	};
	json_each (it, files)
		file_parse(it, &out->files[out->nfiles++]);
	last = NULL;
	json_each (it, json_get(j, ".commits"))
		last = it;
	out->head_sha = json_str(last, ".sha", "");
	return true;
}

static bool file_get(struct github *g, struct arena *a, const char *repo, const char *path,
        const char *ref, struct gh_call *c, struct err *e)
{
	struct str p = str_new(a);
	const json *none = NULL;

	if (!gh_repo(repo, e))
		return false;
	c->what = arena_printf(a, "file %.120s", path);
	c->accept = "application/vnd.github.raw+json";
	str_addf(&p, "/contents/%s", gh_ref(a, path));
	if (ref) {
		str_add(&p, "?ref=");
		str_url(&p, ref);
	}
	c->path = gh_path(a, repo, "%s", p.s);
	if (!gh_do(g, a, c, &none, e))
		return false;
	return strstr(c->type, "raw") ||
	       err_set(e, ERR_PROTO, false, "GitHub: %s is not a file", c->what);
}

bool github_file_get(struct github *g, struct arena *a, const char *repo, const char *path,
        const char *ref, const char **data_out, size_t *n_out, struct err *e)
{
	struct gh_call c = {0};

	if (!file_get(g, a, repo, path, ref, &c, e))
		return false;
	*data_out = c.raw;
	*n_out = c.raw_len;
	return true;
}

bool github_file_text(struct github *g, struct arena *a, const char *repo, const char *path,
        const char *ref, const char **text_out, struct err *e)
{
	struct gh_call c = {.max_bytes = TEXT_MAX};

	if (!file_get(g, a, repo, path, ref, &c, e))
		return false;
	*text_out = c.raw;
	return true;
}

bool github_tree_get(struct github *g, struct arena *a, const char *repo, const char *ref,
        struct github_tree *out, struct err *e)
{
	struct gh_call c = {.what = arena_printf(a, "file list of %.120s", ref)};
	const json *j = NULL;

	if (!gh_repo(repo, e))
		return false;
	/* The tree call takes no ref with a slash in it. */
	if (strchr(ref, '/') && !github_branch(g, a, repo, ref, &ref, e))
		return false;
	c.path = gh_path(a, repo, "/git/trees/%s?recursive=1", gh_ref(a, ref));
	if (!gh_do(g, a, &c, &j, e))
		return false;
	*out = (struct github_tree){
	        .paths = ARENA_ARRAY(a, json_len(json_get(j, ".tree")) + 1, const char *),
	        .truncated = json_bool(j, ".truncated", false),
	};
	json_each (it, json_get(j, ".tree")) {
		if (str_eq(json_str(it, ".type", ""), "blob"))
			out->paths[out->n++] = json_str(it, ".path", "");
	}
	return true;
}
