/*
 * blockkit.h - judges messages and views the way Slack does.
 *
 * Shapes (which fields, which types, which lengths) are tables in blockkit_shapes.c; rules that
 * look at more than one field are hooks in blockkit_rules.c. Lengths are UTF-16 units: what Slack
 * counts is not documented, and no other count is larger for the same text. Unknown fields are
 * refused. Sources: docs.slack.dev/reference/block-kit; the size of a whole message is an
 * observation (slackapi/bolt-js issues 2509 and 2867).
 */
#ifndef HEAL_SANDBOX_BLOCKKIT_H
#define HEAL_SANDBOX_BLOCKKIT_H

#include "arena.h"
#include "json.h"

enum bk_surface { BK_MESSAGE, BK_MODAL, BK_HOME };

/* Each returns an array of {"pointer","code","message"}, empty when all is well. Pointers start at
 * the given value's own name: "/blocks/0/text/text". */
json *blockkit_blocks(struct arena *a, const json *blocks, enum bk_surface surface);
json *blockkit_view(struct arena *a, const json *view);
/* The arguments of chat.postMessage and chat.update, or what is sent to a response_url. */
json *blockkit_message(struct arena *a, const json *message);
/* A Socket Mode answer {"envelope_id","payload"}. */
json *blockkit_ack(struct arena *a, const json *ack);

/* The error Slack names for these findings: msg_blocks_too_long, view_too_large or invalid_blocks.
 */
const char *blockkit_error(const json *findings);
/* As Slack writes them: "[ERROR] at most 150 characters [json-pointer:/blocks/0/text/text]". */
json *blockkit_lines(struct arena *a, const json *findings);

/* UTF-16 units of a UTF-8 text. */
size_t blockkit_units(const char *s);

/* Checks files (message, view, bare array of blocks, or Socket Mode answer; "-" is stdin); prints
 * "file: pointer: code: message" for each finding. Exit code: 0 all good, 1 findings, 2 unreadable.
 */
int blockkit_check_files(char **files);

#endif
