/* redact_pii.c - e-mail addresses, payment cards (Luhn), IBAN (ISO 13616), US social security. */
#include "digest/redact_i.h"

#include <string.h>
#include <strings.h>

enum { MAX_LOCAL = 64, MAX_DIGITS = 19 };

static bool is_local(char c)
{
	return IS_ALNUM(c) || (c && strchr("._%+-", c));
}

/* End of the domain at `at`; 0 = it is none. Names of files and units are not ("x@2x.png"). */
static size_t domain_end(const struct scan *x, size_t at)
{
	static const char files[] =
	        " png jpg jpeg gif svg webp ico js mjs cjs ts tsx jsx css map json "
	        "html htm py rb go rs java md txt tgz gz zip tar service socket timer "
	        "mount slice scope target so conf yml yaml lock ";
	size_t i = at, dot = 0, end;
	char low[8];

	while (i < x->n && (IS_ALNUM(x->s[i]) || x->s[i] == '-' || x->s[i] == '.')) {
		if (x->s[i] == '.' && i + 1 < x->n && IS_ALNUM(x->s[i + 1]))
			dot = i;
		else if (x->s[i] == '.')
			break;
		i++;
	}
	end = i;
	if (!dot || dot == at || end - dot < 3 || !IS_ALNUM(x->s[at]))
		return 0;
	for (i = dot + 1; i < end; i++)
		if (!IS_ALPHA(x->s[i]))
			return 0;
	if (end - dot - 1 < sizeof(low)) {
		for (i = 0; i < end - dot - 1; i++)
			low[i] = (char)(x->s[dot + 1 + i] | 32);
		if (in_list(files, low, end - dot - 1))
			return 0;
	}
	return end;
}

size_t email_at(struct scan *x, size_t at)
{
	size_t from = at, end = domain_end(x, at + (x->s[at] == '%' ? 3 : 1));

	if (end == 0)
		return 0;
	while (from > x->done && at - from < MAX_LOCAL && is_local(x->s[from - 1]))
		from--;
	while (from < at && !IS_ALNUM(x->s[from]) && x->s[from] != '_')
		from++;
	if (from == at || (from > 1 && x->s[from - 1] == '/' && x->s[from - 2] == '/'))
		return 0;
	if (from > 0 && x->s[from - 1] == '\\' && at - from > 1)
		from++;
	if (in_list(" git noreply no-reply donotreply ", x->s + from, at - from))
		return 0;
	scan_mask(x, from, end, "email");
	return end;
}

static bool luhn(const char *d, size_t n)
{
	unsigned sum = 0;

	for (size_t i = 0; i < n; i++) {
		unsigned v = (unsigned)(d[n - 1 - i] - '0') << (i & 1);

		sum += v > 9 ? v - 9 : v;
	}
	return sum % 10 == 0;
}

/* Issuer numbers of the networks (ISO/IEC 7812), with their lengths. */
static bool is_card(const char *d, size_t n)
{
	unsigned two = (unsigned)(d[0] - '0') * 10 + (unsigned)(d[1] - '0');
	unsigned four = two * 100 + (unsigned)(d[2] - '0') * 10 + (unsigned)(d[3] - '0');
	bool known = (n == 15 && (two == 34 || two == 37)) || (n == 14 && (two == 36 || two == 38));

	if (n == 16)
		known = d[0] == '4' || (two >= 51 && two <= 55) || (four >= 2221 && four <= 2720) ||
		        four == 6011 || two == 65 || two == 35 || two == 62;
	return known && luhn(d, n);
}

/* A long number behind "key=" is a card only if the key may mean one. */
static bool key_allows(const struct scan *x, size_t at)
{
	static const char *const good[] = {
	        "card", "pan", "number", "cc", "account", "acct", "credit", "payment", "num"};
	size_t i = at, end;

	while (i > 0 && (x->s[i - 1] == '"' || x->s[i - 1] == '\'' || x->s[i - 1] == ' ' ||
	                        x->s[i - 1] == '\\'))
		i--;
	if (i == 0 || (x->s[i - 1] != '=' && x->s[i - 1] != ':'))
		return true;
	for (end = --i; i > 0 && end - i < 24 && x->s[i - 1] != ' ' && x->s[i - 1] != ',' &&
	                x->s[i - 1] != '{';)
		i--;
	for (size_t g = 0; g < sizeof(good) / sizeof(*good); g++)
		for (size_t k = i; k + strlen(good[g]) <= end; k++)
			if (strncasecmp(x->s + k, good[g], strlen(good[g])) == 0)
				return true;
	return false;
}

/* ddd-dd-dddd with "ssn" or "social" shortly before. */
static size_t ssn(struct scan *x, size_t at)
{
	static const char form[] = "ddd-dd-dddd";
	size_t from = at > 24 ? at - 24 : 0;

	if (x->n - at < 11 || x->s[at + 3] != '-' || (x->n - at > 11 && IS_ALNUM(x->s[at + 11])))
		return 0;
	for (size_t i = 0; i < 11; i++)
		if (form[i] == 'd' ? !IS(x->s[at + i], C_DIGIT) : x->s[at + i] != '-')
			return 0;
	for (size_t i = from; i + 3 <= at; i++) {
		if (strncasecmp(x->s + i, "ssn", 3) == 0 ||
		        strncasecmp(x->s + i, "social", 6) == 0) {
			scan_mask(x, at, at + 11, "ssn");
			return at + 11;
		}
	}
	return 0;
}

/* Four digits and a gap, or fourteen and more, or three and a dash: what else is no card and no
 * SSN. */
static bool may_be_one(const struct scan *x, size_t at)
{
	size_t n = at;

	while (n < x->n && IS(x->s[n], C_DIGIT))
		n++;
	n -= at;
	return n >= 14 || ((n == 4 || n == 3) && at + n < x->n &&
	                          (x->s[at + n] == '-' || (n == 4 && x->s[at + n] == ' ')));
}

size_t number_at(struct scan *x, size_t at)
{
	char d[MAX_DIGITS + 1];
	size_t n = 0, i = at, end = at;
	char before = at > 0 ? x->s[at - 1] : ' ';

	if (IS(before, C_WORD) || before == '.' || before == '-' || !may_be_one(x, at))
		return 0;
	while (i < x->n && n <= MAX_DIGITS) {
		bool gap = (x->s[i] == ' ' || x->s[i] == '-') && n % 2 == 0 && i + 1 < x->n;

		if (IS(x->s[i], C_DIGIT)) {
			d[n < MAX_DIGITS ? n : MAX_DIGITS] = x->s[i];
			n++;
			end = i + 1;
		} else if (!gap || !IS(x->s[i + 1], C_DIGIT) || n == 0 || (n % 4 && n != 10)) {
			break;
		}
		i++;
	}
	if (n == 9)
		return ssn(x, at);
	if (n < 14 || n > 16 || (end < x->n && (IS(x->s[end], C_WORD) || x->s[end] == '-')))
		return at + 11 <= x->n ? ssn(x, at) : 0;
	if (end + 1 < x->n && x->s[end] == '.' && IS(x->s[end + 1], C_DIGIT))
		return 0;
	if (!is_card(d, n) || !key_allows(x, at))
		return 0;
	scan_mask(x, at, end, "card");
	return end;
}

/* ISO 7064 MOD 97-10 over the account number with its first four characters behind. */
static bool mod97(const char *v, size_t n)
{
	unsigned sum = 0;

	for (size_t i = 0; i < n; i++) {
		char c = v[(i + 4) % n];

		sum = IS(c, C_DIGIT) ? sum * 10 + (unsigned)(c - '0')
		                     : sum * 100 + (unsigned)(c - 'A') + 10;
		sum %= 97;
	}
	return sum == 1;
}

size_t iban_at(struct scan *x, size_t at, size_t end)
{
	char v[34];
	size_t n = 0, i = at, stop = at;

	if (end - at < 4 || !IS(x->s[at + 1], C_UPPER) || !IS(x->s[at + 2], C_DIGIT) ||
	        !IS(x->s[at + 3], C_DIGIT) || (at > 0 && IS(x->s[at - 1], C_WORD)))
		return 0;
	while (i < x->n && n < sizeof(v)) {
		if (IS(x->s[i], C_UPPER | C_DIGIT)) {
			v[n++] = x->s[i];
			stop = i + 1;
		} else if (x->s[i] != ' ' || n % 4 != 0) {
			break;
		}
		i++;
		if (n >= 15 && mod97(v, n) && (stop == x->n || !IS(x->s[stop], C_WORD))) {
			scan_mask(x, at, stop, "iban");
			return stop;
		}
	}
	return 0;
}
