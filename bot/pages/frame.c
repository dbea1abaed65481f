/* frame.c - the frame of every page: head, navigation, foot; trouble; signing in. */
#include <stdlib.h>
#include <string.h>

#include "base/embed.h"
#include "clock.h"
#include "pages/parts.h"
#include "str.h"

#define MAX_PAGE ((size_t)1 << 20)
#define FOOT     4096
#define LIMIT_MS 2000

void page_limit(const struct site *site)
{
	store_limit_reads(site->store, LIMIT_MS);
}

static void write_head(struct html *h, const char *title)
{
	html_doctype(h);
	html_open(h, "html", "lang", "en", NULL);
	html_open(h, "head", NULL);
	html_void(h, "meta", "charset", "utf-8", NULL);
	html_void(h, "meta", "name", "viewport", "content", "width=device-width, initial-scale=1",
	        NULL);
	html_void(h, "meta", "name", "color-scheme", "content", "light dark", NULL);
	html_open(h, "title", NULL);
	html_text(h, title);
	html_own(h, " · Heal");
	html_close(h, "title");
	html_void(h, "link", "rel", "icon", "href", "/icon.svg", NULL);
	html_void(h, "link", "rel", "stylesheet", "href", "/style.css", NULL);
	html_close(h, "head");
	html_open(h, "body", NULL);
}

static void brand(struct html *h)
{
	html_open(h, "a", "class", "brand", "href", "/", NULL);
	html_open(h, "span", "aria-hidden", "true", NULL);
	html_close(h, "span");
	html_own(h, "Heal");
	html_close(h, "a");
}

static void navigation(struct html *h, enum section here)
{
	static const struct {
		enum section section;
		const char *href, *words;
	} links[] = {{SECTION_OVERVIEW, "/", "Overview"}, {SECTION_RUNS, "/runs", "Runs"},
	        {SECTION_INCIDENTS, "/incidents", "Incidents"}, {SECTION_QUEUE, "/queue", "Queue"}};

	html_open(h, "nav", "aria-label", "Pages", NULL);
	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
		html_open(h, "a", "href", links[i].href, "aria-current",
		        links[i].section == here ? "page" : NULL, NULL);
		html_own(h, links[i].words);
		html_close(h, "a");
	}
	html_close(h, "nav");
}

static void sign_out(struct html *h)
{
	html_open(h, "form", "method", "post", "action", "/sign-out", NULL);
	html_own_in(h, "button", "quiet", "Sign out");
	html_close(h, "form");
}

struct page page_begin(const struct site *site, const struct page_request *q,
        struct page_answer *out, enum section section, const char *title)
{
	struct page p = {.site = site,
	        .q = q,
	        .out = out,
	        .a = q->a,
	        .h = html_new(q->a, site->mask, MAX_PAGE),
	        .now_ms = clock_now_ms()};
	struct html *h = &p.h;

	page_limit(site);
	write_head(h, title);
	html_open(h, "a", "class", "skip", "href", "#content", NULL);
	html_own(h, "Skip to the content");
	html_close(h, "a");
	html_open(h, "header", NULL);
	brand(h);
	navigation(h, section);
	if (q->signed_in)
		sign_out(h);
	html_close(h, "header");
	html_open(h, "main", "id", "content", NULL);
	html_text_in(h, "h1", NULL, title);
	return p;
}

void page_end(struct page *p)
{
	struct html *h = &p->h;
	bool cut = html_full(h);

	h->max = h->b.len + FOOT; /* the foot is always there */
	html_close(h, "main");
	html_open(h, "footer", NULL);
	if (cut)
		html_own_in(h, "p", "trouble", "The page was cut: it would have been too large.");
	html_open(h, "p", NULL);
	html_ownf(h, "healbot %s · %s UTC · up %s · times are relative; hover for the exact one",
	        p->site->version, clock_hhmm(p->a, p->now_ms),
	        clock_duration(p->a, p->now_ms - p->site->started_ms));
	html_close(h, "p");
	html_close(h, "footer");
	html_close(h, "body");
	html_close(h, "html");
	p->out->body = h->b.s;
	p->out->len = h->b.len;
}

void page_trouble(struct page *p, const struct err *e)
{
	p->out->status = e->code == ERR_NOT_FOUND ? 404 : e->code == ERR_INPUT ? 400 : 503;
	html_open(&p->h, "p", "class", "trouble", "role", "alert", NULL);
	html_text(&p->h, e->msg);
	html_close(&p->h, "p");
}

/* ---- signing in ------------------------------------------------------------------------------ */

static void token_field(struct html *h, bool wrong)
{
	html_open(h, "label", "for", "token", NULL);
	html_own(h, "Token (HEAL_HTTP_TOKEN)");
	html_close(h, "label");
	html_void(h, "input", "id", "token", "name", "token", "type", "password", "autocomplete",
	        "current-password", "required", "", "autofocus", "", "aria-describedby",
	        wrong ? "wrong" : NULL, "aria-invalid", wrong ? "true" : NULL, NULL);
	if (!wrong)
		return;
	html_open(h, "p", "id", "wrong", "class", "trouble", "role", "alert", NULL);
	html_own(h, "That is not the token of this bot.");
	html_close(h, "p");
}

void site_sign_in(const struct page_request *q, const char *to, bool wrong, struct page_answer *out)
{
	struct html h = html_new(q->a, NULL, MAX_PAGE);

	write_head(&h, "Sign in");
	html_open(&h, "main", "class", "sign-in", NULL);
	html_own_in(&h, "h1", NULL, "Sign in to Heal");
	html_open(&h, "form", "method", "post", "action", "/sign-in", NULL);
	html_void(&h, "input", "type", "hidden", "name", "to", "value", to, NULL);
	token_field(&h, wrong);
	html_own_in(&h, "button", NULL, "Sign in");
	html_close(&h, "form");
	html_close(&h, "main");
	html_close(&h, "body");
	html_close(&h, "html");
	out->body = h.b.s;
	out->len = h.b.len;
}
