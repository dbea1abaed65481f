/*
 * railway.h - Railway's public GraphQL API, typed. Reading only: what changes something is in
 * railway_act.h.
 *
 * A `struct railway` belongs to one worker thread (it uses that thread's struct http); what workers
 * share (pacing, request count) is in a `struct railway_shared`, safe from any thread. Results live
 * in the arena given to each call. Times are wall ms (UTC); "no value" is NAN for numbers, 0 for
 * times, NULL for text, never zero dressed up as a measurement. Text that comes from the project
 * (names, log lines, commit messages, paths) is foreign: redact before storing, escape when
 * showing.
 *
 * Rules of the wire (docs.railway.com, "Public API"; Railway's own CLI):
 *  - The URL always carries ?source=heal: without any query string the edge (Cloudflare) allows ten
 *    requests a second and then locks the caller out, long before Railway's own limits. The same
 *    edge refuses requests without a User-Agent.
 *  - Failures arrive as HTTP 200 with "errors". Roots are non-null: one failing root or alias
 * empties the whole answer, so calls that carry several drop the failing one and ask again
 * (bounded).
 *  - "Not Authorized" means a dead token or a missing right. The client asks who it is to tell.
 *
 * Errors of every call: ERR_AUTH (token dead), ERR_FORBIDDEN (right missing, or the edge refuses),
 * ERR_NOT_FOUND, ERR_LIMITED (retry_ms from Retry-After, X-RateLimit-Reset, the text, else 60 s),
 * ERR_STATUS (retryable: 5xx, "Problem processing request"), ERR_INPUT (Railway rejects the
 * document: schema drift, names the field), ERR_PROTO, and those of http_do(). Never retries a
 * failed request. A trace id, when Railway gives one, is in the message.
 */
#ifndef HEAL_RAILWAY_H
#define HEAL_RAILWAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "err.h"

struct http;
struct railway;
struct railway_shared;

enum railway_token {
	RAILWAY_TOKEN_BEARER, /* RAILWAY_API_TOKEN: account or workspace; Authorization: Bearer */
	RAILWAY_TOKEN_PROJECT /* RAILWAY_TOKEN: one environment; Project-Access-Token */
};

struct railway_config {
	const char *api_url; /* NULL = https://backboard.railway.com/graphql/v2 */
	const char *token;   /* never logged, never in an error */
	enum railway_token token_kind;
	uint32_t timeout_ms; /* whole request; 0 = 60,000 */
	uint32_t max_points; /* metric points one request may return; 0 = 30,000 (more has been seen
	                        to fail as "Problem processing request") */
};

/* Shared by all workers. `requests_per_second` <= 0 = 5 (the Hobby plan allows 10). */
struct railway_shared *railway_shared_new(double requests_per_second);
void railway_shared_free(struct railway_shared *s);
/* Requests sent since the start, by everybody. */
uint64_t railway_requests(const struct railway_shared *s);

/* `c` is copied. `h` and `s` outlive the result. */
struct railway *railway_new(
        struct http *h, const struct railway_config *c, struct railway_shared *s);
void railway_free(struct railway *r);
/* Requests sent by this object. */
uint64_t railway_sent(const struct railway *r);

/* --- who and where --- */

struct railway_identity {
	enum railway_token kind;
	const char *name;         /* of the project token, or of the first workspace */
	const char *workspace_id; /* NULL = unknown */
	const char *project_id;   /* project tokens only, like the next three */
	const char *project_name;
	const char *environment_id;
	const char *environment_name;
	size_t workspaces; /* a Bearer token reaches this many */
};

/* Checks the token. A refused token is ERR_AUTH with the remedy (which token, where to make one).
 */
bool railway_whoami(
        struct railway *r, struct arena *a, struct railway_identity *out, struct err *e);

struct railway_place {
	const char *project_id, *project_name;
	const char *environment_id, *environment_name;
};

/* Finds project and environment by name (ASCII case-insensitive) or id. With a project token both
 * may be NULL, and a name that contradicts the token is ERR_CONFIG. With a Bearer token `project`
 * is required; environment NULL = the project's only or primary one, else "production". Not found:
 * ERR_CONFIG that lists the names there are. */
bool railway_resolve(struct railway *r, struct arena *a, const char *project,
        const char *environment, struct railway_place *out, struct err *e);

/* --- the scan: one request for all services --- */

enum railway_kind { /* Railway has no flag for databases: by image, as its own CLI does */
	RAILWAY_SERVICE,
	RAILWAY_CRON,
	RAILWAY_DATABASE,
	RAILWAY_FUNCTION
};
const char *railway_kind_name(enum railway_kind k); /* "service" "cron" "database" "function" */

enum railway_status { /* of a deployment */
	RAILWAY_UNKNOWN,
	RAILWAY_BUILDING,
	RAILWAY_CRASHED,
	RAILWAY_DEPLOYING,
	RAILWAY_FAILED,
	RAILWAY_INITIALIZING,
	RAILWAY_NEEDS_APPROVAL,
	RAILWAY_QUEUED,
	RAILWAY_REMOVED,
	RAILWAY_REMOVING,
	RAILWAY_SKIPPED,
	RAILWAY_SLEEPING,
	RAILWAY_SUCCESS,
	RAILWAY_WAITING
};
const char *railway_status_name(enum railway_status s); /* "SUCCESS" …; "UNKNOWN" */
bool railway_status_rolling(enum railway_status s); /* on its way: queued, building, deploying … */

struct railway_deployment {
	const char *id; /* NULL = there is none */
	enum railway_status status;
	int64_t created_ms, changed_ms; /* changed = last change of the status */
	bool stopped;                   /* with SUCCESS: ran to its end (jobs) */
	bool can_rollback, can_redeploy;
	const char *commit, *message,
	        *author;           /* from the deployment's meta; NULL = no repository */
	const char *repo, *branch; /* "owner/name" */
	const char *reason;        /* "deploy" "redeploy" "rollback" …; NULL */
};

struct railway_region {
	const char *name;
	int replicas;
};

struct railway_volume {
	const char *id, *name, *service_id; /* service_id NULL = not attached */
	const char *mount_path, *state, *region;
	double used_mb, size_mb;
};

struct railway_point {
	int64_t ts_ms;
	double value;
};
struct railway_series { /* oldest first, gaps stay gaps; n = 0 is "no data", not zero */
	const struct railway_point *points;
	size_t n;
};

/* CPU in vCPU, memory, disk and network in GB. CPU and memory are summed over replicas. Whether the
 * limits are per replica or summed is not documented: when the usage of a service with k running
 * replicas exceeds its "limit" beyond 5 %, it is taken as per replica and multiplied by k
 * (limit_scaled says so). Network counts public traffic only. */
struct railway_usage {
	struct railway_series cpu, memory, disk;       /* every step_ms */
	struct railway_series cpu_limit, memory_limit; /* every slow_step_ms */
	struct railway_series network_rx, network_tx;  /* every slow_step_ms, amount per point */
	bool limit_scaled;
};

struct railway_service {
	const char *id, *name; /* service id: what metrics, logs and links use */
	const char *instance_id;
	enum railway_kind kind;
	const char *image;
	const char *repo, *branch; /* "owner/name"; NULL when deployed from an image */
	const char *root_directory, *cron, *start_command, *healthcheck_path;
	int64_t next_cron_ms;
	const char *restart_policy; /* "ON_FAILURE" "ALWAYS" "NEVER" */
	int restart_retries;
	bool sleep_enabled, sleeping; /* may sleep / does sleep now */
	const char **domains;         /* public ones, NULL-terminated */
	size_t ndomains;              /* 0: there are no HTTP metrics */
	const struct railway_region *regions;
	size_t nregions;
	int replicas_wanted; /* -1 = unknown */
	int running, crashed, restarting,
	        exited;                      /* instances of the newest and serving deployments */
	struct railway_deployment latest;    /* judge the rollout on this */
	struct railway_deployment active;    /* and the health on this: the one that serves */
	const struct railway_volume *volume; /* NULL = none */
	struct railway_usage usage;
};

struct railway_incident { /* Railway's own status page */
	const char *id, *status, *message, *url;
};

struct railway_scan_request {
	const char *project_id; /* may be NULL */
	const char *environment_id;
	int64_t start_ms, end_ms;
	int64_t step_ms;      /* 0 = railway_step() */
	size_t services_hint; /* 0 = as many as the last scan saw */
	bool no_platform;     /* leave out Railway's status */
};

struct railway_scan {
	const char *environment_id, *environment_name;
	const struct railway_service *services; /* by name; deleted ones are left out */
	size_t nservices;
	const struct railway_volume *volumes;
	size_t nvolumes;
	int64_t start_ms, end_ms, step_ms, slow_step_ms;
	/* Points at or after this time may still grow: judge on those before. It is the newest
	 * bucket of the answer, at most end_ms rounded down to a step. */
	int64_t complete_until_ms;
	bool usage_blind; /* no resource metrics this time: usage_err says why. Services are there.
	                   */
	struct err usage_err;
	bool platform_known, platform_stable;
	struct railway_incident platform; /* id NULL = none */
	unsigned requests;                /* it took */
	size_t foreign_series;            /* of services that are not there (deleted): ignored */
};

/* One request for up to 500 services (one more per further 500): state, volumes, metrics, platform.
 * When one part fails it is asked again by itself, then left out; only without the state does the
 * call fail. A restricted environment is ERR_FORBIDDEN. */
bool railway_scan(struct railway *r, struct arena *a, const struct railway_scan_request *q,
        struct railway_scan *out, struct err *e);

/* The finest step (1 min … 4 h) that keeps a scan of n services within max_points of the config;
 * n = 0: as many as the last scan saw, 100 before the first. */
int64_t railway_step(const struct railway *r, size_t services, int64_t window_ms);

/* --- HTTP metrics: one request for ten services --- */

struct railway_status_count { /* one bucket */
	int64_t ts_ms;
	double requests, s4xx, s5xx;
};
struct railway_latency { /* ms */
	int64_t ts_ms;
	double p50, p90, p95, p99;
};

struct railway_http {
	const char *service_id;
	bool counts_known, latency_known; /* false = blind for it; `blind` says why. No traffic is
	                                     known and empty: n = 0. */
	struct err blind;
	const struct railway_status_count *counts; /* oldest first, every step */
	size_t ncounts;
	const struct railway_latency *latency; /* every step */
	size_t nlatency;
	/* Of the complete part of the window: */
	double requests, s2xx, s3xx, s4xx, s5xx;
	struct {
		int status;
		double count;
	} top[8];                      /* most frequent status codes; count 0 ends the list */
	struct railway_latency window; /* NAN without traffic */
	bool window_estimated;         /* from the buckets, see railway_http() */
};

struct railway_http_request {
	const char *environment_id;
	const char *const *service_ids; /* those with a domain */
	size_t n;
	int64_t start_ms, end_ms, step_ms; /* step > 0; at most 1,000 steps */
	/* True: `window` is exact (Railway's own percentiles over the window) and `latency` is
	 * empty. False: `latency` has a series, and `window` is estimated. Two aliases per service
	 * either way: percentiles with a step and without one are different questions, and three
	 * aliases would not fit ten services into what the API takes. */
	bool exact_window;
};

/* ceil(n / 10) requests, two aliases for each service. out[i] belongs to service_ids[i].
 *
 * When an alias fails the batch is asked again without the one that is named, or in halves when
 * none is, so that one broken service does not blind the others; at most 8 more requests per batch
 * and none after a rate limit (the rest is then blind with ERR_LIMITED). False only when no service
 * could be read.
 *
 * The estimate: each bucket's distribution is drawn through (0, p50, p90, p95, p99), weighted with
 * its requests; the percentile of the mixture is found by bisection. It always lies between the
 * lowest and the highest bucket. Averaging the buckets' percentiles would be wrong. */
bool railway_http(struct railway *r, struct arena *a, const struct railway_http_request *q,
        struct railway_http *out, unsigned *requests_out, struct err *e);

/* Usage and HTTP of one service side by side on the grid of `step_ms`, oldest first, only complete
 * buckets. A missing value is NAN. Where counts are known, a bucket without samples has 0 requests
 * (Railway sends nothing when there is no traffic) and NAN latency. Limits are those in force (last
 * one known) at the bucket. `h` may be NULL. */
struct railway_sample {
	int64_t ts_ms;
	double cpu, cpu_limit, mem_gb, mem_limit_gb, disk_gb, disk_limit_gb;
	double requests, errors_4xx, errors_5xx, p50_ms, p95_ms, p99_ms;
	bool deploy; /* the serving deployment was created in this bucket */
};
const struct railway_sample *railway_samples(struct arena *a, const struct railway_scan *scan,
        const struct railway_service *s, const struct railway_http *h, size_t *n_out);

/* --- the expensive look --- */

struct railway_deployments_request {
	const char *project_id, *environment_id, *service_id;
	unsigned first; /* 0 = 10, at most 100 */
};
/* Newest first (Railway does not promise an order). */
bool railway_deployments(struct railway *r, struct arena *a,
        const struct railway_deployments_request *q, const struct railway_deployment **out,
        size_t *n_out, struct err *e);

struct railway_event { /* a step of a deployment: BUILD_IMAGE, HEALTHCHECK … */
	const char *step;
	int64_t start_ms, end_ms; /* end 0 = not ended */
	const char *error, *reason, *detail;
	int attempt, max_attempts; /* 0 = unknown */
};
bool railway_events(struct railway *r, struct arena *a, const char *deployment_id,
        const struct railway_event **out, size_t *n_out, struct err *e);

struct railway_attr {
	const char *key, *value; /* value without JSON quotes */
};
struct railway_log {
	int64_t ts_ms, ts_ns;
	const char
	        *severity;   /* debug info warn error; "" = unknown. stderr is "error" to Railway */
	const char *message; /* cut at 16 KiB; may hold ANSI codes and anything else */
	const char *service_id, *deployment_id, *instance_id; /* NULL = not said */
	const struct railway_attr *attrs; /* of a structured line, without level */
	size_t nattrs;
};
struct railway_http_log { /* client address and agent are personal data: not even asked for */
	int64_t ts_ms, ts_ns;
	const char *request_id, *method, *host, *path;
	int status;
	double total_ms, upstream_ms, tx_bytes, rx_bytes; /* NAN = not said */
	const char *upstream_errors, *response_details, *edge_region;
	const char *deployment_id, *instance_id;
};

struct railway_logs_request {
	const char *id;         /* deployment; environment for railway_env_logs */
	int64_t from_ms, to_ms; /* (from, to]; 0 = open */
	unsigned limit;         /* newest rows kept; 0 = 500, at most 5,000 */
	const char *filter;     /* Railway's syntax, e.g. "@level:error"; NULL = all. Build it from
	                           untrusted text only through railway_phrase(). */
};
struct railway_logs {
	const struct railway_log *rows; /* oldest first, duplicates dropped */
	size_t n;
	bool truncated; /* there may be older ones: ask again with to_ms = rows[0].ts_ms */
};
struct railway_http_logs {
	const struct railway_http_log *rows;
	size_t n;
	bool truncated;
};

bool railway_deploy_logs(struct railway *r, struct arena *a, const struct railway_logs_request *q,
        struct railway_logs *out, struct err *e);
bool railway_build_logs(struct railway *r, struct arena *a, const struct railway_logs_request *q,
        struct railway_logs *out, struct err *e);
bool railway_env_logs(struct railway *r, struct arena *a, const struct railway_logs_request *q,
        struct railway_logs *out, struct err *e);
/* Both ends of the window are required (Railway takes an anchor and ignores open windows). */
bool railway_http_logs(struct railway *r, struct arena *a, const struct railway_logs_request *q,
        struct railway_http_logs *out, struct err *e);

/* "text" as a quoted phrase of a filter; quotes and backslashes are left out. */
const char *railway_phrase(struct arena *a, const char *text);

/* Names only. There is no call that reads a value, on purpose. */
struct railway_variable {
	const char *name, *service_id; /* service_id NULL = shared */
	bool sealed;
	int64_t written_ms;      /* when it was last written; 0 = not said */
	const char **references; /* as Railway gives them, NULL-terminated: who depends on whom */
};
bool railway_variables(struct railway *r, struct arena *a, const char *environment_id,
        const struct railway_variable **out, size_t *n_out, struct err *e);

#endif
