/* test_routes.c - HTTP rows to a route table. */
#include <math.h>

#include "digest.h"
#include "str.h"
#include "unit/unit.h"

static void test_mask(void **state)
{
	static const struct {
		const char *path, *masked;
	} cases[] = {
	        {"/", "/"},
	        {"/orders/17", "/orders/<id>"},
	        {"/api/v1/users/42/posts?page=3", "/api/v1/users/<id>/posts"},
	        {"/u/4f2c1ab9-1111-4222-8333-444455556666", "/u/<id>"},
	        {"/c/5f3a9c1e7b2d4a6f8e0c1d2b", "/c/<id>"},
	        {"/static/logo.png", "/static/logo.png"},
	        {"/files/42.json", "/files/<id>.json"},
	        {"/oauth2/token", "/oauth2/token"},
	        {"/u/ana@example.com/x", "/u/<id>/x"},
	        {"/search;v=1#top", "/search"},
	        {"/order/A1728/lines", "/order/<id>/lines"},
	};

	for (size_t i = 0; i < UNIT_LEN(cases); i++)
		assert_string_equal(route_mask(*state, cases[i].path), cases[i].masked);
}

static void add(struct routes *r, const char *path, int status, double ms, int64_t ts)
{
	routes_add(r, &(struct route_row){"GET", path, status, ms, 1000, ts});
}

static const char *line_of(struct arena *a, const char *table, const char *what)
{
	const char *p = strstr(table, what);

	assert_non_null(p);
	return arena_strndup(a, p, strcspn(p, "\n"));
}

static void test_table(void **state)
{
	struct routes *r = routes_new(1000);
	const char *t, *row;

	for (int i = 1; i <= 100; i++) {
		add(r, arena_printf(*state, "/orders/%d", i), 200, i, 500);
		add(r, "/health", i <= 3 ? 404 : 200, NAN, 500);
	}
	add(r, "/orders/5", 502, 30000, 2000);
	add(r, "/orders/6", 504, 30000, 2001);
	t = routes_render(r, *state, 10);
	assert_int_equal(routes_failing(r), 1);
	assert_true(strstr(t, "GET /orders") < strstr(t, "GET /health")); /* worst first */
	row = line_of(*state, t, "GET /orders/<id>");
	assert_non_null(strstr(row, " 102 "));
	assert_non_null(strstr(row, "new: 502 504"));
	assert_non_null(strstr(row, "2.0 %"));
	row = line_of(*state, t, "GET /health");
	assert_non_null(strstr(row, "        - "));
	assert_null(strstr(row, "new"));
	t = routes_render(r, *state, 1);
	assert_non_null(strstr(t, "1 more routes: 100 requests, 0 of them 5xx"));
	routes_free(r);
}

/* Percentiles against the exact ones: bins of 5 % are within 2.5 %. */
static void test_percentiles(void **state)
{
	struct routes *r = routes_new(0);
	double p50, p95, p99;
	const char *row;

	for (int i = 1; i <= 10000; i++)
		add(r, "/x", 200, i / 10.0, 1);
	row = line_of(*state, routes_render(r, *state, 5), "GET /x");
	assert_int_equal(
	        sscanf(row, "GET /x %*d %*d %*d 0 %% %lf ms %lf ms %lf ms", &p50, &p95, &p99), 3);
	assert_true(fabs(p50 - 500) < 13);
	assert_true(fabs(p95 - 950) < 25);
	assert_true(fabs(p99 - 990) < 26);
	routes_free(r);
}

/* A scanner asks for a million different paths: the table stays small. */
static void test_bounded(void **state)
{
	struct routes *r = routes_new(0);

	for (int i = 0; i < 20000; i++) {
		char path[8] = "/aaaaa";

		for (int k = 1, v = i; k < 6; k++, v /= 26)
			path[k] = (char)('a' + v % 26);
		add(r, path, 404, 1, 1);
	}
	assert_non_null(strstr(routes_render(r, *state, 2000), "(other routes)"));
	assert_non_null(strstr(routes_render(r, *state, 2000), " 18976 "));
	routes_free(r);
}

static void test_empty(void **state)
{
	struct routes *r = routes_new(0);

	assert_string_equal(routes_render(r, *state, 5), "");
	assert_int_equal(routes_failing(r), 0);
	routes_add(r, &(struct route_row){NULL, NULL, 0, NAN, NAN, 0});
	assert_non_null(strstr(routes_render(r, *state, 5), "? /"));
	routes_free(r);
}

UNIT_MAIN(UNIT_ARENA(test_mask), UNIT_ARENA(test_table), UNIT_ARENA(test_percentiles),
        UNIT_ARENA(test_bounded), UNIT_ARENA(test_empty))
