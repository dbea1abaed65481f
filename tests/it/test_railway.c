/* The Railway client against the sandbox's Railway: every call. */
#include "unit/unit.h"

#include <math.h>
#include <sys/resource.h>

#include "str.h"
#include "unit/railway_kit.h"

/* --- who and where --- */

static void test_whoami(void **state)
{
	struct fix *f = *state;
	struct railway_identity who;
	struct err e;
	struct railway *r;

	assert_true(railway_whoami(f->r, f->a, &who, &e));
	assert_int_equal(who.workspaces, 1);
	assert_string_equal(who.name, "acme");

	r = kit_client(f, "sandbox-railway-project", RAILWAY_TOKEN_PROJECT);
	assert_true(railway_whoami(r, f->a, &who, &e));
	assert_string_equal(who.project_name, "acme");
	assert_string_equal(who.environment_id, f->place.environment_id);
	railway_free(r);

	r = kit_client(f, "wrong", RAILWAY_TOKEN_PROJECT);
	assert_false(railway_whoami(r, f->a, &who, &e));
	assert_int_equal(e.code, ERR_AUTH);
	assert_non_null(strstr(e.msg, "RAILWAY_TOKEN"));
	railway_free(r);

	r = kit_client(f, "wrong-very-secret", RAILWAY_TOKEN_BEARER);
	assert_false(railway_whoami(r, f->a, &who, &e));
	assert_int_equal(e.code, ERR_AUTH);
	assert_non_null(strstr(e.msg, "RAILWAY_API_TOKEN"));
	assert_null(strstr(e.msg, "very-secret"));
	railway_free(r);
}

static void test_resolve(void **state)
{
	struct fix *f = *state;
	struct railway_place p;
	struct err e;
	struct railway *r = kit_client(f, "sandbox-railway-project", RAILWAY_TOKEN_PROJECT);

	assert_true(railway_resolve(f->r, f->a, f->place.project_id, "PRODUCTION", &p, &e));
	assert_string_equal(p.environment_name, "production");
	assert_false(railway_resolve(f->r, f->a, "nothing", NULL, &p, &e));
	assert_int_equal(e.code, ERR_CONFIG);
	assert_non_null(strstr(e.msg, "acme"));
	assert_false(railway_resolve(f->r, f->a, "acme", "staging", &p, &e));
	assert_int_equal(e.code, ERR_CONFIG);
	assert_non_null(strstr(e.msg, "production"));
	assert_false(railway_resolve(f->r, f->a, "acme", "locked", &p, &e));
	assert_int_equal(e.code, ERR_FORBIDDEN);
	assert_false(
	        railway_resolve(f->r, f->a, "00000000-0000-4000-8000-000000000000", NULL, &p, &e));
	assert_int_equal(e.code, ERR_NOT_FOUND);

	assert_true(railway_resolve(r, f->a, NULL, NULL, &p, &e));
	assert_string_equal(p.environment_id, f->place.environment_id);
	assert_false(railway_resolve(r, f->a, "other", NULL, &p, &e));
	assert_int_equal(e.code, ERR_CONFIG);
	railway_free(r);
}

/* --- the scan --- */

static void test_scan(void **state)
{
	struct fix *f = *state;
	uint64_t before = railway_sent(f->r);
	struct railway_scan s = kit_scan(f);
	const struct railway_service *api = kit_service(&s, "api"),
	                             *pg = kit_service(&s, "postgres");

	assert_int_equal(railway_sent(f->r) - before, 1);
	assert_int_equal(s.requests, 1);
	assert_int_equal(s.nservices, 9);
	assert_false(s.usage_blind);
	assert_true(s.platform_known && s.platform_stable);
	assert_int_equal(s.foreign_series, 2); /* a deleted service, in both lists */
	assert_int_equal(s.step_ms, 60000);
	assert_true(s.complete_until_ms <= s.end_ms && s.complete_until_ms > s.end_ms - 120000);

	assert_string_equal(api->repo, "acme/api");
	assert_string_equal(api->active.message, "Refuse orders without a quantity");
	assert_string_equal(api->active.author, "ana");
	assert_int_equal(api->ndomains, 2);
	assert_int_equal(api->running, 1);
	assert_true(api->usage.memory.n >= 28);
	assert_true(api->usage.memory.points[api->usage.memory.n - 1].value >
	            api->usage.memory.points[0].value * 1.3);
	assert_int_equal(pg->kind, RAILWAY_DATABASE);
	assert_true(pg->volume && pg->volume->size_mb == 5000);
	assert_true(pg->usage.disk.n > 0);
	assert_true(pg->usage.cpu.points[10].value > 1.5);
	assert_int_equal(kit_service(&s, "billing-cron")->kind, RAILWAY_CRON);
	assert_int_equal(kit_service(&s, "orders")->replicas_wanted, 2);
	assert_true(kit_service(&s, "docs")->sleeping);
	assert_string_equal(kit_service(&s, "payments")->root_directory, "services/payments");
}

static void test_http(void **state)
{
	struct fix *f = *state;
	struct railway_scan s = kit_scan(f);
	struct railway_http *h, *exact;
	const struct railway_http *api, *docs, *orders;
	const struct railway_sample *x;
	size_t n, k;
	unsigned requests;
	struct err e;

	assert_true(kit_http(f, &s, false, &h, &n, &requests, &e));
	assert_int_equal(n, 5);
	assert_int_equal(requests, 1);
	api = kit_http_of(h, n, kit_service(&s, "api"));
	assert_true(api->s5xx / api->requests > 0.85 && api->requests > 1000);
	assert_int_equal(api->top[0].status, 500);
	docs = kit_http_of(h, n, kit_service(&s, "docs"));
	assert_true(docs->counts_known && docs->latency_known && docs->requests == 0);
	assert_true(isnan(docs->window.p95));
	orders = kit_http_of(h, n, kit_service(&s, "orders"));
	assert_true(orders->window_estimated && orders->window.p95 > 3000);

	assert_true(kit_http(f, &s, true, &exact, &n, &requests, &e));
	assert_int_equal(requests, 1);
	k = (size_t)(orders - h);
	assert_false(exact[k].window_estimated);
	assert_true(fabs(exact[k].window.p95 - orders->window.p95) < 0.1 * orders->window.p95);

	x = railway_samples(f->a, &s, kit_service(&s, "api"), api, &n);
	assert_int_equal(n, (s.complete_until_ms - s.start_ms) / 60000);
	for (size_t i = 0; i < n; i++) {
		assert_true(x[i].ts_ms % 60000 == 0 && x[i].ts_ms < s.complete_until_ms);
		assert_true(x[i].requests > 0 && x[i].mem_limit_gb == 1 && x[i].p95_ms > 0);
	}
	x = railway_samples(f->a, &s, kit_service(&s, "docs"), docs, &n);
	assert_true(x[0].requests == 0 && isnan(x[0].p95_ms));
}

static double cpu_s(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return (double)u.ru_utime.tv_sec + (double)u.ru_stime.tv_sec +
	       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static void test_size(void **state)
{
	static const struct {
		const char *world;
		size_t services;
		unsigned state, http;
	} cases[] = {
	        {"{\"services\":500,\"domains\":500}", 500, 1, 50},
	        {"{\"services\":500,\"domains\":0}", 500, 1, 0},
	        {"{\"services\":1000,\"domains\":15}", 1000, 2, 2},
	        {"{\"services\":11,\"domains\":11}", 11, 1, 2},
	};
	struct fix *f = *state;

	for (size_t i = 0; i < UNIT_LEN(cases); i++) {
		struct railway_scan s;
		struct railway_http *h;
		unsigned requests = 0;
		size_t n, samples;
		struct err e;
		double before;

		unit_case("%s", cases[i].world);
		sandbox_control(f->sandbox, f->a, "/railway/world", cases[i].world);
		kit_scan(f); /* the first look does not know how many there are */
		before = cpu_s();
		s = kit_scan(f);
		assert_int_equal(s.nservices, cases[i].services);
		assert_int_equal(s.requests, cases[i].state);
		assert_false(s.usage_blind);
		assert_true(kit_http(f, &s, false, &h, &n, &requests, &e));
		assert_int_equal(requests, cases[i].http);
		for (size_t k = 0; k < n; k++)
			assert_true(h[k].counts_known && h[k].latency_known && h[k].requests > 0);
		for (size_t k = 0; k < s.nservices; k++)
			railway_samples(f->a, &s, &s.services[k], k < n ? &h[k] : NULL, &samples);
		fprintf(stderr, "# %zu services, %u+%u requests, step %lld s: %.3f s of CPU\n",
		        s.nservices, s.requests, requests, (long long)s.step_ms / 1000,
		        cpu_s() - before);
	}
}

/* --- the expensive look --- */

static void test_logs(void **state)
{
	struct fix *f = *state;
	struct railway_scan s = kit_scan(f);
	const struct railway_service *api = kit_service(&s, "api");
	struct railway_logs_request q = {.id = api->active.id,
	        .from_ms = s.start_ms,
	        .to_ms = s.end_ms,
	        .limit = 50,
	        .filter = "@level:error"};
	struct railway_logs logs;
	struct railway_http_logs http;
	struct err e;

	assert_true(railway_deploy_logs(f->r, f->a, &q, &logs, &e));
	assert_int_equal(logs.n, 50);
	assert_true(logs.truncated);
	for (size_t i = 0; i < logs.n; i++) {
		assert_string_equal(logs.rows[i].severity, "error");
		assert_string_equal(logs.rows[i].service_id, api->id);
		assert_true(i == 0 || logs.rows[i - 1].ts_ns <= logs.rows[i].ts_ns);
		assert_true(logs.rows[i].ts_ms > q.from_ms && logs.rows[i].ts_ms <= q.to_ms);
	}
	q.to_ms = logs.rows[0].ts_ms; /* older ones, by asking again */
	assert_true(railway_deploy_logs(f->r, f->a, &q, &logs, &e));
	assert_true(logs.rows[logs.n - 1].ts_ms <= q.to_ms);

	q.id = f->place.environment_id;
	q.to_ms = s.end_ms;
	q.limit = 2000;
	q.filter = arena_printf(f->a, "@service:%s AND %s", kit_service(&s, "payments")->id,
	        railway_phrase(f->a, "ETIMEDOUT api"));
	assert_true(railway_env_logs(f->r, f->a, &q, &logs, &e));
	assert_true(logs.n > 10);
	for (size_t i = 0; i < logs.n; i++)
		assert_non_null(strstr(logs.rows[i].message, "ETIMEDOUT api.stripe.com"));

	q = (struct railway_logs_request){.id = api->active.id};
	assert_true(railway_build_logs(f->r, f->a, &q, &logs, &e));
	assert_true(logs.n >= 7);
	assert_false(logs.truncated);

	q = (struct railway_logs_request){.id = api->active.id,
	        .from_ms = s.start_ms,
	        .to_ms = s.end_ms,
	        .limit = 300,
	        .filter = "@httpStatus:500..599"};
	assert_true(railway_http_logs(f->r, f->a, &q, &http, &e));
	assert_int_equal(http.n, 300);
	for (size_t i = 0; i < http.n; i++)
		assert_true(http.rows[i].status >= 500 && http.rows[i].total_ms > 0);
	q.from_ms = 0;
	assert_false(railway_http_logs(f->r, f->a, &q, &http, &e));
	assert_int_equal(e.code, ERR_INPUT);
}

static void test_deployments(void **state)
{
	struct fix *f = *state;
	struct railway_scan s = kit_scan(f);
	struct railway_deployments_request q = {.project_id = f->place.project_id,
	        .environment_id = f->place.environment_id,
	        .service_id = kit_service(&s, "payments")->id};
	const struct railway_deployment *d;
	const struct railway_event *v;
	const struct railway_variable *names;
	size_t n, i;
	struct err e;

	assert_true(railway_deployments(f->r, f->a, &q, &d, &n, &e));
	assert_int_equal(n, 2);
	assert_true(d[0].created_ms > d[1].created_ms);
	assert_string_equal(d[0].message, "Retry charges three times");
	assert_int_equal(d[1].status, RAILWAY_FAILED);

	assert_true(railway_events(f->r, f->a, d[1].id, &v, &n, &e));
	assert_int_equal(n, 2);
	assert_string_equal(v[1].step, "BUILD_IMAGE");
	assert_non_null(strstr(v[1].error, "exited with 1"));

	assert_true(railway_variables(f->r, f->a, f->place.environment_id, &names, &n, &e));
	for (i = 0; i < n && !str_eq(names[i].name, "JWT_SECRET"); i++)
		;
	assert_true(i < n && names[i].sealed);
	assert_string_equal(names[0].references[0], "postgres.DATABASE_URL");
}

/* What a rollout leaves behind is told from what serves. */
static void test_rollout(void **state)
{
	struct fix *f = *state;
	struct railway_scan s;
	const struct railway_service *web, *worker, *api;

	sandbox_control(f->sandbox, f->a, "/railway/deploy",
	        "{\"service\":\"web\",\"status\":\"CRASHED\",\"commit\":\"c1\"}");
	sandbox_control(f->sandbox, f->a, "/railway/deploy",
	        "{\"service\":\"worker\",\"restarting\":true}");
	sandbox_control(
	        f->sandbox, f->a, "/railway/deploy", "{\"service\":\"api\",\"build_ms\":3600000}");
	s = kit_scan(f);
	web = kit_service(&s, "web");
	assert_int_equal(web->latest.status, RAILWAY_CRASHED);
	assert_string_equal(web->latest.commit, "c1");
	assert_int_equal(web->active.status, RAILWAY_SUCCESS);
	assert_int_equal(web->crashed, 2);
	assert_int_equal(web->running, 2);
	worker = kit_service(&s, "worker");
	assert_int_equal(worker->restarting, 1);
	assert_int_equal(worker->running, 0);
	api = kit_service(&s, "api");
	assert_true(railway_status_rolling(api->latest.status));
	assert_int_equal(api->active.status, RAILWAY_SUCCESS);
	assert_string_equal(api->active.author, "ana");
}

/* A merge is deployed, and the service is well again. */
static void test_repair(void **state)
{
	struct fix *f = *state;
	struct railway_scan s;
	struct railway_http *h;
	const struct railway_http *api;
	size_t n;
	unsigned requests;
	struct err e;

	sandbox_control(f->sandbox, f->a, "/time", "{\"factor\":100000}");
	sandbox_control(f->sandbox, f->a, "/railway/merge",
	        "{\"repo\":\"acme/api\",\"commit\":\"1234567890abcdef1234567890abcdef12345678\","
	        "\"message\":\"Release the connection of refused orders\",\"author\":\"heal\"}");
	/* 100,000 times faster: the half hour that the window shows passes in 18 ms */
	for (int i = 0; i < 200; i++) {
		s = kit_scan(f);
		assert_true(kit_http(f, &s, false, &h, &n, &requests, &e));
		api = kit_http_of(h, n, kit_service(&s, "api"));
		if (api->s5xx / api->requests < 0.01)
			break;
	}
	assert_true(api->s5xx / api->requests < 0.01);
	assert_string_equal(kit_service(&s, "api")->active.author, "heal");
	assert_true(kit_service(&s, "api")->active.commit[0] == '1');
	assert_true(kit_http_of(h, n, kit_service(&s, "payments"))->s5xx > 10);
}

int main(void)
{
	static struct fix fixture;
	const struct CMUnitTest tests[] = {
	        KIT_CASE(test_whoami),
	        KIT_CASE(test_resolve),
	        KIT_CASE(test_scan),
	        KIT_CASE(test_http),
	        KIT_CASE(test_size),
	        KIT_CASE(test_logs),
	        KIT_CASE(test_deployments),
	        KIT_CASE(test_rollout),
	        KIT_CASE(test_repair),
	};
	int failed;

	if (!kit_begin(&fixture))
		return 2;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	kit_end(&fixture);
	return failed;
}
