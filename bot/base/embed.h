/*
 * embed.h - files that are part of the program.
 *
 * The build turns GraphQL documents (bot/clients/), prompts (deploy/prompts/) and page assets
 * (.html .css .js .svg under bot/) into arrays; see bot/base/embed.sh. Thread: any; the bytes live
 * for ever.
 */
#ifndef BASE_EMBED_H
#define BASE_EMBED_H

#include <stddef.h>

/* The contents of a file by its path relative to the top of the source tree, for example
 * "deploy/prompts/plan.md"; NUL-terminated. NULL when there is none. `len` may be NULL. */
const char *embed_get(const char *name, size_t *len);

/* The i-th name, in alphabetical order; NULL past the end. */
const char *embed_name(size_t i);

#endif
