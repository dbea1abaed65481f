/* pages_session.c - tokens, session cookies, Host, forms: what strangers send. See pages_private.h.
 */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "net/pages_private.h"
#include "str.h"

#define COOKIE     "heal_session="
#define SESSION_MS (12 * 3600 * INT64_C(1000))
#define MAX_TO     512

bool pages_is_loopback(const char *host)
{
	struct in_addr v4;
	struct in6_addr v6;

	if (inet_pton(AF_INET, host, &v4) == 1)
		return ntohl(v4.s_addr) >> 24 == 127;
	if (inet_pton(AF_INET6, host, &v6) == 1)
		return IN6_IS_ADDR_LOOPBACK(&v6);
	return str_ieq(host, "localhost");
}

bool pages_same_token(const char *token, const char *given)
{
	size_t n = strlen(token), m = strlen(given);
	unsigned diff = n != m;

	for (size_t i = 0; i < m; i++)
		diff |= (unsigned char)given[i] ^ (unsigned char)token[i < n ? i : n];
	return diff == 0;
}

bool pages_names_this_machine(const char *host)
{
	char name[64];
	size_t n;

	if (*host == '[')
		n = strcspn(++host, "]");
	else
		n = strcspn(host, ":");
	if (n == 0 || n >= sizeof(name))
		return false;
	memcpy(name, host, n);
	name[n] = '\0';
	return pages_is_loopback(name);
}

bool pages_bearer_fits(const struct pages *p, const char *authorization)
{
	static const char bearer[] = "Bearer ";

	return p->token && authorization &&
	       strncasecmp(authorization, bearer, sizeof(bearer) - 1) == 0 &&
	       pages_same_token(p->token, authorization + sizeof(bearer) - 1);
}

/* ---- sessions ------------------------------------------------------------------------------- */

static struct pages_session *session_by_id(struct pages *p, const char *id)
{
	int64_t now = clock_mono_ms();
	struct pages_session *found = NULL;

	for (size_t i = 0; i < PAGES_SESSIONS; i++) {
		struct pages_session *s = &p->sessions[i];

		if (s->id[0] && s->until_ms > now && pages_same_token(s->id, id))
			found = s;
	}
	return found;
}

struct pages_session *pages_session_of(struct pages *p, const char *cookies)
{
	while (cookies && *cookies) {
		size_t n = strcspn(cookies, "; ");
		char id[sizeof(p->sessions[0].id)];

		if (str_starts(cookies, COOKIE) && n == strlen(COOKIE) + sizeof(id) - 1) {
			struct pages_session *s;

			memcpy(id, cookies + strlen(COOKIE), sizeof(id) - 1);
			id[sizeof(id) - 1] = '\0';
			s = session_by_id(p, id);
			if (s)
				return s;
		}
		cookies += n;
		cookies += strspn(cookies, "; ");
	}
	return NULL;
}

struct pages_session *pages_session_new(struct pages *p)
{
	struct pages_session *s = &p->sessions[0];
	unsigned char raw[16];

	for (size_t i = 1; i < PAGES_SESSIONS; i++)
		if (p->sessions[i].until_ms < s->until_ms)
			s = &p->sessions[i];
	arc4random_buf(raw, sizeof(raw));
	for (size_t i = 0; i < sizeof(raw); i++)
		snprintf(s->id + 2 * i, 3, "%02x", raw[i]);
	s->until_ms = clock_mono_ms() + SESSION_MS;
	return s;
}

/* ---- forms ---------------------------------------------------------------------------------- */

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* One "name=value", decoded; NULL when it is not well formed or holds a NUL. */
static const char *decode(struct arena *a, const char *s, size_t n)
{
	char *out = arena_alloc(a, n + 1);
	size_t m = 0;

	for (size_t i = 0; i < n; i++) {
		char c = s[i] == '+' ? ' ' : s[i];

		if (c == '%') {
			int high = i + 2 < n ? hex(s[i + 1]) : -1;
			int low = i + 2 < n ? hex(s[i + 2]) : -1;

			if (high < 0 || low < 0)
				return NULL;
			c = (char)(high << 4 | low);
			i += 2;
		}
		if (c == '\0')
			return NULL;
		out[m++] = c;
	}
	return out;
}

const char **pages_form_fields(struct arena *a, const char *body, size_t n)
{
	const char **list = ARENA_ARRAY(a, PAGES_PARAMS + 1, const char *);
	size_t count = 0;

	for (size_t at = 0; at < n && count < PAGES_PARAMS;) {
		const char *end = memchr(body + at, '&', n - at);
		size_t len = end ? (size_t)(end - body) - at : n - at;
		const char *field = decode(a, body + at, len);

		if (field && *field)
			list[count++] = field;
		at += len + 1;
	}
	return list;
}

const char *pages_own_address(struct arena *a, const char *to)
{
	if (!to || to[0] != '/' || to[1] == '/' || to[1] == '\\' || strlen(to) > MAX_TO)
		return "/";
	for (const char *c = to; *c; c++)
		if ((unsigned char)*c <= ' ' || (unsigned char)*c >= 0x7F || *c == '\\')
			return "/";
	return arena_strdup(a, to);
}
