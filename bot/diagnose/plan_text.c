/* plan_text.c - a plan as plain text: for the thread, the terminal and the coding agent. */
#include <string.h>

#include "diagnose.h"
#include "str.h"

enum { SHOWN_MISSING = 3, MISSING_CHARS = 160 }; /* the thread has all of it */

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
	for (size_t i = 0; p->missing && p->missing[i] && i < SHOWN_MISSING; i++)
		str_addf(&b, "%s%s",
		        i ? "; " : " · missing: ", str_ellipsis(a, p->missing[i], MISSING_CHARS));
	if (p->question)
		str_addf(&b, "\nQuestion: %s", p->question);
	return b.s;
}

const char *plan_verdict(struct arena *a, const struct plan *p)
{
	if (!p->conclusive)
		return not_found(a, p);
	return arena_printf(a, "%sSuspected cause (%s: %s)\n%s",
	        p->remedy == REMEDY_UPSTREAM ? "Wait for the provider. " : "",
	        confidence_name(p->confidence), p->confidence_reason, p->cause);
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

static void add_step(struct str *b, size_t i, const struct plan_step *s)
{
	str_addf(b, "%zu. %s\n", i + 1, s->text);
	if (s->file)
		str_addf(b, "   file: %s\n", s->file);
	str_addf(b, "   risk: %s%s%s\n", s->risk, *s->verify ? " · verify: " : "", s->verify);
}

static void add_section(struct str *b, const char *title, const char *const *list)
{
	if (!list || !list[0])
		return;
	str_addf(b, "%s\n", title);
	for (; *list; list++)
		str_addf(b, "- %s\n", *list);
}

static void add_hypothesis(struct str *b, const struct plan_hypothesis *h)
{
	bool out = str_eq(h->verdict, "ruled_out");

	str_addf(b, "- %s (%s", h->text, out ? "ruled out by " : "for: ");
	add_all(b, out ? h->against_ids : h->for_ids, ", ");
	if (!out && h->against_ids && h->against_ids[0]) {
		str_add(b, "; against: ");
		add_all(b, h->against_ids, ", ");
	}
	str_add(b, ")\n");
}

static void add_hypotheses(struct str *b, const struct plan *p)
{
	bool any = false;

	for (size_t i = 0; i < p->nhypotheses; i++) {
		if (str_eq(p->hypotheses[i].verdict, "leading"))
			continue;
		if (!any)
			str_add(b, "Also considered\n");
		any = true;
		add_hypothesis(b, &p->hypotheses[i]);
	}
}

static void add_check(struct str *b, const struct plan *p)
{
	if (p->checked_by)
		str_addf(b, "Cross-check: %s%s%s\n", p->checked_by, p->objection ? ": " : "",
		        p->objection ? p->objection : "");
}

static void add_changed(struct str *b, const struct plan *p)
{
	if (p->changed)
		str_addf(b, "Changed: %s\n", p->changed);
}

/* Each fills its piece; the steps come between the second and the third. */
static void piece(struct str *b, const struct plan *p, size_t i)
{
	switch (i) {
	case 0:
		add_changed(b, p);
		str_addf(b, "%s\n", p->summary);
		add_check(b, p);
		return;
	case 1:
		add_section(b, "To check", p->debugging);
		return;
	case 2:
		add_section(b, "To reproduce", p->reproduce);
		return;
	case 3:
		add_section(b, "Not to do", p->avoid);
		return;
	case 4:
		add_hypotheses(b, p);
		return;
	case 5:
		add_section(b, "Missing", p->missing);
		return;
	default:
		add_section(b, "Note", p->notes);
	}
}

enum { PIECES = 7 };

const char *const *plan_pieces(struct arena *a, const struct plan *p, size_t *n_out)
{
	const char **out = ARENA_ARRAY(a, PIECES + p->nsteps, const char *);
	size_t n = 0;

	for (size_t i = 0; i < PIECES; i++) {
		struct str b = str_new(a);

		piece(&b, p, i);
		if (b.len)
			out[n++] = b.s;
		for (size_t k = 0; i == 0 && k < p->nsteps; k++) {
			b = str_new(a);
			add_step(&b, k, &p->steps[k]);
			out[n++] = b.s;
		}
	}
	*n_out = n;
	return out;
}

const char *plan_lines(struct arena *a, const struct plan *p)
{
	struct str b = str_new(a);
	size_t n;
	const char *const *pieces = plan_pieces(a, p, &n);

	for (size_t i = 0; i < n; i++)
		str_add(&b, pieces[i]);
	return b.s;
}

/* --- one version against another --- */

static void add_change(struct str *b, const char *what, const char *from, const char *to)
{
	if (!str_eq(from, to))
		str_addf(b, "%s%s %s → %s", b->len ? "; " : "", what, from, to);
}

const char *plan_changes(struct arena *a, const struct plan *old, const struct plan *p)
{
	struct str b = str_new(a);

	if (!old)
		return NULL;
	if (!old->conclusive && p->conclusive)
		str_add(&b, "a cause was found");
	else if (old->conclusive && !p->conclusive)
		str_add(&b, "the cause of before does not hold any more");
	else if (p->conclusive && !str_eq(old->cause, p->cause))
		str_add(&b, "another cause");
	add_change(
	        &b, "confidence", confidence_name(old->confidence), confidence_name(p->confidence));
	add_change(&b, "remedy", remedy_name(old->remedy), remedy_name(p->remedy));
	if (old->nsteps != p->nsteps)
		str_addf(&b, "%s%zu steps instead of %zu", b.len ? "; " : "", p->nsteps,
		        old->nsteps);
	return b.len ? b.s : "the same as before";
}

const char *plan_for_agent(struct arena *a, const struct plan *p)
{
	struct str b = str_new(a);

	if (p->cause)
		str_addf(&b, "Suspected cause (confidence %s): %s\n",
		        confidence_name(p->confidence), p->cause);
	for (size_t i = 0; i < p->nsteps; i++)
		add_step(&b, i, &p->steps[i]);
	add_section(&b, "To reproduce", p->reproduce);
	add_section(&b, "Not to do", p->avoid);
	return b.s;
}
