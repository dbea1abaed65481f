/* test_upstream.c - which providers a service shows, and how surely. */
#include "str.h"
#include "unit/unit.h"
#include "upstream.h"

static const struct upstream *first(struct arena *a, struct upstreams *u)
{
	struct upstream *out = ARENA_ARRAY(a, 10, struct upstream);

	return upstreams_list(u, a, out, 10) ? out : NULL;
}

static void test_lines(void **state)
{
	static const struct {
		const char *line, *id; /* NULL = no provider */
	} t[] = {
	        {"ETIMEDOUT api.stripe.com:443 after 10000 ms", "stripe"},
	        {"retry 2 of 3 for https://api.stripe.com/v1/charges", "stripe"},
	        {"StripeConnectionError: could not connect", "stripe"},
	        {"openai.RateLimitError: 429", "openai"},
	        {"connect postgres://u:<password#1a2b>@ep-cool-1.eu.aws.neon.tech/db failed",
	                "neon"},
	        {"SendGridError is no word of theirs: SendgridX", "sendgrid"},
	        {"GET https://notstripe.com/", NULL},
	        {"GET https://stripe.com.evil.example/", NULL},
	        {"postgres.railway.internal:5432 refused", NULL},
	        {"api-production.up.railway.app", NULL},
	        {"a.b", NULL},
	        {"", NULL},
	        {"....---....", NULL},
	};
	struct arena *a = *state;

	for (size_t i = 0; i < UNIT_LEN(t); i++) {
		struct upstreams *u = upstreams_new(a);
		const struct upstream *x;

		unit_case("%s", t[i].line);
		upstreams_line(u, t[i].line, true);
		x = first(a, u);
		assert_string_equal(x ? x->id : "none", t[i].id ? t[i].id : "none");
		assert_true(!x || x->strong);
	}
}

static void test_rank(void **state)
{
	struct arena *a = *state;
	struct upstreams *u = upstreams_new(a), *v = upstreams_new(a);
	struct upstream out[10];
	size_t n;

	upstreams_variable(u, "STRIPE_SECRET_KEY");
	upstreams_variable(u, "PORT");
	upstreams_manifest(u, "package.json",
	        "{\"dependencies\":{\"stripe\":\"1\",\"express\":\"4\"},\"devDependencies\":{\"twilio\":\"1\"}}");
	upstreams_manifest(u, "requirements.txt", "openai==1.2\nflask>=2\n");
	upstreams_line(u, "GET https://api.twilio.com/x 200", false);
	upstreams_line(v, "error: sentry.io unreachable", true);
	upstreams_line(v, "error: sentry.io unreachable", true);
	upstreams_line(v, "redis.railway.internal", false);
	upstreams_line(v, "redis.railway.internal", false);
	upstreams_add(u, upstreams_json(v, a));
	n = upstreams_list(u, a, out, 10);
	assert_int_equal(n, 4);
	assert_string_equal(out[0].id, "sentry");
	assert_string_equal(out[0].why, "sentry.io in 2 failing log lines");
	assert_true(out[0].strong);
	assert_string_equal(out[1].id, "twilio");
	assert_false(out[1].strong);
	assert_string_equal(out[2].why, "variable STRIPE_SECRET_KEY and package stripe");
	assert_string_equal(out[3].why, "package openai only");
	assert_true(str_starts(out[3].page, "https://"));
	assert_string_equal(upstreams_private(u)[0], "redis");
	assert_null(upstreams_private(u)[1]);
	assert_int_equal(upstreams_list(u, a, out, 2), 2);
}

UNIT_MAIN(UNIT_ARENA(test_lines), UNIT_ARENA(test_rank))
