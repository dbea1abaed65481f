/*
 * grammar.h - what a person typed after /heal, @heal or !heal, taken apart. Pure; any bytes.
 */
#ifndef HEAL_APP_GRAMMAR_H
#define HEAL_APP_GRAMMAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"

struct words {
	const char *verb; /* lower case; "" when nothing was typed */
	const char *rest; /* everything after the verb, trimmed */
	int argc;         /* at most GRAMMAR_MAX_WORDS; what is more stays in the last one */
	const char **argv;
};

enum { GRAMMAR_MAX_WORDS = 16, GRAMMAR_MAX_BYTES = 3000 };

/* Splits by blanks; "…", '…' and the curly quotes phones type hold a word together; Slack's
 * entities (&amp; &lt; &gt;) are turned back first. Longer input is cut at GRAMMAR_MAX_BYTES. */
struct words grammar_split(struct arena *a, const char *text);

/* The text after "@heal" (`<@bot>` anywhere at the front) or "!heal"; NULL when it is neither. */
const char *grammar_addressed(const char *text, const char *bot_user);

/* "42", "INC-42", "#42" (any case). Not: 0, negative, more than 9 digits. */
bool grammar_id(const char *word, int64_t *id);

/* A message link: https://team.slack.com/archives/C123/p1700000000123456?thread_ts=… gives channel
 * and the ts of the thread's root when it is in the link, else of the message. */
bool grammar_link(struct arena *a, const char *word, const char **channel, const char **ts);

#endif
