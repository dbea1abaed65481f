/*
 * github.h - GitHub's REST API (github.com or Enterprise), typed: the calls a fix needs.
 *
 * A `struct github` belongs to one worker thread. Results live in the arena given to each call.
 * `repo` is "owner/name". Times are wall ms, 0 = none. Texts are foreign: redact before storing,
 * escape when showing. There is no call that merges: people do that.
 *
 * Errors of every call: ERR_AUTH (401), ERR_FORBIDDEN (names the permission the token lacks),
 * ERR_NOT_FOUND (GitHub says 404 also for private repositories the token cannot see), ERR_LIMITED
 * (primary: until the reset; secondary: Retry-After, else 60 s), ERR_CONFLICT, ERR_INPUT (422, with
 * GitHub's own reason), ERR_STATUS (5xx, retryable), ERR_PROTO, and those of http_do(). Never
 * retries. The token travels in the Authorization header only.
 */
#ifndef HEAL_GITHUB_H
#define HEAL_GITHUB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "err.h"

struct http;
struct github;

/* Either a token, or a GitHub App: then each repository gets installation tokens of its own, cut to
 * it, one that reads and, for as long as something is written, one that writes (an hour at most;
 * docs.github.com/rest/apps). */
struct github_config {
	const char *api_url; /* NULL = https://api.github.com; Enterprise: https://HOST/api/v3 */
	const char *token;   /* any length; never logged, never in an error; NULL with an App */
	const char *app;     /* App id or client id; NULL with a token */
	const char *app_key; /* its private key, PEM (PKCS #1 or #8), lines or literal \n */
	uint32_t timeout_ms; /* 0 = 20,000 */
};

/* `c` is copied; `h` outlives the result. */
struct github *github_new(struct http *h, const struct github_config *c);
/* Revokes what installation tokens it holds. */
void github_free(struct github *g);
/* Revokes the installation tokens that write: called when a piece of work is done. Failures are
 * logged only: the tokens end within the hour. */
void github_release(struct github *g);

/* "owner/name" of letters, digits and . _ - as GitHub allows them; so that it can go into a URL. */
bool github_repo_ok(const char *repo);

/* Whose token it is ("ana", "App Heal"), for doctor. */
bool github_whoami(struct github *g, struct arena *a, const char **login_out, struct err *e);

struct github_repo {
	int64_t id;
	const char *full_name; /* the present one: old names answer after a rename */
	const char *default_branch, *url;
	bool is_private, archived, can_push;
};
bool github_repo_get(struct github *g, struct arena *a, const char *repo, struct github_repo *out,
        struct err *e);

/* The commit a branch points to. ERR_NOT_FOUND when it does not exist. */
bool github_branch(struct github *g, struct arena *a, const char *repo, const char *branch,
        const char **sha_out, struct err *e);
/* Deletes a branch, only under "heal/" (ERR_INPUT else). True also when it is gone. */
bool github_delete_branch(
        struct github *g, struct arena *a, const char *repo, const char *branch, struct err *e);

enum github_mergeable { GITHUB_MERGE_UNKNOWN, GITHUB_MERGE_CLEAN, GITHUB_MERGE_CONFLICT };

struct github_pr {
	int number;
	const char *url, *title, *body;
	const char *state; /* open closed */
	bool draft, merged;
	const char *head_ref, *head_sha, *head_repo; /* head_repo "" when the fork is gone */
	const char *base_ref, *base_repo;
	const char *author;
	const char *merge_sha; /* only when merged */
	int64_t created_ms, merged_ms, closed_ms;
	/* Only from github_pr_get and github_create_pr; 0 / unknown from a list. */
	int additions, deletions, files, commits;
	enum github_mergeable mergeable;
};

/* The pull request of a branch of this repository (not of a fork), open ones first, then the
 * newest. Head, base (NULL = any) and repository are compared here: GitHub ignores filters it does
 * not understand. ERR_NOT_FOUND when there is none. */
bool github_find_pr(struct github *g, struct arena *a, const char *repo, const char *branch,
        const char *base, struct github_pr *out, struct err *e);
bool github_pr_get(struct github *g, struct arena *a, const char *repo, int number,
        struct github_pr *out, struct err *e);

struct github_new_pr {
	const char *repo, *head, *base, *title, *body; /* head: branch of the same repository */
	bool draft; /* a repository without drafts gets an ordinary one */
};
/* Opens it; when one for this head exists already, gives that one (*created = false). ERR_CONFLICT
 * when there are no commits between base and head. */
bool github_create_pr(struct github *g, struct arena *a, const struct github_new_pr *n,
        struct github_pr *out, bool *created, struct err *e);
bool github_close_pr(
        struct github *g, struct arena *a, const char *repo, int number, struct err *e);

/* Comments once: a hidden mark made of `key` is looked for first. */
bool github_comment(struct github *g, struct arena *a, const char *repo, int number,
        const char *body, const char *key, struct err *e);

/* --- what a branch changes --- */

struct github_file {
	const char *path, *previous; /* previous: of a rename; NULL */
	const char *status;          /* added modified removed renamed … */
	int additions, deletions;
	const char *patch; /* NULL: binary, or too large for GitHub to show */
	int old_mode,
	        new_mode; /* as git writes them (0100644 …); 0 = absent, or GitHub did not say */
};
struct github_diff {
	const char *merge_base, *head_sha;
	int ahead, behind;
	struct github_file *files;
	size_t nfiles;
	bool truncated; /* GitHub lists at most 300 */
};
bool github_compare(struct github *g, struct arena *a, const char *repo, const char *base,
        const char *head, struct github_diff *out, struct err *e);

/* A file's bytes at a ref (NUL-terminated, of *n_out bytes). ERR_NOT_FOUND; ERR_PROTO when it is no
 * file or over 8 MB. */
bool github_file_get(struct github *g, struct arena *a, const char *repo, const char *path,
        const char *ref, const char **data_out, size_t *n_out, struct err *e);
/* A file's text at a ref (NULL = default branch). ERR_PROTO when it is not text or over 1 MB. */
bool github_file_text(struct github *g, struct arena *a, const char *repo, const char *path,
        const char *ref, const char **text_out, struct err *e);

struct github_tree {
	const char **paths; /* files only */
	size_t n;
	bool truncated;
};
bool github_tree_get(struct github *g, struct arena *a, const char *repo, const char *ref,
        struct github_tree *out, struct err *e);

/* --- objects: a branch made without a work tree (Git data API) ---
 *
 * Blobs, trees and commits are named by their content, so writing one twice writes it once. Nothing
 * is visible until github_ref_put() points a branch at it. */

struct github_commit {
	const char *sha, *tree;
	const char *parent; /* the first; "" = none */
};
bool github_commit_get(struct github *g, struct arena *a, const char *repo, const char *sha,
        struct github_commit *out, struct err *e);
/* The bytes go out as they are: they are a file, not a text of ours, and do not pass the redaction
 * gate. The caller has looked for secrets (fix_gate_check). */
bool github_blob_put(struct github *g, struct arena *a, const char *repo, const void *data,
        size_t n, const char **sha_out, struct err *e);

struct github_entry {
	const char *path, *mode; /* "100644" "100755" "120000" */
	const char *sha;         /* of the blob; NULL = removed */
};
/* The tree of `base_tree` with these entries changed. */
bool github_tree_put(struct github *g, struct arena *a, const char *repo, const char *base_tree,
        const struct github_entry *entries, size_t n, const char **sha_out, struct err *e);

struct github_new_commit {
	const char *message, *tree, *parent, *parent2; /* parent2: of a merge; NULL */
	const char *name, *email; /* author and committer; NULL = whose token it is */
	int64_t when_ms;          /* with name: the same arguments make the same commit */
};
bool github_commit_put(struct github *g, struct arena *a, const char *repo,
        const struct github_new_commit *c, const char **sha_out, struct err *e);
/* Makes the branch, or moves it forward; never with force, only under "heal/" (ERR_INPUT else).
 * True also when it is there already. ERR_CONFLICT when it holds something else. */
bool github_ref_put(struct github *g, struct arena *a, const char *repo, const char *branch,
        const char *sha, struct err *e);

/* --- checks of one commit: statuses, check runs and, where the token may not read those, the
 * runs of Actions --- */

enum github_ci {
	GITHUB_CI_NONE, /* nothing checks this repository: its own verdict */
	GITHUB_CI_PENDING,
	GITHUB_CI_GREEN,
	GITHUB_CI_RED,
	GITHUB_CI_UNKNOWN /* not allowed to see: never read as green */
};
const char *github_ci_name(enum github_ci c); /* "none" "pending" "green" "red" "unknown" */

struct github_check {
	const char *name, *state, *url; /* state: success failure pending skipped … */
	int64_t id;                     /* of a check run; 0 = a status, which says nothing more */
};
struct github_checks {
	enum github_ci verdict;
	int total, passed, failed, pending;
	struct github_check *failing; /* at most 10 */
	size_t nfailing;
	bool partial; /* check runs were forbidden, Actions were read instead */
};
bool github_checks_get(struct github *g, struct arena *a, const char *repo, const char *sha,
        struct github_checks *out, struct err *e);
/* What a failing check run itself says: the end of its job's log (Actions), else its annotations
 * and summary; "" when GitHub has nothing, or does not let us see it. At most `max` bytes, clean,
 * not redacted. The log lies behind a redirect, which is followed once and without the token. */
bool github_check_output(struct github *g, struct arena *a, const char *repo,
        const struct github_check *c, size_t max, const char **out, struct err *e);

/* --- what people say --- */

struct github_reviews {
	int approved, changes; /* people whose last word that is */
	const char *by;        /* who said the last of those words; "" */
	bool wants_changes;    /* it was a request for changes */
};
bool github_reviews_get(struct github *g, struct arena *a, const char *repo, int number,
        struct github_reviews *out, struct err *e);

#endif
