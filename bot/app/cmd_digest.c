/* healbot digest: a filter, log lines in, a digest (or a group number for each line) out. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/cli.h"
#include "app/commands.h"
#include "digest.h"
#include "str.h"

enum { DEFAULT_BUDGET = 4000, MAX_LINE_BYTES = 1 << 16, CHUNK = 1 << 18 };

/*
 * Lines are fed as they stand in the buffer. Of a line longer than MAX_LINE_BYTES the start is fed
 * and the rest is read over, so memory stays bounded whatever comes.
 */
static bool feed(struct digest *d, FILE *in)
{
	char *buf = malloc(CHUNK + MAX_LINE_BYTES);
	size_t have = 0, got;
	bool over = false; /* inside the rest of a long line */

	if (!buf)
		abort();
	while ((got = fread(buf + have, 1, CHUNK, in)) > 0) {
		char *p = buf, *end = buf + have + got, *nl;

		while ((nl = memchr(p, '\n', (size_t)(end - p)))) {
			size_t n = (size_t)(nl - p);

			if (!over)
				digest_add(d, 0, NULL, p, n && p[n - 1] == '\r' ? n - 1 : n);
			over = false;
			p = nl + 1;
		}
		have = (size_t)(end - p);
		if (over) {
			have = 0;
		} else if (have > MAX_LINE_BYTES) {
			digest_add(d, 0, NULL, p, MAX_LINE_BYTES);
			over = true;
			have = 0;
		}
		memmove(buf, p, have);
	}
	if (have > 0)
		digest_add(d, 0, NULL, buf, have);
	free(buf);
	digest_end(d);
	return !ferror(in);
}

static void print_groups(struct digest *d)
{
	size_t n;
	const uint32_t *group = digest_assign(d, &n);

	for (size_t i = 0; i < n; i++)
		printf("%u\n", group[i]);
}

int command_digest(struct cli *c, int argc, char **argv)
{
	const char *budget = cli_opt(c, "budget");
	int64_t tokens = DEFAULT_BUDGET;
	struct digest *d;
	bool ok;

	(void)argc;
	(void)argv;
	if (budget && (!str_int(budget, &tokens) || tokens < 100 || tokens > 10000000)) {
		fprintf(stderr,
		        "healbot: --budget takes a number of tokens from 100 to 10000000\n");
		return EXIT_USAGE;
	}
	d = digest_new(&(struct digest_options){.message_only = cli_opt(c, "message") != NULL});
	if (cli_opt(c, "assign"))
		digest_keep_assign(d);
	ok = feed(d, stdin);
	if (!ok)
		fprintf(stderr, "healbot: cannot read stdin: %s\n", strerror(errno));
	else if (cli_opt(c, "assign"))
		print_groups(d);
	else
		fputs(digest_render(d, c->arena, (size_t)tokens), stdout);
	digest_free(d);
	return ok && fflush(stdout) == 0 ? EXIT_OK : EXIT_FAILED;
}
