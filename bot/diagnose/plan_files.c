/* plan_files.c - a plan names files of the deployed commit, and no others. */
#include <ctype.h>
#include <string.h>

#include "diagnose/evidence_i.h"
#include "str.h"

/* The path of the tree that is, or alone ends with, "/path". */
static const char *in_tree(const struct plan_tree *t, const char *path)
{
	const char *found = NULL;
	size_t n = strlen(path);

	for (size_t i = 0; t && n && i < t->n; i++) {
		const char *p = t->paths[i];
		size_t len = strlen(p);

		if (str_eq(p, path))
			return p;
		if (len <= n || p[len - n - 1] != '/' || !str_ends(p, path))
			continue;
		if (found)
			return NULL; /* two could be meant */
		found = p;
	}
	return found;
}

const char *guard_file(struct guard *g, const struct plan_tree *tree, const char *path)
{
	const char *found;

	path = guard_path(g, path);
	if (!path)
		return NULL;
	found = in_tree(tree, path);
	g->files += found == NULL;
	return found ? arena_strdup(g->a, found) : NULL;
}

/* "src/orders.ts", "orders.ts": a word with the ending of source code. */
static bool names_file(const char *s, size_t n)
{
	static const char *const ends[] = {".ts", ".tsx", ".js", ".jsx", ".mjs", ".cjs", ".py",
	        ".go", ".rb", ".java", ".kt", ".rs", ".sh", ".c", ".h", ".cc", ".cpp", ".cs",
	        ".php", ".swift", ".scala", ".ex", ".exs", ".sql", ".yml", ".yaml", ".toml",
	        ".json", ".prisma", ".vue", ".svelte"};

	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
		size_t e = strlen(ends[i]);

		if (n > e && strncasecmp(s + n - e, ends[i], e) == 0)
			return true;
	}
	return false;
}

/* Names of products that look like files. */
static bool product(const char *s, size_t n)
{
	static const char *const names[] = {"node.js", "next.js", "vue.js", "express.js", "nuxt.js",
	        "three.js", "discord.js", "socket.io"};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (strlen(names[i]) == n && strncasecmp(s, names[i], n) == 0)
			return true;
	}
	return false;
}

/* Does some path of the tree end with this word? */
static bool known(const struct plan_tree *t, const char *word)
{
	size_t n = strlen(word);

	for (size_t i = 0; t && i < t->n; i++) {
		size_t len = strlen(t->paths[i]);

		if (str_eq(t->paths[i], word) ||
		        (len > n && t->paths[i][len - n - 1] == '/' && str_ends(t->paths[i], word)))
			return true;
	}
	return false;
}

const char *guard_files(struct guard *g, const struct plan_tree *tree, const char *text)
{
	static const char part[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	                           "._-+@/[]";
	struct str b = str_new(g->a);

	for (const char *s = text; *s;) {
		size_t n = strspn(s, part), end = n;

		while (end > 0 && strchr("./-", s[end - 1]))
			end--; /* the sentence's own */
		if (n && names_file(s, end) && !product(s, end) &&
		        !known(tree, arena_strndup(g->a, s, end))) {
			str_add(&b, "(a file that is not there)");
			g->files++;
			s += end;
			continue;
		}
		n = n ? n : 1;
		str_addn(&b, s, n);
		s += n;
	}
	return b.s;
}
