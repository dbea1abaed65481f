/* pages_private.h - shared by pages.c (who may see what) and pages_lws.c (HTTP). */
#ifndef NET_PAGES_PRIVATE_H
#define NET_PAGES_PRIVATE_H

#include <libwebsockets.h>

#include "net/pages.h"

#define PAGES_TABLES 4

struct pages {
	struct ioloop *l;
	struct lws_vhost *vhost;
	struct arena *a;
	const char *token; /* NULL = open, loopback only */
	char session[33];  /* what the cookie holds; new at each start */
	struct {
		const struct page_route *routes;
		void *ctx;
	} table[PAGES_TABLES];
	size_t ntables;
	int connections;
	struct lws_protocols protocols[2];
};

/* The request headers that matter; NULL = absent. */
struct page_head {
	const char *host, *authorization, *cookie;
};

void pages_respond(struct pages *p, struct page_request *q, const struct page_head *head,
        struct page_answer *out, char **cookie);

#endif
