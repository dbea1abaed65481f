/*
 * site.h - the web pages of the bot: what runs, what waits, what is sick. Read-only, no JavaScript.
 *
 * One file for each page; html.h writes them, parts.h has what they share. The pages are made on
 * the thread of net/pages.h and read the store through its read connection, with a time limit, so
 * that a page can neither hold up Slack nor keep the write-ahead log from being emptied.
 */
#ifndef PAGES_SITE_H
#define PAGES_SITE_H

#include <stdbool.h>
#include <stdint.h>

#include "net/pages.h"
#include "pages/html.h"
#include "store/store.h"

/* The connection to Slack, as the loop knows it. */
struct site_slack {
	bool used; /* there is a token */
	bool up;
	int64_t since_ms; /* wall: last hello, or down since */
	int64_t waiting;  /* envelopes not yet committed */
	const char *trouble;
};

struct site {
	struct store *store;
	html_mask_fn mask; /* the redactor; thread: any */
	const char *version;
	int64_t started_ms; /* wall */
	/* Fills `out`; strings in `a`. Loop thread. NULL = no Slack. */
	void (*slack)(void *ctx, struct arena *a, struct site_slack *out);
	void *slack_ctx;
};

/* For loop_options.routes, with a struct site as context. */
extern const struct page_route site_routes[];
/* For loop_options.form. */
void site_sign_in(
        const struct page_request *q, const char *to, bool wrong, struct page_answer *out);

#endif
