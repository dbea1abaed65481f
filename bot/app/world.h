/*
 * world.h - what workers share, and the world of each of them (struct heal).
 */
#ifndef HEAL_APP_WORLD_H
#define HEAL_APP_WORLD_H

#include "app/secrets.h"
#include "err.h"
#include "heal.h"

struct http;
struct wf;

/* Made once, by main; read-only for workers but where the parts say otherwise. */
struct shared {
	const struct settings *settings;
	const struct secrets *secrets;
	struct store *store; /* NULL for tools without one */
	struct slack_shared *slack;
	struct railway_shared *railway;
	struct llm_shared *llm;
	struct statuspage_shared *status;
	const char *version;
};

struct shared *shared_new(const struct settings *s, const struct secrets *k, struct store *store);
void shared_free(struct shared *sh);

/* One worker's clients and redactor. Peers that are not set up stay NULL. The caller frees it. */
struct heal *world_new(struct shared *sh);
void world_free(struct heal *h); /* NULL is fine */
/* While `w` is not NULL its heartbeat is asked during every transfer of this world. */
void world_watch(struct heal *h, struct wf *w);
/* The worker's connections, for what has no client. */
struct http *world_http(struct heal *h);

#endif
