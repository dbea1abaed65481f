/*
 * markdown.h - an LLM's Markdown, made safe and readable in Slack.
 *
 * The text is parsed as GitHub Markdown and written anew: nothing of the source reaches Slack
 * unparsed, so Slack's own <…> sequences (mentions, <!channel>, masked links) in it are only text.
 * Headings become bold lines, lists get bullets and numbers, tables and code become preformatted
 * parts, images and HTML go. Depth and size are bounded. Never fails.
 *
 * Thread: as the arena.
 */
#ifndef HEAL_MARKDOWN_H
#define HEAL_MARKDOWN_H

#include <stdbool.h>
#include <stddef.h>

#include "arena.h"

struct md_policy {
	/* May this http(s) address be a link? NULL or false: the label stays as text. A label that
	 * shows another host than the address is never linked. */
	bool (*link_ok)(void *ctx, const char *url);
	void *ctx;
	size_t max_bytes; /* of the source that is read; 0 = 64 KiB */
};

enum md_kind { MD_MRKDWN, MD_CODE };

struct md_part {
	enum md_kind kind;
	const char *text; /* MD_MRKDWN: escaped for Slack; MD_CODE: as it is, for message_pre */
};

/* The parts in order; `policy` may be NULL (no links). Returns their number. */
size_t markdown_parts(struct arena *a, const char *md, size_t n, const struct md_policy *policy,
        struct md_part **out);

/* All of it as one mrkdwn text; code in fences. */
char *markdown_mrkdwn(struct arena *a, const char *md, size_t n, const struct md_policy *policy);

#endif
