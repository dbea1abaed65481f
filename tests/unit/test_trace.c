/* test_trace.c - trace ids in lines, and the waterfall of one request. */
#include "str.h"
#include "trace.h"
#include "unit/unit.h"

static void test_ids(void **state)
{
	static const struct {
		const char *line, *id;
	} t[] = {
	        {"POST /orders 500 request_id=ddab6ba7-5de8-4765-a106-8a43d1c357e5",
	                "ddab6ba7-5de8-4765-a106-8a43d1c357e5"},
	        {"{\"level\":\"error\",\"traceId\":\"4bf92f3577b34da6\"}", "4bf92f3577b34da6"},
	        {"trace_id: 'abcdef0123' failed", "abcdef0123"},
	        {"X-Request-Id: 0123456789", "0123456789"},
	        {"request_id=short", NULL},
	        {"stack trace follows", NULL},
	        {"trace_id", NULL},
	        {"", NULL},
	};
	struct arena *a = *state;

	for (size_t i = 0; i < UNIT_LEN(t); i++) {
		const char *id = trace_id_of(a, t[i].line);

		unit_case("%s", t[i].line);
		assert_string_equal(str_or(id, "none"), str_or(t[i].id, "none"));
	}
}

static void test_waterfall(void **state)
{
	struct arena *a = *state;
	struct trace_row rows[] = {
	        {"orders", "SELECT took long", 1000 + 2000, 0},
	        {"web", "GET /cart", 1000, 0},
	        {"api", "timeout", 1000 + 3000, 1},
	        {"api", "POST /orders", 1000 + 100, 0},
	};
	const char *text = trace_waterfall(a, "4bf92f3577b34da6", rows, 4);

	assert_true(str_starts(text, "trace 4bf92f3577b…: 3 000 ms, 3 services, failed\n"));
	assert_non_null(strstr(text, "\n+     0 ms |                web: GET /cart\n"));
	assert_non_null(strstr(text, "\n+  3000 ms                x api: timeout"));
	assert_true(strstr(text, "POST /orders") < strstr(text, "SELECT took long"));
	assert_null(trace_waterfall(a, "x", rows, 1));
	rows[1].ts_ms = rows[0].ts_ms;
	assert_null(trace_waterfall(a, "x", rows, 2)); /* one moment */
}

UNIT_MAIN(UNIT_ARENA(test_ids), UNIT_ARENA(test_waterfall))
