/*
 * suspect_fold.c - what hides an instruction from a list of words does not hide it from a model:
 * escapes, look-alike letters, spaced letters, base64. All of it is undone before looking.
 */
#include <ctype.h>
#include <string.h>

#include "base/utf8.h"
#include "diagnose/suspect_i.h"
#include "str.h"

enum { BASE64_MIN = 24, SPACED_MIN = 5 };

/* --- escapes --- */

static int hex(const char *s, size_t n)
{
	int v = 0;

	for (size_t i = 0; i < n; i++) {
		if (!isxdigit((unsigned char)s[i]))
			return -1;
		v = v * 16 + (isdigit((unsigned char)s[i])
		                             ? s[i] - '0'
		                             : tolower((unsigned char)s[i]) - 'a' + 10);
	}
	return v;
}

static size_t entity(const char *s, int *out)
{
	static const struct {
		const char *name;
		char c;
	} named[] = {{"&lt;", '<'}, {"&gt;", '>'}, {"&amp;", '&'}, {"&quot;", '"'}, {"&nbsp;", ' '},
	        {"&apos;", '\''}};
	bool x = s[2] == 'x' || s[2] == 'X';
	size_t n = 2 + (size_t)x, digits = 0;
	int v = 0;

	for (size_t i = 0; i < sizeof(named) / sizeof(*named); i++) {
		if (str_starts(s, named[i].name)) {
			*out = (unsigned char)named[i].c;
			return strlen(named[i].name);
		}
	}
	if (s[1] != '#')
		return 0;
	while (digits < 6 && (x ? isxdigit((unsigned char)s[n]) : isdigit((unsigned char)s[n]))) {
		v = x ? v * 16 + hex(s + n, 1) : v * 10 + (s[n] - '0');
		n++;
		digits++;
	}
	*out = v;
	return digits && s[n] == ';' && v > 0 && v < 128 ? n + 1 : 0;
}

/* Length of an escape at s that stands for an ASCII character; 0 = none. */
static size_t escape(const char *s, int *out)
{
	if (*s == '%' && (*out = hex(s + 1, 2)) > 0 && *out < 128)
		return 3;
	if (*s == '\\' && s[1] == 'u' && (*out = hex(s + 2, 4)) > 0 && *out < 128)
		return 6;
	if (*s == '\\' && s[1] == 'x' && (*out = hex(s + 2, 2)) > 0 && *out < 128)
		return 4;
	if (*s == '\\' && (s[1] == 'n' || s[1] == 't' || s[1] == 'r')) {
		*out = ' ';
		return 2;
	}
	return *s == '&' && s[1] ? entity(s, out) : 0;
}

/* --- letters --- */

/* Letters of the Latin-1 supplement without their accents, from U+00C0; '?' stays as it is. */
static const char latin1[] = "aaaaaaaceeeeiiiidnooooo?ouuuuy?saaaaaaaceeeeiiiidnooooo?ouuuuy?y";

/* Cyrillic and Greek letters that look like Latin ones. */
static const struct {
	uint32_t from;
	char to;
} twins[] = {{0x430, 'a'}, {0x410, 'a'}, {0x435, 'e'}, {0x415, 'e'}, {0x43e, 'o'}, {0x41e, 'o'},
        {0x440, 'p'}, {0x420, 'p'}, {0x441, 'c'}, {0x421, 'c'}, {0x443, 'y'}, {0x445, 'x'},
        {0x425, 'x'}, {0x456, 'i'}, {0x406, 'i'}, {0x455, 's'}, {0x458, 'j'}, {0x43d, 'h'},
        {0x41d, 'h'}, {0x422, 't'}, {0x442, 't'}, {0x412, 'b'}, {0x41c, 'm'}, {0x41a, 'k'},
        {0x43a, 'k'}, {0x501, 'd'}, {0x261, 'g'}, {0x3bf, 'o'}, {0x3b1, 'a'}, {0x3b9, 'i'},
        {0x3c1, 'p'}, {0x3bd, 'v'}, {0x3b5, 'e'}, {0x131, 'i'}};

static char plain(uint32_t c)
{
	if (c >= 0xff01 && c <= 0xff5e)
		return (char)(c - 0xff01 + '!');
	if (c >= 0x1d400 && c <= 0x1d6a3)
		return (char)((c - 0x1d400) % 26 + 'a');
	if (c >= 0x24d0 && c <= 0x24e9)
		return (char)(c - 0x24d0 + 'a');
	if (c >= 0xc0 && c <= 0xff && latin1[c - 0xc0] != '?')
		return latin1[c - 0xc0];
	if (c == 0xa0 || (c >= 0x2000 && c <= 0x200a) || c == 0x202f || c == 0x3000)
		return ' ';
	if (c == 0x2018 || c == 0x2019)
		return '\'';
	if ((c >= 0x201c && c <= 0x201f) || c == 0xab || c == 0xbb)
		return '"';
	if (c == 0x3002)
		return '.';
	return c >= 0x2010 && c <= 0x203a ? '-' : 0; /* the rest of the general punctuation */
}

static char twin(uint32_t c)
{
	for (size_t i = 0; i < sizeof(twins) / sizeof(*twins); i++) {
		if (twins[i].from == c)
			return twins[i].to;
	}
	return 0;
}

/* A look-alike counts beside a Latin letter only: Russian stays Russian. */
static bool beside_latin(const struct str *b, const char *next)
{
	return (b->len && isalpha((unsigned char)b->s[b->len - 1])) ||
	       isalpha((unsigned char)*next);
}

static void add_folded(struct str *b, uint32_t c, const char *s, size_t n)
{
	char p = c < 128 ? (char)tolower((int)c) : plain(c);

	if (!p && twin(c) && beside_latin(b, s + n))
		p = twin(c);
	if (!p && c >= 0x410 && c <= 0x42f) { /* Cyrillic capitals */
		c += 0x20;
		str_addc(b, (char)(0xc0 | (c >> 6)));
		str_addc(b, (char)(0x80 | (c & 0x3f)));
	} else if (!p)
		str_addn(b, s, n);
	else if (!isspace((unsigned char)p))
		str_addc(b, (char)tolower((unsigned char)p));
	else if (b->len && b->s[b->len - 1] != ' ')
		str_addc(b, ' ');
}

char *suspect_fold(struct arena *a, const char *text)
{
	struct str b = str_new(a);
	size_t left = strlen(text), n;

	for (const char *s = text; left; s += n, left -= n) {
		uint32_t c;
		int e = 0;
		bool ok;

		n = escape(s, &e);
		if (n) {
			char one[2] = {(char)e, 0};

			add_folded(&b, (uint32_t)e, one, 1);
			continue;
		}
		n = utf8_next(s, left, &c, &ok);
		add_folded(&b, c, s, n);
	}
	return b.s;
}

/* --- words --- */

static bool is_word(unsigned char c)
{
	return isalnum(c) || c >= 0x80 || c == '\'';
}

/* "1gn0re": digits and signs between letters as the letters they look like. */
static const char *unleet(struct arena *a, const char *w)
{
	static const char from[] = "013457", to[] = "oieast";
	size_t letters = 0, other = 0;
	char *c = arena_strdup(a, w);

	for (const char *p = w; *p; p++) {
		letters += isalpha((unsigned char)*p) != 0;
		other += strchr(from, *p) != NULL;
	}
	if (other == 0 || letters < 2 * other || letters < 3)
		return w;
	for (char *p = c; *p; p++) {
		const char *at = strchr(from, *p);

		if (at)
			*p = to[at - from];
	}
	return c;
}

/* "i g n o r e", "i.g.n.o.r.e": single letters with the same separator; the length, 0 = none. */
static size_t spaced(const char *s, char *out, size_t room)
{
	size_t n = 0, i = 0;
	char sep = s[1];

	if (!sep || is_word((unsigned char)sep))
		return 0;
	while (isalpha((unsigned char)s[i]) && n + 1 < room) {
		out[n++] = s[i++];
		if (s[i] != sep || !isalpha((unsigned char)s[i + 1]) || s[i + 1] == '\0')
			break;
		if (is_word((unsigned char)s[i + 2]))
			break;
		i++;
	}
	out[n] = '\0';
	return n >= SPACED_MIN ? i : 0;
}

struct suspect_words suspect_words(struct arena *a, const char *folded)
{
	struct suspect_words r = {.w = ARENA_ARRAY(a, strlen(folded) + 1, const char *)};
	const char *s = folded;
	char joined[64];

	while (*s) {
		size_t n = 0;

		while (s[n] && is_word((unsigned char)s[n]))
			n++;
		if (n == 1 && (n = spaced(s, joined, sizeof(joined))) > 0)
			r.w[r.n++] = arena_strdup(a, joined);
		else if (is_word((unsigned char)*s)) {
			n = n ? n : 1;
			r.w[r.n++] = unleet(a, arena_strndup(a, s, n));
		} else if (*s == '.' || *s == '!' || *s == '?') {
			r.w[r.n++] = ".";
		}
		s += n ? n : 1;
	}
	return r;
}

/* --- base64 --- */

static int base64_value(char c)
{
	static const char set[] =
	        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = c ? strchr(set, c == '-' ? '+' : c == '_' ? '/' : c) : NULL;

	return at ? (int)(at - set) : -1;
}

/* The run decoded, when nearly all of it is text. */
static const char *decoded(struct arena *a, const char *s, size_t n)
{
	struct str b = str_new(a);
	unsigned bits = 0;
	size_t good = 0;
	int have = 0;

	for (size_t i = 0; i < n; i++) {
		bits = (bits << 6) | (unsigned)base64_value(s[i]);
		have += 6;
		if (have >= 8) {
			unsigned char c = (unsigned char)(bits >> (have - 8));

			have -= 8;
			good += isprint(c) || isspace(c);
			str_addc(&b, c ? (char)c : ' ');
		}
	}
	return b.len && good * 10 >= b.len * 9 ? b.s : NULL;
}

const char *suspect_base64(struct arena *a, const char *text)
{
	struct str all = str_new(a);

	for (const char *s = text; *s;) {
		size_t n = 0;
		const char *d;

		while (s[n] && base64_value(s[n]) >= 0)
			n++;
		d = n >= BASE64_MIN ? decoded(a, s, n) : NULL;
		if (d)
			str_addf(&all, "%s\n", d);
		s += n ? n : 1;
	}
	return all.len ? str_clean(a, all.s, all.len, 8192) : NULL;
}
