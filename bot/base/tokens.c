/* tokens.c - counting the pieces of the cl100k pattern in one pass; see tokens.h. */
#include "tokens.h"

#include <stdbool.h>
#include <stdint.h>

/* A bit per class, so that "blank or punctuation" is one test. Bytes above 127 belong to letters of
 * other scripts; what they cost beyond their word is counted apart. */
enum { LETTER = 1, DIGIT = 2, NEWLINE = 4, BLANK = 8, PUNCT = 16 };

static uint8_t class_of(unsigned char c)
{
	if (c >= 0x80 || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))
		return LETTER;
	if (c >= '0' && c <= '9')
		return DIGIT;
	if (c == '\n' || c == '\r')
		return NEWLINE;
	return c == ' ' || c == '\t' ? BLANK : PUNCT;
}

/* Costs in thousandths of a token, fitted by least squares to both OpenAI vocabularies on logs,
 * JSON, traces, sources and prose. Long words are several tokens; runs of punctuation are often
 * one. */
enum {
	WORD_COST = 1110,
	LONG_COST = 78, /* each letter from the eighth on */
	LONG_WORD = 7,
	HUMP_COST = 630,
	NUMBER_COST = 1090,
	PUNCT_COST = 920,
	RUN_SAVES = 80, /* each sign from the third on */
	RUN_LEAST = 300,
	NEWLINE_COST = 2100,
	BLANK_COST = 830,
	OTHER_SCRIPT_COST = 700
};

struct scan {
	const unsigned char *s;
	size_t n, i;
	uint64_t milli;
};

static uint8_t at(const struct scan *p, size_t i)
{
	return i < p->n ? class_of(p->s[i]) : 0;
}

static void run_of(struct scan *p, uint8_t classes)
{
	while (at(p, p->i) & classes)
		p->i++;
}

static bool upper(unsigned char c)
{
	return c >= 'A' && c <= 'Z';
}

/* A run of letters; "fooBar" has a hump at B, and so has "ABCd" at C, as the vocabulary splits. */
static void letters(struct scan *p)
{
	bool was_lower = false;
	size_t from = p->i;

	p->milli += WORD_COST;
	for (; at(p, p->i) == LETTER; p->i++) {
		unsigned char c = p->s[p->i];

		if (upper(c) && was_lower)
			p->milli += HUMP_COST;
		if (c >= 0xc0) /* first byte of a character */
			p->milli += OTHER_SCRIPT_COST;
		was_lower = !upper(c) && c < 0x80;
	}
	if (p->i - from > LONG_WORD)
		p->milli += (p->i - from - LONG_WORD) * LONG_COST;
}

/* A run of white space: up to the last newline one piece; else all but the last blank, which goes
 * with what follows. */
static void blanks(struct scan *p)
{
	size_t from = p->i, newline = 0;

	while (at(p, p->i) & (BLANK | NEWLINE)) {
		if (at(p, p->i) == NEWLINE)
			newline = p->i + 1;
		p->i++;
	}
	p->milli += newline ? NEWLINE_COST : BLANK_COST;
	if (newline)
		p->i = newline;
	else if (p->i < p->n && p->i - from > 1)
		p->i--;
}

/* A blank may lead a run of signs, newlines may end it. */
static void punctuation(struct scan *p)
{
	size_t from, saved;

	p->i += p->s[p->i] == ' ';
	from = p->i;
	run_of(p, PUNCT);
	saved = p->i - from > 2 ? (p->i - from - 2) * RUN_SAVES : 0;
	p->milli += saved < PUNCT_COST - RUN_LEAST ? PUNCT_COST - saved : RUN_LEAST;
	run_of(p, NEWLINE);
}

/* One piece, in the order of the pattern's alternatives. */
static void piece(struct scan *p)
{
	uint8_t c = at(p, p->i), next = at(p, p->i + 1);

	if (c == LETTER || ((c & (BLANK | PUNCT)) && next == LETTER)) {
		p->i += c != LETTER;
		letters(p);
	} else if (c == DIGIT) {
		p->milli += NUMBER_COST;
		for (int k = 0; k < 3 && at(p, p->i) == DIGIT; k++)
			p->i++;
	} else if (c == PUNCT || (p->s[p->i] == ' ' && next == PUNCT)) {
		punctuation(p);
	} else {
		blanks(p);
	}
}

size_t tokens_estimate(const char *s, size_t n)
{
	struct scan p = {.s = (const unsigned char *)s, .n = n};

	while (p.i < p.n)
		piece(&p);
	return (size_t)((p.milli + 999) / 1000);
}

size_t tokens_fit(const char *s, size_t n, size_t budget)
{
	struct scan p = {.s = (const unsigned char *)s, .n = n};
	size_t fits = 0;

	while (p.i < p.n) {
		piece(&p);
		if ((p.milli + 999) / 1000 > budget)
			break;
		fits = p.i;
	}
	while (fits > 0 && fits < n && ((unsigned char)s[fits] & 0xc0) == 0x80)
		fits--;
	return fits;
}
