/* plan_text.c - a plan as plain text: for the thread, the terminal and the coding agent. */
#include <string.h>

#include "diagnose.h"
#include "str.h"

static void add_all(struct str *b, const char *const *list, const char *between)
{
	for (size_t i = 0; list && list[i]; i++)
		str_addf(b, "%s%s", i ? between : "", list[i]);
}

static const char *not_found(struct arena *a, const struct plan *p)
{
	struct str b = str_new(a);

	str_add(&b, "Cause not found");
	if (p->checked && p->checked[0]) {
		str_add(&b, " · checked: ");
		add_all(&b, p->checked, ", ");
	}
	if (p->missing && p->missing[0]) {
		str_add(&b, " · missing: ");
		add_all(&b, p->missing, "; ");
	}
	if (p->question)
		str_addf(&b, "\nQuestion: %s", p->question);
	return b.s;
}

const char *plan_verdict(struct arena *a, const struct plan *p)
{
	if (!p->conclusive)
		return not_found(a, p);
	return arena_printf(a, "Suspected cause (%s: %s)\n%s", confidence_name(p->confidence),
	        p->confidence_reason, p->cause);
}

const char *plan_next(struct arena *a, const struct plan *p, size_t max_chars)
{
	struct str b = str_new(a);
	size_t each = p->nsteps ? max_chars / (p->nsteps < 3 ? p->nsteps : 3) : 0;

	for (size_t i = 0; i < p->nsteps && i < 3 && each > 8; i++)
		str_addf(&b, "%s%zu %s", i ? "   " : "", i + 1,
		        str_ellipsis(a, p->steps[i].text, each - 6));
	return b.s;
}

static void add_steps(struct str *b, const struct plan *p)
{
	for (size_t i = 0; i < p->nsteps; i++) {
		const struct plan_step *s = &p->steps[i];

		str_addf(b, "%zu. %s\n", i + 1, s->text);
		if (s->file)
			str_addf(b, "   file: %s\n", s->file);
		str_addf(b, "   risk: %s%s%s\n", s->risk, *s->verify ? " · verify: " : "",
		        s->verify);
	}
}

static void add_section(struct str *b, const char *title, const char *const *list)
{
	if (!list || !list[0])
		return;
	str_addf(b, "%s\n", title);
	for (; *list; list++)
		str_addf(b, "- %s\n", *list);
}

static void add_hypotheses(struct str *b, const struct plan *p)
{
	bool any = false;

	for (size_t i = 0; i < p->nhypotheses; i++) {
		const struct plan_hypothesis *h = &p->hypotheses[i];

		if (str_eq(h->verdict, "leading"))
			continue;
		if (!any)
			str_add(b, "Also considered\n");
		any = true;
		str_addf(b, "- %s (%s", h->text,
		        str_eq(h->verdict, "ruled_out") ? "ruled out by " : "for: ");
		add_all(b, str_eq(h->verdict, "ruled_out") ? h->against_ids : h->for_ids, ", ");
		str_add(b, ")\n");
	}
}

const char *plan_lines(struct arena *a, const struct plan *p)
{
	struct str b = str_new(a);

	str_addf(&b, "%s\n", p->summary);
	add_steps(&b, p);
	add_section(&b, "To check", p->debugging);
	add_section(&b, "To reproduce", p->reproduce);
	add_section(&b, "Not to do", p->avoid);
	add_hypotheses(&b, p);
	add_section(&b, "Missing", p->missing);
	add_section(&b, "Note", p->notes);
	return b.s;
}

const char *plan_for_agent(struct arena *a, const struct plan *p)
{
	struct str b = str_new(a);

	if (p->cause)
		str_addf(&b, "Suspected cause (confidence %s): %s\n",
		        confidence_name(p->confidence), p->cause);
	add_steps(&b, p);
	add_section(&b, "To reproduce", p->reproduce);
	add_section(&b, "Not to do", p->avoid);
	return b.s;
}
