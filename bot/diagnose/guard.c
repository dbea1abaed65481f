/*
 * guard.c - what a model wrote is text by whoever wrote the logs. Before anybody sees it, or an
 * agent acts on it: no links, no mentions, no hidden mark-up, no paths out of the repository, no
 * commands. These lists lower the harm of an obedient model; the fence is that nothing here is ever
 * executed, and that what a person approves is what the agent gets.
 */
#include <ctype.h>
#include <string.h>

#include "diagnose/evidence_i.h"
#include "str.h"

/* --- links and mentions --- */

/* Length of "scheme://…" or "www.…" at s; 0 = none. */
static size_t link_len(const char *s)
{
	size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ+.-");

	if (n > 0 && n < 20 && strncmp(s + n, "://", 3) == 0)
		return n + strcspn(s + n, " \t\n<>\"'`)]}|");
	if (strncasecmp(s, "www.", 4) == 0 || strncasecmp(s, "javascript:", 11) == 0 ||
	        strncasecmp(s, "mailto:", 7) == 0 || strncasecmp(s, "data:text", 9) == 0)
		return strcspn(s, " \t\n<>\"'`)]}|");
	return 0;
}

/* Length of what Slack or GitHub would notify somebody for: <@U1>, <!channel>, @here, @name. */
static size_t mention_len(const char *s)
{
	size_t n;

	if (*s == '<' && s[1] && strchr("@!#", s[1]) && strncmp(s, "<!--", 4) != 0) {
		n = strcspn(s, ">");
		return n + (s[n] == '>');
	}
	if (*s != '@' || !(isalnum((unsigned char)s[1])))
		return 0;
	return 1 +
	       strspn(s + 1, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-");
}

/* "@scope/pkg" and "a@1.2" are packages and addresses, "x@" is nothing: only a free-standing @name
 * is a mention. */
static bool free_standing(const char *from, const char *s)
{
	size_t n = mention_len(s);

	if (*s == '<')
		return n > 0;
	return n > 0 && s[n] != '/' &&
	       (s == from || !(isalnum((unsigned char)s[-1]) || strchr("_-./", s[-1])));
}

static bool word_start(const char *from, const char *s)
{
	return s == from || !isalnum((unsigned char)s[-1]);
}

/* Copies s without what hides or notifies; HTML comments and tags lose their brackets. */
static void filter(struct guard *g, struct str *b, const char *s)
{
	const char *from = s;

	while (*s) {
		size_t link = word_start(from, s) ? link_len(s) : 0;

		if (link) {
			str_add(b, "(link removed)");
			g->links++;
			s += link;
		} else if (free_standing(from, s)) {
			str_add(b, "(mention removed)");
			g->mentions++;
			s += mention_len(s);
		} else if (strncmp(s, "```", 3) == 0) {
			s += 3;
		} else if (strncmp(s, "<!--", 4) == 0 || strncmp(s, "-->", 3) == 0) {
			s += *s == '<' ? 4 : 3;
		} else {
			str_addc(b, isspace((unsigned char)*s) ? ' ' : *s);
			s++;
		}
	}
}

const char *guard_text(struct guard *g, const char *text, size_t max_chars)
{
	struct str b = str_new(g->a);
	const char *s = str_clean(g->a, text, strlen(text), 8192);
	size_t skip;

	filter(g, &b, s);
	while (b.len && b.s[b.len - 1] == ' ')
		str_cut(&b, b.len - 1);
	skip = strspn(b.s, " ");
	return str_ellipsis(g->a, b.s + skip, max_chars);
}

/* --- steps for the agent --- */

static const char *const programs[] = {"curl", "wget", "sh", "bash", "zsh", "sudo", "rm", "mv",
        "cp", "dd", "chmod", "chown", "ssh", "scp", "nc", "ncat", "python", "python3", "node",
        "perl", "ruby", "php", "eval", "exec", "export", "env", "source", "base64", "git", "gh",
        "docker", "kubectl", "helm", "terraform", "railway", "psql", "mysql", "redis-cli",
        "mongosh", "npm", "npx", "pnpm", "yarn", "pip", "pip3", "go", "cargo", "make", "apt",
        "apt-get", "apk", "brew", "systemctl", "kill", "pkill", "crontab", "tee", NULL};

/* A code span that begins with a program's name and has something after it, or chains commands. */
static bool is_command(const char *span, size_t n)
{
	size_t word = 0;

	while (word < n && !strchr(" \t$;|&", span[word]))
		word++;
	if (memchr(span, '|', n) || memchr(span, ';', n) || memchr(span, '$', n))
		return true;
	for (size_t i = 0; word < n && programs[i]; i++) {
		if (strlen(programs[i]) == word && strncasecmp(span, programs[i], word) == 0)
			return true;
	}
	return false;
}

const char *guard_step(struct guard *g, const char *text)
{
	struct str b = str_new(g->a);

	for (const char *s = text; *s;) {
		const char *end = *s == '`' ? strchr(s + 1, '`') : NULL;

		if (end && is_command(s + 1, (size_t)(end - s) - 1)) {
			str_add(&b, "(command removed)");
			g->commands++;
			s = end + 1;
		} else if (end) {
			str_addn(&b, s, (size_t)(end - s) + 1);
			s = end + 1;
		} else {
			str_addc(&b, *s++);
		}
	}
	return b.s;
}

/* --- paths --- */

static bool part_ok(const char *p, size_t n)
{
	if (n == 0 || (n == 1 && p[0] == '.') || (n == 2 && p[0] == '.' && p[1] == '.'))
		return false;
	return !(n == 4 && strncasecmp(p, ".git", 4) == 0) &&
	       !(n == 7 && strncasecmp(p, ".github", 7) == 0) &&
	       !(n >= 4 && strncasecmp(p, ".env", 4) == 0);
}

const char *guard_path(struct guard *g, const char *path)
{
	static const char good[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	                           "._-+@/()[]";
	size_t n = strlen(path);
	bool ok = n > 0 && n <= 200 && path[0] != '/' && path[0] != '-' && strspn(path, good) == n;

	for (const char *p = path; ok; p += strcspn(p, "/") + 1) {
		ok = part_ok(p, strcspn(p, "/"));
		if (!p[strcspn(p, "/")])
			break;
	}
	if (ok)
		return arena_strdup(g->a, path);
	g->paths += n > 0;
	return NULL;
}
