/*
 * fuzz_markdown.c - a model's Markdown never becomes a Slack token, an open fence or an image.
 */
#include <stdio.h>
#include <stdlib.h>

#include "markdown.h"
#include "unit/blockkit.c" /* NOLINT: the checker is no library */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool link_ok(void *ctx, const char *url)
{
	(void)ctx;
	return str_starts(url, "https://example.com/");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new(0);
	struct check c = {.a = a};
	struct md_policy policy = {.link_ok = link_ok};
	struct md_part *parts;
	size_t n = markdown_parts(a, (const char *)data, size, &policy, &parts);

	for (size_t i = 0; i < n; i++) {
		if (parts[i].kind == MD_MRKDWN)
			markup(&c, "part", parts[i].text);
		if (strstr(parts[i].text, "<http") && parts[i].kind == MD_MRKDWN &&
		        !strstr(parts[i].text, "<https://example.com/"))
			bad(&c, "part", "link outside of the policy");
	}
	markup(&c, "whole", markdown_mrkdwn(a, (const char *)data, size, &policy));
	if (c.problem) {
		fprintf(stderr, "%s\n", c.problem);
		abort();
	}
	arena_free(a);
	return 0;
}
