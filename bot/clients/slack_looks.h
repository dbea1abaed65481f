/*
 * slack_looks.h - which lost messages were looked for in vain, and when.
 *
 * Slack does not promise that a message is in the history as soon as it was accepted. So one
 * fruitless look is not proof: it is remembered here, and only a second one counts. A small ring in
 * memory is enough: after a restart the first look is simply repeated. Thread: any.
 */
#ifndef CLIENTS_SLACK_LOOKS_H
#define CLIENTS_SLACK_LOOKS_H

#include <stdbool.h>
#include <stdint.h>

struct slack_looks;

struct slack_looks *slack_looks_new(void);
void slack_looks_free(struct slack_looks *l);

/* Notes a fruitless look for `key` at now_ms (monotonic). True when an earlier one was at least
 * gap_ms ago: then the message is not there, and the note is forgotten. */
bool slack_looks_enough(struct slack_looks *l, const char *key, int64_t now_ms, int64_t gap_ms);

#endif
