/* github_i.h - the parts of the GitHub peer among themselves. */
#ifndef HEAL_SANDBOX_GITHUB_I_H
#define HEAL_SANDBOX_GITHUB_I_H

#include "git_repo.h"
#include "repos.h"
#include "sandbox.h"

/* What a token may do in one repository; both peers ask. */
enum gh_level { GH_NONE, GH_READ, GH_WRITE };
struct gh_grant {
	bool known; /* false: nobody's token */
	bool app;   /* an installation token: cut to repositories and permissions */
	enum gh_level contents, pulls;
};
/* `repo` "owner/name". Known tokens: the settings github.token (may write everywhere) and
 * github.read_token (may only read), and what github_app.c gave out. */
struct gh_grant gh_grant_of(struct sb *sb, const char *token, const char *repo);
/* Installation tokens; false when it gave out no such token, or it ended. */
bool gh_app_grant(struct sb *sb, const char *token, const char *repo, struct gh_grant *out);

struct gh_pull {
	struct gh_pull *next; /* older */
	int number;
	const char *repo, *title, *body, *head, *base;
	bool draft, closed, merged;
	int64_t created_ms, closed_ms, merged_ms;
	const char *merge_sha;
	const char *head_sha; /* when it was closed or merged; NULL while open */
};

struct gh_comment {
	struct gh_comment *next; /* newer */
	int64_t id;
	const char *repo, *body;
	int number;
};

/* A check run or a status set by control. */
struct gh_check {
	struct gh_check *next;
	const char *sha, *name, *status, *conclusion;
	const char *log; /* what its job printed; NULL = nothing */
	int64_t id;
	bool is_status;
};

struct gh_review {
	struct gh_review *next; /* newer */
	const char *repo, *user, *state;
	int number;
};

struct gh_peer {
	struct sb *sb;
	struct arena *a;       /* of everything below; gone at reset */
	struct gh_pull *pulls; /* newest first */
	struct gh_comment *comments, **last_comment;
	struct gh_check *checks;
	struct gh_review *reviews, **last_review;
	int used;           /* requests against the primary limit */
	struct gh_app *app; /* made at first use; stays over resets */
};

/* What a handler of one route gets. */
struct gh_call {
	struct gh_peer *p;
	const struct sb_request *rq;
	struct sb_response *rs;
	const struct seed_repo *repo; /* NULL for routes outside of one */
	const char *rest;             /* path after /repos/<owner>/<name> */
	struct git_repos *git;
};

/* GitHub's error bodies; each finishes the response. */
void gh_error(struct sb_response *rs, int status, const char *message);
void gh_invalid(struct sb_response *rs, const char *field, const char *code, const char *message);
void gh_not_found(struct sb_response *rs);

/* Routes; true when they took the request. */
bool gh_pulls_route(struct gh_call *c);
bool gh_read_route(struct gh_call *c);
bool gh_checks_route(struct gh_call *c);
bool gh_git_route(struct gh_call *c);
/* /app… and /installation…; and, with a JWT, /repos/O/R/installation. */
bool gh_app_route(struct gh_call *c);
void gh_app_free(struct gh_app *app);
void gh_app_reset(struct gh_app *app); /* ends all tokens */
/* Control: GET app → {"id","key"}: what an operator downloads. */
void gh_app_control(struct gh_peer *p, const struct sb_request *rq, struct sb_response *rs);

struct gh_pull *gh_pull_find(struct gh_peer *p, const char *repo, int number);
/* As the API writes it; `full`: of one, with what a list lacks. */
void gh_pull_json(
        struct gh_peer *p, struct arena *a, const struct gh_pull *u, bool full, json *out);
const char *gh_pull_sha(struct gh_peer *p, struct arena *a, const struct gh_pull *u);
/* The changed files between two commits, as in compare and in a pull request's list. */
void gh_files_json(struct git_repos *g, struct arena *a, const char *repo, const char *base,
        const char *head, json *arr);
/* A number at the start of a text, else 0. */
int gh_int(const char *s);
/* 0 = no such time */
void gh_set_time(struct arena *a, json *o, const char *key, int64_t ms);

void gh_control(void *state, const struct sb_request *rq, struct sb_response *rs);
/* /_logs/<id>: where a job's log is redirected to; takes no token. */
bool gh_log_page(struct gh_call *c);
/* /<owner>/<name>/pull/<n>: a page for a person. */
bool gh_page(struct gh_call *c);
/* Merges in the bare repository; an error sentence or NULL. */
const char *gh_merge(struct gh_peer *p, struct arena *a, struct gh_pull *u);

#endif
