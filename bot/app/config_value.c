/* config_value.c - one value: text to its type (declared in config_table.h). */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "app/config.h"
#include "app/config_table.h"
#include "clock.h"

/* Says why not, and is false. */
__attribute__((format(printf, 2, 3))) static bool bad(struct str *why, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	str_add(why, arena_vprintf(why->a, fmt, ap));
	va_end(ap);
	return false;
}

static bool bounded(const struct setting *s)
{
	return s->min < 0 || s->min > 0 || s->max > 0;
}

static bool in_bounds(const struct setting *s, double v)
{
	return !bounded(s) || (v >= s->min && v <= s->max);
}

/* A finite, non-negative decimal number and nothing else but `suffix` (may be ""). */
static bool number(const char *t, const char *suffix, double *out)
{
	size_t n = strspn(t, "0123456789.");
	char *end;

	if (n == 0 || n > 20)
		return false;
	*out = strtod(t, &end);
	return end == t + n && strcmp(end, suffix) == 0;
}

static bool parse_str(struct arena *a, const char *t, const char **out, struct str *why)
{
	for (const char *p = t; *p; p++) {
		if ((unsigned char)*p < 0x20 || *p == 0x7F)
			return bad(why, "control characters are not allowed");
	}
	*out = *t ? arena_strdup(a, t) : NULL;
	return true;
}

static bool parse_url(struct arena *a, const char *t, const char **out, struct str *why)
{
	bool http = str_starts(t, "http://");
	const char *host, *p = t + (http ? 7 : 8);
	size_t n = 0;

	if (!http && !str_starts(t, "https://"))
		return bad(why, "must start with https:// (or http:// for a private host)");
	if (*p == '[' && strchr(p, ']')) /* IPv6 */
		n = strcspn(p, "]") + 1;
	n += strcspn(p + n, ":/?#");
	host = arena_strndup(a, p, n);
	if (strpbrk(t, " \t\"<>\\^`{|}") || memchr(p, '@', strcspn(p, "/?#")))
		return bad(why, "is not a plain URL (no user name, blanks or quotes)");
	if (n == 0 || (host[0] == '[' && host[n - 1] != ']'))
		return bad(why, "has no host name");
	if (http && !config_private_host(host))
		return bad(why, "http:// would send the token in the clear: use https:// (http is "
		                "for loopback and private hosts)");
	*out = arena_strdup(a, t);
	return true;
}

static bool is_id(const char *t, const char *first)
{
	size_t n = strlen(t);

	if (n < 3 || n > 32 || !strchr(first, t[0]))
		return false;
	return strspn(t, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == n;
}

static bool parse_id(
        struct arena *a, const struct setting *s, const char *t, const char **out, struct str *why)
{
	if (!is_id(t, s->words))
		return bad(why,
		        "is not a Slack id such as %s (a name does not do: ids stay when names "
		        "change)",
		        s->example ? s->example : "U012AB3CD");
	*out = arena_strdup(a, t);
	return true;
}

static bool parse_repo(struct arena *a, const char *t, const char **out, struct str *why)
{
	const char *slash = strchr(t, '/');
	size_t n = strspn(t, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-/");

	if (!slash || slash == t || !slash[1] || strchr(slash + 1, '/') || t[n])
		return bad(why, "must be owner/name, as on GitHub");
	*out = arena_strdup(a, t);
	return true;
}

static bool parse_int(
        const struct setting *s, const char *t, int64_t *out, bool scaled, struct str *why)
{
	char *end;
	long long v;

	errno = 0;
	v = strtoll(t, &end, 10);
	if (end == t || errno || !isdigit((unsigned char)*t))
		return bad(why, "must be a whole number from %.0f to %.0f", s->min, s->max);
	if (scaled && (str_eq(end, "k") || str_eq(end, "M")) && v < 1000000000) {
		v *= *end == 'k' ? 1000 : 1000000;
		end++;
	}
	if (*end || !in_bounds(s, (double)v))
		return bad(why, "must be a whole number from %.0f to %.0f", s->min, s->max);
	*out = v;
	return true;
}

static bool parse_usd(const struct setting *s, const char *t, double *out, struct str *why)
{
	if (s->min < 0 && str_eq(t, "-")) {
		*out = -1;
		return true;
	}
	if (!number(t + (*t == '$'), "", out) || !in_bounds(s, *out))
		return bad(why, "must be an amount in US dollars such as 0.25");
	return true;
}

static bool parse_duration(const struct setting *s, const char *t, int64_t *out, struct str *why)
{
	if (!clock_parse_duration(t, out))
		return bad(why, "a duration needs a unit: 500ms, 90s, 10m, 4h, 7d, 1h30m");
	if (!in_bounds(s, (double)*out))
		return bad(why, "must be from %s to %s",
		        clock_duration_short(why->a, (int64_t)s->min),
		        clock_duration_short(why->a, (int64_t)s->max));
	return true;
}

static bool parse_bool(const char *t, bool *out, struct str *why)
{
	static const char *const yes[] = {"yes", "true", "on", "1"};
	static const char *const no[] = {"no", "false", "off", "0"};

	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++) {
		*out = str_ieq(t, yes[i]);
		if (*out || str_ieq(t, no[i]))
			return true;
	}
	return bad(why, "must be yes or no");
}

static bool parse_enum(
        struct arena *a, const struct setting *s, const char *t, int *out, struct str *why)
{
	char *words = arena_strdup(a, s->words), *save = NULL;
	int i = 0;

	for (char *w = strtok_r(words, " ", &save); w; w = strtok_r(NULL, " ", &save), i++) {
		if (str_ieq(w, t)) {
			*out = i;
			return true;
		}
	}
	return bad(why, "must be one of: %s", s->words);
}

static bool parse_ratio(const struct setting *s, const char *t, int *out, struct str *why)
{
	const char *slash = strchr(t, '/');
	int64_t n, m;

	if (!slash || !str_int(arena_strndup(why->a, t, (size_t)(slash - t)), &n) ||
	        !str_int(slash + 1, &m) || n < 1 || n > m || (double)m > s->max)
		return bad(why, "must be N/M with N not above M and M at most %.0f, such as 2/3",
		        s->max);
	out[0] = (int)n;
	out[1] = (int)m;
	return true;
}

static bool check_page(struct arena *a, const char *item, struct str *why)
{
	const char *eq = strchr(item, '='), *unused;

	if (!eq || eq == item)
		return bad(why, "needs name=url, such as railway=https://status.railway.com");
	return parse_url(a, eq + 1, &unused, why);
}

static bool parse_list(
        struct arena *a, const struct setting *s, const char *t, const char ***out, struct str *why)
{
	const char **list = ARENA_ARRAY(a, strlen(t) / 2 + 2, const char *), *unused;
	char *copy = arena_strdup(a, t), *save = NULL;
	size_t n = 0;

	for (char *w = strtok_r(copy, ", \t", &save); w; w = strtok_r(NULL, ", \t", &save)) {
		if (s->type == SET_IDS && !parse_id(a, s, w, &unused, why))
			return false;
		if (s->type == SET_PAGES && !check_page(a, w, why))
			return false;
		list[n++] = w;
	}
	*out = list;
	return true;
}

/* One half of a pair; "-" is off. */
static bool parse_limit(const struct setting *s, const char *t, double *out)
{
	int64_t ms;

	if (str_eq(t, "-")) {
		*out = -1;
		return true;
	}
	if (s->type == SET_PAIR_MS) {
		if (!clock_parse_duration(t, &ms) || ms <= 0)
			return false;
		*out = (double)ms;
		return true;
	}
	if (s->type == SET_PAIR_FACTOR)
		return (number(t, "", out) || number(t, "x", out)) && *out > 1 && *out <= s->max;
	if (number(t, "%", out))
		*out /= 100;
	else if (!number(t, "", out))
		return false;
	return *out > 0 && *out <= s->max;
}

static const char *pair_example(const struct setting *s)
{
	if (s->type == SET_PAIR_MS)
		return "1s/5s";
	return s->type == SET_PAIR_FACTOR ? "2/4 (factors above 1)" : "85%/95% (or 0.85/0.95)";
}

static bool parse_pair(struct arena *a, const struct setting *s, const char *t, struct limits *out,
        struct str *why)
{
	const char *slash = strchr(t, '/');
	struct limits l = {-1, -1};

	if (!str_eq(t, "-") &&
	        (!slash || !parse_limit(s, arena_strndup(a, t, (size_t)(slash - t)), &l.warn) ||
	                !parse_limit(s, slash + 1, &l.crit)))
		return bad(
		        why, "must be warn/critical such as %s, with - for off", pair_example(s));
	if (l.warn >= 0 && l.crit >= 0 && l.warn > l.crit)
		return bad(
		        why, "the warning stands above the critical limit: warn/critical, please");
	*out = l;
	return true;
}

static bool parse_host_port(struct arena *a, const char *t, const char **out, struct str *why)
{
	const char *host;
	int port;

	*out = NULL;
	if (str_eq(t, "-"))
		return true;
	if (!config_host_port(a, t, &host, &port))
		return bad(why, "must be host:port such as 127.0.0.1:8080, or - for nowhere");
	*out = arena_strdup(a, t);
	return true;
}

bool setting_parse(
        struct arena *a, const struct setting *s, const char *text, void *at, struct str *why)
{
	int64_t n = 0;

	switch (s->type) {
	case SET_STR:
		return parse_str(a, text, at, why);
	case SET_URL:
		return parse_url(a, text, at, why);
	case SET_HOST_PORT:
		return parse_host_port(a, text, at, why);
	case SET_ID:
		return parse_id(a, s, text, at, why);
	case SET_REPO:
		return parse_repo(a, text, at, why);
	case SET_INT:
		if (!parse_int(s, text, &n, false, why))
			return false;
		*(int *)at = (int)n;
		return true;
	case SET_COUNT:
		return parse_int(s, text, at, true, why);
	case SET_NUM:
		if (!number(text, "", at) || !in_bounds(s, *(double *)at))
			return bad(why, "must be a number from %g to %g", s->min, s->max);
		return true;
	case SET_USD:
		return parse_usd(s, text, at, why);
	case SET_DURATION:
		return parse_duration(s, text, at, why);
	case SET_BOOL:
		return parse_bool(text, at, why);
	case SET_ENUM:
		return parse_enum(a, s, text, at, why);
	case SET_RATIO:
		return parse_ratio(s, text, at, why);
	case SET_LIST:
	case SET_IDS:
	case SET_PAGES:
		return parse_list(a, s, text, at, why);
	case SET_PAIR_SHARE:
	case SET_PAIR_MS:
	case SET_PAIR_FACTOR:
		return parse_pair(a, s, text, at, why);
	}
	abort();
}

bool config_host_port(struct arena *a, const char *text, const char **host, int *port)
{
	const char *colon = strrchr(text, ':');
	size_t n = colon ? (size_t)(colon - text) : 0, digits;

	if (n == 0 || (text[0] == '[') != (colon[-1] == ']'))
		return false;
	digits = strspn(colon + 1, "0123456789");
	if (digits == 0 || digits > 5 || colon[1 + digits])
		return false;
	*port = (int)strtol(colon + 1, NULL, 10);
	*host = text[0] == '[' ? arena_strndup(a, text + 1, n - 2) : arena_strndup(a, text, n);
	/* Port 0 lets the system choose (tests). */
	return **host && *port <= 65535 && !strpbrk(*host, " \t/[]") &&
	       (text[0] == '[' || !strchr(*host, ':'));
}

/* An IPv4 address of RFC 1918, loopback, link-local or RFC 6598. */
static bool private_v4(const char *h)
{
	struct in_addr addr;
	uint32_t v;

	if (inet_pton(AF_INET, h, &addr) != 1)
		return false;
	v = ntohl(addr.s_addr);
	return v >> 24 == 127 || v >> 24 == 10 || v >> 16 == 0xC0A8 || v >> 20 == 0xAC1 ||
	       v >> 16 == 0xA9FE || v >> 22 == 0x64400000u >> 22;
}

bool config_private_host(const char *host)
{
	static const char *const suffixes[] = {".localhost", ".local", ".internal"};

	if (str_starts(host, "[")) /* IPv6: loopback, unique local, link-local */
		return str_eq(host, "[::1]") || str_starts(host, "[fd") ||
		       str_starts(host, "[fc") || str_starts(host, "[fe80:");
	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		if (str_ends(host, suffixes[i]))
			return true;
	}
	return private_v4(host) || (!strchr(host, '.') && !strchr(host, ':') && *host);
}
