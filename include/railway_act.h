/*
 * railway_act.h - what changes something at Railway: the only calls of this program that do.
 *
 * Each is one mutation, sent once. Nothing here retries: when the answer is lost (e->ambiguous) the
 * caller finds out by reading (railway_instance) whether it was done, and never repeats blindly,
 * because Railway knows no idempotency key. A mutation that answers anything but what its schema
 * promises is ERR_PROTO and ambiguous as well.
 *
 * Facts (docs.railway.com, "Public API"; Railway's own CLI): restart and roll back answer a bare
 * boolean; the deployment that a roll back makes has to be looked up. Replicas are changed by a
 * patch of the environment's configuration, region by region, as `railway scale` does: an update of
 * numReplicas alone throws the regions away. A service with a volume is down while it is
 * redeployed.
 *
 * Threads, memory, errors: as in railway.h.
 */
#ifndef HEAL_RAILWAY_ACT_H
#define HEAL_RAILWAY_ACT_H

#include "railway.h"

/* What a service is at this moment, read anew: before an act (is it still what was approved?),
 * after a lost answer (was it done?), and while the act takes effect. */
struct railway_instance {
	struct railway_service service; /* state only: no usage, no volume */
	double cpu_override;            /* vCPU; NAN = none, or not in a shape we know */
	double memory_override_gb;
};
/* ERR_NOT_FOUND when the service has no instance in that environment. */
bool railway_instance(struct railway *r, struct arena *a, const char *environment_id,
        const char *service_id, struct railway_instance *out, struct err *e);

/* When one variable was last written (wall ms; 0 = there is none of that name). Its value cannot be
 * read by this program, on purpose. */
bool railway_variable_written(struct railway *r, struct arena *a, const char *environment_id,
        const char *service_id, const char *name, int64_t *out_ms, struct err *e);

/* The same deployment again, without a build. */
bool railway_restart(struct railway *r, struct arena *a, const char *deployment_id, struct err *e);
/* Back to this deployment: its image and its variables. Only where can_rollback. */
bool railway_rollback(struct railway *r, struct arena *a, const char *deployment_id, struct err *e);
/* A new deployment from this one's image. Only where can_redeploy. */
bool railway_redeploy(struct railway *r, struct arena *a, const char *deployment_id, struct err *e);
/* `n` (1..50) replicas in one region; the other regions stay. */
bool railway_scale(struct railway *r, struct arena *a, const char *environment_id,
        const char *service_id, const char *region, int n, const char *why, struct err *e);
/* NAN leaves a limit as it is. Takes effect with the next deployment. */
bool railway_limit(struct railway *r, struct arena *a, const char *environment_id,
        const char *service_id, double vcpus, double memory_gb, struct err *e);
/* Writes one variable of one service; Railway deploys the service anew. */
struct railway_variable_change {
	const char *project_id, *environment_id, *service_id, *name, *value;
};
bool railway_set_variable(
        struct railway *r, struct arena *a, const struct railway_variable_change *v, struct err *e);

#endif
