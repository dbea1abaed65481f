/* statuspage.c - asking status pages. */
#include "statuspage.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "clients/statuspage_cache.h"
#include "clock.h"
#include "net/http.h"
#include "str.h"

#define TIMEOUT_MS 5000
#define BODY_MAX   (1u << 20)
#define CANDIDATES 3

struct statuspage {
	struct http *http; /* the worker's */
	struct statuspage_shared *shared;
};

struct statuspage *statuspage_new(struct http *h, struct statuspage_shared *s)
{
	struct statuspage *p = calloc(1, sizeof(*p));

	if (!p)
		abort();
	assert(h && s);
	p->http = h;
	p->shared = s;
	return p;
}

void statuspage_free(struct statuspage *p)
{
	free(p);
}

/* --- where a page keeps its data --- */

static const struct {
	const char *page, *data;
} known[] = {
        {"https://status.railway.com", "https://status.railway.com/summary.json"},
        {"https://status.slack.com", "https://slack-status.com/api/v2.0.0/current"},
        {"https://slack-status.com", "https://slack-status.com/api/v2.0.0/current"},
        {"https://status.cloud.google.com", "https://status.cloud.google.com/incidents.json"},
        {"https://status.heroku.com", "https://status.heroku.com/api/v4/current-status"},
};

static const char *const usual[CANDIDATES] = {
        "/api/v2/summary.json", "/summary.json", "/index.json"};

static bool is_data(const char *url)
{
	const char *p = strstr(url, "://");

	p = p ? strchr(p + 3, '/') : NULL;
	return p && (strstr(p, ".json") || strstr(p, "/api/") || strstr(p, "/1.0/"));
}

/* The addresses to try, in order. */
static size_t candidates(struct arena *a, const char *url, const char **out)
{
	size_t n = strlen(url);

	while (n > 0 && url[n - 1] == '/')
		n--;
	url = arena_strndup(a, url, n);
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (str_eq(url, known[i].page)) {
			out[0] = known[i].data;
			return 1;
		}
	}
	if (is_data(url)) {
		out[0] = url;
		return 1;
	}
	for (size_t i = 0; i < CANDIDATES; i++)
		out[i] = arena_printf(a, "%s%s", url, usual[i]);
	return CANDIDATES;
}

/* --- asking --- */

static void unknown(struct arena *a, struct status_report *r, const char *why)
{
	r->level = STATUS_UNKNOWN;
	r->title = arena_strdup(a, why);
	r->components = ARENA_ARRAY(a, 1, const char *);
	r->since_ms = 0;
}

/* True when the address gave a report. `go_on` tells whether another address may do better. */
static bool ask(struct statuspage *p, struct arena *a, const char *url, struct status_report *out,
        bool *go_on, struct err *e)
{
	struct http_request q = {
	        .url = url,
	        .connect_timeout_ms = TIMEOUT_MS,
	        .timeout_ms = TIMEOUT_MS,
	        .max_bytes = BODY_MAX,
	};
	struct http_response r;

	*go_on = false;
	if (!http_do(p->http, a, &q, &r, e))
		return false;
	if (r.status >= 300 && r.status < 400)
		return err_set(e, ERR_CONFIG, false,
		        "the page has moved: write the address it redirects to");
	/* Only "no such thing here" is worth another address. */
	*go_on = r.status == 404 || r.status == 200;
	if (r.status != 200)
		return http_status_err(&r, "the status page", e);
	if (!strstr(r.content_type, "json"))
		return err_set(e, ERR_PROTO, false, "the page gives no data at this address");
	return statuspage_parse(a, STATUS_KIND_AUTO, r.body, r.len, out, e);
}

bool statuspage_get(struct statuspage *p, struct arena *a, const char *name, const char *url,
        struct status_report *out, struct err *e)
{
	const char *at[CANDIDATES];
	int64_t now = clock_now_ms();
	bool done = false, go_on = true;
	struct err why = {0};
	size_t n;

	if (!str_starts(url, "https://") && !str_starts(url, "http://"))
		return err_set(e, ERR_INPUT, false,
		        "status page “%.60s”: “%.80s” is no address (https://…)", name, url);
	if (status_cache_get(p->shared, a, url, now, out)) {
		out->name = arena_strdup(a, name);
		return true;
	}
	*out = (struct status_report){.title = ""};
	n = candidates(a, url, at);
	for (size_t i = 0; i < n && go_on && !done; i++) {
		done = ask(p, a, at[i], out, &go_on, &why);
		if (!done && why.code == ERR_CANCELED) {
			if (e)
				*e = why;
			return false;
		}
	}
	if (!done)
		unknown(a, out, why.msg);
	out->name = arena_strdup(a, name);
	out->page = arena_strdup(a, url);
	out->fetched_ms = now;
	status_cache_put(p->shared, url, out);
	return true;
}

bool statuspage_all(struct statuspage *p, struct arena *a, const char *const *pages,
        struct status_report **out, size_t *n_out, struct err *e)
{
	size_t n = 0;

	while (pages && pages[n])
		n++;
	*out = ARENA_ARRAY(a, n + 1, struct status_report);
	*n_out = 0;
	for (size_t i = 0; i < n; i++) {
		const char *eq = strchr(pages[i], '=');
		const char *name = eq ? arena_strndup(a, pages[i], (size_t)(eq - pages[i])) : "";

		if (!eq)
			return err_set(e, ERR_INPUT, false,
			        "status page “%.80s”: write name=https://…", pages[i]);
		if (!statuspage_get(p, a, name, eq + 1, &(*out)[*n_out], e))
			return false;
		(*n_out)++;
	}
	return true;
}
