/* http_parse.h - bytes to a request (internal). */
#ifndef HEAL_SANDBOX_HTTP_PARSE_H
#define HEAL_SANDBOX_HTTP_PARSE_H

#include "http.h"

#define HTTP_PARSE_MORE 1

/* Fills rs->rq from the front of `in`. 0: complete, *used bytes belong to it. HTTP_PARSE_MORE: not
 * complete yet. Else the status to refuse it with. */
int http_parse(const struct buf *in, struct sb_response *rs, size_t *used);
/* The head is complete and asks for "100 Continue" before it sends the body. */
bool http_parse_wants_continue(const struct buf *in);
const char *http_reason(int status);

#endif
