/*
 * repos.h - the git repositories of the simulated organisation, and how each is really repaired.
 *
 * The programs are POSIX sh, so that their tests run wherever the sandbox runs. The GitHub peer
 * turns them into bare git repositories with fixed authors and dates: the commit ids are the same
 * in every run. The LLM peer plays the engineer who finds the repair: a test that shows the defect,
 * then one replacement in one file. Constant data; any thread.
 */
#ifndef SANDBOX_REPOS_H
#define SANDBOX_REPOS_H

#include <stdbool.h>
#include <stddef.h>

struct seed_file {
	const char *path;
	const char *text; /* NULL in a later commit = deleted */
};

struct seed_commit {
	const char *message, *author;  /* author: one word, also the mail address */
	long when;                     /* Unix seconds */
	const struct seed_file *files; /* ended by {NULL, NULL} */
};

struct seed_repair {
	const char *test_path, *test_text; /* a new file: fails before, passes after */
	const char *path, *before, *after; /* replace once in this file */
	const char *title;                 /* of commit and pull request */
	const char *body;                  /* what was wrong, what changed */
};

struct seed_repo {
	const char *name; /* owner/name */
	bool is_private;
	const char *tests;                 /* command */
	const struct seed_commit *commits; /* oldest first; ended by {NULL} */
	const struct seed_repair *repair;  /* NULL = nothing is wrong with it */
};

/* Ended by {NULL}. Not all of them are made in every sandbox: seed_repo_here(). */
bool seed_repo_here(const struct seed_repo *r);
extern const struct seed_repo seed_repos[];
/* NULL when there is none of that name. */
const struct seed_repo *seed_repo_find(const char *name);

#endif
