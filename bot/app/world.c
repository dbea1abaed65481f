/* What workers share, and the world of each. See world.h. */
#include "app/world.h"

#include <stdlib.h>
#include <string.h>

#include "app/gate.h"
#include "github.h"
#include "llm.h"
#include "net/http.h"
#include "opencode.h"
#include "railway.h"
#include "redact.h"
#include "slack.h"
#include "statuspage.h"
#include "workflow.h"

enum { MAX_HOSTS = 16 };

/* struct heal first: handlers see that, main sees the rest. */
struct world {
	struct heal heal;
	struct http *http;
	struct opencode_host hosts[MAX_HOSTS];
};

static void *must(void *p)
{
	if (!p)
		abort(); /* out of memory */
	return p;
}

struct shared *shared_new(const struct settings *s, const struct secrets *k, struct store *store)
{
	struct shared *sh = must(calloc(1, sizeof(*sh)));

	sh->settings = s;
	sh->secrets = k;
	sh->store = store;
	sh->slack = slack_shared_new();
	sh->railway = railway_shared_new(s->railway.requests_per_second);
	sh->llm = llm_shared_new();
	sh->status = statuspage_shared_new(s->status.cache_ms);
	sh->version = HEAL_VERSION;
	return sh;
}

void shared_free(struct shared *sh)
{
	if (!sh)
		return;
	slack_shared_free(sh->slack);
	railway_shared_free(sh->railway);
	llm_shared_free(sh->llm);
	statuspage_shared_free(sh->status);
	free(sh);
}

static struct railway *new_railway(const struct shared *sh, struct http *http)
{
	const struct secrets *k = sh->secrets;
	struct railway_config c = {
	        .api_url = sh->settings->railway.api_url,
	        .token = k->railway_project ? k->railway_project : k->railway_api,
	        .token_kind = k->railway_project ? RAILWAY_TOKEN_PROJECT : RAILWAY_TOKEN_BEARER,
	};

	return c.token ? railway_new(http, &c, sh->railway) : NULL;
}

static struct llm *new_llm(const struct shared *sh, struct http *http)
{
	struct llm_config c =
	        llm_config_of(sh->settings, sh->secrets->openai, sh->secrets->anthropic);

	return c.model ? llm_new(http, &c, sh->llm) : NULL;
}

static struct opencode *new_opencode(const struct shared *sh, struct http *http, const char *url)
{
	struct opencode_config c = {
	        .url = url,
	        .user = sh->secrets->opencode_username,
	        .password = sh->secrets->opencode_password,
	        .directory = sh->settings->opencode.directory,
	};

	return c.url ? opencode_new(http, &c) : NULL;
}

/* "name=url …": the server of opencode.url first, its name empty. */
static void new_hosts(struct world *w, const struct shared *sh)
{
	const char **more = sh->settings->opencode.hosts;
	struct opencode_host *h = w->hosts;

	w->heal.opencode = new_opencode(sh, w->http, sh->settings->opencode.url);
	w->heal.hosts = h;
	if (!w->heal.opencode)
		return;
	h[w->heal.nhosts++] = (struct opencode_host){"", w->heal.opencode};
	for (size_t i = 0; more && more[i] && w->heal.nhosts < MAX_HOSTS; i++) {
		size_t n = strcspn(more[i], "=");
		char *name = strndup(more[i], n);

		h[w->heal.nhosts++] = (struct opencode_host){
		        must(name), new_opencode(sh, w->http, more[i] + n + 1)};
	}
}

static void free_hosts(struct world *w)
{
	for (size_t i = 0; i < w->heal.nhosts; i++) {
		opencode_free(w->hosts[i].client);
		if (i > 0)
			free((char *)(uintptr_t)w->hosts[i].name); /* made by new_hosts */
	}
}

static struct github *new_github(const struct shared *sh, struct http *http)
{
	struct github_config c = {
	        .api_url = sh->settings->github.api_url,
	        .token = sh->secrets->github,
	};

	if (sh->settings->github.app && sh->secrets->github_app_key) {
		c.token = NULL;
		c.app = sh->settings->github.app;
		c.app_key = sh->secrets->github_app_key;
	}
	return c.token || c.app ? github_new(http, &c) : NULL;
}

struct heal *world_new(struct shared *sh)
{
	struct world *w = must(calloc(1, sizeof(*w)));
	struct heal *h = &w->heal;

	w->http = http_new();
	h->settings = sh->settings;
	h->store = sh->store;
	h->redact = gate_redactor();
	h->version = sh->version;
	if (sh->secrets->slack_bot)
		h->slack = slack_new(
		        w->http, sh->settings->slack.api_url, sh->secrets->slack_bot, sh->slack);
	h->railway = new_railway(sh, w->http);
	h->llm = new_llm(sh, w->http);
	new_hosts(w, sh);
	h->github = new_github(sh, w->http);
	h->statuspage = statuspage_new(w->http, sh->status);
	return h;
}

void world_free(struct heal *h)
{
	struct world *w = (struct world *)h;

	if (!h)
		return;
	slack_free(h->slack);
	if (h->railway)
		railway_free(h->railway);
	if (h->llm)
		llm_free(h->llm);
	free_hosts(w);
	if (h->github)
		github_free(h->github);
	statuspage_free(h->statuspage);
	redact_free(h->redact);
	http_free(w->http);
	free(w);
}

static bool go_on(void *ctx, struct err *e)
{
	return wf_heartbeat(ctx, e);
}

void world_watch(struct heal *h, struct wf *w)
{
	http_set_go_on(((struct world *)h)->http, w ? go_on : NULL, w);
}

struct http *world_http(struct heal *h)
{
	return ((struct world *)h)->http;
}
