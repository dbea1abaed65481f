/* railway_objects.c - services, deployments and volumes as Railway shows them. See railway_i.h. */
#include <string.h>

#include "clock.h"
#include "railway_i.h"

void ro_date(struct arena *a, json *o, const char *key, int64_t ms)
{
	json_set_str(o, key, ms ? clock_rfc3339(a, ms) : NULL);
}

static const char *instance_status(const struct rw_deploy *d, const char *status)
{
	if (str_eq(status, "CRASHED"))
		return "CRASHED";
	if (str_eq(status, "DEPLOYING"))
		return "INITIALIZING";
	if (!str_eq(status, "SUCCESS"))
		return NULL; /* there are none */
	return d->restarting ? "RESTARTING" : d->stopped ? "EXITED" : "RUNNING";
}

static void add_instances(const struct rr_ctx *c, struct arena *a, const struct rw_service *s,
        const struct rw_deploy *d, json *o)
{
	json *list = json_set_arr(o, "instances");
	const char *status = instance_status(d, rw_status(s, d, sb_now_ms(c->p->sb)));

	for (int i = 0; i < s->replicas && status; i++) {
		json *x = json_add_obj(list);

		json_set_str(x, "id", rw_uuid(a, arena_printf(a, "%s %d", d->id, i)));
		json_set_str(x, "status", status);
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

json *ro_deployment(const struct rr_ctx *c, struct arena *a, const struct rw_service *s,
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
	ro_date(a, o, "createdAt", d->created_ms);
	ro_date(a, o, "statusUpdatedAt", d->ready_ms < now ? d->ready_ms : d->created_ms);
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

void ro_add_service(const struct rr_ctx *c, struct arena *a, const struct rw_service *s, json *list)
{
	int64_t now = sb_now_ms(c->p->sb), quarter = 15 * 60000;
	const struct rw_deploy *active = rw_active(s, now);
	json *o = json_add_obj(list), *serving;

	json_set_str(o, "id", rw_uuid(a, arena_printf(a, "instance %s", s->id)));
	json_set_str(o, "serviceId", s->id);
	json_set_str(o, "serviceName", s->name);
	json_set_str(o, "environmentId", c->p->world->env[0].id);
	json_set_null(o, "deletedAt");
	ro_date(a, o, "nextCronRunAt",
	        !s->cron                                   ? 0
	        : json_bool(s->def, ".cron_missed", false) ? now - 4 * quarter
	                                                   : (now / quarter + 1) * quarter);
	add_source(s, o);
	add_domains(a, s, o);
	json_set(
	        o, "latestDeployment", s->ndeploys ? ro_deployment(c, a, s, &s->deploys[0]) : NULL);
	serving = json_set_arr(o, "activeDeployments");
	if (active)
		json_add(serving, ro_deployment(c, a, s, active));
}

void ro_add_volume(struct arena *a, const struct rw_service *s, json *list)
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

static void add_written(struct arena *a, const struct rw_service *s, json *list)
{
	for (size_t i = 0; i < s->nwritten; i++) {
		json *o = json_add_obj(list);

		json_set_str(o, "id", rw_uuid(a, s->written[i].name));
		json_set_str(o, "name", s->written[i].name);
		json_set_str(o, "serviceId", s->id);
		json_set_bool(o, "isSealed", false);
		json_set_arr(o, "references");
		ro_date(a, o, "updatedAt", s->written[i].ms);
	}
}

void ro_add_variables(struct arena *a, const struct rw_service *s, json *list)
{
	add_written(a, s, list);
	json_each (it, json_get(s->def, ".variables")) {
		const char *name = json_str(it, "", "");
		const char *ref = json_str(s->def, arena_printf(a, ".references.%s", name), NULL);
		json *o = json_add_obj(list), *refs;

		json_set_str(o, "id", rw_uuid(a, arena_printf(a, "%s %s", s->id, name)));
		json_set_str(o, "name", name);
		json_set_str(o, "serviceId", s->id);
		json_set_bool(o, "isSealed", strstr(name, "SECRET") != NULL);
		ro_date(a, o, "updatedAt", s->deploys[s->ndeploys - 1].created_ms);
		refs = json_set_arr(o, "references");
		if (ref)
			json_add_str(refs, ref);
	}
}
