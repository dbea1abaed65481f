/* railway_deploys.c - deployments, their steps, and names of variables. See include/railway.h. */
#include <stdlib.h>
#include <string.h>

#include "clients/railway_private.h"
#include "str.h"

static int newest_first(const void *x, const void *y)
{
	const struct railway_deployment *a = x, *b = y;

	return (a->created_ms < b->created_ms) - (a->created_ms > b->created_ms);
}

bool railway_deployments(struct railway *r, struct arena *a,
        const struct railway_deployments_request *q, const struct railway_deployment **out,
        size_t *n_out, struct err *e)
{
	struct railway_reply reply;
	json *vars = json_obj(a), *input = json_set_obj(vars, "input");
	struct railway_deployment *d;
	const json *edges;
	size_t n = 0;

	if (q->project_id)
		json_set_str(input, "projectId", q->project_id);
	json_set_str(input, "environmentId", q->environment_id);
	json_set_str(input, "serviceId", q->service_id);
	json_set_int(vars, "first", q->first == 0 ? 10 : q->first < 100 ? q->first : 100);
	if (!railway_call(r, a, "railway_deployments", vars, &reply, e))
		return false;
	edges = json_get(reply.data, ".deployments.edges");
	d = ARENA_ARRAY(a, json_len(edges) + 1, struct railway_deployment);
	json_each (it, edges) {
		railway_decode_deployment(a, json_get(it, ".node"), &d[n]);
		n += d[n].id != NULL;
	}
	if (n > 1)
		qsort(d, n, sizeof(*d), newest_first);
	*out = d;
	*n_out = n;
	return true;
}

bool railway_events(struct railway *r, struct arena *a, const char *deployment_id,
        const struct railway_event **out, size_t *n_out, struct err *e)
{
	struct railway_reply reply;
	json *vars = json_obj(a);
	struct railway_event *v;
	const json *edges;
	size_t n = 0;

	json_set_str(vars, "id", deployment_id);
	if (!railway_call(r, a, "railway_events", vars, &reply, e))
		return false;
	edges = json_get(reply.data, ".deploymentEvents.edges");
	v = ARENA_ARRAY(a, json_len(edges) + 1, struct railway_event);
	json_each (it, edges) {
		const json *node = json_get(it, ".node"), *p = json_get(node, ".payload");

		v[n++] = (struct railway_event){
		        .step = json_str(node, ".step", "UNKNOWN"),
		        .start_ms = railway_time(node, ".createdAt"),
		        .end_ms = railway_time(node, ".completedAt"),
		        .error = json_str(p, ".error", NULL),
		        .reason = json_str(p, ".reason", NULL),
		        .detail = json_str(p, ".detail", NULL),
		        .attempt = (int)json_int(p, ".attempt", 0),
		        .max_attempts = (int)json_int(p, ".maxAttempts", 0),
		};
	}
	*out = v;
	*n_out = n;
	return true;
}

static const char **decode_references(struct arena *a, const json *list)
{
	const char **to = ARENA_ARRAY(a, json_len(list) + 1, const char *);
	size_t n = 0;

	json_each (it, list)
		if (json_is_str(it))
			to[n++] = json_str(it, "", "");
	return to;
}

static struct railway_variable *add_variables(
        struct arena *a, const json *edges, struct railway_variable *v, size_t *n)
{
	struct railway_variable *to =
	        ARENA_ARRAY(a, *n + json_len(edges) + 1, struct railway_variable);

	if (*n > 0)
		memcpy(to, v, *n * sizeof(*v));
	json_each (it, edges) {
		const json *node = json_get(it, ".node");

		to[*n] = (struct railway_variable){
		        .name = json_str(node, ".name", NULL),
		        .service_id = json_str(node, ".serviceId", NULL),
		        .sealed = json_bool(node, ".isSealed", false),
		        .written_ms = railway_time(node, ".updatedAt"),
		        .references = decode_references(a, json_get(node, ".references")),
		};
		*n += to[*n].name != NULL;
	}
	return to;
}

bool railway_variables(struct railway *r, struct arena *a, const char *environment_id,
        const struct railway_variable **out, size_t *n_out, struct err *e)
{
	struct railway_variable *v = NULL;
	const char *after = NULL;
	size_t n = 0;

	for (int page = 0; page < RAILWAY_MAX_PAGES; page++) {
		struct railway_reply reply;
		json *vars = json_obj(a);
		const json *list;

		json_set_str(vars, "environmentId", environment_id);
		json_set_str(vars, "after", after);
		if (!railway_call(r, a, "railway_variables", vars, &reply, e))
			return false;
		list = json_get(reply.data, ".environment.variables");
		v = add_variables(a, json_get(list, ".edges"), v, &n);
		after = json_str(list, ".pageInfo.endCursor", NULL);
		if (!after || !json_bool(list, ".pageInfo.hasNextPage", false))
			break;
	}
	*out = v;
	*n_out = n;
	return true;
}
