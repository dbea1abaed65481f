/*
 * git_repo.h - the bare repositories behind the GitHub and git peers, on disk, and running git.
 *
 * Every call of git blocks for some milliseconds: the repositories are tiny.
 */
#ifndef HEAL_SANDBOX_GIT_REPO_H
#define HEAL_SANDBOX_GIT_REPO_H

#include "sandbox.h"

struct git_repos;

/* Makes a temporary folder and all seed_repos in it. Aborts when git is not installed. */
struct git_repos *git_repos_new(void);
void git_repos_free(struct git_repos *g); /* removes the folder */
void git_repos_reset(struct git_repos *g);
/* Those of the git peer; any time after init. */
struct git_repos *git_repos_of(struct sb *sb);

const char *git_repos_dir(const struct git_repos *g);
/* Environment for git processes ("NAME=value", NULL-terminated). */
const char *const *git_repos_env(const struct git_repos *g);

/* Runs git in a repository ("acme/api") and gives what it printed, without the last newline; NULL
 * when it failed. args: NULL-terminated, without "git". */
char *git_run(struct git_repos *g, struct arena *a, const char *repo, const char *const *args);
#define GIT(g, a, repo, ...) git_run(g, a, repo, (const char *const[]){__VA_ARGS__, NULL})

/* All bytes it printed, the last newline too; "" when it failed. */
char *git_run_raw(struct git_repos *g, struct arena *a, const char *repo, const char *const *args,
        size_t *n_out);
/* The same with one more variable ("NAME=value"; NULL = none) and bytes for its standard input. */
char *git_run_input(struct git_repos *g, struct arena *a, const char *repo, const char *env,
        const char *const *args, const char *input, size_t n_input);

/* The commit of a branch, or NULL. */
const char *git_branch_sha(
        struct git_repos *g, struct arena *a, const char *repo, const char *branch);

#endif
