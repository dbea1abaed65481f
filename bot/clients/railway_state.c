/* railway_state.c - services, deployments and volumes out of a scan's answer. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "clients/railway_private.h"
#include "str.h"

/* --- deployments --- */

void railway_decode_deployment(struct arena *a, const json *j, struct railway_deployment *out)
{
	const json *meta = json_get(j, ".meta");

	(void)a;
	memset(out, 0, sizeof(*out));
	out->id = json_str(j, ".id", NULL);
	if (!out->id)
		return;
	out->status = railway_status_parse(json_str(j, ".status", NULL));
	out->created_ms = railway_time(j, ".createdAt");
	out->changed_ms = railway_time(j, ".statusUpdatedAt");
	if (out->changed_ms == 0)
		out->changed_ms = out->created_ms;
	out->stopped = json_bool(j, ".deploymentStopped", false);
	out->can_rollback = json_bool(j, ".canRollback", false);
	out->can_redeploy = json_bool(j, ".canRedeploy", false);
	out->commit = json_str(meta, ".commitHash", NULL);
	out->message = json_str(meta, ".commitMessage", NULL);
	out->author = json_str(meta, ".commitAuthor", NULL);
	out->repo = json_str(meta, ".repo", NULL);
	out->branch = json_str(meta, ".branch", NULL);
	out->reason = json_str(meta, ".reason", NULL);
}

static void count_instances(const json *deployment, struct railway_service *s)
{
	json_each (it, json_get(deployment, ".instances")) {
		const char *word = json_str(it, ".status", "");

		s->running += str_eq(word, "RUNNING");
		s->crashed += str_eq(word, "CRASHED");
		s->restarting += str_eq(word, "RESTARTING");
		s->exited += str_eq(word, "EXITED");
	}
}

/* Health is judged on what serves, the newest of the active ones; a deployment that is both newest
 * and active is counted once. */
static void decode_deployments(struct arena *a, const json *node, struct railway_service *s)
{
	const json *latest = json_get(node, ".latestDeployment");
	struct railway_deployment d;

	railway_decode_deployment(a, latest, &s->latest);
	count_instances(latest, s);
	json_each (it, json_get(node, ".activeDeployments")) {
		railway_decode_deployment(a, it, &d);
		if (!d.id)
			continue;
		if (!s->active.id || d.created_ms > s->active.created_ms)
			s->active = d;
		if (!str_eq(d.id, s->latest.id))
			count_instances(it, s);
	}
	if (!s->active.id &&
	        (s->latest.status == RAILWAY_SUCCESS || s->latest.status == RAILWAY_SLEEPING))
		s->active = s->latest;
	s->sleeping = s->latest.status == RAILWAY_SLEEPING || s->active.status == RAILWAY_SLEEPING;
}

/* --- what a service is --- */

/* The order and the images are those of Railway's own CLI: there is no flag for databases. */
static enum railway_kind kind_of(const char *cron, const char *image)
{
	static const char *const databases[] = {"postgres", "postgis", "timescale", "redis",
	        "valkey", "mongo", "mysql", "mariadb", "memcached"};

	if (cron)
		return RAILWAY_CRON;
	for (size_t i = 0; image && i < sizeof(databases) / sizeof(databases[0]); i++)
		if (strcasestr(image, databases[i]))
			return RAILWAY_DATABASE;
	if (image && str_starts(image, "ghcr.io/railwayapp/function"))
		return RAILWAY_FUNCTION;
	return RAILWAY_SERVICE;
}

static size_t add_domains(const json *list, const char **to)
{
	size_t n = 0;

	json_each (it, list) {
		const char *name = json_str(it, ".domain", NULL);

		if (name && *name && !json_has(it, ".deletedAt"))
			to[n++] = name;
	}
	return n;
}

static void decode_domains(struct arena *a, const json *node, struct railway_service *s)
{
	const json *custom = json_get(node, ".domains.customDomains");
	const json *own = json_get(node, ".domains.serviceDomains");

	s->domains = ARENA_ARRAY(a, json_len(custom) + json_len(own) + 1, const char *);
	s->ndomains = add_domains(custom, s->domains);
	s->ndomains += add_domains(own, s->domains + s->ndomains);
}

static int replicas(int64_t k)
{
	return k >= 0 && k < 1000 ? (int)k : -1; /* Railway allows 50 */
}

/* `region` and `numReplicas` of the instance are legacy mirrors; the truth is the map in the
 * manifest of the deployment. */
static void decode_regions(struct arena *a, const json *node, struct railway_service *s)
{
	const json *deploy = json_get(node, ".latestDeployment.meta.serviceManifest.deploy");
	const json *map = json_get(deploy, ".multiRegionConfig");
	struct railway_region *r = ARENA_ARRAY(a, json_len(map) + 1, struct railway_region);
	size_t n = 0;

	s->replicas_wanted = -1;
	if (json_is_obj(map)) {
		json_each (it, map) {
			if (!json_is_obj(it))
				continue; /* null: no longer there */
			r[n].name = json_key(it);
			r[n].replicas = replicas(json_int(it, ".numReplicas", 1));
			n++;
		}
	}
	if (n == 0) {
		const char *name = json_str(deploy, ".region", json_str(node, ".region", NULL));
		int64_t k = json_int(deploy, ".numReplicas", json_int(node, ".numReplicas", -1));

		s->replicas_wanted = replicas(k);
		if (name)
			r[n++] = (struct railway_region){name, s->replicas_wanted};
	} else {
		s->replicas_wanted = 0;
		for (size_t i = 0; i < n; i++)
			s->replicas_wanted += r[i].replicas > 0 ? r[i].replicas : 0;
	}
	s->regions = r;
	s->nregions = n;
}

static bool decode_service(struct arena *a, const json *node, struct railway_service *s)
{
	memset(s, 0, sizeof(*s));
	s->id = json_str(node, ".serviceId", NULL);
	s->name = str_or(json_str(node, ".serviceName", NULL), s->id);
	if (!s->id || json_has(node, ".deletedAt"))
		return false;
	s->instance_id = json_str(node, ".id", NULL);
	s->image = json_str(node, ".source.image", NULL);
	s->root_directory = json_str(node, ".rootDirectory", NULL);
	s->cron = json_str(node, ".cronSchedule", NULL);
	if (s->cron && !*s->cron)
		s->cron = NULL;
	s->kind = kind_of(s->cron, s->image);
	s->start_command = json_str(node, ".startCommand", NULL);
	s->healthcheck_path = json_str(node, ".healthcheckPath", NULL);
	s->next_cron_ms = railway_time(node, ".nextCronRunAt");
	s->restart_policy = json_str(node, ".restartPolicyType", NULL);
	s->restart_retries = (int)json_int(node, ".restartPolicyMaxRetries", 0);
	s->sleep_enabled = json_bool(node, ".sleepApplication", false);
	decode_domains(a, node, s);
	decode_regions(a, node, s);
	decode_deployments(a, node, s);
	s->repo = json_str(node, ".source.repo", s->active.id ? s->active.repo : s->latest.repo);
	s->branch = s->active.branch ? s->active.branch : s->latest.branch;
	return true;
}

static bool decode_volume(const json *node, struct railway_volume *v)
{
	*v = (struct railway_volume){
	        .id = json_str(node, ".id", NULL),
	        .name = json_str(node, ".volume.name", ""),
	        .service_id = json_str(node, ".serviceId", NULL),
	        .mount_path = json_str(node, ".mountPath", ""),
	        .state = json_str(node, ".state", NULL),
	        .region = json_str(node, ".region", NULL),
	        .used_mb = json_num(node, ".currentSizeMB", NAN),
	        .size_mb = json_num(node, ".sizeMB", NAN),
	};
	return v->id && !json_has(node, ".deletedAt") && !str_eq(v->state, "DELETED");
}

/* --- pages --- */

static void *grow(struct arena *a, void *old, size_t n, size_t more, size_t *cap, size_t size)
{
	char *to;

	if (n + more <= *cap)
		return old;
	*cap = (n + more) * 2;
	to = arena_array(a, *cap, size);
	if (n > 0)
		memcpy(to, old, n * size);
	return to;
}

void railway_decode_state(struct arena *a, const json *environment, struct railway_collect *c)
{
	const json *services = json_get(environment, ".serviceInstances.edges");
	const json *volumes = json_get(environment, ".volumeInstances.edges");

	c->services = grow(a, c->services, c->nservices, json_len(services), &c->cap_services,
	        sizeof(*c->services));
	json_each (it, services)
		c->nservices +=
		        decode_service(a, json_get(it, ".node"), &c->services[c->nservices]);
	c->volumes = grow(a, c->volumes, c->nvolumes, json_len(volumes), &c->cap_volumes,
	        sizeof(*c->volumes));
	json_each (it, volumes)
		c->nvolumes += decode_volume(json_get(it, ".node"), &c->volumes[c->nvolumes]);
}

static int by_name(const void *x, const void *y)
{
	const struct railway_service *a = x, *b = y;
	int d = strcasecmp(a->name, b->name);

	return d ? d : strcmp(a->id, b->id);
}

/* The same service on two pages (something was added while paging) counts once. */
static size_t drop_twins(struct railway_service *s, size_t n)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++)
		if (kept == 0 || !str_eq(s[kept - 1].id, s[i].id))
			s[kept++] = s[i];
	return kept;
}

static struct railway_service *find_id(struct railway_service *s, size_t n, const char *id)
{
	for (size_t i = 0; id && i < n; i++)
		if (strcmp(s[i].id, id) == 0)
			return &s[i];
	return NULL;
}

void railway_finish_state(struct arena *a, struct railway_collect *c, struct railway_scan *out)
{
	(void)a;
	if (c->nservices > 1)
		qsort(c->services, c->nservices, sizeof(*c->services), by_name);
	c->nservices = drop_twins(c->services, c->nservices);
	for (size_t i = 0; i < c->nvolumes; i++) {
		struct railway_service *s =
		        find_id(c->services, c->nservices, c->volumes[i].service_id);

		if (s && !s->volume)
			s->volume = &c->volumes[i];
	}
	out->services = c->services;
	out->nservices = c->nservices;
	out->volumes = c->volumes;
	out->nvolumes = c->nvolumes;
}
