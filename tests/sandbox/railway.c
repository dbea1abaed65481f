/*
 * railway.c - the Railway peer: what stands before the GraphQL answers.
 *
 * Refuses like the real one and its edge: no User-Agent (403, error 1010), more than ten requests a
 * second without a query string (429, error 1015), other methods and paths, bad JSON (400), the
 * plan's limits (429 with Retry-After). Controls, all POST with a JSON object:
 *
 *   /break {"service"}   /fix {"service"}   the story's trouble begins or ends now
 *   /merge {"repo","commit","message","author"}   a deployment; cures what a merge cures
 *   /deploy {"service","status","restarting","build_ms","commit","message","author"}
 *                                           status FAILED, CRASHED, or none = it serves
 *   /world {"services":500,"domains":500}   many healthy services; 0 = the story
 *          {"told":[…]}                     these services, as in railway_world.json
 *   /limits {"per_second","per_hour"}       /token {"token","revoked":true}
 *   /gap {"service","from_ms","to_ms"}      no samples in that time   /platform {"stable":false}
 *   GET /state                              services, their ids and deployments
 *
 * Faults beside those of router.c: match "field metrics usage", "field httpDurationMetrics d3 api"
 * (field, alias, service) with action name = message and value = code; match "data null".
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/embed.h"
#include "clock.h"
#include "railway_i.h"
#include "railway_peer.h"

static const struct gql_limits limits = {.breadth = 500, .depth = 15, .roots = 20};

static void default_limits(struct railway_peer *p)
{
	p->per_second = 50;
	p->per_hour = 10000;
}

static void *peer_init(struct sb *sb)
{
	struct railway_peer *p = calloc(1, sizeof(*p));
	const char *sdl = embed_get("tests/sandbox/railway.graphqls", NULL);
	struct err e;

	if (!p || !sdl)
		abort();
	p->sb = sb;
	p->a = arena_new(64 << 10);
	p->schema = gql_schema_parse(p->a, sdl, &e);
	if (!p->schema) {
		fprintf(stderr, "sandbox: railway.graphqls: %s\n", e.msg);
		abort();
	}
	p->world = rw_new(sb, 0, 0, NULL);
	default_limits(p);
	return p;
}

static void new_world(struct railway_peer *p, size_t services, size_t domains, const json *told)
{
	struct rw_world *old = p->world;

	p->world = rw_new(p->sb, services, domains, told);
	rw_free(old);
	for (const struct rw_commit *c = p->commits; c; c = c->next)
		rw_set_commit(p->world, c);
}

static void peer_reset(void *state)
{
	struct railway_peer *p = state;

	new_world(p, 0, 0, NULL);
	default_limits(p);
	p->used_second = p->used_hour = p->used_bare = 0;
}

static void peer_exit(void *state)
{
	struct railway_peer *p = state;

	rw_free(p->world);
	arena_free(p->a);
	free(p);
}

/* --- limits --- */

static double count(double *used, int64_t *since_ms, int64_t now_ms, int64_t window_ms)
{
	if (now_ms - *since_ms >= window_ms) {
		*since_ms = now_ms;
		*used = 0;
	}
	*used += 1;
	return *used;
}

static void rate_headers(struct railway_peer *p, struct sb_response *rs)
{
	struct arena *a = sb_arena(rs);
	double left = p->per_hour - p->used_hour;

	sb_set_header(rs, "X-RateLimit-Limit", arena_printf(a, "%.0f", p->per_hour));
	sb_set_header(rs, "X-RateLimit-Remaining", arena_printf(a, "%.0f", left > 0 ? left : 0));
	sb_set_header(rs, "X-RateLimit-Reset",
	        arena_printf(a, "%lld", (long long)((clock_now_ms() + 3600000) / 1000)));
}

static bool too_many(struct railway_peer *p, struct sb_response *rs)
{
	int64_t now = sb_mono_ms(p->sb);
	bool second = count(&p->used_second, &p->second_ms, now, 1000) > p->per_second;
	bool hour = count(&p->used_hour, &p->hour_ms, now, 3600000) > p->per_hour;

	rate_headers(p, rs);
	if (!second && !hour)
		return false;
	sb_set_header(rs, "Retry-After", hour ? "60" : "1");
	sb_sendf(rs, 429, "application/json",
	        "{\"errors\":[{\"message\":\"Too many requests, please try again in %d seconds\"}]}",
	        hour ? 60 : 1);
	return true;
}

static bool edge_refuses(
        struct railway_peer *p, const struct sb_request *rq, struct sb_response *rs)
{
	static const char page[] = "<!DOCTYPE html><title>Access denied</title><h1>Error 1010</h1>"
	                           "<p>error code: 1010</p>";

	if (!sb_header(rq, "User-Agent") || !*sb_header(rq, "User-Agent")) {
		sb_send(rs, 403, "text/html; charset=UTF-8", page, sizeof(page) - 1);
		return true;
	}
	if (!*rq->query && count(&p->used_bare, &p->bare_ms, sb_mono_ms(p->sb), 1000) > 10) {
		sb_send(rs, 429, "text/plain; charset=UTF-8", "error code: 1015", 16);
		return true;
	}
	return false;
}

/* --- queries --- */

static const struct rw_token *token_of(
        struct railway_peer *p, const struct sb_request *rq, bool *project_header)
{
	const char *own = sb_header(rq, "Project-Access-Token"), *token = own ? own : sb_bearer(rq);

	*project_header = own != NULL;
	for (size_t i = 0; token && i < p->world->ntokens; i++) {
		const struct rw_token *t = &p->world->tokens[i];

		if (str_eq(t->token, token) && str_eq(t->kind, "project") == (own != NULL))
			return t;
	}
	return NULL;
}

static void bad_request(struct sb_response *rs, const char *message)
{
	sb_sendf(rs, 400, "application/json",
	        "{\"errors\":[{\"message\":\"%s\",\"extensions\":{\"code\":\"BAD_REQUEST\"}}]}",
	        message);
}

static void answer(struct railway_peer *p, const struct sb_request *rq, struct sb_response *rs)
{
	struct rr_ctx ctx = {.p = p};
	const json *body = sb_json(rq, NULL);
	struct gql_request q = {.limits = &limits, .resolve = rr_resolve, .ctx = &ctx};
	int status;
	json *out;

	if (!json_is_obj(body)) {
		bad_request(
		        rs, "POST body missing, invalid Content-Type, or JSON object has no keys.");
		return;
	}
	ctx.token = token_of(p, rq, &ctx.project_header);
	q.query = json_str(body, ".query", NULL);
	q.variables = json_get(body, ".variables");
	q.operation = json_str(body, ".operationName", NULL);
	q.trace = arena_printf(rq->a, "sandbox-%llu", (unsigned long long)++p->queries);
	if (sb_fault(p->sb, "railway", "data null")) {
		sb_send(rs, 200, "application/json", "{\"data\":null}", 13);
		return;
	}
	p->cut = false;
	out = gql_execute(p->schema, rq->a, &q, &status);
	if (p->cut)
		sb_cut(rs);
	else
		sb_send_json(rs, status, out);
}

static void peer_handle(void *state, const struct sb_request *rq, struct sb_response *rs)
{
	struct railway_peer *p = state;
	const char *type = sb_header(rq, "Content-Type");

	if (edge_refuses(p, rq, rs))
		return;
	if (!str_eq(rq->path, "/graphql/v2")) {
		sb_send(rs, 404, "text/html", "<h1>Not Found</h1>", 18);
		return;
	}
	if (!str_eq(rq->method, "POST") || !type || !str_starts(type, "application/json")) {
		rate_headers(p, rs);
		bad_request(rs, "Only POST with application/json is answered here.");
		return;
	}
	if (!too_many(p, rs))
		answer(p, rq, rs);
}

/* --- controls --- */

static void add_deploy(struct railway_peer *p, struct rw_service *s, const json *body)
{
	int64_t now = sb_now_ms(p->sb);
	struct rw_deploy d = {
	        .commit = json_str(body, ".commit", NULL),
	        .message = json_str(body, ".message", NULL),
	        .author = json_str(body, ".author", NULL),
	        .status = json_str(body, ".status", NULL),
	        .restarting = json_bool(body, ".restarting", false),
	        .created_ms = now - 1000,
	        .ready_ms = now + json_int(body, ".build_ms", 0),
	};

	rw_add_deploy(p->world, s, &d);
}

static void add_gap(struct railway_peer *p, const json *body)
{
	struct rw_world *w = p->world;

	if (w->ngaps < RW_MAX_GAPS)
		w->gaps[w->ngaps++] =
		        (struct rw_gap){arena_strdup(w->a, json_str(body, ".service", NULL)),
		                json_int(body, ".from_ms", 0), json_int(body, ".to_ms", INT64_MAX)};
}

static void set_token(struct railway_peer *p, const json *body)
{
	for (size_t i = 0; i < p->world->ntokens; i++)
		if (str_eq(p->world->tokens[i].token, json_str(body, ".token", "")))
			p->world->tokens[i].revoked = json_bool(body, ".revoked", true);
}

static bool control_service(struct railway_peer *p, const char *verb, const json *body)
{
	struct rw_service *s = rw_service(p->world, json_str(body, ".service", NULL));
	int64_t now = sb_now_ms(p->sb);

	if (!s)
		return false;
	if (str_eq(verb, "/break"))
		rw_break(p->world, s, now);
	else if (str_eq(verb, "/fix"))
		rw_fix(p->world, s, now);
	else if (str_eq(verb, "/deploy"))
		add_deploy(p, s, body);
	else
		return false;
	return true;
}

static bool control_all(struct railway_peer *p, const char *verb, const json *body)
{
	if (str_eq(verb, "/world"))
		new_world(p, (size_t)json_int(body, ".services", 0),
		        (size_t)json_int(body, ".domains", 0), json_get(body, ".told"));
	else if (str_eq(verb, "/limits")) {
		p->per_second = json_num(body, ".per_second", p->per_second);
		p->per_hour = json_num(body, ".per_hour", p->per_hour);
	} else if (str_eq(verb, "/token"))
		set_token(p, body);
	else if (str_eq(verb, "/gap"))
		add_gap(p, body);
	else if (str_eq(verb, "/platform"))
		p->world->unstable = !json_bool(body, ".stable", true);
	else if (str_eq(verb, "/merge"))
		return railway_merged(p->sb, json_str(body, ".repo", ""),
		        json_str(body, ".commit", NULL), json_str(body, ".message", NULL),
		        json_str(body, ".author", NULL));
	else
		return control_service(p, verb, body);
	return true;
}

static void send_state(struct railway_peer *p, struct sb_response *rs)
{
	struct arena *a = sb_arena(rs);
	json *o = json_obj(a), *list = json_set_arr(o, "services");
	int64_t now = sb_now_ms(p->sb), since;

	json_set_str(o, "project", p->world->project_id);
	json_set_str(o, "environment", p->world->env[0].id);
	json_set_num(o, "queries", (double)p->queries);
	for (size_t i = 0; i < p->world->nservices; i++) {
		const struct rw_service *s = &p->world->services[i];
		json *x = json_add_obj(list);

		json_set_str(x, "id", s->id);
		json_set_str(x, "name", s->name);
		json_set_bool(x, "sick", rw_sick(p->sb, s, now, &since));
		json_set_str(x, "deployment", s->ndeploys ? s->deploys[0].id : NULL);
		json_set_str(x, "status", s->ndeploys ? rw_status(s, &s->deploys[0], now) : NULL);
	}
	sb_send_json(rs, 200, o);
}

static void peer_control(void *state, const struct sb_request *rq, struct sb_response *rs)
{
	struct railway_peer *p = state;
	const json *body = sb_json(rq, NULL);

	if (str_eq(rq->path, "/state")) {
		send_state(p, rs);
		return;
	}
	if (!str_eq(rq->method, "POST") || !control_all(p, rq->path, body)) {
		sb_sendf(rs, 400, "application/json", "{\"error\":\"no such control or service\"}");
		return;
	}
	sb_send(rs, 200, "application/json", "{\"ok\":true}", 11);
}

extern const struct peer peer_railway;
const struct peer peer_railway = {
        .name = "railway",
        .init = peer_init,
        .handle = peer_handle,
        .control = peer_control,
        .reset = peer_reset,
        .exit = peer_exit,
};
