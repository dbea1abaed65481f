/*
 * Where the header of a log line ends: date, host, level, pid, thread, logger. No list of formats:
 * an anchor (a time, or a level at the start) and then whatever fields follow it, one by one.
 */
#include <ctype.h>
#include <string.h>

#include "digest/header_i.h"

enum level level_word(const char *p, size_t n, bool letter)
{
	/* by length: the names in a row, each with the first letter of its level behind it */
	static const char *const names[] = {[3] = "errElogIinfIwrnWdbgDftlFvrbDtrcDpncF",
	        [4] = "infoIwarnWcritFdbugDfailEerorEnoteItrceD",
	        [5] = "errorEdebugDtraceDfatalFemergFalertFpanicF",
	        [6] = "noticeIsevereEdpanicF",
	        [7] = "warningWverboseDfailureEdefaultI",
	        [8] = "criticalF",
	        [9] = "emergencyF",
	        [11] = "informationI"};
	static const char letters[] = "DVTIWEFC";
	static const enum level of[] = {LEVEL_DEBUG, LEVEL_DEBUG, LEVEL_DEBUG, LEVEL_INFO,
	        LEVEL_WARN, LEVEL_ERROR, LEVEL_FATAL, LEVEL_FATAL};
	char low[12];

	if (n == 1 && letter && strchr(letters, *p))
		return of[strchr(letters, *p) - letters];
	if (n >= sizeof(names) / sizeof(*names) || !names[n] || !isalpha((unsigned char)*p))
		return LEVEL_NONE;
	for (size_t i = 0; i < n; i++)
		low[i] = (char)(p[i] | 32);
	for (const char *q = names[n]; q && *q; q += n + 1) {
		if (*q == *low && !memcmp(q, low, n))
			return of[strchr(letters, q[n]) - letters];
	}
	return LEVEL_NONE;
}

static bool upper(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (!isupper((unsigned char)p[i]))
			return false;
	}
	return n > 1;
}

static size_t letters(const struct find *f, size_t i)
{
	size_t k = i;

	while (k < f->n && isalpha((unsigned char)f->p[k]))
		k++;
	return k - i;
}

/* The end after the bracket that matches the one at i, 0 = none. */
static size_t bracket_end(const struct find *f, size_t i)
{
	int depth = 0;
	size_t end = i + MAX_BRACKET < f->n ? i + MAX_BRACKET : f->n;

	for (; i < end; i++) {
		char c = f->p[i];

		if (c == '[' || c == '(')
			depth++;
		else if ((c == ']' || c == ')') && --depth == 0)
			return i + 1;
	}
	return 0;
}

static bool all_digits(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (!isdigit((unsigned char)p[i]))
			return false;
	}
	return true;
}

static bool take_time(struct find *f)
{
	bool open = at(f, f->i) == '[' || at(f, f->i) == '(';
	int64_t ms;
	size_t start = f->i + open, k;
	size_t n = start < f->n ? time_at(f->p + start, f->n - start, &ms) : 0;

	if (n == 0)
		return false;
	k = start + n;
	/* a second number of ten digits is a value */
	if (f->h->ts_ms && n >= 10 && !open && all_digits(f->p + start, n))
		return false;
	if (open && at(f, k) != ']' && at(f, k) != ')')
		return false;
	if (f->h->ts_ms == 0)
		f->h->ts_ms = ms;
	/* "Aug 23 04:47:44" without a year is syslog's: the host stands next */
	if (!open && isupper((unsigned char)f->p[start]) && ms == 0)
		f->syslog = true;
	field(f, K_TIME, k + open);
	return true;
}

/* "[12345.678901] " of a kernel. */
static bool take_uptime(struct find *f)
{
	size_t i = f->i + 1;

	if (at(f, f->i) != '[')
		return false;
	i = skip_blanks(f, i);
	while (isdigit((unsigned char)at(f, i)))
		i++;
	if (at(f, i) != '.' || i < f->i + 2)
		return false;
	for (i++; isdigit((unsigned char)at(f, i)); i++)
		;
	if (at(f, i) != ']')
		return false;
	field(f, K_TIME, i + 1);
	return true;
}

static bool is_detail(const char *p, size_t n)
{
	static const char *const names[] = {
	        "DETAIL", "HINT", "CONTEXT", "STATEMENT", "QUERY", "LOCATION"};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (strlen(names[i]) == n && !memcmp(names[i], p, n))
			return true;
	}
	return false;
}

static bool take_level(struct find *f)
{
	size_t i = f->i, n = letters(f, i);
	enum level l;
	char next = at(f, i + n);
	bool first = f->h->layout == 0, cap = upper(f->p + i, n);

	if (f->h->level != LEVEL_NONE || n == 0)
		return false;
	if (!first && next == ':' && is_detail(f->p + i, n)) {
		f->h->detail = true;
		f->h->level = LEVEL_INFO;
		field(f, K_LEVEL, i + n + 1);
		return true;
	}
	l = level_word(f->p + i, n, !first && blank(next));
	if (l == LEVEL_NONE || (next && !strchr(" \t:,|/-", next)))
		return false;
	/* "Error: boom" and "info on things" are messages */
	if (!cap && (first || (next == ' ' && at(f, i + n + 1) != ' ')) && n > 1)
		return false;
	if (first && cap && next == ' ' && n > 5 && level_word(f->p + i, n, false) == LEVEL_ERROR)
		return false;
	f->h->level = l;
	f->colon = next == ':';
	field(f, K_LEVEL, i + n + (next == ':' || next == ',' || next == '|'));
	if (next == '/') { /* INFO/MainProcess] */
		const char *close = memchr(f->p + f->i, ']', word_end(f, f->i) - f->i);

		f->i = close ? (size_t)(close - f->p) + 1 : f->i;
	}
	return true;
}

static bool take_bracket(struct find *f)
{
	size_t end, n;
	char c = at(f, f->i);
	enum level l;

	if (c != '[' && !(c == '(' && isdigit((unsigned char)at(f, f->i + 1))))
		return false;
	end = bracket_end(f, f->i);
	if (end == 0 || (at(f, end) && !strchr(" \t:,|[-", at(f, end))))
		return false;
	n = end - f->i - 2;
	l = n < 16 ? level_word(f->p + f->i + 1, n, true) : LEVEL_NONE;
	if (l == LEVEL_NONE && f->h->layout == 0)
		return false;
	if (l != LEVEL_NONE && f->h->level == LEVEL_NONE)
		f->h->level = l;
	else if (n > 4 && f->h->level == LEVEL_NONE &&
	         memchr(f->p + f->i, ':', n)) { /* [core:error] */
		const char *colon = memchr(f->p + f->i, ':', n);

		f->h->level = level_word(colon + 1, (size_t)(f->p + end - 1 - colon - 1), false);
	}
	field(f, K_BRACKET, end + (at(f, end) == ':'));
	return true;
}

/* Words between the time and a level in capitals further on are fields too. */
static bool take_until_level(struct find *f)
{
	size_t i = f->i, end = i + AHEAD < f->n ? i + AHEAD : f->n;

	if (f->h->level != LEVEL_NONE || f->h->layout == 0)
		return false;
	for (int words = 0; words < 6 && i < end; words++) {
		size_t e = word_end(f, i), n = letters(f, i);
		bool level = upper(f->p + i, n) &&
		             (level_word(f->p + i, n, false) != LEVEL_NONE ||
		                     (at(f, i + n) == ':' && is_detail(f->p + i, n)));
		bool letter = n == 1 && e == i + 1 && level_word(f->p + i, 1, true) != LEVEL_NONE;

		if (words > 0 && (level || (letter && isdigit((unsigned char)f->p[i - 2])))) {
			if (e > i + n && at(f, i + n) != ':')
				return false;
			field(f, K_WORD, i);
			return true;
		}
		if (at(f, i) == '[') {
			e = bracket_end(f, i);
			if (e == 0)
				return false;
		} else if (at(f, e - 1) == ':' || at(f, e - 1) == ',' || at(f, i) == '"') {
			return false;
		}
		i = skip_blanks(f, e);
	}
	return false;
}

static bool identifier(const char *p, size_t n, bool *dotted)
{
	*dotted = false;
	if (n < 2 || !isalpha((unsigned char)*p))
		return false;
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)p[i];

		if (isalnum(c))
			continue;
		if (!strchr("._$/-:*#@()<>[]", c))
			return false;
		*dotted |= (c == '.' || c == '$' || c == ':' || c == '/') && i > 0 && i + 1 < n;
	}
	return true;
}

/* A logger: "c.a.OrderService : ", "dfs.DataNode$X: ", "nova.wsgi.server ", "root:", "CBS    ". */
static bool take_logger(struct find *f)
{
	size_t e = word_end(f, f->i), n = e - f->i;
	bool dotted, column;

	if (f->h->level == LEVEL_NONE || f->colon || n == 0 || n > 120)
		return false;
	column = f->i > 1 && blank(f->p[f->i - 1]) && blank(f->p[f->i - 2]) && blank(at(f, e)) &&
	         blank(at(f, e + 1));
	if (!identifier(f->p + f->i, f->p[e - 1] == ':' ? n - 1 : n, &dotted))
		return false;
	if (f->p[e - 1] == ':' || column) {
		field(f, K_LOGGER, e);
		f->colon = true;
		return true;
	}
	if (at(f, e) == ' ' && (at(f, e + 1) == ':' || (at(f, e + 1) == '-' && dotted)) &&
	        at(f, e + 2) == ' ') {
		field(f, K_LOGGER, e + 2);
		f->colon = true;
		return true;
	}
	if (!dotted || f->p[e - 1] == '.' || at(f, e) == '\0')
		return false;
	field(f, K_LOGGER, e);
	return true;
}

/* "combo sshd(pam_unix)[19939]: " */
static bool take_syslog(struct find *f)
{
	size_t e = word_end(f, f->i), tag = skip_blanks(f, e), t = word_end(f, tag);

	f->syslog = false;
	if (e == f->i || f->p[e - 1] == ':')
		return false;
	field(f, K_WORD, tag);
	if (t > tag + 1 && t - tag < 80 && f->p[t - 1] == ':')
		field(f, K_TAG, t);
	else if (memchr(f->p + tag, '[', t - tag)) { /* "name with blanks[1]: " */
		size_t close = tag;

		while (close < f->n && f->p[close] != ']')
			close++;
		if (at(f, close + 1) == ':')
			field(f, K_TAG, close + 2);
	}
	f->colon = true;
	return true;
}

/* "chrome.exe *64 - ": a program between the time and the message. */
static bool take_program(struct find *f)
{
	size_t e = word_end(f, f->i), next = e + 1, e2 = word_end(f, next);
	bool dotted;

	if (f->h->level != LEVEL_NONE || f->colon || !identifier(f->p + f->i, e - f->i, &dotted) ||
	        !dotted)
		return false;
	if (at(f, next) == '-' && at(f, next + 1) == ' ')
		field(f, K_LOGGER, next + 2);
	else if (e2 > next && (at(f, next) == '*' || at(f, next) == '(') && at(f, e2 + 1) == '-' &&
	         at(f, e2 + 2) == ' ')
		field(f, K_LOGGER, e2 + 3);
	else
		return false;
	f->colon = true;
	return true;
}

/* What may stand before the time: "- ", an address, a file name with digits, "web_1  | ". */
static bool take_prefix(struct find *f)
{
	size_t i = f->i, e = word_end(f, i);
	bool number = false;

	if (e == i || e - i > 100)
		return false;
	for (size_t k = i; k < e; k++)
		number |= isdigit((unsigned char)f->p[k]) ||
		          (k > i && k + 1 < e && (f->p[k] == '.' || f->p[k] == '_'));
	if ((!number && !(e == i + 1 && f->p[i] == '-')) || f->p[e - 1] == ':')
		return false;
	f->i = skip_blanks(f, e);
	if (at(f, f->i) == '|')
		f->i = skip_blanks(f, f->i + 1);
	return true;
}

static bool anchor(struct find *f)
{
	size_t start;

	if (header_form(f))
		return true;
	start = f->i;
	for (int k = 0; k < 6; k++) {
		if (take_time(f) || take_uptime(f) || take_level(f) || take_bracket(f))
			return true;
		if (!take_prefix(f))
			break;
	}
	f->i = start;
	return false;
}

static void skip_separators(struct find *f)
{
	for (;;) {
		size_t i = skip_blanks(f, f->i);
		char c = at(f, i);

		if (c == '-' && at(f, i + 1) == '-' && at(f, i + 2) == '-' && blank(at(f, i + 3)))
			i += 3;
		else if (c && strchr("|,:-", c) && (blank(at(f, i + 1)) || c == '|' || c == ','))
			i++;
		else if (c == ']')
			i++;
		if (i == f->i)
			return;
		f->i = i;
	}
}

static bool take_column(struct find *f)
{
	size_t i = f->i;

	if (i == 0 || f->p[i - 1] != '|')
		return false;
	while (i < f->n && i < f->i + 40 && f->p[i] != '|' && !blank(f->p[i]))
		i++;
	if (at(f, i) != '|')
		return false;
	field(f, K_WORD, i + 1);
	return true;
}

static bool take_number(struct find *f)
{
	size_t e = f->i;

	while (isdigit((unsigned char)at(f, e)))
		e++;
	/* "1 --- [main] c.a.X : " of Spring: the pid after the level */
	if (e == f->i || !blank(at(f, e)) || at(f, e + 1) != '-' || at(f, e + 2) != '-')
		return false;
	field(f, K_NUMBER, e);
	f->h->layout = f->h->layout * 31 + K_DASHES;
	return true;
}

void header_find(const char *p, size_t n, struct header *h)
{
	struct find f = {.p = p, .n = n < LOOK ? n : LOOK, .h = h};

	memset(h, 0, sizeof(*h));
	if (at(&f, 0) == '{' || !anchor(&f))
		return;
	for (int k = 0; k < 14; k++) {
		skip_separators(&f);
		if (take_time(&f) || take_column(&f))
			continue;
		if (f.syslog && take_syslog(&f))
			continue;
		if (header_form_field(&f) || take_level(&f) || take_bracket(&f) ||
		        take_number(&f) || take_until_level(&f) || take_program(&f))
			continue;
		if (!take_logger(&f))
			break;
	}
	skip_separators(&f);
	h->len = f.i < n ? f.i : n;
}
