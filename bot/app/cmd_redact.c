/* healbot redact: a filter, the same rules as everything that leaves. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/cli.h"
#include "app/commands.h"
#include "app/secrets.h"
#include "redact.h"
#include "str.h"

enum {
	BLOCK = 256 * 1024,
	LONGEST = 4 * 1024 * 1024, /* a longer line is cut at a blank */
};

struct filter {
	struct redact *r;
	struct arena *a;
	char *buf;
	size_t n, cap;
};

static bool put(const char *p, size_t n)
{
	return fwrite(p, 1, n, stdout) == n;
}

static bool one_line(struct filter *f, const char *line, size_t n, bool feed)
{
	size_t len;
	const char *out = redact_line(f->r, f->a, line, n, &len);

	return put(out, len) && (!feed || put("\n", 1));
}

/* Where a line that is too long may be cut: behind its last blank. */
static size_t cut(const char *p, size_t n)
{
	size_t i = n;

	while (i > n / 2 && p[i - 1] != ' ' && p[i - 1] != '\t')
		i--;
	return i > n / 2 ? i : n;
}

/* All whole lines of the buffer; the rest moves to its front. */
static bool lines(struct filter *f, bool last)
{
	char *p = f->buf, *end = f->buf + f->n, *feed;
	bool ok = true;

	while (ok && (feed = memchr(p, '\n', (size_t)(end - p)))) {
		ok = one_line(f, p, (size_t)(feed - p), true);
		p = feed + 1;
	}
	if (ok && (last || end - p >= LONGEST) && p < end) {
		size_t n = last ? (size_t)(end - p) : cut(p, (size_t)(end - p));

		ok = one_line(f, p, n, false);
		p += n;
	}
	f->n = (size_t)(end - p);
	memmove(f->buf, p, f->n);
	arena_reset(f->a);
	return ok;
}

static bool filter(struct filter *f)
{
	for (;;) {
		ssize_t got;

		if (f->cap - f->n < BLOCK) {
			f->cap = f->cap * 2 + BLOCK;
			f->buf = realloc(f->buf, f->cap);
			if (!f->buf)
				abort();
		}
		got = read(STDIN_FILENO, f->buf + f->n, BLOCK);
		if (got < 0)
			return false;
		f->n += (size_t)got;
		if (!lines(f, got == 0))
			return false;
		if (got == 0)
			return fflush(stdout) == 0;
	}
}

/* --values and --ips. */
static bool options(struct cli *c, struct redact *r)
{
	const char *path = cli_opt(c, "values"), *ips = cli_opt(c, "ips");
	struct str problems = str_new(c->arena);
	struct secrets k = {0};

	if (path && !secrets_listed(c->arena, path, &k, &problems)) {
		fputs(problems.s, stderr);
		return false;
	}
	for (size_t i = 0; k.listed && k.listed[i]; i++)
		redact_exact(r, "listed", k.listed[i]);
	if (!ips)
		return true;
	if (!str_eq(ips, "public") && !str_eq(ips, "all")) {
		fprintf(stderr, "healbot: --ips takes public or all\n");
		return false;
	}
	redact_ips(r, str_eq(ips, "all") ? REDACT_IPS_ALL : REDACT_IPS_PUBLIC);
	return true;
}

int command_redact(struct cli *c, int argc, char **argv)
{
	struct filter f = {.r = redact_new(), .a = arena_new(64 * 1024)};
	bool ok = true;
	int code = EXIT_USAGE;

	(void)argc;
	(void)argv;
	if (options(c, f.r)) {
		ok = filter(&f);
		code = ok ? EXIT_OK : EXIT_FAILED;
	}
	if (!ok)
		perror("healbot: redact");
	free(f.buf);
	arena_free(f.a);
	redact_free(f.r);
	return code;
}
