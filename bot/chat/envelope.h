/*
 * envelope.h - messages of Slack's Socket Mode: what arrived, and the acknowledgement.
 *
 * Pure: bytes in, a struct on an arena out. Source:
 * docs.slack.dev/apis/events-api/using-socket-mode and what real servers send beside it (payloads
 * that are strings or arrays, hello without fields).
 */
#ifndef CHAT_ENVELOPE_H
#define CHAT_ENVELOPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "json.h"

/* Slack closes the connection, or drops the frame, from 20,480 bytes on; see envelope_ack. */
#define ENVELOPE_ACK_MAX 16384
#define ENVELOPE_KEYS    4

enum envelope_kind {
	ENVELOPE_HELLO,      /* the connection is usable */
	ENVELOPE_DISCONNECT, /* it will not be for long */
	ENVELOPE_WORK,       /* has an envelope_id: acknowledge, handle */
	ENVELOPE_UNREADABLE, /* has an envelope_id but no payload we can read: acknowledge only,
	                        or it is delivered again and again */
	ENVELOPE_NOISE,      /* nothing to do with */
};

enum envelope_reason {
	REASON_WARNING, /* about 10 s left */
	REASON_REFRESH,
	REASON_LINK_DISABLED, /* Socket Mode was switched off in the app's settings */
	REASON_TOO_MANY,      /* too_many_websockets, instead of a hello */
	REASON_OTHER,         /* treated as a refresh */
};

struct envelope {
	enum envelope_kind kind;
	/* hello */
	int64_t lifetime_ms; /* approximate_connection_time; 0 = not said */
	int connections;
	/* disconnect */
	enum envelope_reason reason;
	const char *reason_text; /* cleaned, at most 64 bytes */
	/* work */
	const char *id;
	const char *type;     /* "slash_commands" "interactive" "events_api", or what came */
	bool accepts_payload; /* the acknowledgement may carry an answer */
	bool is_event;        /* Slack delivers again what is not acknowledged */
	int retry_attempt;    /* 0 = first delivery as far as Slack says */
	const json *payload;  /* object, array or string */
	/* Names of this delivery and of what it delivers, each "kind:value"; a known one means that
	 * the work is done or under way: "env:" id, "event:" id, "trigger:" id, "action:" …,
	 * "view:" …. Unused ones are NULL. */
	const char *keys[ENVELOPE_KEYS];
};

/* Never fails: what cannot be read is NOISE, or UNREADABLE when an envelope_id can be found. */
void envelope_parse(struct arena *a, const char *text, size_t n, struct envelope *out);

/* {"envelope_id":ID} or with "payload". A payload that would make it longer than ENVELOPE_ACK_MAX
 * bytes is left out (*cut is set when not NULL). */
const char *envelope_ack(struct arena *a, const char *id, const json *payload, bool *cut);

/* What is stored of it: {"type":…,"payload":…} without Slack's legacy `token`; what people wrote
 * has gone through `redact` (NULL = none), ids, time stamps and addresses are as they came. */
const char *envelope_stored(struct arena *a, const struct envelope *env,
        const char *(*redact)(void *ctx, struct arena *a, const char *text), void *ctx);

#endif
