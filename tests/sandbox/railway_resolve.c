/* railway_resolve.c - the fields of Railway's schema. See railway_i.h. */
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "railway_i.h"

enum { DEFAULT_PAGE = 100, MAX_PAGE = 500 };

/* --- connections --- */

/* An array in the parent becomes edges and pageInfo; the cursor is the index. */
static const json *page(struct arena *a, const json *nodes, const json *args, const char **error)
{
	json *o = json_obj(a), *edges = json_set_arr(o, "edges"),
	     *info = json_set_obj(o, "pageInfo");
	int64_t first = json_int(args, ".first", DEFAULT_PAGE), i = 0, from = 0, n = 0;
	const char *after = json_str(args, ".after", NULL);

	if (first < 0 || first > MAX_PAGE) {
		*error = "Problem processing request";
		return NULL;
	}
	if (after && after[0] == 'c')
		from = strtoll(after + 1, NULL, 10) + 1;
	json_each (it, nodes) {
		json *edge;

		if (i++ < from || n >= first)
			continue;
		edge = json_add_obj(edges);
		json_set_str(edge, "cursor", arena_printf(a, "c%lld", (long long)i - 1));
		json_set(edge, "node", it);
		n++;
	}
	json_set_bool(info, "hasNextPage", from + n < i);
	json_set_bool(info, "hasPreviousPage", from > 0);
	json_set_str(
	        info, "endCursor", n ? arena_printf(a, "c%lld", (long long)(from + n - 1)) : NULL);
	json_set_str(info, "startCursor", n ? arena_printf(a, "c%lld", (long long)from) : NULL);
	return o;
}

/* Only the first environment has services; the fields are made when they are asked for. */
static json *environment(const struct rr_ctx *c, struct arena *a, size_t i)
{
	json *o = json_obj(a);

	json_set_str(o, "id", c->p->world->env[i].id);
	json_set_str(o, "name", c->p->world->env[i].name);
	json_set_str(o, "projectId", c->p->world->project_id);
	json_set_bool(o, "canAccess", c->p->world->env[i].can_access);
	json_set_bool(o, "isEphemeral", false);
	return o;
}

static const json *of_environment(
        struct rr_ctx *c, struct arena *a, const struct gql_info *info, const char **error)
{
	struct rw_world *w = c->p->world;
	bool has = str_eq(json_str(info->parent, ".id", ""), w->env[0].id);
	json *list = json_arr(a);

	if (!json_bool(info->parent, ".canAccess", true)) {
		*error = "Not Authorized";
		return NULL;
	}
	for (size_t i = 0; has && i < w->nservices; i++) {
		if (str_eq(info->field, "serviceInstances"))
			ro_add_service(c, a, &w->services[i], list);
		else if (str_eq(info->field, "volumeInstances"))
			ro_add_volume(a, &w->services[i], list);
		else
			ro_add_variables(a, &w->services[i], list);
	}
	return page(a, list, info->args, error);
}

static json *project(const struct rr_ctx *c, struct arena *a)
{
	struct rw_world *w = c->p->world;
	json *o = json_obj(a), *envs = json_set_arr(o, "environments");

	json_set_str(o, "id", w->project_id);
	json_set_str(o, "name", w->project);
	json_set_str(o, "workspaceId", w->workspace_id);
	json_set_str(o, "primaryEnvironmentId", w->env[0].id);
	for (size_t i = 0; i < w->nenv; i++)
		json_add(envs, environment(c, a, i));
	return o;
}

/* --- roots --- */

static const json *root_token(struct rr_ctx *c, struct arena *a, const char *field)
{
	json *o = json_obj(a);

	if (str_eq(field, "projectToken")) {
		json_set_str(o, "id", rw_uuid(a, "token"));
		json_set_str(o, "name", "heal");
		json_set_str(o, "projectId", c->p->world->project_id);
		json_set_str(o, "environmentId", c->p->world->env[0].id);
		json_set(o, "project", project(c, a));
		json_set(o, "environment", environment(c, a, 0));
	} else if (str_eq(field, "apiToken")) {
		json *w = json_add_obj(json_set_arr(o, "workspaces"));

		json_set_str(w, "id", c->p->world->workspace_id);
		json_set_str(w, "name", c->p->world->workspace);
	} else {
		json_set_str(o, "id", rw_uuid(a, "me"));
		json_set_str(o, "name", "Ana");
		json_set_str(o, "email", "ana@acme.example");
	}
	return o;
}

static const json *root_deployments(
        struct rr_ctx *c, struct arena *a, const json *args, const char **error)
{
	const char *only = json_str(args, ".input.serviceId", NULL);
	json *list = json_arr(a);

	for (size_t i = 0; i < c->p->world->nservices; i++) {
		const struct rw_service *s = &c->p->world->services[i];

		for (size_t k = s->ndeploys; k > 0 && (!only || str_eq(only, s->id)); k--)
			json_add(list, ro_deployment(c, a, s, &s->deploys[k - 1]));
	}
	return page(a, list, args, error);
}

static const json *root_events(
        struct rr_ctx *c, struct arena *a, const json *args, const char **error)
{
	static const char *const steps[] = {
	        "SNAPSHOT_CODE", "BUILD_IMAGE", "PUBLISH_IMAGE", "CREATE_CONTAINER", "HEALTHCHECK"};
	struct rw_service *s = NULL;
	struct rw_deploy *d = rw_deploy(c->p->world, json_str(args, ".id", ""), &s);
	json *list = json_arr(a);

	if (!d) {
		*error = "Deployment not found";
		return NULL;
	}
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		json *o = json_add_obj(list), *p;
		bool bad = str_eq(d->status, "FAILED") && i == 1;

		json_set_str(o, "id", rw_uuid(a, arena_printf(a, "%s %zu", d->id, i)));
		json_set_str(o, "step", steps[i]);
		ro_date(a, o, "createdAt", d->created_ms + (int64_t)i * 15000);
		ro_date(a, o, "completedAt", d->created_ms + (int64_t)(i + 1) * 15000);
		p = json_set_obj(o, "payload");
		json_set_int(p, "durationMs", 15000);
		if (bad) {
			json_set_str(p, "error", "process \"sh tests/run.sh\" exited with 1");
			break;
		}
	}
	return page(a, list, args, error);
}

static const json *root_environment(
        struct rr_ctx *c, struct arena *a, const json *args, const char **error)
{
	struct rw_world *w = c->p->world;

	for (size_t i = 0; i < w->nenv; i++) {
		if (!str_eq(json_str(args, ".id", ""), w->env[i].id))
			continue;
		if (c->project_header && i > 0)
			*error = "Not Authorized";
		return *error ? NULL : environment(c, a, i);
	}
	*error = "Environment not found";
	return NULL;
}

static const json *root_instance(
        struct rr_ctx *c, struct arena *a, const struct gql_info *i, const char **error)
{
	struct rw_service *s = rw_service(c->p->world, json_str(i->args, ".serviceId", NULL));
	json *list = json_arr(a), *o;

	if (!s || !str_eq(json_str(i->args, ".environmentId", ""), c->p->world->env[0].id)) {
		*error = "ServiceInstance not found";
		return NULL;
	}
	if (str_eq(i->field, "serviceInstance")) {
		ro_add_service(c, a, s, list);
		return json_first(list);
	}
	if (s->cpu_limit <= 0 && s->memory_limit <= 0)
		return NULL;
	o = json_obj(a);
	list = json_set_obj(o, "containers");
	if (s->cpu_limit > 0)
		json_set_num(list, "cpu", s->cpu_limit);
	if (s->memory_limit > 0)
		json_set_num(list, "memoryBytes", s->memory_limit * 1e9);
	return o;
}

static const json *root_platform(struct rr_ctx *c, struct arena *a)
{
	json *o = json_obj(a), *i;

	json_set_bool(o, "isStable", !c->p->world->unstable);
	if (!c->p->world->unstable)
		return o;
	i = json_set_obj(o, "incident");
	json_set_str(i, "id", "inc-1");
	json_set_str(i, "status", "INVESTIGATING");
	json_set_str(i, "message", "Deploys are slow in EU West");
	json_set_str(i, "url", "https://status.railway.com");
	return o;
}

static bool allowed(const struct rr_ctx *c, const char *field)
{
	if (!c->token || c->token->revoked)
		return false;
	if (c->project_header)
		return !str_eq(field, "me") && !str_eq(field, "projects") &&
		       !str_eq(field, "apiToken") && !str_eq(field, "project");
	if (str_eq(field, "me"))
		return str_eq(c->token->kind, "account");
	return !str_eq(field, "projectToken");
}

static const json *root_project(
        struct rr_ctx *c, struct arena *a, const json *args, const char **error)
{
	if (str_eq(json_str(args, ".id", ""), c->p->world->project_id))
		return project(c, a);
	*error = "Project not found";
	return NULL;
}

static const json *root(
        struct rr_ctx *c, struct arena *a, const struct gql_info *i, const char **error)
{
	const char *f = i->field;
	json *list;

	if (str_eq(f, "metrics"))
		return rm_metrics(c->p, a, i->args, error);
	if (str_eq(f, "httpMetricsGroupedByStatus"))
		return rm_by_status(c->p, a, i->args);
	if (str_eq(f, "httpDurationMetrics"))
		return rm_durations(c->p, a, i->args);
	if (str_eq(f, "environment"))
		return root_environment(c, a, i->args, error);
	if (str_starts(f, "serviceInstance"))
		return root_instance(c, a, i, error);
	if (str_eq(f, "platformStatus"))
		return root_platform(c, a);
	if (str_eq(f, "deployments"))
		return root_deployments(c, a, i->args, error);
	if (str_eq(f, "deploymentEvents"))
		return root_events(c, a, i->args, error);
	if (str_eq(f, "deploymentLogs") || str_eq(f, "environmentLogs"))
		return rl_runtime(c->p, a, i->args, str_eq(f, "environmentLogs"), error);
	if (str_eq(f, "buildLogs"))
		return rl_build(c->p, a, i->args, error);
	if (str_eq(f, "httpLogs"))
		return rl_http(c->p, a, i->args, error);
	if (str_eq(f, "project"))
		return root_project(c, a, i->args, error);
	if (str_eq(f, "projects")) {
		list = json_arr(a);
		json_add(list, project(c, a));
		return page(a, list, i->args, error);
	}
	return root_token(c, a, f);
}

const json *rr_resolve(void *ctx, struct arena *a, const struct gql_info *info, const char **error,
        const char **code)
{
	struct rr_ctx *c = ctx;
	const json *fault;
	struct rw_service *s;

	if (!str_eq(info->type, "Query") && !str_eq(info->type, "Mutation")) {
		if (str_eq(info->type, "Environment") && str_ends(info->returns, "Connection"))
			return of_environment(c, a, info, error);
		if (str_ends(info->returns, "Connection"))
			return page(a, json_get(info->parent, arena_printf(a, ".%s", info->field)),
			        info->args, error);
		return json_get(info->parent, arena_printf(a, ".%s", info->field));
	}
	s = rw_service(c->p->world, json_str(info->args, ".serviceId", NULL));
	fault = sb_fault(c->p->sb, "railway",
	        arena_printf(a, "field %s %s %s", info->field, info->alias, s ? s->name : "-"));
	if (fault) {
		*error = arena_strdup(a, json_str(fault, ".name", "Problem processing request"));
		*code = arena_strdup(a, json_str(fault, ".value", NULL));
		return NULL;
	}
	if (!allowed(c, info->field)) {
		*error = c->project_header && (!c->token || c->token->revoked)
		                 ? "Project Token not found"
		                 : "Not Authorized";
		return NULL;
	}
	if (str_eq(info->type, "Mutation"))
		return rc_mutate(c, a, info, error, code);
	return root(c, a, info, error);
}
