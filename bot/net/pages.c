/*
 * pages.c - see pages.h. Who may see what, and which route; pages_lws.c speaks HTTP.
 */
#include "net/pages.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "net/pages_private.h"
#include "str.h"

#define COOKIE "heal_session"

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

const char *page_param(const struct page_request *q, const char *name)
{
	size_t n = strlen(name);

	for (const char **p = q->params; p && *p; p++)
		if (strncmp(*p, name, n) == 0 && (*p)[n] == '=')
			return *p + n + 1;
	return NULL;
}

/* ---- who asks ------------------------------------------------------------------------------- */

/* "name", "name:port", "[v6]:port" */
static bool names_this_machine(const char *host)
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

static bool cookie_fits(const struct pages *p, const char *cookies)
{
	static const char name[] = COOKIE "=";

	while (cookies && *cookies) {
		size_t n = strcspn(cookies, "; ");

		if (strncmp(cookies, name, sizeof(name) - 1) == 0) {
			char given[64];
			size_t m = n - (sizeof(name) - 1);

			if (m < sizeof(given)) {
				memcpy(given, cookies + sizeof(name) - 1, m);
				given[m] = '\0';
				if (pages_same_token(p->session, given))
					return true;
			}
		}
		cookies += n;
		cookies += strspn(cookies, "; ");
	}
	return false;
}

static bool trusted(const struct pages *p, const struct page_head *head)
{
	static const char bearer[] = "Bearer ";

	if (!p->token)
		return true;
	if (head->authorization &&
	        strncasecmp(head->authorization, bearer, sizeof(bearer) - 1) == 0 &&
	        pages_same_token(p->token, head->authorization + sizeof(bearer) - 1))
		return true;
	return cookie_fits(p, head->cookie);
}

/* ---- answers -------------------------------------------------------------------------------- */

static void say(struct page_answer *out, int status, const char *text)
{
	out->status = status;
	out->content_type = "text/plain; charset=utf-8";
	out->body = text;
}

/* ?token= was right: the same address without it, and a cookie. */
static void let_in(struct pages *p, struct page_request *q, struct page_answer *out, char **cookie)
{
	struct str to = str_new(q->a);
	char sep = '?';

	str_add(&to, q->path[0] == '/' && q->path[1] != '/' ? q->path : "/");
	for (const char **it = q->params; *it; it++) {
		if (str_starts(*it, "token="))
			continue;
		str_addc(&to, sep);
		sep = '&';
		str_addn(&to, *it, strcspn(*it, "="));
		if (strchr(*it, '=')) {
			str_addc(&to, '=');
			str_url(&to, strchr(*it, '=') + 1);
		}
	}
	say(out, 303, "");
	out->location = strpbrk(to.s, "\r\n") ? "/" : to.s;
	*cookie = arena_printf(q->a, COOKIE "=%s; Path=/; HttpOnly; SameSite=Strict", p->session);
}

static bool fits(const struct page_route *r, const char *path)
{
	size_t n = strlen(r->path);

	return str_eq(r->path, path) ||
	       (n > 1 && r->path[n - 1] == '/' && strncmp(path, r->path, n) == 0);
}

static const struct page_route *route_of(const struct pages *p, const char *path, void **ctx)
{
	for (size_t t = 0; t < p->ntables; t++) {
		*ctx = p->table[t].ctx;
		for (const struct page_route *r = p->table[t].routes; r->path; r++)
			if (fits(r, path))
				return r;
	}
	return NULL;
}

void pages_respond(struct pages *p, struct page_request *q, const struct page_head *head,
        struct page_answer *out, char **cookie)
{
	void *ctx = NULL;
	const struct page_route *r = route_of(p, q->path, &ctx);
	const char *given = page_param(q, "token");

	*out = (struct page_answer){
	        .status = 200, .content_type = "text/html; charset=utf-8", .body = ""};
	*cookie = NULL;
	q->trusted = trusted(p, head);
	if (!p->token && !names_this_machine(str_or(head->host, ""))) {
		say(out, 403,
		        "This page is for this machine: use http://127.0.0.1 or localhost.\n");
	} else if (p->token && given && pages_same_token(p->token, given)) {
		let_in(p, q, out, cookie);
	} else if (!q->trusted && !(r && r->open)) {
		say(out, 401,
		        "A token is needed: add ?token=… once, or send it as Authorization: Bearer.\n");
	} else if (!r) {
		say(out, 404, "There is no such page.\n");
	} else {
		q->rest = q->path + strlen(r->path);
		r->fn(ctx, q, out);
	}
	if (out->len == 0)
		out->len = strlen(out->body);
}
