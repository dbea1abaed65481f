/* The source at the deployed commit: what the logs name, and the manifests. See looks.h. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "github.h"
#include "handler.h"
#include "looks_i.h"
#include "str.h"
#include "upstream.h"

enum { MAX_EXCERPTS = 2, MAX_MANIFESTS = 3, AROUND = 8, MAX_LINE = 160 };

/* The path of the tree that a place in a container means: "/app/src/a.ts" is "src/a.ts". */
static const char *in_tree(const struct github_tree *t, const char *path)
{
	for (const char *p = path; p && *p; p = strchr(p, '/')) {
		p += *p == '/';
		for (size_t i = 0; i < t->n; i++) {
			if (str_eq(t->paths[i], p))
				return t->paths[i];
		}
	}
	return NULL;
}

static const char *excerpt(struct wf *w, const char *text, long line)
{
	struct str b = str_new(wf_arena(w));
	long at = 1;

	for (const char *s = text; *s && at <= line + AROUND; at++) {
		size_t n = strcspn(s, "\n");

		if (at >= line - AROUND)
			str_addf(&b, "\n%s%ld %s", at == line ? ">" : " ", at,
			        look_safe(w, arena_strndup(wf_arena(w), s, n), MAX_LINE));
		s += n + (s[n] == '\n');
	}
	return b.s;
}

struct source {
	const char *repo, *commit;
	struct github_tree tree;
};

static bool read_file(struct wf *w, const struct source *s, const char *path, const char **text)
{
	struct err none = {0};

	return github_file_text(
	        wf_heal(w)->github, wf_arena(w), s->repo, path, s->commit, text, &none);
}

/* place: "src/orders.ts:12". */
static bool add_place(struct wf *w, struct look *k, const struct source *s, const char *place)
{
	struct arena *a = wf_arena(w);
	const char *colon = strrchr(place, ':'), *path, *text;
	long line = colon ? strtol(colon + 1, NULL, 10) : 0;

	path = colon ? in_tree(&s->tree, arena_strndup(a, place, (size_t)(colon - place))) : NULL;
	if (!path || line <= 0 || !read_file(w, s, path, &text))
		return false;
	evidence_add_code(k->list,
	        arena_printf(a, "%s at %.7s, around line %ld, which the logs name%s", path,
	                s->commit, line, excerpt(w, text, line)),
	        arena_printf(a, "%s/%s/blob/%s/%s#L%ld", wf_heal(w)->settings->github.git_url,
	                s->repo, s->commit, path, line));
	return true;
}

static bool is_manifest(const char *path)
{
	static const char *const names[] = {
	        "package.json", "requirements.txt", "pyproject.toml", "go.mod", "Gemfile"};
	const char *base = strrchr(path, '/');

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (str_eq(base ? base + 1 : path, names[i]))
			return !strstr(path, "node_modules/");
	}
	return false;
}

static void add_manifests(struct wf *w, const struct source *s, struct upstreams *u)
{
	size_t n = 0;
	const char *text;

	for (size_t i = 0; i < s->tree.n && n < MAX_MANIFESTS; i++) {
		if (is_manifest(s->tree.paths[i]) && ++n &&
		        read_file(w, s, s->tree.paths[i], &text))
			upstreams_manifest(u, s->tree.paths[i], text);
	}
}

const json *look_code(struct wf *w, const json *in, struct err *e)
{
	struct heal *h = wf_heal(w);
	struct source s = {0};
	struct upstreams *u;
	struct look k;
	struct err why = {0};
	size_t n = 0;

	if (!look_init(w, in, &k, e))
		return NULL;
	s.commit = json_str(k.inc->facts, ".change.commit", NULL);
	s.repo = str_or(settings_service(h->settings, k.inc->service)->repo,
	        json_str(k.inc->facts, ".service.repo", NULL));
	if (!h->github || !s.repo || !s.commit)
		return look_done(w, &k);
	if (!github_tree_get(h->github, wf_arena(w), s.repo, s.commit, &s.tree, &why))
		return look_failed(w, &k, "the repository's files", &why, e);
	json_each (place, json_get(in, ".places"))
		n += n < MAX_EXCERPTS && add_place(w, &k, &s, json_str(place, "", ""));
	u = upstreams_new(wf_arena(w));
	add_manifests(w, &s, u);
	json_set(k.out, "signs", upstreams_json(u, wf_arena(w)));
	return look_done(w, &k);
}
