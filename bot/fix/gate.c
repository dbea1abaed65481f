/* gate.c - what a branch changes, against what was approved. Pure. */
#include <string.h>

#include "fix/outcome.h"
#include "str.h"

#define FLAGS_MAX 24

/* Not even as a draft: these run by themselves, or hold secrets. */
static const char *const never[] = {".github/workflows/**", ".github/actions/**", ".gitlab-ci.yml",
        ".circleci/**", ".env", ".env.*", "*.pem", "*.key", "*.p12", "id_rsa*"};

struct gate {
	struct arena *a;
	struct fix_gate *out;
};

void fix_gate_flag(struct fix_gate *g, const char *text)
{
	g->ok = false;
	if (g->nflags < FLAGS_MAX)
		g->flags[g->nflags++] = text;
}

static void flag(struct gate *g, const char *text)
{
	fix_gate_flag(g->out, text);
}

static bool listed(const char *const *globs, size_t n, const char *path)
{
	for (size_t i = 0; i < n && globs[i]; i++) {
		if (fix_glob(globs[i], path))
			return true;
	}
	return false;
}

static bool is_test_path(const char *path)
{
	const char *base = strrchr(path, '/');

	base = base ? base + 1 : path;
	return str_starts(path, "test/") || str_starts(path, "tests/") || strstr(path, "/test/") ||
	       strstr(path, "/tests/") || strstr(path, "__tests__/") || str_starts(base, "test_") ||
	       strstr(base, "_test.") || strstr(base, ".test.") || strstr(base, ".spec.");
}

static void check_path(struct gate *g, const struct fix_contract *c, const char *path)
{
	const char *const *forbidden =
	        c->forbidden ? (const char *const *)c->forbidden : fix_forbidden_default;
	const char *shown = str_clean(g->a, path, strlen(path), 120);

	if (str_eq(path, ".env.example"))
		return;
	if (listed(never, sizeof(never) / sizeof(never[0]), path)) {
		g->out->stop = true;
		flag(g, arena_printf(g->a, "changes %s, which must never be changed", shown));
	} else if (listed(forbidden, SIZE_MAX, path)) {
		flag(g, arena_printf(g->a, "changes %s, which the contract forbids", shown));
	} else if (c->allowed && c->allowed[0] &&
	           !listed((const char *const *)c->allowed, SIZE_MAX, path)) {
		flag(g, arena_printf(g->a, "changes %s, outside the allowed paths", shown));
	}
}

static void check_file(struct gate *g, const struct fix_contract *c, const struct github_file *f)
{
	const char *shown = str_clean(g->a, f->path, strlen(f->path), 120);
	bool removed = str_eq(f->status, "removed");

	check_path(g, c, f->path);
	if (f->previous)
		check_path(g, c, f->previous);
	if (!f->patch && !removed && f->additions + f->deletions == 0 &&
	        !str_eq(f->status, "renamed"))
		flag(g, arena_printf(g->a, "%s is a binary file", shown));
	if (is_test_path(f->path) && removed)
		flag(g, arena_printf(g->a, "removes the test %s", shown));
	else if (is_test_path(f->path) && f->deletions > f->additions)
		flag(g, arena_printf(g->a, "takes more out of the test %s than it adds (−%d +%d)",
		                shown, f->deletions, f->additions));
}

void fix_gate_check(struct arena *a, const struct fix_contract *c, const struct github_diff *d,
        struct fix_gate *out)
{
	struct gate g = {.a = a, .out = out};

	*out = (struct fix_gate){.ok = true, .flags = ARENA_ARRAY(a, FLAGS_MAX + 1, const char *)};
	for (size_t i = 0; i < d->nfiles; i++) {
		out->files++;
		out->additions += d->files[i].additions;
		out->deletions += d->files[i].deletions;
		check_file(&g, c, &d->files[i]);
	}
	if (d->truncated)
		flag(&g, "changes more files than GitHub lists");
	if (c->max_files > 0 && out->files > c->max_files)
		flag(&g, arena_printf(
		                 a, "changes %d files; %d were allowed", out->files, c->max_files));
	if (c->max_lines > 0 && out->additions + out->deletions > c->max_lines)
		flag(&g, arena_printf(a, "changes %d lines; %d were allowed",
		                 out->additions + out->deletions, c->max_lines));
	if (d->nfiles == 0) {
		out->stop = true;
		flag(&g, "changes nothing");
	}
}
