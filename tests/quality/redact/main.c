/*
 * main.c - quality of redaction: `redact HEALBOT SEED...`.
 *
 * A secret is caught when no run of six of its characters, and of a third of them, is left.
 * Harmless text must come out byte for byte. Kinds marked unseen are those that no rule of the bot
 * names.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "quality/redact/redact.h"

enum { PER_KIND = 24, PER_HARMLESS = 12, ORDINARY = 4000 };

struct record {
	const char *text, *secret; /* NULL = must stay */
	size_t kind;
};

struct corpus {
	struct arena *a;
	struct record *r;
	size_t n;
	struct str text;
};

struct score {
	size_t total[128], caught[128], harmless, changed, ordinary, ordinary_changed;
	size_t bytes;
	double seconds;
};

/* --- drawing --- */

static const char *luhn(struct arena *a, const char *begin)
{
	struct str b = str_new(a);
	unsigned sum = 0;

	str_add(&b, begin);
	while (b.len < 15)
		str_addf(&b, "%zu", draw_below(10));
	for (size_t i = 0; i < 15; i++) {
		unsigned v = (unsigned)(b.s[14 - i] - '0') << (i % 2 == 0);

		sum += v > 9 ? v - 9 : v;
	}
	str_addf(&b, "%u", (10 - sum % 10) % 10);
	return b.s;
}

/* German: two check digits (ISO 7064) before 18 drawn ones; "DE" counts as 1314. */
static const char *iban(struct arena *a)
{
	const char *account = draw_text(a, "%d18", NULL);
	unsigned rest = 0;

	for (const char *p = arena_printf(a, "%s131400", account); *p; p++)
		rest = (rest * 10 + (unsigned)(*p - '0')) % 97;
	return arena_printf(a, "DE%02u%s", 98 - rest, account);
}

static const char *value_of(struct arena *a, const struct redact_kind *k)
{
	if (strcmp(k->name, "card") == 0)
		return luhn(a, draw_chance(.5) ? "4" : "53");
	if (strcmp(k->name, "iban") == 0)
		return iban(a);
	return draw_text(a, k->value, NULL);
}

static const char *pick_name(struct arena *a, const char *names)
{
	size_t n = 1, k;

	for (const char *p = names; *p; p++)
		n += *p == ' ';
	for (k = draw_below(n); k > 0; k--)
		names = strchr(names, ' ') + 1;
	return arena_strndup(a, names, strcspn(names, " "));
}

/* The form with the key in the place of '@'. */
static const char *keyed(struct arena *a, const char *form, const char *key)
{
	const char *at = strchr(form, '@');

	return arena_printf(a, "%.*s%s%s", (int)(at - form), form, key, at + 1);
}

static const char *clothes(struct arena *a, const struct redact_kind *k, size_t i)
{
	size_t n = 0;

	if (k->around) {
		while (k->around[n])
			n++;
		return k->around[i % n];
	}
	if (k->class != CLASS_CRED && i % 2 == 0)
		return redact_bare[draw_below(redact_n_bare)];
	return keyed(a, redact_keyed[draw_below(redact_n_keyed)], pick_name(a, k->keys));
}

static void add(struct corpus *c, const char *text, const char *secret, size_t kind)
{
	c->r[c->n] = (struct record){text, secret, kind};
	str_addf(&c->text, "--- %06zu\n", c->n++);
	str_add(&c->text, text);
	str_addc(&c->text, '\n');
}

static void draw_corpus(struct corpus *c, uint64_t seed)
{
	draw_seed(seed);
	c->text = str_new(c->a);
	c->n = 0;
	c->r = ARENA_ARRAY(c->a,
	        redact_n_kinds * PER_KIND + redact_n_harmless * 8 * PER_HARMLESS + ORDINARY,
	        struct record);
	for (size_t k = 0; k < redact_n_kinds; k++) {
		for (size_t i = 0; i < PER_KIND; i++) {
			const char *v = value_of(c->a, &redact_kinds[k]);

			add(c, draw_text(c->a, clothes(c->a, &redact_kinds[k], i), v), v, k);
		}
	}
	for (size_t k = 0; k < redact_n_harmless; k++)
		for (size_t f = 0; f < 8 && redact_harmless[k].forms[f]; f++)
			for (size_t i = 0; i < PER_HARMLESS; i++)
				add(c, draw_text(c->a, redact_harmless[k].forms[f], NULL), NULL, k);
	for (size_t i = 0; i < ORDINARY; i++)
		add(c, draw_text(c->a, redact_ordinary[draw_below(redact_n_ordinary)], NULL), NULL,
		        SIZE_MAX);
}

/* --- judging --- */

static bool is_left(const char *secret, const char *out, size_t n)
{
	size_t k = strlen(secret), run = k * 34 / 100 + 1;

	run = run < 6 ? 6 : run;
	run = run < k ? run : k;
	for (size_t i = 0; i + run <= k; i++)
		if (memmem(out, n, secret + i, run))
			return true;
	return false;
}

static void judge(struct score *s, const struct record *r, const char *out, size_t n, bool tell)
{
	bool ok;

	if (r->secret) {
		ok = !is_left(r->secret, out, n);
		s->total[r->kind]++;
		s->caught[r->kind] += ok;
	} else {
		ok = n == strlen(r->text) && memcmp(out, r->text, n) == 0;
		*(r->kind == SIZE_MAX ? &s->ordinary : &s->harmless) += 1;
		*(r->kind == SIZE_MAX ? &s->ordinary_changed : &s->changed) += !ok;
	}
	if (!ok && tell)
		printf("   %s %s: %.*s\n", r->secret ? "missed" : "changed",
		        r->kind == SIZE_MAX ? "ordinary"
		        : r->secret         ? redact_kinds[r->kind].name
		                            : redact_harmless[r->kind].name,
		        (int)(n < 200 ? n : 200), out);
}

static void judge_all(struct score *s, const struct corpus *c, const struct filtered *f, bool tell)
{
	const char *p = f->out, *end = f->out + f->n;

	for (size_t i = 0; i < c->n; i++) {
		struct arena *a = c->a;
		const char *mark = arena_printf(a, "--- %06zu\n", i), *next;
		const char *at = memmem(p, (size_t)(end - p), mark, strlen(mark));

		if (!at) {
			fprintf(stderr, "record %zu is lost\n", i);
			exit(2);
		}
		at += strlen(mark);
		next = memmem(at, (size_t)(end - at), "\n--- ", 5);
		judge(s, &c->r[i], at, (size_t)((next ? next : end - 1) - at), tell);
		p = at;
	}
}

/* Masks carry a hash of a process's own key: the digits do not count. */
static void blank_masks(struct arena *a, struct filtered *f)
{
	char *p = arena_strndup(a, f->out, f->n);

	for (size_t i = 0; i + 5 < f->n; i++)
		if (p[i] == '#' && p[i + 5] == '>')
			memset(p + i + 1, '0', 4);
	f->out = p;
}

static bool same(const struct filtered *x, const struct filtered *y)
{
	return x->n == y->n && memcmp(x->out, y->out, x->n) == 0;
}

static void run(struct score *s, const char *healbot, uint64_t seed)
{
	const char *const argv[] = {healbot, "redact", NULL};
	struct corpus c = {.a = arena_new(0)};
	struct filtered whole, twice, pieces;

	draw_corpus(&c, seed);
	whole = filter_run(c.a, argv, c.text.s, c.text.len, 0);
	judge_all(s, &c, &whole, getenv("QUALITY_TELL") != NULL);
	twice = filter_run(c.a, argv, whole.out, whole.n, 0);
	pieces = filter_run(c.a, argv, c.text.s, c.text.len, 61);
	s->bytes += c.text.len;
	s->seconds += whole.seconds;
	reach_at_least("redacted twice is redacted once", same(&whole, &twice), 1);
	blank_masks(c.a, &whole);
	blank_masks(c.a, &pieces);
	reach_at_least("the same in pieces of 61 bytes", same(&whole, &pieces), 1);
	arena_free(c.a);
}

static double share(size_t part, size_t n)
{
	return n ? (double)part / (double)n : 1;
}

static void print(const struct score *s)
{
	size_t n[2] = {0, 0}, caught[2] = {0, 0};
	double worst = 1;
	const char *worst_name = "";

	for (size_t k = 0; k < redact_n_kinds; k++) {
		bool unseen = redact_kinds[k].class == CLASS_UNSEEN;
		double r = share(s->caught[k], s->total[k]);

		n[unseen] += s->total[k];
		caught[unseen] += s->caught[k];
		if (r < 1)
			printf("   %-56s %4zu of %zu\n", redact_kinds[k].name, s->caught[k],
			        s->total[k]);
		if (!unseen && r < worst) {
			worst = r;
			worst_name = redact_kinds[k].name;
		}
	}
	printf("   %zu secrets of %zu kinds, %zu harmless texts, %zu ordinary lines\n", n[0] + n[1],
	        redact_n_kinds, s->harmless, s->ordinary);
	reach_at_least("recall over all kinds", share(caught[0], n[0]), .998);
	reach_at_least(worst < 1 ? worst_name : "recall of the worst kind", worst, .95);
	reach_at_least("recall of kinds that no rule names", share(caught[1], n[1]), .90);
	reach_at_most("harmless text changed", share(s->changed, s->harmless), .005);
	reach_at_most("ordinary lines changed", share(s->ordinary_changed, s->ordinary), .001);
}

int main(int argc, char **argv)
{
	struct score s = {0};

	for (int i = 2; i < argc; i++)
		run(&s, argv[1], strtoull(argv[i], NULL, 10));
	print(&s);
	return reach_result();
}
