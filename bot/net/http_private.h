/*
 * http_private.h - shared by the http_*.c files; see http.c for who does what.
 */
#ifndef NET_HTTP_PRIVATE_H
#define NET_HTTP_PRIVATE_H

#include <curl/curl.h>

#include "net/http.h"

#define HTTP_CONNECT_TIMEOUT_MS 5000
#define HTTP_TIMEOUT_MS         20000
#define HTTP_MAX_BYTES          ((size_t)8 << 20)

/* One request under way. Lives from http_do_all's begin to its end; http_multi.c owns the array. */
struct transfer {
	CURL *easy;
	struct curl_slist *headers;
	const struct http_request *r;
	struct http_response *out;
	struct arena *a;
	struct err e;   /* set: the request could not even start, or how it ended */
	struct err why; /* set: whoever waits for it gave it up */
	bool failed;
	bool done;

	/* request */
	char *host; /* for messages: host, never the path or the query */
	char *path; /* without the query, for the log */
	const char *body;
	size_t body_len, body_sent;

	/* answer */
	char *buf;
	size_t len, cap, max_bytes;
	struct http_header *head;
	size_t nhead, cap_head, head_bytes;
	bool too_large;
	bool ended;       /* on_data said so */
	bool silent;      /* longer than a stream may be */
	int64_t start_ms; /* monotonic */
	int64_t heard_ms; /* last sign of life, for streams */
	char errbuf[CURL_ERROR_SIZE];
};

/* The pieces of http_prepare and http_finish. */
bool http_set_request(struct transfer *t);
void http_set_answer(struct transfer *t);
void http_get_answer(struct transfer *t);

/* Fills t and its easy handle from t->r. False: t->e says why. */
bool http_prepare(struct transfer *t);
/* Turns the result of the transfer into t->out, or t->e. Logs one line. */
void http_finish(struct transfer *t, CURLcode rc);
/* Gives back what http_prepare took, but not the easy handle. */
void http_release(struct transfer *t);

/* True when the whole request was handed to the peer: it may have acted on it. */
bool http_was_written(const struct transfer *t);
/* t->e from curl's code. */
void http_describe(struct transfer *t, CURLcode rc);

#endif
