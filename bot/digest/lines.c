/* A line taken apart: colours off, header cut, JSON and logfmt to message and fields. */
#include <ctype.h>
#include <string.h>

#include "digest/digest_i.h"

void text_add(struct text *t, const char *p, size_t n)
{
	size_t room = t->max - t->n;

	if (n > room) {
		n = room;
		while (n > 0 && ((unsigned char)p[n] & 0xc0) == 0x80)
			n--; /* never half a character */
	}
	memcpy(t->p + t->n, p, n);
	t->n += n;
}

void text_adds(struct text *t, const char *s)
{
	text_add(t, s, strlen(s));
}

/* Bytes of an escape sequence at p: CSI, OSC, or two bytes. */
static size_t escape(const char *p, size_t n)
{
	size_t i = 2;

	if (n < 2)
		return n;
	if (p[1] == '[') {
		while (i < n && !(p[i] >= 0x40 && p[i] <= 0x7e))
			i++;
		return i < n ? i + 1 : n;
	}
	if (p[1] == ']') {
		while (i < n && p[i] != '\a' && p[i] != '\033')
			i++;
		return i < n ? i + 1 : n;
	}
	return 2;
}

/* Eight bytes at a time: has one of them a value below 32? (Mycroft's test for small bytes) */
static bool is_clean(const char *p, size_t n)
{
	const uint64_t ones = UINT64_C(0x0101010101010101), high = ones << 7;
	uint64_t x, found = 0;
	size_t i = 0;

	for (; i + 8 <= n; i += 8) {
		memcpy(&x, p + i, 8);
		x ^= ((x ^ ones * '\t') - ones) & ~(x ^ ones * '\t') &
		     high; /* a tab is no offence */
		found |= (x - ones * 0x20) & ~x & high;
	}
	for (; i < n; i++)
		found |= (unsigned char)p[i] < 0x20 && p[i] != '\t';
	return !found;
}

/* Without escape sequences and control characters; bytes that are no text become '?'. */
static size_t clean(char *out, const char *p, size_t n)
{
	size_t k = 0;

	for (size_t i = 0; i < n;) {
		unsigned char c = (unsigned char)p[i];

		if (c == 033) {
			i += escape(p + i, n - i);
			continue;
		}
		if (c >= 0x20 || c == '\t')
			out[k++] = (char)c;
		i++;
	}
	return k;
}

static bool starts(const char *p, size_t n, const char *what)
{
	size_t k = strlen(what);

	return n >= k && !memcmp(p, what, k);
}

/* `"GET /users/7?x=1 HTTP/1.1" 200 512 ...` of a web server: method, path, class of the status. */
static void access_log(struct scratch *s, const char *p, size_t n, struct line *out)
{
	struct text g = {s->group, 0, MAX_GROUP};
	const char *end = n > 4 ? memchr(p + 1, '"', n - 1) : NULL;
	const char *sp = end ? memchr(p, ' ', (size_t)(end - p)) : NULL, *stop;

	if (!sp || end + 5 > p + n || end[1] != ' ' || !isdigit((unsigned char)end[2]) ||
	        !isdigit((unsigned char)end[4]) || !isupper((unsigned char)p[1]))
		return;
	for (stop = sp + 1; stop < end && *stop != ' ' && *stop != '?'; stop++)
		;
	text_add(&g, p + 1, (size_t)(stop - p - 1));
	/* written as letters: figures would be masked */
	text_adds(&g, end[2] == '5' ? " server error" : end[2] == '4' ? " client error" : " fine");
	if (out->level == LEVEL_NONE)
		out->level = end[2] == '5' ? LEVEL_ERROR : LEVEL_INFO;
	out->group = (struct slice){g.p, g.n};
}

static void trim(struct slice *s)
{
	while (s->n && isspace((unsigned char)s->p[s->n - 1]))
		s->n--;
}

void line_read(struct scratch *s, const char *p, size_t n, bool message_only, struct line *out)
{
	struct header h = {0};

	memset(out, 0, sizeof(*out));
	if (n > MAX_LINE)
		n = MAX_LINE;
	if (!is_clean(p, n < MAX_SHOW * 2 ? n : MAX_SHOW * 2)) {
		n = clean(s->clean, p, n);
		p = s->clean;
	}
	if (!message_only)
		header_find(p, n, &h);
	out->ts_ms = h.ts_ms;
	out->layout = h.layout;
	out->level = h.level;
	out->detail = h.detail;
	p += h.len;
	n -= h.len;
	out->show = (struct slice){p, n};
	trim(&out->show);
	out->group = out->show;
	if (message_only || n < 2)
		return;
	if (*p == '{' && line_json(s, p, n, out))
		return;
	if (*p == '"' && h.layout)
		access_log(s, p, n, out);
	else if (isalpha((unsigned char)*p) && line_logfmt(s, p, n, out))
		return;
	if (h.layout == 0 && starts(p, n, "panic: "))
		out->level = LEVEL_FATAL;
}
