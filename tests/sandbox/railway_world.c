/* railway_world.c - services, deployments, breaking and repairing. See railway_i.h. */
#include <stdlib.h>
#include <string.h>

#include "base/embed.h"
#include "clock.h"
#include "railway_i.h"
#include "railway_peer.h"

enum { MINUTE = 60000, BUILD_MS = 90000 };

uint64_t rw_hash(uint64_t seed, uint64_t x)
{
	uint64_t z = seed + x * 0x9e3779b97f4a7c15U; /* splitmix64 */

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
	return z ^ (z >> 31);
}

double rw_unit(uint64_t seed, uint64_t x)
{
	return (double)(rw_hash(seed, x) >> 11) / 9007199254740992.0;
}

const char *rw_uuid(struct arena *a, const char *of)
{
	uint64_t h = str_hash(of, strlen(of)), x = rw_hash(h, 1), y = rw_hash(h, 2);

	return arena_printf(a, "%08x-%04x-4%03x-%04x-%012llx", (unsigned)(x >> 32),
	        (unsigned)(x >> 16 & 0xffff), (unsigned)(x & 0xfff),
	        (unsigned)(0x8000 | (y >> 48 & 0x3fff)), (unsigned long long)(y & 0xffffffffffffU));
}

/* --- making it --- */

struct rw_deploy *rw_add_deploy(struct rw_world *w, struct rw_service *s, const struct rw_deploy *d)
{
	size_t n = s->ndeploys < RW_MAX_DEPLOYS ? s->ndeploys : RW_MAX_DEPLOYS - 1;

	memmove(s->deploys + 1, s->deploys, n * sizeof(*s->deploys));
	s->ndeploys = n + 1;
	s->deploys[0] = (struct rw_deploy){
	        .id = d->id ? arena_strdup(w->a, d->id)
	                    : rw_uuid(w->a,
	                              arena_printf(w->a, "%s %lld %s", s->id,
	                                      (long long)d->created_ms, str_or(d->commit, ""))),
	        .commit = arena_strdup(w->a, d->commit),
	        .message = arena_strdup(w->a, d->message),
	        .author = arena_strdup(w->a, d->author),
	        .status = arena_strdup(w->a, d->status),
	        .reason = arena_strdup(w->a, str_or(d->reason, "deploy")),
	        .created_ms = d->created_ms,
	        .ready_ms = d->ready_ms,
	        .sick = d->sick,
	        .stopped = d->stopped,
	        .restarting = d->restarting,
	};
	return &s->deploys[0];
}

static void add_deploys(struct rw_world *w, struct rw_service *s)
{
	const json *list = json_get(s->def, ".deployments");

	s->deploys = ARENA_ARRAY(w->a, RW_MAX_DEPLOYS, struct rw_deploy);
	for (size_t i = json_len(list); i > 0; i--) { /* oldest last in the file */
		const json *d = json_get(list, arena_printf(w->a, "[%zu]", i - 1));
		struct rw_deploy made = {
		        .commit = json_str(d, ".commit", NULL),
		        .message = json_str(d, ".message", NULL),
		        .author = json_str(d, ".author", NULL),
		        .status = json_str(d, ".status", NULL),
		        .sick = json_bool(d, ".sick", false),
		        .stopped = json_bool(d, ".stopped", false),
		        .restarting = json_bool(d, ".restarting", false),
		};

		made.created_ms = w->start_ms - json_int(d, ".age_min", 1000) * MINUTE - BUILD_MS;
		made.ready_ms = made.created_ms + BUILD_MS;
		rw_add_deploy(w, s, &made);
	}
}

static void add_service(struct rw_world *w, const json *def)
{
	struct rw_service *s = &w->services[w->nservices++];
	int64_t since = json_int(def, ".sick.since_min", 0);

	s->def = def;
	s->name = json_str(def, ".name", "?");
	s->id = rw_uuid(w->a, arena_printf(w->a, "service %s", s->name));
	s->image = json_str(def, ".image", NULL);
	s->repo = json_str(def, ".repo", NULL);
	s->branch = json_str(def, ".branch", NULL);
	s->cron = json_str(def, ".cron", NULL);
	s->replicas = (int)json_int(def, ".replicas", 1);
	s->has_domain = json_len(json_get(def, ".domains")) > 0;
	s->seed = str_hash(s->name, strlen(s->name));
	s->sick_ms = since > 0 ? w->start_ms - since * MINUTE : 0;
	add_deploys(w, s);
}

/* Many healthy services of one kind, for size. */
static const json *made_up(struct arena *a, size_t i, bool domain)
{
	json *o = json_obj(a), *n = json_set_obj(o, "normal"), *d;

	json_set_str(o, "name", arena_printf(a, "svc-%04zu", i));
	json_set_str(o, "repo", arena_printf(a, "acme/svc-%04zu", i));
	json_set_str(o, "branch", "main");
	json_set_int(o, "replicas", 1 + (int64_t)(i % 3));
	json_set_num(o, "memory_limit", 2);
	json_set_num(o, "cpu_limit", 2);
	if (domain)
		json_add_str(
		        json_set_arr(o, "domains"), arena_printf(a, "svc-%04zu.up.railway.app", i));
	json_set_num(n, "cpu", 0.1 + 0.001 * (double)(i % 300));
	json_set_num(n, "memory", 0.2 + 0.002 * (double)(i % 300));
	json_set_num(n, "rps", 1 + (double)(i % 10));
	json_set_num(n, "p50", 20 + (double)(i % 50));
	json_set_num(n, "e4", 0.01);
	json_set_num(n, "e5", 0.0005);
	d = json_add_obj(json_set_arr(o, "deployments"));
	json_set_int(d, "age_min", 2000 + (int64_t)i);
	json_set_str(d, "commit", arena_printf(a, "%040zx", i * 7919));
	json_set_str(d, "message", "Change a thing");
	json_set_str(d, "author", "ana");
	return o;
}

static void add_environments(struct rw_world *w)
{
	json_each (it, json_get(w->def, ".environments")) {
		if (w->nenv == sizeof(w->env) / sizeof(w->env[0]))
			break;
		w->env[w->nenv].name = json_str(it, ".name", "?");
		w->env[w->nenv].id =
		        rw_uuid(w->a, arena_printf(w->a, "env %s", w->env[w->nenv].name));
		w->env[w->nenv].can_access = json_bool(it, ".canAccess", true);
		w->nenv++;
	}
	json_each (it, json_get(w->def, ".tokens")) {
		if (w->ntokens == RW_MAX_TOKENS)
			break;
		w->tokens[w->ntokens++] = (struct rw_token){
		        json_str(it, ".token", "?"), json_str(it, ".kind", "account"), false};
	}
}

struct rw_world *rw_new(struct sb *sb, size_t services, size_t domains, const json *told)
{
	struct rw_world *w = calloc(1, sizeof(*w));
	size_t len;
	const char *text = embed_get("tests/sandbox/railway_world.json", &len);
	const json *list;

	if (!w || !text)
		abort();
	w->a = arena_new(64 << 10);
	w->def = json_parse(w->a, text, len, NULL);
	if (!w->def)
		abort();
	if (json_len(told) > 0) { /* the same place with other services */
		json *def = json_copy(w->a, w->def);

		json_set(def, "services", told);
		w->def = def;
	}
	w->start_ms = sb_now_ms(sb);
	w->project = json_str(w->def, ".project", "acme");
	w->project_id = rw_uuid(w->a, "project acme");
	w->workspace = json_str(w->def, ".workspace", "acme");
	w->workspace_id = rw_uuid(w->a, "workspace acme");
	add_environments(w);
	list = json_get(w->def, ".services");
	w->services = ARENA_ARRAY(w->a, services + json_len(list), struct rw_service);
	for (size_t i = 0; i < services; i++)
		add_service(w, made_up(w->a, i, i < domains));
	if (services > 0)
		return w;
	json_each (it, list)
		add_service(w, it);
	return w;
}

void rw_free(struct rw_world *w)
{
	if (!w)
		return;
	arena_free(w->a);
	free(w);
}

/* --- finding --- */

struct rw_service *rw_service(struct rw_world *w, const char *id_or_name)
{
	for (size_t i = 0; id_or_name && i < w->nservices; i++)
		if (str_eq(w->services[i].id, id_or_name) ||
		        str_eq(w->services[i].name, id_or_name))
			return &w->services[i];
	return NULL;
}

struct rw_deploy *rw_deploy(struct rw_world *w, const char *id, struct rw_service **of)
{
	for (size_t i = 0; i < w->nservices; i++) {
		struct rw_service *s = &w->services[i];

		for (size_t k = 0; k < s->ndeploys; k++) {
			if (!str_eq(s->deploys[k].id, id))
				continue;
			*of = s;
			return &s->deploys[k];
		}
	}
	return NULL;
}

bool rw_gap(const struct rw_world *w, const struct rw_service *s, int64_t ts_ms)
{
	for (size_t i = 0; i < w->ngaps; i++)
		if ((!w->gaps[i].service || str_eq(w->gaps[i].service, s->name)) &&
		        ts_ms >= w->gaps[i].from_ms && ts_ms < w->gaps[i].to_ms)
			return true;
	return false;
}

/* --- the course of things --- */

const struct rw_deploy *rw_active(const struct rw_service *s, int64_t now_ms)
{
	for (size_t i = 0; i < s->ndeploys; i++)
		if (s->deploys[i].ready_ms <= now_ms && !s->deploys[i].status)
			return &s->deploys[i];
	return NULL;
}

const char *rw_status(const struct rw_service *s, const struct rw_deploy *d, int64_t now_ms)
{
	if (d->ready_ms > now_ms)
		return now_ms - d->created_ms < (d->ready_ms - d->created_ms) / 2 ? "BUILDING"
		                                                                  : "DEPLOYING";
	if (d->status)
		return d->status;
	if (d != rw_active(s, now_ms))
		return "REMOVED";
	return json_bool(s->def, ".sleep", false) ? "SLEEPING" : "SUCCESS";
}

/* Since when, as the metrics tell it: real time since a change, times the factor of the sandbox. */
static int64_t told(struct sb *sb, int64_t when_ms, int64_t now_ms, int64_t start_ms)
{
	double factor = 1000000.0 / (double)(sb_scaled(sb, 1000000) ? sb_scaled(sb, 1000000) : 1);

	if (when_ms == 0 || when_ms <= start_ms || now_ms <= when_ms)
		return when_ms;
	return now_ms - (int64_t)((double)(now_ms - when_ms) * factor);
}

bool rw_sick(struct sb *sb, const struct rw_service *s, int64_t ts_ms, int64_t *since_ms)
{
	struct railway_peer *p = sb_peer_state(sb, "railway");
	const json *with = json_get(s->def, ".sick.with");
	int64_t now = sb_now_ms(sb), from, to;

	if (with && p) { /* sick as long as another one is */
		struct rw_service *other = rw_service(p->world, json_str(with, "", ""));

		return other && rw_sick(sb, other, ts_ms, since_ms);
	}
	if (s->sick_ms == 0)
		return false;
	from = told(sb, s->sick_ms, now, p ? p->world->start_ms : 0);
	to = s->fixed_ms ? told(sb, s->fixed_ms, now, p ? p->world->start_ms : 0) : INT64_MAX;
	*since_ms = from;
	return ts_ms >= from && ts_ms < to;
}

void rw_break(struct rw_world *w, struct rw_service *s, int64_t now_ms)
{
	s->sick_ms = now_ms;
	s->fixed_ms = 0;
	if (json_bool(s->def, ".sick.deploy", false)) {
		const json *d = json_get(s->def, ".deployments[0]");
		struct rw_deploy bad = {.commit = json_str(d, ".commit", NULL),
		        .message = json_str(d, ".message", NULL),
		        .author = json_str(d, ".author", NULL),
		        .created_ms = now_ms - 1000,
		        .ready_ms = now_ms,
		        .sick = true};

		rw_add_deploy(w, s, &bad);
	}
}

void rw_fix(struct rw_world *w, struct rw_service *s, int64_t when_ms)
{
	(void)w;
	if (s->sick_ms && !s->fixed_ms)
		s->fixed_ms = when_ms;
}

/* --- what other peers tell --- */

bool railway_merged(struct sb *sb, const char *repo, const char *commit, const char *message,
        const char *author)
{
	struct railway_peer *p = sb_peer_state(sb, "railway");
	int64_t now = sb_now_ms(sb), ready = now + sb_scaled(sb, BUILD_MS);
	bool any = false;

	for (size_t i = 0; p && i < p->world->nservices; i++) {
		struct rw_service *s = &p->world->services[i];
		struct rw_deploy d = {.commit = commit,
		        .message = message,
		        .author = author,
		        .created_ms = now,
		        .ready_ms = ready};

		if (!str_eq(s->repo, repo))
			continue;
		any = true;
		rw_add_deploy(p->world, s, &d);
		if (str_eq(json_str(s->def, ".sick.fix", ""), "merge"))
			rw_fix(p->world, s, ready);
	}
	return any;
}

void rw_set_commit(struct rw_world *w, const struct rw_commit *c)
{
	for (size_t i = 0; i < w->nservices; i++) {
		struct rw_service *s = &w->services[i];

		for (size_t k = 0; str_eq(s->repo, c->repo) && k < s->ndeploys; k++)
			if (str_eq(s->deploys[k].message, c->message))
				s->deploys[k].commit = arena_strdup(w->a, c->commit);
	}
}

void railway_set_commit(struct sb *sb, const char *repo, const char *message, const char *commit)
{
	struct railway_peer *p = sb_peer_state(sb, "railway");
	struct rw_commit *c = p ? p->commits : NULL;

	if (!p)
		return;
	while (c && !(str_eq(c->repo, repo) && str_eq(c->message, message)))
		c = c->next;
	if (!c) {
		c = ARENA_NEW(p->a, struct rw_commit);
		c->repo = arena_strdup(p->a, repo);
		c->message = arena_strdup(p->a, message);
		c->next = p->commits;
		p->commits = c;
	}
	if (!str_eq(c->commit, commit))
		c->commit = arena_strdup(p->a, commit);
	rw_set_commit(p->world, c);
}
