/* railway_act.c - reading one service anew, and the mutations. See include/railway_act.h. */
#include "railway_act.h"

#include <math.h>
#include <string.h>

#include "clients/railway_private.h"
#include "str.h"

/* --- reading --- */

/* {"containers":{"cpu":2,"memoryBytes":2147483648}}, as in the configuration document; the scalar's
 * shape is not documented, so anything else is "unknown". */
static void decode_override(const json *j, struct railway_instance *out)
{
	double bytes = json_num(j, ".containers.memoryBytes", (double)NAN);

	out->cpu_override = json_num(j, ".containers.cpu", (double)NAN);
	out->memory_override_gb = bytes > 0 ? bytes / 1e9 : (double)NAN;
}

bool railway_instance(struct railway *r, struct arena *a, const char *environment_id,
        const char *service_id, struct railway_instance *out, struct err *e)
{
	json *vars = json_obj(a), *environment = json_obj(a), *edge;
	struct railway_collect c = {0};
	struct railway_reply reply;

	json_set_str(vars, "environmentId", environment_id);
	json_set_str(vars, "serviceId", service_id);
	if (!railway_call(r, a, "railway_instance", vars, &reply, e))
		return false;
	edge = json_add_obj(json_set_arr(json_set_obj(environment, "serviceInstances"), "edges"));
	json_set(edge, "node", json_get(reply.data, ".serviceInstance"));
	railway_decode_state(a, environment, &c);
	if (c.nservices != 1 || !str_eq(c.services[0].id, service_id))
		return err_set(e, ERR_NOT_FOUND, false,
		        "Railway has no such service in this environment any more");
	out->service = c.services[0];
	decode_override(json_get(reply.data, ".serviceInstanceLimitOverride"), out);
	return true;
}

bool railway_variable_written(struct railway *r, struct arena *a, const char *environment_id,
        const char *service_id, const char *name, int64_t *out_ms, struct err *e)
{
	const struct railway_variable *v;
	size_t n;

	*out_ms = 0;
	if (!railway_variables(r, a, environment_id, &v, &n, e))
		return false;
	for (size_t i = 0; i < n; i++)
		if (str_eq(v[i].name, name) && str_eq(v[i].service_id, service_id))
			*out_ms = v[i].written_ms;
	return true;
}

/* --- changing --- */

static bool unexpected(const char *what, struct err *e)
{
	err_set(e, ERR_PROTO, false, "Railway did not confirm the %s", what);
	if (e)
		e->ambiguous = true;
	return false;
}

static bool want_true(struct railway *r, struct arena *a, const char *document, const json *vars,
        const char *root, const char *what, struct err *e)
{
	struct railway_reply reply;

	if (!railway_mutate(r, a, document, vars, &reply, e))
		return false;
	return json_bool(reply.data, root, false) || unexpected(what, e);
}

static json *by_id(struct arena *a, const char *id)
{
	json *vars = json_obj(a);

	json_set_str(vars, "id", id);
	return vars;
}

bool railway_restart(struct railway *r, struct arena *a, const char *deployment_id, struct err *e)
{
	return want_true(r, a, "railway_restart", by_id(a, deployment_id), ".deploymentRestart",
	        "restart", e);
}

bool railway_rollback(struct railway *r, struct arena *a, const char *deployment_id, struct err *e)
{
	return want_true(r, a, "railway_rollback", by_id(a, deployment_id), ".deploymentRollback",
	        "rollback", e);
}

bool railway_redeploy(struct railway *r, struct arena *a, const char *deployment_id, struct err *e)
{
	struct railway_reply reply;

	if (!railway_mutate(r, a, "railway_redeploy", by_id(a, deployment_id), &reply, e))
		return false;
	return json_has(reply.data, ".deploymentRedeploy.id") || unexpected("redeployment", e);
}

bool railway_scale(struct railway *r, struct arena *a, const char *environment_id,
        const char *service_id, const char *region, int n, const char *why, struct err *e)
{
	json *vars = json_obj(a), *patch = json_set_obj(vars, "patch");
	json *service = json_set_obj(json_set_obj(patch, "services"), service_id);
	json *regions = json_set_obj(json_set_obj(service, "deploy"), "multiRegionConfig");
	struct railway_reply reply;

	json_set_int(json_set_obj(regions, region), "numReplicas", n);
	json_set_str(vars, "environmentId", environment_id);
	json_set_str(vars, "commitMessage", why);
	if (!railway_mutate(r, a, "railway_scale", vars, &reply, e))
		return false;
	return json_has(reply.data, ".environmentPatchCommit") || unexpected("change", e);
}

bool railway_limit(struct railway *r, struct arena *a, const char *environment_id,
        const char *service_id, double vcpus, double memory_gb, struct err *e)
{
	json *vars = json_obj(a), *input = json_set_obj(vars, "input");

	json_set_str(input, "environmentId", environment_id);
	json_set_str(input, "serviceId", service_id);
	if (!isnan(vcpus))
		json_set_num(input, "vCPUs", vcpus);
	if (!isnan(memory_gb))
		json_set_num(input, "memoryGB", memory_gb);
	return want_true(
	        r, a, "railway_limit", vars, ".serviceInstanceLimitsUpdate", "new limit", e);
}

bool railway_set_variable(
        struct railway *r, struct arena *a, const struct railway_variable_change *v, struct err *e)
{
	json *vars = json_obj(a), *input = json_set_obj(vars, "input");

	json_set_str(input, "projectId", v->project_id);
	json_set_str(input, "environmentId", v->environment_id);
	json_set_str(input, "serviceId", v->service_id);
	json_set_str(input, "name", v->name);
	json_set_str(input, "value", v->value);
	json_set_bool(input, "skipDeploys", false);
	return want_true(r, a, "railway_set_variable", vars, ".variableUpsert", "variable", e);
}
