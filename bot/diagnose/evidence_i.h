/* evidence_i.h - inside bot/diagnose: the list, and the guards that foreign text passes. */
#ifndef DIAGNOSE_EVIDENCE_I_H
#define DIAGNOSE_EVIDENCE_I_H

#include "diagnose.h"

enum { EVIDENCE_MAX = 60, EVIDENCE_VALUE_MAX = 4096 };

struct evidence_list {
	struct arena *a;
	struct evidence *items[EVIDENCE_MAX];
	size_t n;
	unsigned next_id;
};

/* The same items (not copied) under the same ids, fewer of them. */
struct evidence_list *evidence_subset(
        struct arena *a, const struct evidence_list *l, const bool *keep);

/* --- guard.c: text of a model ---
 *
 * What was done to a text is counted, so that people are told. */
struct guard {
	struct arena *a;
	int links, mentions, commands, numbers, ids, paths, claims, files;
};

/* One line, at most max_chars: no control characters, links, mentions, mark-up that hides text. ""
 * is possible. */
const char *guard_text(struct guard *g, const char *text, size_t max_chars);
/* True when the text wants something done that no plan of ours may want: pipe to a shell, read
 * secrets, rewrite history, follow other instructions. */
bool guard_hostile(const char *text);
/* For steps the agent gets: `code spans` that are commands are taken out. */
const char *guard_step(struct guard *g, const char *text);
/* A path inside the repository that may be named as a target; NULL = none (counted). */
const char *guard_path(struct guard *g, const char *path);
/* A path that stands in the tree, as it is written there; NULL = none (counted). A model that gives
 * only the end of a path means the one file that ends so. */
const char *guard_file(struct guard *g, const struct plan_tree *tree, const char *path);
/* File names in a sentence that are not in the tree are taken out. */
const char *guard_files(struct guard *g, const struct plan_tree *tree, const char *text);
/* Takes out numbers that stand in none of the texts (numbers are equal when one is the other
 * rounded, also across a factor of 1,000 between units). */
const char *guard_numbers(
        struct guard *g, const char *text, const char *const *allowed, size_t nallowed);

/* --- plan.c: what the questions share --- */

struct check {
	struct guard g;
	const struct evidence_list *l;
	const struct plan_tree *tree; /* NULL = unknown */
	const char **all;             /* values of all items */
	size_t nall;
};
struct check check_new(struct arena *a, const struct evidence_list *l);

/* Valid ids, each once. */
struct ids {
	const struct evidence *items[EVIDENCE_MAX];
	size_t n;
};
void check_add_ids(struct check *c, struct ids *ids, const json *arr);
/* A claim with ids: "" when nothing valid supports it. Its own "[e3]" are added to ids; those that
 * only stood in the list are appended, so that a reader sees them. Figures that none of the cited
 * items has are taken out. */
const char *check_claim(struct check *c, const char *text, struct ids *ids, size_t max_chars);

/* plan_rules.c: what follows from the word, once it is settled: found or not found. */
void plan_settle(struct arena *a, struct plan *p);

#endif
