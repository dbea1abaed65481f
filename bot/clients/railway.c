/* railway.c - the client object, who we are, and where. See include/railway.h. */
#include "railway.h"

#include <stdlib.h>
#include <string.h>

#include "clients/railway_private.h"
#include "str.h"

static const char default_url[] = "https://backboard.railway.com/graphql/v2";

struct railway_shared *railway_shared_new(double requests_per_second)
{
	struct railway_shared *s = calloc(1, sizeof(*s));

	if (!s)
		abort();
	s->pace = pace_new();
	s->rule.per_second = requests_per_second > 0 ? requests_per_second : 5;
	s->rule.burst = s->rule.per_second > 1 ? s->rule.per_second : 1;
	return s;
}

void railway_shared_free(struct railway_shared *s)
{
	if (!s)
		return;
	pace_free(s->pace);
	free(s);
}

uint64_t railway_requests(const struct railway_shared *s)
{
	return __atomic_load_n(&s->requests, __ATOMIC_RELAXED);
}

uint64_t railway_sent(const struct railway *r)
{
	return r->sent;
}

struct railway *railway_new(
        struct http *h, const struct railway_config *c, struct railway_shared *s)
{
	struct railway *r = calloc(1, sizeof(*r));
	const char *url = str_or(c->api_url, default_url);

	if (!r)
		abort();
	r->own = arena_new(512);
	r->http = h;
	r->shared = s;
	r->url = arena_printf(r->own, "%s%csource=heal", url, strchr(url, '?') ? '&' : '?');
	r->user_agent = "heal/" HEAL_VERSION;
	r->token = arena_strdup(r->own, str_or(c->token, ""));
	r->kind = c->token_kind;
	r->timeout_ms = c->timeout_ms ? c->timeout_ms : 60000;
	r->max_points = c->max_points ? c->max_points : 30000;
	return r;
}

void railway_free(struct railway *r)
{
	if (!r)
		return;
	arena_free(r->own);
	free(r);
}

/* --- who --- */

bool railway_whoami(struct railway *r, struct arena *a, struct railway_identity *out, struct err *e)
{
	struct railway_reply reply;
	const json *t;

	memset(out, 0, sizeof(*out));
	out->kind = r->kind;
	if (r->kind == RAILWAY_TOKEN_BEARER) {
		if (!railway_call(r, a, "railway_whoami_bearer", json_obj(a), &reply, e))
			return false;
		t = json_get(reply.data, ".apiToken.workspaces");
		out->workspaces = json_len(t);
		out->name = json_str(t, "[0].name", NULL);
		out->workspace_id = json_str(t, "[0].id", NULL);
		return true;
	}
	if (!railway_call(r, a, "railway_whoami_project", json_obj(a), &reply, e))
		return false;
	t = json_get(reply.data, ".projectToken");
	out->name = json_str(t, ".name", NULL);
	out->workspace_id = json_str(t, ".project.workspaceId", NULL);
	out->project_id = json_str(t, ".projectId", NULL);
	out->project_name = json_str(t, ".project.name", out->project_id);
	out->environment_id = json_str(t, ".environmentId", NULL);
	out->environment_name = json_str(t, ".environment.name", out->environment_id);
	if (!out->project_id || !out->environment_id)
		return err_set(
		        e, ERR_PROTO, false, "Railway's answer about the token names no project");
	return true;
}

/* --- where --- */

static bool is_it(const char *wanted, const char *id, const char *name)
{
	return str_ieq(wanted, str_or(id, "")) || str_ieq(wanted, str_or(name, ""));
}

static bool looks_like_id(const char *s)
{
	return strlen(s) == 36 && s[8] == '-' && s[13] == '-' && s[18] == '-' && s[23] == '-';
}

static bool resolve_by_token(struct railway *r, struct arena *a, const char *project,
        const char *environment, struct railway_place *out, struct err *e)
{
	struct railway_identity who;

	if (!railway_whoami(r, a, &who, e))
		return false;
	if (project && !is_it(project, who.project_id, who.project_name))
		return err_set(e, ERR_CONFIG, false,
		        "[railway] project is “%s”, but RAILWAY_TOKEN opens “%s”: change one of them",
		        project, who.project_name);
	if (environment && !is_it(environment, who.environment_id, who.environment_name))
		return err_set(e, ERR_CONFIG, false,
		        "[railway] environment is “%s”, but RAILWAY_TOKEN opens “%s” of “%s”: change one "
		        "of them",
		        environment, who.environment_name, who.project_name);
	*out = (struct railway_place){
	        who.project_id, who.project_name, who.environment_id, who.environment_name};
	return true;
}

static const char *list_names(struct arena *a, const json *edges)
{
	struct str b = str_new(a);
	size_t n = 0;

	json_each (it, edges) {
		if (++n > 12) {
			str_add(&b, " …");
			break;
		}
		str_addf(&b, "%s%s", n > 1 ? ", " : "", json_str(it, ".node.name", "?"));
	}
	return b.s ? b.s : "";
}

/* The id of a project by its name, over all pages. */
static const char *find_project(struct railway *r, struct arena *a, const char *name, struct err *e)
{
	const char *after = NULL, *seen = NULL;

	for (int page = 0; page < RAILWAY_MAX_PAGES; page++) {
		struct railway_reply reply;
		json *vars = json_obj(a);
		const json *edges;

		json_set_str(vars, "after", after);
		if (!railway_call(r, a, "railway_projects", vars, &reply, e))
			return NULL;
		edges = json_get(reply.data, ".projects.edges");
		json_each (it, edges)
			if (is_it(name, json_str(it, ".node.id", ""),
			            json_str(it, ".node.name", "")))
				return json_str(it, ".node.id", NULL);
		seen = seen ? seen : list_names(a, edges);
		after = json_str(reply.data, ".projects.pageInfo.endCursor", NULL);
		if (!after || !json_bool(reply.data, ".projects.pageInfo.hasNextPage", false))
			break;
	}
	err_set(e, ERR_CONFIG, false,
	        "[railway] project: the token sees no project “%s”; it sees: %s", name,
	        seen && *seen ? seen : "none");
	return NULL;
}

static const json *pick_environment(const json *project, const char *wanted)
{
	const json *edges = json_get(project, ".environments.edges");
	const char *primary = json_str(project, ".primaryEnvironmentId", "");
	const json *production = NULL, *first = NULL;

	json_each (it, edges) {
		const json *node = json_get(it, ".node");
		const char *id = json_str(node, ".id", ""), *name = json_str(node, ".name", "");

		if (wanted ? is_it(wanted, id, name) : str_eq(id, primary))
			return node;
		first = first ? first : node;
		if (str_ieq(name, "production"))
			production = node;
	}
	if (wanted)
		return NULL;
	return production || json_len(edges) != 1 ? production : first;
}

bool railway_resolve(struct railway *r, struct arena *a, const char *project,
        const char *environment, struct railway_place *out, struct err *e)
{
	struct railway_reply reply;
	json *vars = json_obj(a);
	const json *p, *env;

	if (r->kind == RAILWAY_TOKEN_PROJECT)
		return resolve_by_token(r, a, project, environment, out, e);
	if (!project || !*project)
		return err_set(e, ERR_CONFIG, false,
		        "[railway] project is missing: RAILWAY_API_TOKEN sees many, name one");
	if (!looks_like_id(project) && !(project = find_project(r, a, project, e)))
		return false;
	json_set_str(vars, "projectId", project);
	if (!railway_call(r, a, "railway_project", vars, &reply, e))
		return err_wrap(e, "[railway] project %s", project);
	p = json_get(reply.data, ".project");
	env = pick_environment(p, environment);
	if (!env)
		return err_set(e, ERR_CONFIG, false,
		        "[railway] environment: “%s” has no environment “%s”; it has: %s",
		        json_str(p, ".name", project), str_or(environment, "production"),
		        list_names(a, json_get(p, ".environments.edges")));
	if (!json_bool(env, ".canAccess", true))
		return err_set(e, ERR_FORBIDDEN, false,
		        "the environment “%s” is restricted: give the token's owner access to it",
		        json_str(env, ".name", "?"));
	*out = (struct railway_place){json_str(p, ".id", project), json_str(p, ".name", project),
	        json_str(env, ".id", ""), json_str(env, ".name", "")};
	return true;
}
