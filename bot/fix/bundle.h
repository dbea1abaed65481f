/*
 * bundle.h - what the agent committed, read through the OpenCode server and checked byte by byte;
 * for bot/fix.
 *
 * The bot asks the agent's host with two commands of its own. What comes back is foreign: ids are
 * recomputed from the bytes (git hash-object: SHA-1 of "blob <n>\0" and the content), and what a
 * file was before is asked of GitHub, not of the host. Pure but for the command texts.
 */
#ifndef FIX_BUNDLE_H
#define FIX_BUNDLE_H

#include "fix.h"

struct bundle_file {
	const char *path;       /* UTF-8, relative, without ".." and ".git" */
	int old_mode, new_mode; /* as git writes them, octal; 0 = absent */
	const char *sha;        /* of the new blob; NULL = removed, or no blob (a submodule) */
	const char *data;       /* bundle_contents(); NUL-terminated, `n` bytes; NULL = not read */
	size_t n;
};

struct bundle {
	const char *base, *head, *tree; /* commit ids, tree of head */
	const char *message;            /* of all commits since base, oldest first */
	int commits, dirty;             /* dirty: changed files that were not committed */
	struct bundle_file *files;
	size_t nfiles;
	uint64_t bytes; /* of all new blobs */
};

/* Prints the head of a bundle: bundle_parse(). NULL-free text for sh; every name in it was checked
 * by fix_contract_check(). */
const char *bundle_command(struct arena *a, const struct fix_contract *c);
/* False with ERR_NOT_FOUND when there is no work tree, no branch and no commit; ERR_PROTO when the
 * answer is none. */
bool bundle_parse(struct arena *a, const char *output, struct bundle *out, struct err *e);
/* Prints the contents of the new blobs: bundle_contents(). */
const char *bundle_contents_command(
        struct arena *a, const struct fix_contract *c, const struct bundle *b);
/* Fills data. ERR_PROTO when a blob is missing or its bytes are not those of its id. */
bool bundle_contents(struct arena *a, const char *output, struct bundle *b, struct err *e);

/* A file's change as lines: `old` and `new` may be NULL (added, removed). Fills additions,
 * deletions and patch (unified, without context) of `f`; patch stays NULL for binary content.
 * Myers' O(ND) difference; beyond 1,000 edits what lies between the first and
 * the last one counts as replaced. */
struct text {
	const char *s;
	size_t n;
};
void line_diff(
        struct arena *a, const struct text *old, const struct text *new, struct github_file *f);

#endif
