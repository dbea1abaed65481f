/* railway_scan.c - all services of an environment in one request. See include/railway.h. */
#include <stdio.h>
#include <string.h>

#include "clients/railway_private.h"
#include "clock.h"
#include "log.h"
#include "str.h"

enum part { STATE = 1, USAGE = 2, PLATFORM = 4 };

struct asking {
	struct railway *r;
	struct arena *a;
	const struct railway_scan_request *q;
	struct railway_scan *out;
	struct railway_collect state;
	const char *services_after, *volumes_after;
	bool services_done, volumes_done;
	const json *usage, *slow;
};

/* --- how fine --- */

static double points(size_t services, int64_t window_ms, int64_t step_ms, int64_t slow_ms)
{
	/* three measurements every step, four every slow step: see railway_scan.graphql */
	return (double)services * (3.0 * (double)window_ms / (double)step_ms +
	                                  4.0 * (double)window_ms / (double)slow_ms);
}

static int64_t slow_step(int64_t window_ms, int64_t step_ms)
{
	int64_t third = window_ms / 3 / step_ms * step_ms;

	return third > step_ms ? third : step_ms;
}

int64_t railway_step(const struct railway *r, size_t services, int64_t window_ms)
{
	static const int steps_s[] = {60, 120, 180, 240, 300, 600, 900, 1800, 3600, 7200, 14400};
	size_t n = sizeof(steps_s) / sizeof(steps_s[0]);

	if (services == 0)
		services = __atomic_load_n(&r->shared->services, __ATOMIC_RELAXED);
	if (services == 0)
		services = 100;
	for (size_t i = 0; i < n; i++) {
		int64_t ms = (int64_t)steps_s[i] * 1000;

		if (points(services, window_ms, ms, slow_step(window_ms, ms)) <= r->max_points)
			return ms;
	}
	return (int64_t)steps_s[n - 1] * 1000;
}

/* --- one request --- */

static const json *variables(const struct asking *s, unsigned parts)
{
	const struct railway_scan_request *q = s->q;
	json *v = json_obj(s->a);

	json_set_str(v, "projectId", q->project_id);
	json_set_str(v, "environmentId", q->environment_id);
	json_set_str(v, "startDate", clock_rfc3339(s->a, q->start_ms));
	json_set_str(v, "endDate", clock_rfc3339(s->a, q->end_ms));
	json_set_int(v, "sampleSeconds", s->out->step_ms / 1000);
	json_set_int(v, "slowSeconds", s->out->slow_step_ms / 1000);
	json_set_int(v, "servicesFirst", s->services_done ? 0 : RAILWAY_PAGE);
	json_set_str(v, "servicesAfter", s->services_after);
	json_set_int(v, "volumesFirst", s->volumes_done ? 0 : RAILWAY_PAGE);
	json_set_str(v, "volumesAfter", s->volumes_after);
	json_set_bool(v, "withState", parts & STATE);
	json_set_bool(v, "withUsage", parts & USAGE);
	json_set_bool(v, "withPlatform", parts & PLATFORM);
	return v;
}

/* Where the next page of a connection begins; true when there is none. */
static bool page(const json *env, const char *connection, struct arena *a, const char **after)
{
	const json *info = json_get(env, arena_printf(a, ".%s.pageInfo", connection));
	const char *end = json_str(info, ".endCursor", NULL);

	if (!json_bool(info, ".hasNextPage", false) || !end || str_eq(end, *after))
		return true;
	*after = end;
	return false;
}

static void take_platform(const json *p, struct railway_scan *out)
{
	const char *status = json_str(p, ".incident.status", NULL);

	if (!json_is_obj(p))
		return;
	out->platform_known = true;
	out->platform_stable = json_bool(p, ".isStable", true);
	if (!status || str_eq(status, "RESOLVED"))
		return;
	out->platform = (struct railway_incident){
	        .id = json_str(p, ".incident.id", ""),
	        .status = status,
	        .message = json_str(p, ".incident.message", ""),
	        .url = json_str(p, ".incident.url", ""),
	};
}

static bool take(struct asking *s, const json *data, unsigned parts, struct err *e)
{
	const json *env = json_get(data, ".environment");

	if (parts & USAGE) {
		s->usage = json_get(data, ".usage");
		s->slow = json_get(data, ".slow");
	}
	if (parts & PLATFORM)
		take_platform(json_get(data, ".platformStatus"), s->out);
	if (!(parts & STATE))
		return true;
	if (!json_is_obj(env))
		return err_set(e, ERR_PROTO, true, "Railway's answer has no environment in it");
	s->out->environment_id = json_str(env, ".id", s->q->environment_id);
	s->out->environment_name = json_str(env, ".name", s->q->environment_id);
	if (!json_bool(env, ".canAccess", true))
		return err_set(e, ERR_FORBIDDEN, false,
		        "the environment “%s” is restricted: give the token's owner access to it",
		        s->out->environment_name);
	railway_decode_state(s->a, env, &s->state);
	s->services_done =
	        s->services_done || page(env, "serviceInstances", s->a, &s->services_after);
	s->volumes_done = s->volumes_done || page(env, "volumeInstances", s->a, &s->volumes_after);
	return true;
}

static bool ask(struct asking *s, unsigned parts, struct railway_reply *reply, struct err *e)
{
	if (railway_call(s->r, s->a, "railway_scan", variables(s, parts), reply, e))
		return take(s, reply->data, parts, e);
	/* A field somewhere inside failed: the rest of the answer is good. */
	if (reply->graphql && reply->nested && reply->data &&
	        json_has(reply->data, ".environment") == ((parts & STATE) != 0) &&
	        json_has(reply->data, ".usage") == ((parts & USAGE) != 0)) {
		log_warn("railway", "a part of the answer is missing: %s", e->msg);
		return take(s, reply->data, parts, e);
	}
	return false;
}

/* --- in parts, when the whole fails --- */

static unsigned named(const struct railway_reply *reply)
{
	unsigned parts = 0;

	for (size_t i = 0; i < reply->nroots; i++) {
		if (str_eq(reply->root[i], "environment"))
			parts |= STATE;
		else if (str_eq(reply->root[i], "platformStatus"))
			parts |= PLATFORM;
		else
			parts |= USAGE;
	}
	return parts;
}

/* Metrics by themselves, then a quarter as fine: the usual reason is too many points. */
static void ask_usage(struct asking *s)
{
	struct railway_reply reply;
	struct err why;

	if (ask(s, USAGE, &reply, &why))
		return;
	if (reply.graphql && why.retryable) {
		s->out->step_ms *= 4;
		s->out->slow_step_ms = slow_step(s->q->end_ms - s->q->start_ms, s->out->step_ms);
		if (ask(s, USAGE, &reply, &why))
			return;
	}
	s->out->usage_blind = true;
	s->out->usage_err = why;
	s->usage = s->slow = NULL;
}

static bool ask_in_parts(
        struct asking *s, unsigned want, const struct railway_reply *first, struct err *e)
{
	struct railway_reply reply;
	unsigned bad = named(first);

	if (!first->graphql || (bad & STATE))
		return false;
	if (bad == 0)
		bad = want & ~(unsigned)STATE; /* nobody is named: everything but the state */
	log_warn("railway", "the scan's request failed, asking in parts: %s", e->msg);
	if (!ask(s, want & ~bad, &reply, e))
		return false;
	if (bad & USAGE)
		ask_usage(s);
	if (bad & want & PLATFORM) {
		struct err ignored;

		ask(s, PLATFORM, &reply, &ignored);
	}
	return true;
}

static bool all_pages(struct asking *s, struct err *e)
{
	struct railway_reply reply;
	int n = 1;

	while (!s->services_done || !s->volumes_done) {
		if (n++ >= RAILWAY_MAX_PAGES)
			return err_set(e, ERR_PROTO, false,
			        "Railway's list of services does not end after %d pages",
			        RAILWAY_MAX_PAGES);
		if (!ask(s, STATE, &reply, e))
			return err_wrap(e, "page %d of the services", n);
	}
	return true;
}

static void finish(struct asking *s)
{
	struct railway_scan *out = s->out;

	out->complete_until_ms = s->q->end_ms / out->step_ms * out->step_ms;
	railway_finish_state(s->a, &s->state, out);
	railway_decode_usage(s->a, s->usage, s->slow, s->state.services, out);
	__atomic_store_n(&s->r->shared->services, (uint32_t)out->nservices, __ATOMIC_RELAXED);
}

bool railway_scan(struct railway *r, struct arena *a, const struct railway_scan_request *q,
        struct railway_scan *out, struct err *e)
{
	struct asking s = {.r = r, .a = a, .q = q, .out = out};
	unsigned want = STATE | USAGE | (q->no_platform ? 0 : PLATFORM);
	uint64_t before = r->sent;
	struct railway_reply reply;
	struct err mine = {0};

	e = e ? e : &mine;
	memset(out, 0, sizeof(*out));
	if (!q->environment_id || q->end_ms <= q->start_ms)
		return err_set(e, ERR_INPUT, false, "a scan needs an environment and a window");
	out->start_ms = q->start_ms;
	out->end_ms = q->end_ms;
	out->step_ms = q->step_ms >= 1000
	                       ? q->step_ms / 1000 * 1000
	                       : railway_step(r, q->services_hint, q->end_ms - q->start_ms);
	out->slow_step_ms = slow_step(q->end_ms - q->start_ms, out->step_ms);
	if (!ask(&s, want, &reply, e) && !ask_in_parts(&s, want, &reply, e))
		return false;
	if (!all_pages(&s, e))
		return false;
	finish(&s);
	out->requests = (unsigned)(r->sent - before);
	return true;
}
