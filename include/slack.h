/*
 * slack.h - the Slack Web API, typed: one call, one request, one classified error.
 *
 * Nothing here retries or waits long: a call that the pacing would hold up for more than
 * SLACK_MAX_WAIT_MS comes back as ERR_LIMITED with retry_ms, and the flow engine tries again. Every
 * documented error of Slack is one row of a table (slack_errors.c) with its code, whether a retry
 * can help, and a sentence with the remedy.
 *
 * Codes a caller can rely on:
 *   ERR_CONFLICT   post: the thread's root is gone (post a new root);
 *                  views: somebody changed the view meanwhile
 *   ERR_NOT_FOUND  the message, user, file or group is not there (any more)
 *   ERR_CONFIG     the channel or the workspace must be put right by a person (sentence says how)
 *   ERR_FORBIDDEN  a scope is missing (the sentence names it) or a policy refuses
 *   ERR_AUTH       the token is dead: every call with it fails until it is replaced
 *   ERR_LIMITED    wait retry_ms
 *   ERR_INPUT      Slack refuses what we sent (too long, trigger expired, own bug)
 *   ERR_NET, ERR_TIMEOUT, ERR_STATUS   retryable; e->ambiguous when the call may have taken effect
 *
 * Ownership: results and their strings live in the given arena. A `struct slack` belongs to one
 * thread; `struct slack_shared` is for all of them. Slack timestamps ("1700000000.123456") are
 * strings and stay strings.
 *
 * Source of the rules: docs.slack.dev, method pages of each call, 2026.
 */
#ifndef HEAL_SLACK_H
#define HEAL_SLACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "err.h"
#include "json.h"

struct http;
struct slack;
struct slack_shared;

/* The longest a call may be held up by pacing before it returns ERR_LIMITED instead. */
#define SLACK_MAX_WAIT_MS 3000

/* Pacing of all threads towards one workspace: a bucket per method (Slack's tiers) and one per
 * channel (a message a second). Thread: any. */
struct slack_shared *slack_shared_new(void);
void slack_shared_free(struct slack_shared *sh);

/* `api_url` ends in "/" or not; all strings are copied. */
struct slack *slack_new(
        struct http *h, const char *api_url, const char *bot_token, struct slack_shared *sh);
void slack_free(struct slack *s);

/* --- who we are ------------------------------------------------------------------------------ */

struct slack_auth {
	const char *team_id, *team, *user_id, *bot_id, *url;
	const char *scopes; /* "chat:write,reactions:read,…"; "" when Slack did not say */
};
bool slack_auth_test(struct slack *s, struct arena *a, struct slack_auth *out, struct err *e);
/* Is `scope` among the granted ones; true as well when the scopes are unknown. */
bool slack_has_scope(const struct slack_auth *auth, const char *scope);

/* A fresh wss:// address for one Socket Mode connection. It is a secret for one use: never log it.
 * `app_token` is the xapp- token. */
bool slack_connections_open(struct http *h, const char *api_url, const char *app_token,
        struct arena *a, const char **url, struct err *e);

/* --- messages -------------------------------------------------------------------------------- */

struct slack_message {
	const char *channel;   /* C… G… D…, or U… for a direct message */
	const char *thread_ts; /* root of the thread; NULL = a root message */
	const char *text;      /* the notification; mrkdwn, never empty; cut to 4,000 characters */
	const json *blocks;    /* array; NULL = text only */
	const char *key;       /* unique name of this logical message, kept in its metadata (at most
	                          200 bytes, readable by the whole workspace); NULL = none */
	bool broadcast;        /* a reply that the channel sees as well */
};

struct slack_posted {
	const char *channel, *ts; /* ts NULL: slack_find found nothing */
	bool found;               /* it was there already, nothing was posted */
	bool plain;               /* Slack refused the blocks, the text alone was posted */
};

/* Posts once. A reply whose root was deleted is turned by Slack into a root message: that stray is
 * deleted again and ERR_CONFLICT returned. When Slack refuses the blocks as such (an own bug, which
 * is logged with Slack's pointers), the text alone is posted, so that the message is seen.
 * An ambiguous failure carries retry_ms so that the look before the repeat can see the message. */
bool slack_post(struct slack *s, struct arena *a, const struct slack_message *m,
        struct slack_posted *out, struct err *e);

/* Looks for our own message with m's key in m's channel (thread_ts NULL) or thread, not older than
 * since_ms (wall ms; 0 = no bound), at most 5 pages of 100. True with out->ts NULL when it is not
 * there. Only channel, thread_ts and key of m are used. */
bool slack_find(struct slack *s, struct arena *a, const struct slack_message *m, int64_t since_ms,
        struct slack_posted *out, struct err *e);

/* The way to post from a step: with maybe_done (wf_maybe_done(w)) looks for m->key first and adopts
 * what it finds. History is not promised to show a message at once, so a first fruitless look gives
 * a retryable error with retry_ms and only a second one, at least 1.5 s later, posts.
 * since_ms: when the step was first tried or earlier. m->key must be set. */
bool slack_post_once(struct slack *s, struct arena *a, const struct slack_message *m,
        bool maybe_done, int64_t since_ms, struct slack_posted *out, struct err *e);

/* Edits our message; metadata stays. Safe to repeat. ERR_NOT_FOUND: it is gone, post anew (a
 * message with rich text that cannot be edited into one without is deleted for that). Falls back to
 * the text alone as slack_post does. */
bool slack_update(struct slack *s, struct arena *a, const char *channel, const char *ts,
        const char *text, const json *blocks, struct err *e);

/* Only `user` sees it, if he is there now. Key and broadcast of m are not used. */
bool slack_ephemeral(struct slack *s, struct arena *a, const char *user,
        const struct slack_message *m, struct err *e);

/* True as well when the message was gone already. */
bool slack_delete(
        struct slack *s, struct arena *a, const char *channel, const char *ts, struct err *e);

bool slack_permalink(struct slack *s, struct arena *a, const char *channel, const char *ts,
        const char **url, struct err *e);

/* Answers a command or a click by its response_url (30 minutes, 5 times; an expired one is
 * ERR_INPUT). The address is a secret: it is not in any error. */
struct slack_answer {
	const char *text;
	const json *blocks;
	const char *thread_ts; /* only with in_channel */
	bool in_channel;       /* everybody sees it; else only the person */
	bool replace_original, delete_original;
};
bool slack_respond(struct slack *s, struct arena *a, const char *response_url,
        const struct slack_answer *m, struct err *e);

/* --- reactions ------------------------------------------------------------------------------- */

/* True as well when it was there (or gone) already. `emoji` without colons. */
bool slack_react(struct slack *s, struct arena *a, const char *channel, const char *ts,
        const char *emoji, struct err *e);
bool slack_unreact(struct slack *s, struct arena *a, const char *channel, const char *ts,
        const char *emoji, struct err *e);
/* All reactions of a message: array of {name, count, users[]}. */
bool slack_reactions(struct slack *s, struct arena *a, const char *channel, const char *ts,
        const json **out, struct err *e);

/* --- views ----------------------------------------------------------------------------------- */

struct slack_view {
	const char *id, *hash;
};
/* Opens a modal; must come within 3 s of the click, so it is never paced. `out` may be NULL. Slack
 * takes a trigger once: when it says that this one was used, the modal is open (the answer was
 * lost, or the bot died over it) and `out` stays empty. */
bool slack_view_open(struct slack *s, struct arena *a, const char *trigger_id, const json *view,
        struct slack_view *out, struct err *e);
/* hash NULL: overwrite whatever is shown; else ERR_CONFLICT when it changed meanwhile. */
bool slack_view_update(struct slack *s, struct arena *a, const char *view_id, const char *hash,
        const json *view, struct slack_view *out, struct err *e);
/* The Home tab of one person. */
bool slack_view_publish(struct slack *s, struct arena *a, const char *user, const char *hash,
        const json *view, struct slack_view *out, struct err *e);

/* --- files ----------------------------------------------------------------------------------- */

struct slack_file {
	const char *channel, *thread_ts; /* thread_ts may be NULL */
	const char *name;                /* "inc-42.png" */
	const char *title, *alt;         /* alt: for screen readers; may be NULL */
	const char *comment;             /* mrkdwn posted with the file; may be NULL */
	const void *bytes;
	size_t len;
};
/* Three requests; `id` gets F…. Ambiguous only in the last one, which has no look-before-repeat. */
bool slack_upload(struct slack *s, struct arena *a, const struct slack_file *f, const char **id,
        struct err *e);

/* --- people and places ----------------------------------------------------------------------- */

struct slack_user {
	const char *id, *name; /* name: what people call him, never empty, plain text */
	const char *tz;        /* "Europe/Vienna"; "" unknown */
	int tz_offset_s;
	bool is_bot, deleted;
	bool guest; /* restricted, or from another workspace */
};
bool slack_user(
        struct slack *s, struct arena *a, const char *user, struct slack_user *out, struct err *e);

/* Members of a user group (S…), NULL-terminated. A disabled group has none. */
bool slack_usergroup(
        struct slack *s, struct arena *a, const char *group, const char ***users, struct err *e);

struct slack_channel {
	const char *id, *name; /* name "" for direct messages */
	bool is_private, is_im, is_member, is_archived;
	bool is_shared; /* with another workspace */
};
bool slack_channel(struct slack *s, struct arena *a, const char *channel, struct slack_channel *out,
        struct err *e);
/* Joins a public channel (needs channels:join). */
bool slack_join(struct slack *s, struct arena *a, const char *channel, struct err *e);
/* The direct-message channel with a person. */
bool slack_open_dm(
        struct slack *s, struct arena *a, const char *user, const char **channel, struct err *e);

/* One page of a channel's root messages (thread_ts NULL, newest first) or of a thread (oldest
 * first, the root included). `cursor` in: NULL or *next of the page before. */
struct slack_page {
	const char *channel, *thread_ts;
	const char *oldest, *latest; /* Slack timestamps, inclusive; NULL = no bound */
	const char *cursor;
	int limit; /* 0 = 100 */
};
bool slack_messages(struct slack *s, struct arena *a, const struct slack_page *p,
        const json **messages, const char **next, struct err *e);

/* Slack's timestamp for wall milliseconds, and back (0 when it is none). */
char *slack_ts(struct arena *a, int64_t ms);
int64_t slack_ts_ms(const char *ts);

#endif
