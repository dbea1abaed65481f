/* redact.c - exact values first, then the rules line by line. See redact.h. */
#include "redact.h"

#include <stdlib.h>
#include <string.h>

#include "digest/redact_i.h"
#include "str.h"

enum {
	MIN_EXACT = 6,
	MAX_PASSES = 8, /* a mask may complete what was no secret before: seen twice in fuzzing */
};

struct redact *redact_new(void)
{
	struct arena *a = arena_new(0);
	struct redact *r = ARENA_NEW(a, struct redact);

	r->a = a;
	vendor_index(&r->vendors);
	return r;
}

void redact_free(struct redact *r)
{
	if (r)
		arena_free(r->a);
}

/* --- exact values --- */

/* The longest that stands at p. */
static const struct redact_form *form_at(const struct redact *r, const char *p, size_t left)
{
	unsigned pair = (unsigned)((unsigned char)p[0] << 8 | (unsigned char)p[1]);
	const struct redact_form *best = NULL;

	for (uint32_t i = r->first_form[pair % FORM_HEADS]; i > 0; i = r->forms[i - 1].next) {
		const struct redact_form *f = &r->forms[i - 1];

		if (f->n <= left && memcmp(p, f->text, f->n) == 0 && (!best || f->n > best->n))
			best = f;
	}
	return best;
}

static void add_form(struct redact *r, const char *kind, const char *text)
{
	size_t n = strlen(text);
	unsigned pair;

	if (n < MIN_EXACT)
		return;
	if (form_at(r, text, n) && form_at(r, text, n)->n == n)
		return;
	if (r->n_forms == r->cap_forms) {
		struct redact_form *more =
		        ARENA_ARRAY(r->a, r->cap_forms * 2 + 16, struct redact_form);

		if (r->n_forms)
			memcpy(more, r->forms, r->n_forms * sizeof(*more));
		r->cap_forms = r->cap_forms * 2 + 16;
		r->forms = more;
	}
	pair = (unsigned)((unsigned char)text[0] << 8 | (unsigned char)text[1]);
	r->forms[r->n_forms] = (struct redact_form){
	        arena_strdup(r->a, text), n, kind, r->first_form[pair % FORM_HEADS]};
	r->first_form[pair % FORM_HEADS] = (uint32_t)++r->n_forms;
	r->pairs[pair >> 3] |= (uint8_t)(1U << (pair & 7));
}

/* Standard or URL alphabet, without padding: longer texts that begin with it are found too. */
static const char *base64(struct arena *a, const char *s, const char *last_two)
{
	static const char letters[] =
	        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
	struct str b = str_new(a);
	size_t n = strlen(s);

	for (size_t i = 0; i + 2 < n; i += 3) {
		unsigned v = (unsigned)(unsigned char)s[i] << 16 |
		             (unsigned)(unsigned char)s[i + 1] << 8 | (unsigned char)s[i + 2];

		for (int shift = 18; shift >= 0; shift -= 6) {
			unsigned k = v >> shift & 63;

			str_addc(&b, k < 62 ? letters[k] : last_two[k - 62]);
		}
	}
	return b.s;
}

static const char *json_escaped(struct arena *a, const char *s)
{
	struct str b = str_new(a);

	for (; *s; s++) {
		if (*s == '"' || *s == '\\')
			str_addc(&b, '\\');
		if (*s == '\n')
			str_add(&b, "\\n");
		else
			str_addc(&b, *s);
	}
	return b.s;
}

bool redact_exact(struct redact *r, const char *kind, const char *value)
{
	struct str url;

	if (strlen(value) < MIN_EXACT)
		return false;
	kind = arena_strdup(r->a, kind);
	url = str_new(r->a);
	str_url(&url, value);
	add_form(r, kind, value);
	add_form(r, kind, url.s);
	add_form(r, kind, json_escaped(r->a, value));
	if (strlen(value) >= 12) {
		add_form(r, kind, base64(r->a, value, "+/"));
		add_form(r, kind, base64(r->a, value, "-_"));
	}
	return true;
}

static void exact_pass(struct scan *x)
{
	size_t i = 0;

	while (i + MIN_EXACT <= x->n) {
		unsigned pair =
		        (unsigned)((unsigned char)x->s[i] << 8 | (unsigned char)x->s[i + 1]);
		const struct redact_form *f = NULL;
		size_t mask = x->s[i] == '<' ? redact_is_mask(x->s + i, x->n - i) : 0;

		if (!mask && (x->r->pairs[pair >> 3] >> (pair & 7) & 1))
			f = form_at(x->r, x->s + i, x->n - i);
		if (f)
			scan_mask(x, i, i + f->n, f->kind);
		i += f ? f->n : mask ? mask : 1;
	}
	if (x->changed)
		str_addn(x->out, x->s + x->done, x->n - x->done);
}

void redact_ips(struct redact *r, enum redact_ips which)
{
	r->ips = which;
}

/* --- lines --- */

typedef void pass_fn(struct scan *x);

/* One pass: *p and *n become the result. */
static bool run(struct redact *r, struct arena *a, pass_fn *pass, const char **p, size_t *n)
{
	struct str out = str_new(a);
	struct scan x = {.r = r, .s = *p, .n = *n, .out = &out, .a = a};

	pass(&x);
	if (!x.changed)
		return false;
	*p = out.s;
	*n = out.len;
	return true;
}

static void block_pass(struct scan *x)
{
	if (block_line(x))
		return;
	scan_line(x);
}

static void rules(struct redact *r, struct arena *a, const char **p, size_t *n)
{
	if (!run(r, a, r->block.open ? block_pass : scan_line, p, n))
		return;
	for (int i = 1; i < MAX_PASSES && run(r, a, scan_line, p, n); i++)
		;
}

const char *redact_line(
        struct redact *r, struct arena *a, const char *line, size_t n, size_t *n_out)
{
	if (r->n_forms)
		run(r, a, exact_pass, &line, &n);
	rules(r, a, &line, &n);
	*n_out = n;
	return line;
}

static void all_lines(struct redact *r, struct arena *a, const char *s, size_t n, struct str *out)
{
	for (const char *end = s + n;;) {
		const char *feed = memchr(s, '\n', (size_t)(end - s)), *p = s;
		size_t len = (size_t)((feed ? feed : end) - s);

		rules(r, a, &p, &len);
		str_addn(out, p, len);
		if (!feed)
			return;
		str_addc(out, '\n');
		s = feed + 1;
	}
}

const char *redact_text(struct redact *r, struct arena *a, const char *s)
{
	const struct redact_block before = r->block;
	size_t count = r->count, n = strlen(s);
	const char *p = s;
	struct str out;

	r->block = (struct redact_block){.open = false};
	if (r->n_forms)
		run(r, a, exact_pass, &p, &n);
	if (!memchr(p, '\n', n)) {
		rules(r, a, &p, &n);
	} else {
		out = str_new(a);
		all_lines(r, a, p, n, &out);
		p = out.s;
	}
	r->block = before;
	return r->count == count ? s : p;
}

/* --- receipt --- */

size_t redact_count(const struct redact *r)
{
	return r->count;
}

const char *redact_receipt(const struct redact *r, struct arena *a)
{
	struct str b = str_new(a);

	for (size_t i = 0; i < r->n_tally; i++)
		str_addf(&b, "%s%zu %s", i ? ", " : "", r->tally[i].n, r->tally[i].kind);
	return b.len ? b.s : "nothing";
}

void redact_reset_count(struct redact *r)
{
	r->count = 0;
	r->n_tally = 0;
}
