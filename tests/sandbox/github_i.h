/* github_i.h - the parts of the GitHub peer among themselves. */
#ifndef HEAL_SANDBOX_GITHUB_I_H
#define HEAL_SANDBOX_GITHUB_I_H

#include "git_repo.h"
#include "repos.h"
#include "sandbox.h"

/* The token both peers accept: setting "github.token". */
const char *github_token(struct sb *sb);

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
	bool is_status;
};

struct gh_peer {
	struct sb *sb;
	struct arena *a;       /* of everything below; gone at reset */
	struct gh_pull *pulls; /* newest first */
	struct gh_comment *comments, **last_comment;
	struct gh_check *checks;
	int used; /* requests against the primary limit */
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
/* /<owner>/<name>/pull/<n>: a page for a person. */
bool gh_page(struct gh_call *c);
/* Merges in the bare repository; an error sentence or NULL. */
const char *gh_merge(struct gh_peer *p, struct arena *a, struct gh_pull *u);

#endif
