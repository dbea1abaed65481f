/*
 * pages.c - see pages.h. Who may see what, and which route; pages_session.c knows tokens and
 * cookies, pages_lws.c speaks HTTP.
 */
#include "net/pages.h"

#include <string.h>

#include "net/pages_private.h"
#include "str.h"

const char *page_param(const struct page_request *q, const char *name)
{
	size_t n = strlen(name);

	for (const char **p = q->params; p && *p; p++)
		if (strncmp(*p, name, n) == 0 && (*p)[n] == '=')
			return *p + n + 1;
	return NULL;
}

/* ---- answers -------------------------------------------------------------------------------- */

void pages_begin(struct page_answer *out)
{
	*out = (struct page_answer){
	        .status = 200, .content_type = "text/html; charset=utf-8", .body = ""};
}

void pages_say(struct page_answer *out, int status, const char *text)
{
	out->status = status;
	out->content_type = "text/plain; charset=utf-8";
	out->body = text;
}

/* The page that was asked for, as an address. */
static const char *asked(const struct page_request *q)
{
	struct str to = str_new(q->a);
	char sep = '?';

	str_add(&to, q->path);
	for (const char **it = q->params; it && *it; it++, sep = '&') {
		str_addc(&to, sep);
		str_addn(&to, *it, strcspn(*it, "="));
		if (strchr(*it, '=')) {
			str_addc(&to, '=');
			str_url(&to, strchr(*it, '=') + 1);
		}
	}
	return pages_own_address(q->a, to.s);
}

static void ask_token(struct pages *p, const struct page_request *q, const struct page_head *head,
        struct page_answer *out)
{
	if (p->form && head->accept && strstr(head->accept, "text/html")) {
		p->form(q, asked(q), false, out);
		out->status = 401;
	} else {
		pages_say(out, 401,
		        "A token is needed: send HEAL_HTTP_TOKEN as \"Authorization: Bearer …\", or "
		        "open this page in a browser and sign in.\n");
	}
}

/* ---- which route ---------------------------------------------------------------------------- */

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

/* Sets who asks. False: refused, *out says why. */
static bool admit(struct pages *p, struct page_request *q, const struct page_head *head,
        const struct page_route *r, struct page_answer *out)
{
	bool open = r && r->open;

	if (!p->token && p->loopback && !pages_names_this_machine(str_or(head->host, ""))) {
		pages_say(out, 403,
		        "This page is for this machine: use http://127.0.0.1 or localhost.\n");
		return false;
	}
	q->signed_in = p->token && pages_session_of(p, head->cookie);
	q->trusted =
	        p->token ? q->signed_in || pages_bearer_fits(p, head->authorization) : p->loopback;
	if (q->trusted || open)
		return true;
	if (p->token)
		ask_token(p, q, head, out);
	else
		pages_say(out, 403,
		        "The pages can be reached by others here, so they want a token: set "
		        "HEAL_HTTP_TOKEN for the bot and restart it. /healthz answers without.\n");
	return false;
}

const struct page_route *pages_route(struct pages *p, struct page_request *q,
        const struct page_head *head, struct page_answer *out, void **ctx)
{
	const struct page_route *r = route_of(p, q->path, ctx);

	if (!admit(p, q, head, r, out))
		return NULL;
	if (!r && str_eq(q->path, "/sign-in") && p->token) { /* an old bookmark, or Back */
		out->location = "/";
		pages_say(out, 303, "");
	} else if (!r) {
		pages_say(out, 404, "There is no such page.\n");
	} else {
		q->rest = q->path + strlen(r->path);
	}
	return r;
}

/* ---- signing in and out --------------------------------------------------------------------- */

static const char *cookie_of(
        struct arena *a, const struct page_head *head, const char *id, int max_age)
{
	return arena_printf(a, "heal_session=%s; Path=/; Max-Age=%d; HttpOnly; SameSite=Strict%s",
	        id, max_age, str_ieq(head->forwarded_proto, "https") ? "; Secure" : "");
}

static void sign_in(struct pages *p, struct page_request *q, const struct page_head *head,
        struct page_answer *out, const char **cookie)
{
	const char *to = pages_own_address(q->a, page_param(q, "to"));

	if (pages_same_token(p->token, str_or(page_param(q, "token"), ""))) {
		pages_say(out, 303, "");
		out->location = to;
		*cookie = cookie_of(q->a, head, pages_session_new(p)->id, 12 * 3600);
	} else if (p->form) {
		p->form(q, to, true, out);
		out->status = 401;
	} else {
		pages_say(out, 401, "That is not the token.\n");
	}
}

static void sign_out(struct pages *p, struct page_request *q, const struct page_head *head,
        struct page_answer *out, const char **cookie)
{
	struct pages_session *s = pages_session_of(p, head->cookie);

	if (s)
		memset(s, 0, sizeof(*s));
	pages_say(out, 303, "");
	out->location = "/";
	*cookie = cookie_of(q->a, head, "", 0);
}

void pages_post(struct pages *p, struct page_request *q, const struct page_head *head,
        const char *body, size_t n, struct page_answer *out, const char **cookie)
{
	q->params = pages_form_fields(q->a, body, n);
	if (p->token && str_eq(q->path, "/sign-in"))
		sign_in(p, q, head, out, cookie);
	else if (p->token && str_eq(q->path, "/sign-out"))
		sign_out(p, q, head, out, cookie);
	else
		pages_say(out, 405, "These pages are read-only: GET only.\n");
}
