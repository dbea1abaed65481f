/*
 * status.c - status pages: /status/railway (Instatus, as Railway's own), /status/stripe
 * (Statuspage) and /status/openai (incident.io, whose empty lists are null).
 *
 *   POST /_control/status/open    {"page","name","impact"}   impact in the page's own words
 *   POST /_control/status/resolve {"page"}
 */
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "sandbox.h"

enum kind { INSTATUS, STATUSPAGE, INCIDENTIO };

static const struct {
	const char *name, *title, *component;
	enum kind kind;
} pages[] = {
        {"railway", "Railway", "Deployments", INSTATUS},
        {"stripe", "Stripe", "API", STATUSPAGE},
        {"openai", "OpenAI", "Chat Completions", INCIDENTIO},
};

#define PAGES (sizeof(pages) / sizeof(pages[0]))

struct problem {
	const char *name, *impact; /* name NULL = none */
	int64_t since_ms;
};

struct status_peer {
	struct sb *sb;
	struct arena *a; /* of the problems */
	struct problem open[PAGES];
};

static void status_reset(void *state)
{
	struct status_peer *p = state;
	struct sb *sb = p->sb;

	arena_free(p->a);
	*p = (struct status_peer){.sb = sb, .a = arena_new(0)};
}

static void *status_init(struct sb *sb)
{
	struct status_peer *p = calloc(1, sizeof(*p));

	if (!p)
		abort();
	p->sb = sb;
	status_reset(p);
	return p;
}

static void status_exit(void *state)
{
	struct status_peer *p = state;

	arena_free(p->a);
	free(p);
}

/* --- answers --- */

/* activeIncidents is left out when there is none. */
static void instatus(const struct status_peer *p, struct arena *a, size_t i, json *o)
{
	const struct problem *b = &p->open[i];
	json *page = json_set_obj(o, "page"), *one;

	json_set_str(page, "name", pages[i].title);
	json_set_str(page, "url", arena_printf(a, "%s/status/%s", sb_url(p->sb), pages[i].name));
	json_set_str(page, "status", b->name ? "HASISSUES" : "UP");
	if (!b->name)
		return;
	one = json_add_obj(json_set_arr(o, "activeIncidents"));
	json_set_str(one, "id", "inc1");
	json_set_str(one, "name", b->name);
	json_set_str(one, "started", clock_rfc3339(a, b->since_ms));
	json_set_str(one, "status", "INVESTIGATING");
	json_set_str(one, "impact", b->impact);
	json_set_str(
	        one, "url", arena_printf(a, "%s/status/%s/inc1", sb_url(p->sb), pages[i].name));
}

static void add_incident(const struct status_peer *p, struct arena *a, size_t i, json *arr)
{
	const struct problem *b = &p->open[i];
	json *one = json_add_obj(arr);

	json_set_str(one, "id", "inc1");
	json_set_str(one, "name", b->name);
	json_set_str(one, "status", "investigating");
	json_set_str(one, "impact", b->impact);
	json_set_str(one, "created_at", clock_rfc3339(a, b->since_ms));
	json_set_str(one, "started_at", clock_rfc3339(a, b->since_ms));
}

/* The indicator stays "none" while an incident is open, as it was seen at GitHub: the trap. */
static void statuspage(const struct status_peer *p, struct arena *a, size_t i, json *o)
{
	bool null_lists = pages[i].kind == INCIDENTIO;
	json *page = json_set_obj(o, "page"), *status = json_set_obj(o, "status"), *c;

	json_set_str(page, "id", pages[i].name);
	json_set_str(page, "name", pages[i].title);
	json_set_str(page, "url", arena_printf(a, "%s/status/%s", sb_url(p->sb), pages[i].name));
	json_set_str(status, "indicator", "none");
	json_set_str(status, "description", "All Systems Operational");
	c = json_add_obj(json_set_arr(o, "components"));
	json_set_str(c, "name", pages[i].component);
	json_set_bool(c, "group", false);
	json_set_str(c, "status", p->open[i].name ? "partial_outage" : "operational");
	if (p->open[i].name)
		add_incident(p, a, i, json_set_arr(o, "incidents"));
	else if (null_lists)
		json_set_null(o, "incidents");
	else
		json_set_arr(o, "incidents");
	if (null_lists)
		json_set_null(o, "scheduled_maintenances");
	else
		json_set_arr(o, "scheduled_maintenances");
}

static size_t page_of(const char *name)
{
	size_t i = 0;

	while (i < PAGES && !str_eq(pages[i].name, name))
		i++;
	return i;
}

/* Pages answer unknown paths with a page, not with 404: the content type tells. */
static void status_handle(void *state, const struct sb_request *rq, struct sb_response *rs)
{
	struct status_peer *p = state;
	size_t i = page_of(str_or(sb_part(rq, 0), ""));
	const char *data;
	json *o = json_obj(rq->a);

	if (i == PAGES || !str_eq(rq->method, "GET")) {
		sb_sendf(rs, 404, "text/plain", "no such page\n");
		return;
	}
	data = pages[i].kind == INSTATUS ? "/summary.json" : "/api/v2/summary.json";
	if (!str_eq(rq->path + 1 + strlen(pages[i].name), data)) {
		sb_sendf(rs, 200, "text/html", "<!doctype html><title>%s status</title>\n",
		        pages[i].title);
		return;
	}
	if (pages[i].kind == INSTATUS)
		instatus(p, rq->a, i, o);
	else
		statuspage(p, rq->a, i, o);
	sb_send_json(rs, 200, o);
}

static void status_control(void *state, const struct sb_request *rq, struct sb_response *rs)
{
	struct status_peer *p = state;
	struct err e = {0};
	const json *j = rq->len ? sb_json(rq, &e) : NULL;
	size_t i = page_of(json_str(j, ".page", ""));
	const char *verb = sb_part(rq, 0);

	if (i == PAGES) {
		sb_sendf(rs, 404, "text/plain", "no such page\n");
		return;
	}
	p->open[i] = (struct problem){0};
	if (str_eq(verb, "open"))
		p->open[i] = (struct problem){
		        .name = arena_strdup(p->a, json_str(j, ".name", "Elevated error rates")),
		        .impact = arena_strdup(p->a,
		                json_str(j, ".impact",
		                        pages[i].kind == INSTATUS ? "PARTIALOUTAGE" : "major")),
		        .since_ms = sb_now_ms(p->sb),
		};
	sb_send_json(rs, 200, json_obj(rq->a));
}

const struct peer peer_status = {
        .name = "status",
        .init = status_init,
        .handle = status_handle,
        .control = status_control,
        .reset = status_reset,
        .exit = status_exit,
};
