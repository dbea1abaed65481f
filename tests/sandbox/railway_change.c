/*
 * railway_change.c - what a mutation does to the simulated project. See railway_i.h.
 *
 * Refuses like the real one: ids that are not there, a rollback to a deployment that cannot be
 * rolled back to, no replicas or more than 50, regions that do not exist. Every effect is recorded
 * as "mutation", so that a test sees what was really done, and how often. A service is cured by the
 * act that its "sick.fix" names ("restart", "rollback", "redeploy", "scale", "limits", "variable");
 * one whose trouble came with a deployment is cured by going back as well.
 */
#include <string.h>

#include "clock.h"
#include "railway_i.h"

enum { SHIFT_MS = 20000, MAX_REPLICAS = 50 };

static const json *refuse(const char **error, const char *why)
{
	*error = why;
	return NULL;
}

static const json *yes(struct arena *a)
{
	return json_get(json_parse(a, "{\"v\":true}", 10, NULL), ".v");
}

static void done(struct rr_ctx *c, struct arena *a, const char *field, const struct rw_service *s,
        const json *args)
{
	json *o = json_obj(a);

	json_set_str(o, "name", field);
	json_set_str(o, "service", s->name);
	json_set(o, "args", args);
	sb_record(c->p->sb, "railway", "effect", o);
	c->p->cut = sb_fault(c->p->sb, "railway", arena_printf(a, "lost %s", field)) != NULL;
}

static void cure(struct rr_ctx *c, struct rw_service *s, const char *by, int64_t when_ms)
{
	bool back = str_eq(by, "rollback") && json_bool(s->def, ".sick.deploy", false);

	if (back || str_eq(json_str(s->def, ".sick.fix", ""), by))
		rw_fix(c->p->world, s, when_ms);
}

static struct rw_deploy *again(
        struct rr_ctx *c, struct rw_service *s, const struct rw_deploy *of, const char *reason)
{
	int64_t now = sb_now_ms(c->p->sb);
	struct rw_deploy d = {.commit = of->commit,
	        .message = of->message,
	        .author = of->author,
	        .reason = reason,
	        .created_ms = now,
	        .ready_ms = now + sb_scaled(c->p->sb, SHIFT_MS)};

	return rw_add_deploy(c->p->world, s, &d);
}

static const json *on_deployment(
        struct rr_ctx *c, struct arena *a, const struct gql_info *i, const char **error)
{
	struct rw_service *s = NULL;
	struct rw_deploy *d = rw_deploy(c->p->world, json_str(i->args, ".id", ""), &s), *made;
	int64_t now = sb_now_ms(c->p->sb);

	if (!d)
		return refuse(error, "Deployment not found");
	if (str_eq(i->field, "deploymentRestart")) {
		d->ready_ms = now;
		cure(c, s, "restart", now);
		done(c, a, i->field, s, i->args);
		return yes(a);
	}
	if (str_eq(i->field, "deploymentRollback")) {
		if (!str_eq(rw_status(s, d, now), "REMOVED"))
			return refuse(error, "Cannot roll back to this deployment");
		cure(c, s, "rollback", again(c, s, d, "rollback")->ready_ms);
		done(c, a, i->field, s, i->args);
		return yes(a);
	}
	made = again(c, s, d, "redeploy");
	cure(c, s, "redeploy", made->ready_ms);
	done(c, a, i->field, s, i->args);
	return ro_deployment(c, a, s, made);
}

static const json *patch(
        struct rr_ctx *c, struct arena *a, const struct gql_info *i, const char **error)
{
	const json *service = json_first(json_get(i->args, ".patch.services"));
	const json *region = json_first(json_get(service, ".deploy.multiRegionConfig"));
	int64_t n = json_int(region, ".numReplicas", 0);
	struct rw_service *s = rw_service(c->p->world, json_key(service));

	if (!str_eq(json_str(i->args, ".environmentId", ""), c->p->world->env[0].id) || !s)
		return refuse(error, "Environment not found");
	if (!str_eq(json_key(region), "europe-west4-drams3a"))
		return refuse(error, "Invalid region");
	if (n < 1 || n > MAX_REPLICAS)
		return refuse(error, "numReplicas must be between 1 and 50");
	s->replicas = (int)n;
	cure(c, s, "scale", again(c, s, &s->deploys[0], "deploy")->ready_ms);
	done(c, a, i->field, s, i->args);
	return json_get(json_parse(a, "{\"v\":\"committed\"}", 17, NULL), ".v");
}

static const json *limits(
        struct rr_ctx *c, struct arena *a, const struct gql_info *i, const char **error)
{
	struct rw_service *s = rw_service(c->p->world, json_str(i->args, ".input.serviceId", NULL));

	if (!s)
		return refuse(error, "ServiceInstance not found");
	s->cpu_limit = json_num(i->args, ".input.vCPUs", s->cpu_limit);
	s->memory_limit = json_num(i->args, ".input.memoryGB", s->memory_limit);
	cure(c, s, "limits", again(c, s, &s->deploys[0], "deploy")->ready_ms);
	done(c, a, i->field, s, i->args);
	return yes(a);
}

static const json *variable(
        struct rr_ctx *c, struct arena *a, const struct gql_info *i, const char **error)
{
	struct rw_world *w = c->p->world;
	struct rw_service *s = rw_service(w, json_str(i->args, ".input.serviceId", NULL));
	const char *name = json_str(i->args, ".input.name", "");
	size_t k = 0;

	if (!s || !str_eq(json_str(i->args, ".input.projectId", ""), w->project_id))
		return refuse(error, "Project not found");
	while (k < s->nwritten && !str_eq(s->written[k].name, name))
		k++;
	if (k == RW_MAX_WRITTEN)
		return refuse(error, "Problem processing request");
	s->nwritten += k == s->nwritten;
	s->written[k] = (struct rw_written){.name = arena_strdup(w->a, name),
	        .value = arena_strdup(w->a, json_str(i->args, ".input.value", "")),
	        .ms = sb_now_ms(c->p->sb)};
	if (!json_bool(i->args, ".input.skipDeploys", false))
		cure(c, s, "variable", again(c, s, &s->deploys[0], "deploy")->ready_ms);
	done(c, a, i->field, s, i->args);
	return yes(a);
}

const json *rc_mutate(struct rr_ctx *c, struct arena *a, const struct gql_info *info,
        const char **error, const char **code)
{
	(void)code;
	if (str_starts(info->field, "deployment"))
		return on_deployment(c, a, info, error);
	if (str_eq(info->field, "environmentPatchCommit"))
		return patch(c, a, info, error);
	if (str_eq(info->field, "serviceInstanceLimitsUpdate"))
		return limits(c, a, info, error);
	return variable(c, a, info, error);
}
