/* pr_text.c - the body of a pull request that the bot opens. */
#include <string.h>

#include "fix.h"
#include "str.h"

#define PLAN_SHOWN 6000

/* A fence longer than any run of tildes inside: nothing in it is Markdown, mentions nobody and
 * closes no issue. */
static void add_fenced(struct str *b, struct arena *a, const char *text, size_t max)
{
	char *c = str_clean(a, text, strlen(text), max), *fence;
	size_t longest = 2, run = 0;

	for (const char *p = c; *p; p++) {
		run = *p == '~' ? run + 1 : 0;
		longest = run > longest ? run : longest;
	}
	fence = arena_alloc(a, longest + 2);
	memset(fence, '~', longest + 1);
	str_addf(b, "%stext\n%s\n%s\n", fence, c, fence);
}

/* Inside a line of Markdown: what would make a link, a mention or a tag becomes a blank. */
static const char *plain(struct arena *a, const char *s)
{
	char *c = str_clean(a, str_or(s, ""), strlen(str_or(s, "")), 200);

	for (char *p = c; *p; p++)
		if (strchr("@#<>`[]\n\t|*_~\\", *p))
			*p = ' ';
	return c;
}

const char *fix_pr_body(struct arena *a, const struct fix_contract *c,
        const struct fix_claim *claim, const struct fix_gate *gate)
{
	struct str b = str_new(a);

	str_addf(&b, "Incident INC-%lld of service %s: %s\n\n", (long long)c->incident,
	        plain(a, c->service), plain(a, c->headline));
	str_addf(&b,
	        "A coding agent worked on plan v%d (%s), approved by %s. It pushed this branch; Heal "
	        "opened the pull request. Nothing here was merged or deployed by itself.\n\n",
	        c->plan_version, plain(a, str_or(c->plan_hash, "-")),
	        plain(a, str_or(c->requested_by, "an engineer")));
	if (gate->nflags) {
		str_add(&b, "## Look at this first\n\n");
		for (size_t i = 0; i < gate->nflags; i++)
			str_addf(&b, "- %s\n", plain(a, gate->flags[i]));
		str_addc(&b, '\n');
	}
	str_addf(&b, "## Tests\n\nThe agent says: %s.\n\n",
	        *claim->tests ? claim->tests : "nothing about tests");
	if (*claim->summary) {
		str_add(&b, "## What the agent says it changed\n\n");
		add_fenced(&b, a, claim->summary, 400);
		str_addc(&b, '\n');
	}
	str_add(&b, "## Plan\n\n");
	add_fenced(&b, a, c->plan, PLAN_SHOWN);
	return b.s;
}
