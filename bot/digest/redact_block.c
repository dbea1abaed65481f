/*
 * redact_block.c - private keys in PEM and PGP armour: plain, indented, behind a log prefix, or on
 * one line with escaped line feeds.
 *
 * Of a block over several lines the first line of the body becomes the mask and the others become
 * empty. A block without end ends at the first line that cannot belong to it.
 */
#include "digest/redact_i.h"

#include <string.h>

enum { MAX_LABEL = 48, FULL_LINE = 32, LONGEST = 32 * 1024 };

static const char begin[] = "-----BEGIN ", stop[] = "-----END";

static const char *find(const char *p, size_t n, const char *what)
{
	return memmem(p, n, what, strlen(what));
}

/* Behind the "-----" that closes the label; 0 = no private key. */
static size_t label_end(const struct scan *x, size_t at)
{
	size_t from = at + strlen(begin), left = x->n - from;
	const char *end = find(x->s + from, left < MAX_LABEL ? left : MAX_LABEL, "-----");

	if (!end || !find(x->s + from, (size_t)(end - x->s) - from, "PRIVATE KEY"))
		return 0;
	return (size_t)(end - x->s) + 5;
}

/* Blanks and "\n", however often it was escaped. */
static size_t skip_feeds(const struct scan *x, size_t i)
{
	while (i < x->n) {
		size_t k = i;

		while (k < x->n && x->s[k] == '\\')
			k++;
		if (k > i && k < x->n && (x->s[k] == 'n' || x->s[k] == 'r'))
			i = k + 1;
		else if (k == i && (x->s[i] == ' ' || x->s[i] == '\r' || x->s[i] == '\t'))
			i++;
		else
			break;
	}
	return i;
}

static size_t body_end(const struct scan *x, size_t at)
{
	size_t left = x->n - at;
	const char *end = find(x->s + at, left < LONGEST ? left : LONGEST, stop);
	size_t i = at;

	if (end)
		return (size_t)(end - x->s);
	while (i < x->n && x->s[i] != '"' && x->s[i] != '\'')
		i++;
	return i;
}

size_t block_at(struct scan *x, size_t at)
{
	size_t from = label_end(x, at), body, end;

	if (from == 0)
		return 0;
	body = skip_feeds(x, from);
	if (body == x->n) {
		x->r->block = (struct redact_block){.open = true, .behind = at > 0};
		return x->n;
	}
	end = body_end(x, body);
	if (end <= body + 8 || redact_is_mask(x->s + body, end - body))
		return from;
	scan_mask(x, body, end, "private-key");
	return end;
}

/* The part of the line that may be base64: [*at, *end). */
static void trim(const struct scan *x, size_t *at, size_t *end)
{
	while (*at < *end && (x->s[*at] == ' ' || x->s[*at] == '\t' || x->s[*at] == '"' ||
	                             x->s[*at] == '\'' || x->s[*at] == '>' || x->s[*at] == '|'))
		++*at;
	while (*end > *at && strchr(" \t\r\"'+,;", x->s[*end - 1]) && x->s[*end - 1])
		--*end;
	if (*end > *at + 2 && x->s[*end - 1] == 'n' && x->s[*end - 2] == '\\')
		*end -= 2;
}

static bool all_base64(const struct scan *x, size_t at, size_t end)
{
	for (size_t i = at; i < end; i++)
		if (!IS(x->s[i], C_B64))
			return false;
	return end > at;
}

/* "Proc-Type: 4,ENCRYPTED", "Version: GnuPG v2", also behind a log's prefix. */
static bool is_header(const struct scan *x)
{
	size_t colon = x->n > 1 ? x->n - 1 : 0, at;

	while (colon > 0 && (x->s[colon] != ' ' || x->s[colon - 1] != ':'))
		colon--;
	if (colon < 2)
		return false;
	for (at = --colon; at > 0 && IS(x->s[at - 1], C_B64);)
		at--;
	return colon > at && colon - at < 24 &&
	       (at == 0 || x->s[at - 1] == ' ' || x->s[at - 1] == '\t');
}

/* Behind a prefix a short last line of the body looks like a word: it must not read like one. */
static bool is_body(const struct scan *x, size_t at, size_t end)
{
	struct shape s = shape_of(x->s + at, end - at);

	if (!all_base64(x, at, end) || find(x->s + at, end - at, stop))
		return false;
	if (end - at >= FULL_LINE)
		return true;
	if (!x->r->block.masked)
		return end - at >= 16;
	return !x->r->block.behind || x->s[end - 1] == '=' || (s.upper && s.lower && s.digit);
}

static bool body_line(struct scan *x, size_t at, size_t end)
{
	struct redact_block *b = &x->r->block;

	if (!is_body(x, at, end))
		return false;
	b->open = end - at >= FULL_LINE; /* a short line is the last */
	if (!b->masked) {
		scan_mask(x, at, end, "private-key");
	} else {
		str_addn(x->out, x->s + x->done, at - x->done);
		x->done = end;
		x->changed = true;
	}
	b->masked = b->open;
	str_addn(x->out, x->s + x->done, x->n - x->done);
	x->done = x->n;
	return true;
}

bool block_line(struct scan *x)
{
	struct redact_block *b = &x->r->block;
	size_t at = 0, end = x->n;

	trim(x, &at, &end);
	if (at == end)
		return true;
	if (b->behind) { /* the last word of the line */
		size_t last = end;

		while (last > at && x->s[last - 1] != ' ' && x->s[last - 1] != '\t')
			last--;
		at = last;
		trim(x, &at, &end);
	}
	if (body_line(x, at, end))
		return true;
	if (!b->masked && is_header(x))
		return true;
	b->open = false;
	return false;
}
