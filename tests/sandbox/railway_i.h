/*
 * railway_i.h - the simulated Railway: its world and what is asked of it.
 *
 * A world is read from railway_world.json (or made up, for size): services with a normal and a sick
 * behaviour. Every number is a pure function of service and time, so that two scans of one window
 * see the same history. How long ago something changed is stretched by the sandbox's time factor:
 * with factor 60, thirty seconds after a repair the metrics show half an hour of health.
 *
 *   rw_*   railway_world.c: services, deployments, breaking and repairing
 *   rm_*   railway_metrics.c: resource and HTTP metrics
 *   rl_*   railway_logs.c: log lines
 *   ro_*   railway_objects.c: services, deployments, volumes as JSON
 *   rc_*   railway_change.c: mutations
 *   rr_*   railway_resolve.c: GraphQL fields
 */
#ifndef SANDBOX_RAILWAY_I_H
#define SANDBOX_RAILWAY_I_H

#include "graphql.h"
#include "sandbox.h"

enum { RW_MAX_TOKENS = 16, RW_MAX_GAPS = 16, RW_MAX_DEPLOYS = 200, RW_MAX_WRITTEN = 8 };

struct rw_deploy {
	const char *id, *commit, *message, *author, *status, *reason; /* status: of a failed one */
	int64_t created_ms, ready_ms;   /* ready: when it began to serve */
	bool sick, stopped, restarting; /* restarting: its container dies again and again */
};

struct rw_written { /* a variable that somebody changed */
	const char *name, *value;
	int64_t ms;
};

struct rw_service {
	const char *id, *name, *image, *repo, *branch, *cron;
	const json *def; /* its part of the world */
	int replicas;
	bool has_domain;
	int64_t sick_ms, fixed_ms; /* real times; 0 = never */
	struct rw_deploy *deploys; /* newest first */
	size_t ndeploys;
	uint64_t seed;
	double cpu_limit, memory_limit; /* set by a mutation; 0 = as defined */
	struct rw_written written[RW_MAX_WRITTEN];
	size_t nwritten;
};

struct rw_token {
	const char *token, *kind; /* account workspace project */
	bool revoked;
};

struct rw_gap {
	const char *service; /* NULL = all */
	int64_t from_ms, to_ms;
};

struct rw_world {
	struct arena *a;
	const json *def;
	const char *project_id, *project, *workspace_id, *workspace;
	struct {
		const char *id, *name;
		bool can_access;
	} env[4];
	size_t nenv;
	struct rw_service *services;
	size_t nservices;
	struct rw_token tokens[RW_MAX_TOKENS];
	size_t ntokens;
	struct rw_gap gaps[RW_MAX_GAPS];
	size_t ngaps;
	int64_t start_ms;
	bool unstable; /* platform status */
};

struct rw_commit { /* told by the git peer; a new world knows it too */
	const char *repo, *message, *commit;
	struct rw_commit *next;
};

struct railway_peer {
	struct sb *sb;
	struct rw_world *world;
	struct gql_schema *schema;
	struct arena *a; /* of the schema, and of what outlives a world */
	struct rw_commit *commits;
	/* limits */
	double per_second, per_hour;
	double used_second, used_hour, used_bare;
	int64_t second_ms, hour_ms, bare_ms;
	uint64_t queries;
	bool cut; /* the answer of this request gets lost */
};

/* World. `services` > 0: that many healthy ones, the first `domains` with a domain. */
/* `told`: services instead of those of the story (copied); NULL = the story, or `services` made up.
 */
struct rw_world *rw_new(struct sb *sb, size_t services, size_t domains, const json *told);
void rw_free(struct rw_world *w);
const char *rw_uuid(struct arena *a, const char *of); /* stable */
uint64_t rw_hash(uint64_t seed, uint64_t x);
double rw_unit(uint64_t seed, uint64_t x); /* [0, 1) */
struct rw_service *rw_service(struct rw_world *w, const char *id_or_name);
struct rw_deploy *rw_deploy(struct rw_world *w, const char *id, struct rw_service **of);
/* Sick at ts, seen from now? */
bool rw_sick(struct sb *sb, const struct rw_service *s, int64_t ts_ms, int64_t *since_ms);
bool rw_gap(const struct rw_world *w, const struct rw_service *s, int64_t ts_ms);
const char *rw_status(const struct rw_service *s, const struct rw_deploy *d, int64_t now_ms);
const struct rw_deploy *rw_active(const struct rw_service *s, int64_t now_ms);
void rw_set_commit(struct rw_world *w, const struct rw_commit *c);
/* A new deployment that serves after `build_ms`. */
struct rw_deploy *rw_add_deploy(
        struct rw_world *w, struct rw_service *s, const struct rw_deploy *d);
void rw_break(struct rw_world *w, struct rw_service *s, int64_t now_ms);
void rw_fix(struct rw_world *w, struct rw_service *s, int64_t when_ms);

/* Metrics. Values at the bucket that begins at ts; false = no data. */
bool rm_value(struct railway_peer *p, const struct rw_service *s, const char *measurement,
        int64_t ts_ms, double *out);
struct rm_http {
	double requests, e4, e5, p50, p90, p95, p99;
};
bool rm_http(struct railway_peer *p, const struct rw_service *s, int64_t ts_ms, int64_t step_ms,
        struct rm_http *out);
const json *rm_metrics(
        struct railway_peer *p, struct arena *a, const json *args, const char **error);
const json *rm_by_status(struct railway_peer *p, struct arena *a, const json *args);
const json *rm_durations(struct railway_peer *p, struct arena *a, const json *args);

/* Logs. */
const json *rl_runtime(struct railway_peer *p, struct arena *a, const json *args, bool environment,
        const char **error);
const json *rl_build(struct railway_peer *p, struct arena *a, const json *args, const char **error);
const json *rl_http(struct railway_peer *p, struct arena *a, const json *args, const char **error);
bool rl_match(const char *filter, const char *message, const json *keys);

/* GraphQL. `token` is who asks. */
struct rr_ctx {
	struct railway_peer *p;
	const struct rw_token *token; /* NULL = nobody */
	bool project_header;          /* came as Project-Access-Token */
};
/* Objects, with every field that the schema may be asked for. */
void ro_date(struct arena *a, json *o, const char *key, int64_t ms);
json *ro_deployment(const struct rr_ctx *c, struct arena *a, const struct rw_service *s,
        const struct rw_deploy *d);
void ro_add_service(
        const struct rr_ctx *c, struct arena *a, const struct rw_service *s, json *list);
void ro_add_volume(struct arena *a, const struct rw_service *s, json *list);
void ro_add_variables(struct arena *a, const struct rw_service *s, json *list);

/* A field of type Mutation. */
const json *rc_mutate(struct rr_ctx *c, struct arena *a, const struct gql_info *info,
        const char **error, const char **code);

const json *rr_resolve(void *ctx, struct arena *a, const struct gql_info *info, const char **error,
        const char **code);

#endif
