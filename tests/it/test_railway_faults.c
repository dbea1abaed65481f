/* The Railway client when Railway fails, in every documented way. */
#include "unit/unit.h"

#include <math.h>

#include "clock.h"
#include "unit/railway_kit.h"

/* A fault in one part: the rest is there. */
static void test_parts(void **state)
{
	struct fix *f = *state;
	struct railway_scan s;
	struct railway_scan_request q = kit_window(f);
	struct err e;

	kit_fault(f, "{\"peer\":\"railway\",\"match\":\"field metrics usage\",\"action\":{\"name\":"
	             "\"Problem processing request\"}}");
	s = kit_scan(f);
	assert_int_equal(s.requests, 3); /* all, without, then the metrics by themselves */
	assert_false(s.usage_blind);
	assert_true(kit_service(&s, "api")->usage.cpu.n > 20);

	kit_fault(f,
	        "{\"peer\":\"railway\",\"match\":\"field metrics\",\"times\":0,\"action\":{\"name\":"
	        "\"Problem processing request\"}}");
	s = kit_scan(f);
	assert_true(s.usage_blind);
	assert_int_equal(s.usage_err.code, ERR_STATUS);
	assert_int_equal(s.nservices, 9);
	assert_int_equal(kit_service(&s, "api")->usage.cpu.n, 0);
	assert_int_equal(s.requests, 4); /* once more, a quarter as fine */
	sandbox_control(f->sandbox, f->a, "/reset", "{\"peer\":\"railway\"}");

	kit_fault(f,
	        "{\"peer\":\"railway\",\"match\":\"field platformStatus\",\"times\":0,\"action\":"
	        "{\"name\":\"boom\"}}");
	s = kit_scan(f);
	assert_false(s.platform_known);
	assert_int_equal(s.nservices, 9);
	assert_false(s.usage_blind);
	sandbox_control(f->sandbox, f->a, "/reset", "{\"peer\":\"railway\"}");

	kit_fault(f,
	        "{\"peer\":\"railway\",\"match\":\"field environment\",\"action\":{\"name\":\"boom\"}}");
	assert_false(railway_scan(f->r, f->a, &q, &s, &e));
	assert_int_equal(e.code, ERR_STATUS);
	assert_true(e.retryable);
	assert_non_null(strstr(e.msg, "trace sandbox-"));
}

static void test_batch(void **state)
{
	struct fix *f = *state;
	struct railway_scan s = kit_scan(f);
	struct railway_http *h;
	unsigned requests;
	struct err e;
	size_t n, blind = 0;

	/* one broken alias, named: one more request, and only it is blind */
	kit_fault(f, "{\"peer\":\"railway\",\"match\":\"payments\",\"times\":0,\"action\":"
	             "{\"name\":\"upstream is down\"}}");
	assert_true(kit_http(f, &s, false, &h, &n, &requests, &e));
	for (size_t i = 0; i < n; i++)
		blind += !h[i].counts_known;
	assert_int_equal(blind, 1);
	assert_false(kit_http_of(h, n, kit_service(&s, "payments"))->counts_known);
	assert_int_equal(kit_http_of(h, n, kit_service(&s, "payments"))->blind.code, ERR_STATUS);
	assert_int_equal(requests, 2);
	sandbox_control(f->sandbox, f->a, "/reset", "{\"peer\":\"railway\"}");

	/* nobody is named: halves */
	kit_fault(f,
	        "{\"peer\":\"railway\",\"match\":\"graphql\",\"action\":{\"json\":{\"data\":null,"
	        "\"errors\":[{\"message\":\"Problem processing request\"}]}}}");
	assert_true(kit_http(f, &s, false, &h, &n, &requests, &e));
	assert_int_equal(requests, 3);
	for (size_t i = 0; i < n; i++)
		assert_true(h[i].counts_known && h[i].latency_known);

	/* nothing works: bounded, and an error */
	kit_fault(f,
	        "{\"peer\":\"railway\",\"match\":\"graphql\",\"times\":0,\"action\":{\"json\":{\"data\":"
	        "null,\"errors\":[{\"message\":\"Problem processing request\"}]}}}");
	assert_false(kit_http(f, &s, false, &h, &n, &requests, &e));
	assert_int_equal(e.code, ERR_STATUS);
	assert_true(requests <= 9);
}

static void test_failures(void **state)
{
	static const struct {
		const char *name, *action;
		enum err_code code;
		bool retryable;
		uint32_t retry_ms;
	} cases[] = {
	        {"429 with Retry-After",
	                "{\"status\":429,\"retry_after\":1,\"json\":{\"errors\":"
	                "[{\"message\":\"Too many requests\"}]}}",
	                ERR_LIMITED, true, 1000},
	        {"HTML 503",
	                "{\"status\":503,\"content_type\":\"text/html\",\"body\":\"<html>down\"}",
	                ERR_STATUS, true, 0},
	        {"HTML 200", "{\"status\":200,\"content_type\":\"text/html\",\"body\":\"<html>\"}",
	                ERR_PROTO, true, 0},
	        {"data null", "{\"json\":{\"data\":null}}", ERR_PROTO, true, 0},
	        {"cut", "{\"truncate\":200}", ERR_NET, true, 0},
	        {"dropped", "{\"drop_before\":true}", ERR_NET, true, 0},
	};
	struct fix *f = *state;

	for (size_t i = 0; i < UNIT_LEN(cases); i++) {
		struct railway_scan_request q = kit_window(f);
		struct railway_scan s;
		struct err e = {0};

		unit_case("%s", cases[i].name);
		kit_fault(f, arena_printf(f->a,
		                     "{\"peer\":\"railway\",\"match\":\"graphql\",\"action\":%s}",
		                     cases[i].action));
		assert_false(railway_scan(f->r, f->a, &q, &s, &e));
		assert_int_equal(e.code, cases[i].code);
		assert_int_equal(e.retryable, cases[i].retryable);
		assert_int_equal(e.retry_ms, cases[i].retry_ms);
		assert_false(e.ambiguous);
		kit_scan(f); /* and well again, after the wait */
	}
}

static void test_tokens(void **state)
{
	struct fix *f = *state;
	struct railway_scan_request q = kit_window(f);
	struct railway *r = kit_client(f, "sandbox-railway-project", RAILWAY_TOKEN_PROJECT);
	struct railway_scan s;
	struct err e;

	assert_true(railway_scan(r, f->a, &q, &s, &e));
	assert_int_equal(s.nservices, 9);

	/* refused, but the token lives: it is the right that is missing */
	q.environment_id = "00000000-0000-4000-8000-000000000000";
	kit_fault(f, "{\"peer\":\"railway\",\"match\":\"field environment\",\"action\":{\"name\":"
	             "\"Not Authorized\"}}");
	assert_false(railway_scan(r, f->a, &q, &s, &e));
	assert_int_equal(e.code, ERR_FORBIDDEN);
	railway_free(r);

	/* refused, and the token is dead */
	r = kit_client(f, "sandbox-railway-workspace", RAILWAY_TOKEN_BEARER);
	sandbox_control(f->sandbox, f->a, "/railway/token",
	        "{\"token\":\"sandbox-railway-workspace\",\"revoked\":true}");
	assert_false(railway_scan(r, f->a, &q, &s, &e));
	assert_int_equal(e.code, ERR_AUTH);
	assert_false(e.retryable);
	railway_free(r);
}

/* The plan's limit is met once: after that everybody waits. */
static void test_limit(void **state)
{
	struct fix *f = *state;
	struct railway_scan_request q = kit_window(f);
	struct railway_scan s;
	struct err e;
	uint64_t before;

	sandbox_control(f->sandbox, f->a, "/railway/limits", "{\"per_hour\":0}");
	assert_false(railway_scan(f->r, f->a, &q, &s, &e));
	assert_int_equal(e.code, ERR_LIMITED);
	assert_int_equal(e.retry_ms, 60000);
	before = railway_requests(f->shared);
	assert_false(railway_scan(f->r, f->a, &q, &s, &e));
	assert_int_equal(e.code, ERR_LIMITED);
	assert_true(railway_requests(f->shared) == before); /* nothing was sent */
}

static void test_gap(void **state)
{
	struct fix *f = *state;
	int64_t now = clock_now_ms(), from = now - 15 * 60000;
	struct railway_scan s;
	const struct railway_sample *x;
	size_t n, missing = 0;

	sandbox_control(f->sandbox, f->a, "/railway/gap",
	        arena_printf(f->a, "{\"service\":\"web\",\"from_ms\":%lld,\"to_ms\":%lld}",
	                (long long)from, (long long)from + 5 * 60000));
	s = kit_scan(f);
	x = railway_samples(f->a, &s, kit_service(&s, "web"), NULL, &n);
	for (size_t i = 0; i < n; i++)
		missing += isnan(x[i].cpu) && isnan(x[i].mem_gb);
	assert_int_equal(missing, 5);
}

int main(void)
{
	static struct fix fixture;
	const struct CMUnitTest tests[] = {
	        KIT_CASE(test_parts),
	        KIT_CASE(test_batch),
	        KIT_CASE(test_failures),
	        KIT_CASE(test_tokens),
	        KIT_CASE(test_limit),
	        KIT_CASE(test_gap),
	};
	int failed;

	if (!kit_begin(&fixture))
		return 2;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	kit_end(&fixture);
	return failed;
}
