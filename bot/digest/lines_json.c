/*
 * Lines of JSON: one pass, no tree, no allocation. Message, level, time, error and stack are found
 * by the names that loggers use; the other fields are shown as key=value.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "digest/digest_i.h"

enum { MAX_DEPTH = 8 };

struct scan {
	const char *p, *end;
	struct line *out;
	struct scratch *room;
	struct text group, show, stack, fields;
	bool has_msg, in_error;
	int depth;
};

enum field field_of(const char *key, size_t n)
{
	/* by length: the names in a row, each with a letter for its use behind it */
	static const char *const names[] = {"", "tTvKsL", "tsT@tT@mM@lL@xX",
	        "msgMlogMlvlLerrE@mtMpidKctxK", "textMbodyMtimeTcodeNtypeN",
	        "eventNreqidKlevelLstackXerrorEcauseE$dateT",
	        "errmsgEreasonEactionNthreadKspanidKstatusH", "messageMtraceidKspan_idK",
	        "severityLloglevelLdatetimeThostnameKtrace_idK@versionK",
	        "levelnameLlog_levelLtimestampTtracebackXbacktraceXexceptionXrequestidK",
	        "@timestampTstacktraceXerror_codeNrequest_idKthreadnameKstatuscodeH",
	        "stack_traceXthread_nameKstatus_codeHtextpayloadM", "severitytextL",
	        "error_messageEseverity_textL", [15] = "messagetemplateM"};
	static const char uses[] = "KTLMENXH";
	static const enum field of[] = {FIELD_SKIP, FIELD_TIME, FIELD_LEVEL, FIELD_MSG, FIELD_ERROR,
	        FIELD_KIND, FIELD_STACK, FIELD_STATUS};
	char low[16];
	size_t k = n; /* of log.level and error.stack_trace only the last word */

	while (k > 0 && n - k < sizeof(low) && key[k - 1] != '.')
		k--;
	key += k;
	n -= k;
	if (n >= sizeof(names) / sizeof(*names))
		return FIELD_OTHER;
	for (size_t i = 0; i < n; i++)
		low[i] = (char)(key[i] >= 'A' && key[i] <= 'Z' ? key[i] + 32 : key[i]);
	for (const char *q = names[n]; q && *q; q += n + 1) {
		if (*q == *low && !memcmp(q, low, n))
			return of[strchr(uses, q[n]) - uses];
	}
	return FIELD_OTHER;
}

static uint64_t load(const char *p, size_t n)
{
	uint64_t x = 0;

	if (n == 8)
		memcpy(&x, p, 8);
	else
		memcpy(&x, p, n);
	return x;
}

enum field field_memo(struct scratch *s, const char *key, size_t n)
{
	uint64_t head, tail;
	struct field_memo *m;

	if (n == 0 || n > 16)
		return field_of(key, n);
	head = load(key, n < 8 ? n : 8);
	tail = n > 8 ? load(key + n - 8, 8) : 0;
	m = &s->memo[mix64(head + tail + n) % FIELD_MEMO];
	if (m->n != n || m->head != head || m->tail != tail)
		*m = (struct field_memo){head, tail, n, field_of(key, n)};
	return m->field;
}

enum level level_number(int64_t v)
{
	return v >= 60   ? LEVEL_FATAL
	       : v >= 50 ? LEVEL_ERROR
	       : v >= 40 ? LEVEL_WARN
	       : v >= 30 ? LEVEL_INFO
	       : v >= 10 ? LEVEL_DEBUG
	                 : LEVEL_NONE;
}

static void blanks(struct scan *s)
{
	while (s->p < s->end && isspace((unsigned char)*s->p))
		s->p++;
}

/* The raw inside of the string at p (which is a quote); leaves p after it. */
static bool string(struct scan *s, struct slice *out)
{
	const char *q = s->p + 1;

	out->p = q;
	for (;;) {
		q = memchr(q, '"', (size_t)(s->end - q));
		const char *b = q;

		if (!q)
			return false;
		while (b > out->p && b[-1] == '\\')
			b--;
		if ((q - b) % 2 == 0)
			break;
		q++;
	}
	out->n = (size_t)(q - out->p);
	s->p = q + 1;
	return true;
}

/* The string without its escapes; newlines stay newlines in a stack, else they are blanks. */
static void unescape(struct text *t, struct slice v, bool lines)
{
	for (size_t i = 0; i < v.n;) {
		const char *b = memchr(v.p + i, '\\', v.n - i);
		size_t run = b ? (size_t)(b - v.p) - i : v.n - i;
		char c;

		text_add(t, v.p + i, run);
		i += run;
		if (i + 1 >= v.n)
			return;
		c = v.p[i + 1];
		i += 2;
		if (c == 'n')
			c = lines ? '\n' : ' ';
		else if (c == 't' || c == 'r' || c == 'b' || c == 'f')
			c = ' ';
		else if (c == 'u') {
			c = '?';
			i += 4;
		}
		text_add(t, &c, 1);
	}
}

static void show_field(struct scan *s, struct slice key, struct slice v, bool quoted)
{
	bool spaced = quoted && memchr(v.p, ' ', v.n < 400 ? v.n : 400) != NULL;

	if (v.n == 0)
		return;
	text_adds(&s->fields, " ");
	text_add(&s->fields, key.p, key.n < 40 ? key.n : 40);
	text_adds(&s->fields, spaced ? "=\"" : "=");
	unescape(&s->fields, (struct slice){v.p, v.n < 300 ? v.n : 300}, false);
	if (spaced)
		text_adds(&s->fields, "\"");
}

static void take_time(struct scan *s, struct slice v)
{
	int64_t ms;

	if (s->out->ts_ms == 0 && time_at(v.p, v.n, &ms))
		s->out->ts_ms = ms;
}

static void take_level(struct scan *s, struct slice v, bool quoted)
{
	enum level l =
	        quoted ? level_word(v.p, v.n, true) : level_number((int)strtol(v.p, NULL, 10));

	if (l != LEVEL_NONE)
		s->out->level = l;
}

static void to_group(struct scan *s, struct slice v)
{
	text_adds(&s->group, " | ");
	unescape(&s->group, (struct slice){v.p, v.n < 600 ? v.n : 600}, false);
}

static void message(struct scan *s, struct slice v)
{
	struct text whole = {s->group.p, 0, s->group.max};
	size_t kept = s->group.n;

	/* the message leads, whatever came before it */
	memcpy(s->room->rest, s->group.p, kept);
	unescape(&whole, v, false);
	text_add(&whole, s->room->rest, kept);
	s->group = whole;
	s->has_msg = true;
	unescape(&s->show, v, false);
}

static void status(struct scan *s, struct slice key, struct slice v, bool quoted)
{
	if (!quoted && v.n == 3 && *v.p >= '4') {
		text_adds(&s->group, *v.p == '5' ? " | server error" : " | client error");
		if (*v.p == '5' && s->out->level < LEVEL_ERROR)
			s->out->level = LEVEL_ERROR;
	} else if (quoted) {
		to_group(s, v);
	}
	show_field(s, key, v, quoted);
}

static void value(struct scan *s, struct slice key, struct slice v, bool quoted)
{
	enum field f = field_memo(s->room, key.p, key.n);

	if ((f == FIELD_MSG || (f == FIELD_LEVEL && key.n == 1)) && !quoted)
		f = FIELD_OTHER;
	if (f == FIELD_MSG && key.n > 8 && !strncasecmp(key.p, "err", 3))
		f = FIELD_ERROR; /* error.message */
	if (s->depth > 1 && (f == FIELD_MSG || f == FIELD_LEVEL || f == FIELD_TIME))
		f = s->in_error && f == FIELD_MSG ? FIELD_ERROR
		    : *key.p == '$' /* Mongo */   ? FIELD_TIME
		                                  : FIELD_OTHER;
	if (f == FIELD_SKIP && s->in_error)
		f = FIELD_OTHER;
	switch (f) {
	case FIELD_MSG:
		if (!s->has_msg)
			message(s, v);
		else
			show_field(s, key, v, quoted);
		break;
	case FIELD_LEVEL:
		take_level(s, v, quoted);
		break;
	case FIELD_TIME:
		take_time(s, v);
		break;
	case FIELD_STACK:
		if (quoted)
			unescape(&s->stack, v, true);
		break;
	case FIELD_ERROR:
	case FIELD_KIND:
		if (quoted)
			to_group(s, v);
		show_field(s, key, v, quoted);
		break;
	case FIELD_STATUS:
		status(s, key, v, quoted);
		break;
	case FIELD_SKIP:
		break;
	case FIELD_OTHER:
		show_field(s, key, v, quoted);
		break;
	default:
		abort();
	}
}

static bool plain_value(struct scan *s, struct slice *v)
{
	v->p = s->p;
	while (s->p < s->end && *s->p != ',' && *s->p != '}' && *s->p != ']' && *s->p > ' ')
		s->p++;
	v->n = (size_t)(s->p - v->p);
	return v->n > 0;
}

static bool object(struct scan *s);

/* An array: its strings and numbers as one value, whatever is inside. */
static bool array(struct scan *s, struct slice key)
{
	struct slice v = {s->p, 0};
	int depth = 0;

	for (; s->p < s->end; s->p++) {
		struct slice skip;

		if (*s->p == '"') {
			if (!string(s, &skip))
				return false;
			s->p--;
		} else if (*s->p == '[' || *s->p == '{') {
			depth++;
		} else if ((*s->p == ']' || *s->p == '}') && --depth == 0) {
			s->p++;
			v.n = (size_t)(s->p - v.p);
			show_field(s, key, v, false);
			return true;
		}
	}
	return false;
}

static bool member(struct scan *s)
{
	struct slice key, v;

	if (s->p >= s->end || *s->p != '"' || !string(s, &key))
		return false;
	blanks(s);
	if (s->p >= s->end || *s->p++ != ':')
		return false;
	blanks(s);
	if (s->p >= s->end)
		return false;
	if (*s->p == '{') {
		bool before = s->in_error, ok;
		enum field f = field_memo(s->room, key.p, key.n);

		s->in_error |= f == FIELD_ERROR || f == FIELD_STACK;
		ok = s->depth < MAX_DEPTH ? object(s) : array(s, key);
		s->in_error = before;
		return ok;
	}
	if (*s->p == '[')
		return array(s, key);
	if (*s->p == '"') {
		if (!string(s, &v))
			return false;
		value(s, key, v, true);
		return true;
	}
	if (!plain_value(s, &v))
		return false;
	value(s, key, v, false);
	return true;
}

static bool object(struct scan *s)
{
	bool more = true;

	s->p++;
	s->depth++;
	blanks(s);
	if (s->p < s->end && *s->p == '}')
		more = false;
	while (more) {
		blanks(s);
		if (!member(s))
			return false;
		blanks(s);
		more = s->p < s->end && *s->p == ',';
		s->p += more;
	}
	if (s->p >= s->end || *s->p != '}')
		return false;
	s->p++;
	s->depth--;
	return true;
}

bool line_json(struct scratch *sc, const char *p, size_t n, struct line *out)
{
	struct line was = *out;
	struct scan s = {.p = p, .end = p + n, .out = out, .room = sc};

	s.group = (struct text){sc->group, 0, MAX_GROUP};
	s.show = (struct text){sc->show, 0, MAX_SHOW};
	s.stack = (struct text){sc->stack, 0, sizeof(sc->stack)};
	s.fields = (struct text){sc->fields, 0, sizeof(sc->fields)};
	if (!object(&s)) {
		*out = was;
		return false;
	}
	text_add(&s.show, sc->fields, s.fields.n);
	if (!s.has_msg)
		text_add(&s.group, sc->fields, s.fields.n);
	out->group = (struct slice){s.group.p, s.group.n};
	out->show = (struct slice){s.show.p, s.show.n};
	out->stack = (struct slice){s.stack.p, s.stack.n};
	out->layout = out->layout * 31 + 101;
	return true;
}
