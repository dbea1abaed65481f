/* sandbox_i.h - what the framework's own files know of each other. */
#ifndef HEAL_SANDBOX_I_H
#define HEAL_SANDBOX_I_H

#include "http.h"
#include "loop.h"
#include "peers.h"
#include "sandbox.h"

struct fault;
struct records;
struct settings;

struct sb {
	struct loop *loop;
	struct arena *a; /* for the whole run */
	const struct peer *peers[PEERS_MAX];
	void *states[PEERS_MAX];
	size_t n_peers;
	struct fault *faults;
	struct records *records;
	struct settings *settings;
	int64_t next_id;
	int64_t advance_ms;
	double factor; /* time factor, >= 1 shortens the story's waits */
	const char *url, *ws_url;
};

/* router.c */
void router_dispatch(struct sb_response *rs);
void router_init(struct sb *sb);
void router_exit(struct sb *sb);

/* faults.c */
void faults_clear(struct sb *sb, const char *peer); /* NULL = all */
json *faults_list(struct sb *sb, struct arena *a);
/* The action to apply to this request; NULL = none. Counts. */
const json *faults_take(struct sb *sb, const char *peer, const char *what, const char *body);

/* records.c */
struct records *records_new(void);
void records_free(struct records *r);
void records_clear(struct records *r);
void records_enable(struct records *r, bool on);
int64_t records_add(struct sb *sb, const char *peer, const char *kind, const json *what);
void records_request(struct sb_response *rs);
void records_response(struct sb_response *rs, const char *how);
void records_answer(struct sb *sb, const struct sb_request *rq, struct sb_response *rs);

/* settings.c */
struct settings *settings_new(void);
void settings_free(struct settings *s);
void settings_put(struct settings *s, const char *name, const char *value);
void settings_clear(struct settings *s); /* those put after settings_seal */
void settings_seal(struct settings *s);

#endif
