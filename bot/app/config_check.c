/* config_check.c - see config_check.h, and config_require in config.h. */
#include "app/config_check.h"

#include <string.h>

#include "app/config.h"
#include "clock.h"

void config_check(const struct settings *s, struct str *problems)
{
	if (s->slack.dead_ms <= s->slack.ping_ms)
		str_add(problems,
		        "[slack] dead must be longer than ping, or every quiet connection is "
		        "taken for dead\n");
	if (s->opencode.idle_ms > s->opencode.deadline_ms)
		str_add(problems, "[opencode] idle is longer than deadline: lower it\n");
	if (s->opencode.poll_ms > s->opencode.idle_ms)
		str_add(problems, "[opencode] poll is longer than idle: lower it\n");
	if (s->limits.diagnosis_usd > s->limits.day_usd)
		str_add(problems,
		        "[limits] diagnosis_usd is more than day_usd: nothing could ever be "
		        "diagnosed\n");
	if (s->limits.fix_usd > s->limits.day_usd)
		str_add(problems, "[limits] fix_usd is more than day_usd: nothing could ever be "
		                  "fixed\n");
}

static void missing(struct str *problems, const char *what, const char *remedy)
{
	str_addf(problems, "%s is not set: %s\n", what, remedy);
}

static void need_slack(const struct settings *s, const struct secrets *k, struct str *problems)
{
	if (!k->slack_app)
		missing(problems, "SLACK_APP_TOKEN",
		        "api.slack.com/apps, your app, Basic Information, App-Level Tokens, scope "
		        "connections:write; give it in the environment (or its file in "
		        "SLACK_APP_TOKEN_FILE)");
	if (!k->slack_bot)
		missing(problems, "SLACK_BOT_TOKEN",
		        "api.slack.com/apps, your app, OAuth & Permissions, Bot User OAuth Token; give it "
		        "in the environment (or its file in SLACK_BOT_TOKEN_FILE)");
	if (!s->slack.channel)
		missing(problems, "[slack] channel",
		        "copy the channel's id from its details in Slack, then channel = C0123456789 in "
		        "heal.ini or HEAL_SLACK_CHANNEL");
}

static void need_railway(const struct settings *s, const struct secrets *k, struct str *problems)
{
	if (!k->railway_api && !k->railway_project) {
		missing(problems, "RAILWAY_API_TOKEN",
		        "railway.com/account/tokens (account or workspace), or RAILWAY_TOKEN with a "
		        "project token from the project's settings; give it in the environment");
		return;
	}
	/* A project token names its project and environment; the others do not. */
	if (!k->railway_api)
		return;
	if (!s->railway.project)
		missing(problems, "[railway] project",
		        "copy it from the address of the project (railway.com/project/ID), then project = "
		        "ID in heal.ini or HEAL_RAILWAY_PROJECT");
	if (!s->railway.environment)
		missing(problems, "[railway] environment",
		        "environment = production in heal.ini or HEAL_RAILWAY_ENVIRONMENT");
}

/* The host of a URL is this machine's network. A local model server needs no key. */
static bool is_private(struct arena *a, const char *url)
{
	const char *p = url ? strstr(url, "://") : NULL;

	if (!p)
		return false;
	p += 3;
	return config_private_host(
	        arena_strndup(a, p, *p == '[' ? strcspn(p, "]") + 1 : strcspn(p, ":/?#")));
}

static void need_llm(const struct settings *s, const struct secrets *k, struct str *problems)
{
	bool openai = s->llm.provider == LLM_OPENAI;
	const char *key = openai ? k->openai : k->anthropic;

	if (s->llm.model && !key && !is_private(problems->a, s->llm.base_url))
		missing(problems, openai ? "OPENAI_API_KEY" : "ANTHROPIC_API_KEY",
		        "[llm] model is set, and its provider wants a key: give it in the environment, or "
		        "remove the model to run without an LLM");
}

static void need_opencode(const struct settings *s, const struct secrets *k, struct str *problems)
{
	if (!s->opencode.url)
		return;
	if (!k->opencode_password && !is_private(problems->a, s->opencode.url))
		missing(problems, "OPENCODE_SERVER_PASSWORD",
		        "[opencode] url is set: give the password that the server was started with");
	if (s->github.app && !k->github_app_key)
		missing(problems, "GITHUB_APP_KEY",
		        "[github] app is set: give the private key of that App in the environment (or "
		        "its .pem file in GITHUB_APP_KEY_FILE)");
	if (!s->github.app && !k->github)
		missing(problems, "GITHUB_TOKEN",
		        "[opencode] url is set, and the bot publishes and verifies every pull request "
		        "itself: a fine-grained token with contents and pull requests, read and write, "
		        "or a GitHub App ([github] app)");
}

/* A short token could be guessed from elsewhere. Without one only /healthz answers there. */
static void need_http(const struct settings *s, const struct secrets *k, struct str *problems)
{
	enum { LEAST = 16 };
	const char *host;
	int port;

	if (!s->heal.http || !k->http || strlen(k->http) >= LEAST ||
	        !config_host_port(problems->a, s->heal.http, &host, &port))
		return;
	if (!str_starts(host, "127.") && !str_eq(host, "localhost") && !str_eq(host, "::1"))
		missing(problems, "HEAL_HTTP_TOKEN",
		        "[heal] http listens beyond this machine: the token must have at least 16 "
		        "characters (openssl rand -hex 24 makes a good one)");
}

bool config_require(
        const struct settings *s, const struct secrets *k, unsigned needs, struct str *problems)
{
	static const struct {
		unsigned need;
		void (*check)(const struct settings *, const struct secrets *, struct str *);
	} checks[] = {{NEED_SLACK, need_slack}, {NEED_RAILWAY, need_railway}, {NEED_LLM, need_llm},
	        {NEED_OPENCODE, need_opencode}, {NEED_HTTP, need_http}};
	size_t before = problems->len;

	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
		if (needs & checks[i].need)
			checks[i].check(s, k, problems);
	}
	return problems->len == before;
}
