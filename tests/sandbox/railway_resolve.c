/* railway_resolve.c - the fields of Railway's schema. See railway_i.h. */
#include <stdio.h>
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
	if (after && sscanf(after, "c%lld", (long long *)&from) == 1)
		from++;
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

/* --- objects --- */

static void set_date(struct arena *a, json *o, const char *key, int64_t ms)
{
	json_set_str(o, key, ms ? clock_rfc3339(a, ms) : NULL);
}

static void add_instances(const struct rr_ctx *c, struct arena *a, const struct rw_service *s,
        const struct rw_deploy *d, json *o)
{
	json *list = json_set_arr(o, "instances");
	const char *status = rw_status(s, d, sb_now_ms(c->p->sb));
	bool runs = str_eq(status, "SUCCESS");

	for (int i = 0; i < s->replicas && (runs || str_eq(status, "DEPLOYING")); i++) {
		json *x = json_add_obj(list);

		json_set_str(x, "id", rw_uuid(a, arena_printf(a, "%s %d", d->id, i)));
		json_set_str(x, "status",
		        !runs        ? "INITIALIZING"
		        : d->stopped ? "EXITED"
		                     : "RUNNING");
	}
}

static void add_meta(const struct rw_service *s, const struct rw_deploy *d, json *o)
{
	json *m = json_set_obj(o, "meta"), *deploy, *regions;

	if (d->commit) {
		json_set_str(m, "repo", s->repo);
		json_set_str(m, "branch", s->branch);
		json_set_str(m, "commitHash", d->commit);
		json_set_str(m, "commitMessage", d->message);
		json_set_str(m, "commitAuthor", d->author);
	} else {
		json_set_str(m, "image", s->image);
	}
	json_set_str(m, "reason", d->reason);
	deploy = json_set_obj(json_set_obj(m, "serviceManifest"), "deploy");
	json_set_str(deploy, "runtime", "V2");
	json_set_str(deploy, "startCommand", json_str(s->def, ".start", NULL));
	regions = json_set_obj(deploy, "multiRegionConfig");
	json_set_int(json_set_obj(regions, "europe-west4-drams3a"), "numReplicas", s->replicas);
}

static json *deployment(const struct rr_ctx *c, struct arena *a, const struct rw_service *s,
        const struct rw_deploy *d)
{
	json *o = json_obj(a);
	int64_t now = sb_now_ms(c->p->sb);
	const char *status = rw_status(s, d, now);

	json_set_str(o, "id", d->id);
	json_set_str(o, "projectId", c->p->world->project_id);
	json_set_str(o, "environmentId", c->p->world->env[0].id);
	json_set_str(o, "serviceId", s->id);
	json_set_str(o, "status", status);
	set_date(a, o, "createdAt", d->created_ms);
	set_date(a, o, "statusUpdatedAt", d->ready_ms < now ? d->ready_ms : d->created_ms);
	json_set_bool(o, "deploymentStopped", d->stopped);
	json_set_bool(o, "canRollback", str_eq(status, "REMOVED"));
	json_set_bool(o, "canRedeploy", !str_eq(status, "BUILDING"));
	add_meta(s, d, o);
	add_instances(c, a, s, d, o);
	return o;
}

static void add_domains(struct arena *a, const struct rw_service *s, json *o)
{
	json *d = json_set_obj(o, "domains"), *custom = json_set_arr(d, "customDomains");
	json *own = json_set_arr(d, "serviceDomains");

	json_each (it, json_get(s->def, ".domains")) {
		const char *name = json_str(it, "", "");
		json *x = json_add_obj(str_ends(name, ".railway.app") ? own : custom);

		json_set_str(x, "id", rw_uuid(a, name));
		json_set_str(x, "domain", name);
		json_set_null(x, "deletedAt");
	}
}

static void add_source(const struct rw_service *s, json *o)
{
	json *source = json_set_obj(o, "source");

	json_set_str(source, "repo", s->repo);
	json_set_str(source, "image", s->image);
	json_set_str(o, "rootDirectory", json_str(s->def, ".root", NULL));
	json_set_str(o, "startCommand", json_str(s->def, ".start", NULL));
	json_set_str(o, "healthcheckPath", json_str(s->def, ".healthcheck", NULL));
	json_set_str(o, "cronSchedule", s->cron);
	json_set_str(o, "restartPolicyType", json_str(s->def, ".restart", "ON_FAILURE"));
	json_set_int(o, "restartPolicyMaxRetries", 10);
	json_set_bool(o, "sleepApplication", json_bool(s->def, ".sleep", false));
	json_set_int(o, "numReplicas", s->replicas);
	json_set_null(o, "region");
}

static void add_service(
        const struct rr_ctx *c, struct arena *a, const struct rw_service *s, json *list)
{
	int64_t now = sb_now_ms(c->p->sb), quarter = 15 * 60000;
	const struct rw_deploy *active = rw_active(s, now);
	json *o = json_add_obj(list), *serving;

	json_set_str(o, "id", rw_uuid(a, arena_printf(a, "instance %s", s->id)));
	json_set_str(o, "serviceId", s->id);
	json_set_str(o, "serviceName", s->name);
	json_set_str(o, "environmentId", c->p->world->env[0].id);
	json_set_null(o, "deletedAt");
	set_date(a, o, "nextCronRunAt", s->cron ? (now / quarter + 1) * quarter : 0);
	add_source(s, o);
	add_domains(a, s, o);
	json_set(o, "latestDeployment", s->ndeploys ? deployment(c, a, s, &s->deploys[0]) : NULL);
	serving = json_set_arr(o, "activeDeployments");
	if (active)
		json_add(serving, deployment(c, a, s, active));
}

static void add_volume(struct arena *a, const struct rw_service *s, json *list)
{
	const json *v = json_get(s->def, ".volume");
	json *o;

	if (!v)
		return;
	o = json_add_obj(list);
	json_set_str(o, "id", rw_uuid(a, arena_printf(a, "volume %s", s->id)));
	json_set_str(o, "volumeId", rw_uuid(a, arena_printf(a, "volume of %s", s->id)));
	json_set_str(o, "serviceId", s->id);
	json_set_str(o, "mountPath", json_str(v, ".mount", "/data"));
	json_set_str(o, "region", "europe-west4-drams3a");
	json_set_str(o, "state", "READY");
	json_set_num(o, "currentSizeMB", json_num(v, ".used_mb", 0));
	json_set_int(o, "sizeMB", json_int(v, ".size_mb", 0));
	json_set_null(o, "deletedAt");
	json_set_str(json_set_obj(o, "volume"), "name", json_str(v, ".name", "volume"));
	json_set_str(json_set_obj(o, "volume"), "id", rw_uuid(a, s->id));
	json_set_str(json_set_obj(o, "volume"), "name", json_str(v, ".name", "volume"));
}

static void add_variables(struct arena *a, const struct rw_service *s, json *list)
{
	json_each (it, json_get(s->def, ".variables")) {
		const char *name = json_str(it, "", "");
		const char *ref = json_str(s->def, arena_printf(a, ".references.%s", name), NULL);
		json *o = json_add_obj(list), *refs;

		json_set_str(o, "id", rw_uuid(a, arena_printf(a, "%s %s", s->id, name)));
		json_set_str(o, "name", name);
		json_set_str(o, "serviceId", s->id);
		json_set_bool(o, "isSealed", strstr(name, "SECRET") != NULL);
		refs = json_set_arr(o, "references");
		if (ref)
			json_add_str(refs, ref);
	}
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
			add_service(c, a, &w->services[i], list);
		else if (str_eq(info->field, "volumeInstances"))
			add_volume(a, &w->services[i], list);
		else
			add_variables(a, &w->services[i], list);
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
			json_add(list, deployment(c, a, s, &s->deploys[k - 1]));
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
		set_date(a, o, "createdAt", d->created_ms + (int64_t)i * 15000);
		set_date(a, o, "completedAt", d->created_ms + (int64_t)(i + 1) * 15000);
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

	if (!str_eq(info->type, "Query")) {
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
	return root(c, a, info, error);
}
