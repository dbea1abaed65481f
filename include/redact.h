/*
 * redact.h - secrets and personal data out of text, before it is stored or leaves.
 *
 * Masks are stable within a `struct redact` (equal secrets get equal masks: "<aws-key#1>"), typed,
 * and never matched again (idempotent). Lines stay lines. Bytes in, text out; linear time; any
 * bytes. A struct redact is not shared between threads; the rules behind it are constant.
 */
#ifndef HEAL_REDACT_H
#define HEAL_REDACT_H

#include <stdbool.h>
#include <stddef.h>

#include "arena.h"

struct redact;

struct redact *redact_new(void); /* the caller frees it */
void redact_free(struct redact *r);
/* An exact value that must never be seen (the bot's own secrets, operator's list); at least 6
 * bytes, shorter ones are ignored (returns false). Copied. */
bool redact_exact(struct redact *r, const char *kind, const char *value);
/* The redacted text (arena); the same pointer when nothing changed. */
const char *redact_text(struct redact *r, struct arena *a, const char *s);
/* Streaming: line by line with state for multi-line secrets (PEM). Same number of lines out. */
const char *redact_line(
        struct redact *r, struct arena *a, const char *line, size_t n, size_t *n_out);
/* How many values were masked since the last reset, in all and as "3 aws-key, 1 jwt". */
size_t redact_count(const struct redact *r);
const char *redact_receipt(const struct redact *r, struct arena *a);
void redact_reset_count(struct redact *r); /* masks stay stable */

#endif
