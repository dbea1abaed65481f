/* pr_text.c - the body of a pull request that the bot opens. */
#include <string.h>

#include "fix.h"
#include "spark.h"
#include "str.h"

#define PLAN_SHOWN     6000
#define EVIDENCE_SHOWN 4000
#define TAIL_SHOWN     2000

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

static void add_evidence(struct str *b, struct arena *a, const struct fix_contract *c)
{
	struct str text = str_new(a);

	json_each (it, c->evidence) {
		const char *value = json_str(it, ".value", "");

		str_addf(&text, "[%s] %s: %.*s\n", json_str(it, ".id", "?"),
		        json_str(it, ".kind", ""), (int)strcspn(value, "\n"), value);
	}
	if (text.len == 0)
		return;
	str_add(b, "<details><summary>Evidence</summary>\n\n");
	add_fenced(b, a, text.s, EVIDENCE_SHOWN);
	str_add(b, "\n</details>\n\n");
}

static void add_tests(struct str *b, struct arena *a, const struct fix_claim *claim)
{
	const json *t = claim->tested;

	str_add(b, "## How it was tested\n\n");
	if (!json_bool(t, ".ran", false)) {
		str_addf(b, "Heal ran no tests itself%s%s. The agent says: %s.\n\n",
		        json_has(t, ".why") ? ": " : "", plain(a, json_str(t, ".why", "")),
		        *claim->tests ? claim->tests : "nothing about tests");
		return;
	}
	str_addf(b, "After the agent had ended, Heal ran %s in its work tree; exit status %d:\n\n",
	        json_bool(t, ".agents_own", false) ? "the command that the agent had used" : "this",
	        (int)json_int(t, ".exit", -1));
	add_fenced(b, a, json_str(t, ".command", ""), 400);
	if (!json_bool(t, ".passed", false)) {
		str_add(b, "\nIts last output:\n\n");
		add_fenced(b, a, json_str(t, ".tail", ""), TAIL_SHOWN);
	}
	str_addc(b, '\n');
}

static void add_head(struct str *b, struct arena *a, const struct fix_contract *c,
        const struct fix_claim *claim, const struct fix_gate *gate)
{
	bool failed = str_eq(claim->tests, "failed");

	if (failed || gate->nflags)
		str_add(b, "## Look at this first\n\n");
	if (failed)
		str_add(b, "- **Tests fail**: see below\n");
	for (size_t i = 0; i < gate->nflags; i++)
		str_addf(b, "- %s\n", plain(a, gate->flags[i]));
	if (failed || gate->nflags)
		str_addc(b, '\n');
	str_addf(b, "**Incident INC-%lld** of service %s: %s", (long long)c->incident,
	        plain(a, c->service), plain(a, c->headline));
	if (c->thread && str_starts(c->thread, "https://"))
		str_addf(b, " ([thread](%s))", c->thread);
	str_add(b, "\n\n");
}

static void add_foot(struct str *b, struct arena *a, const struct fix_contract *c, double cost_usd)
{
	str_addf(b,
	        "## How to verify\n\nMerge and deploy it; Heal then compares the metric of the "
	        "incident before and after, and says in the thread whether it was cured.\n\n---\n"
	        "A coding agent wrote this under plan v%d (%s), approved by %s. %s Nothing is merged or "
	        "deployed by Heal.",
	        c->plan_version, plain(a, str_or(c->plan_hash, "-")),
	        plain(a, str_or(c->requested_by, "an engineer")),
	        c->publish == FIX_BY_BOT
	                ? "It had no right to push: Heal read its commit, checked it and pushed it."
	                : "It pushed this branch itself.");
	if (cost_usd > 0)
		str_addf(b, " The agent's session cost %s.", num_usd(a, cost_usd));
	str_addc(b, '\n');
}

const char *fix_pr_body(struct arena *a, const struct fix_contract *c,
        const struct fix_claim *claim, const struct fix_gate *gate, double cost_usd)
{
	struct str b = str_new(a);

	add_head(&b, a, c, claim, gate);
	if (c->cause) {
		str_add(&b, "## Suspected cause\n\n");
		add_fenced(&b, a, c->cause, 1200);
		str_addc(&b, '\n');
	}
	add_evidence(&b, a, c);
	if (*claim->summary) {
		str_add(&b, "## What the agent says it changed\n\n");
		add_fenced(&b, a, claim->summary, 400);
		str_addc(&b, '\n');
	}
	add_tests(&b, a, claim);
	str_add(&b, "<details><summary>Plan</summary>\n\n");
	add_fenced(&b, a, c->plan, PLAN_SHOWN);
	str_add(&b, "\n</details>\n\n");
	add_foot(&b, a, c, cost_usd);
	return b.s;
}
