/* gate.c - what a branch changes, against what was approved. Pure. */
#include <string.h>

#include "fix/outcome.h"
#include "str.h"

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
	if (g->nflags < FIX_FLAGS_MAX)
		g->flags[g->nflags++] = text;
}

void fix_gate_stop(struct fix_gate *g, const char *text)
{
	/* First: what is shown when there is room for one. */
	if (!g->stop && g->nflags > 0 && g->nflags < FIX_FLAGS_MAX) {
		memmove(g->flags + 1, g->flags, g->nflags * sizeof(*g->flags));
		g->flags[0] = text;
		g->nflags++;
		g->ok = false;
	} else {
		fix_gate_flag(g, text);
	}
	g->stop = true;
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

bool fix_is_test_path(const char *path)
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
		fix_gate_stop(g->out,
		        arena_printf(g->a, "changes %s, which must never be changed", shown));
	} else if (listed(forbidden, SIZE_MAX, path)) {
		flag(g, arena_printf(g->a, "changes %s, which the contract forbids", shown));
	} else if (c->allowed && c->allowed[0] &&
	           !listed((const char *const *)c->allowed, SIZE_MAX, path)) {
		flag(g, arena_printf(g->a, "changes %s, outside the allowed paths", shown));
	}
}

/* Files that are none: a link leads out of what was approved, another repository cannot be read. */
static void check_mode(struct gate *g, const struct github_file *f, const char *shown)
{
	if (f->new_mode == 0120000)
		fix_gate_stop(g->out, arena_printf(g->a, "makes %s a symbolic link", shown));
	else if (f->new_mode == 0160000 || f->old_mode == 0160000 ||
	         (f->patch && strstr(f->patch, "+Subproject commit ")))
		fix_gate_stop(g->out, arena_printf(g->a, "changes the submodule %s", shown));
	else if (f->new_mode && f->new_mode != f->old_mode && f->old_mode)
		flag(g, arena_printf(g->a, "changes the mode of %s (%o to %o)", shown,
		                (unsigned)f->old_mode, (unsigned)f->new_mode));
	else if (f->new_mode == 0100755 && f->old_mode == 0)
		flag(g, arena_printf(g->a, "adds the executable file %s", shown));
}

static void check_file(struct gate *g, const struct fix_contract *c, const struct github_file *f)
{
	const char *shown = str_clean(g->a, f->path, strlen(f->path), 120);
	bool removed = str_eq(f->status, "removed");

	check_path(g, c, f->path);
	if (f->previous)
		check_path(g, c, f->previous);
	check_mode(g, f, shown);
	if (!f->patch && !removed && f->additions + f->deletions == 0 &&
	        !str_eq(f->status, "renamed"))
		flag(g, arena_printf(g->a, "%s is a binary file", shown));
	if (fix_is_test_path(f->path) && removed)
		flag(g, arena_printf(g->a, "removes the test %s", shown));
	else if (fix_is_test_path(f->path) && f->deletions > f->additions)
		flag(g, arena_printf(g->a, "takes more out of the test %s than it adds (−%d +%d)",
		                shown, f->deletions, f->additions));
}

/* What the contract says becomes of it. */
static void conclude(const struct fix_contract *c, struct fix_gate *out)
{
	if (out->ok)
		return;
	out->draft = c->breach == FIX_BREACH_DRAFT;
	out->stop = out->stop || c->breach == FIX_BREACH_STOP;
}

void fix_gate_check(struct arena *a, const struct fix_contract *c, const struct github_diff *d,
        struct redact *r, struct fix_gate *out)
{
	struct gate g = {.a = a, .out = out};

	*out = (struct fix_gate){
	        .ok = true, .flags = ARENA_ARRAY(a, FIX_FLAGS_MAX + 1, const char *)};
	for (size_t i = 0; i < d->nfiles; i++) {
		out->files++;
		out->additions += d->files[i].additions;
		out->deletions += d->files[i].deletions;
		check_file(&g, c, &d->files[i]);
		fix_gate_lines(a, &d->files[i], r, out);
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
	conclude(c, out);
}
