/* redact_shape.c - what a value looks like: chance, a word, a placeholder. */
#include "digest/redact_i.h"

#include <string.h>
#include <strings.h>

enum { LONGEST = 512 }; /* more of a value is not looked at */

struct shape shape_of(const char *p, size_t n)
{
	struct shape s = {.n = n, .hex = true};
	uint64_t seen[4] = {0};
	uint16_t last = 0;

	for (size_t i = 0; i < n && i < LONGEST; i++) {
		unsigned char c = (unsigned char)p[i];
		uint16_t what = (uint16_t)(redact_class[c] & (C_UPPER | C_LOWER | C_DIGIT));

		s.upper += what == C_UPPER;
		s.lower += what == C_LOWER;
		s.digit += what == C_DIGIT;
		s.other += what == 0;
		s.turns += what != last && i > 0 && what != 0 && last != 0;
		s.hex = s.hex && IS(c, C_HEX);
		s.distinct += !(seen[c >> 6] >> (c & 63) & 1);
		seen[c >> 6] |= UINT64_C(1) << (c & 63);
		last = what;
	}
	return s;
}

/* Words with a number behind them turn once or twice from letters to digits; chance turns at every
 * second or third character. */
bool shape_random(const struct shape *s)
{
	size_t n = s->n < LONGEST ? s->n : LONGEST;

	if (n < 16 || s->distinct < 8 || s->other * 4 > n)
		return false;
	if (s->hex)
		return n >= 20 && s->digit > 2 && s->upper + s->lower > 2;
	if (s->digit == 0)
		return s->upper > 2 && s->lower > 2 && s->turns * 4 >= n;
	return s->upper + s->lower > 2 && s->turns * 6 >= n;
}

bool shape_secret(const struct shape *s)
{
	if (s->n < 8 || s->distinct < 4)
		return false;
	if (s->digit > 0 && s->upper + s->lower > 0)
		return true;
	if (s->upper > 1 && s->lower > 1 && s->turns >= 3)
		return true;
	if (s->digit == 0 && s->n >= 24 && s->other == 0)
		return s->distinct >= 10;
	return s->digit == s->n && s->n >= 20;
}

bool is_uuid(const char *p, size_t n)
{
	if (n < 36)
		return false;
	for (size_t i = 0; i < 36; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (dash ? p[i] != '-' : !IS(p[i], C_HEX))
			return false;
	}
	return n == 36 || !IS_ALNUM(p[36]);
}

bool in_list(const char *list, const char *p, size_t n)
{
	if (n == 0 || p[0] == ' ' || p[0] == '\0')
		return false;
	for (const char *q = list; (q = strchr(q, p[0])); q++)
		if (q[-1] == ' ' && strncmp(q, p, n) == 0 && q[n] == ' ')
			return true;
	return false;
}

static bool all_same(const char *p, size_t n)
{
	for (size_t i = 1; i < n; i++)
		if (p[i] != p[0])
			return false;
	return true;
}

static bool begins(const char *p, size_t n, const char *with)
{
	size_t k = strlen(with);

	return n >= k && strncasecmp(p, with, k) == 0;
}

/* "$VAR", "${VAR}", "$(cmd)", but not "$2b$10$..." */
static bool is_variable(const char *p, size_t n)
{
	if (n < 2 || p[0] != '$')
		return false;
	if (p[1] == '{' || p[1] == '(' || p[1] == '$')
		return true;
	return (IS_ALPHA(p[1]) || p[1] == '_') && !memchr(p + 1, '$', n - 1);
}

/* A name in code that stands for the value. */
static bool is_code(const char *p, size_t n)
{
	static const char *const starts[] = {"process.env", "os.environ", "os.getenv", "env.",
	        "import.meta", "config.", "self.", "this.", "secrets.", "vars.", "var.", "{{", "%(",
	        "#{", "@{", "<%", "!ref", "arn:aws", "projects/", "data:image", "function", "your-",
	        "your_", "my-", "example", "placeholder", "changeme", "-----BEGIN"};

	for (size_t i = 0; i < sizeof(starts) / sizeof(*starts); i++)
		if (begins(p, n, starts[i]))
			return true;
	return false;
}

bool is_placeholder(const char *p, size_t n)
{
	static const char words[] =
	        " null undefined none nil true false yes no unset empty missing required invalid "
	        "redacted filtered hidden masked secret token password string str bytes object "
	        "removed stripped censored omitted unknown default test n/a not is was must and or "
	        "for the a an of to in has incorrect wrong expired failed mismatch ok set too cannot "
	        "should please field reset changed optional type int bool char varchar text xxx "
	        "denied accepted rejected present absent nan void any on off ";
	char low[16];

	if (n == 0 || (n > 1 && all_same(p, n)) || is_variable(p, n) || is_code(p, n))
		return true;
	if (redact_is_mask(p, n) || p[0] == '<' || (p[0] == '[' && p[n - 1] == ']') ||
	        (p[0] == '{' && p[n - 1] == '}'))
		return true;
	if (p[0] == '%' && n <= 3)
		return true;
	if (n >= 3 && (strncmp(p, "***", 3) == 0 || strncmp(p, "...", 3) == 0))
		return true;
	while (n > 1 && (p[n - 1] == '.' || p[n - 1] == '!' || p[n - 1] == '?'))
		n--;
	if (n >= sizeof(low))
		return false;
	for (size_t i = 0; i < n; i++)
		low[i] = (char)(IS(p[i], C_UPPER) ? p[i] + 32 : p[i]);
	return in_list(words, low, n);
}
