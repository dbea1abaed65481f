/*
 * slack_private.h - what the files of the Slack client share: one call, and one table of errors.
 */
#ifndef CLIENTS_SLACK_PRIVATE_H
#define CLIENTS_SLACK_PRIVATE_H

#include "net/http.h"
#include "net/pace.h"
#include "slack.h"

/* Slack takes JSON bodies for most methods but not for all; the table knows. */
enum slack_body { SLACK_JSON, SLACK_FORM };

struct slack_method {
	const char *name;
	enum slack_body body;
	struct pace_rule rule; /* per_second 0: not paced */
	/* A repeat would do it twice, so a lost answer is ambiguous. The others are reads, or end
	 * in the same state however often they are called. */
	bool twice;
	bool per_channel; /* Slack counts messages by channel as well */
};

/* The row of a method; asserts that there is one. */
const struct slack_method *slack_method(const char *name);

struct slack_shared {
	struct pace *pace;
	struct slack_looks *looks;
};

struct slack {
	struct http *http;
	char *api_url; /* ends in "/" */
	char *token;
	struct slack_shared *shared;
	char team[32];  /* T…, once known from auth.test */
	char error[64]; /* Slack's own word of the last refusal; "" = none */
	int status;     /* of the last answer */
	const char
	        *scopes; /* x-oauth-scopes of the last answer, in the call's arena; NULL = none */
};

/* Performs one method. `args` is an object of strings, numbers, booleans and (for JSON) trees.
 * `channel` for the pacing, may be NULL. The parsed answer, or NULL with *e classified. */
const json *slack_call(struct slack *s, struct arena *a, const char *method, const json *args,
        const char *channel, struct err *e);

/* Fills *e from a refusal {"ok":false,"error":…}; always false. */
bool slack_refused(const char *method, const json *answer, struct err *e);
/* Is the word one that blames the blocks, so that the bare text may still go through? */
bool slack_blames_blocks(const char *word);
/* Is the word one that says the thread's root is gone? */
bool slack_root_gone(const char *word);

#endif
