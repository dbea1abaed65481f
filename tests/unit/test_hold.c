/* Shadow mode, maintenance windows, the kill switch, candidates; and which services fail together.
 */
#include "unit.h"

#include <unistd.h>

#include "app/config.h"
#include "clock.h"
#include "hold.h"
#include "incident.h"
#include "scan_group.h"
#include "store/store.h"
#include "str.h"

enum { MIN_MS = 60000, HOUR_MS = 3600000 };

static const int64_t now_ms = 1700000000000;

struct ground {
	char dir[64];
	struct store *s;
	struct arena *a;
	struct settings set;
};

static int setup(void **state)
{
	struct ground *g = calloc(1, sizeof(*g));
	struct err e = {0};

	strcpy(g->dir, "/tmp/heal-hold-XXXXXX");
	assert_non_null(mkdtemp(g->dir));
	g->a = arena_new(0);
	g->s = store_open(arena_printf(g->a, "%s/heal.db", g->dir), STORE_OWN, &e);
	if (!g->s)
		fail_msg("%s", e.msg);
	clock_fake(now_ms);
	*state = g;
	return 0;
}

static int teardown(void **state)
{
	struct ground *g = *state;
	char cmd[128];

	clock_fake(0);
	store_close(g->s);
	arena_free(g->a);
	snprintf(cmd, sizeof(cmd), "rm -rf %s", g->dir);
	assert_int_equal(system(cmd), 0);
	free(g);
	return 0;
}

static bool shadow_on(struct ground *g)
{
	struct err e = {0};
	struct shadow s;

	assert_true(shadow_get(g->s, g->a, &g->set, &s, &e));
	return s.on;
}

static void test_shadow_for_a_day(void **state)
{
	struct ground *g = *state;
	struct err e = {0};

	g->set.scan.shadow = SHADOW_FIRST_DAY;
	assert_true(shadow_begin(g->s, now_ms, &e));
	assert_true(shadow_on(g));
	clock_fake(now_ms + 23LL * HOUR_MS);
	assert_true(shadow_begin(g->s, now_ms + 23LL * HOUR_MS, &e)); /* once */
	assert_true(shadow_on(g));
	clock_fake(now_ms + 24LL * HOUR_MS);
	assert_false(shadow_on(g));
	g->set.scan.shadow = SHADOW_YES; /* until somebody says so */
	assert_true(shadow_on(g));
	g->set.scan.shadow = SHADOW_NO;
	assert_false(shadow_on(g));
}

static void test_go_live(void **state)
{
	struct ground *g = *state;
	struct err e = {0};
	struct shadow s;

	assert_true(shadow_begin(g->s, now_ms, &e) && shadow_on(g));
	assert_true(shadow_end(g->s, "U1", &e));
	assert_true(shadow_end(g->s, "U2", &e)); /* the first one did it */
	assert_true(shadow_get(g->s, g->a, &g->set, &s, &e));
	assert_false(s.on);
	assert_string_equal(s.live_by, "U1");
	g->set.scan.shadow = SHADOW_YES;
	assert_false(shadow_on(g));
}

static void test_a_store_that_has_scanned_is_live(void **state)
{
	struct ground *g = *state;
	struct scan_row row = {"e", "s1", "api", NULL, 0, NULL, now_ms};
	struct err e = {0};

	assert_true(scan_save(g->s, &row, 1, &e));
	assert_true(shadow_begin(g->s, now_ms, &e));
	assert_false(shadow_on(g));
}

static void test_mute(void **state)
{
	struct ground *g = *state;
	struct mute m = {"api", now_ms, now_ms + HOUR_MS, "U1"}, *list;
	struct err e = {0};
	size_t n;
	bool was;

	assert_true(mute_set(g->s, &m, &e));
	m.until_ms += HOUR_MS;
	m.since_ms += 1000; /* longer: still the one that began then */
	assert_true(mute_set(g->s, &m, &e));
	assert_true(mute_list(g->s, g->a, &list, &n, &e));
	assert_int_equal(n, 1);
	assert_true(list[0].since_ms == now_ms && list[0].until_ms == now_ms + 2LL * HOUR_MS);
	assert_non_null(mute_of(list, n, "API"));
	assert_null(mute_of(list, n, "web"));
	clock_fake(now_ms + 2LL * HOUR_MS); /* it is over by itself */
	assert_true(mute_list(g->s, g->a, &list, &n, &e) && n == 0);
	clock_fake(now_ms);
	assert_true(mute_end(g->s, "Api", &was, &e) && was);
	assert_true(mute_end(g->s, "api", &was, &e) && !was);
}

static void test_pause(void **state)
{
	struct ground *g = *state;
	struct err e = {0};
	struct pause p;

	assert_true(pause_allows(g->s, g->a, &e));
	assert_true(pause_set(g->s, INT64_MAX, "U1", "deploy freeze", &e));
	clock_fake(now_ms + 30LL * 24 * HOUR_MS);
	assert_false(pause_allows(g->s, g->a, &e));
	assert_int_equal(e.code, ERR_CONFLICT);
	assert_non_null(strstr(e.msg, "deploy freeze"));
	e = (struct err){0};
	assert_true(pause_set(g->s, 0, "U1", NULL, &e) && pause_allows(g->s, g->a, &e));
	assert_true(pause_set(g->s, clock_now_ms() + HOUR_MS, "U1", NULL, &e));
	pause_get(g->s, g->a, &p);
	assert_true(p.on && !p.reason);
	clock_fake(clock_now_ms() + HOUR_MS);
	assert_true(pause_allows(g->s, g->a, &e));
}

static void test_candidates(void **state)
{
	struct ground *g = *state;
	struct candidate c = {.environment_id = "e",
	        .service_id = "s1",
	        .service = "api",
	        .signal = SIGNAL_LATENCY,
	        .severity = SEVERITY_WARN,
	        .hold = HOLD_SHADOW,
	        .began_ms = now_ms - HOUR_MS,
	        .seen_ms = now_ms,
	        .headline = "p95 2 s"};
	struct candidate *list;
	struct err e = {0};
	int64_t deleted;
	size_t n;

	assert_true(candidate_keep(g->s, &c, &e));
	c.severity = SEVERITY_CRIT;
	c.headline = "p95 6 s";
	c.hold = HOLD_MUTE;
	c.seen_ms += HOUR_MS;
	assert_true(candidate_keep(g->s, &c, &e));
	c.severity = SEVERITY_WARN; /* better again: the worst is kept */
	c.headline = "p95 2 s";
	assert_true(candidate_keep(g->s, &c, &e));
	assert_true(candidate_list(g->s, g->a, 0, &list, &n, &e));
	assert_int_equal(n, 1);
	assert_int_equal(list[0].severity, SEVERITY_CRIT);
	assert_string_equal(list[0].headline, "p95 6 s");
	assert_int_equal(list[0].hold, HOLD_MUTE);
	assert_int_equal(list[0].seen_ms, now_ms);
	assert_non_null(candidate_of(list, n, "s1"));
	assert_true(candidate_end(g->s, "e", "s1", 42, &e));
	assert_true(candidate_end(g->s, "e", "s1", 43, &e)); /* there is none any more */
	assert_true(candidate_list(g->s, g->a, 0, &list, &n, &e) && n == 0);
	assert_true(candidate_list(g->s, g->a, now_ms, &list, &n, &e) && n == 1);
	assert_int_equal(list[0].incident, 42);
	assert_true(candidate_prune(g->s, now_ms, 10, &deleted, &e) && deleted == 0);
	assert_true(candidate_prune(g->s, now_ms + 1, 10, &deleted, &e) && deleted == 1);
}

/* --- together --- */

enum { MAX = 8 };

struct town {
	struct scan scan;
	struct scan_service services[MAX];
	struct railway_service rail[MAX];
	struct watch_view views[MAX];
	size_t fresh[MAX], nfresh;
};

static void add(struct town *t, const char *name, enum railway_kind kind, enum signal s,
        enum severity severity, int minutes_ago)
{
	size_t i = t->scan.nservices++;
	struct watch_view *v = &t->views[i];

	t->scan.now_ms = now_ms;
	t->scan.services = t->services;
	t->rail[i] = (struct railway_service){.id = name, .name = name, .kind = kind};
	t->services[i] = (struct scan_service){.service = &t->rail[i], .view = v};
	if (severity == SEVERITY_NONE)
		return;
	v->open[s] = true;
	v->severity = v->signal[s].severity = severity;
	v->signal[s].since_ms = now_ms - minutes_ago * MIN_MS;
	t->fresh[t->nfresh++] = i;
}

static struct scan_group *groups(
        struct ground *g, struct town *t, const struct incident *open, size_t nopen, size_t *n)
{
	return scan_groups(g->a, &t->scan, t->fresh, t->nfresh, open, nopen, n);
}

static void test_database_and_who_fell_with_it(void **state)
{
	struct ground *g = *state;
	struct town t = {0};
	struct scan_group *v;
	size_t n;

	add(&t, "api", RAILWAY_SERVICE, SIGNAL_ERROR_RATE, SEVERITY_CRIT, 8);
	add(&t, "leaky", RAILWAY_SERVICE, SIGNAL_MEMORY, SEVERITY_WARN, 8);
	add(&t, "orders", RAILWAY_SERVICE, SIGNAL_LATENCY, SEVERITY_WARN, 6);
	add(&t, "postgres", RAILWAY_DATABASE, SIGNAL_CRASH_LOOP, SEVERITY_CRIT, 9);
	add(&t, "old", RAILWAY_SERVICE, SIGNAL_ERROR_RATE, SEVERITY_CRIT, 200);
	v = groups(g, &t, NULL, 0, &n);
	assert_int_equal(n, 1);
	assert_int_equal(v[0].leader, 3);
	assert_int_equal(
	        v[0].nmembers, 2); /* a leak is nobody else's fault; the old one was before */
	assert_true(v[0].members[0] == 0 && v[0].members[1] == 2);
	assert_string_equal(v[0].cause, "the database postgres");
}

static void test_one_service_and_a_database_are_two(void **state)
{
	struct ground *g = *state;
	struct town t = {0};
	size_t n;

	add(&t, "api", RAILWAY_SERVICE, SIGNAL_ERROR_RATE, SEVERITY_CRIT, 8);
	add(&t, "postgres", RAILWAY_DATABASE, SIGNAL_CPU, SEVERITY_WARN, 9);
	groups(g, &t, NULL, 0, &n);
	assert_int_equal(n, 0);
}

static void test_one_deploy(void **state)
{
	struct ground *g = *state;
	struct town t = {0};
	struct scan_group *v;
	size_t n;

	add(&t, "api", RAILWAY_SERVICE, SIGNAL_ERROR_RATE, SEVERITY_CRIT, 8);
	add(&t, "web", RAILWAY_SERVICE, SIGNAL_CRASH_LOOP, SEVERITY_CRIT, 9);
	add(&t, "jobs", RAILWAY_SERVICE, SIGNAL_CPU, SEVERITY_WARN, 9);
	for (int i = 0; i < 2; i++)
		t.rail[i].latest = (struct railway_deployment){.commit = "4f2c1ab90d7e",
		        .author = "Ana",
		        .created_ms = now_ms - 10 * MIN_MS};
	t.rail[2].latest = (struct railway_deployment){
	        .commit = "77aa10c", .created_ms = now_ms - 10 * MIN_MS};
	v = groups(g, &t, NULL, 0, &n);
	assert_int_equal(n, 1);
	assert_true(v[0].leader == 0 && v[0].nmembers == 1 && v[0].members[0] == 1);
	assert_string_equal(v[0].cause, "the same deploy 4f2c1ab by Ana");
	for (int i = 0; i < 2; i++) /* long ago: not to blame */
		t.rail[i].latest.created_ms = now_ms - 3LL * HOUR_MS;
	groups(g, &t, NULL, 0, &n);
	assert_int_equal(n, 0);
}

static void test_four_at_once_and_a_latecomer(void **state)
{
	struct ground *g = *state;
	struct town t = {0};
	json *facts = json_obj(g->a);
	struct incident parent = {.id = 7, .service_id = "b", .facts = facts};
	struct scan_group *v;
	size_t n;

	add(&t, "a", RAILWAY_SERVICE, SIGNAL_LATENCY, SEVERITY_WARN, 9);
	add(&t, "b", RAILWAY_SERVICE, SIGNAL_ERROR_RATE, SEVERITY_CRIT, 8);
	add(&t, "c", RAILWAY_SERVICE, SIGNAL_ERROR_RATE, SEVERITY_WARN, 7);
	groups(g, &t, NULL, 0, &n);
	assert_int_equal(n, 0); /* three are three */
	add(&t, "d", RAILWAY_SERVICE, SIGNAL_SILENT, SEVERITY_WARN, 6);
	add(&t, "e", RAILWAY_SERVICE, SIGNAL_ERROR_RATE, SEVERITY_CRIT, 90);
	v = groups(g, &t, NULL, 0, &n);
	assert_int_equal(n, 1);
	assert_int_equal(t.fresh[4], 4);
	/* the worst leads; of two as bad the earlier one, which fell alone: then b does */
	assert_int_equal(v[0].leader, 1);
	assert_int_equal(v[0].nmembers, 3);
	/* a scan later */
	json_set_obj(facts, "group");
	t.nfresh = 1;
	t.fresh[0] = 3;
	v = groups(g, &t, &parent, 1, &n);
	assert_int_equal(n, 1);
	assert_true(v[0].leader == 1 && v[0].incident == 7 && v[0].members[0] == 3);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        CASE(test_shadow_for_a_day),
	        CASE(test_go_live),
	        CASE(test_a_store_that_has_scanned_is_live),
	        CASE(test_mute),
	        CASE(test_pause),
	        CASE(test_candidates),
	        CASE(test_database_and_who_fell_with_it),
	        CASE(test_one_service_and_a_database_are_two),
	        CASE(test_one_deploy),
	        CASE(test_four_at_once_and_a_latecomer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
