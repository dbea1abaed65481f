/* claim.c - what the agent says it did. A hint, never proof. */
#include "fix/claim.h"

#include <stdlib.h>
#include <string.h>

#include "str.h"

#define MARK        "RESULT"
#define SUMMARY_MAX 240

int fix_pr_number(const struct fix_contract *c, const char *text)
{
	static const char pull[] = "/pull/";
	size_t repo = strlen(c->repo);
	int last = 0;

	for (const char *p = text; (p = strstr(p, pull)); p += sizeof(pull) - 1) {
		char *end;
		long n = strtol(p + sizeof(pull) - 1, &end, 10);

		if ((size_t)(p - text) <= repo || p[-(ptrdiff_t)repo - 1] != '/' ||
		        strncasecmp(p - repo, c->repo, repo) != 0)
			continue;
		if (end > p + sizeof(pull) - 1 && n > 0 && n < 100000000)
			last = (int)n;
	}
	return last;
}

/* The last line that begins with RESULT, parsed; NULL when there is none. Models like to dress such
 * a line up: quotes, bullets and backticks before it are allowed. */
static const json *result_line(struct arena *a, const char *text)
{
	const json *found = NULL;

	while (*text) {
		size_t n = strcspn(text, "\n"), skip = strspn(text, " \t>*`-");
		const char *line = text + skip, *open;
		struct err ignored;

		if (skip < n && str_starts(line, MARK) && (open = memchr(line, '{', n - skip))) {
			const char *close = text + n;
			const json *j;

			while (close > open && close[-1] != '}')
				close--;
			j = json_parse(a, open, (size_t)(close - open), &ignored);
			if (json_is_obj(j))
				found = j;
		}
		text += n + (text[n] == '\n');
	}
	return found;
}

/* One of the words, "" otherwise. */
static const char *word(const char *s, const char *const *words)
{
	for (; *words; words++) {
		if (str_ieq(s, *words))
			return *words;
	}
	return "";
}

static const char *summary(struct arena *a, const char *s)
{
	char *c = str_clean(a, s, strlen(s), SUMMARY_MAX);

	for (char *p = c; *p; p++)
		if (*p == '\n' || *p == '\t')
			*p = ' ';
	return c;
}

void fix_claim_of(struct arena *a, const struct fix_contract *c, const struct opencode_view *v,
        struct fix_claim *out)
{
	static const char *const states[] = {
	        "pr_opened", "committed", "pushed", "nothing", "failed", NULL};
	static const char *const tests[] = {"passed", "failed", "none", NULL};
	const struct opencode_message *last = v->nmessages ? &v->messages[v->nmessages - 1] : NULL;
	const json *r = NULL;

	*out = (struct fix_claim){.status = "", .summary = "", .tests = ""};
	for (size_t i = 0; i < v->nmessages; i++) {
		for (size_t k = 0; k < v->messages[i].ntools; k++) {
			int n = fix_pr_number(c, v->messages[i].tools[k].output);

			out->pr_number = n ? n : out->pr_number;
		}
	}
	if (!last || !str_eq(last->role, "assistant"))
		return;
	r = result_line(a, last->text);
	out->status = word(json_str(r, ".status", ""), states);
	out->tests = word(json_str(r, ".tests", ""), tests);
	out->summary = summary(a, json_str(r, ".summary", ""));
	if (fix_pr_number(c, last->text))
		out->pr_number = fix_pr_number(c, last->text);
}
