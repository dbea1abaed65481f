/*
 * http.h - HTTP/1.1 for the sandbox: parses requests, builds answers (internal to the framework).
 *
 * Strict where a real edge is strict (Host required, sane lengths), tolerant nowhere else.
 */
#ifndef HEAL_SANDBOX_HTTP_H
#define HEAL_SANDBOX_HTTP_H

#include "conn.h"
#include "sandbox.h"

#define HTTP_MAX_HEAD 65536
#define HTTP_MAX_BODY (256u << 20)

struct header {
	struct header *next;
	const char *name, *value;
};

struct later {
	struct later *next;
	struct sb_timer *timer;
	struct sb_response *rs;
	void (*fn)(struct sb_response *rs, void *arg);
	void *arg;
};

struct gone {
	struct gone *next;
	void (*fn)(void *arg);
	void *arg;
};

struct sb_response {
	struct http *h;
	struct arena *a;
	struct sb_request rq;
	struct header *rq_headers;
	struct header *headers;
	struct later *laters;
	struct gone *gones;
	const char *peer; /* whose request; set by the router */
	int status;
	bool begun, finished, head_only, http10;
	int64_t seq;      /* of its record; 0 = not recorded */
	struct str shown; /* first bytes of the body, for the record */
	bool stream;      /* chunked */
	/* faults */
	bool swallow;     /* run, but let the answer be lost */
	size_t cut_after; /* close after so many bytes of body; 0 = no */
	size_t sent;      /* bytes of body so far */
	uint32_t hold_ms; /* keep the answer back so long */
};

/* One connection that speaks HTTP. `dispatch` gets each complete request. */
struct http {
	struct sb *sb;
	struct conn *c; /* NULL after an upgrade */
	struct sb_response *rs;
	struct sb_timer *hold;
	bool in_dispatch, close_after, continued;
	void (*dispatch)(struct sb_response *rs);
};
void http_serve(struct sb *sb, struct conn *c, void (*dispatch)(struct sb_response *rs));

/* Takes the connection away for another protocol and finishes rs. */
struct conn *http_upgrade(struct sb_response *rs);

#define REQUEST_RESPONSE(rq_)                                                                      \
	((struct sb_response *)(void *)((char *)(uintptr_t)(rq_)-offsetof(struct sb_response, rq)))

#endif
