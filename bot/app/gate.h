/*
 * gate.h - the one gate: every JSON body that leaves, every log line and every page passes the
 * redactor, with the bot's own secrets as exact values. Installed before the first secret is used.
 *
 * Each thread has its own redactor (they are not shared); masks are equal everywhere because they
 * are made of a hash.
 */
#ifndef HEAL_APP_GATE_H
#define HEAL_APP_GATE_H

#include "app/secrets.h"
#include "arena.h"
#include "redact.h"

/* Installs it in net/http and in the log. `k` lives as long as the program. Thread: main, before
 * others exist. */
void gate_install(const struct secrets *k, int ips); /* enum redact_ips */
/* A new redactor that knows the secrets; the caller frees it. */
struct redact *gate_redactor(void);
/* The text as it may leave (arena). Thread: any. */
const char *gate_text(struct arena *a, const char *text);

#endif
