/* pages_private.h - shared by pages.c (who may see what), pages_session.c (tokens, cookies, forms)
 * and pages_lws.c (HTTP). */
#ifndef NET_PAGES_PRIVATE_H
#define NET_PAGES_PRIVATE_H

#include <libwebsockets.h>

#include "net/helper.h"
#include "net/pages.h"

#define PAGES_TABLES   4
#define PAGES_SESSIONS 16
#define PAGES_PARAMS   32

struct pages_session {
	char id[33];      /* "" = free */
	int64_t until_ms; /* monotonic */
};

struct pages {
	struct ioloop *l;
	struct helper *reader;
	struct lws_vhost *vhost;
	struct arena *a;
	const char *token; /* NULL = none */
	bool loopback;
	page_form_fn form;
	struct pages_session sessions[PAGES_SESSIONS];
	struct {
		const struct page_route *routes;
		void *ctx;
	} table[PAGES_TABLES];
	size_t ntables;
	int connections;
	size_t in_flight; /* bytes of answers being sent */
	struct lws_protocols protocols[2];
};

/* The request headers that matter; NULL = absent. */
struct page_head {
	const char *host, *authorization, *cookie, *accept, *forwarded_proto;
};

/* Decides on a GET. The route whose function shall answer (with its table's ctx), or NULL when *out
 * is the answer. Fills q->rest, q->trusted, q->signed_in. */
const struct page_route *pages_route(struct pages *p, struct page_request *q,
        const struct page_head *head, struct page_answer *out, void **ctx);
/* A POST with its body: sign-in, sign-out, or 405. *cookie = a Set-Cookie value or NULL. */
void pages_post(struct pages *p, struct page_request *q, const struct page_head *head,
        const char *body, size_t n, struct page_answer *out, const char **cookie);
/* The beginning of every answer. */
void pages_begin(struct page_answer *out);
void pages_say(struct page_answer *out, int status, const char *text);

/* --- pages_session.c --- */
/* "Authorization: Bearer ..." */
bool pages_bearer_fits(const struct pages *p, const char *authorization);
/* The session that a Cookie header names, or NULL. */
struct pages_session *pages_session_of(struct pages *p, const char *cookies);
/* A new one, in place of the oldest when all are taken. */
struct pages_session *pages_session_new(struct pages *p);
/* The Host header ("name", "name:port", "[v6]:port") is a name of this machine. */
bool pages_names_this_machine(const char *host);
/* application/x-www-form-urlencoded into "name=value" strings, at most PAGES_PARAMS; what is not
 * decodable is left out. Never NULL. */
const char **pages_form_fields(struct arena *a, const char *body, size_t n);
/* The address of a page of ours, "/" when it is anything else: no other site, no header injection.
 */
const char *pages_own_address(struct arena *a, const char *to);

#endif
