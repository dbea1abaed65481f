/* healbot doctor: every token, scope and peer asked, one line for each, with the remedy. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "app/cli.h"
#include "app/commands.h"
#include "app/doctor.h"
#include "app/gate.h"
#include "app/world.h"
#include "clock.h"
#include "diagnose.h"
#include "github.h"
#include "llm.h"
#include "net/http.h"
#include "opencode.h"
#include "railway.h"
#include "slack.h"
#include "spark.h"
#include "statuspage.h"
#include "store/store.h"
#include "str.h"

static const char *const needed_scopes[] = {"chat:write", "commands", "app_mentions:read",
        "channels:history", "reactions:read", "users:read", NULL};

struct report {
	struct arena *a;
	json *checks;
	bool failed, unreachable;
};

static void add(struct report *r, const char *what, const char *state, const char *text)
{
	json *o = json_add_obj(r->checks);

	json_set_str(o, "check", what);
	json_set_str(o, "state", state);
	json_set_str(o, "text", gate_text(r->a, text));
	r->failed |= str_eq(state, "failed");
}

static bool ask(struct report *r, const char *what, bool ok, const struct err *e, const char *text)
{
	add(r, what, ok ? "ok" : "failed", ok ? text : e->msg);
	r->unreachable |= !ok && (e->code == ERR_NET || e->code == ERR_TIMEOUT ||
	                                 e->code == ERR_AUTH || e->code == ERR_STATUS);
	return ok;
}

/* --- Slack --- */

static void check_channel(struct report *r, struct heal *h)
{
	const char *id = h->settings->slack.channel;
	struct slack_channel c;
	struct err e = {0};
	bool ok;

	if (!id) {
		add(r, "slack channel", "failed",
		        "set channel in [slack] to the id of a channel (C…)");
		return;
	}
	ok = slack_channel(h->slack, r->a, id, &c, &e);
	if (ok && c.is_archived)
		ok = err_set(
		        &e, ERR_CONFIG, false, "#%s is archived; choose another channel", c.name);
	if (ok && !c.is_member)
		ok = err_set(&e, ERR_CONFIG, false,
		        "the bot is not in #%s; type /invite @heal there", c.name);
	ask(r, "slack channel", ok, &e, ok ? arena_printf(r->a, "#%s", c.name) : "");
}

static void check_slack(struct report *r, struct heal *h, const struct secrets *k)
{
	struct slack_auth auth;
	struct err e = {0};
	const char *url;
	bool ok;

	if (!h->slack) {
		add(r, "slack", "failed",
		        "set SLACK_BOT_TOKEN (xoxb-…) and SLACK_APP_TOKEN (xapp-…)");
		return;
	}
	ok = slack_auth_test(h->slack, r->a, &auth, &e);
	ask(r, "slack bot token", ok, &e,
	        ok ? arena_printf(r->a, "%s in workspace %s", auth.user_id, auth.team) : "");
	for (size_t i = 0; ok && needed_scopes[i]; i++)
		if (!slack_has_scope(&auth, needed_scopes[i]))
			add(r, "slack scope", "failed",
			        arena_printf(r->a,
			                "%s is missing: add it under OAuth & Permissions and reinstall the app",
			                needed_scopes[i]));
	if (ok)
		check_channel(r, h);
	e = (struct err){0};
	if (!k->slack_app)
		add(r, "slack app token", "failed", "set SLACK_APP_TOKEN (xapp-…)");
	else
		ask(r, "slack app token",
		        slack_connections_open(world_http(h), h->settings->slack.api_url,
		                k->slack_app, r->a, &url, &e),
		        &e, "Socket Mode opens");
}

/* --- the others --- */

static void check_railway(struct report *r, struct heal *h)
{
	struct railway_place place;
	struct railway_identity who;
	struct err e = {0};
	bool ok;

	if (!h->railway) {
		add(r, "railway", "failed", "set RAILWAY_API_TOKEN or RAILWAY_TOKEN");
		return;
	}
	ok = railway_whoami(h->railway, r->a, &who, &e);
	ask(r, "railway token", ok, &e, ok ? str_or(who.name, "valid") : "");
	if (!ok)
		return;
	ok = railway_resolve(h->railway, r->a, h->settings->railway.project,
	        h->settings->railway.environment, &place, &e);
	ask(r, "railway project", ok, &e,
	        ok ? arena_printf(r->a, "%s / %s", place.project_name, place.environment_name)
	           : "");
}

static void check_llm(struct report *r, struct heal *h)
{
	struct llm_answer answer;
	struct err e = {0};
	bool ok;

	if (!h->llm) {
		add(r, "llm", "off", "no model is set: incidents carry numbers and evidence only");
		return;
	}
	ok = llm_check(h->llm, r->a, &answer, &e);
	ask(r, "llm", ok, &e,
	        ok ? arena_printf(r->a, "%s answers in %s (rung %s)", answer.model,
	                     num_ms(r->a, (double)answer.ms), answer.rung)
	           : "");
}

static void check_opencode(struct report *r, struct heal *h)
{
	const struct settings *s = h->settings;
	const char *version;
	struct err e = {0};
	bool ok;

	if (!h->opencode) {
		add(r, "opencode", "off", "no server is set: /heal fix is not possible");
		return;
	}
	ok = opencode_health(h->opencode, r->a, &version, &e) &&
	     opencode_check(h->opencode, r->a, s->opencode.agent, s->opencode.model, &e);
	ask(r, "opencode", ok, &e, ok ? arena_printf(r->a, "version %s", version) : "");
}

static void check_repo(struct report *r, struct heal *h, const struct service_settings *svc)
{
	struct github_repo repo;
	struct err e = {0};
	bool ok;

	if (!svc->repo)
		return;
	ok = github_repo_get(h->github, r->a, svc->repo, &repo, &e);
	if (ok && repo.archived)
		ok = err_set(&e, ERR_CONFIG, false, "%s is archived", svc->repo);
	ask(r, arena_printf(r->a, "github %s", svc->repo), ok, &e,
	        ok ? arena_printf(r->a, "default branch %s%s", repo.default_branch,
	                     repo.can_push ? ""
	                                   : "; the token cannot push (fine when the agent does)")
	           : "");
}

static void check_github(struct report *r, struct heal *h)
{
	const char *login;
	struct err e = {0};

	if (!h->github) {
		add(r, "github", h->opencode ? "failed" : "off",
		        "set GITHUB_TOKEN: pull requests are verified with it");
		return;
	}
	if (!ask(r, "github token", github_whoami(h->github, r->a, &login, &e), &e, "valid"))
		return;
	for (size_t i = 0; i < h->settings->nservices; i++)
		check_repo(r, h, &h->settings->services[i]);
}

static void check_status(struct report *r, struct heal *h)
{
	struct status_report *reports;
	struct err e = {0};
	size_t n;

	if (!statuspage_all(h->statuspage, r->a, (const char *const *)h->settings->status.pages,
	            &reports, &n, &e)) {
		ask(r, "status pages", false, &e, "");
		return;
	}
	for (size_t i = 0; i < n; i++)
		add(r, arena_printf(r->a, "status %s", reports[i].name),
		        reports[i].level == STATUS_UNKNOWN ? "failed" : "ok",
		        *str_or(reports[i].title, "") ? reports[i].title : "reports nothing");
}

#define SPACE_LOW (16 << 20) /* bytes; a write-ahead log between two copies needs as much */

static void check_store(struct report *r, const char *path)
{
	struct err e = {0};
	struct store *s = store_open(path, STORE_LOOK, &e);
	struct store_stats st;
	bool ok = s && store_check(s, &e);

	if (!s && e.code == ERR_CONFIG) {
		add(r, "store", "off", arena_printf(r->a, "%s: %s", path, e.msg));
		return;
	}
	if (ok)
		store_stats(s, &st);
	if (ok && st.free_bytes < SPACE_LOW)
		ok = err_set(&e, ERR_STORE, false, "%s is sound, but only %s is free: make room",
		        path, num_gb(r->a, (double)st.free_bytes / 1e9));
	ask(r, "store", ok, &e,
	        ok ? arena_printf(r->a, "%s is sound, schema %d, %s", path, st.schema,
	                     num_gb(r->a, (double)st.db_bytes / 1e9))
	           : "");
	store_close(s);
}

static void check_who(struct report *r, const struct settings *s)
{
	if (!s->who.fixers || !s->who.fixers[0])
		add(r, "rights", "off", "nobody may /heal fix: set fixers in [who]");
}

json *doctor_run(struct arena *a, struct heal *h, const struct secrets *k, bool with_store,
        bool *failed, bool *unreachable)
{
	struct report r = {.a = a, .checks = json_arr(a)};

	if (with_store)
		check_store(&r, h->settings->heal.db);
	check_slack(&r, h, k);
	check_railway(&r, h);
	check_llm(&r, h);
	check_opencode(&r, h);
	check_github(&r, h);
	check_status(&r, h);
	check_who(&r, h->settings);
	*failed = r.failed;
	*unreachable = r.unreachable;
	return r.checks;
}

static void print(const json *checks)
{
	json_each (c, checks) {
		const char *state = json_str(c, ".state", "");

		printf("%s %-18s %s\n",
		        str_eq(state, "ok")    ? "✓"
		        : str_eq(state, "off") ? "–"
		                               : "✗",
		        json_str(c, ".check", ""), json_str(c, ".text", ""));
	}
}

int command_doctor(struct cli *c, int argc, char **argv)
{
	struct shared *sh;
	struct heal *h;
	bool failed, unreachable;
	json *checks;

	(void)argc;
	(void)argv;
	http_global_init();
	gate_install(c->secrets, c->settings->redact.ips);
	sh = shared_new(c->settings, c->secrets, NULL);
	h = world_new(sh);
	checks = doctor_run(c->arena, h, c->secrets, true, &failed, &unreachable);
	if (cli_opt(c, "json"))
		puts(json_print_pretty(c->arena, checks));
	else
		print(checks);
	world_free(h);
	shared_free(sh);
	http_global_fini();
	return unreachable ? EXIT_PEER : failed ? EXIT_FAILED : EXIT_OK;
}
