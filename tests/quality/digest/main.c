/*
 * main.c - quality of the digest: `digest HEALBOT SEED...`.
 *
 * Grouping accuracy (Zhu et al., "Tools and benchmarks for automated log parsing", ICSE 2019): a
 * line is right when its group holds exactly the lines of its kind. F1 the same per group (Jiang et
 * al., "A large-scale evaluation for log parsing techniques", ISSTA 2024). Needles: are rare
 * telling lines in the digest of a big log?
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "quality/digest/logs.h"
#include "tokens.h"

enum { LINES = 2000, KINDS = 28, BULK = 120000, ODD = 1500, NEEDLES = 20 };

/* --- grouping --- */

struct set {
	struct str raw, message;
	uint32_t kind[LINES];
};

static size_t pick_kind(size_t n) /* a few kinds make most lines */
{
	size_t k = draw_below(n);

	return draw_chance(.7) ? draw_below(k + 1) : k;
}

static const char *with_header(struct arena *a, const struct log_header *h, const char *message)
{
	const char *form = draw_text(a, h->form, NULL), *at = strchr(form, '@');

	return arena_printf(a, "%.*s%s%s", (int)(at - form), form, message, at + 1);
}

static void draw_set(struct arena *a, const struct log_header *h, struct set *s)
{
	size_t kinds[KINDS];

	s->raw = str_new(a);
	s->message = str_new(a);
	for (size_t i = 0; i < KINDS; i++)
		kinds[i] = (i * log_n_messages / KINDS + draw_below(log_n_messages / KINDS)) %
		           log_n_messages;
	for (size_t i = 0; i < LINES; i++) {
		const char *m;

		s->kind[i] = (uint32_t)kinds[pick_kind(KINDS)];
		m = draw_text(a, log_messages[s->kind[i]], NULL);
		str_addf(&s->message, "%s\n", m);
		str_addf(&s->raw, "%s\n", with_header(a, h, m));
	}
}

/* One group number a line. */
static bool read_groups(const struct filtered *f, uint32_t *out)
{
	const char *p = f->out;
	char *end;

	for (size_t i = 0; i < LINES; i++, p = end) {
		out[i] = (uint32_t)strtoul(p, &end, 10);
		if (end == p)
			return false;
	}
	return strspn(p, "\n") == strlen(p);
}

/* Of line i: how many lines have its number in x. Quadratic, and small. */
static size_t count(const uint32_t *x, uint32_t v)
{
	size_t n = 0;

	for (size_t i = 0; i < LINES; i++)
		n += x[i] == v;
	return n;
}

struct accuracy {
	double ga, f1;
};

/* The kinds whose lines are in several groups. */
static void tell(const uint32_t *truth, const uint32_t *got)
{
	for (size_t k = 0; k < log_n_messages; k++) {
		double groups = 0;

		for (size_t i = 0; i < LINES; i++) {
			size_t both = 0;

			for (size_t j = 0; truth[i] == k && j < LINES; j++)
				both += truth[j] == k && got[j] == got[i];
			groups += both ? 1 / (double)both : 0;
		}
		if (groups > 1.5)
			printf("   in %.0f groups: %s\n", groups, log_messages[k]);
	}
}

static struct accuracy compare(const uint32_t *truth, const uint32_t *got)
{
	double right_lines = 0, right_groups = 0, groups = 0, kinds = 0, p, r;

	if (getenv("QUALITY_TELL"))
		tell(truth, got);
	for (size_t i = 0; i < LINES; i++) {
		double t = (double)count(truth, truth[i]), g = (double)count(got, got[i]);
		size_t both = 0;

		for (size_t k = 0; k < LINES; k++)
			both += truth[k] == truth[i] && got[k] == got[i];
		groups += 1 / g;
		kinds += 1 / t;
		if ((double)both == t && (double)both == g) {
			right_lines++;
			right_groups += 1 / g;
		}
	}
	p = right_groups / groups;
	r = right_groups / kinds;
	return (struct accuracy){right_lines / LINES, p + r > 0 ? 2 * p * r / (p + r) : 0};
}

static struct accuracy assign(struct arena *a, const char *healbot, const struct str *text,
        bool message, const uint32_t *truth)
{
	const char *const argv[] = {
	        healbot, "digest", "--assign", message ? "--message" : NULL, NULL};
	struct filtered f = filter_run(a, argv, text->s, text->len, 0);
	uint32_t got[LINES];

	if (!read_groups(&f, got)) {
		fprintf(stderr, "not one group number a line\n");
		exit(2);
	}
	return compare(truth, got);
}

static void grouping(const char *healbot, struct accuracy *message, struct accuracy *raw, size_t *n)
{
	for (size_t h = 0; h < log_n_headers; h++) {
		struct arena *a = arena_new(0);
		struct set *s = ARENA_NEW(a, struct set);
		struct accuracy m, r;

		draw_set(a, &log_headers[h], s);
		m = assign(a, healbot, &s->message, true, s->kind);
		r = assign(a, healbot, &s->raw, false, s->kind);
		if (getenv("QUALITY_TELL"))
			printf("   %-10s messages %.3f %.3f  lines %.3f %.3f\n",
			        log_headers[h].name, m.ga, m.f1, r.ga, r.f1);
		message->ga += m.ga;
		message->f1 += m.f1;
		raw->ga += r.ga;
		raw->f1 += r.f1;
		++*n;
		arena_free(a);
	}
}

/* --- needles --- */

static void choose(size_t *out) /* NEEDLES of them, without repetition */
{
	for (size_t i = 0; i < log_n_needles; i++)
		out[i] = i;
	for (size_t i = 0; i < NEEDLES; i++) {
		size_t k = draw_between(i, log_n_needles - 1), t = out[i];

		out[i] = out[k];
		out[k] = t;
	}
}

static void draw_big(struct str *b, const size_t *chosen)
{
	size_t at[NEEDLES][3];

	for (size_t i = 0; i < NEEDLES; i++)
		for (int k = 0; k < 3; k++)
			at[i][k] = k < log_needles[chosen[i]].times
			                   ? draw_between(BULK / 20, BULK - 1)
			                   : BULK;
	for (size_t line = 0; line < BULK; line++) {
		draw_form(b, log_bulk[draw_below(draw_chance(.8) ? 6 : log_n_bulk)], NULL);
		str_addc(b, '\n');
		if (draw_chance((double)ODD / BULK)) {
			draw_form(b, log_odd[draw_below(log_n_odd)], NULL);
			str_addc(b, '\n');
		}
		for (size_t i = 0; i < NEEDLES; i++) {
			for (int k = 0; k < 3; k++) {
				if (at[i][k] != line)
					continue;
				draw_form(b, log_needles[chosen[i]].form, NULL);
				str_addc(b, '\n');
			}
		}
	}
}

static size_t found(const char *digest, const size_t *chosen, bool tell)
{
	size_t n = 0;

	for (size_t i = 0; i < NEEDLES; i++) {
		const struct log_needle *x = &log_needles[chosen[i]];
		bool all = true;

		for (int k = 0; k < 3 && x->must[k]; k++)
			all = all && strstr(digest, x->must[k]);
		n += all;
		if (!all && tell)
			printf("   not found: %s\n", x->name);
	}
	return n;
}

struct needles {
	double at_2000, at_4000, over;
	size_t n;
};

static double one_digest(struct arena *a, const char *healbot, const struct str *log,
        const size_t *chosen, const char *budget, struct needles *s)
{
	const char *const argv[] = {healbot, "digest", "--budget", budget, NULL};
	struct filtered f = filter_run(a, argv, log->s, log->len, 0),
	                again = filter_run(a, argv, log->s, log->len, 0);

	s->over += tokens_estimate(f.out, f.n) > strtoul(budget, NULL, 10);
	if (f.n != again.n || memcmp(f.out, again.out, f.n) != 0) {
		fprintf(stderr, "the same input gives another digest\n");
		exit(1);
	}
	return (double)found(f.out, chosen, getenv("QUALITY_TELL") != NULL);
}

static void needles(const char *healbot, struct needles *s)
{
	struct arena *a = arena_new(0);
	struct str log = str_new(a);
	size_t *chosen = ARENA_ARRAY(a, log_n_needles, size_t);
	static const char *const others[] = {"100", "500", "1000", "8000"};
	double n;

	choose(chosen);
	draw_big(&log, chosen);
	n = one_digest(a, healbot, &log, chosen, "2000", s);
	s->at_2000 = s->n == 0 || n < s->at_2000 ? n : s->at_2000;
	n = one_digest(a, healbot, &log, chosen, "4000", s);
	s->at_4000 = s->n == 0 || n < s->at_4000 ? n : s->at_4000;
	for (size_t i = 0; i < sizeof(others) / sizeof(*others) && !getenv("QUALITY_TELL"); i++)
		one_digest(a, healbot, &log, chosen, others[i], s);
	s->n++;
	arena_free(a);
}

int main(int argc, char **argv)
{
	struct accuracy message = {0}, raw = {0};
	struct needles s = {0};
	size_t n = 0;

	for (int i = 2; i < argc; i++) {
		draw_seed(strtoull(argv[i], NULL, 10));
		grouping(argv[1], &message, &raw, &n);
		needles(argv[1], &s);
	}
	if (n == 0)
		return 2;
	printf("   %zu sets of %d lines; %zu logs of %d lines with %d needles\n", n, LINES, s.n,
	        BULK, NEEDLES);
	reach_at_least("grouping accuracy, messages", message.ga / (double)n, .90);
	reach_at_least("F1 of groups, messages", message.f1 / (double)n, .92);
	reach_at_least("grouping accuracy, whole lines", raw.ga / (double)n, .85);
	reach_at_least("F1 of groups, whole lines", raw.f1 / (double)n, .88);
	reach_at_least("needles of 20 within 2,000 tokens, worst log", s.at_2000, 14);
	reach_at_least("needles of 20 within 4,000 tokens, worst log", s.at_4000, 20);
	reach_at_most("digests over their budget", s.over, 0);
	return reach_result();
}
