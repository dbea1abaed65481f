/*
 * railway_private.h - what the files of the Railway client share. See include/railway.h.
 *
 * Sending is one function (railway_call), reading an answer another (railway_reply, pure: the fuzz
 * target); the decoders take the "data" tree and never trust its shape.
 */
#ifndef CLIENTS_RAILWAY_PRIVATE_H
#define CLIENTS_RAILWAY_PRIVATE_H

#include "json.h"
#include "net/http.h"
#include "net/pace.h"
#include "railway.h"

enum {
	RAILWAY_MAX_BODY = 32 << 20,
	RAILWAY_PAGE = 500,
	RAILWAY_MAX_PAGES = 20, /* 10,000 services: a server that never ends paging is stopped */
	RAILWAY_BATCH = 10,     /* services per HTTP request */
	RAILWAY_ROOTS = 2 * RAILWAY_BATCH
};

struct railway_shared {
	struct pace *pace;
	struct pace_rule rule;
	uint64_t requests; /* atomic */
	uint32_t services; /* atomic: how many the last scan saw */
};

struct railway {
	struct http *http;
	struct railway_shared *shared;
	struct arena *own; /* strings below */
	const char *url, *token, *user_agent;
	enum railway_token kind;
	uint32_t timeout_ms, max_points;
	uint64_t sent;
	int64_t alive_until_ms; /* monotonic: the token answered a probe; trust it until then */
};

struct railway_reply {
	const json
	        *data; /* the "data" object; NULL when null or absent. May be partial on errors */
	const char *root[RAILWAY_ROOTS]; /* first path element of the errors, each once */
	size_t nroots;
	bool nested;  /* every error lies below a root: what is there of data can be used */
	bool denied;  /* "Not Authorized": dead token or missing right */
	bool graphql; /* Railway itself answered, with errors about this document or its data */
};

/* Classifies an answer. True: data is an object and there are no errors. now_ms: wall. */
bool railway_reply(struct arena *a, const struct http_response *r, int64_t now_ms,
        struct railway_reply *out, struct err *e);

/* Sends one document (a file name below bot/clients/) and classifies the answer. Paced. When the
 * answer is "Not Authorized", asks once who we are to tell a dead token from a missing right. */
bool railway_call(struct railway *r, struct arena *a, const char *document, const json *variables,
        struct railway_reply *out, struct err *e);

/* The same for a mutation: e->ambiguous says that it may have been done. Never sent twice. */
bool railway_mutate(struct railway *r, struct arena *a, const char *document, const json *variables,
        struct railway_reply *out, struct err *e);

/* --- decoders: tolerant, bounded --- */

enum railway_status railway_status_parse(const char *word);
int64_t railway_time(const json *j, const char *path); /* RFC 3339 to ms; 0 = none */
void railway_decode_deployment(struct arena *a, const json *j, struct railway_deployment *out);

/* Collects a scan's pages; decoded at the end, when replicas and volumes are known. */
struct railway_collect {
	struct railway_service *services;
	size_t nservices, cap_services;
	struct railway_volume *volumes;
	size_t nvolumes, cap_volumes;
};
void railway_decode_state(struct arena *a, const json *environment, struct railway_collect *c);
/* Sorts by name and ties volumes to services. */
void railway_finish_state(struct arena *a, struct railway_collect *c, struct railway_scan *out);
/* The two lists of `metrics`; services must be there. */
void railway_decode_usage(struct arena *a, const json *usage, const json *slow,
        struct railway_service *services, struct railway_scan *out);

void railway_decode_counts(
        struct arena *a, const json *list, int64_t complete_until_ms, struct railway_http *out);
void railway_decode_durations(struct arena *a, const json *result, bool exact,
        int64_t complete_until_ms, struct railway_http *out);
/* The window's percentiles from the buckets' (see railway_http in include/railway.h). */
struct railway_latency railway_window(struct arena *a, const struct railway_http *h);

void railway_decode_logs(
        struct arena *a, const json *rows, unsigned limit, struct railway_logs *out);
void railway_decode_http_logs(
        struct arena *a, const json *rows, unsigned limit, struct railway_http_logs *out);

#endif
