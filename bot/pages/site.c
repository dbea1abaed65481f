/* site.c - the addresses of the pages, and the files that belong to them. */
#include "pages/site.h"

#include "base/embed.h"
#include "pages/routes.h"

static void asset(const char *name, const char *type, struct page_answer *out)
{
	out->body = embed_get(name, &out->len);
	out->content_type = type;
	out->cache_s = 3600;
}

static void style(void *ctx, const struct page_request *q, struct page_answer *out)
{
	(void)ctx;
	(void)q;
	asset("bot/pages/style.css", "text/css; charset=utf-8", out);
}

static void icon(void *ctx, const struct page_request *q, struct page_answer *out)
{
	(void)ctx;
	(void)q;
	asset("bot/pages/icon.svg", "image/svg+xml", out);
}

const struct page_route site_routes[] = {
        {.path = "/", .fn = overview_page, .look = overview_look},
        {.path = "/runs", .fn = runs_page},
        {.path = "/runs/", .fn = run_page},
        {.path = "/values/", .fn = value_page},
        {.path = "/incidents", .fn = incidents_page},
        {.path = "/incidents/", .fn = incident_page},
        {.path = "/queue", .fn = queue_page},
        {.path = "/style.css", .fn = style, .open = true},
        {.path = "/icon.svg", .fn = icon, .open = true},
        {.path = NULL},
};
