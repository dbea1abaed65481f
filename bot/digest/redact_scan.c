/*
 * redact_scan.c - the walk over a line.
 *
 * Words (letters, digits, '_', and '-' between them) are asked first whether they are a token
 * themselves, then whether they are the key of a pair. Other bytes have rules of their own.
 */
#include "digest/redact_i.h"

#include <string.h>
#include <strings.h>

#include "digest/swar.h"

/* Made of the definitions in redact_i.h; checked by the unit test. */
/* clang-format off */
const uint16_t redact_class[256] = {
	0x0040, 0x0040, 0x0040, 0x0040, 0x0040, 0x0040, 0x0040, 0x0040,
	0x0040, 0x1040, 0x0040, 0x0040, 0x0040, 0x0040, 0x0040, 0x0040,
	0x0040, 0x0040, 0x0040, 0x0040, 0x0040, 0x0040, 0x0040, 0x0040,
	0x0040, 0x0040, 0x0040, 0x10c0, 0x0040, 0x0040, 0x0040, 0x0040,
	0x1040, 0x0000, 0x1040, 0x0000, 0x2880, 0x1880, 0x1000, 0x1040,
	0x1000, 0x0000, 0x0000, 0x2820, 0x0800, 0x2ba0, 0x2a00, 0x2820,
	0x0fbc, 0x0fbc, 0x0fbc, 0x0fbc, 0x0fbc, 0x0fbc, 0x0fbc, 0x0fbc,
	0x0fbc, 0x0fbc, 0x3880, 0x0000, 0x00c0, 0x3820, 0x1040, 0x0000,
	0x0080, 0x0bb9, 0x0bb9, 0x0bb9, 0x0bb9, 0x0bb9, 0x0bb9, 0x0bb1,
	0x0bb1, 0x0bb1, 0x0bb1, 0x0bb1, 0x0bb1, 0x0bb1, 0x0bb1, 0x0bb1,
	0x0bb1, 0x0bb1, 0x0bb1, 0x0bb1, 0x0bb1, 0x0bb1, 0x0bb1, 0x0bb1,
	0x0bb1, 0x0bb1, 0x0bb1, 0x0000, 0x1040, 0x1000, 0x0000, 0x0bb0,
	0x1040, 0x0fba, 0x0fba, 0x0fba, 0x0fba, 0x0fba, 0x0fba, 0x0bb2,
	0x0bb2, 0x0bb2, 0x0bb2, 0x0bb2, 0x0bb2, 0x0bb2, 0x0bb2, 0x0bb2,
	0x0bb2, 0x0bb2, 0x0bb2, 0x0bb2, 0x0bb2, 0x0bb2, 0x0bb2, 0x0bb2,
	0x0bb2, 0x0bb2, 0x0bb2, 0x0000, 0x0040, 0x1000, 0x2800, 0x0040,
	0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000,
	0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000,
	0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000,
	0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000,
	0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000,
	0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000,
	0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000,
	0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000,
	0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000,
	0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000,
	0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000,
	0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000,
	0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000,
	0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000,
	0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000,
	0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000,
};
/* clang-format on */

void scan_mask(struct scan *x, size_t at, size_t end, const char *kind)
{
	if (at < x->done)
		at = x->done;
	if (end <= at)
		return;
	str_addn(x->out, x->s + x->done, at - x->done);
	redact_mask(x->r, x->out, kind, x->s + at, end - at);
	x->done = end;
	x->changed = true;
}

bool scan_is(const struct scan *x, size_t i, const char *text)
{
	size_t n = strlen(text);

	return i < x->n && x->n - i >= n && strncasecmp(x->s + i, text, n) == 0;
}

static size_t word_run(const struct scan *x, size_t i)
{
	while (i + 8 <= x->n) {
		uint64_t digits, stop = ~swar_word(swar_load(x->s + i), &digits) & SWAR_HIGH;

		if (stop)
			return i + swar_first(stop);
		i += 8;
	}
	while (i < x->n && IS(x->s[i], C_WORD))
		i++;
	return i;
}

size_t scan_word_end(const struct scan *x, size_t at)
{
	size_t i = at;

	for (;;) {
		i = word_run(x, i);
		if (i + 1 < x->n && x->s[i] == '-' && IS_ALNUM(x->s[i + 1]))
			i++;
		else
			return i;
	}
}

/* In "\nname", "%3Dname" the first letters belong to the escape. */
static size_t skip_escape(const struct scan *x, size_t at, size_t end)
{
	char before = at > 0 ? x->s[at - 1] : 0;

	if (before == '\\' && end - at > 2 && strchr("nrtb", x->s[at]))
		return at + 1;
	if (before == '\\' && end - at > 8 && x->s[at] == 'u' && x->s[at + 1] == '0' &&
	        x->s[at + 2] == '0')
		return at + 5;
	if (before == '%' && end - at > 4 && IS(x->s[at], C_HEX) && IS(x->s[at + 1], C_HEX))
		return at + 2;
	return at;
}

static size_t word_at(struct scan *x, size_t at)
{
	size_t end = scan_word_end(x, at), next;
	const char *kind;

	at = skip_escape(x, at, end);
	next = end - at >= 12 || (end < x->n && IS(x->s[end], C_LINK)) ? vendor_token(x, at, &kind)
	                                                               : 0;
	if (next == 0 && end - at >= 16)
		next = generic_token(x, at, end, &kind);
	if (next > 0) {
		scan_mask(x, at, next, kind);
		return next;
	}
	if (end < x->n && IS(x->s[end], C_JOINT) && (next = pair_at(x, at, end)) > 0)
		return next;
	if ((x->s[at] | 32) == 'b' && (next = auth_words(x, at, end)) > 0)
		return next;
	if (x->r->ips && (next = ip_at(x, at, end)) > 0)
		return next;
	if (IS(x->s[at], C_DIGIT) &&
	        ((next = number_at(x, at)) > 0 || (next = pgpass_at(x, at, end)) > 0))
		return next;
	if (IS(x->s[at], C_UPPER) &&
	        ((next = iban_at(x, at, end)) > 0 || (next = proto_at(x, at, end)) > 0))
		return next;
	if (end - at <= 2 && (next = jwk_at(x, at, end)) > 0)
		return next;
	return end;
}

static size_t dash_at(struct scan *x, size_t at)
{
	size_t next = 0;

	if (x->n - at > 11 && memcmp(x->s + at, "-----BEGIN ", 11) == 0)
		next = block_at(x, at);
	else if (at > 0)
		next = argv_at(x, at);
	return next ? next : at + 1;
}

static size_t other_at(struct scan *x, size_t at)
{
	size_t next = 0;

	switch (x->s[at]) {
	case '@':
		next = go_dsn_at(x, at);
		next = next ? next : email_at(x, at);
		break;
	case '-':
		return dash_at(x, at);
	case ':':
	case '%':
		next = url_at(x, at);
		break;
	case '$':
		next = hash_at(x, at);
		break;
	case '<':
		next = at + redact_is_mask(x->s + at, x->n - at);
		break;
	case '\x1b':
		next = skip_ansi(x, at);
		break;
	default:
		break;
	}
	return next > at ? next : at + 1;
}

void scan_line(struct scan *x)
{
	size_t i = 0;

	while (i < x->n) {
		unsigned char c = (unsigned char)x->s[i];

		if (redact_class[c] & C_WORD)
			i = word_at(x, i);
		else if (redact_class[c] & C_START)
			i = other_at(x, i);
		else
			i++;
	}
	if (x->changed)
		str_addn(x->out, x->s + x->done, x->n - x->done);
}
