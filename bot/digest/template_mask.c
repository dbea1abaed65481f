/*
 * The words of an event, variable ones masked: whatever has a digit (numbers, ids, UUIDs, hex, IP
 * addresses, durations), paths, URLs, mail addresses, dates in words. Runs of masks are one mask.
 */
#include <string.h>

#include "digest/digest_i.h"
#include "digest/swar.h"

enum { C_END, C_WORD = 1, C_DIGIT = 2, C_JOIN = 4, C_BLANK = 8, C_EDGE = 16 };

/* One byte of classes for each byte; joiners are in a word only between two of its characters,
 * edges may also begin it. */
static const unsigned char classes[128] = {
        ['\t'] = C_BLANK,
        ['\n'] = C_BLANK,
        ['\r'] = C_BLANK,
        [' '] = C_BLANK,
        ['0'] = C_DIGIT,
        ['1'] = C_DIGIT,
        ['2'] = C_DIGIT,
        ['3'] = C_DIGIT,
        ['4'] = C_DIGIT,
        ['5'] = C_DIGIT,
        ['6'] = C_DIGIT,
        ['7'] = C_DIGIT,
        ['8'] = C_DIGIT,
        ['9'] = C_DIGIT,
        ['.'] = C_JOIN,
        ['-'] = C_JOIN,
        ['@'] = C_JOIN,
        ['$'] = C_JOIN,
        ['%'] = C_JOIN,
        ['~'] = C_JOIN,
        ['+'] = C_JOIN,
        ['#'] = C_JOIN,
        ['&'] = C_JOIN,
        ['\\'] = C_JOIN,
        ['?'] = C_JOIN,
        ['/'] = C_EDGE,
        ['_'] = C_WORD,
        ['*'] = C_JOIN,
        ['A'] = 1,
        ['B'] = 1,
        ['C'] = 1,
        ['D'] = 1,
        ['E'] = 1,
        ['F'] = 1,
        ['G'] = 1,
        ['H'] = 1,
        ['I'] = 1,
        ['J'] = 1,
        ['K'] = 1,
        ['L'] = 1,
        ['M'] = 1,
        ['N'] = 1,
        ['O'] = 1,
        ['P'] = 1,
        ['Q'] = 1,
        ['R'] = 1,
        ['S'] = 1,
        ['T'] = 1,
        ['U'] = 1,
        ['V'] = 1,
        ['W'] = 1,
        ['X'] = 1,
        ['Y'] = 1,
        ['Z'] = 1,
        ['a'] = 1,
        ['b'] = 1,
        ['c'] = 1,
        ['d'] = 1,
        ['e'] = 1,
        ['f'] = 1,
        ['g'] = 1,
        ['h'] = 1,
        ['i'] = 1,
        ['j'] = 1,
        ['k'] = 1,
        ['l'] = 1,
        ['m'] = 1,
        ['n'] = 1,
        ['o'] = 1,
        ['p'] = 1,
        ['q'] = 1,
        ['r'] = 1,
        ['s'] = 1,
        ['t'] = 1,
        ['u'] = 1,
        ['v'] = 1,
        ['w'] = 1,
        ['x'] = 1,
        ['y'] = 1,
        ['z'] = 1,
};

static unsigned char class_of(unsigned char c)
{
	return c < 128 ? classes[c] : C_WORD;
}

struct reader {
	const char *p;
	size_t n, i;
	/* of the word last read */
	uint64_t hash;
	unsigned seen; /* classes in it */
	unsigned slashes, ats, dots;
};

/* Over word characters from i; returns their end. */
static size_t word_run(struct reader *r, size_t i)
{
	for (;;) {
		uint64_t x = swar_load(r->p + i), digits;
		uint64_t stop = ~(swar_word(x, &digits) | x) & SWAR_HIGH; /* x: other scripts */

		if (!stop) {
			r->seen |= digits ? C_DIGIT : 0;
			i += 8;
			continue;
		}
		r->seen |= digits & (stop - 1) & ~stop ? C_DIGIT : 0;
		return i + swar_first(stop);
	}
}

/* The word at i; returns its end. */
static size_t word(struct reader *r)
{
	size_t i = r->i, end = i;

	r->seen = r->slashes = r->ats = r->dots = 0;
	for (;;) {
		size_t run = word_run(r, i);
		unsigned char c = (unsigned char)r->p[run], k = class_of(c);

		end = run > i ? run : end;
		if (run >= r->n || !(k & (C_JOIN | C_EDGE)))
			break;
		r->seen |= k;
		r->slashes += c == '/' || c == '\\';
		r->ats += c == '@';
		r->dots += c == '.';
		i = run + 1;
	}
	end = end < r->n ? end : r->n;
	r->hash = swar_hash(r->p + r->i, end - r->i);
	return end;
}

static bool is_date_word(const char *p, size_t n)
{
	static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDecMonTueWedThuFriSatSun";

	if (n != 3 || *p < 'A' || *p > 'Z')
		return false;
	for (size_t i = 0; i + 3 < sizeof(names); i += 3) {
		if (!memcmp(names + i, p, 3))
			return true;
	}
	return false;
}

/* A unit after a number says nothing that the number's place does not: "12 kB", "3 seconds". */
static bool is_unit(const char *p, size_t n)
{
	static const char *const units[] = {"bytes", "byte", "B", "KB", "kB", "MB", "GB", "TB",
	        "KiB", "MiB", "GiB", "ms", "us", "ns", "s", "sec", "secs", "seconds", "second",
	        "min", "minutes", "minute", "hours", "days", "msec", "milliseconds"};

	if (n > 12 || !strchr("bBkKMGTumnshd", *p))
		return false;
	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++) {
		if (*units[i] == *p && strlen(units[i]) == n && !memcmp(units[i], p, n))
			return true;
	}
	return false;
}

/* "db.example.com": dots, and a last label as hosts have it. */
static bool is_host(const char *p, size_t n)
{
	static const char *const tops[] = {"com", "net", "org", "edu", "gov", "io", "dev", "app",
	        "info", "local", "internal", "cn", "tw", "de", "jp", "br", "uk", "fr", "it", "ru",
	        "pl", "mx", "hk", "in", "nl", "au", "ca", "kr", "es", "ch", "at", "se", "tv", "cc",
	        "biz", "lan"};
	const char *dot = memrchr(p, '.', n);
	size_t k = dot ? (size_t)(p + n - dot - 1) : 0;

	for (size_t i = 0; k > 1 && dot > p && i < sizeof(tops) / sizeof(*tops); i++) {
		if (strlen(tops[i]) == k && !memcmp(tops[i], dot + 1, k))
			return true;
	}
	return false;
}

/* The next is ":" and a port. */
static bool has_port(const struct reader *r, size_t end)
{
	return end + 1 < r->n && r->p[end] == ':' && r->p[end + 1] >= '0' && r->p[end + 1] <= '9';
}

/* What comes after these words names one of many. */
static bool names_one(const char *p, size_t n)
{
	static const char *const nouns[] = {
	        "user", "username", "rhost", "ruser", "hostname", "userid"};

	if (n < 4 || n > 8 || (*p != 'u' && *p != 'r' && *p != 'h'))
		return false;
	for (size_t i = 0; i < sizeof(nouns) / sizeof(*nouns); i++) {
		if (strlen(nouns[i]) == n && !memcmp(nouns[i], p, n))
			return true;
	}
	return false;
}

static bool is_variable(const struct reader *r, size_t len)
{
	const char *p = r->p + r->i;

	if (r->seen & C_DIGIT)
		return true;
	if (!(r->seen & (C_JOIN | C_EDGE)))
		return false;
	if (r->ats == 1 && len > 4 && *p != '@' && memchr(p, '.', len))
		return true;
	if (r->slashes >= 2 || *p == '/')
		return true;
	return (r->seen & C_JOIN) && r->dots && (is_host(p, len) || has_port(r, r->i + len));
}

/* Bytes up to after the ")" of a value in brackets, 0 = it is none. */
static size_t closed_value(const struct reader *r, size_t end, bool wild)
{
	size_t q = end;

	if (!wild && !memchr(r->p + r->i, '.', end - r->i))
		return 0;
	if (q < r->n && r->p[q] == ' ') {
		size_t u = q + 1;

		while (u < r->n && (class_of((unsigned char)r->p[u]) & C_WORD))
			u++;
		if (u > q + 1 && is_unit(r->p + q + 1, u - q - 1))
			q = u;
	}
	return q < r->n && r->p[q] == ')' ? q + 1 : 0;
}

struct gap {
	uint64_t hash;
	bool thin;   /* nothing but what may stand inside a value: blanks and , : ; . - / */
	bool empty;  /* it held () or [] or "" */
	bool paren;  /* it ended in ( */
	bool single; /* and had nothing else */
	bool plain;  /* a blank or = */
	size_t at;
};

/* A sign or a bound before a digit belongs to the number; ./ ../ ~/ to the path. */
static bool opens_value(unsigned char c, char next, char after)
{
	if ((c == '<' || c == '-' || c == '~' || c == '+') && next >= '0' && next <= '9')
		return true;
	return (c == '.' || c == '~') && (next == '/' || (next == '.' && after == '/'));
}

static void read_gap(struct reader *r, struct gap *g)
{
	uint64_t h = 0;

	*g = (struct gap){.thin = true, .plain = true, .at = r->i};
	if (r->i + 1 < r->n && r->p[r->i] == ' ' &&
	        (class_of((unsigned char)r->p[r->i + 1]) & (C_WORD | C_DIGIT))) {
		r->i++; /* as most are */
		return;
	}
	for (; r->i < r->n; r->i++) {
		unsigned char c = (unsigned char)r->p[r->i], k = class_of(c);
		char next = r->i + 1 < r->n ? r->p[r->i + 1] : '\0';

		if (k & (C_WORD | C_DIGIT))
			break;
		if (k == C_EDGE && (class_of((unsigned char)next) & C_WORD))
			break;
		if (k == C_BLANK) {
			g->plain &= h == 0;
			continue;
		}
		g->empty |= (c == '(' && next == ')') || (c == '[' && next == ']');
		if (opens_value(c, next, r->i + 2 < r->n ? r->p[r->i + 2] : '\0'))
			continue;
		g->plain &= c == '=';
		g->single = !g->paren && c == '(' && h == 0;
		g->paren = c == '(';
		g->thin &= strchr(",:;.-/#*+~", c) != NULL && c;
		h = (h ^ c) * UINT64_C(0x100000001b3) + 1;
	}
	g->hash = h;
}

static void emit(struct words *w, uint64_t h, uint64_t gap, size_t at, size_t len)
{
	w->h[w->n] = h;
	w->gap[w->n] = gap;
	w->at[w->n] = (uint16_t)at;
	w->len[w->n++] = (uint16_t)len;
}

/* A date in words before a number: "Sun Jul 17" is one value. */
static void mask_dates(struct words *w, const char *p)
{
	size_t k = w->n;

	while (k > 0 && w->h[k - 1] != WILD && w->gap[k] == 0 &&
	        is_date_word(p + w->at[k - 1], w->len[k - 1])) {
		k--;
		w->h[k] = WILD;
		w->len[k] = (uint16_t)(w->at[w->n] + w->len[w->n] - w->at[k]);
		w->n = k;
	}
}

/* Takes the word at r->i in; returns its end. */
static size_t take_word(struct words *w, struct reader *r, const struct gap *g)
{
	const char *p = r->p;
	size_t end = word(r), len = end - r->i, close = 0;
	bool after = w->n > 0 && w->h[w->n - 1] == WILD;
	bool wild = is_variable(r, len) ||
	            (w->n > 0 && g->plain && names_one(p + w->at[w->n - 1], w->len[w->n - 1]));

	if (after && g->paren && g->single)
		close = closed_value(
		        r, end, wild); /* "12 (1.5 kB)", "10.0.0.1 (host.example.com)" */
	if (close > 0)
		end = close;
	if (close > 0 || (wild && after && g->thin && !g->empty) ||
	        (after && g->hash == 0 && !g->empty && is_unit(p + r->i, len))) {
		w->len[w->n - 1] = (uint16_t)(end - w->at[w->n - 1]);
		return end;
	}
	if (!wild) {
		emit(w, r->hash == WILD ? r->hash + 1 : r->hash, g->hash, r->i, len);
		return end;
	}
	w->at[w->n] = (uint16_t)r->i;
	w->len[w->n] = (uint16_t)len;
	w->gap[w->n] = g->hash;
	w->h[w->n] = WILD;
	if (w->n > 0 && g->hash == 0)
		mask_dates(w, p);
	w->n++;
	return end;
}

void words_of(struct words *w, const char *p, size_t n)
{
	struct reader r = {.p = p, .n = n};
	struct gap g;

	if (n >= MAX_GROUP - 64) { /* cut off: not in the middle of a word */
		while (r.n > 0 && class_of((unsigned char)p[r.n - 1]) != C_BLANK)
			r.n--;
		r.n = r.n ? r.n : n;
	}
	w->n = 0;
	w->tail = 0;
	while (w->n < MAX_WORDS) {
		read_gap(&r, &g);
		if (g.empty && !(w->n > 0 && w->h[w->n - 1] == WILD))
			emit(w, WILD, mix64(g.hash), g.at, r.i - g.at);
		if (r.i >= r.n || w->n == MAX_WORDS) {
			w->tail = g.empty ? 0 : g.hash;
			break;
		}
		if (g.empty)
			g.hash = 0;
		r.i = take_word(w, &r, &g);
	}
}
