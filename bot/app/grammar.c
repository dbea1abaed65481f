/* What a person typed, taken apart. See grammar.h. */
#include "app/grammar.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "str.h"

static const struct quote {
	const char *open, *close;
} quotes[] = {
        {"\"", "\""}, {"'", "'"}, {"\xe2\x80\x9c", "\xe2\x80\x9d"}, /* “ ” */
        {"\xe2\x80\x9e", "\xe2\x80\x9c"},                           /* „ “ */
        {"\xe2\x80\x98", "\xe2\x80\x99"},                           /* ‘ ’ */
        {"\xc2\xab", "\xc2\xbb"},                                   /* « » */
};

static char *unescape(struct arena *a, const char *text)
{
	static const struct {
		const char *entity;
		char c;
	} table[] = {{"&lt;", '<'}, {"&gt;", '>'}, {"&amp;", '&'}};
	struct str b = str_new(a);

	while (*text) {
		size_t used = 1;
		char c = *text;

		for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
			if (str_starts(text, table[i].entity)) {
				c = table[i].c;
				used = strlen(table[i].entity);
			}
		}
		str_addc(&b, c);
		text += used;
	}
	return b.s;
}

static const char *skip_blanks(const char *s)
{
	return s + strspn(s, " \t\r\n");
}

/* One word from *s; *s moves behind it. */
static const char *next_word(struct arena *a, const char **s)
{
	const char *p = *s, *end;

	for (size_t i = 0; i < sizeof(quotes) / sizeof(*quotes); i++) {
		if (!str_starts(p, quotes[i].open))
			continue;
		p += strlen(quotes[i].open);
		end = strstr(p, quotes[i].close);
		if (!end)
			end = p + strlen(p); /* never closed: the rest */
		*s = *end ? end + strlen(quotes[i].close) : end;
		return arena_strndup(a, p, (size_t)(end - p));
	}
	end = p + strcspn(p, " \t\r\n");
	*s = end;
	return arena_strndup(a, p, (size_t)(end - p));
}

struct words grammar_split(struct arena *a, const char *text)
{
	struct words w = {.verb = "", .rest = ""};
	char *clean = str_clean(a, text, strlen(text), GRAMMAR_MAX_BYTES);
	const char *s = skip_blanks(unescape(a, clean));
	char *verb;

	w.argv = ARENA_ARRAY(a, GRAMMAR_MAX_WORDS, const char *);
	if (!*s)
		return w;
	verb = arena_strdup(a, next_word(a, &s));
	for (char *c = verb; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	w.verb = verb;
	s = skip_blanks(s);
	w.rest = s;
	while (*s && w.argc < GRAMMAR_MAX_WORDS) {
		if (w.argc == GRAMMAR_MAX_WORDS - 1) {
			w.argv[w.argc++] = s;
			break;
		}
		w.argv[w.argc++] = next_word(a, &s);
		s = skip_blanks(s);
	}
	return w;
}

const char *grammar_addressed(const char *text, const char *bot_user)
{
	size_t n = strlen(bot_user);

	text = skip_blanks(text);
	if (!strncasecmp(text, "!heal", 5) && (!text[5] || strchr(" \t\r\n", text[5])))
		return text + 5;
	if (n == 0 || !str_starts(text, "<@") || strncmp(text + 2, bot_user, n) != 0)
		return NULL;
	text += 2 + n;
	if (*text == '|')
		text += strcspn(text, ">");
	return *text == '>' ? text + 1 : NULL;
}

bool grammar_id(const char *word, int64_t *id)
{
	size_t n;

	if (!strncasecmp(word, "INC-", 4))
		word += 4;
	else if (*word == '#')
		word++;
	n = strspn(word, "0123456789");
	if (n == 0 || n > 9 || word[n])
		return false;
	*id = strtoll(word, NULL, 10);
	return *id > 0;
}

static const char *link_ts(struct arena *a, const char *p)
{
	size_t n = strspn(p, "0123456789");

	if (n < 12 || n > 20)
		return NULL;
	return arena_printf(a, "%.*s.%.6s", (int)(n - 6), p, p + n - 6);
}

bool grammar_link(struct arena *a, const char *word, const char **channel, const char **ts)
{
	const char *p = word, *thread;
	size_t n;

	if (*p == '<')
		p++;
	if (!str_starts(p, "https://") || !(p = strstr(p, "/archives/")))
		return false;
	p += strlen("/archives/");
	n = strspn(p, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");
	if (n < 5 || n > 20 || p[n] != '/' || p[n + 1] != 'p')
		return false;
	*channel = arena_strndup(a, p, n);
	*ts = link_ts(a, p + n + 2);
	thread = strstr(p, "thread_ts=");
	if (thread) {
		thread += strlen("thread_ts=");
		*ts = arena_strndup(a, thread, strspn(thread, "0123456789."));
	}
	return *ts != NULL;
}
