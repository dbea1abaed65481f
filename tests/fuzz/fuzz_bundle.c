/* fuzz_bundle.c - any bytes as what an agent's host says about its commit: no entry leads out of
 * the tree, no content is taken for another's id, and a difference accounts for every line. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "base/utf8.h"
#include "fix/bundle.h"
#include "str.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_head(struct arena *a, const char *text)
{
	struct bundle b;
	struct err e = {0};

	if (!bundle_parse(a, text, &b, &e)) {
		assert(e.code == ERR_PROTO || e.code == ERR_NOT_FOUND || e.code == ERR_INPUT);
		return;
	}
	assert(strlen(b.base) == 40 && strlen(b.tree) == 40);
	for (size_t i = 0; i < b.nfiles; i++) {
		const char *p = b.files[i].path;

		assert(*p && *p != '/' && !strstr(p, "//") && utf8_valid(p, strlen(p)));
		assert(!str_eq(p, "..") && !str_starts(p, "../") && !strstr(p, "/../"));
		assert(!str_starts(p, ".git/") && !strstr(p, "/.git/"));
		assert(!b.files[i].sha || strlen(b.files[i].sha) == 40);
	}
	if (bundle_contents(a, text, &b, &e))
		for (size_t i = 0; i < b.nfiles; i++)
			assert(!b.files[i].sha || b.files[i].data);
}

static int lines(const char *s, size_t n)
{
	int count = 0;

	for (size_t i = 0; i < n; i++)
		count += s[i] == '\n';
	return count + (n > 0 && s[n - 1] != '\n');
}

static void check_diff(struct arena *a, const char *s, size_t n)
{
	const char *cut = memchr(s, '\x01', n);
	struct text old = {s, cut ? (size_t)(cut - s) : n / 2}, new;
	struct github_file f = {0};

	new.s = s + old.n + (cut != NULL);
	new.n = n - old.n - (cut != NULL);
	line_diff(a, &old, &new, &f);
	if (!f.patch)
		return; /* binary */
	assert(f.additions - f.deletions == lines(new.s, new.n) - lines(old.s, old.n));
	assert(f.additions <= lines(new.s, new.n) && f.deletions <= lines(old.s, old.n));
	/* The other way round it is the same size. */
	struct github_file back = {0};

	line_diff(a, &new, &old, &back);
	assert(back.additions == f.deletions && back.deletions == f.additions);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new(0);
	char *text = arena_alloc(a, size + 1);

	memcpy(text, data, size);
	text[size] = '\0';
	check_head(a, text);
	check_diff(a, text, size);
	arena_free(a);
	return 0;
}
