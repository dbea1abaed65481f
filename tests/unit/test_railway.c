/* Railway's answers, without a wire: classification, decoding, percentiles, samples. */
#include "unit.h"

#include <math.h>

#include "base/embed.h"
#include "clients/railway_private.h"
#include "redact.h"
#include "str.h"

static const int64_t now_ms = 1790000000000;

static bool classify(struct arena *a, int status, const char *type, const char *body,
        const struct http_header *headers, struct railway_reply *out, struct err *e)
{
	static const struct http_header none[] = {{NULL, NULL}};
	struct http_response r = {.status = status,
	        .body = body,
	        .len = strlen(body),
	        .content_type = type,
	        .retry_after_ms = -1,
	        .headers = headers ? headers : none};

	return railway_reply(a, &r, now_ms, out, e);
}

static void test_reply_table(void **state)
{
	static const struct {
		const char *name;
		int status;
		const char *body;
		enum err_code code;
		bool retryable, graphql, denied;
	} cases[] = {
	        {"resolver", 200, "{\"data\":null,\"errors\":[{\"message\":\"boom\"}]}", ERR_STATUS,
	                true, true, false},
	        {"heavy", 200, "{\"errors\":[{\"message\":\"Problem Processing request\"}]}",
	                ERR_STATUS, true, true, false},
	        {"denied", 200, "{\"errors\":[{\"message\":\"Not authorized\"}],\"data\":null}",
	                ERR_FORBIDDEN, false, true, true},
	        {"401", 401, "{\"errors\":[{\"message\":\"x\"}]}", ERR_FORBIDDEN, false, true,
	                true},
	        {"token", 200, "{\"errors\":[{\"message\":\"Project Token not found\"}]}", ERR_AUTH,
	                false, true, false},
	        {"project", 200, "{\"errors\":[{\"message\":\"Project not found\"}]}",
	                ERR_NOT_FOUND, false, true, false},
	        {"field", 400,
	                "{\"errors\":[{\"message\":\"Cannot query field \\\"x\\\" on type \\\"Y\\\".\","
	                "\"extensions\":{\"code\":\"GRAPHQL_VALIDATION_FAILED\"}}]}",
	                ERR_PROTO, false, true, false},
	        {"broad", 400, "{\"errors\":[{\"message\":\"Query exceeds maximum breadth\"}]}",
	                ERR_PROTO, false, true, false},
	        {"input", 400,
	                "{\"errors\":[{\"message\":\"bad\",\"extensions\":{\"code\":\"BAD_USER_INPUT\"}}]}",
	                ERR_INPUT, false, true, false},
	        {"limited inside 200", 200,
	                "{\"errors\":[{\"message\":\"Rate limit exceeded, try again in 7 seconds\"}]}",
	                ERR_LIMITED, true, false, false},
	        {"null", 200, "{\"data\":null}", ERR_PROTO, true, false, false},
	        {"nothing", 200, "{}", ERR_PROTO, true, false, false},
	        {"html 200", 200, "<html>hello", ERR_PROTO, true, false, false},
	        {"agent", 403, "<h1>error code: 1010</h1>", ERR_FORBIDDEN, false, false, false},
	        {"edge", 429, "error code: 1015", ERR_LIMITED, true, false, false},
	        {"502", 502, "<html>bad gateway", ERR_STATUS, true, false, false},
	        {"404", 404, "<html>", ERR_CONFIG, false, false, false},
	        {"redirect", 301, "", ERR_CONFIG, false, false, false},
	};

	for (size_t i = 0; i < UNIT_LEN(cases); i++) {
		struct railway_reply out;
		struct err e = {0};

		unit_case("%s", cases[i].name);
		assert_false(classify(*state, cases[i].status, "", cases[i].body, NULL, &out, &e));
		assert_int_equal(e.code, cases[i].code);
		assert_int_equal(e.retryable, cases[i].retryable);
		assert_int_equal(out.graphql, cases[i].graphql);
		assert_int_equal(out.denied, cases[i].denied);
		assert_true(strlen(e.msg) > 10);
	}
}

static void test_reply_waits(void **state)
{
	static const struct {
		const char *header, *value, *text;
		uint32_t ms;
	} cases[] = {
	        {"X-RateLimit-Reset", "1790000012", "", 12000},
	        {"X-RateLimit-Reset", "30", "", 30000},
	        {"X-RateLimit-Reset", "junk", "", 60000},
	        {"X-Other", "1", "try again in 17 seconds", 17000},
	        {"X-Other", "1", "please try again in 2 minutes", 120000},
	        {"X-Other", "1", "", 60000},
	        {"X-RateLimit-Reset", "1890000000", "", 3600000},
	};

	for (size_t i = 0; i < UNIT_LEN(cases); i++) {
		struct http_header h[] = {{cases[i].header, cases[i].value}, {NULL, NULL}};
		struct railway_reply out;
		struct err e = {0};

		unit_case("%zu %s", i, cases[i].value);
		assert_false(classify(*state, 429, "application/json",
		        arena_printf(*state,
		                "{\"errors\":[{\"message\":\"Too many requests %s\"}]}",
		                cases[i].text),
		        h, &out, &e));
		assert_int_equal(e.code, ERR_LIMITED);
		assert_int_equal(e.retry_ms, cases[i].ms);
	}
}

static void test_reply_roots(void **state)
{
	struct railway_reply out;
	struct err e = {0};

	assert_false(classify(*state, 200, "",
	        "{\"data\":null,\"errors\":[{\"message\":\"x\",\"path\":[\"c3\"],\"traceId\":\"t-1\"},"
	        "{\"message\":\"y\",\"path\":[\"c3\",0]},{\"message\":\"z\",\"path\":[\"d1\"]}]}",
	        NULL, &out, &e));
	assert_int_equal(out.nroots, 2);
	assert_string_equal(out.root[0], "c3");
	assert_string_equal(out.root[1], "d1");
	assert_false(out.nested);
	assert_non_null(strstr(e.msg, "trace t-1"));

	assert_false(classify(*state, 200, "",
	        "{\"data\":{\"environment\":{}},\"errors\":[{\"message\":\"x\",\"path\":"
	        "[\"environment\",\"serviceInstances\",\"edges\",1]}]}",
	        NULL, &out, &e));
	assert_true(out.nested);
	assert_non_null(out.data);
	assert_true(
	        classify(*state, 200, "", "{\"data\":{\"a\":1},\"errors\":[]}", NULL, &out, &e));
}

/* --- state --- */

static const char state_json[] =
        "{\"serviceInstances\":{\"edges\":["
        "{\"node\":{\"id\":\"i1\",\"serviceId\":\"s1\",\"serviceName\":\"zeta\",\"source\":"
        "{\"repo\":\"acme/zeta\",\"image\":null},\"domains\":{\"customDomains\":[{\"domain\":"
        "\"old.example\",\"deletedAt\":\"2026-01-01T00:00:00Z\"}],\"serviceDomains\":[{\"domain\":"
        "\"z.up.railway.app\",\"deletedAt\":null}]},\"latestDeployment\":{\"id\":\"d2\",\"status\":"
        "\"CRASHED\",\"createdAt\":\"2026-09-21T10:00:00.000Z\",\"meta\":{\"commitHash\":\"abc\","
        "\"branch\":\"dev\",\"serviceManifest\":{\"deploy\":{\"multiRegionConfig\":{\"eu\":"
        "{\"numReplicas\":2},\"us\":{\"numReplicas\":1},\"ap\":null}}}},\"instances\":[{\"status\":"
        "\"CRASHED\"},{\"status\":\"RESTARTING\"}]},\"activeDeployments\":[{\"id\":\"d1\",\"status\":"
        "\"SUCCESS\",\"createdAt\":\"2026-09-20T10:00:00Z\",\"instances\":[{\"status\":\"RUNNING\"},"
        "{\"status\":\"RUNNING\"},{\"status\":\"REMOVED\"}]}]}},"
        "{\"node\":{\"serviceId\":\"s2\",\"serviceName\":\"alpha\",\"source\":{\"image\":"
        "\"ghcr.io/railwayapp-templates/Postgres-ssl:16\"},\"latestDeployment\":{\"id\":\"d3\","
        "\"status\":\"CANCELLED\",\"instances\":[]},\"activeDeployments\":[]}},"
        "{\"node\":{\"serviceId\":\"s3\",\"serviceName\":\"gone\",\"deletedAt\":"
        "\"2026-01-01T00:00:00Z\"}},"
        "{\"node\":{\"serviceId\":\"s4\",\"serviceName\":\"Night\",\"cronSchedule\":\"0 2 * * *\","
        "\"source\":{\"image\":\"redis:7\"},\"latestDeployment\":null}},"
        "{\"node\":{\"serviceId\":\"s1\",\"serviceName\":\"zeta\"}},"
        "{\"node\":null},17]},"
        "\"volumeInstances\":{\"edges\":[{\"node\":{\"id\":\"v1\",\"serviceId\":\"s2\",\"sizeMB\":1024,"
        "\"currentSizeMB\":512.5,\"state\":\"READY\",\"volume\":{\"name\":\"data\"}}}]}}";

static void test_state(void **state)
{
	struct arena *a = *state;
	struct railway_collect c = {0};
	struct railway_scan out = {0};
	const struct railway_service *alpha, *night, *zeta;

	railway_decode_state(a, json_parse(a, state_json, strlen(state_json), NULL), &c);
	railway_finish_state(a, &c, &out);
	assert_int_equal(out.nservices, 3);
	alpha = &out.services[0];
	night = &out.services[1];
	zeta = &out.services[2];

	assert_string_equal(alpha->name, "alpha");
	assert_int_equal(alpha->kind, RAILWAY_DATABASE);
	assert_int_equal(
	        alpha->latest.status, RAILWAY_UNKNOWN); /* CANCELLED is not in the schema */
	assert_null(alpha->active.id);
	assert_non_null(alpha->volume);
	assert_true(alpha->volume->used_mb == 512.5);
	assert_int_equal(alpha->replicas_wanted, -1);

	assert_int_equal(night->kind, RAILWAY_CRON); /* cron wins over the image */
	assert_null(night->latest.id);

	assert_string_equal(zeta->repo, "acme/zeta");
	assert_string_equal(zeta->branch, "dev");
	assert_int_equal(zeta->ndomains, 1);
	assert_string_equal(zeta->domains[0], "z.up.railway.app");
	assert_null(zeta->domains[1]);
	assert_int_equal(zeta->replicas_wanted, 3);
	assert_int_equal(zeta->nregions, 2);
	assert_int_equal(zeta->latest.status, RAILWAY_CRASHED);
	assert_string_equal(zeta->active.id, "d1");
	assert_int_equal(zeta->running, 2);
	assert_int_equal(zeta->crashed, 1);
	assert_int_equal(zeta->restarting, 1);
	assert_string_equal(zeta->latest.commit, "abc");
}

/* --- usage --- */

static struct railway_service two[2];

static void usage_of(struct arena *a, const char *usage, const char *slow, struct railway_scan *out)
{
	memset(two, 0, sizeof(two));
	two[0].id = "b";
	two[1].id = "a";
	two[0].name = two[1].name = "x";
	two[0].running = 3;
	memset(out, 0, sizeof(*out));
	out->services = two;
	out->nservices = 2;
	out->start_ms = 600000;
	out->end_ms = 1230000;
	out->step_ms = 60000;
	out->complete_until_ms = 1200000;
	railway_decode_usage(a, json_parse(a, usage, strlen(usage), NULL),
	        json_parse(a, slow, strlen(slow), NULL), two, out);
}

static void test_usage(void **state)
{
	struct railway_scan out;
	const struct railway_sample *s;
	size_t n;

	usage_of(*state,
	        "[{\"measurement\":\"CPU_USAGE\",\"tags\":{\"serviceId\":\"b\"},\"values\":["
	        "{\"ts\":720,\"value\":3.5},{\"ts\":600,\"value\":1},{\"ts\":720,\"value\":4},"
	        "{\"ts\":\"x\",\"value\":1},{\"ts\":1140,\"value\":9}]},"
	        "{\"measurement\":\"CPU_USAGE\",\"tags\":{\"serviceId\":\"zz\"},\"values\":[]},"
	        "{\"measurement\":\"NEW_THING\",\"tags\":{\"serviceId\":\"a\"},\"values\":[]},"
	        "{\"measurement\":\"MEMORY_USAGE_GB\",\"tags\":{\"serviceId\":\"a\"},\"values\":[]}]",
	        "[{\"measurement\":\"CPU_LIMIT\",\"tags\":{\"serviceId\":\"b\"},\"values\":["
	        "{\"ts\":600,\"value\":2},{\"ts\":1020,\"value\":4}]}]",
	        &out);
	assert_int_equal(out.foreign_series, 1);
	assert_int_equal(two[0].usage.cpu.n, 3); /* sorted, twins merged, junk dropped */
	assert_true(two[0].usage.cpu.points[0].ts_ms == 600000);
	assert_int_equal(two[1].usage.memory.n, 0);
	/* 9 vCPU with a limit of 4 and three replicas: the limit was per replica */
	assert_true(two[0].usage.limit_scaled);
	assert_true(two[0].usage.cpu_limit.points[1].value == 12);
	/* the newest bucket may still grow */
	assert_true(out.complete_until_ms == 1140000);

	s = railway_samples(*state, &out, &two[0], NULL, &n);
	assert_int_equal(n, 9);
	assert_true(s[0].cpu == 1);
	assert_true(isnan(s[1].cpu)); /* a gap stays a gap */
	assert_true(s[0].cpu_limit == 6);
	assert_true(s[8].cpu_limit == 12);
	assert_true(isnan(s[0].requests));
	assert_true(isnan(s[0].disk_limit_gb));
}

/* --- HTTP --- */

static void http_of(struct arena *a, const char *counts, const char *durations, bool exact,
        struct railway_http *h)
{
	memset(h, 0, sizeof(*h));
	railway_decode_counts(a, json_parse(a, counts, strlen(counts), NULL), 900000, h);
	railway_decode_durations(
	        a, json_parse(a, durations, strlen(durations), NULL), exact, 900000, h);
}

static const char counts_json[] =
        "[{\"statusCode\":200,\"samples\":[{\"ts\":660,\"value\":10.4},{\"ts\":600,\"value\":90}]},"
        "{\"statusCode\":404,\"samples\":[{\"ts\":600,\"value\":6}]},"
        "{\"statusCode\":503,\"samples\":[{\"ts\":660,\"value\":90},{\"ts\":900,\"value\":50}]}]";

static void test_http(void **state)
{
	struct railway_http h;

	http_of(*state, counts_json, "{\"samples\":[]}", false, &h);
	assert_true(h.counts_known && h.latency_known);
	assert_int_equal(h.ncounts, 3);
	assert_true(h.counts[0].ts_ms == 600000 && h.counts[0].requests == 96);
	assert_true(h.counts[1].s5xx == 90);
	assert_true(h.requests == 196); /* the incomplete bucket is not in the sums */
	assert_true(h.s5xx == 90 && h.s4xx == 6 && h.s2xx == 100);
	assert_int_equal(h.top[0].status, 200);
	assert_int_equal(h.top[1].status, 503);
	assert_int_equal(h.top[3].status, 0);
	assert_true(isnan(railway_window(*state, &h).p95));
}

static void test_window(void **state)
{
	struct railway_latency w;
	struct railway_http h;

	/* 90 slow requests of 196: the median lies between, p95 with the slow ones */
	http_of(*state, counts_json,
	        "{\"samples\":[{\"ts\":600,\"p50\":10,\"p90\":20,\"p95\":30,\"p99\":50},"
	        "{\"ts\":660,\"p50\":1000,\"p90\":2000,\"p95\":3000,\"p99\":5000}]}",
	        false, &h);
	assert_int_equal(h.nlatency, 2);
	w = railway_window(*state, &h);
	assert_true(w.p50 > 10 && w.p50 < 1000);
	assert_true(w.p90 > 1000 && w.p90 < 2000);
	assert_true(w.p95 >= w.p90 && w.p95 < 3000);
	assert_true(w.p99 <= 5000.01 && w.p99 > 3000);

	/* equal buckets give themselves back */
	http_of(*state, "[]",
	        "{\"samples\":[{\"ts\":600,\"p50\":10,\"p90\":20,\"p95\":30,\"p99\":50},"
	        "{\"ts\":660,\"p50\":10,\"p90\":20,\"p95\":30,\"p99\":50}]}",
	        false, &h);
	w = railway_window(*state, &h);
	assert_true(fabs(w.p50 - 10) < 0.01 && fabs(w.p95 - 30) < 0.01 && fabs(w.p99 - 50) < 0.01);

	http_of(*state, "[]",
	        "{\"samples\":[{\"ts\":600,\"p50\":1,\"p90\":2,\"p95\":3,\"p99\":4}]}", true, &h);
	assert_true(h.window.p95 == 3);
	assert_int_equal(h.nlatency, 0);
	assert_false(h.window_estimated);
}

/* --- logs --- */

static void test_logs(void **state)
{
	static const char rows[] =
	        "[{\"timestamp\":\"2026-09-21T14:13:20.5Z\",\"message\":\"old\",\"severity\":\"error\"},"
	        "{\"timestamp\":\"2026-09-21T14:13:20.500000001Z\",\"message\":\"a\",\"attributes\":["
	        "{\"key\":\"level\",\"value\":\"\\\"warning\\\"\"},{\"key\":\"id\",\"value\":\"\\\"x y\\\"\"},"
	        "{\"key\":\"n\",\"value\":\"17\"}]},"
	        "{\"timestamp\":\"2026-09-21T14:13:20.500000001Z\",\"message\":\"a\"},"
	        "{\"timestamp\":\"2026-09-21T14:13:20.500000001Z\",\"message\":\"b\"},"
	        "{\"timestamp\":\"nonsense\",\"message\":\"c\"},"
	        "{\"timestamp\":\"2026-09-21T14:13:21Z\"}]";
	struct railway_logs out;

	railway_decode_logs(*state, json_parse(*state, rows, strlen(rows), NULL), 100, &out);
	assert_int_equal(out.n, 3);
	assert_false(out.truncated);
	assert_string_equal(out.rows[0].severity, "error");
	assert_true(out.rows[0].ts_ns == 1790000000500000000);
	assert_true(out.rows[1].ts_ns == 1790000000500000001);
	assert_string_equal(out.rows[1].severity, "warn");
	assert_int_equal(out.rows[1].nattrs, 2);
	assert_string_equal(out.rows[1].attrs[0].value, "x y");
	assert_string_equal(out.rows[1].attrs[1].value, "17");

	railway_decode_logs(*state, json_parse(*state, rows, strlen(rows), NULL), 2, &out);
	assert_int_equal(out.n, 2); /* one more came than was asked for: the oldest goes */
	assert_true(out.truncated);
	assert_string_equal(out.rows[1].message, "b");
}

static void test_phrase(void **state)
{
	assert_string_equal(
	        railway_phrase(*state, "a\" OR @level:\\\"error\n"), "\"a OR @level:error\"");
}

/* Every string of a JSON body passes the redaction gate: it must leave our queries alone. */
static void test_gate(void **state)
{
	static const char *const values[] = {"32d71cac-946d-412c-b70f-babca46d55c9",
	        "2026-11-24T03:10:08Z", "@service:32d71cac-946d-412c-b70f-babca46d55c9 AND -x",
	        "@httpStatus:500..599", "@level:error"};
	struct redact *r = redact_new();
	size_t documents = 0;
	const char *name;

	for (size_t i = 0; (name = embed_name(i)); i++) {
		const char *text = embed_get(name, NULL);

		if (!str_ends(name, ".graphql"))
			continue;
		unit_case("%s", name);
		assert_string_equal(redact_text(r, *state, text), text);
		documents++;
	}
	assert_true(documents >= 13);
	for (size_t i = 0; i < UNIT_LEN(values); i++)
		assert_string_equal(redact_text(r, *state, values[i]), values[i]);
	redact_free(r);
}

UNIT_MAIN(UNIT_ARENA(test_reply_table), UNIT_ARENA(test_reply_waits), UNIT_ARENA(test_reply_roots),
        UNIT_ARENA(test_state), UNIT_ARENA(test_usage), UNIT_ARENA(test_http),
        UNIT_ARENA(test_window), UNIT_ARENA(test_logs), UNIT_ARENA(test_phrase),
        UNIT_ARENA(test_gate))
