/*
 * redact.h - secrets and personal data out of text, before it is stored or leaves.
 *
 * What is masked: tokens of known vendors, values of keys that name a secret (env, JSON, JSON in
 * JSON, logfmt, YAML, argv, headers, XML, %+v), private keys, JWT, passwords in URLs and connection
 * strings, cookies, Authorization headers, cards, IBAN, e-mail addresses, and exact values. What is
 * not: commit hashes, UUIDs and ids without a telling key, checksums, placeholders (password=null,
 * Bearer undefined, ${VAR}), telephone numbers, IP addresses (unless asked for).
 *
 * A mask is "<kind#hhhh>": the digits are a keyed hash of the value, so that equal stays equal in
 * the whole process, in each thread and each struct redact, and nothing can be guessed from them. A
 * mask is never matched again: redacting twice changes nothing. Lines stay lines. Any bytes; linear
 * time. A struct redact belongs to one thread at a time; the rules behind it are constant.
 */
#ifndef HEAL_REDACT_H
#define HEAL_REDACT_H

#include <stdbool.h>
#include <stddef.h>

#include "arena.h"

struct redact;

struct redact *redact_new(void); /* the caller frees it */
void redact_free(struct redact *r);

/* The process's key of the hash in the masks: random unless this is called, once, before threads,
 * with n bytes that are secret and the same at the next start (masks in the store stay equal). */
void redact_key(const void *secret, size_t n);

/* An exact value that must never be seen (the bot's own secrets, operator's list), also in its
 * URL-encoded, JSON-escaped and base64 form; at least 6 bytes, shorter ones are ignored (returns
 * false). Copied. */
bool redact_exact(struct redact *r, const char *kind, const char *value);

/* Which IP addresses are masked too (none, unless this is called); loopback and 0.0.0.0 never are.
 */
enum redact_ips { REDACT_IPS_NONE, REDACT_IPS_PUBLIC, REDACT_IPS_ALL };
void redact_ips(struct redact *r, enum redact_ips which);

/* The redacted text (arena); the same pointer when nothing changed. */
const char *redact_text(struct redact *r, struct arena *a, const char *s);

/* Streaming: one line of n bytes (without its '\n', NUL allowed), with the state of multi-line
 * secrets (PEM, PGP) from line to line. Returns the line of *n_out bytes: `line` itself when
 * nothing changed, else in the arena. Use one struct redact for one stream. */
const char *redact_line(
        struct redact *r, struct arena *a, const char *line, size_t n, size_t *n_out);

/* How many values were masked since the last reset, in all and as "3 aws-key, 1 jwt". */
size_t redact_count(const struct redact *r);
const char *redact_receipt(const struct redact *r, struct arena *a);
void redact_reset_count(struct redact *r); /* masks stay stable */

#endif
